"""The three ends of a topic of Kafka: what publishes, what works as a member of a group, and what watches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from syncasync_sim.errors import masked
from syncasync_sim.live.adapter_base import client_library, work_in_slices
from syncasync_sim.live.kafka_commits import Commits
from syncasync_sim.live.kafka_connection import CLASSIC, CONSUMER, EXTRA, PROTOCOL, TIMEOUT_S, KafkaConnection
from syncasync_sim.live.protocol import BrokerError, Delivery, Message
from syncasync_sim.live.retry_slot import RetrySlot

_ANSWER_MS = 10
"""How long an empty fetch is held: the mock answers no sooner even where a message has come."""
_NEVER_MS = 24 * 60 * 60 * 1000
_POLL_EVERY_S = 0.1
_ANSWER_EVERY_S = 0.001
_COMMIT_S = 1.0
"""How long a worker waits for the answer to a commit, before it goes on without it."""


class KafkaPublisher:
    """Publishes messages to a Kafka topic."""

    def __init__(self, broker: KafkaConnection) -> None:
        self._broker, kafka = broker, client_library("confluent_kafka", EXTRA)
        with broker.translate_errors():
            self._producer = kafka.Producer(
                broker.settings(**{"acks": "all", "linger.ms": 5, "message.timeout.ms": 10_000})
            )
            # The first message would pay for finding out where the partitions are.
            self._producer.list_topics(broker.topic, timeout=TIMEOUT_S)

    def publish(self, message: Message) -> None:
        partitions = int(self._broker.wanted.queue.partitions or 1)
        self.send(self._broker.topic, message, message.key % partitions)

    def send(self, topic: str, message: Message, partition: int) -> None:
        """Send a message, and wait until every in-sync replica has it.

        Args:
            topic: the name of the topic.
            message: the message.
            partition: the number of the partition, from 0.

        Raises:
            BrokerError: the cluster did not confirm it in time.
        """
        reports: list[Any] = []
        with self._broker.translate_errors():
            self._producer.produce(
                topic,
                message.body,
                str(message.key),
                partition,
                on_delivery=lambda error, _: reports.append(error),
            )
            deadline = time.monotonic() + TIMEOUT_S + 1
            while not reports and time.monotonic() < deadline:
                self._producer.poll(0.1)
            if not reports or reports[0] is not None:
                raise BrokerError(
                    f"{masked(self._broker.url)}: {reports[0].str() if reports else 'no answer'}"
                )

    def close(self) -> None:
        with suppress(Exception):
            self._producer.purge()
            self._producer.flush(1.0)


def _membership(broker: KafkaConnection, worker: int) -> dict[str, object]:
    """Return the settings of a member of the group.

    Partitions are assigned in the order of the members' names, or of their ids where they have no name. In
    the classic protocol an id of Kafka's begins with the client's id. In that of KIP-848, and in the mock, it
    says nothing, so a member brings a name. One worker needs none; and with a name the group would wait for
    it in vain after it has left.
    """
    is_mock = broker.is_mock()
    is_named = broker.wanted.workers > 1 and (is_mock or broker.protocol == CONSUMER)
    name = {"group.instance.id": f"worker-{worker:04d}-{uuid4().hex}"} if is_named else {}
    if broker.protocol == CONSUMER:
        return {PROTOCOL: CONSUMER, "group.remote.assignor": "range", **name}
    # The mock has more partitions than are used; only one by one deals those evenly.
    is_eager = broker.wanted.queue.rebalance == "until_idle" or is_mock
    # The mock lets a dead member's session run out twice, less a second.
    session_s = (broker.session_s + 1.0) / 2 if is_mock else broker.session_s
    return {
        **name,
        "partition.assignment.strategy": "roundrobin" if is_eager else "cooperative-sticky",
        "session.timeout.ms": round(session_s * 1000),
        "heartbeat.interval.ms": round(broker.heartbeat_s * 1000),
    }


class KafkaConsumer:
    """Receives messages as a member of a Kafka consumer group."""

    def __init__(self, broker: KafkaConnection, worker: int) -> None:
        self._broker, self._kafka = broker, client_library("confluent_kafka", EXTRA)
        self._telling, self._kept, self._held = broker.translate_errors, RetrySlot(), 0
        self._is_member = False
        self._came: list[Any] = []
        self._commits = Commits(broker)
        self._dead: KafkaPublisher | None = None
        queue = broker.wanted.queue
        longest_s = (
            None if queue.visibility_timeout is None else broker.wanted.span_s(queue.visibility_timeout)[0]
        )
        with self._telling():
            self._consumer = self._kafka.Consumer(
                broker.settings(**_membership(broker, worker), **{
                    "group.id": broker.wanted.name,
                    "client.id": f"worker-{worker:04d}",
                    "enable.auto.commit": False,
                    "on_commit": self._commits.answered,
                    "auto.offset.reset": "earliest",
                    "max.poll.interval.ms": _NEVER_MS if longest_s is None else round(longest_s * 1000),
                    "fetch.wait.max.ms": _ANSWER_MS,
                })
            )  # fmt: skip
            self._consumer.subscribe([broker.topic], on_assign=self._on_assign, on_revoke=self._on_revoke)
            self._join()

    def _join(self) -> None:
        """Wait for the group to give this member its partitions, perhaps none."""
        deadline = time.monotonic() + TIMEOUT_S + 2 * self._broker.session_s
        while not self._is_member:
            if time.monotonic() > deadline:
                raise BrokerError(f"{masked(self._broker.url)}: the group did not let a worker in")
            self._look(_POLL_EVERY_S)
            self._is_member = self._is_member or self._is_idle_member()

    def _is_idle_member(self) -> bool:
        """Whether the group is settled and has nothing for this member: in KIP-848 nobody tells it that."""
        if self._broker.protocol == CLASSIC:
            return False
        [answer] = self._broker.admin.describe_consumer_groups([self._broker.wanted.name]).values()
        try:
            group = answer.result(TIMEOUT_S)
        except self._kafka.KafkaException:  # its coordinator is not ready, and will be
            return False
        is_settled = group.state == self._kafka.ConsumerGroupState.STABLE
        return is_settled and any(member.member_id == self._consumer.memberid() for member in group.members)

    def _on_assign(self, consumer: Any, partitions: Sequence[Any]) -> None:
        del consumer
        self._commits.come({partition.partition for partition in partitions})
        self._is_member = True

    def _on_revoke(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """What it has not begun goes to another with its partition."""
        gone = {partition.partition for partition in partitions}
        self._commits.leave(consumer, gone)
        self._came = [message for message in self._came if message.partition() not in gone]
        if self._kept and self._kept.delivery.handle.partition() in gone:
            self._kept.forget()

    def _look(self, wait_s: float) -> None:
        self._commits.send(self._consumer)
        message = self._consumer.poll(wait_s)
        if message is None:
            return
        if message.error():
            if message.error().code() == self._kafka.KafkaError._MAX_POLL_EXCEEDED:
                return  # it was put out of its group, and joins again with the next poll
            raise BrokerError(f"{masked(self._broker.url)}: {message.error().str()}")
        self._came.append(message)

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        free = (self._broker.wanted.queue.prefetch or 1000) - self._held
        if free <= 0:
            return ()
        with self._telling():
            if self._kept:
                again = self._kept.again(wait_s, self._idle)
                self._held += len(again)
                return again
            if not self._came:
                self._look(wait_s)
            while self._came and len(self._came) < free:
                before = len(self._came)
                self._look(0)
                if len(self._came) == before:
                    break
            return [self._take(message) for message in self._pop(free)]

    def _pop(self, most: int) -> list[Any]:
        taken, self._came = self._came[:most], self._came[most:]
        return taken

    def _take(self, message: Any) -> Delivery:
        if self._broker.wanted.queue.ack == "before":
            self._commit(message)
        else:
            self._held += 1
        return Delivery(Message(message.value(), int(message.key())), time.monotonic(), message)

    def _idle(self, seconds: float) -> None:
        """Sleep as a member of the group that takes nothing new."""
        mine = self._consumer.assignment()
        self._consumer.pause(mine)
        work_in_slices(seconds, _POLL_EVERY_S, lambda: self._look(0))
        self._consumer.resume(mine)

    def work(self, delivery: Delivery, seconds: float) -> None:
        del delivery
        with self._telling():
            if self._broker.wanted.renew:
                self._idle(seconds)
            else:
                time.sleep(seconds)

    def acknowledge(self, delivery: Delivery) -> bool:
        if self._broker.wanted.queue.ack == "before":
            return True
        self._held = max(0, self._held - 1)
        with self._telling():
            return self._commit(delivery.handle)

    def _commit(self, message: Any) -> bool:
        """Up to this message, which is done; False if the group has given its partition to another before.

        A commit that is not answered soon is on its way, and so are those that come after it.
        """
        partition, is_behind = message.partition(), bool(self._commits)
        self._commits.add(message)
        deadline = time.monotonic() + (0 if is_behind else _COMMIT_S)
        self._look(_ANSWER_EVERY_S)
        while partition in self._commits and time.monotonic() < deadline:
            self._look(_ANSWER_EVERY_S)
        return not self._commits.is_refused(partition)

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        self._held = max(0, self._held - 1)
        if not last:
            self._kept.keep(delivery, delay_s)
            return
        if self._broker.wanted.queue.dead_letter:
            self._dead = self._dead or KafkaPublisher(self._broker)
            self._dead.send(self._broker.dead, delivery.message, 0)
        with self._telling():
            self._commit(delivery.handle)

    def stop_taking(self) -> Sequence[Delivery]:
        """Return nothing: only who asks for a message gets one."""
        return ()

    def give_back(self, delivery: Delivery) -> None:
        """Do nothing: who reads the partition next begins with what is not committed."""

    def close(self) -> None:
        with suppress(Exception):
            if self._dead:
                self._dead.close()
            self._consumer.close()


class KafkaObserver:
    """Watches the topic of dead letters."""

    def __init__(self, broker: KafkaConnection) -> None:
        self._broker, kafka = broker, client_library("confluent_kafka", EXTRA)
        with broker.translate_errors():
            alone = {"group.id": f"{broker.wanted.name}-observer", "enable.auto.commit": False}
            self._consumer = kafka.Consumer(broker.settings(**alone, **{"fetch.wait.max.ms": _ANSWER_MS}))
            self._consumer.assign([kafka.TopicPartition(broker.dead, 0, kafka.OFFSET_BEGINNING)])

    def dead_letters(self) -> Sequence[Message]:
        with self._broker.translate_errors():
            got = self._consumer.consume(1000, timeout=0.01)
        return [Message(message.value(), int(message.key())) for message in got if not message.error()]

    def waiting(self) -> int | None:
        return None  # a group's lag counts what workers hold as well

    def close(self) -> None:
        with suppress(Exception):
            self._consumer.close()

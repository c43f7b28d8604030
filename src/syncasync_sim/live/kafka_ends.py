"""The three ends of a Kafka topic: a producer, a member of the group, a reader of the dead letters."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from syncasync_sim.live.adapting import client_library, shown, work_in_slices
from syncasync_sim.live.kept import Kept
from syncasync_sim.live.protocol import BrokerError, Delivery, Message

if TYPE_CHECKING:
    from syncasync_sim.live.kafka import Kafka

TIMEOUT_S = 10.0
"""For the broker's answer to whatever it is asked."""
_ANSWER_MS = 10
"""How long an empty fetch is held: the mock answers no sooner even where a message has come."""
_NEVER_MS = 24 * 60 * 60 * 1000
_POLL_EVERY_S = 0.1


class KafkaPublisher:
    def __init__(self, broker: Kafka) -> None:
        self._broker, kafka = broker, client_library("confluent_kafka", broker.extra)
        with broker.telling():
            self._producer = kafka.Producer(
                broker.settings(**{"acks": "all", "linger.ms": 0, "message.timeout.ms": 10_000})
            )
            # The first message would pay for finding out where the partitions are.
            self._producer.list_topics(broker.topic, timeout=TIMEOUT_S)

    def publish(self, message: Message) -> None:
        partitions = int(self._broker.wanted.queue.partitions or 1)
        self.send(self._broker.topic, message, message.key % partitions)

    def send(self, topic: str, message: Message, partition: int) -> None:
        """Return when every replica in sync has it."""
        said: list[Any] = []
        with self._broker.telling():
            self._producer.produce(
                topic,
                message.body,
                str(message.key),
                partition,
                on_delivery=lambda error, _: said.append(error),
            )
            deadline = time.monotonic() + TIMEOUT_S + 1
            while not said and time.monotonic() < deadline:
                self._producer.poll(0.1)
            if not said or said[0] is not None:
                raise BrokerError(f"{shown(self._broker.url)}: {said[0].str() if said else 'no answer'}")

    def close(self) -> None:
        with suppress(Exception):
            self._producer.purge()
            self._producer.flush(1.0)


class KafkaConsumer:
    def __init__(self, broker: Kafka, worker: int) -> None:
        self._broker, self._kafka = broker, client_library("confluent_kafka", broker.extra)
        self._telling, self._kept, self._held = broker.telling, Kept(), 0
        self._is_member = False
        self._came: list[Any] = []
        self._dead: KafkaPublisher | None = None
        queue = broker.wanted.queue
        longest_s = (
            None if queue.visibility_timeout is None else broker.wanted.span_s(queue.visibility_timeout)[0]
        )
        is_mock = broker.is_mock()
        # With more partitions than are used, only one by one deals those evenly.
        is_eager = queue.rebalance == "until_idle" or is_mock or broker.is_old
        # Partitions are dealt in the order of the members' ids. Kafka's begin with the client's id; those of
        # the mock say nothing, so there a member brings a name, which goes before.
        # One worker needs none; and with a name the group would wait for it in vain after it has left.
        is_named = is_mock and broker.wanted.workers > 1
        name = {"group.instance.id": f"worker-{worker:04d}-{uuid4().hex}"} if is_named else {}
        with self._telling():
            self._consumer = self._kafka.Consumer(
                broker.settings(**name, **{
                    "group.id": broker.wanted.name,
                    "client.id": f"worker-{worker:04d}",
                    "enable.auto.commit": False,
                    "auto.offset.reset": "earliest",
                    "partition.assignment.strategy": "roundrobin" if is_eager else "cooperative-sticky",
                    "session.timeout.ms": round(self._session_s(is_mock) * 1000),
                    "heartbeat.interval.ms": round(broker.heartbeat_s * 1000),
                    "max.poll.interval.ms": _NEVER_MS if longest_s is None else round(longest_s * 1000),
                    "fetch.wait.max.ms": _ANSWER_MS,
                })
            )  # fmt: skip
            self._consumer.subscribe([broker.topic], on_assign=self._on_assign, on_revoke=self._on_revoke)
            self._join()

    def _session_s(self, is_mock: bool) -> float:
        """The session timeout to ask for. The mock lets a dead member's run out twice, less a second."""
        asked_s = self._broker.session_s
        return (asked_s + 1.0) / 2 if is_mock else asked_s

    def _join(self) -> None:
        """Wait for the group to give this member its partitions, perhaps none."""
        deadline = time.monotonic() + TIMEOUT_S + 2 * self._broker.session_s
        while not self._is_member:
            if time.monotonic() > deadline:
                raise BrokerError(f"{shown(self._broker.url)}: the group did not let a worker in")
            self._look(_POLL_EVERY_S)

    def _on_assign(self, consumer: Any, partitions: Sequence[Any]) -> None:
        del consumer, partitions
        self._is_member = True

    def _on_revoke(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """What it has not begun goes to another with its partition."""
        del consumer
        gone = {partition.partition for partition in partitions}
        self._came = [message for message in self._came if message.partition() not in gone]
        self._kept.forget()

    def _look(self, wait_s: float) -> None:
        message = self._consumer.poll(wait_s)
        if message is None:
            return
        if message.error():
            if message.error().code() == self._kafka.KafkaError._MAX_POLL_EXCEEDED:
                return  # it was put out of its group, and joins again with the next poll
            raise BrokerError(f"{shown(self._broker.url)}: {message.error().str()}")
        self._came.append(message)

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        room = (self._broker.wanted.queue.prefetch or 1000) - self._held
        if room <= 0:
            return ()
        with self._telling():
            if self._kept:
                again = self._kept.again(wait_s, self._idle)
                self._held += len(again)
                return again
            if not self._came:
                self._look(wait_s)
            while self._came and len(self._came) < room:
                before = len(self._came)
                self._look(0)
                if len(self._came) == before:
                    break
            return [self._take(message) for message in self._pop(room)]

    def _pop(self, room: int) -> list[Any]:
        taken, self._came = self._came[:room], self._came[room:]
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
        """Up to this message, which is done; False if the group has put this member out."""
        errors = self._kafka.KafkaError
        try:
            self._consumer.commit(message=message, asynchronous=False)
        except self._kafka.KafkaException as error:
            out = (errors.ILLEGAL_GENERATION, errors.UNKNOWN_MEMBER_ID, errors.REBALANCE_IN_PROGRESS)
            if error.args[0].code() not in (*out, errors._STATE, errors._ASSIGNMENT_LOST):
                raise
            return False
        return True

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

    def close(self) -> None:
        with suppress(Exception):
            if self._dead:
                self._dead.close()
            self._consumer.close()


class KafkaObserver:
    def __init__(self, broker: Kafka) -> None:
        self._broker, kafka = broker, client_library("confluent_kafka", broker.extra)
        with broker.telling():
            alone = {"group.id": f"{broker.wanted.name}-observer", "enable.auto.commit": False}
            self._consumer = kafka.Consumer(broker.settings(**alone, **{"fetch.wait.max.ms": _ANSWER_MS}))
            self._consumer.assign([kafka.TopicPartition(broker.dead, 0, kafka.OFFSET_BEGINNING)])

    def dead_letters(self) -> Sequence[Message]:
        with self._broker.telling():
            got = self._consumer.consume(1000, timeout=0.01)
        return [Message(one.value(), int(one.key())) for one in got if not one.error()]

    def waiting(self) -> int | None:
        return None  # a group's lag counts what workers hold as well

    def close(self) -> None:
        with suppress(Exception):
            self._consumer.close()

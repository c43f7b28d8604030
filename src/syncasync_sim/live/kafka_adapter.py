"""Apache Kafka, or the mock of it in its client library: a topic and a consumer group.

| field of the queue | what it becomes |
|---|---|
| `crash_detection: uniform(s - h, s + h)` | `session.timeout.ms` s, `heartbeat.interval.ms` h |
| `visibility_timeout` | `max.poll.interval.ms`, the lower end of the range |
| `partitions` N | N partitions; customer k's messages go to k mod N |
| `rebalance: 0` | `partition.assignment.strategy` cooperative-sticky; `until_idle`: roundrobin |
| `failure: in_place` | the worker keeps it and commits nothing meanwhile |
| `dead_letter` | a topic of its own |
| `prefetch` | how many are taken in hand from what the client has fetched |
| `ack: before` | the offset is committed before the work |
| `renew` | the partitions are paused and polled |

`kafka+ssl://` is TLS. A login, `user:password@`, is SASL: PLAIN, or the `sasl.mechanism` of the URL's query.

With `?group.protocol=consumer` at the end of the URL (KIP-848) the broker assigns the partitions, and the
session timeout and the heartbeat are settings of the group on the broker: `consumer.session.timeout.ms` and
`consumer.heartbeat.interval.ms`.

Kafka does not count deliveries: a worker counts in its memory, and a crash makes it begin again.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from syncasync_sim.errors import ScenarioError, masked
from syncasync_sim.live.adapter_base import (
    WORKERS_ASK,
    Fixed,
    at_speed,
    client_library,
    one_at_a_time,
    refusal,
    refusals,
    translate_errors,
    what_stays,
    work_in_slices,
)
from syncasync_sim.live.kafka_server import version_of
from syncasync_sim.live.protocol import CA_FILE, BrokerError, Delivery, Message, QueueRequirements, Server
from syncasync_sim.live.retry_slot import RetrySlot
from syncasync_sim.model.written import display_text as as_written

TIMEOUT_S = 10.0
"""For the broker's answer to whatever it is asked."""
FIRST_ANSWER_S = 5.0
"""For its answer to the first question: so soon it is known whether it is there, and a Kafka."""
PROTOCOL, CLASSIC, CONSUMER = "group.protocol", "classic", "consumer"
MECHANISM, MECHANISMS = "sasl.mechanism", ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_ANSWER_MS = 10
"""How long an empty fetch is held: the mock answers no sooner even where a message has come."""
_NEVER_MS = 24 * 60 * 60 * 1000
_POLL_EVERY_S = 0.1
_FIXED: Fixed = {
    "capacity": (("unlimited",), "what a topic keeps is up to time and size"),
    "host_crash_detection": (("as crash_detection",), "a group misses heartbeats, whatever ended them"),
    "redelivery": (("original",), "a message has its offset for good"),
    "failure": (("in_place",), "there is no reject"),
    "assignment": (("owned",), "each partition is read by one member of the group"),
    "deal": WORKERS_ASK,
    "rebalance": (("0", "until_idle"), "it is cooperative, or waits for every member to poll"),
    "durable": ((True,), "it is a log"),
    "late_ack": (("ignored",), "a member that was put out cannot commit"),
}
_OF_THE_BROKER: Fixed = {
    **_FIXED,
    "rebalance": (("0",), f"with {PROTOCOL}={CONSUMER} only a partition that moves waits"),
}
_LEAST_SESSION_S = 6.0
"""`group.min.session.timeout.ms` of a broker."""


class Kafka:
    """The broker's three ends; see the protocol."""

    preset = "kafka"
    extra = "kafka"

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        self.url, self.wanted = url, wanted
        self.topic, self.dead = wanted.name, f"{wanted.name}-dead"
        self._options = _options(url)
        self.protocol = self._options.get(PROTOCOL, CLASSIC)
        self._said = ""
        self._has_made = False

    def unsupported(self) -> Sequence[str]:
        fixed = _OF_THE_BROKER if self.protocol == CONSUMER else _FIXED
        problems, queue = refusals(self.wanted, "Kafka", fixed), self.wanted.queue
        if not isinstance(queue.partitions, int):
            why = "a topic has a number of partitions"
            problems.append(refusal("Kafka", "partitions", queue.partitions or "none", why, "for instance 1"))
        return [*problems, *one_at_a_time(self.wanted, "Kafka"), *self._wrong_times()]

    def _wrong_times(self) -> list[str]:
        detection, timeout = self.wanted.queue.crash_detection, self.wanted.queue.visibility_timeout
        if detection is None or not self.heartbeat_s:
            why = "it misses the heartbeats of a dead worker, so there is a range"
            given = "none" if detection is None else detection
            return [refusal("Kafka", "crash_detection", given, why, "for instance uniform(42s, 48s)")]
        if self.session_s < _LEAST_SESSION_S - 1e-6:
            why = (
                f"that is a session timeout of {at_speed(self.wanted, self.session_s)}, and a broker takes "
                f"{_LEAST_SESSION_S:g} s or more"
            )
            return [refusal("Kafka", "crash_detection", detection, why, "a longer one, or a lower --speed")]
        if timeout is not None and self.wanted.span_s(timeout)[0] < self.session_s:
            why = "max.poll.interval.ms may not be shorter than the session timeout"
            return [refusal("Kafka", "visibility_timeout", timeout, why, "a longer one, or none")]
        return []

    @property
    def session_s(self) -> float:
        detection = self.wanted.queue.crash_detection
        return sum(self.wanted.span_s(detection)) / 2 if detection else _LEAST_SESSION_S

    @property
    def heartbeat_s(self) -> float:
        detection = self.wanted.queue.crash_detection
        low, high = self.wanted.span_s(detection) if detection else (0.0, 0.0)
        return round((high - low) / 2, 3)

    @property
    def servers(self) -> str:
        """The addresses as the client library takes them."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def _security(self) -> dict[str, object]:
        """The settings of TLS and of the login."""
        parts = urlsplit(self.url)
        login, ca_file = parts.netloc.rpartition("@")[0], self._options.get(CA_FILE)
        user, _, password = login.partition(":")
        transport = "SSL" if parts.scheme == "kafka+ssl" else "PLAINTEXT"
        settings: dict[str, object] = {"security.protocol": f"SASL_{transport}" if login else transport}
        if login:
            settings |= {MECHANISM: self._options.get(MECHANISM, MECHANISMS[0])}
            settings |= {"sasl.username": unquote(user), "sasl.password": unquote(password)}
        return {**settings, "ssl.ca.location": ca_file} if ca_file else settings

    def translate_errors(self) -> Any:
        """Turn the errors of the client library into BrokerError, as `adapter_base.translate_errors`."""
        kafka = client_library("confluent_kafka", self.extra)
        return translate_errors(self.url, kafka.KafkaException, OSError, ValueError, say=_say)

    def settings(self, **more: object) -> dict[str, object]:
        """Return the settings of any client: no log on the screen, and an error when all brokers are down."""
        errors = client_library("confluent_kafka", self.extra).KafkaError

        def on_error(error: Any) -> None:
            if error.code() in (errors._AUTHENTICATION, errors._SSL):
                self._said = error.str()
            if error.code() == errors._ALL_BROKERS_DOWN:
                raise BrokerError(f"{masked(self.url)}: the broker is gone: {error.str()}")

        usual = {"log_level": 0, "error_cb": on_error, "socket.timeout.ms": 5000}
        return {"bootstrap.servers": self.servers, **self._security, **usual, **more}

    @cached_property
    def admin(self) -> Any:
        """The client for topics and groups. It is kept: the answers that it waits for end with it."""
        return client_library("confluent_kafka.admin", self.extra).AdminClient(self.settings())

    def create(self) -> Server:
        with self.translate_errors():
            self._is_there()
            cluster = self._cluster()
            if _is_mock(cluster):
                self._wait_for_topics_of_the_mock()
                version = client_library("confluent_kafka", self.extra).libversion()[0]
                return Server("librdkafka's mock cluster", version, "mock, not Kafka")
            self._has_made = True
            make = client_library("confluent_kafka.admin", self.extra).NewTopic
            topics = [make(self.topic, int(self.wanted.queue.partitions or 1), -1), make(self.dead, 1, -1)]
            _wait_for(self.admin.create_topics(topics, operation_timeout=TIMEOUT_S))
            if self.protocol == CONSUMER:
                self._set_times()
        return Server("Kafka", version_of(cluster) or "of a version it does not tell")

    def is_mock(self) -> bool:
        """Whether the cluster is the mock cluster of the client library."""
        return _is_mock(self._cluster())

    def _wait_for_topics_of_the_mock(self) -> None:
        """The mock makes a topic when it is first asked about, with so many partitions as it likes."""
        if self.protocol == CONSUMER:
            raise ScenarioError(f"the mock of Kafka does not know {PROTOCOL}={CONSUMER}; a Kafka does")
        wanted, deadline, there = int(self.wanted.queue.partitions or 1), time.monotonic() + TIMEOUT_S, 0
        while not there and time.monotonic() < deadline:
            topics = [
                self.admin.list_topics(name, timeout=TIMEOUT_S).topics[name]
                for name in (self.dead, self.topic)
            ]
            if not any(
                topic.error or any(p.leader < 0 for p in topic.partitions.values()) for topic in topics
            ):
                there = len(topics[1].partitions)
        if not there:
            raise BrokerError(f"{masked(self.url)}: it does not make the topic {self.topic}")
        if there < wanted:
            raise ScenarioError(
                f"queue.partitions: {wanted} cannot be had from the mock of Kafka: its topics have {there}; "
                f"it runs with  --set queue.partitions={there}"
            )

    def _is_there(self) -> None:
        """Connect to one of the addresses; the client library would try again and again, and say less."""
        for address in self.servers.split(","):
            host, _, port = address.rpartition(":")
            try:
                socket.create_connection((host.strip("[]"), int(port)), FIRST_ANSWER_S).close()
            except OSError as error:
                why = error.strerror or str(error)
            else:
                return
        raise BrokerError(
            f"{masked(self.url)}: {why}; nothing answers there: start Kafka, give another address, or let "
            "--start kafka start one"
        )

    def _cluster(self) -> str:
        """The id of the cluster. A Kafka that has only just begun may need to be asked twice."""
        errors, deadline = client_library("confluent_kafka", self.extra), time.monotonic() + FIRST_ANSWER_S
        for left in (1, 0):
            try:
                return str(self.admin.list_topics(timeout=max(0.1, deadline - time.monotonic())).cluster_id)
            except errors.KafkaException as error:
                if time.monotonic() > deadline - 0.5 or not left:
                    with suppress(BrokerError):
                        self.admin.poll(0)  # only now its callbacks run
                    if self._said:
                        raise BrokerError(f"{masked(self.url)}: {self._said}") from error
                    raise BrokerError(
                        f"{masked(self.url)}: {_say(error)}; something listens there, but does not answer as "
                        "Kafka does: is it the port of its clients (by default 9092), and does it want TLS "
                        "(kafka+ssl:)?"
                    ) from error
        raise AssertionError

    @property
    def _times(self) -> Mapping[str, int]:
        """The settings of a group with the protocol of KIP-848, whose times are kept by the broker."""
        return {
            "consumer.session.timeout.ms": round(self.session_s * 1000),
            "consumer.heartbeat.interval.ms": round(self.heartbeat_s * 1000),
        }

    def _set_times(self) -> None:
        kafka = client_library("confluent_kafka", self.extra)
        codes = (kafka.KafkaError.INVALID_CONFIG, kafka.KafkaError.INVALID_REQUEST)
        try:
            _wait_for(self.admin.incremental_alter_configs([self._of_group(self._times)]))
        except kafka.KafkaException as error:
            if error.args[0].code() not in codes:
                raise
            times = ", ".join(f"{name} {value}" for name, value in self._times.items())
            raise ScenarioError(
                f"queue.crash_detection: {as_written(self.wanted.queue.crash_detection)} is {times}, and "
                f"this Kafka refuses that: {_say(error)}\n  = its own are  --speed 1 --set "
                "'queue.crash_detection=uniform(40s, 50s)'; or set its group.consumer.min.* lower"
            ) from error
        # The broker has accepted them, and comes to use them a moment later.
        deadline = time.monotonic() + TIMEOUT_S
        while self._times_there() != self._times:
            if time.monotonic() > deadline:
                raise BrokerError(f"{masked(self.url)}: it does not take over the times of the group")
            time.sleep(_POLL_EVERY_S / 2)

    def _times_there(self) -> Mapping[str, int]:
        """The same settings, as the broker has them."""
        [there] = self.admin.describe_configs([self._of_group({})]).values()
        return {name: int(there.result(TIMEOUT_S)[name].value) for name in self._times}

    def _of_group(self, settings: Mapping[str, object]) -> Any:
        """The settings of the group, to change; None takes one away."""
        admin = client_library("confluent_kafka.admin", self.extra)
        what, kind = admin.AlterConfigOpType, admin.ConfigResource.Type.GROUP
        entries = [
            admin.ConfigEntry(
                name,
                None if value is None else str(value),
                incremental_operation=what.DELETE if value is None else what.SET,
            )
            for name, value in settings.items()
        ]
        return admin.ConfigResource(kind, self.wanted.name, incremental_configs=entries)

    def publisher(self) -> KafkaPublisher:
        """A new publisher, connected to the cluster."""
        return KafkaPublisher(self)

    def consumer(self, worker: int = 1) -> KafkaConsumer:
        return KafkaConsumer(self, worker)

    def observer(self) -> KafkaObserver:
        """A new observer, connected to the cluster."""
        return KafkaObserver(self)

    def remove(self) -> str:
        return what_stays(self.url, self.wanted, self._remove) if self._has_made else ""

    def _remove(self) -> None:
        with self.translate_errors():
            self._is_there()
            _wait_for(self.admin.delete_topics([self.topic, self.dead], operation_timeout=TIMEOUT_S))
            if self.protocol == CONSUMER:
                _wait_for(self.admin.incremental_alter_configs([self._of_group(dict.fromkeys(self._times))]))

    def names(self) -> Iterable[str]:
        with self.translate_errors():
            self._is_there()
            self._cluster()
            return list(self.admin.list_topics(timeout=TIMEOUT_S).topics)

    def messages(self, name: str) -> int:
        kafka = client_library("confluent_kafka", self.extra)
        with self.translate_errors():
            consumer = kafka.Consumer(self.settings(**{"group.id": name}))
            try:
                partitions = consumer.list_topics(name, timeout=TIMEOUT_S).topics[name].partitions
                return sum(
                    high - low
                    for low, high in (
                        consumer.get_watermark_offsets(kafka.TopicPartition(name, number), timeout=TIMEOUT_S)
                        for number in partitions
                    )
                )
            finally:
                consumer.close()

    def drop(self, name: str) -> None:
        with self.translate_errors():
            _wait_for(self.admin.delete_topics([name], operation_timeout=TIMEOUT_S))


def _options(url: str) -> dict[str, str]:
    """The options at the end of the URL."""
    given = parse_qs(urlsplit(url).query, keep_blank_values=True)
    options = {name: values[-1] for name, values in given.items()}
    allowed = {PROTOCOL: (CLASSIC, CONSUMER), MECHANISM: MECHANISMS, CA_FILE: (options.get(CA_FILE),)}
    if any(value not in allowed.get(name, ()) for name, value in options.items()):
        raise ScenarioError(
            f"'{masked(url)}' is no URL of Kafka\n  = after the ? stands {PROTOCOL}={CLASSIC} or "
            f"{PROTOCOL}={CONSUMER}, {MECHANISM}={' or '.join(MECHANISMS)}, {CA_FILE}=FILE, or nothing"
        )
    return options


def _is_mock(cluster: str) -> bool:
    return "mock" in cluster


def _wait_for(answers: Mapping[Any, Any]) -> None:
    for answer in answers.values():
        answer.result(TIMEOUT_S)


def _say(error: Exception) -> str:
    """The client library's own sentence, out of its exception."""
    inner = error.args[0] if error.args else error
    return str(inner.str()) if hasattr(inner, "str") else str(error)


class KafkaPublisher:
    """Publishes messages to a Kafka topic."""

    def __init__(self, broker: Kafka) -> None:
        self._broker, kafka = broker, client_library("confluent_kafka", broker.extra)
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


def _membership(broker: Kafka, worker: int) -> dict[str, object]:
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

    def __init__(self, broker: Kafka, worker: int) -> None:
        self._broker, self._kafka = broker, client_library("confluent_kafka", broker.extra)
        self._telling, self._kept, self._held = broker.translate_errors, RetrySlot(), 0
        self._is_member = False
        self._came: list[Any] = []
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
    """Watches the topic of dead letters."""

    def __init__(self, broker: Kafka) -> None:
        self._broker, kafka = broker, client_library("confluent_kafka", broker.extra)
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

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
from typing import Any

from syncasync_sim.errors import ScenarioError, masked
from syncasync_sim.live.adapter_base import (
    WORKERS_ASK,
    Fixed,
    at_speed,
    client_library,
    one_at_a_time,
    refusal,
    refusals,
    what_stays,
)
from syncasync_sim.live.kafka_connection import (
    CONSUMER,
    EXTRA,
    FIRST_ANSWER_S,
    LEAST_SESSION_S,
    PROTOCOL,
    TIMEOUT_S,
    KafkaConnection,
    error_text,
    is_mock_cluster,
)
from syncasync_sim.live.kafka_ends import KafkaConsumer, KafkaObserver, KafkaPublisher
from syncasync_sim.live.kafka_server import version_of
from syncasync_sim.live.protocol import BrokerError, QueueRequirements, Server
from syncasync_sim.model.written import display_text as as_written

_LOOK_EVERY_S = 0.05
"""Between two looks at the settings of the group."""
_OF_A_GROUP = 8
"""Where a setting comes from, as a broker numbers it: from the settings of one group."""
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


class Kafka(KafkaConnection):
    """The broker's three ends; see the protocol."""

    preset = "kafka"
    extra = EXTRA

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        super().__init__(url, wanted)
        self._has_made = False

    def unsupported(self) -> Sequence[str]:
        fixed = _OF_THE_BROKER if self.protocol == CONSUMER else _FIXED
        problems, queue = refusals(self.wanted, "Kafka", fixed), self.wanted.queue
        if not isinstance(queue.partitions, int):
            why = "a topic has a number of partitions"
            problems.append(refusal("Kafka", "partitions", queue.partitions or "none", why, "for instance 1"))
        if self.wanted.has_freezes:
            problems.append(
                "workers.freezes: the client library notices by itself that its session is over, and only "
                "then joins again, which the model does not know; leave them out"
            )
        return [*problems, *one_at_a_time(self.wanted, "Kafka"), *self._wrong_times()]

    def _wrong_times(self) -> list[str]:
        detection, timeout = self.wanted.queue.crash_detection, self.wanted.queue.visibility_timeout
        if detection is None or not self.heartbeat_s:
            why = "it misses the heartbeats of a dead worker, so there is a range"
            given = "none" if detection is None else detection
            return [refusal("Kafka", "crash_detection", given, why, "for instance uniform(42s, 48s)")]
        if self.session_s < LEAST_SESSION_S - 1e-6:
            why = (
                f"that is a session timeout of {at_speed(self.wanted, self.session_s)}, and a broker takes "
                f"{LEAST_SESSION_S:g} s or more"
            )
            return [refusal("Kafka", "crash_detection", detection, why, "a longer one, or a lower --speed")]
        if timeout is not None and self.wanted.span_s(timeout)[0] < self.session_s:
            why = "max.poll.interval.ms may not be shorter than the session timeout"
            return [refusal("Kafka", "visibility_timeout", timeout, why, "a longer one, or none")]
        return []

    def create(self) -> Server:
        with self.translate_errors():
            self._is_there()
            cluster = self.cluster()
            if is_mock_cluster(cluster):
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
                f"this Kafka refuses that: {error_text(error)}\n  = its own are  --speed 1 --set "
                "'queue.crash_detection=uniform(40s, 50s)'; or set its group.consumer.min.* lower"
            ) from error
        # The broker has accepted them, and comes to use them a moment later.
        deadline = time.monotonic() + TIMEOUT_S
        while self._times_there() != self._times:
            if time.monotonic() > deadline:
                raise BrokerError(f"{masked(self.url)}: it does not take over the times of the group")
            time.sleep(_LOOK_EVERY_S)

    def _times_there(self) -> Mapping[str, int]:
        """The same settings, as the broker has them."""
        [there] = self.admin.describe_configs([self._of_group({})]).values()
        return {name: int(there.result(TIMEOUT_S)[name].value) for name in self._times}

    def _has_times(self, group: str) -> bool:
        """Whether a run has made settings for its group, as it does with the protocol of KIP-848."""
        [answer] = self.admin.describe_configs([self._of_group({}, group)]).values()
        try:
            there = answer.result(TIMEOUT_S)
        except client_library("confluent_kafka", self.extra).KafkaException:
            return False
        return any(there[name].source == _OF_A_GROUP for name in self._times if name in there)

    def _of_group(self, settings: Mapping[str, object], group: str = "") -> Any:
        """The settings of a group (by default the run's), to change; None takes one away."""
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
        return admin.ConfigResource(kind, group or self.wanted.name, incremental_configs=entries)

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
            if self.protocol == CONSUMER:
                self._forget_times(self.wanted.name)
            _wait_for(self.admin.delete_topics([self.topic, self.dead], operation_timeout=TIMEOUT_S))

    def _forget_times(self, group: str) -> None:
        """Take the settings away that a run has made for its group."""
        _wait_for(self.admin.incremental_alter_configs([self._of_group(dict.fromkeys(self._times), group)]))

    def names(self) -> Iterable[str]:
        with self.translate_errors():
            self._is_there()
            self.cluster()
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
            # Its topics go last: what is left is known by them.
            if self._has_times(name):
                self._forget_times(name)
            _wait_for(self.admin.delete_topics([name], operation_timeout=TIMEOUT_S))


def _wait_for(answers: Mapping[Any, Any]) -> None:
    for answer in answers.values():
        answer.result(TIMEOUT_S)

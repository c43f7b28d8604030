"""Apache Kafka, or the mock of it in its client library: a topic and a consumer group (classic protocol).

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

Kafka does not count deliveries: a worker counts in its memory, and a crash makes it begin anew.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from syncasync_sim.errors import ScenarioError, masked
from syncasync_sim.live.adapting import (
    Fixed,
    at_speed,
    client_library,
    one_at_a_time,
    refusal,
    refusals,
    telling,
)
from syncasync_sim.live.kafka_ends import TIMEOUT_S, KafkaConsumer, KafkaObserver, KafkaPublisher
from syncasync_sim.live.protocol import BrokerError, Server, Wanted

_FIXED: Fixed = {
    "capacity": (("unlimited",), "what a topic keeps is up to time and size"),
    "host_crash_detection": (("as crash_detection",), "a group misses heartbeats, whatever ended them"),
    "redelivery": (("original",), "a message has its offset for good"),
    "failure": (("in_place",), "there is no reject"),
    "assignment": (("owned",), "each partition is read by one member of the group"),
    "rebalance": (("0", "until_idle"), "it is cooperative, or waits for every member to poll"),
    "durable": ((True,), "it is a log"),
    "late_ack": (("ignored",), "a member that was put out cannot commit"),
}
_LEAST_SESSION_S = 6.0
"""`group.min.session.timeout.ms` of a broker."""


class Kafka:
    """The broker's three ends; see the protocol."""

    preset = "kafka"
    extra = "kafka"

    def __init__(self, url: str, wanted: Wanted) -> None:
        self.url, self.wanted = url, wanted
        self.topic, self.dead = wanted.name, f"{wanted.name}-dead"

    def cannot(self) -> Sequence[str]:
        said, queue = refusals(self.wanted, "Kafka", _FIXED), self.wanted.queue
        if not isinstance(queue.partitions, int):
            why = "a topic has a number of partitions"
            said.append(refusal("Kafka", "partitions", queue.partitions or "none", why, "for instance 1"))
        return [*said, *one_at_a_time(self.wanted, "Kafka"), *self._wrong_times()]

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
        return urlsplit(self.url).netloc

    @property
    def version(self) -> str:
        """As the URL says it at its end, `?version=0.9.0.1`; empty: it does not."""
        return dict(parse_qsl(urlsplit(self.url).query)).get("version", "")

    @property
    def is_old(self) -> bool:
        """Whether it is from before 0.10.1: it neither says what it can do nor makes topics when told to."""
        return bool(re.match(r"0\.(\d\.|10\.0)", f"{self.version}."))

    def telling(self) -> Any:
        """See `adapting.telling`."""
        kafka = client_library("confluent_kafka", self.extra)
        return telling(self.url, kafka.KafkaException, OSError, ValueError, say=_say)

    def settings(self, **more: object) -> dict[str, object]:
        """Of any client: what it says to itself is not for the screen, and that all is lost is an error."""
        down = client_library("confluent_kafka", self.extra).KafkaError._ALL_BROKERS_DOWN

        def heard(error: Any) -> None:
            if error.code() == down:
                raise BrokerError(f"{masked(self.url)}: the broker is gone: {error.str()}")

        quiet: dict[str, object] = {"log_level": 0, "error_cb": heard}
        if self.is_old:
            quiet |= {"api.version.request": False, "broker.version.fallback": self.version}
        return {"bootstrap.servers": self.servers, "socket.timeout.ms": 5000, **quiet, **more}

    def _admin(self) -> Any:
        return client_library("confluent_kafka.admin", self.extra).AdminClient(self.settings())

    def is_mock(self, within_s: float = TIMEOUT_S) -> bool:
        """Whether it is the mock cluster of the client library that answers."""
        return "mock" in (self._admin().list_topics(timeout=within_s).cluster_id or "")

    def create(self) -> Server:
        with self.telling():
            if self.is_mock():
                self._wait_for_topics()
                version = client_library("confluent_kafka", self.extra).libversion()[0]
                return Server("librdkafka's mock cluster", version, "mock, not Kafka")
            if self.is_old:
                self._wait_for_topics()
                return Server("Kafka", self.version)
            make = client_library("confluent_kafka.admin", self.extra).NewTopic
            topics = [make(self.topic, int(self.wanted.queue.partitions or 1), -1), make(self.dead, 1, -1)]
            for future in self._admin().create_topics(topics, operation_timeout=TIMEOUT_S).values():
                future.result(TIMEOUT_S)
        return Server("Kafka", self.version or "of a version it does not tell")

    def _wait_for_topics(self) -> None:
        """The mock and an old Kafka make a topic when it is first asked about, with so many partitions as it
        likes."""
        client, wanted = self._admin(), int(self.wanted.queue.partitions or 1)
        deadline, there = time.monotonic() + TIMEOUT_S, 0
        while not there and time.monotonic() < deadline:
            found = [
                client.list_topics(name, timeout=TIMEOUT_S).topics[name] for name in (self.dead, self.topic)
            ]
            if not any(
                topic.error or any(p.leader < 0 for p in topic.partitions.values()) for topic in found
            ):
                there = len(found[1].partitions)
        if not there:
            raise BrokerError(f"{masked(self.url)}: it does not make the topic {self.topic}")
        if there < wanted:
            raise ScenarioError(
                f"queue.partitions: {wanted} cannot be had from this Kafka: its topics have {there}; "
                f"it runs with  --set queue.partitions={there}"
            )

    def publisher(self) -> KafkaPublisher:
        return KafkaPublisher(self)

    def consumer(self, worker: int = 1) -> KafkaConsumer:
        return KafkaConsumer(self, worker)

    def observer(self) -> KafkaObserver:
        return KafkaObserver(self)

    def remove(self) -> None:
        with suppress(Exception):
            if not self.is_old and not self.is_mock(within_s=2.0):
                for future in self._admin().delete_topics([self.topic, self.dead]).values():
                    future.result(TIMEOUT_S)


def _say(error: Exception) -> str:
    """The client library's own sentence, out of its exception."""
    inner = error.args[0] if error.args else error
    return str(inner.str()) if hasattr(inner, "str") else str(error)

"""RabbitMQ (3.8 or newer): a quorum queue.

| field of the queue | what it becomes |
|---|---|
| `crash_detection: 0` | the operating system closes a dead process's connection |
| `host_crash_detection: uniform(2 h, 3 h)` | `heartbeat` h, whole seconds, where a host crashes |
| `visibility_timeout` | `x-consumer-timeout`, from 4.3 on; before, the server's 30 to 31 min, at any speed |
| `max_deliveries` n | `x-delivery-limit` n - 1 |
| `dead_letter` | `x-dead-letter-exchange` and a queue of its own |
| a retry delay | a queue to wait in (`x-message-ttl`), one per delay, which leads back to the queue's end |
| `failure: in_place` | the worker keeps it, unacknowledged |
| `capacity`, `when_full` | `x-max-length`, `x-overflow` drop-head or reject-publish |
| `prefetch` | `basic.qos` |
| `ack: before` | `basic.get` with `auto_ack`, one message at a time |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isclose
from typing import Any

from syncasync_sim.errors import LiveError, ScenarioError, masked
from syncasync_sim.live.adapter_base import (
    Fixed,
    at_speed,
    one_at_a_time,
    refusal,
    refusals,
    upper_limit,
    what_stays,
    whole_seconds,
)
from syncasync_sim.live.protocol import Consumer, Server
from syncasync_sim.live.rabbitmq_connection import EXTRA, RabbitMQConnection
from syncasync_sim.live.rabbitmq_ends import (
    FreezableConsumer,
    RabbitMQConsumer,
    RabbitMQObserver,
    RabbitMQPublisher,
)
from syncasync_sim.live.rabbitmq_management import queue_names
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import Uniform

_DEAL = "rotation"
"""On every version: in rabbit_fifo.erl a consumer without credit leaves `service_queue`, and its next
acknowledgement puts it at the end."""
_MOST_PREFETCH = upper_limit("rabbitmq", "prefetch")
_FIXED: Fixed = {
    "crash_detection": (("0",), "a dead process's connection is closed at once"),
    "redelivery": (("original",), "what is rejected returns to the head of a quorum queue"),
    "failure": (("requeue", "in_place"), "a message whose worker says nothing stays with it for 30 minutes"),
    "partitions": (("none",), "a queue has no partitions"),
    "deal": (("round_robin", _DEAL), "it pushes to each consumer in turn"),
    "durable": ((True,), "a quorum queue always is"),
    "late_ack": (("ignored",), "a delivery tag is void when its channel or consumer is gone"),
}


class RabbitMQ(RabbitMQConnection):
    """The broker's three ends; see the protocol."""

    preset = "rabbitmq"
    extra = EXTRA

    def unsupported(self) -> Sequence[str]:
        problems, queue = refusals(self.wanted, "RabbitMQ", _FIXED), self.wanted.queue
        if self.wanted.has_host_crash and self._heartbeat_s is None:
            given = queue.model_dump(mode="json", by_alias=True)["host_crash_detection"]
            why = "it misses two to three heartbeats, of whole seconds"
            if not isinstance(given, str) or "uniform" in given:
                why += f" ({at_speed(self.wanted, self._host_span_s[0])} is not twice such a number)"
            cure = "for instance uniform(120s, 180s) at --speed 1, 5 or 10"
            problems.append(refusal("RabbitMQ", "host_crash_detection", given, why, cure))
        if queue.failure == "requeue" and self.wanted.has_jitter and self.delays_ms:
            why = "a queue to wait in has one delay, and jitter makes every one another"
            problems.append(
                refusal("RabbitMQ", "failure", "requeue", why, "in_place, or  retry: {jitter: none}")
            )
        problems += one_at_a_time(self.wanted, "RabbitMQ")
        if self.wanted.has_freezes and queue.prefetch != 1:
            why = "a worker that stands still for too long drops what it only holds, which is not tried here"
            problems.append(refusal("RabbitMQ", "prefetch", queue.prefetch or "unlimited", why, "1"))
        if queue.prefetch is not None and queue.prefetch > _MOST_PREFETCH:
            why = f"a quorum queue gives at most {_MOST_PREFETCH} at once"
            problems.append(refusal("RabbitMQ", "prefetch", queue.prefetch, why, f"1 to {_MOST_PREFETCH}"))
        return problems

    @property
    def _host_span_s(self) -> tuple[float, float]:
        """Real seconds in which a frozen host is noticed."""
        detection = self.wanted.queue.host_crash_detection
        return (
            (0.0, 0.0) if detection is None or isinstance(detection, str) else self.wanted.span_s(detection)
        )

    @property
    def _heartbeat_s(self) -> int | None:
        """The heartbeat that is missed two to three times in the wanted range; 0: none at all."""
        low, high = self._host_span_s
        if not self.wanted.has_host_crash:
            return 60
        if self.wanted.queue.host_crash_detection is None:
            return 0
        heartbeat = whole_seconds(self.wanted, low / 2 * self.wanted.speed)
        return heartbeat if heartbeat and abs(high - 3 * heartbeat) < 0.01 else None

    def server(self) -> Server:
        with self.translate_errors(), self.connect() as connection:
            return _server_of(connection)

    def differences(self, version: str) -> Mapping[str, str | int | bool]:
        different = BROKERS[self.preset].different_in(version)
        values = {field: setting.value for field, setting in different.items()} | {"deal": _DEAL}
        if (timeout := self._timeout_of_server(version)) is not None:
            low_s, high_s = (s * self.wanted.speed for s in (timeout.low_s, timeout.high_s))
            values["visibility_timeout"] = f"uniform({low_s:.6g}s, {high_s:.6g}s)"
        return values

    def _timeout_of_server(self, version: str) -> Uniform | None:
        """The consumer timeout of every queue on a server of this version; None if a queue has its own."""
        setting = BROKERS[self.preset].different_in(version).get("visibility_timeout")
        if setting is None:
            return None
        timeout = parse_distribution(str(setting.value))
        assert isinstance(timeout, Uniform)
        return timeout

    def create(self) -> Server:
        with self.translate_errors(), self.connect() as connection:
            server = _server_of(connection)
            number = tuple(map(int, server.version.split(".")[:2]))
            if number < (3, 8):
                raise LiveError(f"{masked(self.url)}: {server} has no quorum queues; they came with 3.8")
            settings = {"x-queue-type": "quorum", **self._settings(server.version)}
            channel = connection.channel()
            channel.queue_declare(self.queue, durable=True, arguments=settings)
            channel.queue_declare(self.dead, durable=True)
            for delay_ms in self.delays_ms if self.wanted.queue.failure == "requeue" else ():
                back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.queue}
                waiting = {"x-message-ttl": delay_ms, **back}
                channel.queue_declare(self.waits(delay_ms), durable=True, arguments=waiting)
        return server

    def _settings(self, version: str) -> dict[str, object]:
        """The arguments of the queue, on a server of this version."""
        queue, settings = self.wanted.queue, dict[str, object]()
        if queue.dead_letter:
            settings |= {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.dead}
        if self.wanted.max_deliveries is not None:
            settings["x-delivery-limit"] = self.wanted.max_deliveries - 1
        elif "max_deliveries" not in BROKERS[self.preset].different_in(version):
            settings["x-delivery-limit"] = -1  # the default is 20
        if queue.capacity is not None:
            overflow = "drop-head" if queue.when_full == "drop_oldest" else "reject-publish"
            settings |= {"x-max-length": queue.capacity, "x-overflow": overflow}
        return settings | self._timeout(version)

    def _timeout(self, version: str) -> dict[str, object]:
        """The argument for the consumer timeout, if the server takes one that is kept to the second."""
        timeout = self.wanted.queue.visibility_timeout
        if timeout is None:
            return {}
        low_s, high_s = self.wanted.span_s(timeout)
        of_server = self._timeout_of_server(version)
        if of_server is None:
            return {"x-consumer-timeout": round(low_s * 1000)}
        is_own = isclose(low_s, of_server.low_s, rel_tol=1e-3) and isclose(
            high_s, of_server.high_s, rel_tol=1e-3
        )
        if "visibility_timeout" in self.wanted.queue.model_fields_set and not is_own:
            raise ScenarioError(
                f"queue.visibility_timeout: {timeout} cannot be had from RabbitMQ {version}: its consumer "
                "timeout is 30 min, checked once a minute; a queue can have another since 3.12 "
                "(x-consumer-timeout, or a policy), but only since 4.3 does a quorum queue check it itself, "
                "in time; it runs with  --set queue.visibility_timeout=none"
            )
        return {}

    def publisher(self) -> RabbitMQPublisher:
        """A new publisher with a connection of its own."""
        return RabbitMQPublisher(self, self.connect())

    def consumer(self, worker: int = 1) -> Consumer:  # noqa: ARG002 - all alike
        return FreezableConsumer(self._consumer) if self.wanted.has_freezes else self._consumer()

    def _consumer(self) -> RabbitMQConsumer:
        return RabbitMQConsumer(self, self.connect(60 if self._heartbeat_s is None else self._heartbeat_s))

    def observer(self) -> RabbitMQObserver:
        """A new observer with a connection of its own."""
        return RabbitMQObserver(self, self.connect())

    def remove(self) -> str:
        return what_stays(self.url, self.wanted, self._remove)

    def _remove(self) -> None:
        with self.translate_errors(), self.connect() as connection:
            channel = connection.channel()
            for name in (self.queue, self.dead, *map(self.waits, self.delays_ms)):
                channel.queue_delete(name)

    def names(self) -> Iterable[str]:
        return queue_names(self.url, self.translate_errors)

    def messages(self, name: str) -> int:
        with self.translate_errors(), self.connect() as connection:
            return int(connection.channel().queue_declare(name, passive=True).method.message_count)

    def drop(self, name: str) -> None:
        with self.translate_errors(), self.connect() as connection:
            connection.channel().queue_delete(name)


def _server_of(connection: Any) -> Server:
    properties = connection._impl.server_properties
    return Server(str(properties["product"]), str(properties["version"]))

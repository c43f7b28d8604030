"""RabbitMQ (3.8 or newer): a quorum queue.

| field of the queue | what it becomes |
|---|---|
| `crash_detection: 0` | the operating system closes a dead process's connection |
| `host_crash_detection: uniform(2 h, 3 h)` | `heartbeat` h, whole seconds, where a host crashes |
| `visibility_timeout` | `x-consumer-timeout` (4.3) where the scenario writes it; else 30 min, the server's |
| `max_deliveries` n | `x-delivery-limit` n - 1 |
| `dead_letter` | `x-dead-letter-exchange` and a queue of its own |
| a retry delay | a queue to wait in (`x-message-ttl`), one per delay, which leads back to the queue's end |
| `failure: in_place` | the worker keeps it, unacknowledged |
| `capacity`, `when_full` | `x-max-length`, `x-overflow` drop-head or reject-publish |
| `prefetch` | `basic.qos` |
| `ack: before` | `basic.get` with `auto_ack`, one message at a time |
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from syncasync_sim.errors import LiveError, ScenarioError
from syncasync_sim.live.adapting import (
    Fixed,
    at_speed,
    client_library,
    most_of,
    one_at_a_time,
    refusal,
    refusals,
    shown,
    telling,
    whole_seconds,
)
from syncasync_sim.live.protocol import Server, Wanted
from syncasync_sim.live.rabbitmq_ends import RabbitMQConsumer, RabbitMQObserver, RabbitMQPublisher

_MOST_PREFETCH = most_of("rabbitmq", "prefetch")
_FIXED: Fixed = {
    "crash_detection": (("0",), "a dead process's connection is closed at once"),
    "redelivery": (("original",), "what is rejected returns to the head of a quorum queue"),
    "failure": (("requeue", "in_place"), "a message whose worker says nothing stays with it for 30 minutes"),
    "partitions": (("none",), "a queue has no partitions"),
    "durable": ((True,), "a quorum queue always is"),
    "late_ack": (("ignored",), "a delivery tag is void when its channel or consumer is gone"),
}


class RabbitMQ:
    """The broker's three ends; see the protocol."""

    preset = "rabbitmq"
    extra = "rabbitmq"

    def __init__(self, url: str, wanted: Wanted) -> None:
        self.url, self.wanted = url, wanted
        self.queue, self.dead = wanted.name, f"{wanted.name}-dead"
        self.delays_ms = sorted({round(s * 1000) for s in wanted.retry_delays_s if round(s * 1000)})

    def cannot(self) -> Sequence[str]:
        said, queue = refusals(self.wanted, "RabbitMQ", _FIXED), self.wanted.queue
        if self.wanted.has_host_crash and self._heartbeat_s is None:
            given = queue.model_dump(mode="json", by_alias=True)["host_crash_detection"]
            why = "it misses two to three heartbeats, of whole seconds"
            if not isinstance(given, str) or "uniform" in given:
                why += f" ({at_speed(self.wanted, self._host_span_s[0])} is not twice such a number)"
            cure = "for instance uniform(120s, 180s) at --speed 1, 5 or 10"
            said.append(refusal("RabbitMQ", "host_crash_detection", given, why, cure))
        if queue.failure == "requeue" and self.wanted.has_jitter and self.delays_ms:
            why = "a queue to wait in has one delay, and jitter makes every one another"
            said.append(refusal("RabbitMQ", "failure", "requeue", why, "in_place, or  retry: {jitter: none}"))
        said += one_at_a_time(self.wanted, "RabbitMQ")
        if queue.prefetch is not None and queue.prefetch > _MOST_PREFETCH:
            why = f"a quorum queue gives at most {_MOST_PREFETCH} at once"
            said.append(refusal("RabbitMQ", "prefetch", queue.prefetch, why, f"1 to {_MOST_PREFETCH}"))
        return said

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

    def connect(self, heartbeat_s: int = 0) -> Any:
        """A connection; without heartbeats, as whoever only publishes has nobody to send them."""
        pika = client_library("pika", self.extra)
        with self.telling():
            parts = urlsplit(self.url)
            # The standard's `//` for the virtual host "/" is what everybody means by no path at all.
            parameters = pika.URLParameters(urlunsplit(parts._replace(path=parts.path.rstrip("/") or "/%2F")))
            parameters.heartbeat, parameters.blocked_connection_timeout = heartbeat_s, 10.0
            parameters.connection_attempts, parameters.socket_timeout = 1, 5.0
            # Where nobody listens pika only says AMQPConnectionError, and the reason to a logger.
            logging.getLogger("pika").setLevel(logging.CRITICAL)
            socket.create_connection((parameters.host, parameters.port), 5.0).close()
            return pika.BlockingConnection(parameters)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """See `adapting.telling`."""
        errors = client_library("pika.exceptions", self.extra)
        with telling(self.url, errors.AMQPError, OSError, ValueError):
            yield

    def create(self) -> Server:
        with self.telling(), self.connect() as connection:
            about = connection._impl.server_properties
            server = Server(str(about["product"]), str(about["version"]))
            number = tuple(map(int, server.version.split(".")[:2]))
            if number < (3, 8):
                raise LiveError(f"{shown(self.url)}: {server} has no quorum queues; they came with 3.8")
            settings = {"x-queue-type": "quorum", **self._settings(number)}
            channel = connection.channel()
            channel.queue_declare(self.queue, durable=True, arguments=settings)
            channel.queue_declare(self.dead, durable=True)
            for delay_ms in self.delays_ms if self.wanted.queue.failure == "requeue" else ():
                back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.queue}
                waiting = {"x-message-ttl": delay_ms, **back}
                channel.queue_declare(self.waits(delay_ms), durable=True, arguments=waiting)
        return server

    def _settings(self, version: tuple[int, ...]) -> dict[str, object]:
        """The arguments of the queue, on a server of this version."""
        queue, settings = self.wanted.queue, dict[str, object]()
        if queue.dead_letter:
            settings |= {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": self.dead}
        if self.wanted.max_deliveries is not None:
            settings["x-delivery-limit"] = self.wanted.max_deliveries - 1
        elif version >= (4, 0):
            settings["x-delivery-limit"] = -1  # the default is 20
        if queue.capacity is not None:
            overflow = "drop-head" if queue.when_full == "drop_oldest" else "reject-publish"
            settings |= {"x-max-length": queue.capacity, "x-overflow": overflow}
        if "visibility_timeout" in queue.model_fields_set and queue.visibility_timeout is not None:
            if version < (4, 3):
                name = ".".join(map(str, version))
                raise ScenarioError(
                    f"queue.visibility_timeout: {queue.visibility_timeout} cannot be had from RabbitMQ "
                    f"{name}: a quorum queue has a consumer timeout of its own since 4.3, the server's is "
                    "30 min; it runs with  --set queue.visibility_timeout=none"
                )
            settings["x-consumer-timeout"] = round(self.wanted.span_s(queue.visibility_timeout)[0] * 1000)
        return settings

    def waits(self, delay_ms: int) -> str:
        """The name of the queue that messages wait in for so long."""
        return f"{self.queue}-wait-{delay_ms}"

    def publisher(self) -> RabbitMQPublisher:
        return RabbitMQPublisher(self, self.connect())

    def consumer(self, worker: int = 1) -> RabbitMQConsumer:  # noqa: ARG002 - all alike
        return RabbitMQConsumer(self, self.connect(60 if self._heartbeat_s is None else self._heartbeat_s))

    def observer(self) -> RabbitMQObserver:
        return RabbitMQObserver(self, self.connect())

    def remove(self) -> None:
        with suppress(Exception), self.connect() as connection:
            channel = connection.channel()
            for name in (self.queue, self.dead, *map(self.waits, self.delays_ms)):
                channel.queue_delete(name)

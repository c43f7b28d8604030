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
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from syncasync_sim.errors import LiveError, ScenarioError, masked
from syncasync_sim.live.adapter_base import (
    Fixed,
    at_speed,
    client_library,
    one_at_a_time,
    refusal,
    refusals,
    translate_errors,
    upper_limit,
    what_stays,
    whole_seconds,
    without_ca_file,
)
from syncasync_sim.live.protocol import (
    PASSWORD_VARIABLE,
    Delivery,
    Message,
    QueueRequirements,
    RefusedError,
    Server,
)
from syncasync_sim.live.rabbitmq_management import queue_names, without_management
from syncasync_sim.live.retry_slot import RetrySlot

_POLL_S = 0.005
"""Between two `basic.get` that found nothing."""
_MOST_PREFETCH = upper_limit("rabbitmq", "prefetch")
_FIXED: Fixed = {
    "crash_detection": (("0",), "a dead process's connection is closed at once"),
    "redelivery": (("original",), "what is rejected returns to the head of a quorum queue"),
    "failure": (("requeue", "in_place"), "a message whose worker says nothing stays with it for 30 minutes"),
    "partitions": (("none",), "a queue has no partitions"),
    "deal": (("round_robin",), "it pushes to each consumer in turn"),
    "durable": ((True,), "a quorum queue always is"),
    "late_ack": (("ignored",), "a delivery tag is void when its channel or consumer is gone"),
}


class RabbitMQ:
    """The broker's three ends; see the protocol."""

    preset = "rabbitmq"
    extra = "rabbitmq"

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        self.url, self.wanted = url, wanted
        self.queue, self.dead = wanted.name, f"{wanted.name}-dead"
        self.delays_ms = sorted({round(s * 1000) for s in wanted.retry_delays_s if round(s * 1000)})

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

    def connect(self, heartbeat_s: int = 0) -> Any:
        """A new connection; without heartbeats for a publisher, which has no loop to send them.

        Args:
            heartbeat_s: seconds between heartbeats; 0 for none.

        Raises:
            BrokerError: the broker cannot be reached, or refuses.
            LiveError: pika is not installed, or the URL has a user and no password.
        """
        pika = client_library("pika", self.extra)
        with self.translate_errors():
            parts = urlsplit(self.url)
            if parts.username and parts.password is None:
                raise LiveError(
                    f"{masked(self.url)}: a user without a password: {PASSWORD_VARIABLE} may have it"
                )
            # The standard's `//` for the virtual host "/" is what everybody means by no path at all.
            query, context = without_ca_file(without_management(parts.query))
            parts = parts._replace(path=parts.path.rstrip("/") or "/%2F", query=query)
            parameters = pika.URLParameters(urlunsplit(parts))
            if (tls := parameters.ssl_options) is not None:  # pika itself does not say for which host
                host = tls.server_hostname or parameters.host
                parameters.ssl_options = pika.SSLOptions(context or tls.context, host)
            parameters.heartbeat, parameters.blocked_connection_timeout = heartbeat_s, 10.0
            parameters.connection_attempts, parameters.socket_timeout = 1, 5.0
            # Where nobody listens pika only says AMQPConnectionError, and the reason to a logger.
            logging.getLogger("pika").setLevel(logging.CRITICAL)
            socket.create_connection((parameters.host, parameters.port), 5.0).close()
            return pika.BlockingConnection(parameters)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn the errors of the client library into BrokerError, as `adapter_base.translate_errors`."""
        errors = client_library("pika.exceptions", self.extra)
        with translate_errors(self.url, errors.AMQPError, OSError, ValueError):
            yield

    def create(self) -> Server:
        with self.translate_errors(), self.connect() as connection:
            properties = connection._impl.server_properties
            server = Server(str(properties["product"]), str(properties["version"]))
            number = tuple(map(int, server.version.split(".")[:2]))
            if number < (3, 8):
                raise LiveError(f"{masked(self.url)}: {server} has no quorum queues; they came with 3.8")
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
        """The name of the queue in which messages wait for a retry delay."""
        return f"{self.queue}-wait-{delay_ms}"

    def publisher(self) -> RabbitMQPublisher:
        """A new publisher with a connection of its own."""
        return RabbitMQPublisher(self, self.connect())

    def consumer(self, worker: int = 1) -> RabbitMQConsumer:  # noqa: ARG002 - all alike
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


class _End:
    """A connection with one channel."""

    def __init__(self, broker: RabbitMQ, connection: Any) -> None:
        self._broker, self._connection, self._telling = broker, connection, broker.translate_errors
        self._pika = client_library("pika", broker.extra)
        with self._telling():
            self._channel = connection.channel()

    def _publish(self, queue: str, message: Message, deliveries: int) -> None:
        """Return when the broker has it. *deliveries*: how often it was delivered before it came here."""
        headers = {"key": message.key, "deliveries": deliveries}
        properties = self._pika.BasicProperties(delivery_mode=2, headers=headers)
        self._channel.basic_publish("", queue, message.body, properties, mandatory=True)

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()


class RabbitMQPublisher(_End):
    """Publishes messages to a RabbitMQ queue, with confirms."""

    def __init__(self, broker: RabbitMQ, connection: Any) -> None:
        super().__init__(broker, connection)
        with self._telling():
            self._channel.confirm_delivery()

    def publish(self, message: Message) -> None:
        with self._telling():
            try:
                self._publish(self._broker.queue, message, 0)
            except self._pika.exceptions.NackError:
                raise RefusedError(f"{self._broker.queue} is full") from None


class RabbitMQConsumer(_End):
    """Receives messages from a RabbitMQ queue."""

    def __init__(self, broker: RabbitMQ, connection: Any) -> None:
        super().__init__(broker, connection)
        self._came: deque[Delivery] = deque()
        self._kept = RetrySlot()
        queue = broker.wanted.queue
        self._gets = queue.ack == "before"
        with self._telling():
            self._channel.confirm_delivery()
            if not self._gets:
                self._channel.basic_qos(prefetch_count=queue.prefetch or 0)
                self._channel.basic_consume(broker.queue, self._on_message)

    def _on_message(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        del channel
        self._came.append(_delivery(method, properties, body))

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        with self._telling():
            if self._kept:
                return self._kept.again(wait_s, self._connection.sleep)
            deadline = time.monotonic() + wait_s
            while not self._came:
                left = deadline - time.monotonic()
                if self._gets:
                    self._get(min(_POLL_S, max(0.0, left)))
                else:
                    self._connection.process_data_events(time_limit=max(0.0, left))
                if left <= 0:
                    break
            taken = [*self._came]
            self._came.clear()
            return [delivery for delivery in taken if not self._is_one_too_many(delivery)]

    def _get(self, pause_s: float) -> None:
        method, properties, body = self._channel.basic_get(self._broker.queue, auto_ack=True)
        if method is not None:
            self._came.append(_delivery(method, properties, body))
        else:
            self._connection.sleep(pause_s)

    def _is_one_too_many(self, delivery: Delivery) -> bool:
        """The broker's own count begins again when a message has waited in another queue; so we count on."""
        most = self._broker.wanted.max_deliveries
        if self._gets or most is None or (delivery.number or 1) <= most:
            return False
        self._channel.basic_reject(delivery.handle, requeue=False)
        return True

    def work(self, delivery: Delivery, seconds: float) -> None:
        del delivery
        with self._telling():
            self._connection.sleep(seconds)  # never time.sleep: heartbeats are sent meanwhile

    def acknowledge(self, delivery: Delivery) -> bool:
        if not self._gets:
            with self._telling():
                self._channel.basic_ack(delivery.handle)
                self._connection.process_data_events(time_limit=0)
        return True

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        delay_ms = round(delay_s * 1000)
        with self._telling():
            if last:
                self._channel.basic_reject(delivery.handle, requeue=False)
            elif self._broker.wanted.queue.failure == "in_place":
                self._kept.keep(delivery, delay_s)
            elif delay_ms:
                self._publish(self._broker.waits(delay_ms), delivery.message, delivery.number or 1)
                self._channel.basic_ack(delivery.handle)
            else:
                self._channel.basic_reject(delivery.handle, requeue=True)
            self._connection.process_data_events(time_limit=0)


class RabbitMQObserver(_End):
    """Watches the dead letters and the depth of a RabbitMQ queue."""

    def dead_letters(self) -> Sequence[Message]:
        messages: list[Message] = []
        with self._telling():
            while (got := self._channel.basic_get(self._broker.dead, auto_ack=True))[0] is not None:
                _, properties, body = got
                # What a full queue drops comes here too; it is lost, and nobody has ever tried it.
                if properties.headers.get("x-first-death-reason") != "maxlen":
                    messages.append(Message(body, properties.headers["key"]))
        return messages

    def waiting(self) -> int | None:
        with self._telling():
            answer = self._channel.queue_declare(self._broker.queue, passive=True)
        return int(answer.method.message_count)


def _delivery(method: Any, properties: Any, body: bytes) -> Delivery:
    headers = properties.headers
    number = headers["deliveries"] + headers.get("x-delivery-count", 0) + 1
    return Delivery(Message(body, headers["key"]), time.monotonic(), method.delivery_tag, number)

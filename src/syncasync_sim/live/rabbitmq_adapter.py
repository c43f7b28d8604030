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

import logging
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import isclose
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
from syncasync_sim.live.payload import published_by_us
from syncasync_sim.live.protocol import (
    PASSWORD_VARIABLE,
    BrokerError,
    Delivery,
    Message,
    QueueRequirements,
    RefusedError,
    Server,
)
from syncasync_sim.live.rabbitmq_management import queue_names, without_management
from syncasync_sim.live.retry_slot import RetrySlot
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import Uniform

_POLL_S = 0.005
"""Between two `basic.get` that found nothing."""
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
            parameters.stack_timeout = 10.0
            # Where nobody listens pika only says AMQPConnectionError, and the reason to a logger.
            logging.getLogger("pika").setLevel(logging.CRITICAL)
            socket.create_connection((parameters.host, parameters.port), 5.0).close()
            workflow = client_library("pika.adapters.utils.connection_workflow", self.extra)
            try:
                return pika.BlockingConnection(parameters)
            except (workflow.AMQPConnectorException, pika.exceptions.IncompatibleProtocolError) as error:
                raise BrokerError(
                    f"{masked(self.url)}: something listens there, but it does not answer as RabbitMQ does"
                ) from error

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn the errors of the client library into BrokerError, as `adapter_base.translate_errors`."""
        errors = client_library("pika.exceptions", self.extra)
        with translate_errors(self.url, errors.AMQPError, OSError, ValueError):
            yield

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


def _server_of(connection: Any) -> Server:
    properties = connection._impl.server_properties
    return Server(str(properties["product"]), str(properties["version"]))


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
    """Receives messages from a RabbitMQ queue, and subscribes again after a consumer timeout.

    Until 4.2 the server then closes the channel, so everything that was held comes back. Since 4.3 it cancels
    the subscription and takes back what has timed out. The worker does not know: it works on what it holds,
    and its settlements are void. Once it holds nothing, it has a new channel and a new subscription.
    """

    def __init__(self, broker: RabbitMQ, connection: Any) -> None:
        super().__init__(broker, connection)
        self._came: deque[Delivery] = deque()
        self._kept = RetrySlot()
        self._gets = broker.wanted.queue.ack == "before"
        self._unsettled, self._is_cancelled = 0, False
        with self._telling():
            self._subscribe()

    def _subscribe(self) -> None:
        self._is_cancelled = False
        self._channel.confirm_delivery()
        if not self._gets:
            self._channel.add_on_cancel_callback(self._on_cancel)
            self._channel.basic_qos(prefetch_count=self._broker.wanted.queue.prefetch or 0)
            self._channel.basic_consume(self._broker.queue, self._on_message)

    def _on_message(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self._unsettled += 1
        self._came.append(_delivery(channel, method, properties, body))

    def _on_cancel(self, _method: Any) -> None:
        self._is_cancelled = True

    def _has_timed_out(self) -> bool:
        """Whether the server has ended the subscription; what came and was not handed over is then gone."""
        if self._channel.is_open:
            return self._is_cancelled
        if not _is_timeout(self._channel._closing_reason):
            raise self._channel._closing_reason
        self._unsettled -= len(self._came)
        self._came.clear()
        return True

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        with self._telling():
            if self._kept:
                return self._kept.again(wait_s, self._connection.sleep)
            deadline = time.monotonic() + wait_s
            while not self._came:
                left = deadline - time.monotonic()
                if self._has_timed_out() and not self._unsettled:
                    self._subscribe_again()
                if self._gets:
                    self._get(min(_POLL_S, max(0.0, left)))
                else:
                    self._connection.process_data_events(time_limit=max(0.0, left))
                if left <= 0:
                    break
            self._has_timed_out()
            taken = [*self._came]
            self._came.clear()
            return [delivery for delivery in taken if not self._is_one_too_many(delivery)]

    def _subscribe_again(self) -> None:
        if self._channel.is_open:
            self._channel.close()
        self._channel = self._connection.channel()
        self._subscribe()

    def _get(self, pause_s: float) -> None:
        method, properties, body = self._channel.basic_get(self._broker.queue, auto_ack=True)
        if method is not None:
            self._came.append(_delivery(self._channel, method, properties, body))
        else:
            self._connection.sleep(pause_s)

    def _is_one_too_many(self, delivery: Delivery) -> bool:
        """The broker's own count begins again when a message has waited in another queue; so we count on."""
        most = self._broker.wanted.max_deliveries
        if self._gets or most is None or (delivery.number or 1) <= most:
            return False
        self._settle(delivery, lambda channel, tag: channel.basic_reject(tag, requeue=False))
        return True

    def work(self, delivery: Delivery, seconds: float) -> None:
        del delivery
        with self._telling():
            self._connection.sleep(seconds)  # never time.sleep: heartbeats are sent meanwhile

    def acknowledge(self, delivery: Delivery) -> bool:
        return self._gets or self._settle(delivery, lambda channel, tag: channel.basic_ack(tag))

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        delay_ms = round(delay_s * 1000)
        if not last and self._broker.wanted.queue.failure == "in_place":
            self._kept.keep(delivery, delay_s)
        elif delay_ms and not last:
            self._settle(delivery, lambda channel, tag: self._put_aside(delivery, delay_ms, channel, tag))
        else:
            self._settle(delivery, lambda channel, tag: channel.basic_reject(tag, requeue=not last))

    def _put_aside(self, delivery: Delivery, delay_ms: int, channel: Any, tag: int) -> None:
        """Let the message wait in the queue for this delay."""
        self._publish(self._broker.waits(delay_ms), delivery.message, delivery.number or 1)
        channel.basic_ack(tag)

    def _settle(self, delivery: Delivery, how: Callable[[Any, int], None]) -> bool:
        """Tell the broker how a delivery ended; False if the delivery has timed out, so it hears nothing."""
        self._unsettled -= 1
        channel, tag = delivery.handle
        with self._telling():
            try:
                self._connection.process_data_events(time_limit=0)
                if channel.is_closed or (self._is_cancelled and self._is_late(delivery)):
                    return False
                how(channel, tag)
                self._connection.process_data_events(time_limit=0)
            except self._pika.exceptions.ChannelClosedByBroker as error:
                if not _is_timeout(error):
                    raise
                return False
        return True

    def _is_late(self, delivery: Delivery) -> bool:
        timeout = self._broker.wanted.queue.visibility_timeout
        held_s = time.monotonic() - delivery.taken_at
        return timeout is not None and held_s >= self._broker.wanted.span_s(timeout)[0]


def _is_timeout(error: Any) -> bool:
    """Whether a channel was closed because of a consumer timeout: the number 406 has other causes, too."""
    return getattr(error, "reply_code", None) == 406 and "timed out" in error.reply_text


class RabbitMQObserver(_End):
    """Watches the dead letters and the depth of a RabbitMQ queue."""

    def dead_letters(self) -> Sequence[Message]:
        messages: list[Message] = []
        with self._telling():
            while (got := self._channel.basic_get(self._broker.dead, auto_ack=True))[0] is not None:
                _, properties, body = got
                # What a full queue drops comes here too; it is lost, and nobody has ever tried it.
                with published_by_us():
                    if properties.headers.get("x-first-death-reason") != "maxlen":
                        messages.append(Message(body, properties.headers["key"]))
        return messages

    def waiting(self) -> int | None:
        with self._telling():
            answer = self._channel.queue_declare(self._broker.queue, passive=True)
        return int(answer.method.message_count)


@published_by_us()
def _delivery(channel: Any, method: Any, properties: Any, body: bytes) -> Delivery:
    headers = properties.headers
    number = headers["deliveries"] + headers.get("x-delivery-count", 0) + 1
    return Delivery(Message(body, headers["key"]), time.monotonic(), (channel, method.delivery_tag), number)

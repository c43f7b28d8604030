"""The three ends of a RabbitMQ queue: a connection each, with one channel."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from syncasync_sim.live.adapting import client_library
from syncasync_sim.live.kept import Kept
from syncasync_sim.live.protocol import Delivery, Message, RefusedError

if TYPE_CHECKING:
    from syncasync_sim.live.rabbitmq import RabbitMQ

_POLL_S = 0.005
"""Between two `basic.get` that found nothing."""


class _End:
    """A connection with one channel."""

    def __init__(self, broker: RabbitMQ, connection: Any) -> None:
        self._broker, self._connection, self._telling = broker, connection, broker.telling
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
    def __init__(self, broker: RabbitMQ, connection: Any) -> None:
        super().__init__(broker, connection)
        self._came: deque[Delivery] = deque()
        self._kept = Kept()
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
        """The broker's own count begins anew when a message has waited in another queue; so we count on."""
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
    def dead_letters(self) -> Sequence[Message]:
        found: list[Message] = []
        with self._telling():
            while (got := self._channel.basic_get(self._broker.dead, auto_ack=True))[0] is not None:
                _, properties, body = got
                # What a full queue drops comes here too; it is lost, and nobody has ever tried it.
                if properties.headers.get("x-first-death-reason") != "maxlen":
                    found.append(Message(body, properties.headers["key"]))
        return found

    def waiting(self) -> int | None:
        with self._telling():
            told = self._channel.queue_declare(self._broker.queue, passive=True)
        return int(told.method.message_count)


def _delivery(method: Any, properties: Any, body: bytes) -> Delivery:
    headers = properties.headers
    number = headers["deliveries"] + headers.get("x-delivery-count", 0) + 1
    return Delivery(Message(body, headers["key"]), time.monotonic(), method.delivery_tag, number)

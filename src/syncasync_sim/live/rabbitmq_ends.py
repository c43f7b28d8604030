"""The three ends of a queue of RabbitMQ: what publishes, what works, and what watches."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from syncasync_sim.live.adapter_base import client_library
from syncasync_sim.live.payload import published_by_us
from syncasync_sim.live.protocol import BrokerError, Delivery, Message, RefusedError
from syncasync_sim.live.rabbitmq_connection import EXTRA, RabbitMQConnection
from syncasync_sim.live.retry_slot import RetrySlot

_POLL_S = 0.005
"""Between two `basic.get` that found nothing."""
Answer = TypeVar("Answer")


class _End:
    """A connection with one channel."""

    def __init__(self, broker: RabbitMQConnection, connection: Any) -> None:
        self._broker, self._connection, self._telling = broker, connection, broker.translate_errors
        self._pika = client_library("pika", EXTRA)
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

    def __init__(self, broker: RabbitMQConnection, connection: Any) -> None:
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

    def __init__(self, broker: RabbitMQConnection, connection: Any) -> None:
        super().__init__(broker, connection)
        self._came: deque[Delivery] = deque()
        self._kept = RetrySlot()
        self._gets = broker.wanted.queue.ack == "before"
        self._unsettled, self._is_cancelled = 0, False
        self._tag: str | None = None  # of the subscription
        with self._telling():
            self._subscribe()

    def _subscribe(self) -> None:
        self._is_cancelled = False
        self._channel.confirm_delivery()
        if not self._gets:
            self._channel.add_on_cancel_callback(self._on_cancel)
            self._channel.basic_qos(prefetch_count=self._broker.wanted.queue.prefetch or 0)
            self._tag = self._channel.basic_consume(self._broker.queue, self._on_message)

    def stop_taking(self) -> Sequence[Delivery]:
        """The server pushes nothing more; otherwise a worker that has just acknowledged would get another."""
        with self._telling():
            if self._channel.is_open and self._tag is not None:
                self._connection.process_data_events(time_limit=0)
                self._channel.basic_cancel(self._tag)
            taken = [*self._came]
            self._came.clear()
            return taken

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

    def give_back(self, delivery: Delivery) -> None:
        self._settle(delivery, lambda channel, tag: channel.basic_nack(tag, requeue=True))

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


class FreezableConsumer:
    """The consumer of a worker that may stand still so long that the server misses its heartbeats.

    The server then closes the connection, and the messages come back. The worker notices when it wakes: it
    ends what it has in hand, its settlement is void, and it connects again for the next one.
    """

    def __init__(self, connect: Callable[[], RabbitMQConsumer]) -> None:
        self._connect, self._consumer, self._is_lost = connect, connect(), False

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        if self._is_lost:  # a server that is gone is noticed here
            self._consumer, self._is_lost = self._connect(), False
        return self._ask(lambda consumer: consumer.receive(wait_s), ())

    def stop_taking(self) -> Sequence[Delivery]:
        return self._ask(RabbitMQConsumer.stop_taking, ())

    def work(self, delivery: Delivery, seconds: float) -> None:
        end = time.monotonic() + seconds
        self._ask(lambda consumer: consumer.work(delivery, seconds), None)
        time.sleep(max(0.0, end - time.monotonic()))

    def acknowledge(self, delivery: Delivery) -> bool:
        return self._ask(lambda consumer: consumer.acknowledge(delivery), False)

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        self._ask(lambda consumer: consumer.fail(delivery, delay_s, last=last), None)

    def give_back(self, delivery: Delivery) -> None:
        self._ask(lambda consumer: consumer.give_back(delivery), None)

    def _ask(self, what: Callable[[RabbitMQConsumer], Answer], if_lost: Answer) -> Answer:
        """Use the connection, unless it was closed meanwhile."""
        if not self._is_lost:
            try:
                return what(self._consumer)
            except BrokerError:
                self._is_lost = True
        return if_lost

    def close(self) -> None:
        self._consumer.close()


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

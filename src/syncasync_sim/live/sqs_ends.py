"""The three ends of an SQS queue: a client each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from syncasync_sim.live.adapting import most_of, work_in_slices
from syncasync_sim.live.protocol import Delivery, Message

if TYPE_CHECKING:
    from syncasync_sim.live.sqs import Sqs

MOST_AT_ONCE = most_of("sqs", "prefetch")
"""Messages that one receive may bring."""
_EXPIRED = ("ReceiptHandleIsInvalid", "InvalidParameterValue")
"""What a delete says that comes too late."""


class _End:
    """A client of the queue."""

    def __init__(self, broker: Sqs) -> None:
        self._broker, self._telling, self._client = broker, broker.telling, broker.connect()
        self._queue = self._url(broker.name)

    def _url(self, name: str) -> str:
        with self._telling():
            return cast(str, self._client.get_queue_url(QueueName=name)["QueueUrl"])

    def close(self) -> None:
        with suppress(Exception):
            self._client.close()


class SqsPublisher(_End):
    def publish(self, message: Message) -> None:
        partitions, group = self._broker.wanted.queue.partitions, {}
        if partitions is not None:
            number = message.key if partitions == "customer" else message.key % partitions
            group = {"MessageGroupId": str(number), "MessageDeduplicationId": uuid4().hex}
        key = {"key": {"DataType": "Number", "StringValue": str(message.key)}}
        with self._telling():
            self._client.send_message(
                QueueUrl=self._queue, MessageBody=message.body.decode(), MessageAttributes=key, **group
            )


class SqsConsumer(_End):
    def __init__(self, broker: Sqs) -> None:
        super().__init__(broker)
        self._held: list[str] = []
        self._timeout_s = broker.visibility_s or 1
        self._renew_every_s = self._timeout_s / 3 if broker.wanted.renew else None

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        room = (self._broker.wanted.queue.prefetch or MOST_AT_ONCE) - len(self._held)
        if room <= 0:
            return ()
        whole_s = max(1, min(20, round(wait_s))) if wait_s > 0 else 0  # 0 is a short poll
        with self._telling():
            got = self._client.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=room, WaitTimeSeconds=whole_s,
                AttributeNames=["ApproximateReceiveCount"], MessageAttributeNames=["key"],
            )  # fmt: skip
            taken = [_delivery(message) for message in got.get("Messages", ())]
            for delivery in taken:
                if self._broker.wanted.queue.ack == "before":
                    self._client.delete_message(QueueUrl=self._queue, ReceiptHandle=delivery.handle)
                else:
                    self._held.append(delivery.handle)
        return taken

    def work(self, delivery: Delivery, seconds: float) -> None:
        with self._telling():
            renew = lambda: self._visible_in(delivery, self._timeout_s)  # noqa: E731
            work_in_slices(seconds, self._renew_every_s, renew)

    def acknowledge(self, delivery: Delivery) -> bool:
        if self._broker.wanted.queue.ack == "before":
            return True
        self._let_go(delivery)
        with self._telling():
            try:
                self._client.delete_message(QueueUrl=self._queue, ReceiptHandle=delivery.handle)
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"].rpartition(".")[2] not in _EXPIRED:
                    raise
                return False
        return True

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        self._let_go(delivery)
        if self._broker.wanted.queue.failure == "requeue":
            # After the last one, the next look at the queue takes it to the dead letters.
            self._visible_in(delivery, 0 if last else round(delay_s))

    def _visible_in(self, delivery: Delivery, seconds: int) -> None:
        with self._telling():
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._queue, ReceiptHandle=delivery.handle, VisibilityTimeout=seconds
                )
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"].rpartition(".")[2] not in (
                    *_EXPIRED,
                    "MessageNotInflight",
                ):
                    raise

    def _let_go(self, delivery: Delivery) -> None:
        if delivery.handle in self._held:
            self._held.remove(delivery.handle)

    def close(self) -> None:
        with suppress(Exception):
            for handle in self._held:
                self._client.change_message_visibility(
                    QueueUrl=self._queue, ReceiptHandle=handle, VisibilityTimeout=0
                )
        super().close()


class SqsObserver(_End):
    def __init__(self, broker: Sqs) -> None:
        super().__init__(broker)
        queue = broker.wanted.queue
        has = queue.dead_letter and queue.ack == "after" and broker.wanted.max_deliveries is not None
        self._dead = self._url(broker.dead) if has else None

    def dead_letters(self) -> Sequence[Message]:
        if self._dead is None:
            return ()
        found: list[Delivery] = []
        deadline = time.monotonic() + 0.5
        with self._telling():
            while time.monotonic() < deadline:
                got = self._client.receive_message(
                    QueueUrl=self._dead, MaxNumberOfMessages=MOST_AT_ONCE, MessageAttributeNames=["key"],
                    AttributeNames=["ApproximateReceiveCount"],
                ).get("Messages", ())  # fmt: skip
                if not got:
                    break
                found += map(_delivery, got)
                for message in got:
                    self._client.delete_message(QueueUrl=self._dead, ReceiptHandle=message["ReceiptHandle"])
        return [delivery.message for delivery in found]

    def waiting(self) -> int | None:
        name = "ApproximateNumberOfMessages"
        with self._telling():
            got = self._client.get_queue_attributes(QueueUrl=self._queue, AttributeNames=[name])
        return int(got["Attributes"][name])


def _delivery(message: dict[str, Any]) -> Delivery:
    key = int(message["MessageAttributes"]["key"]["StringValue"])
    return Delivery(
        Message(message["Body"].encode(), key), time.monotonic(), message["ReceiptHandle"],
        int(message["Attributes"]["ApproximateReceiveCount"]),
    )  # fmt: skip

"""Amazon SQS, or an emulator of it: a standard queue, or a FIFO queue where there are partitions.

| field of the queue | what it becomes |
|---|---|
| `visibility_timeout` | VisibilityTimeout, whole seconds |
| `max_deliveries` | maxReceiveCount of a RedrivePolicy |
| `dead_letter` | the queue that policy names; `false`: nobody looks into it |
| `failure: requeue` | ChangeMessageVisibility to the retry delay, whole seconds |
| `prefetch` | MaxNumberOfMessages |
| `ack: before` | DeleteMessage before the work |
| `partitions`, `assignment: locked` | MessageGroupId of a FIFO queue |
| `renew` | ChangeMessageVisibility, three times in each visibility timeout |

Over http it is an emulator, which takes any credentials; over https the usual ones of AWS are used.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

from syncasync_sim.live.adapter_base import (
    WORKERS_ASK,
    Fixed,
    at_speed,
    client_library,
    refusal,
    refusals,
    translate_errors,
    upper_limit,
    what_stays,
    whole_seconds,
    work_in_slices,
)
from syncasync_sim.live.moto_server import NAME as STARTED_MOTO
from syncasync_sim.live.payload import published_by_us
from syncasync_sim.live.protocol import BEGINNING, Delivery, Message, QueueRequirements, Server

MOST_AT_ONCE = upper_limit("sqs", "prefetch")
"""Messages that one receive may bring."""
_EXPIRED = ("ReceiptHandleIsInvalid", "InvalidParameterValue")
"""What a delete says that comes too late."""
_KINDS = ("", "NotVisible", "Delayed")
"""Of the messages in a queue: waiting, held by a worker, and not yet visible."""
_LONGEST_S = upper_limit("sqs", "visibility_timeout")
_MOST_RECEIVES = upper_limit("sqs", "max_deliveries")
_FIXED: Fixed = {
    "capacity": (("unlimited",), "it has no limit of messages kept"),
    "crash_detection": (("none",), "workers poll over HTTP, and there is no connection to watch"),
    "host_crash_detection": (("as crash_detection", "none"), "there is no connection to watch"),
    "redelivery": (("original",), "a message that returns is not put at the back"),
    "failure": (("timeout", "requeue"), "the visibility timeout runs on while a worker keeps a message"),
    "durable": ((True,), "it always is"),
    "deal": WORKERS_ASK,
}
_STANDARD: Fixed = {
    **_FIXED,
    "late_ack": (("until_retaken",), "only the newest receipt handle is sure to delete"),
}
_FIFO: Fixed = {
    **_FIXED,
    "assignment": (("locked",), "no worker owns a message group"),
    "late_ack": (("ignored",), "the receipt handle of a FIFO queue expires"),
}
_UNKNOWN = "of unknown version"
_ALSO = "two workers may get one message, and a message may come back a second late"
_MOTO_DIFFERS = (
    "a late acknowledgement deletes there when another worker has the message, at Amazon it does not; "
    + _ALSO,
    "a late acknowledgement deletes there, Amazon refuses it on a FIFO queue; " + _ALSO,
)
"""Of a moto that is not ours: on a standard queue, on a FIFO queue."""
_ELASTICMQ_DIFFERS = (
    "",
    "a late acknowledgement deletes there if nobody has taken the message again, "
    "Amazon refuses it on a FIFO queue",
)
_SERVERS_OF_ELASTICMQ = ("pekko-http", "akka-http")


class Sqs:
    """The broker's three ends; see the protocol."""

    preset = "sqs"
    extra = "sqs"

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        self.url, self.wanted, self.endpoint = url, wanted, url.removeprefix("sqs+").rstrip("/")
        self.is_fifo = wanted.queue.partitions is not None
        suffix = ".fifo" if self.is_fifo else ""
        self.name, self.dead = wanted.name + suffix, f"{wanted.name}-dead{suffix}"
        self._made: list[str] = []

    def unsupported(self) -> Sequence[str]:
        problems = refusals(self.wanted, *(("SQS FIFO", _FIFO) if self.is_fifo else ("SQS", _STANDARD)))
        return [*problems, *self._wrong_times(), *self._wrong_counts()]

    def _wrong_times(self) -> list[str]:
        wanted, timeout, problems = self.wanted, self.wanted.queue.visibility_timeout, []
        if timeout is None:
            why, cure = "every message it has delivered becomes visible again", "one of up to 12 hours"
            problems.append(refusal("SQS", "visibility_timeout", "none", why, cure))
        elif not self.visibility_s or self.visibility_s > _LONGEST_S:
            real = at_speed(wanted, wanted.span_s(timeout)[0])
            why = f"it is {real}, and SQS takes whole seconds from 1 to {_LONGEST_S}, all alike"
            problems.append(refusal("SQS", "visibility_timeout", timeout, why, "another, or another --speed"))
        if wanted.queue.failure == "requeue":
            wrong = [at_speed(wanted, s) for s in wanted.retry_delays_s if s and _as_whole_seconds(s) is None]
            if wrong or (wanted.has_jitter and any(wanted.retry_delays_s)):
                why = (
                    "a retry delay" + (f" of {wrong[0]}" if wrong else " with jitter") + " is no whole second"
                )
                problems.append(
                    refusal("SQS", "failure", "requeue", why, "timeout, another retry.delay or --speed")
                )
        return problems

    def _wrong_counts(self) -> list[str]:
        prefetch, most, problems = self.wanted.queue.prefetch, self.wanted.max_deliveries, []
        if prefetch is None or prefetch > MOST_AT_ONCE:
            why = f"it gives at most {MOST_AT_ONCE} messages at once"
            problems.append(refusal("SQS", "prefetch", prefetch or "unlimited", why, f"1 to {MOST_AT_ONCE}"))
        if most is not None and most > _MOST_RECEIVES:
            why = f"maxReceiveCount ends at {_MOST_RECEIVES}"
            problems.append(refusal("SQS", "max_deliveries", most, why, f"1 to {_MOST_RECEIVES}"))
        return problems

    @property
    def visibility_s(self) -> int | None:
        """The visibility timeout in whole real seconds; None where there is no such number."""
        timeout = self.wanted.queue.visibility_timeout
        if timeout is None:
            return None
        low, high = self.wanted.span_s(timeout)
        return whole_seconds(self.wanted, low * self.wanted.speed) if high - low < 1e-6 else None

    def connect(self) -> Any:
        """A new client without retries, which would blur the measured times."""
        session = client_library("boto3.session", self.extra).Session()
        config = client_library("botocore.config", self.extra).Config(
            retries={"max_attempts": 0}, connect_timeout=5, read_timeout=30, max_pool_connections=1
        )
        aws = self.endpoint.startswith("https://")
        known = {"region_name": self.endpoint.split(".")[1]} if ".amazonaws." in self.endpoint else {}
        some = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}
        with self.translate_errors():
            return session.client(
                "sqs", endpoint_url=self.endpoint, config=config, **(known if aws else some)
            )

    def translate_errors(self) -> Any:
        """Turn the errors of the client library into BrokerError, as `adapter_base.translate_errors`.

        A URL without sense raises ValueError in the library.
        """
        errors = client_library("botocore.exceptions", self.extra)
        return translate_errors(self.url, errors.BotoCoreError, errors.ClientError, OSError, ValueError)

    def create(self) -> Server:
        client, queue = self.connect(), self.wanted.queue
        settings: dict[str, str] = {"VisibilityTimeout": str(self.visibility_s)}
        fifo = {"FifoQueue": "true"} if self.is_fifo else {}
        with self.translate_errors():
            if self.wanted.max_deliveries is not None and queue.ack == "after":
                self._made.append(client.create_queue(QueueName=self.dead, Attributes=fifo)["QueueUrl"])
                (arn,) = client.get_queue_attributes(QueueUrl=self._made[0], AttributeNames=["QueueArn"])[
                    "Attributes"
                ].values()
                policy = {"deadLetterTargetArn": arn, "maxReceiveCount": str(self.wanted.max_deliveries)}
                settings["RedrivePolicy"] = json.dumps(policy)
            made = client.create_queue(QueueName=self.name, Attributes={**settings, **fifo})
            self._made.append(made["QueueUrl"])
        return self._server()

    def _server(self) -> Server:
        """Who answers: an emulator cannot be asked by SQS's own means, so it is known by its own pages."""
        if ".amazonaws." in self.endpoint:
            return Server("Amazon SQS", "of today")
        said = ""
        with suppress(OSError):
            try:
                with urlopen(f"{self.endpoint}/moto-api/data.json", timeout=5) as answer:
                    name, _, version = (answer.headers["Server"] or "").partition("/")
                if name == STARTED_MOTO:
                    return Server("moto", version, "emulator")
                return Server("moto", _UNKNOWN, "emulator", _MOTO_DIFFERS[self.is_fifo])
            except HTTPError as error:
                said = error.headers["Server"] or ""
                error.close()
        if said.startswith(_SERVERS_OF_ELASTICMQ):
            return Server("ElasticMQ", _UNKNOWN, "emulator", _ELASTICMQ_DIFFERS[self.is_fifo])
        return Server("an SQS that is not Amazon's", _UNKNOWN, "emulator")

    def publisher(self) -> SqsPublisher:
        """A new publisher with a client of its own."""
        return SqsPublisher(self)

    def consumer(self, worker: int = 1) -> SqsConsumer:  # noqa: ARG002 - all alike
        return SqsConsumer(self)

    def observer(self) -> SqsObserver:
        """A new observer with a client of its own."""
        return SqsObserver(self)

    def remove(self) -> str:
        return what_stays(self.url, self.wanted, self._remove)

    def _remove(self) -> None:
        with self.translate_errors():
            client = self.connect()
            for url in self._made:
                client.delete_queue(QueueUrl=url)
            client.close()

    def names(self) -> Iterable[str]:
        with self.translate_errors():
            pages = self.connect().get_paginator("list_queues").paginate(QueueNamePrefix=BEGINNING)
            return {url.rpartition("/")[2] for page in pages for url in page.get("QueueUrls", ())}

    def messages(self, name: str) -> int:
        with self.translate_errors():
            client, counts = self.connect(), [f"ApproximateNumberOfMessages{kind}" for kind in _KINDS]
            url = client.get_queue_url(QueueName=name)["QueueUrl"]
            got = client.get_queue_attributes(QueueUrl=url, AttributeNames=counts)
        return sum(map(int, got["Attributes"].values()))

    def drop(self, name: str) -> None:
        with self.translate_errors():
            client = self.connect()
            client.delete_queue(QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"])


def _as_whole_seconds(seconds: float) -> int | None:
    return round(seconds) if abs(seconds - round(seconds)) < 1e-6 else None


class _End:
    """A client of the queue."""

    def __init__(self, broker: Sqs) -> None:
        self._broker, self._telling, self._client = broker, broker.translate_errors, broker.connect()
        self._queue = self._url(broker.name)

    def _url(self, name: str) -> str:
        with self._telling():
            return cast(str, self._client.get_queue_url(QueueName=name)["QueueUrl"])

    def close(self) -> None:
        with suppress(Exception):
            self._client.close()


class SqsPublisher(_End):
    """Publishes messages to SQS."""

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
    """Receives messages from SQS."""

    def __init__(self, broker: Sqs) -> None:
        super().__init__(broker)
        self._held: list[str] = []
        self._timeout_s = broker.visibility_s or 1
        self._renew_every_s = self._timeout_s / 3 if broker.wanted.renew else None

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        free = (self._broker.wanted.queue.prefetch or MOST_AT_ONCE) - len(self._held)
        if free <= 0:
            return ()
        whole_s = max(1, min(20, round(wait_s))) if wait_s > 0 else 0  # 0 is a short poll
        with self._telling():
            got = self._client.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=free, WaitTimeSeconds=whole_s,
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

    def stop_taking(self) -> Sequence[Delivery]:
        """Return nothing: only who asks for a message gets one."""
        return ()

    def give_back(self, delivery: Delivery) -> None:
        self._let_go(delivery)
        self._visible_in(delivery, 0)

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
    """Watches the dead-letter queue and the depth of the queue in SQS."""

    def __init__(self, broker: Sqs) -> None:
        super().__init__(broker)
        queue = broker.wanted.queue
        has = queue.dead_letter and queue.ack == "after" and broker.wanted.max_deliveries is not None
        self._dead = self._url(broker.dead) if has else None

    def dead_letters(self) -> Sequence[Message]:
        if self._dead is None:
            return ()
        deliveries: list[Delivery] = []
        deadline = time.monotonic() + 0.5
        with self._telling():
            while time.monotonic() < deadline:
                got = self._client.receive_message(
                    QueueUrl=self._dead, MaxNumberOfMessages=MOST_AT_ONCE, MessageAttributeNames=["key"],
                    AttributeNames=["ApproximateReceiveCount"],
                ).get("Messages", ())  # fmt: skip
                if not got:
                    break
                deliveries += map(_delivery, got)
                for message in got:
                    self._client.delete_message(QueueUrl=self._dead, ReceiptHandle=message["ReceiptHandle"])
        return [delivery.message for delivery in deliveries]

    def waiting(self) -> int | None:
        name = "ApproximateNumberOfMessages"
        with self._telling():
            got = self._client.get_queue_attributes(QueueUrl=self._queue, AttributeNames=[name])
        return int(got["Attributes"][name])


@published_by_us()
def _delivery(message: dict[str, Any]) -> Delivery:
    key = int(message["MessageAttributes"]["key"]["StringValue"])
    return Delivery(
        Message(message["Body"].encode(), key), time.monotonic(), message["ReceiptHandle"],
        int(message["Attributes"]["ApproximateReceiveCount"]),
    )  # fmt: skip

"""Amazon SQS: the standard queue, and the FIFO queue."""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.setting import Broker, Range, choice, default

_API = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_"
_GUIDE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"
_VISIBILITY = _GUIDE + "sqs-visibility-timeout.html"
_DEAD_LETTERS = _GUIDE + "sqs-dead-letter-queues.html"
_FIFO = _GUIDE + "FIFO-queues-understanding-logic.html"

_SETTINGS = {
    "publish": choice("10ms", "SendMessage", _API + "SendMessage.html", "AWS gives no figure"),
    "deliver": choice(
        "0", "WaitTimeSeconds", _GUIDE + "sqs-short-and-long-polling.html", "long polling; default: 0, short"
    ),
    "capacity": default("unlimited", "no limit of messages kept", _GUIDE + "quotas-messages.html"),
    "ack": choice("after", "DeleteMessage", _API + "DeleteMessage.html", "the application's"),
    "crash_detection": default("none", "no connection to watch", _VISIBILITY, "workers poll over HTTP"),
    "visibility_timeout": default("30s", "VisibilityTimeout", _VISIBILITY, allowed=Range("0s", "12h")),
    "redelivery": choice(
        "original", "best-effort ordering", _GUIDE + "standard-queues.html", "in SQS: no order is guaranteed"
    ),
    "failure": choice(
        "timeout",
        "VisibilityTimeout",
        _VISIBILITY,
        "the worker does nothing; requeue: ChangeMessageVisibility",
    ),
    "max_deliveries": default(
        10,
        "maxReceiveCount",
        _DEAD_LETTERS,
        "of a RedrivePolicy without this key; without a policy there is no limit: write unlimited",
        allowed=Range(1, 1000, absent="fine"),
    ),
    "dead_letter": choice(True, "RedrivePolicy", _DEAD_LETTERS, "default: none, delivered again and again"),
    "prefetch": default(1, "MaxNumberOfMessages", _API + "ReceiveMessage.html", allowed=Range(1, 10)),
    "max_in_flight": default(
        120_000, "in-flight messages", _GUIDE + "quotas-messages.html", "AWS says approximately"
    ),
    "durable": default(True, "several availability zones", _GUIDE + "welcome.html"),
    "late_ack": default(
        "until_retaken",
        "ReceiptHandle",
        _API + "DeleteMessage.html",
        "only the newest is certain to delete the message",
    ),
}

SQS = Broker(
    title="Amazon SQS, a standard queue",
    called="SQS",
    notices="",
    timeout="its visibility timeout",
    settings=MappingProxyType(_SETTINGS),
    leaves_out=(
        "Rare duplicates without a crash: SQS delivers at least once, and AWS publishes no rate.",
        "Messages out of order: a standard queue only tries to keep the order.",
        "The deletion of messages after four days.",
        "Short polling, the client's default, which may miss messages that are in the queue.",
        "Message groups on a standard queue (fair queues): one sender cannot hold up the others.",
    ),
)

SQS_FIFO = Broker(
    title="Amazon SQS, a FIFO queue, one message group per customer",
    called="SQS FIFO",
    notices="",
    timeout="its visibility timeout",
    settings=MappingProxyType(
        {
            **_SETTINGS,
            "redelivery": default("original", "order within the group", _FIFO),
            "partitions": choice(
                "customer", "MessageGroupId", _FIFO, "the application's; customer is common"
            ),
            "assignment": default(
                "locked", "message group", _FIFO, "one message in flight per group, for any worker"
            ),
            "late_ack": default(
                "ignored", "ReceiptHandle", _API + "DeleteMessage.html", "an error once it has expired"
            ),
        }
    ),
    leaves_out=(
        "The deduplication of messages that are sent twice within five minutes.",
        "Several messages of one group in one receive: prefetch does not keep a group together.",
        "The limit of messages per second.",
        "The deletion of messages after four days.",
    ),
)

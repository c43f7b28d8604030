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
        "original", "best-effort ordering", _GUIDE + "standard-queues.html", "really: no order is promised"
    ),
    "failure": choice(
        "timeout",
        "VisibilityTimeout",
        _VISIBILITY,
        "the worker says nothing; requeue: ChangeMessageVisibility",
    ),
    "max_deliveries": default(
        10,
        "maxReceiveCount",
        _DEAD_LETTERS,
        "where a RedrivePolicy leaves it out; without a policy there is no limit: write unlimited",
        allowed=Range(1, 1000, absent="fine"),
    ),
    "dead_letter": choice(True, "RedrivePolicy", _DEAD_LETTERS, "default: none, delivered again and again"),
    "prefetch": default(1, "MaxNumberOfMessages", _API + "ReceiveMessage.html", allowed=Range(1, 10)),
    "durable": default(True, "several availability zones", _GUIDE + "welcome.html"),
    "late_ack": default(
        "until_retaken", "ReceiptHandle", _API + "DeleteMessage.html", "only the newest is sure to delete"
    ),
}

SQS = Broker(
    title="Amazon SQS, a standard queue",
    called="SQS",
    notices="",
    timeout="its visibility timeout",
    settings=MappingProxyType(_SETTINGS),
    leaves_out=(
        "Rare duplicates that nobody asked for: SQS delivers at least once and gives no rate.",
        "Disorder: a standard queue only tries to keep the order.",
        "The limit of about 120,000 messages in flight, and that messages are deleted after four days.",
        "Short polling, the client's default, which may miss messages that are there.",
        "Message groups on a standard queue (fair queues): one sender does not crowd out the others.",
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
                "locked", "message group", _FIFO, "one in flight per group, for any worker"
            ),
            "late_ack": default(
                "ignored", "ReceiptHandle", _API + "DeleteMessage.html", "an error once it has expired"
            ),
        }
    ),
    leaves_out=(
        "The deduplication of what is sent twice within five minutes.",
        "Several messages of one group in one receive: prefetch does not keep a group together.",
        "The limit of messages per second, and that of 120,000 messages in flight.",
        "That messages are deleted after four days.",
    ),
)

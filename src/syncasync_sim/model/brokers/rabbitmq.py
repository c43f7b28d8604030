"""RabbitMQ, a quorum queue of version 4.3."""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.setting import Broker, Older, Range, choice, default, measured

_DOCS = "https://www.rabbitmq.com/docs/"
_SINCE_4_0 = {
    "visibility_timeout": default(
        "uniform(30m, 31m)",
        "consumer_timeout",
        _DOCS + "consumers",
        "checked once a minute; 30 min since 3.8.17; for one queue since 3.12, by x-consumer-timeout or a "
        "policy",
    ),
    "limit_counts": default("all", "delivery-count", _DOCS + "quorum-queues", "every delivery counts"),
}
_SINCE_3_8 = {
    "max_deliveries": default(
        "unlimited",
        "x-delivery-limit",
        _DOCS + "quorum-queues",
        "without a limit a rejected message returns to the back of the queue",
    ),
    **_SINCE_4_0,
}

RABBITMQ = Broker(
    title="RabbitMQ, a quorum queue (4.3)",
    version="4.3",
    older=(
        Older("3.8 to 3.13", (4, 0), MappingProxyType(_SINCE_3_8)),
        Older("4.0 to 4.2", (4, 3), MappingProxyType(_SINCE_4_0)),
    ),
    called="RabbitMQ",
    notices="saw the worker's connection close",
    notices_host="missed the heartbeats of the worker's host",
    timeout="its consumer timeout",
    can_renew=False,
    settings=MappingProxyType(
        {
            "publish": measured(
                "2ms",
                "publisher confirm",
                _DOCS + "confirms",
                "4.3 on one machine; add the time of the network",
            ),
            "deliver": default("0", "push to the consumer", _DOCS + "consumers"),
            "capacity": default("unlimited", "x-max-length", _DOCS + "maxlength", "counts ready messages"),
            "when_full": default("drop_oldest", "x-overflow", _DOCS + "maxlength", "drop-head"),
            "ack": choice("after", "basic.ack", _DOCS + "confirms", "the application's; before is auto_ack"),
            "crash_detection": default(
                "0",
                "connection closed",
                _DOCS + "confirms",
                "the operating system closes it when the process dies",
            ),
            "host_crash_detection": default(
                "uniform(120s, 180s)",
                "heartbeat",
                _DOCS + "heartbeats",
                "60 s; measured: two to three heartbeats",
            ),
            "visibility_timeout": default(
                "30m",
                "consumer_timeout",
                _DOCS + "consumers",
                "1800000 ms; or x-consumer-timeout of the queue",
            ),
            "redelivery": choice(
                "original",
                "requeueing",
                _DOCS + "quorum-queues",
                "in RabbitMQ: at the head, in order of return",
            ),
            "failure": choice(
                "requeue",
                "basic.reject",
                _DOCS + "confirms",
                "the application's, with requeue=true; basic.nack has no limit since 4.3",
            ),
            "max_deliveries": default(21, "x-delivery-limit", _DOCS + "quorum-queues", "20 redeliveries"),
            "limit_counts": default(
                "failures",
                "delivery-count",
                _DOCS + "quorum-queues",
                "a consumer timeout and basic.nack do not count",
            ),
            "dead_letter": choice(
                True, "x-dead-letter-exchange", _DOCS + "dlx", "default: none, the message is dropped"
            ),
            "prefetch": choice(
                1,
                "basic.qos prefetch_count",
                _DOCS + "quorum-queues",
                "default: 0, unlimited, which is 2,000 on a quorum queue",
                allowed=Range(1, 2000, absent="the most"),
            ),
            "deal": default(
                "round_robin",
                "push to consumers",
                _DOCS + "consumers",
                "in turn to each consumer with room for a message, busy or not",
            ),
            "durable": default(True, "durable", _DOCS + "quorum-queues", "a quorum queue always is"),
            "late_ack": default(
                "ignored",
                "delivery tag",
                _DOCS + "confirms",
                "it is void when its channel or consumer is gone",
            ),
        }
    ),
    leaves_out=(
        "A consumer whose message timed out is cancelled: it gets nothing more until it subscribes again. "
        "Until 4.2 its channel is closed, so all other messages that it holds come back, too.",
        "Many libraries use basic.nack, which does not count since 4.3: a message that always fails is then "
        "delivered for ever.",
        "A consumer that was full goes to the end of the turn when it has room again (deal: rotation, with "
        "which live predicts). With round_robin it keeps its place in the turn.",
        "A plain queue retries at once: a delay needs x-delayed-retry (4.3) or a second queue.",
        "A restart of the broker returns everything in flight and voids its acknowledgements.",
        "Replication: a quorum queue works while most of its nodes are up.",
    ),
)

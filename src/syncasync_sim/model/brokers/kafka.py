"""Apache Kafka: one topic read by a consumer group; the values are those of the default, classic protocol."""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.setting import Broker, Range, choice, default, measured

_DOCS = "https://kafka.apache.org/documentation/"
_SEMANTICS = _DOCS + "#semantics"


def _consumer(name: str) -> str:
    return f"{_DOCS}#consumerconfigs_{name}"


KAFKA = Broker(
    title="Apache Kafka, a topic and a consumer group",
    called="Kafka",
    notices="missed the worker's heartbeats until the session timeout",
    timeout="its poll interval",
    settings=MappingProxyType(
        {
            "publish": measured(
                "6.3ms",
                "linger.ms",
                _DOCS + "#producerconfigs_linger.ms",
                "the default since 4.0, 5 ms, and 1.3 ms with acks=all on one machine",
            ),
            "deliver": default(
                "0", "fetch.max.wait.ms", _consumer("fetch.max.wait.ms"), "a fetch waits for data"
            ),
            "capacity": default("unlimited", "retention.ms", _DOCS + "#topicconfigs_retention.ms", "7 days"),
            "ack": choice(
                "after",
                "commitSync",
                _consumer("enable.auto.commit"),
                "default: the client commits every 5 s",
            ),
            "crash_detection": default(
                "uniform(42s, 48s)",
                "session.timeout.ms",
                _consumer("session.timeout.ms"),
                "45000, plus or minus heartbeat.interval.ms, 3000; with group.protocol=consumer: "
                "uniform(40s, 50s), as the broker's group.consumer.heartbeat.interval.ms is 5000",
            ),
            "visibility_timeout": default(
                "uniform(300s, 303s)",
                "max.poll.interval.ms",
                _consumer("max.poll.interval.ms"),
                "300000, plus up to one heartbeat: 3 s, or 5 s with group.protocol=consumer",
                allowed=Range("1ms", "2147483647ms", absent="fine"),
            ),
            "redelivery": default("original", "offset", _SEMANTICS, "the same place in the partition"),
            "failure": choice(
                "in_place", "seek", _SEMANTICS, "there is no reject: the application reads the message again"
            ),
            "max_deliveries": default("unlimited", "(none)", _SEMANTICS, "the application counts"),
            "dead_letter": choice(
                True, "(none)", _SEMANTICS, "default: none; the application makes a topic for it"
            ),
            "prefetch": choice(
                1, "max.poll.records", _consumer("max.poll.records"), "default: 500 in Java, fetched together"
            ),
            "partitions": default(1, "num.partitions", _DOCS + "#brokerconfigs_num.partitions"),
            "assignment": default(
                "owned",
                "partition.assignment.strategy",
                _consumer("partition.assignment.strategy"),
                "with group.protocol=consumer the broker assigns",
            ),
            "rebalance": choice(
                "0",
                "partition.assignment.strategy",
                _consumer("partition.assignment.strategy"),
                "no pause after a crash: cooperative-sticky, or group.protocol=consumer; by default all "
                "members stop when one joins: until_idle",
            ),
            "on_overrun": default(
                "evict",
                "max.poll.interval.ms",
                _consumer("max.poll.interval.ms"),
                "the consumer leaves its group, and joins again at its next poll",
            ),
            "durable": default(True, "the log", _SEMANTICS),
            "late_ack": default(
                "ignored", "CommitFailedException", _SEMANTICS, "a member that was removed cannot commit"
            ),
        }
    ),
    leaves_out=(
        "Share groups (KIP-932): any member can take, lock, release or reject any message, and the broker "
        "allows five deliveries. The model has consumer groups only.",
        "One commit covers every earlier message of the partition. In the model every message has its own.",
        "Automatic commits, which repeat or lose up to five seconds of work after a crash.",
        "Replicas, and the pause while a new leader is elected.",
    ),
)

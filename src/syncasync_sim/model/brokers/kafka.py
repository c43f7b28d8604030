"""Apache Kafka: one topic read by a consumer group (classic protocol)."""

from __future__ import annotations

from types import MappingProxyType

from syncasync_sim.model.brokers.setting import Broker, Range, choice, default

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
            "publish": choice(
                "1.3ms",
                "linger.ms",
                _DOCS + "#producerconfigs_linger.ms",
                "0: measured with acks=all on one machine; default since 4.0: 5 ms, which come on top",
            ),
            "deliver": default(
                "0", "fetch.max.wait.ms", _consumer("fetch.max.wait.ms"), "a fetch waits for data"
            ),
            "capacity": default("unlimited", "retention.ms", _DOCS + "#topicconfigs_retention.ms", "7 days"),
            "ack": choice(
                "after", "commitSync", _consumer("enable.auto.commit"), "default: commits by itself every 5 s"
            ),
            "crash_detection": default(
                "uniform(42s, 48s)",
                "session.timeout.ms",
                _consumer("session.timeout.ms"),
                "45000, and heartbeat.interval.ms 3000 either way",
            ),
            "visibility_timeout": default(
                "uniform(300s, 303s)",
                "max.poll.interval.ms",
                _consumer("max.poll.interval.ms"),
                "300000, and up to one heartbeat.interval.ms",
                allowed=Range("1ms", "2147483647ms", absent="fine"),
            ),
            "redelivery": default("original", "offset", _SEMANTICS, "the same place in the partition"),
            "failure": choice(
                "in_place", "seek", _SEMANTICS, "there is no reject: the application reads it once more"
            ),
            "max_deliveries": default("unlimited", "(none)", _SEMANTICS, "the application counts"),
            "dead_letter": choice(
                True, "(none)", _SEMANTICS, "default: none; a topic of the application's own"
            ),
            "prefetch": choice(
                1, "max.poll.records", _consumer("max.poll.records"), "default: 500 in Java, fetched together"
            ),
            "partitions": default(1, "num.partitions", _DOCS + "#brokerconfigs_num.partitions"),
            "assignment": default(
                "owned", "partition.assignment.strategy", _consumer("partition.assignment.strategy")
            ),
            "rebalance": choice(
                "0",
                "partition.assignment.strategy",
                _consumer("partition.assignment.strategy"),
                "after a crash nothing on top; the default stops everybody at a join: until_idle",
            ),
            "durable": default(True, "the log", _SEMANTICS),
            "late_ack": default(
                "ignored", "CommitFailedException", _SEMANTICS, "a member that was put out cannot commit"
            ),
        }
    ),
    leaves_out=(
        "The consumer protocol of KIP-848 (group.protocol=consumer): the broker assigns the partitions, its "
        "heartbeats come every 5 s, so that a death is noticed after 40 to 50 s.",
        "Share groups (KIP-932), in which any member takes any message, locks it, may release or reject it, "
        "and the broker counts five deliveries: what stands here holds for consumer groups.",
        "A slow worker that is put out of its group: its partitions move to another; here they stay.",
        "One commit covers everything before it in the partition; here every message has its own.",
        "Automatic commits, which repeat or lose up to five seconds of work after a crash.",
        "Replicas, and the pause while a new leader is elected.",
    ),
)

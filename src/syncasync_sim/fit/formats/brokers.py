"""Snapshots of message brokers: they hold depths and rates, no single jobs, and are refused with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from syncasync_sim.fit.formats.kinds import Refused
from syncasync_sim.fit.formats.program_records import is_json_with, squeezed
from syncasync_sim.fit.formats.summaries import json_numbers
from syncasync_sim.fit.source import Source

CURE = "give the log of the workers (Celery, Sidekiq), or the jobs themselves with begin and end"
_RABBITMQCTL = re.compile(r"^Listing queues for vhost", re.MULTILINE)
_KAFKA = re.compile(r"^ ?(?:GROUP )?TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG\b", re.MULTILINE)


def _rabbitmq_numbers(document: Any) -> list[tuple[str, Any]]:
    if isinstance(document, dict):
        document = document.get("items", [document])
    queues = [queue for queue in document if isinstance(queue, dict)]
    return [
        ("{} queues", len(queues)),
        ("{} messages ready", _sum(queues, "messages_ready")),
        ("{} unacknowledged", _sum(queues, "messages_unacknowledged")),
        ("{} consumers", _sum(queues, "consumers")),
        ("{} published a second", _rate(queues, "publish_details")),
        ("{} acknowledged a second", _rate(queues, "ack_details")),
    ]


def _sum(queues: list[dict[str, Any]], name: str) -> int:
    return sum(int(queue[name]) for queue in queues if str(queue.get(name, "")).isdecimal())


def _rate(queues: list[dict[str, Any]], name: str) -> str | None:
    """The sum of a rate over queues; None if no queue has it."""
    rates = [
        float(stats[name]["rate"])
        for queue in queues
        if isinstance(stats := queue.get("message_stats"), dict) and name in stats
    ]
    return f"{sum(rates):g}" if rates else None


def _burrow_numbers(document: Any) -> list[tuple[str, Any]]:
    partitions = document["status"]["partitions"]
    lags = [int(row.get("current_lag", row["end"]["lag"])) for row in partitions]
    spans = [(int(row["end"]["offset"]) - int(row["start"]["offset"]), _span_s(row)) for row in partitions]
    done = sum(count / span_s for count, span_s in spans if span_s > 0)
    return [
        ("{} partitions", len(partitions)),
        ("a lag of {} messages", sum(lags)),
        ("{} consumers", len({row.get("owner") for row in partitions})),
        ("{} done a second", f"{done:.3g}"),
    ]


def _span_s(partition: dict[str, Any]) -> float:
    return (int(partition["end"]["timestamp"]) - int(partition["start"]["timestamp"])) / 1000


def _kafka_rows(source: Source) -> Iterator[dict[str, str]]:
    """The rows below each header."""
    names: list[str] = []
    for _, line in source.lines():
        fields = line.split()
        if _KAFKA.match(" ".join(fields)):
            names = fields
        elif names and len(fields) >= names.index("LAG") + 1:
            yield dict(zip(names, fields, strict=False))


def _kafka_reason(source: Source) -> str:
    rows = list(_kafka_rows(source))
    lag = sum(int(row["LAG"]) for row in rows if row["LAG"].isdecimal())
    consumers = {row.get("CONSUMER-ID", "-") for row in rows} - {"-"}
    return (
        f"it has no single messages, only sums: {len(rows)} partitions, a lag of {lag} messages, "
        f"{len(consumers)} consumers"
    )


SNAPSHOTS: tuple[Refused, ...] = (
    Refused(
        "rabbitmq",
        "snapshot of RabbitMQ's queues",
        lambda source: is_json_with(source, "messages_ready", "consumers"),
        lambda source: f"it has no single jobs, only sums: {json_numbers(source, _rabbitmq_numbers)}",
        CURE,
    ),
    Refused(
        "rabbitmqctl",
        "list of RabbitMQ's queues",
        lambda source: bool(_RABBITMQCTL.search(source.head)),
        lambda _: "it has no single jobs, only the depths of queues",
        CURE,
    ),
    Refused(
        "burrow",
        "lag of a consumer group of Kafka (Burrow)",
        lambda source: is_json_with(source, "partitions", "offset", "lag"),
        lambda source: f"it has no single messages, only sums: {json_numbers(source, _burrow_numbers)}",
        CURE,
    ),
    Refused(
        "kafka-lag",
        "lag of a consumer group of Kafka",
        lambda source: bool(_KAFKA.search(squeezed(source))),
        _kafka_reason,
        CURE,
    ),
)
"""In the order in which they are tried."""

"""What a broker cannot do is refused before anything starts, with the reason and a cure."""

from __future__ import annotations

from typing import Any

import pytest

from live.servers import broker_class, wanted
from syncasync_sim.live.protocol import Wanted

URLS = {
    "redis-streams": "redis://127.0.0.1:1",
    "sqs": "sqs+http://127.0.0.1:1",
    "sqs-fifo": "sqs+http://127.0.0.1:1",
    "rabbitmq": "amqp://127.0.0.1:1",
    "kafka": "kafka://127.0.0.1:1",
}


def refused(preset: str, **fields: Any) -> list[str]:
    of_run = {name: fields.pop(name) for name in Wanted.__slots__ if name in fields}
    url = URLS[preset]
    return list(broker_class(url)(url, wanted(preset, fields, **of_run)).cannot())


@pytest.mark.parametrize("speed", [1.0, 5.0, 7.5])
@pytest.mark.parametrize("preset", URLS)
def test_a_broker_can_do_what_its_own_preset_says(preset: str, speed: float) -> None:
    assert not refused(preset, speed=speed, has_host_crash=speed != 7.5)


def test_a_refusal_says_where_what_why_and_the_cure() -> None:
    assert refused("sqs", visibility_timeout="500ms", speed=5.0) == [
        "queue.visibility_timeout: 500ms cannot be had from SQS: it is 100ms at speed 5, and SQS takes whole "
        "seconds from 1 to 43200, all alike; choose another, or another --speed"
    ]
    assert refused("redis-streams", failure="requeue") == [
        "queue.failure: requeue cannot be had from Redis: it has no reject; what has failed lies idle until "
        "it is claimed; choose timeout"
    ]


@pytest.mark.parametrize(
    ("preset", "fields", "where"),
    [
        *[(preset, {"redelivery": "back"}, "redelivery") for preset in URLS],
        *[(preset, {"durable": False}, "durable") for preset in URLS],
        ("redis-streams", {"capacity": 5}, "capacity"),
        ("redis-streams", {"crash_detection": "0"}, "crash_detection"),
        ("redis-streams", {"host_crash_detection": "3s"}, "host_crash_detection"),
        ("redis-streams", {"partitions": 2}, "partitions"),
        ("redis-streams", {"late_ack": "ignored"}, "late_ack"),
        ("redis-streams", {"failure": "in_place"}, "failure"),
        ("sqs", {"capacity": 5}, "capacity"),
        ("sqs", {"crash_detection": "1s"}, "crash_detection"),
        ("sqs", {"visibility_timeout": "13h"}, "visibility_timeout"),
        ("sqs", {"visibility_timeout": "uniform(1s, 2s)"}, "visibility_timeout"),
        ("sqs", {"visibility_timeout": "none", "failure": "requeue"}, "visibility_timeout"),
        ("sqs", {"failure": "requeue", "retry_delays_s": (1.5,)}, "failure"),
        ("sqs", {"failure": "requeue", "retry_delays_s": (1.0,), "has_jitter": True}, "failure"),
        ("sqs", {"failure": "in_place"}, "failure"),
        ("sqs", {"prefetch": 11}, "prefetch"),
        ("sqs", {"prefetch": "unlimited"}, "prefetch"),
        ("sqs", {"max_deliveries": 1001}, "max_deliveries"),
        ("sqs", {"late_ack": "accepted"}, "late_ack"),
        ("sqs-fifo", {"assignment": "owned"}, "assignment"),
        ("sqs-fifo", {"late_ack": "until_retaken"}, "late_ack"),
        ("rabbitmq", {"crash_detection": "3s"}, "crash_detection"),
        ("rabbitmq", {"crash_detection": "none"}, "crash_detection"),
        ("rabbitmq", {"failure": "timeout"}, "failure"),
        ("rabbitmq", {"partitions": 2}, "partitions"),
        ("rabbitmq", {"late_ack": "accepted"}, "late_ack"),
        ("rabbitmq", {"prefetch": 2001}, "prefetch"),
        ("rabbitmq", {"failure": "in_place", "prefetch": 2}, "prefetch"),
        ("rabbitmq", {"retry_delays_s": (1.0,), "has_jitter": True}, "failure"),
        ("rabbitmq", {"host_crash_detection": "3s", "has_host_crash": True}, "host_crash_detection"),
        ("rabbitmq", {"has_host_crash": True, "speed": 7.0}, "host_crash_detection"),
        ("rabbitmq", {"host_crash_detection": "0", "has_host_crash": True}, "host_crash_detection"),
        ("kafka", {"capacity": 5}, "capacity"),
        ("kafka", {"crash_detection": "none"}, "crash_detection"),
        ("kafka", {"crash_detection": "45s"}, "crash_detection"),
        ("kafka", {"speed": 8.0}, "crash_detection"),
        ("kafka", {"host_crash_detection": "none"}, "host_crash_detection"),
        ("kafka", {"visibility_timeout": "40s"}, "visibility_timeout"),
        ("kafka", {"failure": "requeue"}, "failure"),
        ("kafka", {"failure": "timeout"}, "failure"),
        ("kafka", {"partitions": "none"}, "partitions"),
        ("kafka", {"partitions": "customer"}, "partitions"),
        ("kafka", {"assignment": "locked"}, "assignment"),
        ("kafka", {"rebalance": "3s"}, "rebalance"),
        ("kafka", {"late_ack": "accepted"}, "late_ack"),
        ("kafka", {"prefetch": 2}, "prefetch"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_is_refused(preset: str, fields: dict[str, Any], where: str) -> None:
    (said,) = refused(preset, **fields)
    assert said.startswith(f"queue.{where}: ")
    assert " cannot be had from " in said
    assert "; choose " in said

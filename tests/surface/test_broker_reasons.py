"""The sentences of `brokers` name the cause that was, and count whom the table counts."""

from __future__ import annotations

from typing import Any

import pytest

from syncasync_sim.experiment import BrokerRun, compare_brokers
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.broker_reasons import reasons

MAIL: dict[str, Any] = {"name": "mail", "duration": "1s", "background": True}


def told(broker: str, seed: int = 1, mail: dict[str, Any] | None = None, **parts: Any) -> str:
    """The sentences of the run of one step on a broker where publishing takes no time."""
    parts["queue"] = {"publish": "0", **parts.get("queue", {})}
    scenario = Scenario.model_validate({"steps": [MAIL | (mail or {})], **parts})
    (run,) = compare_brokers(scenario, seed=seed, brokers=(broker,))
    assert isinstance(run, BrokerRun)
    return " ".join(reasons(run))


def test_what_a_full_queue_dropped_after_a_delivery_is_not_put_down_to_the_limit() -> None:
    # The worker dies at 500 ms: its message is visible again, the oldest, and is dropped for the next.
    crash = {"crashes": [{"worker": 1, "at": "500ms", "restart_after": "1h"}]}
    full = {"capacity": 1, "when_full": "drop_oldest"}
    text = told("rabbitmq", traffic={"at": ["0s", "2s", "4s"]}, queue=full, workers=crash)
    assert "2 messages were dropped from the full queue." in text
    assert "limit" not in text


def test_what_a_full_queue_dropped_is_told_where_the_acknowledgement_comes_first() -> None:
    queue = {"capacity": 0, "when_full": "drop_oldest", "ack": "before"}
    assert (
        told("rabbitmq", traffic={"requests": 2}, queue=queue) == "1 message was dropped from the full queue."
    )


def test_the_limit_without_a_dead_letter_queue_is_told() -> None:
    mail = {"failure_rate": "100%", "retry": {"attempts": 2, "delay": "1s"}}
    text = told("rabbitmq", traffic={"requests": 1}, mail=mail, queue={"dead_letter": False})
    assert text.endswith(
        "1 message was dropped after 2 deliveries, the limit: there is no dead-letter queue."
    )


@pytest.mark.parametrize("broker", ["sqs", "sqs-fifo", "kafka"])
def test_a_queue_without_a_place_is_full(broker: str) -> None:
    assert told(broker, traffic={"requests": 2}, queue={"capacity": 0}) == (
        "1 request failed because the message was refused: the queue was full."
    )


def test_a_full_queue_and_an_outage_are_told_apart() -> None:
    # At 0 s one is worked on, one waits, one is refused; at 5 s the broker is down.
    queue = {"capacity": 1, "outages": [{"from": "4s", "for": "2s"}]}
    assert told(
        "rabbitmq", traffic={"at": ["0s", "0s", "0s", "5s", "5s"]}, queue=queue | {"when_full": "refuse"}
    ) == (
        "2 requests failed because the message was refused: the broker was down. "
        "1 request failed because the message was refused: the queue was full."
    )


def test_a_message_that_was_shown_again_before_it_failed_is_no_retry_in_place() -> None:
    # The work takes 2 s, and after 1.5 s the message is another's: nothing is kept, and nothing tried again.
    mail = {"duration": "2s", "failure_rate": "100%", "retry": {"attempts": 3, "delay": "1s"}}
    text = told("kafka", traffic={"requests": 1}, mail=mail, queue={"visibility_timeout": "1500ms"})
    assert "tried failed work again" not in text
    assert "dead-lettered after 3 deliveries" in text
    kept = told("kafka", traffic={"requests": 1}, mail=mail)
    assert "the same worker tried failed work again, 1.00 s to 2.00 s later" in kept


@pytest.mark.parametrize("broker", ["rabbitmq", "sqs", "kafka", "redis-streams"])
def test_the_sentences_are_about_the_customers_who_count(broker: str) -> None:
    mail = {"failure_rate": "100%", "retry": {"attempts": 2, "delay": "1s"}}
    traffic = {"at": ["0s", "20s", "21s"]}
    text = told(broker, traffic=traffic, mail=mail, warm_up="10s")
    assert "2 messages were dead-lettered after 2 deliveries" in text
    full = {"capacity": 0, "when_full": "drop_oldest"}
    if broker in ("rabbitmq", "redis-streams"):
        text = told(broker, traffic={"at": ["0s", "0s", "20s", "20s"]}, queue=full, warm_up="10s")
        assert text == "1 message was dropped from the full queue."


def test_what_waits_when_the_run_is_cut_does_not_wait_when_it_is_over() -> None:
    parts: dict[str, Any] = {"traffic": {"at": ["0s", "0s", "5s", "5s"]}, "workers": {"count": 1}}
    assert told("rabbitmq", **parts, mail={"duration": "1h"}, stop_at="10s", warm_up="2s") == (
        "2 messages were still waiting for a worker when the run was cut."
    )
    dead = {"count": 1, "crashes": [{"worker": 1, "at": "1ms", "restart_after": "never"}]}
    assert "3 messages were still waiting for a worker when the run was over." in told(
        "sqs", **(parts | {"workers": dead})
    )


@pytest.mark.parametrize(
    ("workers", "is_told"),
    [
        ({"stops": [{"worker": 1, "at": "2s", "grace": "1s", "restart_after": "1s"}]}, True),
        ({"freezes": [{"worker": 1, "at": "2s", "for": "12s"}]}, True),
        ({"freezes": [{"worker": 1, "at": "2s", "for": "9s"}]}, False),  # nobody misses it
        ({"crashes": [{"worker": 1, "at": "2s", "restart_after": "1s"}]}, True),
        ({}, False),
    ],
)
def test_a_pause_is_told_whatever_the_worker_left_for(workers: dict[str, Any], is_told: bool) -> None:
    queue = {"partitions": 2, "rebalance": "1s", "crash_detection": "10s"}
    text = told("kafka", traffic={"at": ["0s", "20s"]}, queue=queue, workers={"count": 2, **workers})
    assert ("assigned the partitions again" in text) == is_told


def test_a_pause_is_told_where_a_worker_was_evicted() -> None:
    queue = {"partitions": 2, "rebalance": "1s", "visibility_timeout": "5s"}
    slow = {"duration": "6s", "retry": {"attempts": 1}}
    text = told("kafka", traffic={"requests": 1}, mail=slow, queue=queue, workers={"count": 2})
    assert "assigned the partitions again" in text

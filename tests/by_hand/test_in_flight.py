"""How many messages are with workers at once: `queue.peak_held` counts copies, `max_in_flight` messages."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, email, fates, figures, replies, run, taken, window
from syncasync_sim.model.brokers import BROKERS

TWO: Data = {"count": 2}


def held(numbers: Data) -> int:
    most: int = numbers["queue"]["peak_held"]
    return most


def test_what_is_prefetched_is_held() -> None:
    # 0: worker 1 takes the first and the third, worker 2 the second.
    trace = run("async", traffic={"requests": 3}, steps=[email()], queue={"prefetch": 2}, workers=TWO)
    assert held(figures(trace)) == 3


def test_a_stale_copy_is_held_too() -> None:
    # Worker 1 works 0-2; at 1.5 the message is visible again, and worker 2 takes it: two copies.
    trace = run("async", steps=[email("2s")], queue={"visibility_timeout": "1500ms"}, workers=TWO)
    assert held(figures(trace)) == 2


def test_what_ends_as_the_next_begins_is_not_held_twice() -> None:
    # 0-1, then at once 1-2.
    trace = run("async", traffic={"requests": 2}, steps=[email()])
    assert held(figures(trace)) == 1


def test_nobody_holds_anything_without_messages() -> None:
    assert held(figures(run("async", steps=[email(background=False)]))) == 0


def test_at_the_limit_nothing_is_taken() -> None:
    # Two of three workers get a message; the third comes when the first is acknowledged, at 1.
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[email()],
        queue={"max_in_flight": 2},
        workers={"count": 3},
    )
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (1.0, 2, 1)]
    assert held(figures(trace)) == 2


def test_what_failed_and_waits_for_its_timeout_is_in_flight() -> None:
    # c0 fails at 1 and is visible again at 3. c1, published at 0 too, is taken only behind c0, at 4.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email(outages=[window("0s", "1s")], retry={"attempts": 2})],
        queue={"max_in_flight": 1, "failure": "timeout", "visibility_timeout": "3s"},
    )
    assert taken(trace) == [(0.0, 0, 1), (3.0, 0, 1), (4.0, 1, 1)]


def test_what_a_dead_worker_had_is_in_flight() -> None:
    # Worker 1 dies at 1; nobody notices before 5. Worker 2 is idle, and gets nothing before that.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("2s")],
        queue={"max_in_flight": 1, "crash_detection": "4s"},
        workers={"count": 2, "crashes": [{"worker": 1, "at": "1s", "restart_after": "never"}]},
    )
    assert taken(trace) == [(0.0, 0, 1), (5.0, 0, 2), (7.0, 1, 2)]


def test_a_stale_copy_is_not_in_flight() -> None:
    # c0's timeout is over at 1.5. Worker 2 takes it: one in flight. At 2.0 worker 1's late ack settles c0, so
    # c1 is taken by worker 1, while worker 2 still works on its copy of c0.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("2s")],
        queue={"max_in_flight": 1, "visibility_timeout": "1500ms"},
        workers=TWO,
    )
    assert taken(trace)[:3] == [(0.0, 0, 1), (1.5, 0, 2), (2.0, 1, 1)]


def test_what_waits_for_a_retry_delay_is_not_in_flight() -> None:
    # c0 fails at 1 and is visible again at 11; c1 is taken at 1.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email(outages=[window("0s", "1s")], retry={"attempts": 2, "delay": "10s"})],
        queue={"max_in_flight": 1},
    )
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 1), (11.0, 0, 1)]


def test_with_an_acknowledgement_before_the_work_nothing_is_in_flight() -> None:
    queue = {"max_in_flight": 1, "ack": "before"}
    trace = run("async", traffic={"requests": 2}, steps=[email()], queue=queue, workers=TWO)
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2)]


@pytest.mark.parametrize("partitions", [{}, {"partitions": 2}, {"partitions": 2, "assignment": "locked"}])
def test_the_capacity_counts_what_may_not_be_taken(partitions: Data) -> None:
    # Two idle workers, but only one message may be in flight: the second would wait, and there is no room.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email()],
        queue={"max_in_flight": 1, "capacity": 0, **partitions},
        workers=TWO,
    )
    assert replies(trace) == [("ok", 0.0), ("error", 0.0)]


def test_the_oldest_of_those_that_may_not_be_taken_is_dropped() -> None:
    # c0 is taken at 0. c1 waits, though a worker is idle; c2 drops it.
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[email()],
        queue={"max_in_flight": 1, "capacity": 1, "when_full": "drop_oldest"},
        workers=TWO,
    )
    assert fates(trace) == [("acknowledged", 1.0), ("lost", 0.0), ("acknowledged", 2.0)]


@pytest.mark.parametrize(("broker", "most"), [("sqs", 120_000), ("sqs-fifo", 120_000), ("kafka", None)])
def test_the_presets(broker: str, most: int | None) -> None:
    assert BROKERS[broker].values.get("max_in_flight") == most


def test_in_a_group_the_first_in_line_is_taken() -> None:
    # Customers 0 and 2 are worker 1's, 1 is worker 2's, one message in flight at a time: in the order of the
    # line, though worker 1 is idle whenever worker 2 ends.
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[email()],
        queue={"max_in_flight": 1, "partitions": 2},
        workers=TWO,
    )
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 2), (2.0, 2, 1)]

"""Workers that stop in an orderly way, that stand still, and that are evicted from their group."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, attempts, done, email, fates, figures, run, taken

TWO_AT_0: Data = {"requests": 2}


def stop(at: str, grace: str, restart_after: str = "never", worker: int = 1) -> Data:
    return {"worker": worker, "at": at, "grace": grace, "restart_after": restart_after}


def freeze(at: str, lasts: str, worker: int = 1) -> Data:
    return {"worker": worker, "at": at, "for": lasts}


def test_a_stop_in_time_and_one_that_is_not() -> None:
    # 0: takes c0, c1. 1.0: gives c1 back, ends c0 at 2.0, back at 3.0: c1 3-. Stop at 4.0: killed at 4.5,
    # back at 5.5. The death is noticed at 6.5: c1 6.5-8.5.
    stops = [stop("1s", "3s", "1s"), stop("4s", "500ms", "1s")]
    trace = run(
        "async",
        traffic=TWO_AT_0,
        steps=[email("2s")],
        queue={"prefetch": 2, "crash_detection": "2s"},
        workers={"count": 1, "stops": stops},
    )
    assert attempts(trace) == [(0.0, 2.0, "ok"), (3.0, 4.5, "crashed"), (6.5, 8.5, "ok")]
    numbers = figures(trace)
    assert (numbers["queue"]["delivered"], numbers["queue"]["peak_depth"]) == (4, 1)
    assert numbers["workers"]["crashes"] == 1


@pytest.mark.parametrize(("grace", "crashes"), [("1s", 0), ("999ms", 1), ("unlimited", 0)])
def test_just_in_time_is_in_time(grace: str, crashes: int) -> None:
    # Works 0-2, stopped at 1.
    trace = run("async", steps=[email("2s")], workers={"count": 1, "stops": [stop("1s", grace)]})
    assert figures(trace)["workers"]["crashes"] == crashes


def test_what_is_given_back_after_its_last_delivery_is_dead_lettered() -> None:
    trace = run(
        "async",
        traffic=TWO_AT_0,
        steps=[email("2s", retry={"attempts": 1})],
        queue={"prefetch": 2},
        workers={"count": 1, "stops": [stop("1s", "5s")]},
    )
    assert fates(trace) == [("acknowledged", 2.0), ("dead_lettered", 1.0)]


def test_given_back_after_an_early_acknowledgement_it_is_lost() -> None:
    queue = {"prefetch": 2, "ack": "before"}
    workers = {"count": 1, "stops": [stop("1s", "5s")]}
    trace = run("async", traffic=TWO_AT_0, steps=[email("2s")], queue=queue, workers=workers)
    assert fates(trace) == [("acknowledged", 2.0), ("lost", 1.0)]


def test_who_stops_leaves_its_group_without_detection() -> None:
    # Both partitions have a message at 1; worker 1 stopped, idle, at 0.5: worker 2 owns both.
    trace = run(
        "async",
        traffic={"at": ["1s", "1s"]},
        steps=[email()],
        queue={"partitions": 2, "crash_detection": "10s"},
        workers={"count": 2, "stops": [stop("500ms", "1s")]},
    )
    assert taken(trace) == [(1.0, 0, 2), (2.0, 1, 2)]


def test_a_freeze_that_nobody_notices() -> None:
    # Work of 2 s; worker 1 stands still 1-4 and ends at 5. Visible again at 2.5: worker 2 does it 2.5-4.5.
    trace = run(
        "async",
        steps=[email("2s")],
        queue={"crash_detection": "none", "visibility_timeout": "2500ms"},
        workers={"count": 2, "freezes": [freeze("1s", "3s")]},
    )
    assert attempts(trace) == [(0.0, 5.0, "ok"), (2.5, 4.5, "ok")]
    numbers = figures(trace)
    assert (numbers["service_time_s"], numbers["duplicates"]["email"]) == (7.0, 1)
    assert (numbers["workers"]["crashes"], numbers["queue"]["peak_held"]) == (0, 2)


def test_freezes_that_overlap_are_one() -> None:
    # 1-3 and 2-4: the work 0-2 ends at 5.
    freezes = [freeze("1s", "2s"), freeze("2s", "2s")]
    queue = {"crash_detection": "none"}
    trace = run("async", steps=[email("2s")], queue=queue, workers={"count": 1, "freezes": freezes})
    assert done(trace) == [5.0]


@pytest.mark.parametrize(("lasts", "takings"), [("2s", [(0.0, 0, 1)]), ("3s", [(0.0, 0, 1), (3.0, 0, 2)])])
def test_longer_than_the_detection_is_taken_for_a_death(lasts: str, takings: list[object]) -> None:
    # Stands still from 1 on; the host's death would be noticed at 3. Just as long as that is not longer.
    trace = run(
        "async",
        steps=[email("2s")],
        queue={"crash_detection": "0", "host_crash_detection": "2s"},
        workers={"count": 2, "freezes": [freeze("1s", lasts)]},
    )
    assert taken(trace) == takings
    assert figures(trace)["workers"]["crashes"] == 0


def test_a_frozen_worker_begins_nothing_and_takes_nothing() -> None:
    # c0 is on its way 0-1; worker 1 stands still 0.5-2, begins at 2. c1 comes at 1 and waits until 3.
    trace = run(
        "async",
        traffic={"at": ["0s", "1s"]},
        steps=[email()],
        queue={"deliver": "1s", "crash_detection": "none"},
        workers={"count": 1, "freezes": [freeze("500ms", "1500ms")]},
    )
    assert attempts(trace) == [(2.0, 3.0, "ok"), (4.0, 5.0, "ok")]


def test_a_slow_worker_is_evicted() -> None:
    # What starts before 1 s takes 3 s. c0: worker 1 0-3. At 2.0 it is evicted; worker 2 owns both partitions
    # and reads c0 after the pause, 2.5-3.5. 3.0: worker 1 ends, its ack is ignored; it joins, pause to 3.5.
    # c2 (partition 0), at 3.2: worker 1 at 3.5.
    slow = {"from": "0s", "for": "1s", "factor": 3}
    trace = run(
        "async",
        traffic={"at": ["0s", "1500ms", "3200ms"]},
        steps=[email(slowdowns=[slow])],
        queue={"partitions": 2, "visibility_timeout": "2s", "rebalance": "500ms", "on_overrun": "evict"},
        workers={"count": 2},
    )
    assert taken(trace) == [(0.0, 0, 1), (1.5, 1, 2), (2.5, 0, 2), (3.5, 2, 1)]
    assert fates(trace)[0] == ("acknowledged", 3.5)
    assert figures(trace)["ended_at_s"] == 4.5

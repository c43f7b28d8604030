"""Two traps of SimPy programs that cannot catch this one.

A worker that waits in `store.get()` and is interrupted leaves its request behind: the next message goes to
the dead. And a process interrupted while it recovers from an interrupt dies of it, or recovers twice. Here
no worker is a process that waits, and a crash is an event that asks whether the worker is up.
"""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, done, email, fates, figures, run, taken

FIVE = ["10s", "10s", "11s", "12s", "13s"]


def crash(worker: int, at: str, restart_after: str) -> Data:
    return {"worker": worker, "at": at, "restart_after": restart_after}


def two_workers(*crashes: Data) -> Data:
    return {"count": 2, "crashes": list(crashes)}


def test_a_worker_that_dies_idle_takes_no_message_with_it() -> None:
    # Worker 1 has waited for work since 0 and dies at 1; all five go to worker 2, one after the other.
    workers = two_workers(crash(1, "1s", "never"))
    trace = run("async", traffic={"at": FIVE}, steps=[email("1s")], workers=workers)
    assert taken(trace) == [(10.0, 0, 2), (11.0, 1, 2), (12.0, 2, 2), (13.0, 3, 2), (14.0, 4, 2)]
    assert done(trace) == [11.0, 12.0, 13.0, 14.0, 15.0]


def test_nor_does_one_that_dies_idle_again_and_again() -> None:
    # Both die and come back before the first message, worker 1 three times; at 10 both are idle.
    deaths = [crash(1, at, "500ms") for at in ("1s", "2s", "3s")]
    workers = two_workers(*deaths, crash(2, "2s", "500ms"))
    trace = run("async", traffic={"at": FIVE}, steps=[email("1s")], workers=workers)
    assert taken(trace) == [(10.0, 0, 1), (10.0, 1, 2), (11.0, 2, 1), (12.0, 3, 1), (13.0, 4, 1)]
    assert figures(trace)["workers"]["crashes"] == 4


@pytest.mark.parametrize("deliver", ["0", "300ms"])
@pytest.mark.parametrize("tenths", range(95, 135))
def test_five_published_are_five_done_whenever_a_worker_dies(tenths: int, deliver: str) -> None:
    # Every tenth of a second: idle, at the taking, during the delivery and the work, at its end, after it.
    workers = two_workers(crash(1, f"{tenths}00ms", "never"))
    trace = run(
        "async", traffic={"at": FIVE}, steps=[email("1s")], queue={"deliver": deliver}, workers=workers
    )
    assert [fate for fate, _ in fates(trace)] == ["acknowledged"] * 5
    numbers = figures(trace)
    assert (numbers["queue"]["published"], numbers["effects"]) == (5, {"email": 5})
    late = [worker for at, _, worker in taken(trace) if at >= tenths / 10]
    assert set(late) <= {2}


def test_crashes_of_a_worker_that_is_down_change_nothing() -> None:
    # Down from 1 to 4. The three crashes in between, two of them at once, would keep it down for longer.
    more = [crash(1, "2s", "9s"), crash(1, "3s", "never"), crash(1, "3s", "9s")]
    workers = {"crashes": [crash(1, "1s", "3s"), *more]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert [(c.at_s, c.back_s) for c in trace.crashes] == [(1.0, 4.0)]
    assert done(trace) == [6.0]


def test_crashes_at_the_very_instant_of_the_restart() -> None:
    # Back at 2 and dead at 2 (until 3), back at 3 and dead at 3 (until 5): of two at 3 the first counts.
    deaths = [crash(1, "1s", "1s"), crash(1, "2s", "1s"), crash(1, "3s", "2s"), crash(1, "3s", "never")]
    trace = run("async", steps=[email("2s")], workers={"crashes": deaths})
    assert [(c.at_s, c.back_s) for c in trace.crashes] == [(1.0, 2.0), (2.0, 3.0), (3.0, 5.0)]
    assert taken(trace) == [(0.0, 0, 1), (5.0, 0, 1)]
    assert done(trace) == [7.0]


def test_it_recovers_once_and_does_one_thing_at_a_time() -> None:
    # Back at 3 although two crashes asked for it: the two messages are done one after the other.
    deaths = [crash(1, "1s", "2s"), crash(1, "1s", "2s"), crash(1, "2s", "1s")]
    trace = run("async", traffic={"requests": 2}, steps=[email("2s")], workers={"crashes": deaths})
    assert done(trace) == [5.0, 7.0]
    assert figures(trace)["workers"] == {"count": 1, "utilisation": pytest.approx(5 / 7), "crashes": 1}

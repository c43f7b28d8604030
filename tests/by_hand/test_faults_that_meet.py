"""Where two faults, or a fault and a setting, meet: deploys, freezes, evictions, restarts and time-outs."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, attempts, email, fates, figures, replies, run, step, taken, window, works
from syncasync_sim.engine import simulate
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

NOBODY_MISSES: Data = {"crash_detection": "none"}
TWO: Data = {"requests": 2}


def crash(at: str, restart_after: str = "never") -> Data:
    return {"worker": 1, "at": at, "restart_after": restart_after}


def stop(at: str, grace: str, restart_after: str = "never") -> Data:
    return {"worker": 1, "at": at, "grace": grace, "restart_after": restart_after}


def freeze(at: str, lasts: str, worker: int = 1) -> Data:
    return {"worker": worker, "at": at, "for": lasts}


def results(trace: Trace) -> list[str]:
    return [str(delivery.result) for delivery in trace.deliveries]


def after_crash(seed: int, **parts: object) -> Trace:
    """A run of a scenario in which chance decides who dies."""
    scenario = {"traffic": {"requests": 1}, **parts}
    return simulate(Scenario.model_validate(scenario), "async", seed=seed)


# At one instant -------------------------------------------------------------------------------------------


def test_a_crash_comes_before_a_stop_of_that_instant() -> None:
    # At 1 it dies with both messages. Stopped first, it would have given the second back, not begun.
    workers = {"crashes": [crash("1s", "1s")], "stops": [stop("1s", "9s", "0")]}
    trace = run("async", traffic=TWO, steps=[email("2s")], queue={"prefetch": 2}, workers=workers)
    assert results(trace)[:2] == ["crashed", "crashed"]
    assert attempts(trace) == [(0.0, 1.0, "crashed"), (2.0, 4.0, "ok"), (4.0, 6.0, "ok")]


def test_a_stop_comes_before_a_freeze_of_that_instant() -> None:
    # Stopped at 1, it gives the second back at once, and then stands still until 4: the first ends at 5.
    workers = {"stops": [stop("1s", "9s", "0")], "freezes": [freeze("1s", "3s")]}
    queue = {"prefetch": 2, **NOBODY_MISSES}
    trace = run("async", traffic=TWO, steps=[email("2s")], queue=queue, workers=workers)
    assert [delivery.visible_s for delivery in trace.deliveries] == [None, 1.0, None]
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (5.0, 1, 1)]


def test_the_web_server_goes_down_before_a_worker_of_that_instant() -> None:
    # Down in [1, 2) with the workers in it: there is nobody left to die. Back with the server at 2.
    trace = run(
        "async",
        traffic={"at": ["0s", "2s"]},
        server={"restarts": [{"at": "1s", "for": "1s"}]},
        steps=[email("2s")],
        queue={"in_process": True},
        workers={"crashes": [crash("1s")]},
    )
    assert (len(trace.crashes), taken(trace)) == (0, [(0.0, 0, 1), (2.0, 1, 1)])


def test_what_ends_comes_before_what_begins() -> None:
    # Dead in [1, 3). Back at 3 it is stopped, idle as yet, and is back at 8. Begun first, the stop would find
    # it down, and do nothing.
    workers = {"crashes": [crash("1s", "2s")], "stops": [stop("3s", "0", "5s")]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert attempts(trace) == [(0.0, 1.0, "crashed"), (8.0, 10.0, "ok")]


@pytest.mark.parametrize(
    ("detection", "fate"), [("1s", ("dead_lettered", 2.0)), ("1001ms", ("acknowledged", 4.0))]
)
def test_the_missing_are_taken_for_dead_before_a_visibility_timeout_is_over(
    detection: str, fate: tuple[str, float]
) -> None:
    # Taken at 0, with 2 s until it is visible again. Frozen from 1 on, and missed at 2: that is a failure,
    # and only one is allowed. Missed a millisecond later, it came back by its timeout, which does not count,
    # and worker 2 is done with it at 4.
    queue = {
        "crash_detection": detection,
        "visibility_timeout": "2s",
        **{"limit_counts": "failures", "max_deliveries": 1},
    }
    workers = {"count": 2, "freezes": [freeze("1s", "9s")]}
    assert fates(run("async", steps=[email("2s")], queue=queue, workers=workers)) == [fate]


def test_a_worker_has_taken_all_before_it_begins_the_first() -> None:
    # It dies as it begins the first, and the other two, just taken, come back with it.
    workers = {"crash_rate": "100%", "restart_after": "never"}
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[email()],
        queue={"prefetch": 3},
        workers=workers,
        stop_at="9s",
    )
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (0.0, 2, 1)]
    assert results(trace) == ["crashed"] * 3


# When work begins -----------------------------------------------------------------------------------------


def test_before_the_work_is_when_the_worker_has_the_message() -> None:
    # Two seconds on its way; the crash strikes when it is there.
    workers = {"crash_rate": "100%", "restart_after": "never"}
    trace = run("async", steps=[email()], queue={"deliver": "2s"}, workers=workers, stop_at="9s")
    assert [death.at_s for death in trace.crashes] == [2.0]


def test_before_the_work_is_before_the_line_of_the_service() -> None:
    # One place, which message 0 has from 0 to 1. Who dies of message 1 dies at 0, not when its turn comes.
    parts: Data = {
        "traffic": TWO,
        "steps": [email(concurrency=1, retry={"attempts": 1})],
        "workers": {"count": 2, "crash_rate": "50%", "restart_after": "never"},
    }
    traces = [after_crash(seed, **parts) for seed in range(1, 31)]
    second = [trace for trace in traces if results(trace) == ["acknowledged", "crashed"]]
    assert second
    assert {death.at_s for trace in second for death in trace.crashes} == {0.0}


def test_every_try_in_place_begins_anew() -> None:
    # Tried at 0, 2, 4 and 6; the worker may die at the beginning of each.
    parts: Data = {
        "steps": [email(failure_rate="100%", retry={"attempts": 4, "delay": "1s", "factor": 1})],
        "queue": {"failure": "in_place"},
        "workers": {"crash_rate": "40%", "restart_after": "never"},
        "stop_at": "60s",
    }
    deaths = {death.at_s for seed in range(1, 61) for death in after_crash(seed, **parts).crashes}
    assert deaths == {0.0, 2.0, 4.0, 6.0}


def test_the_delay_grows_with_every_delivery_crashes_included() -> None:
    # The first delivery ends with its worker at 0.5, the second fails at 1.5. The delay before the third is
    # 1 s x 3.
    steps = [email(outages=[window("0s", "1s")], retry={"delay": "1s", "factor": 3})]
    trace = run("async", steps=steps, workers={"crashes": [crash("500ms", "0")]})
    assert attempts(trace) == [(0.0, 0.5, "crashed"), (0.5, 1.5, "failed"), (4.5, 5.5, "ok")]


# Calls that are cut ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "effects"), [("500ms", 0), ("1s", 1)])
def test_the_kill_at_the_end_of_a_grace_cuts_the_call_too(at: str, effects: int) -> None:
    # Cut by its own time-out at 2, and the service would go on to 3. Killed at 1.5 it is cut with the worker;
    # killed at 2, the attempt has been over before.
    steps = [email("3s", timeout="2s", on_timeout="works_on", retry={"attempts": 1})]
    trace = run("async", steps=steps, workers={"stops": [stop(at, "1s")]})
    assert figures(trace)["effects"] == {"email": effects}


def test_a_service_that_worked_on_is_a_phantom_error_even_where_it_is_idempotent() -> None:
    charge = step("charge", "3s", effect="charged", timeout="1s", on_timeout="works_on", idempotent=True)
    numbers = figures(run("sync", steps=[charge]))
    assert (numbers["phantom_errors"], numbers["effects"]) == (1, {"charged": 1})


@pytest.mark.parametrize("server", [{"timeout": "1s"}, {"restarts": [{"at": "1s", "for": "1s"}]}])
def test_a_publish_that_is_cut_is_not_a_refused_one(server: Data) -> None:
    # It would be refused at 2, and that ignored. Cut at 1, there is no message, and the work has failed.
    queue = {"publish": "2s", "publish_failure": "ignore", "outages": [window("0s", "9s")]}
    trace = run("async", server=server, steps=[email()], queue=queue)
    assert (replies(trace), works(trace)) == ([("error", 1.0)], ["failed"])
    assert (len(trace.messages), figures(trace)["queue"]["lost"]) == (0, 0)


# What counts towards the limit of the broker --------------------------------------------------------------

ONE_FAILURE: Data = {"limit_counts": "failures", "max_deliveries": 1}


def test_what_a_stop_gives_back_was_a_delivery_that_counts() -> None:
    queue = {"prefetch": 2, **ONE_FAILURE}
    trace = run(
        "async", traffic=TWO, steps=[email("2s")], queue=queue, workers={"stops": [stop("1s", "5s", "0")]}
    )
    assert fates(trace) == [("acknowledged", 2.0), ("dead_lettered", 1.0)]


@pytest.mark.parametrize(
    ("overrun", "fate"), [("evict", ("dead_lettered", 2.0)), ("reread", ("acknowledged", 3.0))]
)
def test_what_came_back_by_eviction_counts(overrun: str, fate: tuple[str, float]) -> None:
    # 3 s of work, 2 s allowed. Read again by the same worker only after 3, when its late word was accepted.
    queue = {"partitions": 1, "visibility_timeout": "2s", "on_overrun": overrun, **ONE_FAILURE}
    assert fates(run("async", steps=[email("3s")], queue=queue)) == [fate]


# Stops ----------------------------------------------------------------------------------------------------


def test_a_message_on_its_way_is_in_hand() -> None:
    # Taken at 0, there at 2, done at 3; stopped at 1 the worker waits for it.
    workers = {"stops": [stop("1s", "5s")]}
    trace = run("async", steps=[email()], queue={"deliver": "2s"}, workers=workers)
    assert (fates(trace), results(trace)) == ([("acknowledged", 3.0)], ["acknowledged"])


def test_one_that_is_killed_is_missed_like_one_that_crashed() -> None:
    # Killed at 1.5 and missed 10 s later; then its partition is worker 2's.
    queue = {"partitions": 2, "crash_detection": "10s"}
    workers = {"count": 2, "stops": [stop("500ms", "1s")]}
    trace = run("async", steps=[email("5s")], queue=queue, workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (11.5, 0, 2)]
    assert figures(trace)["workers"]["crashes"] == 1


@pytest.mark.parametrize("faults", [{"stops": [stop("1s", "0", "60s")]}, {"freezes": [freeze("1s", "60s")]}])
def test_who_is_down_is_neither_stopped_nor_frozen(faults: Data) -> None:
    # Down in [0, 3).
    trace = run(
        "async", steps=[email()], queue=NOBODY_MISSES, workers={"crashes": [crash("0s", "3s")], **faults}
    )
    assert attempts(trace) == [(3.0, 4.0, "ok")]


# Freezes --------------------------------------------------------------------------------------------------


def test_who_stands_in_line_starts_when_its_turn_comes_and_moves_by_the_rest() -> None:
    # One place, three messages of 2 s, two workers. Worker 2 is in line from 0, and frozen in [1, 5). Its
    # turn comes at 2, when worker 1 is done: it starts then, and 3 s are left to stand still: 2 + 2 + 3 = 7.
    # Worker 1 takes the third at 2 and is in line until 7.
    trace = run(
        "async",
        traffic={"requests": 3},
        steps=[email("2s", concurrency=1)],
        queue=NOBODY_MISSES,
        workers={"count": 2, "freezes": [freeze("1s", "4s", worker=2)]},
    )
    assert attempts(trace) == [(0.0, 2.0, "ok"), (2.0, 7.0, "ok"), (7.0, 9.0, "ok")]
    assert figures(trace)["service_time_s"] == 9.0


def test_who_wakes_in_the_middle_of_what_started_in_the_freeze_has_only_moved_by_the_rest() -> None:
    # Frozen in [1, 3), the turn at 2: one second of standing still is left, and the end moves from 4 to 5.
    trace = run(
        "async",
        traffic=TWO,
        steps=[email("2s", concurrency=1)],
        queue=NOBODY_MISSES,
        workers={"count": 2, "freezes": [freeze("1s", "2s", worker=2)]},
    )
    assert attempts(trace) == [(0.0, 2.0, "ok"), (2.0, 5.0, "ok")]


def test_the_time_out_of_what_started_in_a_freeze_moves_by_the_rest_too() -> None:
    # Cut at 1, the first leaves the place to worker 2, frozen in [0.5, 5): 1 s of its own and 4 of standing
    # still. The service, 2 s in all, works on for one more.
    trace = run(
        "async",
        traffic=TWO,
        steps=[email("2s", concurrency=1, timeout="1s", retry={"attempts": 1})],
        queue=NOBODY_MISSES,
        workers={"count": 2, "freezes": [freeze("500ms", "4500ms", worker=2)]},
    )
    assert attempts(trace) == [(0.0, 1.0, "timed_out"), (1.0, 6.0, "timed_out")]


def test_who_wakes_before_its_turn_has_lost_nothing() -> None:
    trace = run(
        "async",
        traffic=TWO,
        steps=[email("2s", concurrency=1)],
        queue=NOBODY_MISSES,
        workers={"count": 2, "freezes": [freeze("500ms", "1s", worker=2)]},
    )
    assert attempts(trace) == [(0.0, 2.0, "ok"), (2.0, 4.0, "ok")]


@pytest.mark.parametrize(("frozen", "begins"), [(freeze("1500ms", "1s"), 3.0), (freeze("2s", "4s"), 6.0)])
def test_a_wait_between_tries_in_place_goes_on_but_nothing_begins_before_it_wakes(
    frozen: Data, begins: float
) -> None:
    # Fails at 1, to be tried again at 3.
    trace = run(
        "async",
        steps=[email(outages=[window("0s", "1s")], retry={"delay": "2s"})],
        queue={"failure": "in_place", **NOBODY_MISSES},
        workers={"freezes": [frozen]},
    )
    assert attempts(trace) == [(0.0, 1.0, "failed"), (begins, begins + 1, "ok")]


def test_standing_still_is_time_at_work() -> None:
    # 2 s of work and 3 s of standing still, 5 s in all; then 5 s without work until the cut.
    workers = {"freezes": [freeze("1s", "3s")]}
    trace = run(
        "async",
        traffic={"at": ["0s", "10s"]},
        steps=[email("2s")],
        queue=NOBODY_MISSES,
        workers=workers,
        stop_at="10s",
    )
    numbers = figures(trace)
    assert (numbers["service_time_s"], numbers["workers"]["utilisation"]) == (5.0, 0.5)


@pytest.mark.parametrize(("late_ack", "gone"), [("accepted", 3.5), ("until_retaken", 4.0), ("ignored", 4.0)])
def test_who_was_taken_for_dead_acknowledges_late(late_ack: str, gone: float) -> None:
    # Frozen in [1, 2.5), missed at 2: worker 2 has the message from 2 to 4, worker 1 is done at 3.5. Nobody
    # has died.
    trace = run(
        "async",
        steps=[email("2s")],
        queue={"crash_detection": "1s", "late_ack": late_ack},
        workers={"count": 2, "freezes": [freeze("1s", "1500ms")]},
    )
    assert attempts(trace) == [(0.0, 3.5, "ok"), (2.0, 4.0, "ok")]
    assert fates(trace) == [("acknowledged", gone)]
    numbers = figures(trace)
    assert (numbers["effects"], numbers["workers"]["crashes"]) == ({"email": 2}, 0)


def test_all_that_one_taken_for_dead_holds_comes_back() -> None:
    # Both come back at 2. It wakes at 5, ends the first at 6, which is accepted, drops the second, and takes
    # it anew.
    trace = run(
        "async",
        traffic=TWO,
        steps=[email("2s")],
        queue={"prefetch": 2, "crash_detection": "1s"},
        workers={"freezes": [freeze("1s", "4s")]},
    )
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (6.0, 1, 1)]
    assert results(trace) == ["acknowledged", "not_begun", "acknowledged"]
    assert [delivery.visible_s for delivery in trace.deliveries] == [2.0, 2.0, None]


# Eviction -------------------------------------------------------------------------------------------------


def test_nobody_waits_until_one_that_was_evicted_is_idle() -> None:
    # What begins before 1 takes 3 s, else 1 s. Worker 1 has message 0 from 0 to 3 and leaves at 2; worker 2
    # has message 1 from 1.5 to 2.5. The pause ends when it is idle, at 2.5, and it does message 0 from 2.5 to
    # 3.5. At 3 worker 1 joins: a pause until worker 2 is idle, at 3.5, and message 2, of 3.2, is worker 1's.
    trace = run(
        "async",
        traffic={"at": ["0s", "1500ms", "3200ms"]},
        steps=[email(slowdowns=[window("0s", "1s", factor=3)])],
        queue={
            **{"partitions": 2, "visibility_timeout": "2s"},
            **{"rebalance": "until_idle", "on_overrun": "evict"},
        },
        workers={"count": 2},
    )
    assert taken(trace) == [(0.0, 0, 1), (1.5, 1, 2), (2.5, 0, 2), (3.5, 2, 1)]


# Workers in the web server --------------------------------------------------------------------------------

DOWN: Data = {"restarts": [{"at": "2500ms", "for": "2s"}]}


@pytest.mark.parametrize(
    ("faults", "first"),
    [
        ({"stops": [stop("1s", "0")]}, []),
        ({"stops": [stop("2s", "60s")]}, [(1.5, 0, 1)]),
        ({"freezes": [freeze("1s", "60s")]}, []),
    ],
)
def test_all_workers_are_back_with_the_web_server_stopped_or_frozen(
    faults: Data, first: list[tuple[float, int, int]]
) -> None:
    # A message comes at 1.5, which a worker that is not there, or stands still, does not take; one that is
    # stopped at 2 has it in hand since 1.5. It is lost at 2.5, and those of 4.5 and 12 are taken at once. The
    # page is not held up: only the thread of the worker is stopped.
    trace = run(
        "async",
        traffic={"at": ["1500ms", "4500ms", "12s"]},
        server=DOWN,
        steps=[email("2s")],
        queue={"in_process": True, **NOBODY_MISSES},
        workers={"count": 1, **faults},
    )
    assert taken(trace) == [*first, (4.5, 1, 1), (12.0, 2, 1)]
    assert fates(trace) == [("lost", 2.5), ("acknowledged", 6.5), ("acknowledged", 14.0)]
    assert replies(trace) == [("ok", 1.5), ("ok", 4.5), ("ok", 12.0)]

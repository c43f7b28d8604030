"""Workers that are stopped in order, that stand still, and that are evicted from their group."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, attempts, done, email, fates, figures, run, step, taken
from syncasync_sim.render.customer_log import events_of
from syncasync_sim.render.customer_trace import customer_trace
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.worker_queries import returns

ONE_BY_ONE: Data = {"failure": "in_place"}


def stop(at: str, grace: str, restart_after: str = "never", worker: int = 1) -> Data:
    return {"worker": worker, "at": at, "grace": grace, "restart_after": restart_after}


def freeze(at: str, lasts: str, worker: int = 1) -> Data:
    return {"worker": worker, "at": at, "for": lasts}


# Stops ----------------------------------------------------------------------------------------------------


def test_a_deploy_in_time_and_one_that_is_not() -> None:
    # Prefetch 2, 2 s of work. Taken at 0: both. Stopped at 1: the second message goes back at once, the first
    # is done at 2, and the worker is back at 3 with the second. Stopped at 4 with half a second of grace:
    # killed at 4.5, back at 5.5. Its death is noticed at 6.5: the message is visible then, and done from 6.5
    # to 8.5.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("2s")],
        queue={"prefetch": 2, "crash_detection": "2s"},
        workers={"stops": [stop("1s", "3s", "1s"), stop("4s", "500ms", "1s")]},
    )
    numbers = figures(trace)
    assert attempts(trace) == [(0.0, 2.0, "ok"), (3.0, 4.5, "crashed"), (6.5, 8.5, "ok")]
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (3.0, 1, 1), (6.5, 1, 1)]
    assert (numbers["workers"]["crashes"], numbers["service_time_s"]) == (1, 5.5)
    assert (numbers["queue"]["peak_depth"], numbers["queue"]["peak_held"]) == (1, 2)


def test_what_ends_just_at_the_end_of_the_grace_is_in_time() -> None:
    trace = run("async", steps=[email("2s")], workers={"stops": [stop("1s", "1s", "1s")]})
    assert (fates(trace), len(trace.crashes)) == ([("acknowledged", 2.0)], 0)


def test_an_idle_worker_ends_at_once_and_is_back_after_its_restart() -> None:
    # Stopped at 1 with nothing in hand, back at 3; the customer of 2 waits until then.
    trace = run(
        "async", traffic={"at": ["2s"]}, steps=[email()], workers={"stops": [stop("1s", "10s", "2s")]}
    )
    assert done(trace) == [4.0]


def test_unlimited_grace_waits_for_the_work() -> None:
    workers = {"count": 1, "stops": [stop("1s", "unlimited", "0")]}
    trace = run("async", traffic={"requests": 2}, steps=[email("60s")], workers=workers)
    assert (fates(trace), len(trace.crashes)) == ([("acknowledged", 60.0), ("acknowledged", 120.0)], 0)


def test_giving_back_is_a_delivery_and_the_last_one_is_a_dead_letter() -> None:
    steps = [email("2s", retry={"attempts": 1})]
    workers = {"count": 1, "stops": [stop("1s", "5s", "0")]}
    trace = run("async", traffic={"requests": 2}, steps=steps, queue={"prefetch": 2}, workers=workers)
    assert fates(trace) == [("acknowledged", 2.0), ("dead_lettered", 1.0)]


def test_what_was_acknowledged_before_is_lost_when_it_is_given_back() -> None:
    queue = {"prefetch": 2, "ack": "before"}
    workers = {"stops": [stop("1s", "5s", "0")]}
    trace = run("async", traffic={"requests": 2}, steps=[email("2s")], queue=queue, workers=workers)
    assert [fate for fate, _ in fates(trace)] == ["acknowledged", "lost"]
    assert figures(trace)["effects"] == {"email": 1}


def test_all_tries_in_place_belong_to_the_grace() -> None:
    # Fails at 1, is tried again at 2 and fails at 3, and at 4 to 5: three tries, then a dead letter. The
    # worker was stopped at 0.5, and ends at 5.
    steps = [email(failure_rate="100%", retry={"attempts": 3, "delay": "1s", "factor": 1})]
    workers = {"stops": [stop("500ms", "10s", "1s")]}
    trace = run("async", steps=steps, queue=ONE_BY_ONE, workers=workers)
    assert [start for start, *_ in attempts(trace)] == [0.0, 2.0, 4.0]
    assert (fates(trace), len(trace.crashes)) == ([("dead_lettered", 5.0)], 0)


def test_who_is_down_or_stopping_already_is_not_stopped() -> None:
    # The second stop, with no grace, would kill at 1.5.
    workers = {"stops": [stop("1s", "5s", "0"), stop("1500ms", "0")]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert (fates(trace), len(trace.crashes)) == ([("acknowledged", 2.0)], 0)


def test_a_crash_ends_the_stop_with_its_own_restart() -> None:
    crash = {"worker": 1, "at": "1500ms", "restart_after": "1s"}
    workers = {"stops": [stop("1s", "5s", "never")], "crashes": [crash]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert attempts(trace) == [(0.0, 1.5, "crashed"), (2.5, 4.5, "ok")]


def test_one_that_ends_by_itself_leaves_its_group_without_detection() -> None:
    # Two partitions; a death would be noticed after 60 s. Worker 1 ends at 1, and its partition is worker 2's
    # at once: the message of customer 0 that comes at 2 is not kept waiting.
    workers = {"count": 2, "stops": [stop("1s", "5s")]}
    queue = {"partitions": 2, "crash_detection": "60s"}
    trace = run("async", traffic={"at": ["2s"]}, steps=[email()], queue=queue, workers=workers)
    assert taken(trace) == [(2.0, 0, 2)]


# Freezes --------------------------------------------------------------------------------------------------


def test_the_end_of_the_work_moves_and_the_timeout_runs() -> None:
    # Nobody takes it for dead. 2 s of work, frozen in [1, 4): ends at 5 instead of 2. Visible again at 2.5:
    # worker 2 sends it from 2.5 to 4.5. Worker 1 sends it again at 5, and its late word finds nothing.
    trace = run(
        "async",
        steps=[email("2s")],
        queue={"crash_detection": "none", "visibility_timeout": "2500ms"},
        workers={"count": 2, "freezes": [freeze("1s", "3s")]},
    )
    numbers = figures(trace)
    assert attempts(trace) == [(0.0, 5.0, "ok"), (2.5, 4.5, "ok")]
    assert (numbers["effects"], numbers["duplicates"]) == ({"email": 2}, {"email": 1})
    assert (numbers["service_time_s"], numbers["workers"]["crashes"]) == (7.0, 0)
    assert numbers["queue"]["peak_held"] == 2


def test_a_freeze_longer_than_the_detection_is_taken_for_a_death() -> None:
    # Frozen in [1, 6), missed after 3 s, at 4: worker 2 does the message from 4 to 6. Worker 1 ends at 7, too
    # late, and takes again only then: the customer of 4.5 is worker 2's at 6, the one of 6.5 worker 1's at 7.
    trace = run(
        "async",
        traffic={"at": ["0s", "4500ms", "6500ms"]},
        steps=[email("2s")],
        queue={"crash_detection": "3s"},
        workers={"count": 2, "freezes": [freeze("1s", "5s")]},
    )
    assert taken(trace) == [(0.0, 0, 1), (4.0, 0, 2), (6.0, 1, 2), (7.0, 2, 1)]
    assert figures(trace)["effects"] == {"email": 4}


@pytest.mark.parametrize(("lasts", "sent"), [("3s", 1), ("3001ms", 2)])
def test_as_long_as_the_detection_is_not_longer(lasts: str, sent: int) -> None:
    queue, workers = {"crash_detection": "3s"}, {"count": 2, "freezes": [freeze("1s", lasts)]}
    trace = run("async", steps=[email("2s")], queue=queue, workers=workers)
    assert figures(trace)["effects"] == {"email": sent}


def test_the_detection_is_that_of_a_host() -> None:
    queue = {"crash_detection": "1s", "host_crash_detection": "10s"}
    workers = {"count": 2, "freezes": [freeze("1s", "5s")]}
    assert len(run("async", steps=[email("2s")], queue=queue, workers=workers).deliveries) == 1


def test_on_the_ideal_queue_every_freeze_is_taken_for_a_death_at_once() -> None:
    trace = run("async", steps=[email("2s")], workers={"count": 2, "freezes": [freeze("1s", "1s")]})
    assert taken(trace) == [(0.0, 0, 1), (1.0, 0, 2)]


def test_who_was_acknowledged_before_is_worked_off() -> None:
    queue, workers = {"ack": "before"}, {"count": 2, "freezes": [freeze("1s", "3s")]}
    trace = run("async", steps=[email("2s")], queue=queue, workers=workers)
    assert (attempts(trace), fates(trace)) == ([(0.0, 5.0, "ok")], [("acknowledged", 5.0)])


def test_a_frozen_worker_takes_and_begins_nothing() -> None:
    # Frozen in [1, 4). Idle: the customer of 2 waits until 4.
    queue = {"crash_detection": "none"}
    workers = {"freezes": [freeze("1s", "3s")]}
    trace = run("async", traffic={"at": ["2s"]}, steps=[email()], queue=queue, workers=workers)
    assert attempts(trace) == [(4.0, 5.0, "ok")]
    # Its message is on its way from 0.5 to 2.5: it is there, and begun when the worker wakes.
    queue |= {"deliver": "2s"}
    trace = run("async", traffic={"at": ["500ms"]}, steps=[email()], queue=queue, workers=workers)
    assert attempts(trace) == [(4.0, 5.0, "ok")]


def test_overlapping_freezes_are_one_and_a_crash_ends_them() -> None:
    queue = {"crash_detection": "none"}
    both = [freeze("1s", "3s"), freeze("2s", "4s")]
    trace = run("async", steps=[email("2s")], queue=queue, workers={"freezes": both})
    assert attempts(trace) == [(0.0, 7.0, "ok")]
    crash = {"worker": 1, "at": "2s", "restart_after": "1s"}
    queue = {"crash_detection": "0"}
    workers = {"freezes": [freeze("1s", "9s")], "crashes": [crash]}
    trace = run(
        "async", steps=[email("2s")], queue={**queue, "host_crash_detection": "none"}, workers=workers
    )
    assert attempts(trace) == [(0.0, 2.0, "crashed"), (3.0, 5.0, "ok")]


def test_the_timeout_of_the_attempt_and_the_service_that_works_on_move_too() -> None:
    # Cut after 1 s of its own time: at 3.5 instead of 1 (frozen in [0.5, 3)); the service, 3 s in all, ends
    # at 5.5 instead of 3.
    steps = [email("3s", timeout="1s", on_timeout="works_on", retry={"attempts": 1})]
    workers = {"freezes": [freeze("500ms", "2500ms")]}
    trace = run("async", steps=steps, queue={"crash_detection": "none"}, workers=workers)
    assert attempts(trace) == [(0.0, 3.5, "timed_out")]
    assert [call.ended_s for call in trace.worked_on] == [5.5]


def test_a_frozen_worker_renews_nothing() -> None:
    # Renewing, with a timeout of 2 s: frozen at 1, a full timeout is left: visible at 3, worker 2 from 3 to
    # 8.
    queue = {"crash_detection": "none", "visibility_timeout": "2s"}
    workers = {"count": 2, "renew": True, "freezes": [freeze("1s", "5s")]}
    trace = run("async", steps=[email("5s")], queue=queue, workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (3.0, 0, 2)]


def test_a_poisoned_attempt_kills_a_worker_that_stood_still() -> None:
    steps = [email(poison="100%", poison_kills=True, retry={"attempts": 1})]
    workers = {"freezes": [freeze("500ms", "2s")], "restart_after": "never"}
    trace = run("async", steps=steps, queue={"crash_detection": "none"}, workers=workers, stop_at="9s")
    assert [crash.at_s for crash in trace.crashes] == [3.0]


def test_a_stopped_worker_that_is_frozen_gives_back_when_it_wakes() -> None:
    queue = {"prefetch": 2, "crash_detection": "none"}
    workers = {"count": 1, "freezes": [freeze("1s", "3s")], "stops": [stop("2s", "9s", "0")]}
    trace = run("async", traffic={"requests": 2}, steps=[email("2s")], queue=queue, workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (5.0, 1, 1)]
    assert [delivery.visible_s for delivery in trace.deliveries] == [None, 4.0, None]


# Eviction -------------------------------------------------------------------------------------------------


def test_a_member_that_polls_too_late_leaves_its_group_and_joins_again() -> None:
    # Two partitions; what begins before 1 takes 3 s, else 1 s. Customer 0 is worker 1's: 0 to 3. Customer 1,
    # at 1.5, is worker 2's: to 2.5. At 2 worker 1 is evicted, and worker 2 owns both, after a pause to 2.5:
    # it does the message once more, from 2.5 to 3.5. At 3 worker 1 is done, for nothing, and joins: its
    # partition is its own again, after a pause to 3.5. Customer 2 comes at 3.2: from 3.5 to 4.5, by worker 1.
    slow = [{"from": "0s", "for": "1s", "factor": 3}]
    queue = {"partitions": 2, "visibility_timeout": "2s", "rebalance": "500ms", "on_overrun": "evict"}
    trace = run(
        "async",
        traffic={"at": ["0s", "1500ms", "3200ms"]},
        steps=[email("1s", slowdowns=slow)],
        queue=queue,
        workers={"count": 2},
    )
    numbers = figures(trace)
    assert taken(trace) == [(0.0, 0, 1), (1.5, 1, 2), (2.5, 0, 2), (3.5, 2, 1)]
    assert (numbers["effects"], numbers["duplicates"]) == ({"email": 4}, {"email": 1})
    assert numbers["queue"]["max_wait_s"] == 0.3
    assert fates(trace)[0] == ("acknowledged", 3.5)


def test_without_owned_partitions_eviction_means_nothing() -> None:
    queue = {"visibility_timeout": "2s", "on_overrun": "evict"}
    trace = run("async", steps=[email("3s")], queue=queue, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (2.0, 0, 2)]
    assert fates(trace) == [("acknowledged", 3.0)]


def test_all_that_an_evicted_member_holds_comes_back_and_it_drops_what_it_only_held() -> None:
    # Prefetch 2, a timeout of 2 s, 3 s of work: both messages come back at 2, worker 1 ends the first at 3,
    # drops the second, and joins. Worker 2 has both partitions from 2 on: from 2 to 5, evicted in turn at 4.
    queue = {"partitions": 2, "prefetch": 2, "visibility_timeout": "2s", "on_overrun": "evict"}
    trace = run(
        "async",
        traffic={"at": ["0s", "9s", "0s"]},  # customers 0 and 1 at 0
        steps=[email("3s", retry={"attempts": 1})],
        queue={**queue, "partitions": 1},
        workers={"count": 1},
        stop_at="8s",
    )
    assert [str(row.result) for row in trace.deliveries] == ["ignored", "not_begun"]
    assert fates(trace)[:2] == [("dead_lettered", 2.0), ("dead_lettered", 2.0)]


def test_a_message_whose_work_failed_evicts_nobody() -> None:
    # Failed at 1; the clock brings it back at 2, and its worker is free meanwhile and stays a member.
    queue = {"partitions": 1, "visibility_timeout": "2s", "failure": "timeout", "on_overrun": "evict"}
    steps = [email(failure_rate="100%", retry={"attempts": 2}), step("other", "500ms", background=True)]
    trace = run("async", steps=steps, queue=queue)
    assert [started for started, *_ in attempts(trace)] == [0.0, 1.0, 2.0]
    assert fates(trace)[0] == ("dead_lettered", 4.0)


# What is told ---------------------------------------------------------------------------------------------


def told(trace: Trace) -> list[tuple[float, str]]:
    return [(event.at_s, event.text) for event in events_of(customer_trace(trace, 1))]


def test_a_message_of_a_frozen_worker_is_not_said_to_have_timed_out() -> None:
    queue, workers = {"crash_detection": "3s"}, {"count": 2, "freezes": [freeze("1s", "5s")]}
    trace = run("async", steps=[email("2s")], queue=queue, workers=workers)
    events = told(trace)
    assert (1.0, "worker 1 stands still for 5.00 s") in events
    assert (4.0, "email is visible again: worker 1, which stands still, is taken for dead") in events
    assert returns(trace) == (0, 0)


def test_a_message_that_its_worker_was_too_slow_for_says_who_left() -> None:
    queue = {"partitions": 2, "visibility_timeout": "2s", "on_overrun": "evict"}
    trace = run("async", steps=[email("3s")], queue=queue, workers={"count": 2}, stop_at="3s")
    assert (2.0, "email is visible again: worker 1 was too slow, and has left its group") in told(trace)


def test_a_stop_is_told_to_whom_it_concerns() -> None:
    trace = run("async", steps=[email("2s")], workers={"stops": [stop("1s", "5s", "1s")]})
    assert (1.0, "worker 1 is to stop, and takes nothing more") in told(trace)


# What the trace says of it ---------------------------------------------------------------------------------


def pauses(trace: Trace) -> list[tuple[int, str, float, float | None]]:
    return [(row.worker, str(row.reason), row.at_s, row.until_s) for row in trace.pauses]


def test_a_stop_is_over_when_its_work_is_done_and_then_the_worker_is_down() -> None:
    # 2 s of work from 0 on. Stopped at 1, done at 2, back at 3 with nothing to do. Stopped at 4: idle, and
    # down at once, for good.
    workers = {"stops": [stop("1s", "3s", "1s"), stop("4s", "3s")]}
    trace = run("async", traffic={"at": ["0s", "5s"]}, steps=[email("2s")], workers=workers, stop_at="6s")
    assert pauses(trace) == [
        (1, "stopping", 1.0, 2.0),
        (1, "stopped", 2.0, 3.0),
        (1, "stopping", 4.0, 4.0),
        (1, "stopped", 4.0, None),
    ]


def test_a_kill_ends_the_stop_and_is_a_crash() -> None:
    workers = {"stops": [stop("1s", "500ms", "1s")]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert pauses(trace) == [(1, "stopping", 1.0, 1.5)]
    assert [(crash.at_s, crash.back_s) for crash in trace.crashes] == [(1.5, 2.5)]


def test_a_freeze_that_overlaps_another_makes_it_longer_and_a_crash_ends_both() -> None:
    # Frozen in [1, 4) and [3, 9): one pause, which the crash at 6 ends. Taken for dead after 3 s, at 4.
    crash = {"worker": 1, "at": "6s", "restart_after": "1s"}
    workers = {"freezes": [freeze("1s", "3s"), freeze("3s", "6s")], "crashes": [crash]}
    trace = run("async", steps=[email("2s")], queue={"crash_detection": "3s"}, workers=workers)
    assert pauses(trace) == [(1, "frozen", 1.0, 6.0), (1, "taken_for_dead", 4.0, 6.0)]


def test_an_evicted_member_is_out_until_it_has_ended_its_work() -> None:
    # 2 s of work, and a poll interval of 1 s: out at 1, in again at 2, as often as the message is delivered.
    queue = {"partitions": 1, "visibility_timeout": "1s", "on_overrun": "evict", "max_deliveries": 1}
    trace = run("async", steps=[email("2s")], queue=queue, workers={"count": 1})
    assert pauses(trace) == [(1, "evicted", 1.0, 2.0)]


def test_a_restart_of_the_web_server_ends_all_pauses_of_its_workers() -> None:
    # Stopped at 1 and idle: down until 11, but the web server is down in [5, 6), and all are back at 6.
    # Worker 2 stands still in [4, 9), and there is no detection in one process: it is missed at once.
    workers = {"count": 2, "stops": [stop("1s", "3s", "10s")], "freezes": [freeze("4s", "5s", worker=2)]}
    trace = run(
        "async",
        traffic={"at": ["7s", "8s"]},
        steps=[email()],
        server={"restarts": [{"at": "5s", "for": "1s"}]},
        queue={"broker": "in-process"},
        workers=workers,
    )
    assert pauses(trace) == [
        (1, "stopping", 1.0, 1.0),
        (1, "stopped", 1.0, 5.0),
        (2, "frozen", 4.0, 5.0),
        (2, "taken_for_dead", 4.0, 5.0),
    ]


def test_what_a_run_does_not_see_has_no_end() -> None:
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("2s")],
        queue={"crash_detection": "60s"},
        workers={"count": 2, "freezes": [freeze("1s", "8s")], "stops": [stop("1s", "9s", "9s", worker=2)]},
        stop_at="5s",
    )
    assert pauses(trace) == [(2, "stopping", 1.0, 2.0), (1, "frozen", 1.0, None), (2, "stopped", 2.0, None)]

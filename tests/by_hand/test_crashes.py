"""Workers that die: at a moment, or of a delivery. The message is an email of 2 s unless said otherwise."""

from __future__ import annotations

import pytest

from by_hand.timeline import (
    Data,
    attempts,
    completed,
    done,
    email,
    fates,
    figures,
    replies,
    run,
    step,
    taken,
    window,
    works,
)


def crash(at: str, restart_after: str, worker: int = 1) -> Data:
    return {"worker": worker, "at": at, "restart_after": restart_after}


def dies(at: str, restart_after: str, count: int = 1) -> Data:
    return {"count": count, "crashes": [crash(at, restart_after)]}


def test_a_crash_and_a_restart() -> None:
    # Dies at 1, back at 2: the message, visible again at 1, is done 2-4. The lost second counts as service.
    trace = run("async", steps=[email("2s")], workers=dies("1s", "1s"))
    assert attempts(trace) == [(0.0, 1.0, "crashed"), (2.0, 4.0, "ok")]
    assert done(trace) == [4.0]
    numbers = figures(trace)
    assert numbers["service_time_s"] == 3.0
    assert numbers["effects"] == {"email": 1}
    assert [(c.worker, c.at_s, c.back_s) for c in trace.crashes] == [(1, 1.0, 2.0)]
    # Busy 0-1 and 2-4 of 4 s.
    assert numbers["workers"] == {"count": 1, "utilisation": 0.75, "crashes": 1}


def test_a_worker_that_never_comes_back() -> None:
    trace = run("async", steps=[email("2s")], workers=dies("1s", "never"))
    assert fates(trace) == [("waiting", None)]
    assert works(trace) == ["unfinished"]
    assert figures(trace)["ended_at_s"] == 1.0


def test_a_restart_in_no_time() -> None:
    trace = run("async", steps=[email("2s")], workers=dies("1s", "0s"))
    assert attempts(trace) == [(0.0, 1.0, "crashed"), (1.0, 3.0, "ok")]


def test_the_other_worker_takes_over_when_the_crash_is_detected() -> None:
    # Dies at 1, noticed at 6.
    trace = run("async", steps=[email("2s")], queue={"crash_detection": "5s"}, workers=dies("1s", "never", 2))
    assert taken(trace) == [(0.0, 0, 1), (6.0, 0, 2)]


def test_a_restart_is_no_detection() -> None:
    # Back at 1.5, but its message is visible again only at 6.
    trace = run("async", steps=[email("2s")], queue={"crash_detection": "5s"}, workers=dies("1s", "500ms"))
    assert taken(trace) == [(0.0, 0, 1), (6.0, 0, 1)]


def test_a_crash_nobody_notices() -> None:
    trace = run("async", steps=[email("2s")], queue={"crash_detection": "none"}, workers=dies("1s", "0s", 2))
    assert fates(trace) == [("in_flight", None)]
    assert works(trace) == ["unfinished"]


@pytest.mark.parametrize(
    ("detection", "timeout", "back"), [("2s", "10s", 3.0), ("5s", "4s", 4.0), ("none", "4s", 4.0)]
)
def test_the_earlier_of_detection_and_visibility_timeout(detection: str, timeout: str, back: float) -> None:
    queue = {"crash_detection": detection, "visibility_timeout": timeout}
    trace = run("async", steps=[email("2s")], queue=queue, workers=dies("1s", "never", 2))
    assert taken(trace) == [(0.0, 0, 1), (back, 0, 2)]
    assert len(trace.deliveries) == 2


def test_an_acknowledgement_and_a_crash_at_the_same_instant() -> None:
    # Work ends first: the worker dies with empty hands.
    trace = run("async", steps=[email("2s")], workers=dies("2s", "never", 2))
    assert fates(trace) == [("acknowledged", 2.0)]
    assert taken(trace) == [(0.0, 0, 1)]
    assert figures(trace)["workers"]["crashes"] == 1


def test_a_dead_worker_takes_nothing_at_the_instant_it_dies() -> None:
    # The message is published for the customer who comes at 1, after the fault of that instant.
    trace = run("async", traffic={"at": ["1s"]}, steps=[email("2s")], workers=dies("1s", "3s"))
    assert taken(trace) == [(4.0, 0, 1)]


def test_a_restarted_worker_takes_at_once() -> None:
    trace = run("async", traffic={"at": ["4s"]}, steps=[email("2s")], workers=dies("1s", "3s"))
    assert taken(trace) == [(4.0, 0, 1)]


def test_a_crash_of_a_dead_worker_is_nothing() -> None:
    # Down 1-3; the crash at 2, which would keep it down until 7, does not happen.
    workers = {"crashes": [crash("1s", "2s"), crash("2s", "5s")]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (3.0, 0, 1)]
    assert figures(trace)["workers"]["crashes"] == 1


def test_a_fault_ends_before_another_begins() -> None:
    # Back at 2 and dead again at 2, until 3.
    workers = {"crashes": [crash("1s", "1s"), crash("2s", "1s")]}
    trace = run("async", steps=[email("2s")], workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (3.0, 0, 1)]
    assert figures(trace)["workers"]["crashes"] == 2


def test_a_crash_while_the_message_is_being_delivered() -> None:
    # Dies at 1 with the delivery (until 1.5) on its way: no attempt was made.
    trace = run("async", steps=[email("2s")], queue={"deliver": "1500ms"}, workers=dies("1s", "1s"))
    assert taken(trace) == [(0.0, 0, 1), (2.0, 0, 1)]
    assert attempts(trace) == [(3.5, 5.5, "ok")]


def test_the_last_delivery_and_a_crash() -> None:
    # One delivery only: dead-lettered when the message would become visible again, 1 + 3.
    trace = run(
        "async",
        steps=[email("2s", retry={"attempts": 1})],
        queue={"crash_detection": "3s"},
        workers=dies("1s", "0s"),
    )
    assert fates(trace) == [("dead_lettered", 4.0)]
    assert works(trace) == ["dead_lettered"]


def test_without_a_dead_letter_queue_it_is_lost_then() -> None:
    trace = run(
        "async",
        steps=[email("2s", retry={"attempts": 1})],
        queue={"crash_detection": "3s", "dead_letter": False},
        workers=dies("1s", "0s"),
    )
    assert fates(trace) == [("lost", 4.0)]


def test_crashes_count_as_deliveries_for_the_retry_delay() -> None:
    # Delivery 1 crashes at 1, delivery 2 (1-3, in the outage) fails: the pause before the third is 1 x 2.
    steps = [email("2s", outages=[window("0s", "2s")])]
    trace = run("async", steps=steps, workers=dies("1s", "0s"))
    assert [moment for moment, *_ in taken(trace)] == [0.0, 1.0, 5.0]


def test_a_dead_worker_gives_its_place_at_a_called_service_free() -> None:
    # Worker 1 is being served, worker 2 stands in line; at 1 worker 1 dies and worker 2 is served 1-3.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("2s", concurrency=1)],
        workers=dies("1s", "5s", 2),
    )
    assert attempts(trace) == [(0.0, 1.0, "crashed"), (1.0, 3.0, "ok"), (3.0, 5.0, "ok")]
    assert taken(trace)[-1] == (3.0, 0, 2)


def test_a_dead_worker_leaves_the_line_of_a_called_service() -> None:
    # Worker 2 dies at 1 in the line; worker 3 behind it is served at 2; the message is taken again at 2.
    workers = {"count": 3, "crashes": [crash("1s", "never", worker=2)]}
    trace = run("async", traffic={"requests": 3}, steps=[email("2s", concurrency=1)], workers=workers)
    assert done(trace) == [2.0, 6.0, 4.0]
    assert taken(trace)[-1] == (2.0, 1, 1)


def test_the_message_of_a_dead_worker_goes_to_its_original_place() -> None:
    # Two workers hold 0 and 1, message 2 waits; at 1 worker 1 dies; at 2 worker 2 takes 0 before 2.
    trace = run("async", traffic={"requests": 3}, steps=[email("2s")], workers=dies("1s", "never", 2))
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (2.0, 0, 2), (4.0, 2, 2)]


def test_crashes_touch_nobody_in_sync() -> None:
    trace = run("sync", steps=[email("2s")], workers={**dies("1s", "never"), "crash_rate": "100%"})
    assert replies(trace) == [("ok", 2.0)]


# Dying of a delivery -----------------------------------------------------------------------------------


def deadly(point: str, restart_after: str, count: int = 1) -> Data:
    return {"count": count, "crash_rate": "100%", "crash_point": point, "restart_after": restart_after}


def test_every_delivery_kills_before_the_work() -> None:
    # Taken and dropped at 0, 1 and 2 (the restarts); the third delivery was the last.
    steps = [email("2s", retry={"attempts": 3})]
    trace = run("async", steps=steps, workers=deadly("before_work", "1s"))
    assert [moment for moment, *_ in taken(trace)] == [0.0, 1.0, 2.0]
    assert attempts(trace) == []
    assert fates(trace) == [("dead_lettered", 2.0)]
    numbers = figures(trace)
    assert numbers["workers"]["crashes"] == 3
    assert numbers["effects"] == {"email": 0}
    assert numbers["service_time_s"] == 0.0


def test_before_work_is_when_the_worker_has_the_message() -> None:
    # Taken at 0, here at 0.5: it dies then. Back at 1.5 it takes it again, has it at 2, and dies.
    trace = run(
        "async",
        steps=[email("2s", retry={"attempts": 2})],
        queue={"deliver": "500ms"},
        workers=deadly("before_work", "1s"),
    )
    assert [c.at_s for c in trace.crashes] == [0.5, 2.0]
    assert fates(trace) == [("dead_lettered", 2.0)]
    assert figures(trace)["workers"]["utilisation"] == 0.5  # 0-0.5 and 1.5-2 in its hands, of 2 s


def test_before_work_a_worker_dies_of_what_it_begins_and_not_of_what_it_holds() -> None:
    # It takes both at 0, begins 0 and dies; both are back at 0. At 1 it takes both again (the last delivery
    # of each), begins 0 and dies: both are dead-lettered at 1, and 1 was never begun. Struck at the taking
    # there would be four deaths.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("1s", retry={"attempts": 2})],
        queue={"prefetch": 2},
        workers=deadly("before_work", "1s"),
    )
    assert [c.at_s for c in trace.crashes] == [0.0, 1.0]
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 1), (1.0, 0, 1), (1.0, 1, 1)]
    assert fates(trace) == [("dead_lettered", 1.0)] * 2
    numbers = figures(trace)
    assert (numbers["queue"]["delivered"], numbers["service_time_s"]) == (4, 0.0)
    assert numbers["ended_at_s"] == 1.0


def test_before_work_is_before_the_line_of_a_called_service() -> None:
    # Two workers, one place at the service: both would begin at 0, so both die at 0, and neither has stood
    # in the line.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email("2s", concurrency=1, retry={"attempts": 1})],
        workers=deadly("before_work", "never", 2),
    )
    assert [(c.worker, c.at_s) for c in trace.crashes] == [(1, 0.0), (2, 0.0)]


def test_before_work_strikes_at_each_try_in_place() -> None:
    # 30 % of deliveries kill. With seed 1 the first try is none of them, or this test would show nothing:
    # it fails 0-1, and the second, at 2, begins anew; it kills where the same delivery would.
    steps = [email("1s", failure_rate="100%", retry={"attempts": 9, "delay": "1s", "factor": 1})]
    workers = {"crash_rate": "30%", "crash_point": "before_work", "restart_after": "1s"}
    trace = run("async", steps=steps, queue={"failure": "in_place"}, workers=workers)
    died = [d.number for d in trace.deliveries if str(d.result) == "crashed"]
    again = run("async", steps=steps, workers=workers)
    assert died == [d.number for d in again.deliveries if str(d.result) == "crashed"]
    assert died[0] > 1
    # Every try takes a second and waits one; a death costs the second of the restart only.
    assert next(c.at_s for c in trace.crashes) == 2.0 * (died[0] - 1)


def test_every_delivery_kills_after_the_work() -> None:
    # Done 0-2 and again 2.5-4.5, never acknowledged: two emails, one customer, dead-lettered, completed.
    steps = [email("2s", retry={"attempts": 2})]
    trace = run("async", steps=steps, workers=deadly("after_work", "500ms"))
    assert attempts(trace) == [(0.0, 2.0, "ok"), (2.5, 4.5, "ok")]
    assert fates(trace) == [("dead_lettered", 4.5)]
    assert completed(trace) == [2.0]
    assert works(trace) == ["completed"]
    numbers = figures(trace)
    assert numbers["effects"] == {"email": 2}
    assert numbers["duplicates"] == {"email": 1}


def test_an_idempotent_step_survives_that_without_a_duplicate() -> None:
    steps = [email("2s", retry={"attempts": 2}, idempotent=True)]
    numbers = figures(run("async", steps=steps, workers=deadly("after_work", "500ms")))
    assert numbers["effects"] == {"email": 1}
    assert numbers["duplicates"] == {"email": 0}


def test_after_work_also_after_a_failed_attempt() -> None:
    # Fails at 2 and dies at 2: no word to the queue, so no retry delay; visible at once, taken at 3.
    steps = [email("2s", failure_rate="100%", retry={"attempts": 2, "delay": "10s"})]
    trace = run("async", steps=steps, workers=deadly("after_work", "1s"))
    assert [moment for moment, *_ in taken(trace)] == [0.0, 3.0]
    assert fates(trace) == [("dead_lettered", 5.0)]


def test_a_deadly_message_goes_through_the_workers() -> None:
    # Worker 1 and then worker 2 die of it, for good; it waits for ever.
    trace = run("async", steps=[email("2s")], workers=deadly("before_work", "never", 2))
    assert taken(trace) == [(0.0, 0, 1), (0.0, 0, 2)]
    assert fates(trace) == [("waiting", None)]


def test_acknowledged_before_a_worker_that_dies_before_the_work_loses_it() -> None:
    trace = run("async", steps=[email("2s")], queue={"ack": "before"}, workers=deadly("before_work", "1s"))
    assert fates(trace) == [("lost", 0.0)]
    assert len(trace.deliveries) == 1


def test_acknowledged_before_a_worker_that_dies_after_the_work_loses_nothing() -> None:
    trace = run("async", steps=[email("2s")], queue={"ack": "before"}, workers=deadly("after_work", "1s"))
    assert fates(trace) == [("acknowledged", 2.0)]
    assert works(trace) == ["completed"]


def test_a_crash_at_a_moment_and_one_of_the_delivery_at_the_same_instant() -> None:
    # Dead since the end of its work at 2 (phase 1), so the crash at 2 (phase 3), which would be for ever,
    # finds it down already: it is back at 3.
    steps = [email("2s", retry={"attempts": 1})]
    workers = {**deadly("after_work", "1s"), "crashes": [crash("2s", "never")]}
    trace = run("async", traffic={"requests": 2}, steps=steps, workers=workers)
    assert [(c.at_s, c.back_s) for c in trace.crashes] == [(2.0, 3.0), (5.0, 6.0)]


def test_crashes_do_not_touch_what_the_request_does() -> None:
    steps = [step("order", "3s", effect="ordered"), email("2s")]
    trace = run("async", steps=steps, workers=dies("1s", "1s"))
    assert replies(trace) == [("ok", 3.0)]
    assert completed(trace) == [5.0]

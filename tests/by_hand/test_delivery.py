"""Acknowledgements, visibility timeouts, redelivery, the last delivery."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from by_hand.timeline import Data, completed, done, email, fates, figures, run, taken, window, works

FIRST_FAILS: Data = {"outages": [window("0s", "500ms")]}


def test_acknowledged_before_the_work_a_failure_loses_the_message() -> None:
    trace = run("async", steps=[email(failure_rate="100%")], queue={"ack": "before"})
    assert fates(trace) == [("lost", 1.0)]
    assert len(trace.deliveries) == 1
    assert works(trace) == ["lost"]


def test_acknowledged_before_the_work_a_success_is_a_success() -> None:
    trace = run("async", steps=[email()], queue={"ack": "before"})
    assert fates(trace) == [("acknowledged", 1.0)]
    assert completed(trace) == [1.0]


@pytest.mark.parametrize(("queue", "at"), [({}, 0.5), ({"deliver": "2s"}, 0.5)])
def test_acknowledged_before_the_work_a_crash_loses_the_message(queue: Data, at: float) -> None:
    # During the work, or while it is still being delivered.
    crashes = [{"worker": 1, "at": "500ms", "restart_after": "0s"}]
    trace = run("async", steps=[email()], queue={"ack": "before", **queue}, workers={"crashes": crashes})
    assert fates(trace) == [("lost", at)]
    assert works(trace) == ["lost"]


def test_no_visibility_timeout_for_what_was_acknowledged_before() -> None:
    queue = {"ack": "before", "visibility_timeout": "500ms"}
    trace = run("async", steps=[email()], queue=queue, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1)]


def test_an_acknowledgement_exactly_at_the_visibility_timeout_is_in_time() -> None:
    trace = run("async", steps=[email()], queue={"visibility_timeout": "1s"}, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1)]


def test_a_microsecond_later_somebody_else_has_it() -> None:
    trace = run("async", steps=[email("1000001us")], queue={"visibility_timeout": "1s"}, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (1.0, 0, 2)]
    assert figures(trace)["duplicates"] == {"email": 1}


def test_the_visibility_timeout_runs_from_the_taking() -> None:
    # Taken at 0, had at 0.5, done at 1.1; visible again at 1.
    queue = {"visibility_timeout": "1s", "deliver": "500ms"}
    trace = run("async", steps=[email("600ms")], queue=queue, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (1.0, 0, 2)]


def test_the_visibility_timeout_runs_on_in_the_line_of_a_called_service() -> None:
    # Message 1 waits for the one place until 1; its timeout is over at 1.5; a third worker takes it then.
    trace = run(
        "async",
        traffic={"requests": 2},
        steps=[email(concurrency=1)],
        queue={"visibility_timeout": "1500ms"},
        workers={"count": 3},
    )
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2), (1.5, 1, 1)]
    # Worker 2 is done at 2, worker 1 (it had waited for the place since 1.5) at 3.
    assert figures(trace)["effects"] == {"email": 3}
    assert done(trace) == [1.0, 2.0]


def test_a_failure_at_the_visibility_timeout_is_in_time() -> None:
    # Fails at 1 = the timeout: back after the retry delay, at 2.
    trace = run("async", steps=[email(**FIRST_FAILS)], queue={"visibility_timeout": "1s"})
    assert taken(trace) == [(0.0, 0, 1), (2.0, 0, 1)]


# Three messages; the first fails at 1 and is visible again at 2, when message 1 is done and 2 still waits.
RETURNS: Data = {"traffic": {"requests": 3}, "steps": [email(**FIRST_FAILS)]}


def test_redelivery_at_its_original_place() -> None:
    trace = run("async", queue={"redelivery": "original"}, **RETURNS)
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 1), (2.0, 0, 1), (3.0, 2, 1)]


def test_redelivery_at_the_back() -> None:
    trace = run("async", queue={"redelivery": "back"}, **RETURNS)
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 1), (2.0, 2, 1), (3.0, 0, 1)]


# Published at 0.1, fails at 1.1, visible again at 2; at 2 ends the publish of message 1, too.
AT_ONCE: Data = {
    "traffic": {"at": ["0s", "1900ms"]},
    "steps": [email(**FIRST_FAILS, retry={"delay": "900ms"})],
}


@pytest.mark.parametrize(
    ("redelivery", "order"), [("original", [(2.0, 0, 1), (3.0, 1, 1)]), ("back", [(2.0, 1, 1), (3.0, 0, 1)])]
)
def test_a_publish_ends_before_a_message_is_visible_again(
    redelivery: str, order: list[tuple[float, int, int]]
) -> None:
    # Nobody takes before both stand in the queue; the back is behind the message just published.
    trace = run("async", queue={"redelivery": redelivery, "publish": "100ms"}, **AT_ONCE)
    assert taken(trace)[1:] == order


def test_a_returned_message_is_taken_before_that_of_a_customer_who_comes_just_then() -> None:
    # Visible again at 2, when a customer comes, whose message is there only after a thread took the request.
    steps = [email(**FIRST_FAILS)]
    trace = run("async", traffic={"at": ["0s", "2s"]}, steps=steps, queue={"redelivery": "back"})
    assert taken(trace)[1:] == [(2.0, 0, 1), (3.0, 1, 1)]


def test_the_worker_is_free_while_a_message_waits_for_its_retry() -> None:
    # Message 0: 0-1 fails, back at 2; message 1: 1-2.
    trace = run("async", traffic={"requests": 2}, steps=[email(**FIRST_FAILS)])
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 1), (2.0, 0, 1)]


def test_retry_delays_grow() -> None:
    # Down until 10: starts 0, 1+0.5, 2.5+1, 4.5+2, 7.5+4 = 11.5.
    steps = [email(outages=[window("0s", "10s")], retry={"delay": "500ms"})]
    assert [moment for moment, *_ in taken(run("async", steps=steps))] == [0.0, 1.5, 3.5, 6.5, 11.5]


def test_unlimited_attempts() -> None:
    # A try a second and no pause: the one from 10 on succeeds, the eleventh.
    steps = [email(outages=[window("0s", "10s")], retry={"attempts": "unlimited", "delay": "0s"})]
    trace = run("async", steps=steps)
    assert len(trace.deliveries) == 11
    assert done(trace) == [11.0]


def test_failure_timeout_waits_for_the_visibility_timeout() -> None:
    # Fails at 1, visible again at 5; the worker takes message 1 at 1.
    queue = {"failure": "timeout", "visibility_timeout": "5s"}
    trace = run("async", traffic={"requests": 2}, steps=[email(**FIRST_FAILS)], queue=queue)
    assert taken(trace) == [(0.0, 0, 1), (1.0, 1, 1), (5.0, 0, 1)]


def test_failure_timeout_dead_letters_when_the_visibility_timeout_ends() -> None:
    queue = {"failure": "timeout", "visibility_timeout": "5s"}
    steps = [email(failure_rate="100%", retry={"attempts": 2})]
    trace = run("async", steps=steps, queue=queue)
    assert [moment for moment, *_ in taken(trace)] == [0.0, 5.0]
    assert fates(trace) == [("dead_lettered", 10.0)]
    assert figures(trace)["ended_at_s"] == 10.0


@pytest.mark.parametrize(("attempts", "most", "deliveries"), [(5, 2, 2), (2, 5, 2), (3, "unlimited", 3)])
def test_the_smaller_of_attempts_and_max_deliveries(attempts: int, most: object, deliveries: int) -> None:
    steps = [email(failure_rate="100%", retry={"attempts": attempts, "delay": "0s"})]
    trace = run("async", steps=steps, queue={"max_deliveries": most})
    assert len(trace.deliveries) == deliveries
    assert fates(trace) == [("dead_lettered", float(deliveries))]


def test_the_last_failure_dead_letters_at_once() -> None:
    trace = run("async", steps=[email(failure_rate="100%", retry={"attempts": 1})])
    assert fates(trace) == [("dead_lettered", 1.0)]
    assert works(trace) == ["dead_lettered"]
    assert figures(trace)["queue"]["dead_lettered"] == 1


def test_without_a_dead_letter_queue_it_is_lost() -> None:
    trace = run(
        "async", steps=[email(failure_rate="100%", retry={"attempts": 1})], queue={"dead_letter": False}
    )
    assert fates(trace) == [("lost", 1.0)]
    assert works(trace) == ["lost"]
    assert figures(trace)["queue"]["lost"] == 1
    assert figures(trace)["queue"]["dead_lettered"] == 0


def test_the_last_delivery_is_dead_lettered_when_its_visibility_timeout_ends() -> None:
    # The slow worker succeeds all the same, after the burial: the work is completed.
    queue = {"visibility_timeout": "600ms", "max_deliveries": 1}
    trace = run("async", steps=[email()], queue=queue, workers={"count": 2})
    assert fates(trace) == [("dead_lettered", 0.6)]
    assert completed(trace) == [1.0]
    assert works(trace) == ["completed"]
    assert figures(trace)["effects"] == {"email": 1}


# One message of 3 s, visible again after 2 s; at most two deliveries.
LATE: Data = {"steps": [email("3s", retry={"attempts": 2})]}


def late(late_ack: str, workers: int) -> Data:
    return {
        "queue": {"visibility_timeout": "2s", "late_ack": late_ack},
        "workers": {"count": workers},
        **LATE,
    }


def test_a_late_ack_accepted_takes_the_message_from_the_other_worker() -> None:
    # Worker 1: 0-3, worker 2: 2-5. At 3 the message is gone; worker 2 works on to its end.
    trace = run("async", **late("accepted", 2))
    assert fates(trace) == [("acknowledged", 3.0)]
    assert figures(trace)["effects"] == {"email": 2}
    assert figures(trace)["ended_at_s"] == 5.0


def test_a_late_ack_until_retaken_comes_too_late_if_another_has_it() -> None:
    # At 3 worker 2 has it: no. At 4 its timeout ends and there is no third delivery. At 5 worker 2 is done.
    trace = run("async", **late("until_retaken", 2))
    assert fates(trace) == [("dead_lettered", 4.0)]
    assert completed(trace) == [3.0]
    assert works(trace) == ["completed"]
    assert figures(trace)["effects"] == {"email": 2}


def test_a_late_ack_until_retaken_counts_if_nobody_took_it() -> None:
    trace = run("async", **late("until_retaken", 1))
    assert fates(trace) == [("acknowledged", 3.0)]
    assert len(trace.deliveries) == 1


def test_a_late_ack_ignored_has_the_message_done_again() -> None:
    # 0-3, visible since 2, taken again at 3; at 5 the second timeout ends; done again at 6.
    trace = run("async", **late("ignored", 1))
    assert taken(trace) == [(0.0, 0, 1), (3.0, 0, 1)]
    assert fates(trace) == [("dead_lettered", 5.0)]
    assert figures(trace)["effects"] == {"email": 2}
    assert figures(trace)["ended_at_s"] == 6.0


def test_a_late_ack_accepted_from_a_lone_worker() -> None:
    trace = run("async", **late("accepted", 1))
    assert taken(trace) == [(0.0, 0, 1)]
    assert fates(trace) == [("acknowledged", 3.0)]


def test_an_idempotent_step_done_twice_has_one_effect() -> None:
    trace = run("async", **{**late("accepted", 2), "steps": [email("3s", idempotent=True)]})
    assert figures(trace)["effects"] == {"email": 1}
    assert figures(trace)["duplicates"] == {"email": 0}
    assert figures(trace)["service_time_s"] == 6.0


def test_a_late_failure_changes_nothing() -> None:
    # The first attempt is slow (x 2.5) and fails at 2.5; its timeout ended at 2; worker 2 succeeds 2-3.
    steps = [email(outages=[window("0s", "1s")], slowdowns=[window("0s", "1s", factor=2.5)])]
    trace = run("async", steps=steps, queue={"visibility_timeout": "2s"}, workers={"count": 2})
    assert taken(trace) == [(0.0, 0, 1), (2.0, 0, 2)]
    assert fates(trace) == [("acknowledged", 3.0)]


def test_redelivered_counts_all_but_the_first_delivery() -> None:
    steps = [email(failure_rate="100%", retry={"attempts": 3, "delay": "0s"})]
    queue = figures(run("async", traffic={"requests": 2}, steps=steps, workers={"count": 2}))["queue"]
    assert (queue["published"], queue["delivered"], queue["redelivered"]) == (2, 6, 4)


SLOW: Data = {"visibility_timeout": "1s", "late_ack": "ignored"}


@pytest.mark.parametrize(("counts", "deliveries", "fate"), [("all", 2, "dead_lettered"), ("failures", 3, "")])
def test_what_the_visibility_timeout_ended_counts_or_not(counts: str, deliveries: int, fate: str) -> None:
    # Work of 2.5 s, visible again after 1 s, late acknowledgements count for nothing. Taken at 0 and at 1;
    # if both count that was all: dead-lettered at 2. If not it is taken at 2, and so on until the cut at 2.6.
    queue = {**SLOW, "max_deliveries": 2, "limit_counts": counts}
    trace = run("async", steps=[email("2500ms")], queue=queue, workers={"count": 3}, stop_at="2600ms")
    assert len(trace.deliveries) == deliveries
    assert fates(trace) == [(fate or "in_flight", 2.0 if fate else None)]


def test_attempts_count_what_the_limit_of_the_broker_does_not() -> None:
    # The same, and the step is tried twice at most: dead-lettered when the second timeout is over.
    queue = {**SLOW, "max_deliveries": 9, "limit_counts": "failures"}
    steps = [email("2500ms", retry={"attempts": 2})]
    trace = run("async", steps=steps, queue=queue, workers={"count": 3})
    assert fates(trace) == [("dead_lettered", 2.0)]


@pytest.mark.parametrize(("counts", "at"), [("all", 3.0), ("failures", 5.0)])
def test_of_mixed_endings_only_the_failures_count(counts: str, at: float) -> None:
    # The first try (3 s in a slowdown) times out at 2. The second, 2-3, fails, and so does the third, 4-5
    # (retry delay 1 s). Two deliveries: all counted, the second was the last; else the third.
    steps = [
        email(
            slowdowns=[window("0s", "500ms", factor=3)],
            outages=[window("1s", "forever")],
            retry={"delay": "1s", "factor": 1},
        )
    ]
    queue = {"visibility_timeout": "2s", "max_deliveries": 2, "limit_counts": counts, "late_ack": "ignored"}
    trace = run("async", steps=steps, queue=queue, workers={"count": 2})
    assert fates(trace) == [("dead_lettered", at)]


@pytest.mark.parametrize(
    ("queue", "deliveries"),
    [
        ({}, 2),  # the crash was noticed: it counts
        ({"crash_detection": "none", "visibility_timeout": "1s"}, 4),  # the clock ran out: only attempts do
        ({"crash_detection": "2s", "visibility_timeout": "1s"}, 4),  # that was earlier
    ],
)
def test_of_crashes_those_count_that_were_noticed(queue: Data, deliveries: int) -> None:
    workers = {"crash_rate": "100%", "restart_after": "0s"}
    limit = {"max_deliveries": 2, "limit_counts": "failures"}
    steps = [email(retry={"attempts": 4})]
    trace = run("async", steps=steps, queue={**queue, **limit}, workers=workers)
    assert len(trace.deliveries) == deliveries
    assert [fate for fate, _ in fates(trace)] == ["dead_lettered"]


def test_a_failure_that_only_the_timeout_brings_back_does_not_count() -> None:
    # Fails at 1, visible at 3; fails at 4, visible at 6; three attempts: dead-lettered at 9, not at 6.
    queue = {
        "failure": "timeout",
        "visibility_timeout": "3s",
        "max_deliveries": 2,
        "limit_counts": "failures",
    }
    steps = [email(failure_rate="100%", retry={"attempts": 3})]
    assert fates(run("async", steps=steps, queue=queue)) == [("dead_lettered", 9.0)]


def test_tries_in_place_count() -> None:
    queue = {"failure": "in_place", "max_deliveries": 2, "limit_counts": "failures"}
    steps = [email(failure_rate="100%", retry={"attempts": 5, "delay": "1s"})]
    assert fates(run("async", steps=steps, queue=queue)) == [("dead_lettered", 3.0)]


@pytest.mark.parametrize(
    ("queue", "workers"),
    [
        ({"failure": "timeout", "visibility_timeout": "3s"}, {}),
        (
            {"crash_detection": "none", "visibility_timeout": "3s"},
            {"crash_rate": "100%", "restart_after": "0s"},
        ),
    ],
)
def test_a_limit_that_never_counts_ends_nothing(queue: Data, workers: Data) -> None:
    rate = {} if workers else {"failure_rate": "100%"}
    steps = [email(retry={"attempts": "unlimited"}, **rate)]
    limited = {**queue, "max_deliveries": 2}
    assert fates(run("async", steps=steps, queue=limited, workers=workers))[0][0] == "dead_lettered"
    with pytest.raises(ValidationError, match="this run would never end"):
        run("async", steps=steps, queue={**limited, "limit_counts": "failures"}, workers=workers)

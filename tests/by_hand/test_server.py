"""Threads, the line before them, and requests nobody waits for any more."""

from __future__ import annotations

import pytest

from by_hand.timeline import attempts, begun, completed, email, figures, replies, run, step, works

WORK = [step("work", "1s", effect="done")]


def test_unlimited_threads_keep_nobody_waiting() -> None:
    trace = run("sync", traffic={"requests": 5}, steps=WORK)
    assert replies(trace) == [("ok", 1.0)] * 5


def test_one_thread_serves_one_after_the_other() -> None:
    trace = run("sync", traffic={"requests": 3}, server={"threads": 1}, steps=WORK)
    assert begun(trace) == [0.0, 1.0, 2.0]
    assert replies(trace) == [("ok", 1.0), ("ok", 2.0), ("ok", 3.0)]


def test_who_came_first_is_served_first() -> None:
    # The thread is free at 1, when customer 2 comes: customer 1 has waited since 0.5.
    trace = run("sync", traffic={"at": ["0s", "500ms", "1s"]}, server={"threads": 1}, steps=WORK)
    assert begun(trace) == [0.0, 1.0, 2.0]


def test_the_lowest_numbered_free_thread_takes_the_request() -> None:
    # 0 and 1 take threads 1 and 2; both are free at 1; the next takes thread 1.
    trace = run("sync", traffic={"at": ["0s", "0s", "1s"]}, server={"threads": 2}, steps=WORK)
    assert [request.thread for request in trace.requests] == [1, 2, 1]


def test_a_full_backlog_rejects_at_once() -> None:
    # One in hand, one in the backlog; the third is turned away at 0.
    trace = run("sync", traffic={"requests": 3}, server={"threads": 1, "backlog": 1}, steps=WORK)
    assert replies(trace) == [("ok", 1.0), ("ok", 2.0), ("rejected", 0.0)]
    assert works(trace) == ["completed", "completed", "failed"]


def test_no_backlog_at_all() -> None:
    trace = run(
        "sync", traffic={"at": ["0s", "999ms", "1s"]}, server={"threads": 1, "backlog": 0}, steps=WORK
    )
    assert replies(trace) == [("ok", 1.0), ("rejected", 0.999), ("ok", 2.0)]


def test_a_free_thread_is_a_place_too() -> None:
    # Two free threads and one backlog place: three of four simultaneous requests get in.
    trace = run("sync", traffic={"requests": 4}, server={"threads": 2, "backlog": 1}, steps=WORK)
    assert [response for response, _ in replies(trace)] == ["ok", "ok", "ok", "rejected"]


def test_a_reply_comes_before_an_arrival_at_the_same_instant() -> None:
    # At 1 the thread is free again (work ends) before two customers arrive; only one finds it free.
    trace = run("sync", traffic={"at": ["0s", "1s", "1s"]}, server={"threads": 1, "backlog": 0}, steps=WORK)
    assert replies(trace) == [("ok", 1.0), ("ok", 2.0), ("rejected", 1.0)]


def test_a_rejected_request_takes_no_time_and_has_no_effect() -> None:
    numbers = figures(run("sync", traffic={"requests": 2}, server={"threads": 1, "backlog": 0}, steps=WORK))
    assert numbers["service_time_s"] == 1.0
    assert numbers["effects"] == {"done": 1}
    assert numbers["responses"]["rejected"] == 1
    assert numbers["phantom_errors"] == 0


EXPIRED = {
    "traffic": {"at": ["0s", "0s", "1500ms"]},
    "customer": {"patience": "1s"},
    "steps": [step("work", "2s", effect="done")],
}


def test_a_request_nobody_waits_for_is_done_all_the_same() -> None:
    # Customers 0 and 1 give up at 1, customer 2 at 2.5; the thread works 0-2, 2-4, 4-6.
    trace = run("sync", server={"threads": 1}, **EXPIRED)
    assert replies(trace) == [("timed_out", 1.0), ("timed_out", 1.0), ("timed_out", 2.5)]
    assert begun(trace) == [0.0, 2.0, 4.0]
    assert completed(trace) == [2.0, 4.0, 6.0]
    assert figures(trace)["phantom_errors"] == 3


def test_drop_expired_skips_it_in_no_time() -> None:
    # At 2 customer 1 has given up; customer 2 (until 2.5) has not, and begins at once.
    trace = run("sync", server={"threads": 1, "drop_expired": True}, **EXPIRED)
    assert begun(trace) == [0.0, None, 2.0]
    assert works(trace) == ["completed", "failed", "completed"]
    numbers = figures(trace)
    assert numbers["service_time_s"] == 4.0
    assert numbers["ended_at_s"] == 4.0
    assert numbers["phantom_errors"] == 2


def test_a_customer_gives_up_before_a_thread_is_free_at_the_same_instant() -> None:
    # Patience ends at 1, and so does the work of the request before: giving up comes first.
    trace = run(
        "sync",
        traffic={"requests": 2},
        customer={"patience": "1s"},
        server={"threads": 1, "drop_expired": True},
        steps=WORK,
    )
    assert replies(trace) == [("ok", 1.0), ("timed_out", 1.0)]
    assert begun(trace) == [0.0, None]


def test_drop_expired_does_not_touch_what_has_begun() -> None:
    trace = run(
        "sync", customer={"patience": "500ms"}, server={"threads": 1, "drop_expired": True}, steps=WORK
    )
    assert replies(trace) == [("timed_out", 0.5)]
    assert completed(trace) == [1.0]


def test_a_request_that_has_expired_still_takes_a_backlog_place() -> None:
    # At 1.5 the thread is busy until 2 and the one backlog place is taken by customer 1, who gave up at 1.
    trace = run("sync", server={"threads": 1, "backlog": 1, "drop_expired": True}, **EXPIRED)
    assert replies(trace)[2] == ("rejected", 1.5)


def test_the_thread_is_held_until_the_reply_also_while_publishing() -> None:
    # 1 s of work and 0.5 s of publishing each.
    trace = run(
        "async",
        traffic={"requests": 2},
        server={"threads": 1},
        queue={"publish": "500ms"},
        steps=[*WORK, email()],
    )
    assert replies(trace) == [("ok", 1.5), ("ok", 3.0)]


def test_the_thread_is_not_held_by_the_background_step() -> None:
    trace = run("async", traffic={"requests": 2}, server={"threads": 1}, steps=[*WORK, email("10s")])
    assert replies(trace) == [("ok", 1.0), ("ok", 2.0)]


def test_the_thread_is_held_through_retries_and_their_pauses() -> None:
    # Tries at 0-1 (fails) and, after 1 s, at 2-3; the next customer begins at 3.
    steps = [step("work", "1s", outages=[{"from": "0s", "for": "1s"}], retry={"in_request": True})]
    trace = run("sync", traffic={"requests": 2}, server={"threads": 1}, steps=steps)
    assert begun(trace) == [0.0, 3.0]


def test_a_freed_thread_takes_the_next_at_the_same_instant_after_an_error() -> None:
    steps = [step("work", "1s", outages=[{"from": "0s", "for": "1s"}])]
    trace = run("sync", traffic={"requests": 2}, server={"threads": 1}, steps=steps)
    assert replies(trace) == [("error", 1.0), ("ok", 2.0)]


def test_utilisation_and_peaks() -> None:
    # 0-1 two threads, 1-2 one: 3 thread-seconds of 2 x 2; nobody waits for long enough to be seen waiting.
    server = figures(run("sync", traffic={"at": ["0s", "0s", "1s"]}, server={"threads": 2}, steps=WORK))[
        "server"
    ]
    assert server == {"threads": 2, "utilisation": 0.75, "peak_waiting": 0, "peak_busy": 2}


def test_unlimited_threads_have_no_utilisation() -> None:
    server = figures(run("sync", traffic={"requests": 3}, steps=WORK))["server"]
    assert server == {"threads": None, "utilisation": None, "peak_waiting": 0, "peak_busy": 3}


def test_peak_waiting_is_read_after_everything_at_an_instant() -> None:
    # Four come at 0, one begins at once: three wait.
    server = figures(run("sync", traffic={"requests": 4}, server={"threads": 1}, steps=WORK))["server"]
    assert server["peak_waiting"] == 3
    assert server["peak_busy"] == 1
    assert server["utilisation"] == pytest.approx(1.0)


def test_steps_are_done_in_order() -> None:
    trace = run("sync", steps=[step("a", "1s"), step("b", "500ms"), step("c", "0"), step("d", "2s")])
    assert attempts(trace) == [(0.0, 1.0, "ok"), (1.0, 1.5, "ok"), (1.5, 1.5, "ok"), (1.5, 3.5, "ok")]

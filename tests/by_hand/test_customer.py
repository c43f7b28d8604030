"""What the customer sees, and when they click again."""

from __future__ import annotations

from by_hand.timeline import begun, completed, email, figures, replies, run, step, works

FAILS = [step("work", "1s", failure_rate="100%")]


def work(duration: str, **more: object) -> list[dict[str, object]]:
    return [step("work", duration, effect="done", **more)]


def test_a_reply_exactly_at_the_patience_is_in_time() -> None:
    assert replies(run("sync", customer={"patience": "1s"}, steps=work("1s"))) == [("ok", 1.0)]


def test_a_microsecond_later_is_too_late() -> None:
    trace = run("sync", customer={"patience": "1s"}, steps=work("1000001us"))
    assert replies(trace) == [("timed_out", 1.0)]
    assert completed(trace) == [1.000001]


def test_the_late_reply_changes_nothing_for_the_customer() -> None:
    numbers = figures(run("sync", customer={"patience": "1s"}, steps=work("3s")))
    assert numbers["responses"] == {"ok": 0, "error": 0, "timed_out": 1, "rejected": 0, "none": 0}
    assert numbers["response_time_s"] is None
    assert numbers["completion_time_s"]["max"] == 3.0
    assert numbers["phantom_errors"] == 1


def test_patience_includes_the_wait_for_a_thread() -> None:
    trace = run(
        "sync",
        traffic={"requests": 2},
        customer={"patience": "1500ms"},
        server={"threads": 1},
        steps=work("1s"),
    )
    assert replies(trace) == [("ok", 1.0), ("timed_out", 1.5)]


def test_no_patience_limit_by_default() -> None:
    assert replies(run("sync", steps=work("2h"))) == [("ok", 7200.0)]


def test_an_error_page_exactly_at_the_patience_is_an_error_page() -> None:
    assert replies(run("sync", customer={"patience": "1s"}, steps=FAILS)) == [("error", 1.0)]


def test_clicking_again_after_an_error() -> None:
    # Each click fails after 1 s; the next comes 0.5 s later: 0, 1.5, 3.
    trace = run("sync", customer={"resubmits": 2, "resubmit_after": "500ms"}, steps=FAILS)
    assert [(r.customer, r.click, r.arrived_s) for r in trace.requests] == [
        (0, 0, 0.0),
        (0, 1, 1.5),
        (0, 2, 3.0),
    ]
    assert replies(trace) == [("error", 1.0), ("error", 2.5), ("error", 4.0)]
    assert figures(trace)["customers"] == 1
    assert figures(trace)["requests"] == 3


def test_clicking_again_after_a_time_out_does_the_work_twice() -> None:
    # The page gives up at 1, the customer clicks again at 1: the work ends at 3 and at 4.
    trace = run("sync", customer={"patience": "1s", "resubmits": 1}, steps=work("3s"))
    assert replies(trace) == [("timed_out", 1.0), ("timed_out", 2.0)]
    assert completed(trace) == [3.0, 4.0]
    numbers = figures(trace)
    assert numbers["effects"] == {"done": 2}
    assert numbers["duplicates"] == {"done": 1}
    assert numbers["phantom_errors"] == 2


def test_clicking_again_after_a_rejection() -> None:
    # Customer 1 is turned away at 0 and comes back at 1, when the thread has just become free.
    trace = run(
        "sync",
        traffic={"requests": 2},
        customer={"resubmits": 1, "resubmit_after": "1s"},
        server={"threads": 1, "backlog": 0},
        steps=work("1s"),
    )
    assert replies(trace) == [("ok", 1.0), ("rejected", 0.0), ("ok", 2.0)]


def test_clicks_run_out() -> None:
    # Rejected at 0 and again at 0.5: no click is left when the thread is free at 1.
    trace = run(
        "sync",
        traffic={"requests": 2},
        customer={"resubmits": 1, "resubmit_after": "500ms"},
        server={"threads": 1, "backlog": 0},
        steps=work("1s"),
    )
    assert replies(trace) == [("ok", 1.0), ("rejected", 0.0), ("rejected", 0.5)]


def test_rejected_clicks_in_no_time_come_to_an_end() -> None:
    trace = run(
        "sync",
        traffic={"requests": 2},
        customer={"resubmits": 3},
        server={"threads": 1, "backlog": 0},
        steps=work("1s"),
    )
    assert figures(trace)["responses"]["rejected"] == 4
    assert figures(trace)["responses"]["ok"] == 1


def test_nobody_clicks_again_after_success() -> None:
    assert len(run("sync", customer={"patience": "2s", "resubmits": 3}, steps=work("1s")).requests) == 1


def test_a_success_ends_the_clicking() -> None:
    # The first click meets the outage, the second (at 1) does not; a third is not needed.
    steps = work("1s", outages=[{"from": "0s", "for": "1s"}])
    trace = run("sync", customer={"resubmits": 5}, steps=steps)
    assert replies(trace) == [("error", 1.0), ("ok", 2.0)]


def test_an_idempotent_step_is_done_twice_with_one_effect() -> None:
    trace = run("sync", customer={"patience": "1s", "resubmits": 1}, steps=work("3s", idempotent=True))
    numbers = figures(trace)
    assert numbers["effects"] == {"done": 1}
    assert numbers["duplicates"] == {"done": 0}
    assert numbers["service_time_s"] == 6.0
    assert works(trace) == ["completed", "completed"]


def test_idempotent_is_per_customer() -> None:
    numbers = figures(run("sync", traffic={"requests": 2}, steps=work("1s", idempotent=True)))
    assert numbers["effects"] == {"done": 2}


def test_a_second_click_and_a_new_customer_at_once_go_by_customer_number() -> None:
    # Customer 0 fails at 1 and clicks again at 1, when customer 1 comes: 0 is first.
    steps = work("1s", failure_rate="100%")
    trace = run(
        "sync", traffic={"at": ["0s", "1s"]}, customer={"resubmits": 1}, server={"threads": 1}, steps=steps
    )
    order = [(r.began_s, r.customer, r.click) for r in trace.requests]
    assert sorted(order, key=lambda row: row[0] or 0.0) == [
        (0.0, 0, 0),
        (1.0, 0, 1),
        (2.0, 1, 0),
        (3.0, 1, 1),
    ]


def test_a_second_click_stands_at_the_back_of_the_line() -> None:
    # Customers 1 and 2 have waited since 0 when both give up at 2.5 and click again.
    trace = run(
        "sync",
        traffic={"requests": 3},
        customer={"patience": "2500ms", "resubmits": 1},
        server={"threads": 1},
        steps=work("2s"),
    )
    # Served: 0-2 (in time), 2-4, 4-6 (too late), then the second clicks 6-8 and 8-10.
    assert [(r.customer, r.click) for r in trace.requests] == [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1)]
    assert begun(trace) == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert replies(trace)[3:] == [("timed_out", 5.0), ("timed_out", 5.0)]


def test_in_async_the_customer_does_not_wait_for_the_email() -> None:
    trace = run("async", customer={"patience": "2s", "resubmits": 1}, steps=[*work("1s"), email("5s")])
    assert replies(trace) == [("ok", 1.0)]
    assert completed(trace) == [6.0]


def test_in_sync_the_same_customer_gives_up_and_buys_twice() -> None:
    trace = run("sync", customer={"patience": "2s", "resubmits": 1}, steps=[*work("1s"), email("5s")])
    assert replies(trace) == [("timed_out", 2.0), ("timed_out", 4.0)]
    assert figures(trace)["duplicates"] == {"done": 1, "email": 1}

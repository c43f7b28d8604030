"""The timelines everybody quotes: the checkout of 200 + 800 + 50 ms and an email of 1.5 s."""

from __future__ import annotations

import pytest

from by_hand.timeline import (
    CHECKOUT,
    attempts,
    begun,
    completed,
    done,
    fates,
    figures,
    replies,
    run,
    taken,
    works,
)


def test_one_customer_sync() -> None:
    # 0.2 + 0.8 + 0.05 + 1.5 + 0 = 2.55
    trace = run("sync", steps=CHECKOUT)
    assert replies(trace) == [("ok", 2.55)]
    assert completed(trace) == [2.55]
    assert trace.ended_at_us == 2_550_000


def test_one_customer_async() -> None:
    # 0.2 + 0.8 + 0.05 = 1.05 for the customer; the email is done 1.5 later.
    trace = run("async", steps=CHECKOUT)
    assert replies(trace) == [("ok", 1.05)]
    assert completed(trace) == [2.55]
    assert done(trace) == [2.55]


def test_one_customer_has_both_clocks_in_the_figures() -> None:
    numbers = {mode: figures(run(mode, steps=CHECKOUT)) for mode in ("sync", "async")}
    assert numbers["sync"]["response_time_s"]["mean"] == numbers["sync"]["completion_time_s"]["mean"] == 2.55
    assert numbers["async"]["response_time_s"]["mean"] == 1.05
    assert numbers["async"]["completion_time_s"]["mean"] == 2.55
    assert numbers["sync"]["service_time_s"] == numbers["async"]["service_time_s"] == 2.55


def test_ten_customers_and_one_worker_sync() -> None:
    trace = run("sync", traffic={"requests": 10}, steps=CHECKOUT)
    assert replies(trace) == [("ok", 2.55)] * 10


def test_ten_customers_and_one_worker_async() -> None:
    # The k-th email is done at 1.05 + 1.5 k: the last at 16.05; their mean is 1.05 + 1.5 x 5.5 = 9.30.
    trace = run("async", traffic={"requests": 10}, steps=CHECKOUT)
    assert replies(trace) == [("ok", 1.05)] * 10
    assert done(trace) == [2.55, 4.05, 5.55, 7.05, 8.55, 10.05, 11.55, 13.05, 14.55, 16.05]
    assert figures(trace)["completion_time_s"]["mean"] == pytest.approx(9.30, abs=1e-12)
    assert figures(trace)["ended_at_s"] == 16.05


EMAIL_DOWN = [
    {**step, "outages": [{"from": "0s", "for": "forever"}]} if step["name"] == "send email" else step
    for step in CHECKOUT
]


def test_email_down_for_good_sync() -> None:
    # The email is tried once, takes its 1.5 s and fails: an error page although the card was charged.
    trace = run("sync", steps=EMAIL_DOWN)
    assert replies(trace) == [("error", 2.55)]
    numbers = figures(trace)
    assert numbers["effects"] == {"card charged": 1, "order saved": 1, "email sent": 0}
    assert numbers["phantom_errors"] == 1
    assert works(trace) == ["failed"]


def test_email_down_for_good_async() -> None:
    # Five tries of 1.5 s with pauses of 1, 2, 4 and 8 s between: 1.05 + 7.5 + 15 = 23.55.
    trace = run("async", steps=EMAIL_DOWN)
    assert replies(trace) == [("ok", 1.05)]
    assert [moment for moment, _, _ in taken(trace)] == [1.05, 3.55, 7.05, 12.55, 22.05]
    assert fates(trace) == [("dead_lettered", 23.55)]
    assert works(trace) == ["dead_lettered"]
    assert figures(trace)["phantom_errors"] == 0


FOUR_THREADS = {
    "traffic": {"rate": "3/s", "for": "60s"},
    "server": {"threads": 4},
    "workers": {"count": 3},
    "steps": CHECKOUT,
}


def test_four_threads_sync() -> None:
    # Customer 4m + j begins at j/3 + 2.55 m: the last (179 = 4 x 44 + 3) at 1 + 112.2 = 113.2.
    trace = run("sync", **FOUR_THREADS)
    assert begun(trace)[-1] == 113.2
    assert replies(trace)[-1] == ("ok", 115.75)
    # 180 x 2.55 = 459 s of work by 4 threads in 115.75 s.
    assert figures(trace)["server"]["utilisation"] == pytest.approx(459 / (4 * 115.75), abs=1e-12)


def test_four_threads_async() -> None:
    # Nobody waits for a thread: customer k + 4 comes 1.333 s after customer k, who needs 1.05 s.
    # Email 3m + j begins at 1.05 + j/3 + 1.5 m; the last is done at 1.05 + 0.666667 + 88.5 + 1.5.
    trace = run("async", **FOUR_THREADS)
    numbers = figures(trace)
    assert numbers["responses"]["ok"] == 180
    assert numbers["response_time_s"]["min"] == numbers["response_time_s"]["max"] == 1.05
    assert numbers["server"]["peak_waiting"] == 0
    assert done(trace)[-1] == 91.716667
    assert numbers["ended_at_s"] == 91.716667


def test_a_dead_worker_nobody_notices() -> None:
    # Worker 1 takes email 2 at 2.55 and dies at 3; 30 s after the taking it is visible again: 32.55 + 1.5.
    # Meanwhile worker 2 does email 3 (4.05), 4, ... 9 (13.05).
    trace = run(
        "async",
        traffic={"requests": 10},
        steps=CHECKOUT,
        queue={"crash_detection": "none", "visibility_timeout": "30s"},
        workers={"count": 2, "crashes": [{"worker": 1, "at": "3s", "restart_after": "never"}]},
    )
    assert done(trace) == [2.55, 2.55, 34.05, 4.05, 5.55, 7.05, 8.55, 10.05, 11.55, 13.05]
    assert works(trace) == ["completed"] * 10
    numbers = figures(trace)
    assert numbers["queue"]["lost"] == 0
    assert numbers["effects"]["email sent"] == 10
    # Half an email (2.55 to 3) was worked on in vain.
    assert numbers["service_time_s"] == pytest.approx(10 * 2.55 + 0.45, abs=1e-9)


@pytest.mark.parametrize(("workers", "emails"), [(2, 200), (1, 100)])
def test_a_visibility_timeout_shorter_than_the_work(workers: int, emails: int) -> None:
    # Visible again 1 s after the taking: a second worker takes it before the first, done after 1.5 s, can
    # acknowledge. A lone worker is still busy then, and its late acknowledgement is accepted.
    trace = run(
        "async",
        traffic={"rate": "20/min", "for": "300s"},
        steps=CHECKOUT,
        queue={"visibility_timeout": "1s"},
        workers={"count": workers},
    )
    numbers = figures(trace)
    assert numbers["customers"] == 100
    assert numbers["effects"]["email sent"] == emails
    assert numbers["duplicates"]["email sent"] == emails - 100
    assert numbers["work"]["completed"] == 100


def test_the_first_of_the_double_emails() -> None:
    # Taken at 1.05 and, visible again, at 2.05; done at 2.55 and once more at 3.55.
    trace = run("async", steps=CHECKOUT, queue={"visibility_timeout": "1s"}, workers={"count": 2})
    assert taken(trace) == [(1.05, 0, 1), (2.05, 0, 2)]
    assert attempts(trace)[-2:] == [(1.05, 2.55, "ok"), (2.05, 3.55, "ok")]
    assert fates(trace) == [("acknowledged", 2.55)]
    assert figures(trace)["ended_at_s"] == 3.55

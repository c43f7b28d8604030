"""How long an attempt takes, when it fails, what it waits for, and when it is tried again."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from by_hand.timeline import (
    Data,
    attempts,
    begun,
    completed,
    email,
    figures,
    replies,
    run,
    step,
    taken,
    window,
    works,
)


def work(duration: str = "1s", **more: object) -> list[Data]:
    return [step("work", duration, effect="done", **more)]


def retry(**more: object) -> Data:
    return {"in_request": True, **more}


def test_a_slowdown_is_half_open() -> None:
    # Factor 3 in [1, 2): starts at 0.5, 1, 1.9, 2.
    steps = work(slowdowns=[window("1s", "1s", factor=3)])
    trace = run("sync", traffic={"at": ["500ms", "1s", "1900ms", "2s"]}, steps=steps)
    assert attempts(trace) == [(0.5, 1.5, "ok"), (1.0, 4.0, "ok"), (1.9, 4.9, "ok"), (2.0, 3.0, "ok")]


def test_overlapping_slowdowns_multiply() -> None:
    steps = work(slowdowns=[window("0s", "2s", factor=3), window("1s", "forever", factor=0.5)])
    trace = run("sync", traffic={"at": ["0s", "1s", "2s"]}, steps=steps)
    assert [ended for _, ended, _ in attempts(trace)] == [3.0, 2.5, 2.5]


def test_a_length_is_rounded_once_however_many_slowdowns_overlap() -> None:
    # 1 us x 1.5 x 1.5 = 2.25 us, which is 2; rounded in between it would be 3.
    steps = [step("work", "1us", slowdowns=[window("0s", "1s", factor=1.5)] * 2)]
    assert replies(run("sync", steps=steps)) == [("ok", 0.000002)]


def test_an_outage_is_half_open_and_asks_only_for_the_start() -> None:
    # Down in [1, 2): one from 0.5 runs into it unharmed; those from 1 and 1.999999 fail; from 2 it is well.
    steps = work(outages=[window("1s", "1s")])
    trace = run("sync", traffic={"at": ["500ms", "1s", "1999999us", "2s"]}, steps=steps)
    assert replies(trace) == [("ok", 1.5), ("error", 2.0), ("error", 2.999999), ("ok", 3.0)]


def test_a_failing_attempt_takes_as_long_as_its_duration() -> None:
    assert replies(run("sync", steps=work(failure_rate="100%"))) == [("error", 1.0)]


def test_fails_after() -> None:
    assert replies(run("sync", steps=work(failure_rate="100%", fails_after="100ms"))) == [("error", 0.1)]
    assert replies(run("sync", steps=work(failure_rate="100%", fails_after="5s"))) == [("error", 5.0)]
    assert replies(run("sync", steps=work(failure_rate="100%", fails_after="0s"))) == [("error", 0.0)]


def test_a_success_does_not_care_about_fails_after() -> None:
    assert replies(run("sync", steps=work(fails_after="100ms"))) == [("ok", 1.0)]


def test_a_slowdown_stretches_a_failing_attempt_too() -> None:
    steps = work(failure_rate="100%", slowdowns=[window("0s", "1s", factor=4)])
    assert replies(run("sync", steps=steps)) == [("error", 4.0)]


def test_a_slowdown_does_not_stretch_fails_after() -> None:
    steps = work(failure_rate="100%", fails_after="2s", slowdowns=[window("0s", "1s", factor=4)])
    assert replies(run("sync", steps=steps)) == [("error", 2.0)]


def test_a_timeout_cuts_and_fails() -> None:
    trace = run("sync", steps=work(timeout="400ms"))
    assert replies(trace) == [("error", 0.4)]
    assert [outcome for *_, outcome in attempts(trace)] == ["timed_out"]
    assert figures(trace)["effects"] == {"done": 0}
    assert figures(trace)["service_time_s"] == 0.4


def test_exactly_the_timeout_is_not_longer_than_it() -> None:
    assert replies(run("sync", steps=work(timeout="1s"))) == [("ok", 1.0)]
    assert replies(run("sync", steps=work("1000001us", timeout="1s"))) == [("error", 1.0)]


def test_a_slowdown_can_push_an_attempt_over_its_timeout() -> None:
    steps = work(timeout="1500ms", slowdowns=[window("0s", "1s", factor=2)])
    assert replies(run("sync", traffic={"at": ["0s", "1s"]}, steps=steps)) == [("error", 1.5), ("ok", 2.0)]


def test_the_timeout_cuts_a_slow_failure() -> None:
    steps = work(failure_rate="100%", fails_after="5s", timeout="3s")
    assert replies(run("sync", steps=steps)) == [("error", 3.0)]


def test_a_failed_step_ends_the_request_there_and_earlier_effects_stay() -> None:
    steps = [
        step("charge", "1s", effect="charged"),
        step("save", "500ms", effect="saved", failure_rate="100%"),
        step("log", "1s", effect="logged"),
    ]
    trace = run("sync", steps=steps)
    assert replies(trace) == [("error", 1.5)]
    assert figures(trace)["effects"] == {"charged": 1, "saved": 0, "logged": 0}
    assert figures(trace)["service_time_s"] == 1.5
    assert works(trace) == ["failed"]


def test_no_retry_in_the_request_unless_asked_for() -> None:
    trace = run("sync", steps=work(failure_rate="100%", retry={"attempts": 5}))
    assert len(trace.attempts) == 1


def test_a_background_step_done_in_the_request_follows_the_same_rule() -> None:
    # In sync the email is a step like any other: one try, or as many as in_request allows.
    once = run("sync", steps=[email(failure_rate="100%")])
    assert replies(once) == [("error", 1.0)]
    twice = run("sync", steps=[email(failure_rate="100%", retry=retry(attempts=2))])
    assert replies(twice) == [("error", 3.0)]


def test_retries_in_the_request_with_growing_pauses() -> None:
    # Down in [0, 2): 0-1 fails, pause 0.5, 1.5-2.5 fails, pause 1, 3.5-4.5.
    trace = run("sync", steps=work(outages=[window("0s", "2s")], retry=retry(delay="500ms")))
    assert attempts(trace) == [(0.0, 1.0, "failed"), (1.5, 2.5, "failed"), (3.5, 4.5, "ok")]
    assert replies(trace) == [("ok", 4.5)]
    assert figures(trace)["service_time_s"] == 3.0


def test_retries_in_the_request_run_out() -> None:
    # Three tries with pauses of 1 and 2: 3 + 3.
    trace = run("sync", steps=work(failure_rate="100%", retry=retry(attempts=3)))
    assert replies(trace) == [("error", 6.0)]
    assert len(trace.attempts) == 3


def test_a_delay_that_was_written_is_not_cut_by_a_limit_that_was_not() -> None:
    # Two delays of 90 s: tries at 0, 91 and 182. The default limit of 60 s does not count against them.
    trace = run(
        "sync", steps=work(failure_rate="100%", retry=retry(attempts=3, delay="90s", factor=1)), stop_at="10m"
    )
    assert [start for start, *_ in attempts(trace)] == [0.0, 91.0, 182.0]
    # It is then the limit of the later ones too: 90 s and again 90 s, not 180 s.
    trace = run(
        "sync", steps=work(failure_rate="100%", retry=retry(attempts=3, delay="90s", factor=2)), stop_at="10m"
    )
    assert [start for start, *_ in attempts(trace)] == [0.0, 91.0, 182.0]


def test_a_limit_below_the_first_delay_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"max_delay \(500 ms\), and the first one is 1.00 s \(delay\)"):
        run("sync", steps=work(retry=retry(max_delay="500ms")))


@pytest.mark.parametrize(
    ("delay", "waits"),
    [("101us", 152), ("103us", 154), ("1260225us", 1_890_338), ("1260227us", 1_890_340)],
)
def test_half_a_microsecond_of_a_delay_goes_to_the_even_one(delay: str, waits: int) -> None:
    # The second delay is 1.5 times the first: 151.5, 154.5, 1890337.5 and 1890340.5 us.
    steps = work(failure_rate="100%", retry=retry(attempts=3, delay=delay, factor=1.5))
    trace = run("sync", steps=steps)
    _, (_, failed, _), (again, *_) = attempts(trace)
    assert failed is not None
    assert round((again - failed) * 1e6) == waits


@pytest.mark.parametrize(("duration", "takes"), [("101us", 152), ("103us", 154)])
def test_half_a_microsecond_of_a_slowdown_too(duration: str, takes: int) -> None:
    slow = [{"from": "0s", "for": "1s", "factor": 1.5}]
    trace = run("sync", steps=[{"name": "work", "duration": duration, "slowdowns": slow}])
    assert trace.attempts[0].ended_s == takes / 1e6


def test_max_delay() -> None:
    # Pauses 1, 3 -> 2, 9 -> 2.
    trace = run("sync", steps=work(failure_rate="100%", retry=retry(attempts=4, factor=3, max_delay="2s")))
    assert [started for started, *_ in attempts(trace)] == [0.0, 2.0, 5.0, 8.0]


def test_delays_one_by_one_and_the_last_is_repeated() -> None:
    # Each attempt takes 1 s; pauses 2, 5, 5, 5.
    once = retry(attempts=5, delays=["2s", "5s"])
    trace = run("sync", steps=work(failure_rate="100%", retry=once))
    assert [started for started, *_ in attempts(trace)] == [0.0, 3.0, 9.0, 15.0, 21.0]


def test_no_limit_bounds_delays_that_are_given_one_by_one() -> None:
    # The default of max_delay is 60 s; the pause is 90 s.
    trace = run("sync", steps=work(failure_rate="100%", retry=retry(attempts=2, delays=["90s"])))
    assert [started for started, *_ in attempts(trace)] == [0.0, 91.0]


def test_a_crash_counts_as_a_try_for_delays_one_by_one() -> None:
    # Delivery 1 is cut by a crash at 0.5 s and comes back at once, without a retry delay; worker 1 is back at
    # 1 s. Delivery 2 fails at 2 s: that is attempt 2, so it waits for the second delay, until 9 s.
    steps = [email("1s", failure_rate="100%", retry={"attempts": 3, "delays": ["2s", "7s"]})]
    workers = {"count": 1, "crashes": [{"worker": 1, "at": "500ms", "restart_after": "500ms"}]}
    trace = run("async", steps=steps, workers=workers)
    assert taken(trace) == [(0.0, 0, 1), (1.0, 0, 1), (9.0, 0, 1)]


def test_jitter_holds_for_delays_one_by_one() -> None:
    both = [
        run("sync", seed=3, steps=work(failure_rate="100%", retry=retry(attempts=2, jitter="full", **how)))
        for how in ({"delays": ["4s"]}, {"delay": "4s"})
    ]
    one, other = ([started for started, *_ in attempts(trace)] for trace in both)
    assert one == other
    assert 1.0 <= one[1] < 5.0


@pytest.mark.parametrize("also", [{"delay": "1s"}, {"factor": 2}, {"max_delay": "60s"}])
def test_delays_one_by_one_stand_alone(also: Data) -> None:
    (key,) = also
    with pytest.raises(ValidationError, match=rf"the delays are given one by one \(delays\).*{key}|{key}"):
        run("sync", steps=work(retry=retry(delays=["1s"], **also)))
    with pytest.raises(ValidationError, match="there is no delay in it"):
        run("sync", steps=work(retry=retry(delays=[])))


def test_a_shrinking_delay() -> None:
    trace = run("sync", steps=work(failure_rate="100%", retry=retry(attempts=4, delay="4s", factor=0.5)))
    # Pauses 4, 2, 1.
    assert [started for started, *_ in attempts(trace)] == [0.0, 5.0, 8.0, 10.0]


def test_a_retry_without_a_pause_starts_at_once() -> None:
    steps = work(outages=[window("0s", "1s")], retry=retry(delay="0s"))
    assert attempts(run("sync", steps=steps)) == [(0.0, 1.0, "failed"), (1.0, 2.0, "ok")]


def test_each_step_counts_its_own_tries() -> None:
    steps = [
        step("a", "1s", outages=[window("0s", "1s")], retry=retry(attempts=2, delay="0s")),
        step("b", "1s", outages=[window("2s", "1s")], retry=retry(attempts=2, delay="0s")),
    ]
    assert replies(run("sync", steps=steps)) == [("ok", 4.0)]


def test_a_called_service_takes_one_at_a_time_first_come_first_served() -> None:
    # All three threads are held; only the attempts themselves are service time.
    trace = run("sync", traffic={"requests": 3}, steps=work(concurrency=1))
    assert begun(trace) == [0.0, 0.0, 0.0]
    assert replies(trace) == [("ok", 1.0), ("ok", 2.0), ("ok", 3.0)]
    assert figures(trace)["service_time_s"] == 3.0
    assert figures(trace)["server"]["peak_busy"] == 3


def test_the_line_is_in_order_of_coming_to_the_service() -> None:
    # Customer 1 comes to the service at 1.2 (slow first step until 1.2), customer 2 at 1.1; it is free at 2.
    steps = [step("a", "1s", slowdowns=[window("50ms", "10ms", factor=1.15)]), *work("1s", concurrency=1)]
    trace = run("sync", traffic={"at": ["0s", "50ms", "100ms"]}, steps=steps)
    assert [reply for _, reply in replies(trace)] == [2.0, 4.0, 3.0]


def test_waiting_in_line_holds_the_thread() -> None:
    # Two threads, one place: the third customer gets a thread at 1 and the place at 2.
    trace = run("sync", traffic={"requests": 3}, server={"threads": 2}, steps=work(concurrency=1))
    assert begun(trace) == [0.0, 0.0, 1.0]
    assert replies(trace)[2] == ("ok", 3.0)
    # Busy: 1 + 2 + 2 thread-seconds in 2 x 3.
    assert figures(trace)["server"]["utilisation"] == pytest.approx(5 / 6, abs=1e-12)


def test_workers_wait_in_line_too() -> None:
    # Both workers take a message at 0; the mail server serves one after the other.
    trace = run("async", traffic={"requests": 2}, workers={"count": 2}, steps=[email(concurrency=1)])
    assert taken(trace) == [(0.0, 0, 1), (0.0, 1, 2)]
    assert attempts(trace) == [(0.0, 1.0, "ok"), (1.0, 2.0, "ok")]
    # Busy: 1 + 2 of 2 x 2.
    assert figures(trace)["workers"]["utilisation"] == 0.75


def test_an_attempt_starts_when_its_turn_comes() -> None:
    # The second waits in line until 1: then the outage [0.5, 1) is over and the slowdown [1, 2) has begun.
    steps = work(concurrency=1, outages=[window("500ms", "500ms")], slowdowns=[window("1s", "1s", factor=2)])
    trace = run("sync", traffic={"at": ["0s", "500ms"]}, steps=steps)
    assert attempts(trace) == [(0.0, 1.0, "ok"), (1.0, 3.0, "ok")]


def test_a_timeout_does_not_count_the_wait_in_line() -> None:
    trace = run("sync", traffic={"requests": 2}, steps=work(concurrency=1, timeout="1s"))
    assert replies(trace) == [("ok", 1.0), ("ok", 2.0)]


def test_a_retry_goes_to_the_back_of_the_line() -> None:
    # Customer 0 fails at 1 and is ready again at once; customer 1 has waited since 0.
    steps = work(concurrency=1, outages=[window("0s", "1s")], retry=retry(delay="0s"))
    trace = run("sync", traffic={"requests": 2}, steps=steps)
    assert replies(trace) == [("ok", 3.0), ("ok", 2.0)]


def test_nobody_holds_a_place_during_a_pause() -> None:
    # Customer 0 fails at 1 and pauses until 3; customer 1 is served 1-2 meanwhile.
    steps = work(concurrency=1, outages=[window("0s", "1s")], retry=retry(delay="2s"))
    trace = run("sync", traffic={"requests": 2}, steps=steps)
    assert replies(trace) == [("ok", 4.0), ("ok", 2.0)]


def test_the_effect_is_there_when_the_attempt_has_succeeded() -> None:
    # Cut at 0.999999: not yet. Cut at 1: everything at that instant still happens.
    assert figures(run("sync", steps=work(), stop_at="999999us"))["effects"] == {"done": 0}
    assert figures(run("sync", steps=work(), stop_at="1s"))["effects"] == {"done": 1}


def test_in_sync_an_ok_is_complete() -> None:
    trace = run("sync", traffic={"requests": 3}, server={"threads": 1}, steps=[*work(), email("500ms")])
    assert completed(trace) == [reply for _, reply in replies(trace)] == [1.5, 3.0, 4.5]

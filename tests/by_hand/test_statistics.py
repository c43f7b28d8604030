"""What the figures say about a timeline."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, email, fates, figures, replies, run, step, window, works
from syncasync_sim.stats import compare_summaries, summarise

WORK = [step("work", "1s", effect="done")]
ONE_THREAD = {"threads": 1}


def test_percentiles_are_nearest_rank() -> None:
    # Replies after 1, 2, ... 10 s: the 5th, 9th, 10th (ceil 9.5) and 10th (ceil 9.9) smallest.
    numbers = figures(run("sync", traffic={"requests": 10}, server=ONE_THREAD, steps=WORK))
    expected = {
        "count": 10,
        "mean": 5.5,
        "min": 1.0,
        "p50": 5.0,
        "p90": 9.0,
        "p95": 10.0,
        "p99": 10.0,
        "max": 10.0,
    }
    assert numbers["response_time_s"] == expected
    assert numbers["completion_time_s"] == expected


def test_percentiles_of_three() -> None:
    # ceil(1.5) = 2nd, ceil(2.7) = 3rd.
    times = figures(run("sync", traffic={"requests": 3}, server=ONE_THREAD, steps=WORK))["response_time_s"]
    assert (times["p50"], times["p90"]) == (2.0, 3.0)


def test_the_99th_percentile_of_two_hundred() -> None:
    # The 198th smallest, and exactly that: 0.99 x 200 must not be rounded up to 199.
    times = figures(run("sync", traffic={"requests": 200}, server=ONE_THREAD, steps=WORK))["response_time_s"]
    assert (times["p50"], times["p90"], times["p95"], times["p99"]) == (100.0, 180.0, 190.0, 198.0)


def test_nothing_measured_is_null() -> None:
    numbers = figures(run("sync", steps=[step("work", "1s", failure_rate="100%")]))
    assert numbers["response_time_s"] is None
    assert numbers["completion_time_s"] is None
    assert numbers["error_time_s"]["mean"] == 1.0
    assert figures(run("sync", steps=WORK))["error_time_s"] is None


@pytest.mark.parametrize(
    ("steps", "customer", "phantoms"),
    [
        ([*WORK, step("b", "1s", failure_rate="100%")], {}, 1),  # an effect, then the error page
        ([step("a", "1s"), step("b", "1s", failure_rate="100%")], {}, 0),  # a success without an effect
        ([step("a", "1s", failure_rate="100%"), *WORK], {}, 0),  # the effect was never reached
        (WORK, {"patience": "500ms"}, 1),  # the effect comes after the time-out page
        (WORK, {}, 0),  # an ok is never a phantom error
    ],
)
def test_phantom_errors(steps: list[Data], customer: Data, phantoms: int) -> None:
    assert figures(run("sync", steps=steps, customer=customer))["phantom_errors"] == phantoms


def test_a_phantom_error_by_a_message() -> None:
    # The email was published and is sent, but the next step of the request fails.
    trace = run("async", steps=[email(), step("b", "1s", failure_rate="100%")])
    assert replies(trace) == [("error", 1.0)]
    assert figures(trace)["phantom_errors"] == 1


def test_no_answer_yet_is_no_phantom_error() -> None:
    trace = run("sync", steps=[*WORK, step("b", "5s")], stop_at="2s")
    assert replies(trace) == [("none", None)]
    assert figures(trace)["phantom_errors"] == 0


def test_duplicates_are_summed_over_customers() -> None:
    # Both customers give up at 0.5, 1 and 1.5: three effects each, two too many.
    customer = {"patience": "500ms", "resubmits": 2}
    numbers = figures(run("sync", traffic={"requests": 2}, customer=customer, steps=WORK))
    assert numbers["effects"] == {"done": 6}
    assert numbers["duplicates"] == {"done": 4}


def test_effects_that_never_happened_are_zero() -> None:
    numbers = figures(run("sync", steps=[step("a", "1s", effect="charged", failure_rate="100%"), *WORK]))
    assert numbers["effects"] == {"charged": 0, "done": 0}
    assert numbers["duplicates"] == {"charged": 0, "done": 0}


# What became of the work: two messages, one lost (a) and one dead-lettered (b). -------------------------

TWO_FATES: Data = {
    "steps": [
        email("1s", failure_rate="100%", retry={"attempts": 1}),
        step("log", "5s", background=True),
    ],
    "workers": {"count": 2},
}


def test_dead_lettered_when_one_message_is_and_the_other_succeeded() -> None:
    assert works(run("async", **TWO_FATES)) == ["dead_lettered"]


def test_dead_lettered_before_unfinished() -> None:
    assert works(run("async", **TWO_FATES, stop_at="3s")) == ["dead_lettered"]


def test_lost_before_dead_lettered() -> None:
    # The email is dead-lettered at 1; the log, back in the queue after the crash at 2, is lost at 3.
    trace = run(
        "async",
        **{
            **TWO_FATES,
            "workers": {"count": 2, "crashes": [{"worker": 2, "at": "2s", "restart_after": "never"}]},
        },
        queue={
            "crash_detection": "500ms",
            "outages": [window("2s", "2s"), window("3s", "1s")],
            "durable": False,
        },
    )
    assert fates(trace) == [("dead_lettered", 1.0), ("lost", 3.0)]
    assert works(trace) == ["lost"]


def test_failed_before_everything() -> None:
    steps = [email("1s", failure_rate="100%", retry={"attempts": 1}), step("b", "500ms", failure_rate="100%")]
    trace = run("async", steps=steps)
    assert fates(trace) == [("dead_lettered", 1.0)]
    assert works(trace) == ["failed"]


def test_ended_at_is_the_end_of_the_last_message() -> None:
    # Replies at 1; the email ends at 4.
    assert figures(run("async", steps=[*WORK, email("3s")]))["ended_at_s"] == 4.0
    # A restart at 100 ends nothing.
    workers = {"crashes": [{"worker": 1, "at": "5s", "restart_after": "95s"}]}
    assert figures(run("async", steps=[*WORK, email("3s")], workers=workers))["ended_at_s"] == 4.0


def test_ended_at_counts_a_reply_nobody_waits_for() -> None:
    # The customer gives up at 0.5; the work ends at 1; the publish is refused at 1.2: the reply, an error.
    trace = run(
        "async",
        customer={"patience": "500ms"},
        steps=[*WORK, email()],
        queue={"publish": "200ms", "outages": [window("0s", "forever")]},
    )
    assert replies(trace) == [("timed_out", 0.5)]
    assert figures(trace)["ended_at_s"] == 1.2


def test_a_click_that_got_an_error_page_has_a_wait_too() -> None:
    # The first fails at 1, the second gets the page at 2.
    numbers = figures(
        run("sync", traffic={"at": ["0s", "1s"]}, steps=[step("work", "1s", outages=[window("0s", "500ms")])])
    )
    assert (numbers["customers_with_page"], numbers["wait_s"]["count"], numbers["wait_s"]["max"]) == (
        1,
        2,
        1.0,
    )
    assert numbers["response_time_s"]["count"] == 1


# Depth ---------------------------------------------------------------------------------------------------


def test_depth() -> None:
    # Three at 0, one worker, 1 s each: two wait 0-1, one 1-2, none after: (2 + 1) / 3 on average.
    queue = figures(run("async", traffic={"requests": 3}, steps=[email()]))["queue"]
    assert queue == {
        "published": 3,
        "delivered": 3,
        "redelivered": 0,
        "dead_lettered": 0,
        "lost": 0,
        "peak_held": 1,
        "peak_depth": 2,
        "peak_depth_at_s": 0.0,
        "mean_depth": 1.0,
        "empty_at_s": 2.0,
        "max_wait_s": 2.0,
    }


def test_the_peak_is_told_at_its_first_time() -> None:
    # Depth 1 at 0.5-1 and again at 1.5-2.
    queue = figures(run("async", traffic={"at": ["0s", "500ms", "1500ms"]}, steps=[email()]))["queue"]
    assert (queue["peak_depth"], queue["peak_depth_at_s"], queue["empty_at_s"]) == (1, 0.5, 2.0)
    assert queue["mean_depth"] == pytest.approx(1 / 3, abs=1e-12)
    assert queue["max_wait_s"] == 0.5


def test_depth_is_read_after_everything_at_an_instant() -> None:
    # At 1 the worker is free and takes the message published at 1: nobody ever sees it wait.
    queue = figures(run("async", traffic={"at": ["0s", "1s"]}, steps=[email()]))["queue"]
    assert (queue["peak_depth"], queue["mean_depth"], queue["empty_at_s"], queue["max_wait_s"]) == (
        0,
        0.0,
        None,
        0.0,
    )


def test_depth_counts_what_waits_for_a_retry() -> None:
    # Fails at 1, waits until 2, is done at 3.
    queue = figures(run("async", steps=[email(outages=[window("0s", "1s")])]))["queue"]
    assert (queue["peak_depth"], queue["peak_depth_at_s"], queue["empty_at_s"]) == (1, 1.0, 2.0)
    assert queue["mean_depth"] == pytest.approx(1 / 3, abs=1e-12)
    assert queue["max_wait_s"] == 0.0


def test_a_queue_nobody_empties() -> None:
    queue = figures(run("async", steps=[*WORK, email()], workers={"count": 0}))["queue"]
    assert (queue["peak_depth"], queue["peak_depth_at_s"]) == (1, 1.0)
    assert queue["empty_at_s"] is None
    assert queue["max_wait_s"] is None


def test_the_wait_is_from_the_end_of_the_publish() -> None:
    # Published 0.1; taken 0.1 and 1.1.
    queue = figures(run("async", traffic={"requests": 2}, steps=[email()], queue={"publish": "100ms"}))[
        "queue"
    ]
    assert queue["max_wait_s"] == 1.0


def test_a_wait_ends_with_whatever_came_and_people_are_not_clicks() -> None:
    # One thread, one place in the line, patience 1.5 s, a second click at once. At 0 three come: the first is
    # served until 1 s (page), the second in line until 1 s and then until 2 s, the third is rejected, 0 s,
    # and again at its second click. The second gives up at 1.5 s and clicks again: waits until 2 s, and has
    # the page at 3 s.
    trace = run(
        "sync",
        traffic={"requests": 3},
        customer={"patience": "1500ms", "resubmits": 1},
        server={"threads": 1, "backlog": 1},
        steps=WORK,
    )
    numbers = figures(trace)
    assert (numbers["requests"], numbers["customers"], numbers["customers_with_page"]) == (5, 3, 2)
    assert numbers["responses"] == {"ok": 2, "error": 0, "timed_out": 1, "rejected": 2, "none": 0}
    waits = numbers["wait_s"]  # 0, 0, 1, 1.5, 1.5: that of the second page is 3 - 1.5
    assert (waits["count"], waits["mean"], waits["min"], waits["p50"], waits["max"]) == (5, 0.8, 0, 1, 1.5)


def test_a_share_within_a_time_is_of_all_clicks_and_the_time_itself_is_in_time() -> None:
    # Pages after 1, 2, 3 s; the fourth and fifth wait when the run is cut at 3.5 s.
    trace = run("sync", traffic={"requests": 5}, server=ONE_THREAD, steps=WORK, stop_at="3500ms")
    result = compare_summaries(summarise(trace))
    limits = ("999ms", "1s", "2s", "3s")
    assert [result.figure("sync", f"answered_within({limit})") for limit in limits] == [0, 0.2, 0.4, 0.6]
    # After 3.5 s nobody can tell of the two who wait whether they come within 4 s: three of three do.
    assert result.figure("sync", "answered_within(3500ms)") == 0.6
    assert result.figure("sync", "answered_within(4s)") == 1
    assert result.each("sync", "done_within(2s)") == (0.4,)
    assert result.figure("async", "done_within(2s)") is None


def test_a_share_within_a_time_counts_who_never_gets_there() -> None:
    # The charge fails: an error page, after 1 s. Nobody is left to wait for.
    failing = [step("work", "1s", failure_rate=1)]
    result = compare_summaries(summarise(run("sync", traffic={"requests": 2}, steps=failing)))
    assert result.figure("sync", "answered_within(10s)") == result.figure("sync", "done_within(10s)") == 0


def test_a_message_that_is_given_up_is_told_although_its_work_was_done() -> None:
    # 2 s of work, visible again after 1 s: worker 2 does it too. Both acknowledge too late, and the second
    # delivery was the last: a dead letter, although the work was done at 2 s.
    trace = run(
        "async",
        traffic={"requests": 1},
        steps=[email("2s", retry={"attempts": 2})],
        queue={"visibility_timeout": "1s", "late_ack": "ignored"},
        workers={"count": 2},
    )
    numbers = figures(trace)
    assert (numbers["work"]["completed"], numbers["work"]["dead_lettered"]) == (1, 0)
    rows = {row.label: row.async_ for row in compare_summaries(summarise(trace)).rows()}
    assert rows["messages dead-lettered"] == 1
    assert "work dead-lettered" not in rows

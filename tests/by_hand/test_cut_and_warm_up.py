"""Cutting a run at `stop_at`, and leaving out its warm-up."""

from __future__ import annotations

from by_hand.timeline import attempts, email, figures, replies, run, step, window, works
from syncasync_sim.experiment import run_designs
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import summarise
from syncasync_sim.stats.rows import notes

WORK = [step("work", "1s", effect="done")]
ONE_THREAD = {"threads": 1}


def test_everything_at_the_cut_still_happens() -> None:
    # At 2: the first request is answered, the second begins.
    trace = run("sync", traffic={"requests": 2}, server=ONE_THREAD, steps=[step("work", "2s")], stop_at="2s")
    assert replies(trace) == [("ok", 2.0), ("none", None)]
    assert attempts(trace) == [(0.0, 2.0, "ok"), (2.0, None, "open")]
    assert works(trace) == ["completed", "unfinished"]


def test_what_is_open_at_the_cut() -> None:
    # At 1.5: customer 0 is in hand (2 s of work), customer 1 waits; customer 2 would come at 2.
    trace = run(
        "sync",
        traffic={"at": ["0s", "1s", "2s"]},
        server=ONE_THREAD,
        steps=[step("work", "2s")],
        stop_at="1500ms",
    )
    assert replies(trace) == [("none", None), ("none", None)]
    assert works(trace) == ["unfinished", "failed"]
    numbers = figures(trace)
    assert numbers["service_time_s"] == 1.5
    assert numbers["customers"] == 2
    assert numbers["server"]["utilisation"] == 1.0
    assert numbers["ended_at_s"] == 0.0


def test_a_run_that_is_cut_is_not_told_as_over() -> None:
    # One a second for 10 s. The work is 100 ms, then 1 s: at 3, the request of second 2 is open in sync, and
    # so is its email in async. The one of second 3 has just come.
    def told(stop_at: str, workers: int = 4) -> tuple[list[str], str, list[str]]:
        traffic = {"rate": "1/s", "for": "10s"}
        steps = [step("work", "100ms", effect="done"), email("1s")]
        parts = {"traffic": traffic, "steps": steps, "workers": {"count": workers}, "stop_at": stop_at}
        comparison = run_designs(Scenario.model_validate(parts), seed=1)[0]
        over = [row for row in comparison.rows() if row.figure == "ended_at_s"]
        cut = [note for note in notes(comparison, comparison.rows()) if note.startswith("Cut")]
        return (
            [f"{row.label} {row.text('sync')} {row.text('async')}" for row in over],
            over[0].in_words(),
            cut,
        )

    note = "Cut at 3.00 s (stop_at): the times leave out what was not finished."
    assert told("3s") == (["run cut at 3.00 s 3.00 s"], "", [note])
    assert told("20s")[2] == []
    # Nobody takes from the queue; sync is over by itself.
    rows, words, cut = told("20s", workers=0)
    assert (rows, words, len(cut)) == (["run over at 10.10 s cut at 20.00 s"], "", 1)


def test_a_run_that_ends_at_the_very_cut_is_over() -> None:
    # One request from 0 to 2, and one from 1 to 3.
    def cut(stop_at: str) -> float | None:
        traffic = {"at": ["0s", "1s"]}
        return summarise(run("sync", traffic=traffic, steps=[step("work", "2s")], stop_at=stop_at)).cut_at_s

    assert [cut(at) for at in ("2s", "3s", "4s")] == [2.0, None, None]


def test_endless_retries_in_the_request_are_cut() -> None:
    # A try a second, for ever: the third is going on at 2.5.
    steps = [
        step(
            "work",
            "1s",
            failure_rate="100%",
            retry={"attempts": "unlimited", "delay": "0s", "in_request": True},
        )
    ]
    trace = run("sync", steps=steps, stop_at="2500ms")
    assert attempts(trace) == [(0.0, 1.0, "failed"), (1.0, 2.0, "failed"), (2.0, None, "open")]
    assert replies(trace) == [("none", None)]
    assert works(trace) == ["unfinished"]


def test_what_waits_for_ever_is_observed_up_to_the_cut() -> None:
    # Published at 1 and never taken: depth 1 for 3 of 4 s.
    queue = figures(run("async", steps=[*WORK, email()], workers={"count": 0}, stop_at="4s"))["queue"]
    assert queue["mean_depth"] == 0.75


def test_a_message_in_flight_at_the_cut() -> None:
    trace = run("async", steps=[*WORK, email("3s")], stop_at="2s")
    assert replies(trace) == [("ok", 1.0)]
    assert works(trace) == ["unfinished"]
    numbers = figures(trace)
    assert numbers["ended_at_s"] == 1.0
    assert numbers["service_time_s"] == 2.0
    # Busy 1-2 of the two observed seconds.
    assert numbers["workers"]["utilisation"] == 0.5


def test_a_cut_after_the_end_changes_nothing() -> None:
    numbers = figures(run("async", traffic={"requests": 3}, steps=[email()], stop_at="60s"))
    assert numbers["queue"]["mean_depth"] == 1.0
    assert numbers["workers"]["utilisation"] == 1.0


def test_warm_up_leaves_out_earlier_customers() -> None:
    # Customers at 0, 1 and 2; from 1 on they count. Nothing else is different.
    trace = run(
        "sync",
        traffic={"at": ["0s", "1s", "2s"]},
        server=ONE_THREAD,
        steps=[step("work", "2s")],
        warm_up="1s",
    )
    numbers = figures(trace)
    assert (numbers["customers"], numbers["requests"], numbers["responses"]["ok"]) == (2, 2, 2)
    # Replies at 4 and 6, after 3 and 4 s.
    assert (numbers["response_time_s"]["min"], numbers["response_time_s"]["max"]) == (3.0, 4.0)
    assert numbers["service_time_s"] == 4.0
    # The thread is busy all the time from 1 to 6; customer 1 waits 1-2, 1 and 2 at 2 ...
    assert numbers["server"] == {"threads": 1, "utilisation": 1.0, "peak_waiting": 1, "peak_busy": 1}
    assert numbers["ended_at_s"] == 6.0


def test_warm_up_is_about_the_first_click() -> None:
    # Customer 0 came at 0; the second click, at 2, belongs to the warm-up too.
    fails = [step("work", "1s", effect="done", outages=[window("0s", "1s")])]
    customer = {"resubmits": 1, "resubmit_after": "1s"}
    numbers = figures(run("sync", traffic={"at": ["0s", "3s"]}, customer=customer, steps=fails, warm_up="1s"))
    assert (numbers["customers"], numbers["requests"]) == (1, 1)
    assert numbers["effects"] == {"done": 1}


def test_readings_over_time_begin_after_the_warm_up() -> None:
    # Three messages at 0: depth 2 in 0-1, 1 in 1-2, 0 in 2-3. From 1 on: 1 s of 1 in 2 s.
    numbers = figures(run("async", traffic={"requests": 3}, steps=[email()], warm_up="1s"))
    queue = numbers["queue"]
    assert (queue["peak_depth"], queue["mean_depth"], queue["empty_at_s"]) == (1, 0.5, 2.0)
    assert (queue["published"], queue["delivered"], queue["max_wait_s"]) == (0, 0, None)
    assert numbers["workers"]["utilisation"] == 1.0
    assert numbers["service_time_s"] == 0.0


def test_after_the_end_there_is_nothing_to_read() -> None:
    # The message is published at 0 and nobody ever takes it: all is over at 0, before the warm-up is.
    queue = figures(run("async", steps=[email()], workers={"count": 0}, warm_up="1s"))["queue"]
    assert (queue["peak_depth"], queue["peak_depth_at_s"], queue["mean_depth"]) == (0, None, None)


def test_crashes_count_from_the_beginning() -> None:
    workers = {"crashes": [{"worker": 1, "at": "500ms", "restart_after": "0s"}]}
    numbers = figures(
        run("async", traffic={"at": ["0s", "5s"]}, steps=[email()], workers=workers, warm_up="2s")
    )
    assert numbers["workers"]["crashes"] == 1
    # Observed from 2 to 6, busy 5-6.
    assert numbers["workers"]["utilisation"] == 0.25

"""What is told and shown of workers that take nothing, and of a web server or a broker that is down."""

from __future__ import annotations

from typing import Any

import pytest

from replay.test_moves import told
from syncasync_sim import load_scenario, run_designs
from syncasync_sim.replay.document import document
from syncasync_sim.replay.replay_state import DesignReader


def shown(name: str, **parts: str) -> dict[str, Any]:
    """The document of a run."""
    scenario = load_scenario(name, [f"{path}={value}" for path, value in parts.items()])
    return document(*run_designs(scenario, seed=1), with_rows=False)


def reader(plain: dict[str, Any], mode: str = "async") -> DesignReader:
    return next(DesignReader(plain, lane) for lane in plain["lanes"] if lane["id"] == mode)


EMAIL = "[{name: send email, duration: 2s, effect: email sent, background: true}]"
ONE = {"traffic": "{at: [0s]}", "steps": EMAIL}


def test_a_freeze_is_told_from_its_begin_to_the_late_end() -> None:
    # 2 s of work from 0 on. Worker 1 stands still in [0.5, 4), and is taken for dead 2 s after 0.5. Worker 2
    # has the email from 2.5 to 4.5. Worker 1 has 1.5 s left when it wakes, and takes again at 5.5.
    parts = {
        "queue": "{crash_detection: 2s}",
        "workers": "{count: 2, freezes: [{worker: 1, at: 500ms, for: 3500ms}]}",
    }
    lines = told("checkout", "async", **ONE, **parts)
    assert lines[lines.index("0.00 worker 1 takes send email of customer 1, which waited 0.00 s") + 1 :] == [
        "0.50 send email of customer 1 stands still with worker 1, which is frozen",
        "0.50 worker 1 stands still: it is frozen",
        "2.50 send email of customer 1 is visible again while a worker still works on it",
        "2.50 send email of customer 1 stands still with worker 1, which is frozen",
        "2.50 worker 2 takes send email of customer 1 again, delivery 2",
        "2.50 worker 1 has been frozen for too long: the queue takes it for dead",
        "4.00 worker 1 is still at send email of customer 1",
        "4.00 worker 1 wakes",
        "4.50 send email of customer 1 is done",
        "5.50 worker 1 has done send email of customer 1, but had lost the message",
        "5.50 worker 1 takes messages again",
    ]


def test_the_bar_of_the_work_stands_still_with_its_worker() -> None:
    # A quarter of the 2 s is done when worker 1 freezes at 0.5, and still when it wakes at 4; half at 4.5.
    parts = {
        "queue": "{crash_detection: none}",
        "workers": "{count: 1, freezes: [{worker: 1, at: 500ms, for: 3500ms}]}",
    }
    read = reader(shown("checkout", **ONE, **parts))
    place = [box["id"] for box in read.boxes].index("workers")

    def share(t: int) -> float | None:
        (number,) = read.numbers(read.upto(t))[place]
        return read.share(number, t)

    at = [0, 250_000, 500_000, 2_000_000, 3_999_999, 4_000_000, 4_500_000, 5_499_999]
    assert [share(t) for t in at] == pytest.approx([0, 0.125, 0.25, 0.25, 0.25, 0.25, 0.5, 1], abs=1e-6)
    assert read.paused(500_000) == read.paused(3_999_999) == {0: "frozen"}
    assert read.paused(499_999) == read.paused(4_000_000) == {}


def test_an_idle_worker_that_stands_still_takes_nothing_before_it_wakes() -> None:
    # Frozen in [1, 3): the email of 2 waits in the queue until then.
    workers = "{count: 1, freezes: [{worker: 1, at: 1s, for: 2s}]}"
    parts = {"traffic": "{at: [2s]}", "steps": EMAIL, "queue": "{crash_detection: none}", "workers": workers}
    assert told("checkout", "async", **parts)[-3:] == [
        "3.00 worker 1 takes send email of customer 1, which waited 1.00 s",
        "3.00 worker 1 wakes",
        "5.00 send email of customer 1 is done",
    ]


def test_a_stop_is_told_to_its_end_and_beyond() -> None:
    # A signal at 1, done at 2, back at 3 for the next email; a signal at 4, done at 5, never back.
    first, second = "at: 1s, grace: 5s, restart_after: 1s", "at: 4s, grace: 5s, restart_after: never"
    stops = f"[{{worker: 1, {first}}}, {{worker: 1, {second}}}]"
    parts = {"traffic": "{at: [0s, 3s]}", "steps": EMAIL, "workers": f"{{count: 1, stops: {stops}}}"}
    lines = told("checkout", "async", **parts)
    assert [line for line in lines if "customer" not in line] == [
        "1.00 worker 1 gets a signal to stop: it takes nothing more",
        "2.00 worker 1 has nothing left to end and stops",
        "3.00 worker 1 is started again",
        "4.00 worker 1 gets a signal to stop: it takes nothing more",
        "5.00 worker 1 has nothing left to end and stops",
    ]
    read = reader(shown("checkout", **parts))
    words = [read.paused(round(t * 1e6)).get(0, "") for t in (0.9, 1, 1.9, 2, 2.9, 3, 4, 4.9)]
    assert words == ["", "stopping", "stopping", "stopped", "stopped", "", "stopping", "stopping"]


def test_who_does_not_end_in_time_dies() -> None:
    stops = "[{worker: 1, at: 1s, grace: 500ms, restart_after: 1s}]"
    parts = {**ONE, "queue": "{crash_detection: 0s}", "workers": f"{{count: 1, stops: {stops}}}"}
    lines = told("checkout", "async", **parts)
    assert "1.50 worker 1, which had a signal to stop, dies before its work is done" in lines
    assert not [line for line in lines if "nothing left to end" in line or "started again" in line]
    read = reader(shown("checkout", **parts))
    assert [read.paused(t).get(0) for t in (1_499_999, 1_500_000, 2_500_000)] == ["stopping", "dead", None]


def test_an_eviction_is_told() -> None:
    # A poll interval of 1 s, and 2 s of work: out at 1; its partition is worker 2's, which begins at 1.
    queue = "{partitions: 1, visibility_timeout: 1s, on_overrun: evict, max_deliveries: 1}"
    lines = told("checkout", "async", **ONE, queue=queue, workers="{count: 1}")
    assert [line for line in lines if line.partition(" ")[2].startswith("worker 1")][1:] == [
        "1.00 worker 1 is still at send email of customer 1",
        "1.00 worker 1 was too slow and is evicted; its messages come back",
        "2.00 worker 1 has done send email of customer 1, but had lost the message",
        "2.00 worker 1 takes messages again",
    ]


RESTARTS = "{restarts: [{at: 1s, for: 2s}, {at: 2s, for: 2s}, {at: 6s, for: 1s}]}"


def test_restarts_that_overlap_are_told_and_shown_as_one() -> None:
    parts = {"traffic": "{at: [0s, 9s]}", "server": RESTARTS, "queue": "{broker: rabbitmq}"}
    for mode in ("sync", "async"):
        assert [line for line in told("checkout", mode, **parts) if line.endswith(("down", "again"))] == [
            "1.00 the web server goes down",
            "4.00 the web server is open again",
            "6.00 the web server goes down",
            "7.00 the web server is open again",
        ]
        read = reader(shown("checkout", **parts), mode)
        words = [read.place_down("threads", t * 1_000_000) for t in (0, 1, 3, 4, 6, 7)]
        assert words == ["", "web server is down", "web server is down", "", "web server is down", ""]
        assert read.paused(2_000_000) == {}


def test_the_workers_in_the_web_server_are_down_with_it_and_back_with_it() -> None:
    # Worker 1 dies at 0.5 for 9 s, worker 2 for good; both are back at 4, when the web server is.
    crashes = "[{worker: 1, at: 500ms, restart_after: 9s}, {worker: 2, at: 500ms, restart_after: never}]"
    parts = {
        "traffic": "{at: [0s, 9s]}",
        "server": RESTARTS,
        "queue": "{broker: in-process}",
        "workers": f"{{count: 3, crashes: {crashes}}}",
    }
    read = reader(shown("checkout", **parts))
    assert read.paused(600_000) == {0: "dead", 1: "dead"}
    assert read.paused(1_000_000) == {0: "dead", 1: "dead", 2: "down"}
    assert read.paused(4_000_000) == {}
    assert read.paused(6_500_000) == dict.fromkeys(range(3), "down")
    assert "pauses" not in reader(shown("checkout", **parts), "sync").lane


def test_a_broker_that_is_down_is_told_and_shown_where_there_is_one() -> None:
    parts = {
        "traffic": "{at: [0s, 9s]}",
        "queue": "{outages: [{from: 3s, for: 2s}, {from: 8500ms, for: forever}]}",
    }
    assert [line for line in told("checkout", "async", **parts) if "broker" in line] == [
        "3.00 the broker goes down",
        "5.00 the broker is back",
        "8.50 the broker goes down",
    ]
    assert not [line for line in told("checkout", "sync", **parts) if "broker" in line]
    plain = shown("checkout", **parts)
    words = [reader(plain).place_down("queue", t * 1_000_000) for t in (2, 3, 4, 5, 9, 10)]
    assert words == ["", "broker is down", "broker is down", "", "broker is down", "broker is down"]
    assert "places_down" not in reader(plain, "sync").lane


def test_a_step_that_failed_for_good_has_its_mark_and_the_request_goes_on() -> None:
    # The check fails at 0.2, again at 0.2 + 1 + 0.2, and the request goes on at 1.4 without it.
    retry = "{attempts: 2, delay: 1s, in_request: true}"
    fails = f"failure_rate: 100%, on_failure: continue, retry: {retry}"
    step = f"{{name: check payment, duration: 200ms, {fails}}}"
    parts = {"steps": f"[{step}, {{name: save order, duration: 50ms}}]"}
    assert told("checkout", "sync", **parts) == [
        "0.00 thread 1 begins with customer 1, who waited 0.00 s: check payment",
        "0.20 check payment failed for customer 1; thread 1 waits to try again",
        "1.20 thread 1, customer 1: check payment, try 2",
        "1.40 check payment failed for customer 1, and the request goes on without it",
        "1.40 thread 1, customer 1: save order",
        "1.45 customer 1 gets the page",
    ]
    last = {"steps": f"[{step}]"}
    assert told("checkout", "sync", **last)[-2:] == [
        "1.40 check payment failed for customer 1, and the request goes on without it",
        "1.40 customer 1 gets the page",
    ]


def test_guided_play_stops_at_each_kind_once() -> None:
    plain = shown("deploy")
    stops = [text for t, _, _, text in plain["stops"] if 20_000_000 <= t < 30_000_000]
    assert stops.count("It gives back what it only holds, and ends what it has in hand.") == 1
    assert stops.count("It has ended by itself: nothing is lost, and nothing is done twice.") == 1


def test_the_legend_has_the_signs_that_are_seen_and_no_others() -> None:
    of_run = {
        name: {sign["look"] for sign in shown(name)["signs"]}
        for name in ("checkout", "deploy", "frozen-worker")
    }
    assert of_run["deploy"] - of_run["checkout"] == {"stopping", "stopped"}
    assert of_run["frozen-worker"] - of_run["checkout"] == {"frozen"}


def test_a_run_without_such_failures_has_none_of_it() -> None:
    plain = shown("worker-crash")
    assert not [item for lane in plain["lanes"] for item in lane["items"] if item[1] < 0]
    assert not [key for lane in plain["lanes"] for key in ("pauses", "places_down") if key in lane]

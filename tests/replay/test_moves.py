"""Moves: where everybody is, by hand, and against the levels that the statistics read off the same trace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given

from laws.scenarios import scenarios
from laws.test_second_opinion import MANY
from syncasync_sim import load_scenario, run_designs
from syncasync_sim.engine import simulate
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.document import document
from syncasync_sim.replay.replay_state import DesignReader
from syncasync_sim.stats import compare_summaries, summarise
from syncasync_sim.trace.records import ResponseStatus, Trace
from syncasync_sim.trace.series import Series, busy_threads, busy_workers, queue_depth, waiting_for_a_thread


def reader(traces: Mapping[Mode, Trace], mode: Mode) -> DesignReader:
    comparison = compare_summaries(*(summarise(trace) for trace in traces.values()))
    plain = document(comparison, traces)
    return DesignReader(plain, next(lane for lane in plain["lanes"] if lane["id"] == mode))


def told(name: str, mode: Mode, **more: Any) -> list[str]:
    """Every move as its time and its caption."""
    scenario = load_scenario(name, [f"{key}={value}" for key, value in more.items()])
    _, traces = run_designs(scenario, seed=1)
    read = reader(traces, mode)
    return [f"{move[0] / 1e6:.2f} {read.caption(number)}" for number, move in enumerate(read.moves)]


def test_the_checkout_moves() -> None:
    assert told("checkout", "sync") == [
        "0.00 thread 1 begins with customer 1, who waited 0.00 s: check payment",
        "0.20 thread 1, customer 1: charge card",
        "1.00 thread 1, customer 1: save order",
        "1.05 thread 1, customer 1: send email",
        "2.55 customer 1 gets the page",
    ]
    assert told("checkout", "async")[-4:] == [
        "1.05 send email of customer 1 goes on the queue",
        "1.05 customer 1 gets the page",
        "1.05 worker 1 takes send email of customer 1, which waited 0.00 s",
        "2.55 send email of customer 1 is done",
    ]


def test_what_the_web_server_ends_is_told() -> None:
    # Down in [0.5, 1.3): customer 1 is cut in charge card, 2 finds the door closed at 1, 3 comes at 1.3.
    # Of 3 the charge is cut by the time-out of 0.9 s, at 2.2.
    parts = {
        "traffic": "{at: [0s, 1s, 1300ms]}",
        "server": "{timeout: 900ms, restarts: [{at: 500ms, for: 800ms}]}",
    }
    assert told("checkout", "sync", **parts) == [
        "0.00 thread 1 begins with customer 1, who waited 0.00 s: check payment",
        "0.20 thread 1, customer 1: charge card",
        "0.50 the web server goes down, and the request of customer 1 is lost",
        "0.50 the web server goes down",
        "1.00 customer 2 finds the web server down",
        "1.30 thread 1 begins with customer 3, who waited 0.00 s: check payment",
        "1.30 the web server is open again",
        "1.50 thread 1, customer 3: charge card",
        "2.20 the server's time-out is over: the request of customer 3 is killed",
    ]


def test_what_is_lost_with_the_web_server_is_told() -> None:
    # The email is begun at 1.05 and lost at 2 with the web server.
    parts = {"server": "{restarts: [{at: 2s, for: 1s}]}", "queue": "{broker: in-process}"}
    assert told("checkout", "async", **parts)[-3:] == [
        "1.05 worker 1 takes send email of customer 1, which waited 0.00 s",
        "2.00 send email of customer 1 is lost (web server restart)",
        "2.00 the web server goes down",
    ]


def test_a_worker_dies_and_another_takes_the_message() -> None:
    assert [line for line in told("worker-crash", "async") if "customer 3" in line][-5:] == [
        "2.55 worker 1 takes send email of customer 3, which waited 1.50 s",
        "3.00 worker 1 dies with send email of customer 3; nobody knows yet",
        "32.55 send email of customer 3 is visible again",
        "32.55 worker 2 takes send email of customer 3 again, delivery 2",
        "34.05 send email of customer 3 is done",
    ]


def test_an_impatient_queue_shows_two_at_one_message() -> None:
    lines = [line for line in told("short-visibility-timeout", "async") if line.endswith("customer 1")]
    assert "2.05 send email of customer 1 is visible again while a worker still works on it" not in lines
    after = [line for line in told("short-visibility-timeout", "async") if "customer 1" in line.split(",")[0]]
    assert any("still works on it" in line for line in after)
    assert any("had lost the message" in line for line in told("short-visibility-timeout", "async"))


def levels(read: DesignReader, place: str, kinds: set[int] | None = None) -> list[tuple[int, int]]:
    """How many stood in a place since when, read after everything at an instant has happened."""
    number = [p["id"] for p in read.boxes].index(place)
    changes: list[tuple[int, int]] = []
    for t in dict.fromkeys(move[0] for move in read.moves):
        there = [m for m in read.at(read.upto(t))[number] if kinds is None or read.items[m[1]][0] in kinds]
        if len(there) != (changes[-1][1] if changes else 0):
            changes.append((t, len(there)))
    return changes


def same(seen: list[tuple[int, int]], counted: Series) -> bool:
    return seen == list(zip(counted.times_us, counted.levels, strict=True))


@MANY
@given(scenarios())
def test_what_stands_in_a_place_is_what_the_statistics_count(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    for mode in MODES:
        trace = simulate(scenario, mode=mode, seed=1)
        read = reader({mode: trace}, mode)
        times = [move[0] for move in read.moves]
        assert times == sorted(times)
        assert same(levels(read, "wait"), waiting_for_a_thread(trace))
        assert same(levels(read, "threads"), busy_threads(trace))
        if "queue" in [place["id"] for place in read.boxes]:
            assert same(levels(read, "workers"), busy_workers(trace))
            check_the_depth(read, trace)
        check_the_end(read, trace)


def check_the_depth(read: DesignReader, trace: Trace) -> None:
    """What is visible or waits for a retry is the depth; what a dead worker had is not, until it is seen."""
    names = [place["id"] for place in read.boxes]
    depth = queue_depth(trace)
    for t in dict.fromkeys(move[0] for move in read.moves):
        there = dict(zip(names, read.at(read.upto(t)), strict=True))
        least = len(there["queue"])
        level = ([0] + [v for at, v in zip(depth.times_us, depth.levels, strict=True) if at <= t])[-1]
        assert least <= level <= least + len(there.get("later", []))


def check_the_end(read: DesignReader, trace: Trace) -> None:
    """Everybody who was answered stands where the answer is counted."""
    there = dict(zip((p["id"] for p in read.boxes), read.at(len(read.moves)), strict=True))
    answers = list(trace.requests.column("response"))
    names = (("page", ResponseStatus.OK), ("error", ResponseStatus.ERROR), ("left", ResponseStatus.TIMED_OUT))
    for place, response in names:
        assert len(there.get(place, [])) == answers.count(response)

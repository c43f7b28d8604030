"""Arrivals and work times of files: three customers, one thread, one worker, on paper."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from by_hand.timeline import completed, done, replies
from syncasync_sim import load_scenario, vary
from syncasync_sim.engine import simulate
from syncasync_sim.experiment.near_ties import shifted_runs
from syncasync_sim.files import change_scenario
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

ARRIVALS = "arrival\n0\n0.4\n1.0\n"
WORK = "charge,email\n1,2550\n0.5,1000\n0.25,300\n"
SCENARIO = """
traffic: {file: arrivals.csv, paired: true}
server: {threads: 1}
steps:
- {name: charge, duration: "empirical(file=work.csv, column=charge)"}
- {name: email, duration: "empirical(file=work.csv, column=email, unit=ms)", background: true}
"""
BY_VALUES = """
traffic: {at: [0s, 400ms, 1s]}
server: {threads: 1}
steps:
- {name: charge, duration: "empirical([1s, 500ms, 250ms])"}
- {name: email, duration: "empirical([2550ms, 1s, 300ms])", background: true}
"""


def scenario_in(folder: Path, text: str = SCENARIO, arrivals: str = ARRIVALS, work: str = WORK) -> Scenario:
    """The scenario of a text with its files in a folder."""
    (folder / "arrivals.csv").write_text(arrivals, encoding="utf-8")
    (folder / "work.csv").write_text(work, encoding="utf-8")
    (folder / "shop.yaml").write_text(text, encoding="utf-8")
    return load_scenario(folder / "shop.yaml")


def rows(trace: Trace) -> list[list[tuple[int, ...]]]:
    """All rows of a run, without the scenario."""
    tables = (trace.requests, trace.attempts, trace.messages, trace.deliveries)
    return [list(table.columns(*table.kind.COLUMNS)) for table in tables]


def arrived(scenario: Scenario) -> list[float]:
    return [request.arrived_s for request in simulate(scenario, "sync").requests]


def test_paired_sync(tmp_path: Path) -> None:
    # 1 + 2.55 = 3.55; the second until 3.55 + 0.5 + 1 = 5.05, the third until 5.05 + 0.25 + 0.3 = 5.6.
    trace = simulate(scenario_in(tmp_path), "sync")
    assert replies(trace) == [("ok", 3.55), ("ok", 5.05), ("ok", 5.6)]
    assert completed(trace) == [3.55, 5.05, 5.6]


def test_paired_async(tmp_path: Path) -> None:
    # Pages at 1, 1 + 0.5 and 1.5 + 0.25; the worker: 1 + 2.55 = 3.55, 3.55 + 1 = 4.55, 4.55 + 0.3 = 4.85.
    trace = simulate(scenario_in(tmp_path), "async")
    assert replies(trace) == [("ok", 1.0), ("ok", 1.5), ("ok", 1.75)]
    assert done(trace) == [3.55, 4.55, 4.85]


@pytest.mark.parametrize("mode", MODES)
def test_paired_is_the_same_in_every_replication(tmp_path: Path, mode: str) -> None:
    scenario = scenario_in(tmp_path)
    first, other = (simulate(scenario, mode, seed=n, replication=n) for n in (1, 7))  # type: ignore[arg-type]
    assert rows(first) == rows(other)


def test_only_the_first_attempt_is_paired(tmp_path: Path) -> None:
    # Everything before 10 s fails at its end; the second attempt, which begins later, has a value by chance.
    text = SCENARIO.replace('charge)"}', 'charge)", outages: [{from: 0s, for: 2s}], retry: {attempts: 2}}')
    scenario = scenario_in(tmp_path, text)
    trace = simulate(scenario, "sync", seed=5)
    charges = [(row.number, (row.ended_s or 0.0) - row.started_s) for row in trace.attempts if row.step == 0]
    by_chance = RandomStreams(5).uniform("duration", "charge", 2)
    quantile_s = scenario.steps[0].duration.quantile_s
    firsts = [length for number, length in charges if number == 1]
    seconds = [length for number, length in charges if number == 2]
    assert firsts == pytest.approx([1.0, 0.5, 0.25])
    assert seconds == pytest.approx([quantile_s(by_chance(customer)) for customer in range(len(seconds))])


def test_only_the_first_click_is_paired(tmp_path: Path) -> None:
    # The only thread works until 3.55: the other is rejected, and clicks again at 10.4.
    text = SCENARIO.replace("threads: 1", "threads: 1, backlog: 0")
    text += "customer: {resubmits: 1, resubmit_after: 10s}\n"
    scenario = scenario_in(tmp_path, text, arrivals="arrival\n0\n0.4\n")
    again = set()
    for seed in range(1, 9):
        (length,) = [
            round(((row.ended_s or 0.0) - row.started_s) * 1e6)
            for row in simulate(scenario, "sync", seed=seed).attempts
            if row.step == 0 and row.started_s == 10.4
        ]
        by_chance = RandomStreams(seed).uniform("duration", "charge", 1, 1)
        assert length == round(scenario.steps[0].duration.quantile_s(by_chance(1)) * 1e6)
        again.add(length)
    assert again == {1_000_000, 500_000, 250_000}


@pytest.mark.parametrize("mode", MODES)
def test_files_give_the_same_trace_as_values(tmp_path: Path, mode: str) -> None:
    scenario = scenario_in(tmp_path, SCENARIO.replace(", paired: true", ""))
    (tmp_path / "values.yaml").write_text(BY_VALUES, encoding="utf-8")
    values = load_scenario(tmp_path / "values.yaml")
    for seed in range(1, 6):
        of_files, of_values = (simulate(s, mode, seed=seed) for s in (scenario, values))  # type: ignore[arg-type]
        assert rows(of_files) == rows(of_values)


def test_later_rows_are_left_out(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path, SCENARIO.replace("paired", "rows: 2, paired"))
    assert arrived(scenario) == [0.0, 0.4]
    assert replies(simulate(scenario, "sync")) == [("ok", 3.55), ("ok", 5.05)]


@pytest.mark.parametrize(
    ("keys", "column", "times"),
    [
        ("", "0\n1.5\n1.5\n", [0.0, 1.5, 1.5]),
        ("", "2\n3.25\n", [2.0, 3.25]),
        (", start: first", "2\n3.25\n", [0.0, 1.25]),
        (", start: 1.5", "2\n3.25\n", [0.5, 1.75]),
        (", unit: ms", "2\n3250.5\n", [0.002, 3.2505]),
        (", unit: us, start: 1763000000000000", "1763000000000001\n1763000000250000\n", [1e-06, 0.25]),
        (", unit: ns, start: first", "1763000000000000000\n1763000000000007000\n", [0.0, 7e-06]),
        ("", "2026-09-21T14:13:20Z\n2026-09-21T14:13:21.5Z\n", [0.0, 1.5]),
        ("", "2026-09-21T14:13:20+02:00\n2026-09-21T12:13:21.5Z\n", [0.0, 1.5]),
        (", start: 2026-09-21T14:13:00Z", "2026-09-21T14:13:20Z\n2026-09-21 14:13:21,5\n", [20.0, 21.5]),
    ],
)
def test_when_they_come(tmp_path: Path, keys: str, column: str, times: list[float]) -> None:
    text = SCENARIO.replace(", paired: true", keys)
    assert arrived(scenario_in(tmp_path, text, arrivals=f"when\n{column}".replace(",5", ".5"))) == times
    assert arrived(scenario_in(tmp_path, text, arrivals=column.replace(",5", ".5"))) == times


def test_values_go_along_with_a_change(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path)
    for path in tmp_path.glob("*.csv"):
        path.unlink()
    assert scenario.with_data(scenario.to_data()) == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert vary(scenario, {"workers.count": 2}).measured == scenario.measured
    assert change_scenario(scenario, ["workers.count=2"]) == vary(scenario, {"workers.count": 2})


def test_other_values_are_another_scenario(tmp_path: Path) -> None:
    first = scenario_in(tmp_path)
    other = scenario_in(tmp_path, work=WORK.replace("0.5", "0.6"))
    assert first.to_data() == other.to_data()
    assert first != other
    assert len({first, first.with_data(first.to_data())}) == 1


def test_a_little_later_they_keep_their_rows(tmp_path: Path) -> None:
    scenario = scenario_in(tmp_path)
    for run in shifted_runs(simulate(scenario, "sync")):
        assert replies(run)[0][1] == pytest.approx(3.55, abs=0.011)
        assert run.ended_at_us - round((replies(run)[1][1] or 0) * 1e6) == 550_000

"""Where a warm-up ends by MSER-5: sums that one can do on paper, and what comes of a scenario that asks."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from syncasync_sim import run_designs
from syncasync_sim.engine import simulate
from syncasync_sim.errors import NotSettledError
from syncasync_sim.experiment import size, sweep
from syncasync_sim.experiment.pilot import RUNS
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.size_result import size_notes
from syncasync_sim.render.sweep_columns import table_of
from syncasync_sim.stats import summarise
from syncasync_sim.stats.warm_up import WarmUp, truncation


def batches(*means: float) -> list[float]:
    """Five values of each mean."""
    return [mean for mean in means for _ in range(5)]


def by_the_book(values: list[float]) -> int:
    """The same, written as the paper has it: for every cut the spread of what is left over its count."""
    means = [sum(values[at : at + 5]) / 5 for at in range(0, len(values) - 4, 5)]
    scores = {}
    for cut in range(len(means) - 4):
        rest = means[cut:]
        centre = sum(rest) / len(rest)
        scores[cut] = sum((one - centre) ** 2 for one in rest) / len(rest) ** 2
    return 5 * min(scores, key=lambda cut: (scores[cut], cut))


@pytest.mark.parametrize(
    ("means", "left_out"),
    [
        ([0, 0, *[10] * 10], 10),  # two low batches, and ten alike
        ([90, *[10] * 11], 5),  # a jam at the beginning
        ([10] * 12, 0),
        ([10] * 10, 0),
        ([10] * 9, None),  # too few
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], None),  # still growing
        ([0] * 6 + [10] * 6, 30),  # the last place that is believed: half
        ([0] * 7 + [10] * 6, None),
    ],
)
def test_what_is_left_out(means: list[float], left_out: int | None) -> None:
    assert truncation(batches(*means)) == left_out


def test_values_that_fill_no_batch_are_not_looked_at() -> None:
    assert truncation([*batches(0, 0, *[10] * 10), 99, 99, 99, 99]) == 10


@pytest.mark.parametrize("seed", range(20))
def test_it_is_what_the_paper_says(seed: int) -> None:
    values = [(k * 7919 + seed * 104_729) % 101 + 40 / (1 + k / 10) for k in range(173)]
    expected = by_the_book(values)
    assert truncation(values) == (None if 2 * expected > 5 * (173 // 5) else expected)


def line(**parts: Any) -> Scenario:
    """One thread at 80 %, by chance, from empty."""
    data: dict[str, Any] = {
        "traffic": {"rate": "8/s", "for": "300s", "arrivals": "poisson"},
        "server": {"threads": 1},
        "steps": [{"name": "work", "duration": "exponential(mean=100ms)"}],
        "warm_up": "auto",
    }
    return Scenario.model_validate(data | parts)


def jam(count: int, **parts: Any) -> Scenario:
    """Thirty at once, and then *count*, one every 2 s: each of those waits for nobody."""
    at = ["0s"] * 30 + [f"{100 + 2 * k}s" for k in range(count)]
    return line(traffic={"at": at}, steps=[{"name": "work", "duration": "1s"}], **parts)


def test_the_jam_is_left_out_to_the_microsecond() -> None:
    # The thirty wait 1 to 30 s, six batches; all others 1 s. Their first comes at 100 s.
    comparison, traces = run_designs(jam(70), seed=1)
    assert {trace.scenario.warm_up for trace in traces.values()} == {100.0}
    for numbers in comparison.modes.values():
        assert (numbers["customers"], numbers["response_time_s"]["max"]) == (70, 1.0)


def test_the_other_clock_counts_too() -> None:
    # The page is there at once, so by the replies nothing need be left out; the work has the jam.
    steps = [{"name": "work", "duration": "1s", "background": True}]
    traffic = jam(70).to_data()["traffic"]
    _, traces = run_designs(line(traffic=traffic, steps=steps), seed=1, modes=("async",))
    assert traces["async"].scenario.warm_up == 100.0


def test_one_warm_up_for_all_replications_and_designs() -> None:
    scenario = line()
    comparison, _ = run_designs(scenario, seed=3, replications=4)
    found = comparison.scenario.warm_up
    pilots = WarmUp()
    for replication in range(-RUNS, 0):
        pilots.add(simulate(scenario, "sync", seed=3, replication=replication))
    assert found == pilots.end_s()
    given, _ = run_designs(line(warm_up=f"{found}s"), seed=3, replications=4)
    assert comparison.modes == given.modes


@pytest.mark.parametrize(
    ("traffic", "says"),
    [
        (
            {"requests": 49},
            "the run is too short to tell where its warm-up ends\n  = let customers come for longer",
        ),
        (
            {"rate": "12/s", "for": "300s", "arrivals": "poisson"},
            "12 requests/s arrive, but 1 thread can serve only 10/s, so the queue and the waits keep "
            "growing\n"
            "  = let fewer customers come (traffic), or add threads (server.threads)",
        ),
    ],
)
def test_a_run_that_does_not_settle_is_refused_with_the_cause(traffic: dict[str, Any], says: str) -> None:
    """Fewer than ten batches; or more than can be done, and then a longer run is no cure."""
    with pytest.raises(NotSettledError) as refused:
        run_designs(line(traffic=traffic), seed=1)
    assert says in str(refused.value)
    assert ("longer" in str(refused.value)) == ("requests" in traffic)
    error = pickle.loads(pickle.dumps(refused.value))
    assert (str(error), error.mode, error.why) == (str(refused.value), "sync", refused.value.why)


def test_a_trace_by_itself_is_enough() -> None:
    trace = simulate(jam(70), "sync", seed=1)
    assert (summarise(trace).scenario.warm_up, summarise(trace).customers) == (100.0, 70)
    with pytest.raises(NotSettledError):
        summarise(simulate(jam(10), "sync", seed=1))


def test_who_stops_the_pilots_gets_a_partial_result() -> None:
    asked = 0

    def watch(arrived: int, expected: int) -> bool:
        nonlocal asked
        asked += 1
        return asked < 5

    comparison, traces = run_designs(line(), seed=1, watch=watch)
    assert {trace.scenario.warm_up for trace in traces.values()} == {0.0}
    assert comparison.replications == 1


def test_a_sweep_has_figures_where_it_settles() -> None:
    parts = {"server": {"threads": 3}, "traffic": {"rate": "8/s", "for": "200s", "arrivals": "poisson"}}
    slow = {"name": "email", "duration": "exponential(mean=200ms)", "background": True}
    scenario = line(**parts, steps=[*line().to_data()["steps"], slow])
    swept = sweep(scenario, {"workers.count": "1..3"}, seed=1)
    rows = swept.rows()
    known = {(row["workers.count"], row["design"]): row["requests"] is not None for row in rows}
    assert [mode for (count, mode), is_known in known.items() if count == 1 and is_known] == ["sync"]
    assert all(known[2, mode] and known[3, mode] for mode in MODES)
    found = size(scenario, "async.completion_time_s.p95 < 60s", {"workers.count": "1..3"}, replications=2)
    assert [(trial.settles, trial.meets) for trial in found.trials] == [
        (False, False),
        (True, True),
        (True, True),
    ]
    (note,) = (note for note in table_of(swept).notes if "Lines without figures" in note)
    assert note.endswith("found no end of the warm-up there; more comes than can be done.")
    assert found.trials[0].unsettled.endswith("so the queue and the delay of the work keep growing")
    assert f"At 1 it does not settle (warm_up: auto): {found.trials[0].unsettled}." in size_notes(found)

"""What is done to a run from its picture is what `--set` does, at that moment and not before."""

from __future__ import annotations

import math
import shlex
from fractions import Fraction
from itertools import pairwise

import pytest

from syncasync_sim import ScenarioError, load_scenario, run_designs
from syncasync_sim.files import parse_scenario
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.replay.document import document
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.incidents import INCIDENTS, MOST, with_incidents
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Trace

SCENARIOS = ("ten-orders", "slow-email", "rush-hour", "email-down-resubmit", "worker-crash")


def ended_before(trace: Trace, at_s: float) -> list[tuple[int, ...]]:
    """The attempts that ended before a time; one of the runs may be by events, which write them in turn."""
    rows = trace.attempts.columns(*trace.attempts.kind.COLUMNS)
    ended = trace.attempts.kind.COLUMNS.index("ended")
    return sorted(row for row in rows if NEVER < row[ended] < at_s * US_PER_S)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("incident", INCIDENTS)
def test_an_incident_is_the_run_that_the_command_gives_and_changes_nothing_before(
    name: str, incident: str
) -> None:
    explored = Explorer(load_scenario(name), source=name)
    at_s = 2.5
    picture, without = explored.look({incident: [at_s]}), explored.look({})
    words = shlex.split(explored.command(picture))
    scenario = load_scenario(words[2], [after for before, after in pairwise(words) if before == "--set"])
    assert picture.document == document(*run_designs(scenario, seed=scenario.seed), with_rows=False)
    for mode, trace in without.traces.items():
        assert ended_before(trace, at_s) == ended_before(picture.traces[mode], at_s)
    assert picture.document != without.document


def test_workers_die_in_turn_and_come_back() -> None:
    scenario = load_scenario("slow-email")
    changed, flags = with_incidents(scenario, scenario.steps[-1], {"kill": [3, 1.255, 2, 11.25]})
    assert [(crash.worker, crash.at_s, crash.restart_after_s) for crash in changed.workers.crashes] == [
        (1, 1.25, 10), (2, 2, 10), (3, 3, 10), (1, 11.25, 10),
    ]  # fmt: skip
    assert flags[-1].startswith("workers.crashes=[{worker: 1, at: 1.25s, restart_after: 10s}, ")


def test_nobody_dies_who_is_dead_and_rather_one_who_would_not_die_soon() -> None:
    scenario = load_scenario("worker-crash")  # worker 1 of 2 dies at 3 s, for good
    changed, _ = with_incidents(scenario, scenario.steps[-1], {"kill": [0]})
    assert [(crash.worker, crash.at_s) for crash in changed.workers.crashes] == [(1, 3), (2, 0)]
    changed, _ = with_incidents(scenario, scenario.steps[-1], {"kill": [4]})
    assert changed.workers.crashes[-1].worker == 2
    with pytest.raises(ScenarioError, match=r"no worker is alive at 5\.00 s\n  = choose another moment"):
        with_incidents(scenario, scenario.steps[-1], {"kill": [4, 5]})


def test_an_outage_of_the_scenario_stays() -> None:
    scenario = load_scenario("email-down-resubmit")
    changed, _ = with_incidents(scenario, scenario.steps[-1], {"down": [150]})
    assert [(window.from_s, window.for_s) for window in changed.steps[-1].outages] == [(0, 120), (150, 30)]


@pytest.mark.parametrize(
    ("traffic", "at_s", "phases"),
    [
        ("{rate: 3/s, for: 60s}", 20, [(20, 3, 3), (10, 15, 15), (30, 3, 3)]),
        ("{rate: 3/s, for: 60s}", 55, [(55, 3, 3), (10, 15, 15)]),
        ("{rate: 3/s, for: 60s}", 70, [(60, 3, 3), (10, 0, 0), (10, 2, 2)]),
        ("{phases: [{ramp: [0/s, 4/s], for: 40s}]}", 10, [(10, 0, 1), (10, 5, 5), (20, 2, 4)]),
        ("{phases: [{rate: 1/s, for: 5s}, {rate: 8/s, for: 15s}]}", 0, [(10, 5, 5), (10, 8, 8)]),
    ],
)  # fmt: skip
def test_a_spike_takes_the_place_of_those_who_would_come(
    traffic: str, at_s: float, phases: list[tuple[int, int, int]]
) -> None:
    scenario = parse_scenario(f"traffic: {traffic}\nsteps: [{{name: work, duration: 1s}}]\n")
    changed, _ = with_incidents(scenario, scenario.steps[0], {"spike": [at_s]})
    segments = [(segment.lasts_s, segment.first, segment.last) for segment in changed.traffic.segments]
    assert segments == [tuple(map(Fraction, row)) for row in phases]


def test_where_customers_have_times_of_their_own_more_are_added() -> None:
    scenario = parse_scenario("traffic: {at: [9s, 1s]}\nsteps: [{name: work, duration: 1s}]\n")
    changed, _ = with_incidents(scenario, scenario.steps[0], {"spike": [3]})
    assert changed.traffic.at_s is not None
    assert len(changed.traffic.at_s) == 22
    assert {1, 3, 3.5, 9, 12.5} <= set(changed.traffic.at_s)


@pytest.mark.parametrize(
    "times", [3, "3", [True], ["3"], [-1], [math.inf], [math.nan], [1e99], [0] * (MOST + 1), None]
)
def test_what_is_no_time_is_refused(times: object) -> None:
    with pytest.raises(ScenarioError, match="'kill' has no such time"):
        Explorer(load_scenario("checkout")).look({"kill": times})


def test_without_a_queue_there_is_no_worker_to_kill() -> None:
    alone = parse_scenario("traffic: {requests: 1}\nsteps: [{name: work, duration: 1s}]\n")
    assert [row["name"] for row in Explorer(alone).incidents] == ["down", "spike"]
    assert [row["label"] for row in Explorer(load_scenario("checkout")).incidents] == [
        "Kill a worker",
        "send email is down",
        "A spike",
    ]

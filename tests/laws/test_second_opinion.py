"""The engine and the second opinion agree on every figure of every scenario without chance.

SYNCASYNC_EXAMPLES=20000 looks at that many scenarios, drawn afresh, instead of the suite's fixed few.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import isclose
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from laws.scenarios import measured_scenarios, scenarios
from second_opinion import Answer, Simulation
from syncasync_sim.engine import simulate
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import summarise
from syncasync_sim.trace.records import Trace

EXAMPLES = int(os.environ.get("SYNCASYNC_EXAMPLES", "0"))
MANY = settings(
    max_examples=EXAMPLES or 300,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=False,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


LACKS = "has no such figure (write it into tests/second_opinion/figures.py)"


def differences(mine: Any, theirs: Any, where: str = "") -> Iterator[str]:
    """Every place where the two disagree, as readable lines."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in mine | theirs:
            yield from differences(mine.get(key, LACKS), theirs.get(key, "no such key"), f"{where}.{key}")
    elif isinstance(mine, float | int) and isinstance(theirs, float | int):
        if not isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9):
            yield f"{where}: second opinion {mine}, engine {theirs}"
    elif mine != theirs:
        yield f"{where}: second opinion {mine}, engine {theirs}"


def answers(trace: Trace) -> dict[tuple[int, int], Answer]:
    """Per (customer, click): response, when it came, when all was done, what became of the work."""

    def us(seconds: float | None) -> int | None:
        return None if seconds is None else round(seconds * US_PER_S)

    return {
        (row.customer, row.click): (str(row.response), us(row.replied_s), us(row.completed_s), str(row.work))
        for row in trace.requests
    }


def disagreements(scenario: Scenario, mode: Mode) -> list[str]:
    mine = Simulation(scenario, mode)
    trace = simulate(scenario, mode, seed=1)
    lines = list(differences(mine.answers(), answers(trace), f"{mode} requests"))
    return lines + list(differences(mine.figures(), summarise(trace).to_dict(), mode))


@MANY
@given(scenarios())
def test_the_engine_and_the_second_opinion_agree(scenario: Scenario) -> None:
    lines = [line for mode in MODES for line in disagreements(scenario, mode)]
    assert not lines, "\n".join([*lines, str(scenario.to_data())])


@settings(MANY, max_examples=EXAMPLES or 150)
@given(measured_scenarios())
def test_they_agree_on_measured_times(scenario: Scenario) -> None:
    lines = [line for mode in MODES for line in disagreements(scenario, mode)]
    assert not lines, "\n".join([*lines, str(scenario.to_data()), str(scenario.measured)])

"""Running a question more than once: both designs on the same customers, over several replications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncasync_sim.engine import simulate
from syncasync_sim.engine.run import Watch
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.records import Trace
from syncasync_sim.model.scenario import MODES, Mode, Scenario
from syncasync_sim.stats import Comparison, Summary, compare, summarise


def run_designs(
    scenario: Scenario,
    *,
    seed: int,
    modes: Sequence[Mode] = MODES,
    replications: int = 1,
    watch: Watch | None = None,
) -> tuple[Comparison, dict[Mode, Trace]]:
    """Run *scenario* in each of *modes*, *replications* times, all modes on the same customers.

    Returns the comparison, and the traces of the first replication. When *watch* says no, what was
    finished by then is compared, marked as partial: replications that are whole in every mode, or else
    the first one as far as it came.
    """
    summaries: list[Summary] = []
    traces: dict[Mode, Trace] = {}
    for replication in range(replications):
        draws = Draws(seed, replication)
        runs = {
            mode: simulate(scenario, mode, seed=seed, replication=replication, draws=draws, watch=watch)
            for mode in modes
        }
        stopped = any(trace.partial for trace in runs.values())
        if replication and stopped:
            break
        traces = traces or runs
        summaries += [summarise(trace) for trace in runs.values()]
        if stopped:
            break
    comparison = compare(*summaries)
    return comparison, traces


def replicate(
    scenario: Scenario, replications: int, *, seed: int, modes: Sequence[Mode] = MODES
) -> Comparison:
    """The comparison over *replications* independent runs, with 95 % intervals when there are several."""
    return run_designs(scenario, seed=seed, modes=modes, replications=replications)[0]


def vary(scenario: Scenario, changes: dict[str, Any]) -> Scenario:
    """The scenario with values replaced by their dotted names, as `{"workers.count": 3}`, checked anew.

    Values are written as in a file: text with a unit. Raises pydantic's ValidationError.
    """
    data = scenario.to_data()
    for name, value in changes.items():
        *parents, key = name.split(".")
        place = data
        for parent in parents:
            place = place.setdefault(parent, {})
        place[key] = value
    return Scenario.model_validate(data)

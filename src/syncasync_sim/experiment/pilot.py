"""Pilot runs: where the warm-up of a scenario ends, found from runs that are not counted.

Their random numbers are not those of the runs that are counted. If a run chose where it begins, it would
begin after its bad times, and its mean would be too good.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncasync_sim.engine import simulate
from syncasync_sim.engine.simulation import Watch
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.warm_up import WarmUp, not_settled

RUNS = 20
"""So many make the mean of each customer steady enough (docs/model.md has what it comes to)."""


def pilots(scenario: Scenario) -> int:
    """Return the number of pilot runs of each design, made to find the warm-up."""
    return RUNS if scenario.warm_up == "auto" else 0


def with_settled_warm_up(
    scenario: Scenario, seed: int, modes: Sequence[Mode], watch: Watch | None = None
) -> Scenario:
    """The scenario with the longest warm-up that one of the designs needs, in seconds.

    Args:
        scenario: a scenario with `warm_up: auto`.
        seed: the random seed; pilot runs use replications below 0, whose random numbers no other run uses.
        modes: the designs.
        watch: asked repeatedly whether to go on; after it says no, there is no warm-up and everybody
            counts.

    Raises:
        NotSettledError: a design does not settle.
    """
    warm_ups = {mode: WarmUp() for mode in modes}
    for replication in range(-RUNS, 0):
        draws = random_streams(scenario, seed, replication)
        for mode in modes:
            if watch is not None and not watch(0, 1):  # a short run never looks itself
                return _with_warm_up(scenario, 0.0)
            trace = simulate(scenario, mode, seed=seed, replication=replication, draws=draws, watch=watch)
            if trace.partial:
                return _with_warm_up(scenario, 0.0)
            warm_ups[mode].add(trace)
    ends_s = {mode: warm_up.end_s() for mode, warm_up in warm_ups.items()}
    return _with_warm_up(
        scenario, max(_settled_end_s(scenario, mode, end_s) for mode, end_s in ends_s.items())
    )


def _settled_end_s(scenario: Scenario, mode: Mode, end_s: float | None) -> float:
    if end_s is None:
        raise not_settled(scenario, mode)
    return end_s


def _with_warm_up(scenario: Scenario, warm_up_s: float) -> Scenario:
    return scenario.model_copy(update={"warm_up": warm_up_s})

"""The asynchronous design with other steps on the queue, run with common random numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from pydantic import ValidationError

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.errors import RunTooLongError
from syncasync_sim.experiment import run_replications, vary
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Summary, summarise
from syncasync_sim.stats.premature_replies import PrematureReplies, mean_promises, promises
from syncasync_sim.stats.worker_load import StationLoad, measured_bottleneck, measured_worker_load
from syncasync_sim.trace.losses import LossCause, lost_by_cause, refused_by_cause, turned_away

Placement = tuple[bool, ...]
"""A design: for each step, whether it is on the queue."""
STOPPED = "stopped before it was run"


@dataclass(frozen=True, slots=True)
class Run:
    """The result of one design: a summary per replication, and the promises made for each step on the queue.

    `load` is that of the workers, on average; `bottleneck` that of whatever limits the work behind the queue:
    the workers, or a service that they call; None where there is none to speak of. `turned_away` are the
    messages that a full queue refused or dropped, on average, `refused` all whose publish was refused, and
    `lost` all that were lost, by the cause.
    `not_run` is the reason why there is no result; `partial` is set if the run was stopped before its end.
    """

    scenario: Scenario | None = None
    summaries: tuple[Summary, ...] = ()
    promises: tuple[PrematureReplies | None, ...] = ()
    load: float | None = None
    bottleneck: StationLoad | None = None
    turned_away: float = 0.0
    lost: Mapping[LossCause, float] = field(default_factory=dict)
    refused: float = 0.0
    not_run: str = ""
    partial: bool = False


class DesignRuns:
    """Runs designs of one scenario, each of them once."""

    def __init__(self, scenario: Scenario, seed: int, replications: int, watch: Watch | None) -> None:
        self.scenario, self.seed, self.replications, self.watch = scenario, seed, replications, watch
        self.stopped = False
        self._runs: dict[Placement, Run] = {}

    @property
    def as_it_is(self) -> Placement:
        return tuple(step.background for step in self.scenario.steps)

    def run(self, placement: Placement) -> Run:
        """Run a design, or return its run if it was made before.

        Args:
            placement: for each step, whether it is on the queue.

        Raises:
            RunTooLongError: the run of the scenario as it is does not come to an end.
        """
        if placement not in self._runs:
            self._runs[placement] = self._run(placement)
        return self._runs[placement]

    def _run(self, placement: Placement) -> Run:
        if placement == self.as_it_is:
            return self._measured(self.scenario)
        return self._run_if_possible(lambda: with_placement(self.scenario, placement))

    def changed(self, scenario: Scenario, changes: Mapping[str, Any]) -> Run:
        """Run a design with some of its values changed.

        Args:
            scenario: the design to change.
            changes: the new values by their paths, as in `vary`.
        """
        return self._run_if_possible(lambda: vary(scenario, changes))

    def _run_if_possible(self, make: Callable[[], Scenario]) -> Run:
        """A run of a scenario that may not be possible, or not come to an end."""
        if (
            not self.stopped and self.watch is not None and not self.watch(0, 1)
        ):  # a short run never looks itself
            self.stopped = True
        if self.stopped:
            return Run(not_run=STOPPED)
        try:
            scenario = make()
        except ValidationError as error:
            return Run(not_run=str(error.errors(include_url=False)[0]["msg"]))
        try:
            run = self._measured(scenario)
        except RunTooLongError as error:
            return Run(scenario, not_run=str(error))
        return Run(scenario, not_run=STOPPED) if self.stopped else run

    def _measured(self, scenario: Scenario) -> Run:
        summaries: list[Summary] = []
        loads: list[float] = []
        bottlenecks: list[StationLoad] = []
        away: list[int] = []
        refused: list[int] = []
        lost: Counter[LossCause] = Counter()
        made: list[list[PrematureReplies]] = [[] for _ in scenario.steps]
        for runs in run_replications(scenario, self.seed, ("async",), self.replications, self.watch):
            trace = runs["async"]
            summaries.append(summarise(trace))
            away.append(turned_away(trace))
            lost += lost_by_cause(trace)
            refused.append(refused_by_cause(trace).total())
            loads += [load for load in [measured_worker_load(trace)] if load is not None]
            bottlenecks += [load for load in [measured_bottleneck(trace)] if load is not None]
            for index, step in enumerate(scenario.steps):
                made[index] += [promises(trace, index)] if step.background else []
        partial = any(summary.partial for summary in summaries)
        self.stopped = partial or len(summaries) < self.replications
        mean_by_step = tuple(mean_promises(listed) if listed else None for listed in made)
        return Run(
            scenario,
            tuple(summaries),
            mean_by_step,
            fmean(loads) if loads else None,
            StationLoad(bottlenecks[0].station, fmean(limit.load for limit in bottlenecks))
            if bottlenecks
            else None,
            fmean(away) if away else 0.0,
            {cause: number / len(summaries) for cause, number in lost.items()},
            fmean(refused) if refused else 0.0,
            partial=partial,
        )


def with_placement(scenario: Scenario, placement: Sequence[bool]) -> Scenario:
    """The scenario with exactly these steps on the queue.

    Args:
        scenario: the scenario to change.
        placement: for each step, whether it is on the queue.

    Raises:
        ValidationError: the scenario does not allow this placement (an error of pydantic).
    """
    data = scenario.to_data()
    for step, is_on_queue in zip(data["steps"], placement, strict=True):
        step["background"] = is_on_queue
    return scenario.with_data(data)

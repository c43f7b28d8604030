"""What the queue rules say of a design, each change tried and measured on the same customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from syncasync_sim.advice.design_runs import DesignRuns, Run
from syncasync_sim.advice.queue_facts import QueueFacts
from syncasync_sim.advice.queue_rules import Concern, concerns
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import peak_load
from syncasync_sim.model.theory.saturation import overloads
from syncasync_sim.model.written import written
from syncasync_sim.stats import compare_summaries
from syncasync_sim.stats.change import Change, ChangeRow, change_of
from syncasync_sim.stats.findings import all_changed_rows, direction
from syncasync_sim.stats.worker_load import StationLoad


@dataclass(frozen=True, slots=True)
class QueueAdvice:
    """One concern about the queue, and what its change does.

    `changed` is the design before and after the change (and nothing else); None if it could not be run,
    and `not_run` says why.
    """

    concern: Concern
    changed: Change | None
    not_run: str

    @property
    def sets(self) -> tuple[str, ...]:
        """The values of `--set` that make the change."""
        return tuple(f"{path}={written(value)}" for path, value in self.concern.changes.items())

    @property
    def is_better(self) -> bool:
        """Whether the change was measured to make something better."""
        return self.changed is not None and direction(self.changed)[0]

    def rows(self) -> list[ChangeRow]:
        """Return the rows of the figures that differ after the change, with the shares that times are of."""
        return [] if self.changed is None else all_changed_rows(self.changed)

    def to_dict(self) -> dict[str, Any]:
        """Return the advice as plain data, ready for JSON."""
        return {
            "rule": self.concern.rule.name,
            "reason": self.concern.sentence,
            "set": list(self.sets),
            "changed": self.changed and self.changed.to_dict(),
            "not_run": self.not_run or None,
        }


def queue_advice(design_runs: DesignRuns, run: Run) -> tuple[QueueAdvice, ...]:
    """Judge the queue of a design that was run, and measure the change that each concern suggests.

    Args:
        design_runs: the runs made so far; it makes the runs of the suggested changes.
        run: the run of the design to judge.

    Returns:
        One piece of advice for each concern; empty if the design was not run, or has no step on the queue.
    """
    scenario = run.scenario
    if scenario is None or not run.summaries:
        return ()
    figures = compare_summaries(*run.summaries).modes["async"]
    facts = QueueFacts(scenario, figures, _peak(scenario, run), run.turned_away, run.lost, run.refused)
    raised = concerns(facts)
    tried = [_measured_advice(design_runs, run, scenario, concern) for concern in raised]
    return tuple(advice for advice in tried if not advice.concern.rule.if_better or advice.is_better)


def _peak(scenario: Scenario, run: Run) -> StationLoad | None:
    """The load of the workers, or of a service they call, where the traffic is at its height.

    None unless more comes than can be done, for long enough or measured.
    """
    longer = [overload.station for overload in overloads(scenario, "async") if overload.station.behind_queue]
    if longer:
        return StationLoad(longer[0], peak_load(scenario, longer[0]))
    measured = run.bottleneck
    if measured is None or measured.load <= 1 + 1e-9:
        return None
    return replace(measured, load=max(measured.load, peak_load(scenario, measured.station)))


def _measured_advice(design_runs: DesignRuns, run: Run, scenario: Scenario, concern: Concern) -> QueueAdvice:
    after = design_runs.changed(scenario, concern.changes)
    both = change_of(run.summaries, after.summaries) if after.summaries else None
    return QueueAdvice(concern, both, after.not_run)

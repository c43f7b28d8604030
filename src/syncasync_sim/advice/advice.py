"""Advice on a scenario: the verdict of the rules on each step, and the measured effect of moving it."""

from __future__ import annotations

from dataclasses import replace

from syncasync_sim.advice import words
from syncasync_sim.advice.design_runs import DesignRuns, Placement, Run
from syncasync_sim.advice.queue_advice import queue_advice
from syncasync_sim.advice.results import Advice, StepAdvice
from syncasync_sim.engine.simulation import Watch
from syncasync_sim.model.rules import Verdict, judge
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory import downtime
from syncasync_sim.model.theory.demand import worker_load, workers_station
from syncasync_sim.stats import compare_summaries
from syncasync_sim.stats.change import Change, change_of
from syncasync_sim.stats.worker_load import StationLoad

NOT_REACHED = "no click gets as far"


def advise(
    scenario: Scenario, *, seed: int | None = None, replications: int = 1, watch: Watch | None = None
) -> Advice:
    """Advise on each step of a scenario, and measure the design with only that step moved.

    All runs have the same customers and the same random numbers (common random numbers).

    Args:
        scenario: the scenario to judge.
        seed: the random seed; by default the scenario's own.
        replications: the number of independent runs of each design.
        watch: asked repeatedly whether to go on; after it says no, the runs that are missing are left out.

    Returns:
        The advice on each step, with the measured change of moving it.

    Raises:
        RunTooLongError: the run of the scenario as it is does not come to an end.
    """
    seed = scenario.seed if seed is None else seed
    design_runs, verdicts = DesignRuns(scenario, seed, replications, watch), judge(scenario)
    own = design_runs.run(design_runs.as_it_is)
    steps = tuple(_step_advice(design_runs, verdict, index) for index, verdict in enumerate(verdicts))
    advised = tuple(step.place == "async" for step in steps)
    run = design_runs.run(advised)
    advice = Advice(
        scenario=scenario,
        seed=seed,
        steps=steps,
        as_it_is=compare_summaries(*own.summaries, asked=replications),
        followed=None if advised == design_runs.as_it_is else _change_between(own, run),
        from_request=_change_between(design_runs.run(tuple(False for _ in verdicts)), run)
        if any(step.is_advised and step.place == "async" for step in steps)
        else None,
        load=_load(run),
        bottleneck=_bottleneck(run),
        not_run=run.not_run,
        queue=queue_advice(design_runs, run if run.summaries else own),
        partial=own.partial or design_runs.stopped,
        turned_away=run.turned_away,
        down="" if run.scenario is None else downtime.with_its_effect(run.scenario),
    )
    return replace(advice, summary=tuple(words.summary(advice)))


def _step_advice(design_runs: DesignRuns, verdict: Verdict, index: int) -> StepAdvice:
    """The verdict on the step at *index*, and the run with it moved."""
    own = design_runs.run(design_runs.as_it_is)
    moved = _with_step_moved(design_runs.as_it_is, index)
    run = Run(not_run=NOT_REACHED) if verdict.facts.blocked_by else design_runs.run(moved)
    on_queue = own if verdict.now == "async" else run
    promised = on_queue.promises[index] if verdict.step.is_needed and on_queue.promises else None
    step = StepAdvice(
        verdict,
        _change_between(own, run),
        promised,
        (_load(own), _load(run)),
        (_bottleneck(own), _bottleneck(run)),
        run.not_run,
    )
    return replace(step, what_if=words.what_if(step))


def _load(run: Run) -> float | None:
    """The load of the workers: what was measured, or of a design that was not run what is to be expected."""
    return run.load if run.summaries or run.scenario is None else worker_load(run.scenario)


def _bottleneck(run: Run) -> StationLoad | None:
    """What limits the work behind the queue, with its load; of a design that was not run the workers."""
    if run.summaries or run.scenario is None:
        return run.bottleneck
    load, workers = worker_load(run.scenario), workers_station(run.scenario)
    return None if load is None or workers is None else StationLoad(workers, load)


def _with_step_moved(placement: Placement, index: int) -> Placement:
    return (*placement[:index], not placement[index], *placement[index + 1 :])


def _change_between(before: Run, after: Run) -> Change | None:
    both = before.summaries and after.summaries
    return change_of(before.summaries, after.summaries) if both else None

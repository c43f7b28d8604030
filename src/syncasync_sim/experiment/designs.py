"""Running a question more than once: both designs on the same customers, over several replications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from syncasync_sim.engine import simulate
from syncasync_sim.engine.simulation import Watch
from syncasync_sim.errors import NotSettledError, RunTooLongError
from syncasync_sim.experiment.pilot import with_settled_warm_up
from syncasync_sim.model.brokers import BROKERS, carries_over, preset_name
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.paths import locate, parse_path, set_value
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import NEVER_ENDS, Scenario
from syncasync_sim.stats import Comparison, Summary, compare_summaries, summarise
from syncasync_sim.stats.change import Change, change_of
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.worker_queries import last_work_us


def run_designs(
    scenario: Scenario,
    *,
    seed: int | None = None,
    modes: Sequence[Mode] = MODES,
    replications: int = 1,
    watch: Watch | None = None,
) -> tuple[Comparison, dict[Mode, Trace]]:
    """Run a scenario in both designs, or in one, with the same customers in each.

    Args:
        scenario: the scenario to run.
        seed: the random seed; by default the scenario's own.
        modes: the designs to run.
        replications: the number of independent runs of each design.
        watch: asked repeatedly whether to go on. After it says no, the comparison is of the replications
            that are whole in every design, or else of the unfinished first one, and is marked as partial.

    Returns:
        The comparison, and the trace of the first replication of each design.

    Raises:
        RunTooLongError: a run does not come to an end.
        NotSettledError: `warm_up: auto` found no end of the warm-up.
    """
    seed = scenario.seed if seed is None else seed
    summaries, traces = _summaries(scenario, seed, modes, replications, watch)
    return compare_summaries(*summaries, asked=replications), traces


def run_beside(
    scenario: Scenario,
    baseline: Scenario,
    *,
    seed: int,
    modes: Sequence[Mode] = MODES,
    replications: int = 1,
    watch: Watch | None = None,
) -> tuple[Comparison, dict[Mode, Trace], dict[Mode, Change]]:
    """Run a scenario as `run_designs` does, and a baseline with the same random numbers.

    Args:
        scenario: the scenario to run.
        baseline: the scenario to compare it with.
        seed: the random seed of both.
        modes: the designs to run.
        replications: the number of independent runs of each design.
        watch: asked repeatedly whether to go on. After it says no, the replications count that are whole in
            both scenarios; if the baseline has none, those of the scenario count and there is no change.

    Returns:
        The comparison and the traces of `run_designs`, and for each design the change from baseline to
        scenario.
    """
    summaries, traces = _summaries(scenario, seed, modes, replications, watch)
    comparison = compare_summaries(*summaries, asked=replications)
    if comparison.partial:
        return comparison, traces, {}
    others, _ = _summaries(baseline, seed, modes, replications, watch)
    if any(summary.partial for summary in others):
        return replace(comparison, partial=True), traces, {}
    complete = {summary.replication for summary in others}
    summaries = [summary for summary in summaries if summary.replication in complete]
    comparison = compare_summaries(*summaries, asked=replications)
    sides = {mode: [[s for s in side if s.mode == mode] for side in (others, summaries)] for mode in modes}
    return comparison, traces, {mode: change_of(*pair) for mode, pair in sides.items()}


def _summaries(
    scenario: Scenario, seed: int, modes: Sequence[Mode], replications: int, watch: Watch | None
) -> tuple[list[Summary], dict[Mode, Trace]]:
    """The summaries of every replication, and the traces of the first."""
    summaries: list[Summary] = []
    traces: dict[Mode, Trace] = {}
    for runs in run_replications(scenario, seed, modes, replications, watch):
        traces = traces or runs
        summaries += [summarise(trace) for trace in runs.values()]
    return summaries, traces


def run_replications(
    scenario: Scenario, seed: int, modes: Sequence[Mode], replications: int, watch: Watch | None
) -> Iterator[dict[Mode, Trace]]:
    """Yield the traces of each replication in turn, by design.

    If the warm-up is `auto`, it is found first, and holds for all replications.

    Args:
        scenario: the scenario to run.
        seed: the random seed.
        modes: the designs to run.
        replications: the number of independent runs of each design.
        watch: asked repeatedly whether to go on; after it says no, only an unfinished first replication is
            given.

    Raises:
        NotSettledError: `warm_up: auto` found no end of the warm-up.
    """
    if scenario.warm_up == "auto":
        scenario = with_settled_warm_up(scenario, seed, modes, watch)
    for replication in range(replications):
        draws = random_streams(scenario, seed, replication)  # common random numbers: all designs share them
        runs: dict[Mode, Trace] = {}
        for mode in modes:
            if replication and watch is not None and not watch(0, 1):  # a short run never looks itself
                return
            runs[mode] = simulate(
                scenario, mode, seed=seed, replication=replication, draws=draws, watch=watch
            )
        del draws  # tens of megabytes in a long run
        stopped = any(trace.partial for trace in runs.values())
        if not (replication and stopped):
            yield runs
        if stopped:
            return


def compare(
    scenario: Scenario, *, seed: int | None = None, modes: Sequence[Mode] = MODES, replications: int = 1
) -> Comparison:
    """Run *scenario* in both designs, on the same customers, and put their figures side by side.

    Args:
        scenario: what to run.
        seed: the random seed; by default the scenario's own.
        modes: the designs to run.
        replications: how many independent runs; with several there are 95 % intervals.

    Raises:
        RunTooLongError: a run does not come to an end.
        NotSettledError: `warm_up: auto` found no end of the warm-up.
    """
    return run_designs(scenario, seed=seed, modes=modes, replications=replications)[0]


def replicate(
    scenario: Scenario, replications: int, *, seed: int | None = None, modes: Sequence[Mode] = MODES
) -> Comparison:
    """Compare the designs as `compare` does, over several independent runs.

    Args:
        scenario: the scenario to run.
        replications: the number of independent runs of each design.
        seed: the random seed; by default the scenario's own.
        modes: the designs to run.
    """
    return compare(scenario, seed=seed, modes=modes, replications=replications)


@dataclass(frozen=True, slots=True)
class BrokerRun:
    """One scenario on one broker, asynchronously.

    `last_work_s` is when a worker last succeeded at a step, for the first time or again, in seconds of the
    run's clock (the mean over the replications in which one did); None if none ever did. `trace` is that
    of the first replication.
    """

    broker: str
    comparison: Comparison
    trace: Trace
    last_work_s: float | None


@dataclass(frozen=True, slots=True)
class BrokerRefusal:
    """A broker on which the scenario cannot be run, and why."""

    broker: str
    refusal: Literal["not possible", "never ends"]
    why: str


Changes = Mapping[str, Any]


def on_broker(scenario: Scenario, broker: str, changes: Changes | None = None) -> Scenario:
    """The scenario on another broker.

    The keys of the queue are kept, but for those that have a particular meaning on its own broker.

    Args:
        scenario: the scenario to change.
        broker: the name of the broker.
        changes: changes for this broker only, by their paths as in `vary`.

    Raises:
        ValidationError: the scenario does not fit the broker (an error of pydantic).
        PathError: a path of *changes* leads nowhere.
    """
    data = scenario.to_data()
    own, broker = scenario.queue.broker, preset_name(broker)
    queue = {key: value for key, value in data.get("queue", {}).items() if carries_over(key, own, broker)}
    data["queue"] = {**queue, "broker": broker}
    for name, value in (changes or {}).items():
        set_value(data, locate(data, parse_path(name)), value)
    return scenario.with_data(data)


def compare_brokers(
    scenario: Scenario,
    *,
    seed: int | None = None,
    brokers: Sequence[str] = tuple(BROKERS),
    replications: int = 1,
    watch: Watch | None = None,
    only: Mapping[str, Changes] | None = None,
) -> list[BrokerRun | BrokerRefusal]:
    """Run the asynchronous design on each broker, on the same customers with the same random numbers.

    The scenario's own keys of the queue hold for every broker, but for those that have a particular meaning
    on its own broker (`carries_over`).

    Args:
        scenario: the scenario to run.
        seed: the random seed; by default the scenario's own.
        brokers: the names of the brokers; by default all.
        replications: the number of independent runs on each broker.
        watch: asked repeatedly whether to go on; after it says no, the other brokers are left out.
        only: changes for one broker each, as `{"kafka": {"queue.partitions": 8}}`.

    Returns:
        The run on each broker, or a BrokerRefusal if the scenario does not fit the broker or its run never
        ends.

    Raises:
        ScenarioError: a path of *only* leads nowhere (inside the package: PathError).
    """
    seed = scenario.seed if seed is None else seed
    done: list[BrokerRun | BrokerRefusal] = []
    for broker in brokers:
        run = _run_on_broker(scenario, broker, seed, replications, watch, (only or {}).get(broker))
        is_stopped = isinstance(run, BrokerRun) and run.comparison.partial
        if not (is_stopped and any(isinstance(earlier, BrokerRun) for earlier in done)):
            done.append(run)
        if is_stopped:
            break
    return done


def _run_on_broker(
    scenario: Scenario,
    broker: str,
    seed: int,
    replications: int,
    watch: Watch | None,
    changes: Changes | None,
) -> BrokerRun | BrokerRefusal:
    """What comes of the scenario on one broker."""
    try:
        varied = on_broker(scenario, broker, changes)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        cure = detail.get("ctx", {}).get("cure", "")
        why = f"{detail['msg']}; {cure}" if cure else str(detail["msg"])
        never = why.startswith(NEVER_ENDS)
        return BrokerRefusal(broker, "never ends" if never else "not possible", why)
    first: Trace | None = None
    summaries: list[Summary] = []
    last: list[float] = []
    try:
        for runs in run_replications(varied, seed, ("async",), replications, watch):
            trace = runs["async"]
            first = first or trace
            summaries.append(summarise(trace))
            last += [at / US_PER_S for at in [last_work_us(trace)] if at is not None]
    except RunTooLongError as error:
        return BrokerRefusal(broker, "never ends", str(error))
    except NotSettledError as error:
        return BrokerRefusal(broker, "not possible", str(error).replace("\n  = ", "; "))
    assert first is not None, "there is at least one replication"
    comparison = compare_summaries(*summaries, asked=replications)
    return BrokerRun(broker, comparison, first, sum(last) / len(last) if last else None)


def vary(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with some values replaced, checked again.

    An item of a list is named by its number or its name: `steps[3].duration`, `steps[send email].duration`.
    Values are written as in a file: text with a unit.

    Args:
        scenario: the scenario to change.
        changes: the new values by their paths, as `{"workers.count": 3}`.

    Raises:
        ScenarioError: a value is not allowed, or a path cannot be read or leads nowhere (inside the package:
            ValidationError and PathError).
    """
    data = scenario.to_data()
    for name, value in changes.items():
        set_value(data, locate(data, parse_path(name)), value)
    return scenario.with_data(data)

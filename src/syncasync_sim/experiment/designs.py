"""Running a question more than once: both designs on the same customers, over several replications."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncasync_sim.engine import simulate
from syncasync_sim.engine.run import Watch
from syncasync_sim.experiment.pilot import settled
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Comparison, Summary, compare_summaries, summarise
from syncasync_sim.stats.contrast import Contrast, contrast
from syncasync_sim.trace.queries import last_work_us
from syncasync_sim.trace.records import Trace


def run_designs(
    scenario: Scenario,
    *,
    seed: int | None = None,
    modes: Sequence[Mode] = MODES,
    replications: int = 1,
    watch: Watch | None = None,
) -> tuple[Comparison, dict[Mode, Trace]]:
    """Run *scenario* in each of *modes*, *replications* times, all modes on the same customers.

    *seed*: by default the scenario's own. Returns the comparison, and the traces of the first replication.
    When *watch* says no, what was finished by then is compared, marked as partial: replications that are
    whole in every mode, or else the first one as far as it came.
    """
    seed = scenario.seed if seed is None else seed
    summaries, traces = _summaries(scenario, seed, modes, replications, watch)
    return compare_summaries(*summaries), traces


def run_beside(
    scenario: Scenario,
    baseline: Scenario,
    *,
    seed: int,
    modes: Sequence[Mode] = MODES,
    replications: int = 1,
    watch: Watch | None = None,
) -> tuple[Comparison, dict[Mode, Trace], dict[Mode, Contrast]]:
    """Run *scenario* as `run_designs` does, and *baseline* with the same luck beside it.

    Returns what `run_designs` does, and for each design the contrast: before, the baseline; after, the
    scenario. When *watch* says no, the replications count that are whole in both, or else, where the
    baseline has none yet, those of the scenario, and there are no contrasts.
    """
    summaries, traces = _summaries(scenario, seed, modes, replications, watch)
    comparison = compare_summaries(*summaries)
    if comparison.partial or comparison.replications < replications:
        return comparison, traces, {}
    others, _ = _summaries(baseline, seed, modes, replications, watch)
    if any(summary.partial for summary in others):
        return comparison, traces, {}
    whole = {summary.replication for summary in others}
    summaries = [summary for summary in summaries if summary.replication in whole]
    comparison = compare_summaries(*summaries)
    sides = {mode: [[s for s in side if s.mode == mode] for side in (others, summaries)] for mode in modes}
    return comparison, traces, {mode: contrast(*pair) for mode, pair in sides.items()}


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
    """The traces of each replication in turn, by design; once *watch* says no, only a first one cut short.

    Where the warm-up is `auto` it is found first, and holds for all of them. Raises NotSettledError.
    """
    if scenario.warm_up == "auto":
        scenario = settled(scenario, seed, modes, watch)
    for replication in range(replications):
        draws = Draws(seed, replication)
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
        seed: where the random numbers begin; by default the scenario's own.
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
    """`compare` over *replications* independent runs."""
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


def compare_brokers(
    scenario: Scenario,
    *,
    seed: int | None = None,
    brokers: Sequence[str] = tuple(BROKERS),
    replications: int = 1,
    watch: Watch | None = None,
) -> list[BrokerRun]:
    """The asynchronous design on each of *brokers*, on the same customers with the same luck.

    What the scenario itself says about its queue holds for every one. Raises pydantic's ValidationError,
    before anything is run, if that does not go with a broker. Stops early when *watch* says no.
    """
    seed = scenario.seed if seed is None else seed
    asked = {broker: vary(scenario, {"queue.broker": broker}) for broker in brokers}
    done: list[BrokerRun] = []
    for broker, varied in asked.items():
        first: Trace | None = None
        summaries: list[Summary] = []
        last: list[float] = []
        for runs in run_replications(varied, seed, ("async",), replications, watch):
            trace = runs["async"]
            first = first or trace
            summaries.append(summarise(trace))
            last += [at / US_PER_S for at in [last_work_us(trace)] if at is not None]
        assert first is not None, "there is at least one replication"
        comparison = compare_summaries(*summaries)
        done.append(BrokerRun(broker, comparison, first, sum(last) / len(last) if last else None))
        if comparison.partial or comparison.replications < replications:
            break
    return done


def vary(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with values replaced by their dotted names, as `{"workers.count": 3}`, checked anew.

    An item of a list is named by its place or its name: `steps[3].duration`, `steps[send email].duration`.
    Values are written as in a file: text with a unit. Raises pydantic's ValidationError, and LookupError for
    an item that is not there.
    """
    data = scenario.to_data()
    for name, value in changes.items():
        *parents, (key, _) = [(step["key"], step["item"]) for step in _STEP.finditer(name)]
        place: Any = data
        for parent, item in parents:
            place = place.setdefault(parent, {}) if item is None else _item(place, item)
        place[key] = value
    return Scenario.model_validate(data)


_STEP = re.compile(r"(?:^|\.)(?P<key>[^.\[\]]+)|\[(?P<item>[^\[\]]+)\]")


def _item(items: list[Any], wanted: str) -> Any:
    """The item of a list with that name, or at that place."""
    for place, item in enumerate(items):
        if wanted in (item.get("name"), str(place)):
            return item
    raise LookupError(f"there is no item {wanted!r}: {[item.get('name') for item in items]}")

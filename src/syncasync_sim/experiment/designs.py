"""Running a question more than once: both designs on the same customers, over several replications."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncasync_sim.engine import simulate
from syncasync_sim.engine.run import Watch
from syncasync_sim.experiment.pilot import settled
from syncasync_sim.model.attempts import Outcome
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.paths import locate, parse_path, set_value
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import MODES, Mode, Scenario
from syncasync_sim.stats import Comparison, Summary, compare, summarise
from syncasync_sim.stats.contrast import Contrast, contrast
from syncasync_sim.trace.records import NEVER, Trace


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
    summaries, traces = _summaries(scenario, seed, modes, replications, watch)
    return compare(*summaries), traces


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
    comparison = compare(*summaries)
    if comparison.partial or comparison.replications < replications:
        return comparison, traces, {}
    others, _ = _summaries(baseline, seed, modes, replications, watch)
    if any(summary.partial for summary in others):
        return comparison, traces, {}
    whole = {summary.replication for summary in others}
    summaries = [summary for summary in summaries if summary.replication in whole]
    comparison = compare(*summaries)
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


def replicate(
    scenario: Scenario, replications: int, *, seed: int, modes: Sequence[Mode] = MODES
) -> Comparison:
    """The comparison over *replications* independent runs, with 95 % intervals when there are several."""
    return run_designs(scenario, seed=seed, modes=modes, replications=replications)[0]


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
    seed: int,
    brokers: Sequence[str] = tuple(BROKERS),
    replications: int = 1,
    watch: Watch | None = None,
) -> list[BrokerRun]:
    """The asynchronous design on each of *brokers*, on the same customers with the same luck.

    What the scenario itself says about its queue holds for every one. Raises pydantic's ValidationError,
    before anything is run, if that does not go with a broker. Stops early when *watch* says no.
    """
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
            last += [at for at in [_last_work_s(trace)] if at is not None]
        assert first is not None, "there is at least one replication"
        comparison = compare(*summaries)
        done.append(BrokerRun(broker, comparison, first, sum(last) / len(last) if last else None))
        if comparison.partial or comparison.replications < replications:
            break
    return done


def _last_work_s(trace: Trace) -> float | None:
    """When a worker last succeeded at a step."""
    columns = (trace.attempts.column(name) for name in ("by", "outcome", "ended"))
    ends = (ended for by, outcome, ended in zip(*columns, strict=True) if by < 0 and outcome == Outcome.OK)
    at_us = max(ends, default=NEVER)
    return None if at_us == NEVER else at_us / US_PER_S


def vary(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with values replaced by their paths, as `{"workers.count": 3}`, checked anew.

    An item of a list is named by its place or its name: `steps[3].duration`, `steps[send email].duration`.
    Values are written as in a file: text with a unit. Raises pydantic's ValidationError, and PathError (a
    LookupError) for a path that cannot be read or leads nowhere.
    """
    data = scenario.to_data()
    for name, value in changes.items():
        set_value(data, locate(data, parse_path(name)), value)
    return Scenario.model_validate(data)

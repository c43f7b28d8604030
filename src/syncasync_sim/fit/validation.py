"""A scenario beside a log: measured; measured arrivals and work with simulated waits; all simulated.

The second leg judges the waits alone: arrivals and work are those of the log, and only the server of the
scenario decides who waits how long. The third leg judges the scenario as it stands. Where the second agrees
and the third does not, it is the arrivals or the work of the scenario that differ.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any, Literal

from syncasync_sim.engine import simulate
from syncasync_sim.errors import LogError
from syncasync_sim.fit.findings import capacity
from syncasync_sim.fit.fitted import Fit, fit_log, responses_us
from syncasync_sim.fit.legs import JUDGED, NAMES, Figures, Kind, Leg, Range, is_near
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.resampling import drawn_again, other_arrivals, other_rows
from syncasync_sim.fit.verdicts import verdict_on_all, verdict_on_waits
from syncasync_sim.model.formats import format_count
from syncasync_sim.model.measured import ColumnReference, MeasuredColumn, known_columns
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.intervals import t_quantile
from syncasync_sim.stats.percentiles import Stats
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, Trace

FEWEST = 40
"""Requests that are judged, at least."""
WHERE = "log"


@dataclass(frozen=True, slots=True, repr=False)
class Validation:
    """The log and its two simulations side by side; as a text it is the verdict on each."""

    measured: Figures
    responses_us: array[int]
    judged: int
    """How many requests of the log are judged."""
    fitted_on: int
    """How many requests of the log gave arrivals and work; all of them without a hold-out."""
    legs: tuple[Leg, ...]
    is_held_out: bool = False
    """Whether the judged requests come after those that gave arrivals and work."""

    def __repr__(self) -> str:
        return "\n".join(leg.verdict for leg in self.legs)

    @property
    def agrees(self) -> bool:
        """Whether every leg agrees with the log."""
        return all(leg.agrees for leg in self.legs)


def validate(
    scenario: Scenario,
    log: Log,
    *,
    holdout: float = 0.0,
    replications: int = 20,
    seed: int | None = None,
    mode: Mode | None = None,
) -> Validation:
    """Judge a scenario by a log.

    Args:
        scenario: the scenario.
        log: the log of requests, closed.
        holdout: the share of the log, at its end, that is judged; the part before gives arrivals and work.
            0: all of it does both.
        replications: the number of runs of each leg.
        seed: the random seed; by default the scenario's own.
        mode: the design in which the log was measured; by default async if a step is in the background. A
            log from before a step was moved is one of the design sync.

    Raises:
        LogError: the log holds too few requests, or no requests at all.
    """
    if log.noun == "jobs":
        raise LogError("a log of jobs has no response times to judge\n  = give a log of requests")
    first, judged = _parts(log, holdout)
    fit = fit_log(first)
    measured_work_us = (fit.threads if judged is first else capacity(judged)).work_us
    measured = _figures_of_log(judged)
    seed = scenario.seed if seed is None else seed
    kind = _kind_of_log(judged, measured_work_us)
    waits = _waits_leg(scenario, fit, judged, (measured, kind), range(replications), seed)
    refit = holdout > 0 and scenario.traffic.file is not None
    if refit and fit.threads.work_us is None:
        return Validation(
            measured,
            responses_us(judged.calls),
            len(judged.calls),
            len(first.calls),
            (waits, _unmade(fit)),
            True,
        )
    runs = []
    for number in range(replications):
        draws = RandomStreams(seed, number)
        own = _refitted(scenario, fit, draws) if refit else other_rows(scenario, draws)
        runs.append(simulate(own, mode or _mode(own), seed=seed, replication=number))
    all_leg = _leg("all", measured, runs)
    verdict = verdict_on_all(all_leg, waits, (kind, _kind_of_runs(runs)), scenario)
    legs = waits, _with_verdict(all_leg, verdict)
    return Validation(
        measured, responses_us(judged.calls), len(judged.calls), len(first.calls), legs, holdout > 0
    )


# -- the parts of the log ---------------------------------------------------------------------------------


def _parts(log: Log, holdout: float) -> tuple[Log, Log]:
    """The part that gives arrivals and work, and the part that is judged."""
    count = len(log.calls)
    cut = count - round(count * holdout) if holdout else 0
    parts = (log, log) if not holdout else (log.of(range(cut)), log.of(range(cut, count)))
    fewest = min(len(part.calls) for part in parts)
    if fewest < FEWEST:
        raise LogError(
            f"{format_count(fewest)} requests are too few to judge a scenario by; {FEWEST} are the least\n"
            "  = give a longer log"
        )
    return parts


def _figures_of_log(log: Log) -> Figures:
    calls = log.calls
    lasts_us = max(calls.end_us) - calls.start_us[0]
    return _figures(responses_us(calls), len(calls), lasts_us, sum(calls.failed) / len(calls))


def _figures(responses_us: Sequence[int], replies: int, lasts_us: int, failures: float) -> Figures:
    stats = Stats.of(responses_us) or Stats.of([0])
    assert stats is not None  # there is one value at least
    throughput = replies * US_PER_S / max(lasts_us, 1)
    return Figures(stats.mean, stats.p50, stats.p95, stats.p99, throughput, failures)


def _kind_of_log(log: Log, work_us: array[int] | None) -> Kind:
    return _kind(log.calls.start_us, fmean(work_us) / US_PER_S if work_us else math.nan)


def _kind(arrivals_us: Sequence[int], mean_work_s: float) -> Kind:
    gaps = [b - a for a, b in pairwise(arrivals_us)]
    mean = fmean(gaps) if gaps else 0.0
    variation = (stdev(gaps) / mean) ** 2 if len(gaps) > 1 and mean else 0.0
    return Kind(US_PER_S / mean if mean else math.inf, variation, mean_work_s)


# -- the legs ---------------------------------------------------------------------------------------------


def _mode(scenario: Scenario) -> Mode:
    """The design in which the log was measured: with background steps on the queue, if there are any."""
    return "async" if any(step.background for step in scenario.steps) else "sync"


def _with_measured(
    scenario: Scenario, arrivals_us: array[int], work_us: array[int], failures: float
) -> Scenario:
    """The server of a scenario with other arrivals, and one step with measured work."""
    came = MeasuredColumn(ColumnReference(WHERE, "arrival", "s", "arrivals"), arrivals_us)
    work = MeasuredColumn(ColumnReference(WHERE, "work"), work_us)
    step: dict[str, Any] = {"name": "measured work", "duration": f"empirical(file={WHERE}, column=work)"}
    step |= {"failure_rate": failures, "retry": {"attempts": 1}}
    kept = {key: value for key, value in scenario.to_data().items() if key in ("name", "server", "customer")}
    data = {**kept, "traffic": {"file": WHERE, "column": "arrival"}, "steps": [step]}
    return Scenario.model_validate(data, context=known_columns([came, work]))


def _from_first_us(moments_us: Sequence[int]) -> array[int]:
    return array("q", (moment - moments_us[0] for moment in moments_us))


def _waits_leg(
    scenario: Scenario,
    fit: Fit,
    judged: Log,
    target: tuple[Figures, Kind],
    replications: range,
    seed: int,
) -> Leg:
    """Arrivals of the judged part, work of the fitted part, waits of the scenario's server."""
    measured, kind = target
    work_us = fit.threads.work_us
    if work_us is None:
        reason = f"the log does not tell the work: {fit.threads.finding.reason}"
        return Leg("waits", {}, array("q"), None, f"The waits cannot be judged: {reason}.")
    arrivals_us = _from_first_us(judged.calls.start_us)
    runs = []
    for number in replications:
        drawn_us = drawn_again(work_us, RandomStreams(seed, number))
        own = _with_measured(scenario, arrivals_us, drawn_us, measured.failures)
        runs.append(simulate(own, "sync", seed=seed, replication=number))
    leg = _leg("waits", measured, runs)
    return _with_verdict(leg, verdict_on_waits(leg, measured, scenario, fit, kind))


def _refitted(scenario: Scenario, fit: Fit, draws: RandomStreams) -> Scenario:
    """A scenario that was made of a log, made again of the first part: nothing of the rest is known."""
    calls = fit.log.calls
    work_us = drawn_again(fit.threads.work_us or responses_us(calls), draws)
    return _with_measured(
        scenario, other_arrivals(calls.start_us, draws), work_us, sum(calls.failed) / len(calls)
    )


def _unmade(fit: Fit) -> Leg:
    """The leg of a scenario that the first part of the log is to give, but does not."""
    reason = f"the first part of the log does not tell the work: {fit.threads.finding.reason}"
    return Leg("all", {}, array("q"), None, f"It cannot be judged: {reason}.")


def _leg(name: Literal["waits", "all"], measured: Figures, runs: Sequence[Trace]) -> Leg:
    figures = [_figures_of_run(run) for run in runs]
    ranges = {each: _range([run.value(each) for run in figures]) for each in NAMES}
    agrees = all(is_near(each, measured.value(each), ranges[each]) for each in (*JUDGED, "failures"))
    is_vague = agrees and any(ranges[each].is_wide(measured.value(each)) for each in ("mean", "p50"))
    return Leg(name, ranges, _responses_of_run(runs[0]), None if is_vague else agrees, "")


def _with_verdict(leg: Leg, verdict: str) -> Leg:
    return Leg(leg.name, leg.ranges, leg.responses_us, leg.agrees, verdict)


def _responses_of_run(run: Trace) -> array[int]:
    arrived, replied = run.requests.column("arrived"), run.requests.column("replied")
    return array("q", (r - a for a, r in zip(arrived, replied, strict=True) if r != NEVER))


def _figures_of_run(run: Trace) -> Figures:
    responses_us = _responses_of_run(run)
    arrived, replied = run.requests.column("arrived"), run.requests.column("replied")
    failed = sum(status != ResponseStatus.OK for status in run.requests.column("response"))
    lasts_us = max(replied, default=0) - min(arrived, default=0)
    return _figures(responses_us, len(responses_us), lasts_us, failed / max(len(arrived), 1))


def _range(values: Sequence[float]) -> Range:
    """Where the next value would lie: mean +- t s sqrt(1 + 1/n) (Geisser, Predictive Inference, 1993)."""
    mean, count = fmean(values), len(values)
    if count < 2:
        return Range(mean, mean, mean)
    half = t_quantile(0.975, count - 1) * stdev(values) * math.sqrt(1 + 1 / count)
    return Range(mean, mean - half, mean + half)


def _kind_of_runs(runs: Sequence[Trace]) -> Kind:
    """What the simulated requests of all runs are like, on average."""
    kinds = []
    for run in runs:
        began, ended = run.requests.column("began"), run.requests.column("ended")
        work_us = [e - b for b, e in zip(began, ended, strict=True) if NEVER not in (b, e)]
        mean_s = fmean(work_us) / US_PER_S if work_us else math.nan
        kinds.append(_kind(sorted(run.requests.column("arrived")), mean_s))
    return Kind(
        fmean(kind.rate_per_s for kind in kinds),
        fmean(kind.variation for kind in kinds),
        fmean(kind.mean_work_s for kind in kinds),
    )

"""All that a log gives for a scenario: arrivals, threads, steps with their work, workers."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from syncasync_sim.errors import LogError
from syncasync_sim.fit.findings import arrivals, capacity
from syncasync_sim.fit.judging import Capacity, Finding
from syncasync_sim.fit.log import UNKNOWN, Calls, Log, StepCalls
from syncasync_sim.fit.threads import FEWEST_REQUESTS
from syncasync_sim.model.formats import format_count, format_share, format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.stats.percentiles import Stats

REQUEST_STEP = "handle request"
OTHER_WORK = "other work"
LEAST_OTHER_WORK = 0.005
"""The share of the work outside all steps from which it is a step of its own."""
MOST_WITHOUT = 0.02
"""The share of the requests in which a step may be missing without a reason."""
LARGEST_GAP = 0.5
"""Of the time of a log."""


@dataclass(frozen=True, slots=True)
class FittedStep:
    """One step of the scenario, with the durations that were measured for it."""

    name: str
    durations_us: array[int]
    """Of the first attempt for each customer, in the order in which the customers came."""
    certainty: Finding
    background: bool = False
    attempts: int = 0
    failed: int = 0
    most_attempts: int = 1
    """The most attempts at one request that the log holds."""
    retry_delay_us: int = 0
    """The median time from a failed attempt to the next."""
    gave_up: bool = False
    """Whether the last attempt at some request failed, so that the log shows the limit of attempts."""
    without: int = 0
    """How many customers have no attempt in the log; each has the duration of the one before."""

    @property
    def mean_us(self) -> float:
        """The mean duration, in microseconds."""
        return sum(self.durations_us) / len(self.durations_us)


@dataclass(frozen=True, slots=True, repr=False)
class Fit:
    """What was found in a log, and what was declined; as a text it is one line for each finding."""

    log: Log
    response: Stats
    """Of the times from start to end as the log has them, in seconds."""
    arrivals: Finding
    threads: Capacity
    """Of the requests; of the jobs where the log holds only jobs it is unused."""
    steps: tuple[FittedStep, ...]
    work: Finding
    workers: Capacity | None
    """Of the background steps; None if there are none."""
    publish: FittedStep | None = None
    """How long the request takes to put a message into the queue; None if the log does not say."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self.findings))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order in which they are shown."""
        workers = () if self.workers is None else (self.workers.finding,)
        threads = () if self.log.noun == "jobs" else (self.threads.finding,)
        return (self.arrivals, *threads, self.work, *workers)

    @property
    def is_complete(self) -> bool:
        """Whether all is known, and nothing was declined."""
        return all(finding.is_known for finding in self.findings)

    @property
    def arrivals_us(self) -> array[int]:
        """The arrivals in microseconds from the first one; of jobs the moments at which they were put."""
        came = sorted(_came_us(self.log.calls))
        return array("q", (moment - came[0] for moment in came))


def fit_log(log: Log) -> Fit:
    """Find all that a log tells about the service.

    Args:
        log: the log, closed.

    Raises:
        LogError: there is not one request in it.
    """
    calls = log.calls
    if not len(calls):
        raise LogError(_nothing_in(log))
    _say_gap(log)
    response = Stats.of([end - start for start, end in zip(calls.start_us, calls.end_us, strict=True)])
    assert response is not None  # there is a call
    if log.noun == "jobs":
        return _of_jobs(log, response)
    threads = capacity(log)
    steps, work = _request_steps(log, threads)
    background = [step for step in log.steps if step.background and len(step.calls)]
    workers = capacity(_as_jobs(background), "workers") if background else None
    fitted = [_fitted(step, len(calls)) for step in background]
    publishing = [step for step in log.steps if step.publishing and background]
    publish = _fitted(publishing[0], len(calls)) if publishing else None
    return Fit(log, response, arrivals(log), threads, (*steps, *fitted), work, workers, publish)


def _say_gap(log: Log) -> None:
    """Note a time in which nobody came that is most of the log: its rate is that of no hour."""
    starts_us = log.calls.start_us
    gap_us = max((later - earlier for earlier, later in pairwise(starts_us)), default=0)
    if len(starts_us) >= FEWEST_REQUESTS and gap_us > LARGEST_GAP * (starts_us[-1] - starts_us[0]):
        gap = format_time(gap_us / US_PER_S)
        log.caution(f"nothing came for {gap}, which is most of the time: fit one busy time alone")


def _nothing_in(log: Log) -> str:
    reasons = [f"{format_count(number)} {reason}" for reason, number in log.left_out.most_common(3)]
    if log.unreadable:
        count = log.unreadable_count
        lines = "one line cannot be read" if count == 1 else f"{format_count(count)} lines cannot be read"
        reasons.append(f"{lines}, the first is {log.unreadable[0]}")
    return (
        f"{', '.join(log.names[:3])}: there is no {log.noun[:-1]} with a start and an end"
        f"{': ' if reasons else ''}{'; '.join(reasons)}\n"
        "  = give a log with the time and the duration of each"
    )


def _came_us(calls: Calls) -> list[int]:
    """When each call came: a job when it was put into its queue, if the log says that."""
    return [
        ready if ready != UNKNOWN else start
        for ready, start in zip(calls.ready_us or calls.start_us, calls.start_us, strict=True)
    ]


def _of_jobs(log: Log, response: Stats) -> Fit:
    """Background jobs alone: all the work is on the queue."""
    workers = capacity(log, "workers")
    work_us, came_us = workers.work_us or responses_us(log.calls), _came_us(log.calls)
    step = FittedStep(
        "job",
        array("q", (work_us[row] for row in sorted(range(len(came_us)), key=came_us.__getitem__))),
        certainty=workers.work,
        background=True,
        attempts=len(log.calls) + log.retries,
        failed=sum(log.calls.failed) + log.retries,
    )
    return Fit(log, response, arrivals(log), workers, (step,), workers.work, workers)


def responses_us(calls: Calls) -> array[int]:
    """Return the time from start to end of each call, in microseconds.

    Args:
        calls: the calls.
    """
    return array("q", (end - start for start, end in zip(calls.start_us, calls.end_us, strict=True)))


def _request_steps(log: Log, threads: Capacity) -> tuple[list[FittedStep], Finding]:
    """The steps inside the requests, and what is known about their work."""
    has_queue = any(step.background for step in log.steps)
    inside = [step for step in log.steps if not step.background and len(step.calls)]
    steps_inside = [step for step in inside if not (step.publishing and has_queue)]
    work_us = threads.work_us or responses_us(log.calls)
    if not inside:
        return [_one_step(log, work_us, threads.work)], threads.work
    reason = _not_one_after_the_other(log, inside, work_us)
    if reason:
        finding = Finding("work", "unknown", threads.work.value, reason, "fit requests of one kind only")
        return [_one_step(log, work_us, finding)], finding
    steps = [_fitted(step, len(log.calls)) for step in steps_inside]
    rest_us = _rest_us(inside, work_us)
    mean_us = sum(work_us) / len(work_us)
    if sum(rest_us) > LEAST_OTHER_WORK * sum(work_us):
        mean_s = sum(rest_us) / len(rest_us) / US_PER_S
        value = f"{format_time(mean_s)} on average"
        certainty = replace(threads.work, value=value, reason="the rest of the request, outside its steps")
        steps.append(FittedStep(OTHER_WORK, rest_us, certainty, attempts=len(rest_us)))
    names = f"{len(steps_inside)} step{'s' * (len(steps_inside) > 1)} in the trace"
    if threads.work_us is None:
        return steps, Finding("work", "known", f"{names}", "each step is a span of its own")
    value = f"{format_time(mean_us / US_PER_S)} on average, {names}"
    return steps, Finding("work", "known", value, "each step is a span of its own")


def _one_step(log: Log, work_us: array[int], certainty: Finding) -> FittedStep:
    failed = sum(log.calls.failed)
    return FittedStep(REQUEST_STEP, work_us, certainty, attempts=len(work_us), failed=failed)


def _rest_us(inside: Sequence[StepCalls], work_us: Sequence[int]) -> array[int]:
    """The work of each request outside its steps."""
    rest = array("q", work_us)
    for step in inside:
        for row, start, end in zip(step.request, step.calls.start_us, step.calls.end_us, strict=True):
            if row != UNKNOWN:
                rest[row] -= end - start
    return array("q", (max(left, 0) for left in rest))


def _not_one_after_the_other(log: Log, inside: Sequence[StepCalls], work_us: Sequence[int]) -> str:
    """Why the spans are no steps that every request does one after the other; empty if they are."""
    requests = len(log.calls)
    busy = array("q", [0]) * requests
    alive = bytearray([1]) * requests
    for step in inside:
        there = bytearray(requests)
        for row, start, end in zip(step.request, step.calls.start_us, step.calls.end_us, strict=True):
            if row != UNKNOWN:
                busy[row] += end - start
                there[row] = 1
        without = sum(a and not t for a, t in zip(alive, there, strict=True))
        if without > MOST_WITHOUT * requests:
            return (
                f"'{step.name}' is missing in {format_share(without / requests)} of the requests: "
                "these are requests of different kinds"
            )
        for row, failed in zip(step.request, step.calls.failed, strict=True):
            if row != UNKNOWN and failed and log.calls.failed[row]:
                alive[row] = 0
    longer = sum(b > w * 1.01 + 1_000 for b, w in zip(busy, work_us, strict=True))
    if longer > MOST_WITHOUT * requests:
        return (
            f"in {format_share(longer / requests)} of the requests the steps together take longer than the "
            "request: they run side by side, and the model does one after the other"
        )
    return ""


def _fitted(step: StepCalls, requests: int) -> FittedStep:
    """One step of a trace."""
    first = _first_attempts_us(step, requests)
    known = [duration for duration in first if duration != UNKNOWN]
    last = known[0] if known else 0
    for row, duration in enumerate(first):
        last = first[row] = last if duration == UNKNOWN else duration
    count = len(step.calls)
    mean_s = sum(responses_us(step.calls)) / max(count, 1) / US_PER_S
    return FittedStep(
        step.name,
        first,
        Finding(
            "work",
            "known",
            f"{format_time(mean_s)} on average",
            f"{format_count(count)} measured attempts",
        ),
        background=step.background,
        attempts=count,
        failed=sum(step.calls.failed),
        most_attempts=max(_attempts_by_request(step).values(), default=1),
        retry_delay_us=_retry_delay_us(step),
        gave_up=_gave_up(step),
        without=requests - len(known),
    )


def _first_attempts_us(step: StepCalls, requests: int) -> array[int]:
    """The duration of the first attempt for each request; UNKNOWN without one."""
    durations = array("q", [UNKNOWN]) * requests
    for row, duration in zip(step.request, responses_us(step.calls), strict=True):
        if row != UNKNOWN and durations[row] == UNKNOWN:
            durations[row] = duration
    return durations


def _attempts_by_request(step: StepCalls) -> dict[int, int]:
    counts: dict[int, int] = {}
    for row in step.request:
        if row != UNKNOWN:
            counts[row] = counts.get(row, 0) + 1
    return counts


def _gave_up(step: StepCalls) -> bool:
    """Whether the last attempt at some request failed."""
    last: dict[int, int] = dict(zip(step.request, step.calls.failed, strict=True))
    return any(failed for row, failed in last.items() if row != UNKNOWN)


def _retry_delay_us(step: StepCalls) -> int:
    """The median time from the end of a failed attempt to the next attempt of the same request."""
    ended: dict[int, int] = {}
    delays = []
    rows = zip(step.request, step.calls.start_us, step.calls.end_us, step.calls.failed, strict=True)
    for row, start, end, failed in rows:
        if row in ended:
            delays.append(max(start - ended.pop(row), 0))
        if failed and row != UNKNOWN:
            ended[row] = end
    return round(median(delays)) if delays else 0


def _as_jobs(background: Sequence[StepCalls]) -> Log:
    """The background steps together as the jobs of one pool of workers."""
    jobs = Log("jobs of a trace", noun="jobs", measures="work")
    for step in background:
        calls = step.calls
        ready = calls.ready_us or array("q", [UNKNOWN]) * len(calls)
        for start, end, failed, put in zip(calls.start_us, calls.end_us, calls.failed, ready, strict=True):
            jobs.calls.add(start, end, failed=bool(failed), ready_us=None if put == UNKNOWN else put)
    jobs.calls.close()
    return jobs

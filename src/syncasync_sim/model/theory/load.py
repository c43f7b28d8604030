"""How much the traffic asks for: how many threads or workers would be busy if there were enough of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from syncasync_sim.model.distributions import Constant
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory import formulas
from syncasync_sim.model.traffic import Traffic


def rate_per_s(traffic: Traffic) -> float | None:
    """Customers per second on average while they come; None where they come at given moments."""
    lasts_s = sum(segment.lasts_s for segment in traffic.segments)
    return traffic.expected_customers / float(lasts_s) if lasts_s else None


def together_on_average(traffic: Traffic, request_s: float) -> float:
    """How many requests of this length are in the server at once on average, while customers come.

    Little's law: rate times length. 0 where customers come at given moments.
    """
    return (rate_per_s(traffic) or 0.0) * request_s


def together_at_most(traffic: Traffic, request_s: float) -> float:
    """The same where the traffic is at its height: so many come within the length of a request."""
    if traffic.requests is not None:
        return traffic.requests
    if traffic.at_s is not None:
        times = sorted(traffic.at_s)
        return max(sum(begin <= at < begin + request_s for at in times) or 1 for begin in times)
    heights = (
        float(max(segment.first, segment.last)) * min(request_s, float(segment.lasts_s))
        for segment in traffic.segments
    )
    return max(heights, default=0.0)


@dataclass(frozen=True, slots=True)
class Overload:
    """More comes than can be done: so many customers a second, by *number* threads or workers."""

    place: Literal["threads", "workers"]
    number: int
    offered_per_s: float
    possible_per_s: float


def worker_load(scenario: Scenario) -> float | None:
    """The work that comes for the workers over what they can do, on average while customers come.

    From 1 on the queue grows as long as they come. None where they come at given moments, or where there is
    nothing to do or nobody to do it. Tries after failures count; outages, crashes and delays do not.
    """
    rate, workers = rate_per_s(scenario.traffic), _at_work(scenario)
    steps = [step for step in scenario.steps if step.background]
    if rate is None or not steps or not workers:
        return None
    return rate * _work_s(scenario, steps) / workers


def overloads(scenario: Scenario, mode: Mode) -> Iterator[Overload]:
    """Where more comes than can be done, so that a line grows as long as customers come.

    Not told where the line cannot grow or the traffic is a burst; nor where outages or time-outs may make
    the work shorter than it seems. A load of exactly 1 counts only where chance has a part in it.
    """
    rate, threads, backlog = rate_per_s(scenario.traffic), scenario.server.threads, scenario.server.backlog
    if rate is None:
        return
    request = [step for step in scenario.steps if not scenario.background(step, mode)]
    messages = [step for step in scenario.steps if scenario.background(step, mode)]
    if threads is not None and backlog is None and not _gives_up_in_line(scenario) and _is_clear(request):
        request_s = _request_s(scenario, mode)
        if _is_too_much(scenario, rate * request_s / threads, request):
            yield Overload("threads", threads, rate, threads / request_s)
            rate = threads / request_s  # no more come to the workers
    workers, work_s = _at_work(scenario), _work_s(scenario, messages)
    if not workers or scenario.queue.capacity is not None or not _is_clear(scenario.steps):
        return
    if all(not step.failure_rate for step in request) and _is_too_much(
        scenario, rate * work_s / workers, messages
    ):
        yield Overload("workers", workers, rate, workers / work_s)


def _gives_up_in_line(scenario: Scenario) -> bool:
    """Whether who waits too long leaves the line without having been served."""
    return scenario.customer.patience_s is not None and scenario.server.drop_expired


def _is_clear(steps: Sequence[Step]) -> bool:
    return not any(step.outages or step.timeout_s for step in steps)


def _is_too_much(scenario: Scenario, load: float, steps: Sequence[Step]) -> bool:
    by_chance = scenario.traffic.arrivals == "poisson" or any(
        step.failure_rate or not isinstance(step.duration, Constant) for step in steps
    )
    return load >= 1 - 1e-9 if by_chance else load > 1 + 1e-9


def _request_s(scenario: Scenario, mode: Mode) -> float:
    """How long a request holds its thread, on average, at least: delays between tries come on top.

    After a failure for good the rest is not done.
    """
    total_s, reached = 0.0, 1.0
    for step in scenario.steps:
        if scenario.background(step, mode):
            total_s += reached * scenario.queue.publish.mean_s
            continue
        tries = mean_tries(step) if step.retry.in_request else 1.0
        total_s += reached * tries * _attempt_s(step)
        attempts = step.retry.attempts if step.retry.in_request else 1
        reached *= 1 - (0 if attempts is None else step.failure_rate**attempts)
    return total_s


def _work_s(scenario: Scenario, steps: Sequence[Step]) -> float:
    """How long the messages of one customer keep workers busy, on average."""
    return sum((scenario.queue.deliver.mean_s + _attempt_s(step)) * mean_tries(step) for step in steps)


def _attempt_s(step: Step) -> float:
    """How long an attempt takes, on average: a failing one may be shorter or longer."""
    fails_s = step.duration.mean_s if step.fails_after_s is None else step.fails_after_s
    return (1 - step.failure_rate) * step.duration.mean_s + step.failure_rate * fails_s


def mean_tries(step: Step) -> float:
    """How often a step is tried that is tried again, on average."""
    if step.failure_rate == 1:
        return float(step.retry.attempts or 1)
    return formulas.tries(step.failure_rate, step.retry.attempts).mean


def _at_work(scenario: Scenario) -> int:
    """Workers that can be busy at the same time: where each partition has one reader, no more than those."""
    queue, count = scenario.queue, scenario.workers.count
    return min(count, queue.partitions) if isinstance(queue.partitions, int) else count

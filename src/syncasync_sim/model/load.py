"""How much the traffic asks for: how many threads or workers would be busy if there were enough of them."""

from __future__ import annotations

from collections.abc import Sequence

from syncasync_sim.model import theory
from syncasync_sim.model.parts import Step
from syncasync_sim.model.scenario import Scenario
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


def _work_s(scenario: Scenario, steps: Sequence[Step]) -> float:
    """How long the messages of one customer keep workers busy, on average."""
    return sum((scenario.queue.deliver.mean_s + step.duration.mean_s) * _tries(step) for step in steps)


def _tries(step: Step) -> float:
    if step.failure_rate == 1:
        return float(step.retry.attempts or 1)
    return theory.tries(step.failure_rate, step.retry.attempts).mean


def _at_work(scenario: Scenario) -> int:
    """Workers that can be busy at the same time: where each partition has one reader, no more than those."""
    queue, count = scenario.queue, scenario.workers.count
    return min(count, queue.partitions) if isinstance(queue.partitions, int) else count

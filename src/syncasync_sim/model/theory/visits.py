"""What one request asks for, step by step: attempts, how long they take, and how long they hold a server.

Counted: tries after failures, attempts cut by a time-out, what a failed request no longer does, delays
through which a thread or worker waits, deliveries, deaths by `crash_rate`, second clicks after error pages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from syncasync_sim.model.attempts import delay_us
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory import formulas

_MOST_DELAYS = 10_000
"""Delays after so many failures in a row have no weight left."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One step as one request meets it, on average.

    *reached* is the chance that a request gets as far, *tries* the attempts at it then, *attempt_s* the
    length of one, *held_s* how long a thread or worker is kept by it (once reached), *fails* the chance that
    it fails for good. *tries* and *held_s* are infinite for what never succeeds and is tried without end.
    """

    step: Step
    reached: float
    tries: float
    attempt_s: float
    held_s: float
    fails: float

    @property
    def work_s(self) -> float:
        """How long all attempts at it are together once it is reached, in seconds."""
        return _times(self.tries, self.attempt_s)


def visits(scenario: Scenario, mode: Mode) -> tuple[list[Visit], list[Visit]]:
    """Return the steps of the request and its messages, each with its mean demand.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.

    Returns:
        The visits of the request, then those of the workers.
    """
    request: list[Visit] = []
    messages: list[Visit] = []
    reached = 1.0
    for step in scenario.steps:
        if scenario.background(step, mode):
            messages.append(_of_a_worker(scenario, step, reached))
            continue
        visit = _of_a_thread(step, reached)
        request.append(visit)
        reached *= 1 - visit.fails
    return request, messages


def _of_a_thread(step: Step, reached: float) -> Visit:
    attempt_s, fails = attempt(step)
    most = step.retry.attempts if step.retry.in_request else 1
    tries = _tries(fails, most)
    held_s = _times(tries, attempt_s) + _delays_s(step, fails, most)
    return Visit(step, reached, tries, attempt_s, held_s, 0.0 if most is None else fails**most)


def _of_a_worker(scenario: Scenario, step: Step, reached: float) -> Visit:
    """All deliveries of one message; a worker that dies of one is away until its restart."""
    queue, workers = scenario.queue, scenario.workers
    most = scenario.attempts_on_queue(step)
    attempt_s, fails = attempt(step)
    deliver_s, dies = queue.deliver.mean_s, workers.crash_rate
    works = 1 - dies if workers.crash_point == "before_work" else 1.0
    repeats = dies + (1 - dies) * fails
    tries = _tries(repeats, most)
    each_s = works * attempt_s + dies * (workers.restart_after_s or 0.0)
    if queue.failure == "in_place":  # the worker keeps it: it is fetched once, and its delays are waited for
        held_s = deliver_s + _times(tries, each_s) + _delays_s(step, repeats, most)
    else:
        held_s = _times(tries, deliver_s + each_s)
    return Visit(step, reached, tries, attempt_s, held_s, 0.0 if most is None else repeats**most)


def attempt(step: Step) -> tuple[float, float]:
    """Return the mean length of an attempt, in seconds, and the probability that it fails.

    An attempt is cut at the step's time-out.
    """
    full_s, cut = step.duration.mean_s, 0.0
    if step.timeout_s is not None:
        full_s, cut = formulas.cut_at(step.duration, step.timeout_s)
    failed_s = full_s
    if step.fails_after_s is not None:
        failed_s = min(step.fails_after_s, math.inf if step.timeout_s is None else step.timeout_s)
    p = step.failure_rate
    return (1 - p) * full_s + p * failed_s, p + (1 - p) * cut


def _tries(fails: float, most: int | None) -> float:
    if fails == 1:
        return math.inf if most is None else float(most)
    return formulas.tries(fails, most).mean


def _times(tries: float, seconds: float) -> float:
    """0 x infinity is 0 here: endless tries that take no time keep nobody busy."""
    return tries * seconds if seconds else 0.0


def _delays_s(step: Step, fails: float, most: int | None) -> float:
    """How long the delays between the tries are together, on average."""
    if not fails or most == 1 or not step.retry.delay_s:
        return 0.0
    if fails == 1 and most is None:
        return math.inf
    total_s, share = 0.0, 0.5 if step.retry.jitter == "full" else 1.0
    for n in range(1, min(most or _MOST_DELAYS, _MOST_DELAYS)):
        weight = fails**n
        total_s += weight * share * delay_us(step.retry, n) / US_PER_S
        if weight * step.retry.max_delay_s < 1e-12 * total_s:
            break
    return total_s


def request_s(scenario: Scenario, mode: Mode) -> float:
    """Return the mean time, in seconds, that a request holds a thread.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    request, messages = visits(scenario, mode)
    published = sum(visit.reached for visit in messages) * scenario.queue.publish_in_request.mean_s
    return math.fsum([published, *(visit.reached * visit.held_s for visit in request)])


def error_share(scenario: Scenario, mode: Mode) -> float:
    """Return the share of requests with an error page because a step of the request fails for good.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    request, _ = visits(scenario, mode)
    return 1 - math.prod(1 - visit.fails for visit in request)


def clicks(scenario: Scenario, mode: Mode) -> float:
    """Return the mean number of requests per customer.

    Second clicks after error pages are included; second clicks after a time-out are not.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    share = error_share(scenario, mode)
    return math.fsum(share**n for n in range(scenario.customer.resubmits + 1))

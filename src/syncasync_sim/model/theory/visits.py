"""What one request asks for, step by step: attempts, how long they take, and how long they hold a server.

Counted: tries after failures, attempts cut by a time-out, what a failed request no longer does, delays
through which a thread or worker waits, deliveries, deaths by `crash_rate`, second clicks after error pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

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
    def ends(self) -> float:
        """The chance that the request ends here with an error page."""
        return 0.0 if self.step.on_failure == "continue" else self.fails

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
        reached *= 1 - visit.ends
    return request, messages


def _of_a_thread(step: Step, reached: float) -> Visit:
    most = step.retry.attempts if step.retry.in_request else 1

    def visit(attempt_s: float, fails: float) -> Visit:
        tries = _tries(fails, most)
        held_s = _times(tries, attempt_s) + _delays_s(step, fails, most)
        return Visit(step, reached, tries, attempt_s, held_s, 0.0 if most is None else fails**most)

    return _with_poison(step, visit)


def _of_a_worker(scenario: Scenario, step: Step, reached: float) -> Visit:
    """All deliveries of one message; a worker that dies of one is away until its restart."""
    queue, workers = scenario.queue, scenario.workers
    most = scenario.attempts_on_queue(step)
    deliver_s = queue.deliver.mean_s

    def visit(attempt_s: float, fails: float) -> Visit:
        dies = 1.0 if fails == 1 and step.poison and step.poison_kills else workers.crash_rate
        works = 1 - workers.crash_rate if workers.crash_point == "before_work" else 1.0
        repeats = dies + (1 - dies) * fails
        tries = _tries(repeats, most)
        each_s = works * attempt_s + dies * (workers.restart_after_s or 0.0)
        if queue.failure == "in_place":  # the worker keeps it: it is fetched once, and waits for its delays
            held_s = deliver_s + _times(tries, each_s) + _delays_s(step, repeats, most)
        else:
            held_s = _times(tries, deliver_s + each_s)
        return Visit(step, reached, tries, attempt_s, held_s, 0.0 if most is None else repeats**most)

    return _with_poison(step, visit)


def _with_poison(step: Step, visit: Callable[[float, float], Visit]) -> Visit:
    """The mean of the customers for whom every attempt fails and of the others, by their shares.

    Args:
        step: the step.
        visit: the visit, from the mean length of an attempt and the probability that it fails.
    """
    usual = visit(*attempt(step))
    if not step.poison:
        return usual
    poisoned = visit(_failed_s(step), 1.0)
    if step.poison == 1:
        return poisoned
    q, p = step.poison, 1 - step.poison
    tries = p * usual.tries + q * poisoned.tries
    return replace(
        usual,
        tries=tries,
        attempt_s=(p * usual.work_s + q * poisoned.work_s) / tries if tries < math.inf else usual.attempt_s,
        held_s=p * usual.held_s + q * poisoned.held_s,
        fails=p * usual.fails + q * poisoned.fails,
    )


def attempt(step: Step) -> tuple[float, float]:
    """Return the mean length of an attempt, in seconds, and the probability that it fails.

    An attempt is cut at the step's time-out. Of a customer whom poison spares.
    """
    (full_s, cut), p = _full_s(step), step.failure_rate
    return (1 - p) * full_s + p * _failed_s(step), p + (1 - p) * cut


def _full_s(step: Step) -> tuple[float, float]:
    """The mean length of an attempt that does not fail by itself, and the probability that it is cut."""
    if step.timeout_s is None:
        return step.duration.mean_s, 0.0
    return formulas.cut_at(step.duration, step.timeout_s)


def _failed_s(step: Step) -> float:
    """The mean length of an attempt that fails."""
    if step.fails_after_s is None:
        return _full_s(step)[0]
    return min(step.fails_after_s, math.inf if step.timeout_s is None else step.timeout_s)


def _tries(fails: float, most: int | None) -> float:
    if fails == 1:
        return math.inf if most is None else float(most)
    return formulas.tries(fails, most).mean


def _times(tries: float, seconds: float) -> float:
    """0 x infinity is 0 here: endless tries that take no time keep nobody busy."""
    return tries * seconds if seconds else 0.0


def _delays_s(step: Step, fails: float, most: int | None) -> float:
    """How long the delays between the tries are together, on average."""
    if not fails or most == 1 or not delay_us(step.retry, 1) + step.retry.longest_delay_s:
        return 0.0
    if fails == 1 and most is None:
        return math.inf
    total_s, share = 0.0, 0.5 if step.retry.jitter == "full" else 1.0
    for n in range(1, min(most or _MOST_DELAYS, _MOST_DELAYS)):
        weight = fails**n
        total_s += weight * share * delay_us(step.retry, n) / US_PER_S
        if weight * step.retry.longest_delay_s < 1e-12 * total_s:
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
    return 1 - math.prod(1 - visit.ends for visit in request)


def clicks(scenario: Scenario, mode: Mode) -> float:
    """Return the mean number of requests per customer.

    Second clicks after error pages are included; second clicks after a time-out are not.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    spared = scenario.model_copy(
        update={"steps": tuple(step.model_copy(update={"poison": 0.0}) for step in scenario.steps)}
    )
    share, most = error_share(spared, mode), scenario.customer.resubmits + 1
    ending = [s for s in scenario.steps if s.on_failure == "error" and not scenario.background(s, mode)]
    poisoned = 1 - math.prod(1 - step.poison for step in ending)  # they see an error page at every click
    return poisoned * most + (1 - poisoned) * math.fsum(share**n for n in range(most))

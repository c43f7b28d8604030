"""What follows from the scenario alone: lengths, delays, times of arrival, who owns a partition."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isqrt
from random import Random  # noqa: TID251 - a second opinion draws by itself

from second_opinion.records import Attempt, Course, Worker
from syncasync_sim.model.distributions import Constant, Distribution, EmpiricalFile
from syncasync_sim.model.request_parts import Step, Window
from syncasync_sim.model.scenario import Scenario


def us(seconds: float) -> int:
    return round(seconds * 1_000_000)


def constant(distribution: Distribution) -> int:
    assert isinstance(distribution, Constant), "a second opinion is for scenarios without chance"
    return us(distribution.value_s)


def stands_still(worker: Worker) -> bool:
    return worker.still_since is not None


def inside(window: Window, now: int) -> bool:
    start = us(window.from_s)
    return start <= now and (window.for_s is None or now < start + us(window.for_s))


def measured_length(values_us: list[int], name: str, customer: int, click: int, number: int) -> int:
    """One of the measured values, by the random number that has the name of this attempt."""
    draw = Random("\x1f".join(map(str, (1, 0, "duration", name, number, click))))
    share = [draw.random() for _ in range(customer + 1)][customer]
    return sorted(values_us)[int(share * len(values_us))]


def length_of(scenario: Scenario, attempt: Attempt) -> int:
    """How long an attempt takes of itself: measured values may belong to customers."""
    step, request = scenario.steps[attempt.step], attempt.request
    if not isinstance(step.duration, EmpiricalFile):
        return constant(step.duration)
    values_us = list(step.duration.column.values_us)
    if scenario.traffic.paired and attempt.number == 1 and request.click == 0:
        return values_us[request.customer]
    return measured_length(values_us, step.name, request.customer, request.click, attempt.number)


def course_of(scenario: Scenario, attempt: Attempt, start: int) -> Course:
    """How an attempt goes that starts now."""
    step = scenario.steps[attempt.step]
    factor = 1.0
    for slowdown in step.slowdowns:
        if inside(slowdown, start):
            factor *= slowdown.factor
    length = round(length_of(scenario, attempt) * factor)
    poisoned, down = step.poison == 1, any(inside(outage, start) for outage in step.outages)
    fails = poisoned or down or step.failure_rate == 1
    answer_lost = fails and not poisoned and not down and step.lost_answers == 1
    if fails and step.fails_after_s is not None:
        length = us(step.fails_after_s)
    patience = length if step.timeout_s is None else us(step.timeout_s)
    if length > patience:
        return Course(patience, False, length, not fails or answer_lost)
    return Course(length, not fails, length, not fails or answer_lost)


def retry_delay(step: Step, tries: int) -> int:
    retry = step.retry
    if retry.delays_s:  # the list, and its last one for ever after
        listed = [us(delay) for delay in retry.delays_s]
        return (listed + [listed[-1]] * tries)[tries - 1]
    factor = Fraction(str(retry.factor))
    return round(min(us(retry.delay_s) * factor ** (tries - 1), Fraction(us(retry.max_delay_s))))


def owner(scenario: Scenario, members: list[Worker], partition: int) -> Worker | None:
    """Whose the partition is when it is dealt to these members of the group."""
    partitions = scenario.queue.partitions
    if not members:
        return None
    if not isinstance(partitions, int):
        return members[partition % len(members)]
    each, more = divmod(partitions, len(members))
    dealt = [member for place, member in enumerate(members) for _ in range(each + (place < more))]
    return dealt[partition]


def arrival_times(scenario: Scenario) -> Iterator[int]:
    """Customer k comes when the cumulative rate has reached k."""
    traffic = scenario.traffic
    if traffic.requests is not None:
        yield from [0] * traffic.requests
    elif traffic.measured is not None:
        yield from list(traffic.measured.values_us)[: traffic.rows]
    elif traffic.at_s is not None:
        yield from sorted(map(us, traffic.at_s))
    elif traffic.rate_per_s is not None and traffic.for_s is not None:
        yield from at_rates([(traffic.rate_per_s, traffic.rate_per_s, us(traffic.for_s))])
    else:
        phases = traffic.phases or ()
        rates = [p.ramp_per_s or (p.rate_per_s or Fraction(0),) * 2 for p in phases]
        yield from at_rates([(r[0], r[1], us(p.for_s)) for r, p in zip(rates, phases, strict=True)])


def at_rates(phases: list[tuple[Fraction, Fraction, int]]) -> Iterator[int]:
    begin, reached, customer = 0, Fraction(0), 0
    for first, last, lasts in phases:
        grows = (first + last) / 2 * Fraction(lasts, 1_000_000)
        while customer < reached + grows:
            more, slope = customer - reached, (last - first) * 1_000_000 / lasts  # per second, per second
            if slope == 0:
                seconds = more / first
            else:  # the root of first x + slope x^2 / 2 = more
                seconds = (square_root(first**2 + 2 * slope * more) - first) / slope
            yield begin + round(seconds * 1_000_000)
            customer += 1
        begin, reached = begin + lasts, reached + grows


def square_root(value: Fraction) -> Fraction:
    """To far more digits than a microsecond needs."""
    scale = 10**20
    return Fraction(isqrt(value.numerator * scale**2 // value.denominator), scale)

"""The table of controls: which scenario has which, its present value, and the other values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from syncasync_sim.model.distributions import Constant, Distribution, EmpiricalFile
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.quantities import LONGEST_S, exact_decimal, format_rate, format_share
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, phases_text

SERIES = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
"""Round numbers, each about a quarter more than the one before."""
WIDE = 10
"""Durations and rates reach from a tenth to ten times of what the scenario says."""
UNITS = {"s": 1, "min": 60, "h": 3600}
"""What a rate can be told per, and how many seconds that is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A control of any scenario. `{step}` in its label and path is the step that it changes.

    `read` gives the present value, `offer` the others there are. `write` is for `--set`, `show` for people.
    """

    name: str
    label: str
    path: str
    applies: Callable[[Scenario, Step], bool]
    read: Callable[[Scenario, Step], Any]
    offer: Callable[[Scenario, Any], Iterable[Any]]
    write: Callable[[Scenario, Any], str]
    show: Callable[[Scenario, Any], str]


def round_numbers(low: Fraction, high: Fraction) -> Iterator[Fraction]:
    """Yield the round numbers (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, ...) between two numbers.

    Args:
        low: the least number, above 0.
        high: the greatest number.
    """
    power = Fraction(1)
    while power > low:
        power /= 10
    while power <= high:
        for number in SERIES:
            if low <= power * number / 10 <= high:
                yield power * number / 10
        power *= 10


def _customers(scenario: Scenario, present: int) -> Iterator[int]:
    del scenario
    most = max(present, MOST_CUSTOMERS)
    return (int(n) for n in round_numbers(Fraction(1), Fraction(most)) if n.denominator == 1)


def _rates(scenario: Scenario, present: Fraction) -> Iterator[Fraction]:
    """Round numbers in the unit of the present rate; no more than a picture takes, where that is less."""
    per, most = _unit_of(scenario)[1], present * WIDE
    if scenario.traffic.expected_customers <= MOST_CUSTOMERS:
        most = min(most, Fraction(MOST_CUSTOMERS) / Fraction(scenario.traffic.for_s or 1))
    return (number / per for number in round_numbers(present * per / WIDE, most * per))


def _rate_text(scenario: Scenario, rate: Fraction) -> str:
    unit, per = _unit_of(scenario)
    return f"{float(rate * per):g}/{unit}"


def _rate_written(scenario: Scenario, rate: Fraction) -> str:
    """In the unit that is shown, as long as that is exact."""
    unit, per = _unit_of(scenario)
    number = exact_decimal(rate * per)
    return f"{number}/{unit}" if 0 < len(number) <= 15 else format_rate(rate)


def _unit_of(scenario: Scenario) -> tuple[str, int]:
    """The unit in which the scenario's rate is a whole number, or else at least 1."""
    rate = scenario.traffic.rate_per_s or Fraction(1)
    exact = [unit for unit, per in UNITS.items() if (rate * per).denominator == 1]
    unit = (exact or [unit for unit, per in UNITS.items() if rate * per >= 1] or ["h"])[0]
    return unit, UNITS[unit]


def _factors(scenario: Scenario, present: Fraction) -> Iterator[Fraction]:
    """By how much a traffic of phases can be multiplied."""
    expected = Fraction(scenario.traffic.expected_customers or 1)
    fits = Fraction(MOST_CUSTOMERS) / expected
    return round_numbers(present / WIDE, min(present * WIDE, fits) if fits >= 1 else present * WIDE)


def _multiplied(scenario: Scenario, factor: Fraction) -> str:
    return phases_text(
        [replace(s, first=s.first * factor, last=s.last * factor) for s in scenario.traffic.segments]
    )


def _threads(scenario: Scenario, present: int | None) -> Iterator[int | None]:
    del scenario
    yield from range(1, max(16, 2 * (present or 0)) + 1)
    yield None


def _workers(scenario: Scenario, present: int) -> Iterable[int]:
    """No fewer than the scenario lets crash, stop or stand still by name."""
    workers = scenario.workers
    named = [crash.worker for crash in workers.crashes]
    named += [stop.worker for stop in workers.stops] + [freeze.worker for freeze in workers.freezes]
    return range(max([1, *named]), max(12, 2 * present) + 1)


def _durations(scenario: Scenario, present: Distribution) -> Iterator[Distribution]:
    """Round durations; where chance decides, what there is times round numbers."""
    del scenario
    factors = round_numbers(Fraction(1, WIDE), Fraction(WIDE))
    if isinstance(present, Constant):
        middle = Fraction(present.value_s) or Fraction(1)
        longest = min(middle * WIDE, Fraction(LONGEST_S))
        yield from (Constant(float(n)) for n in round_numbers(middle / WIDE, longest))
    elif present.mean_s * WIDE < LONGEST_S:
        yield from (scaled(present, float(factor)) for factor in factors)


def scaled(distribution: Distribution, factor: float) -> Distribution:
    """The same shape of distribution with every time multiplied.

    Args:
        distribution: the distribution.
        factor: the factor, above 0.
    """
    values = {field.name: getattr(distribution, field.name) for field in fields(distribution)}  # type: ignore[arg-type]
    longer = {
        name: tuple(v * factor for v in value) if isinstance(value, tuple) else value * factor
        for name, value in values.items()
        if name.endswith("_s")
    }
    return replace(distribution, **longer)  # type: ignore[type-var]


def _duration_text(scenario: Scenario, duration: Distribution) -> str:
    del scenario
    return format_time(duration.mean_s) + ("" if isinstance(duration, Constant) else " on average")


def _percent(scenario: Scenario, share: float) -> str:
    del scenario
    return f"{share * 100:g} %"


def _tries(scenario: Scenario, present: int | None) -> Iterator[int | None]:
    del scenario, present
    yield from range(1, 11)
    yield None


def _times(scenario: Scenario, tries: int | None) -> str:
    del scenario
    return "without end" if tries is None else "once" if tries == 1 else f"at most {tries} times"


def _count(scenario: Scenario, number: int | None) -> str:
    del scenario
    return "unlimited" if number is None else str(number)


def _has_background(scenario: Scenario, step: Step) -> bool:
    del step
    return any(s.background for s in scenario.steps)


ROWS = (
    Row(
        *("customers", "customers", "traffic.requests"),
        applies=lambda scenario, _: scenario.traffic.requests is not None,
        read=lambda scenario, _: scenario.traffic.requests,
        offer=_customers,
        write=_count,
        show=_count,
    ),
    Row(
        *("rate", "customers come", "traffic.rate"),
        applies=lambda scenario, _: bool(scenario.traffic.rate_per_s),
        read=lambda scenario, _: scenario.traffic.rate_per_s,
        offer=_rates,
        write=_rate_written,
        show=_rate_text,
    ),
    Row(
        *("traffic", "customers come", "traffic.phases"),
        applies=lambda scenario, _: scenario.traffic.phases is not None,
        read=lambda *_: Fraction(1),
        offer=_factors,
        write=_multiplied,
        show=lambda _, factor: "as planned" if factor == 1 else f"{float(factor):g} times as many",
    ),
    Row(
        *("threads", "threads", "server.threads"),
        applies=lambda *_: True,
        read=lambda scenario, _: scenario.server.threads,
        offer=_threads,
        write=_count,
        show=_count,
    ),
    Row(
        *("workers", "workers", "workers.count"),
        applies=_has_background,
        read=lambda scenario, _: scenario.workers.count,
        offer=_workers,
        write=_count,
        show=_count,
    ),
    Row(
        *("takes", "{step} takes", "steps[{step}].duration"),
        applies=lambda _, step: not isinstance(step.duration, EmpiricalFile),
        read=lambda _, step: step.duration,
        offer=_durations,
        write=lambda _, duration: str(duration),
        show=_duration_text,
    ),
    Row(
        *("fails", "{step} fails", "steps[{step}].failure_rate"),
        applies=lambda *_: True,
        read=lambda _, step: step.failure_rate,
        offer=lambda *_: (percent / 100 for percent in range(0, 101, 5)),
        write=lambda _, share: format_share(share),
        show=_percent,
    ),
    Row(
        *("tries", "{step} is tried", "steps[{step}].retry.attempts"),
        applies=lambda _, step: step.background or step.retry.in_request,
        read=lambda _, step: step.retry.attempts,
        offer=_tries,
        write=_count,
        show=_times,
    ),
)

"""When customers arrive: one rule for rates, phases and ramps.

The cumulative rate climbs with time. Customer k arrives where it reaches k (steady), or the k-th of a
row of sums of exponential(1) gaps (poisson, time change of a unit Poisson process). A phase, like every
window, is half open: a customer whose number is only reached at its very end belongs to the next phase.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count

from syncasync_sim.model.quantities import US_PER_S


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in which the rate goes in a straight line from *first* to *last* (per second)."""

    lasts_s: Fraction
    first: Fraction
    last: Fraction

    @property
    def customers(self) -> Fraction:
        """How much the cumulative rate grows in it."""
        return (self.first + self.last) / 2 * self.lasts_s


def cumulative(segments: tuple[Segment, ...]) -> Fraction:
    """What the cumulative rate has grown to at the end: the expected number of customers."""
    return sum((segment.customers for segment in segments), Fraction(0))


def steady(segments: tuple[Segment, ...]) -> Iterator[int]:
    """Arrival times in whole microseconds at even steps of the cumulative rate."""
    start_s, reached, customer = Fraction(0), Fraction(0), 0
    for segment in segments:
        end = reached + segment.customers
        place, start_us = _place_in(segment), round(start_s * US_PER_S)
        while customer < end:
            yield start_us + place(customer - reached)
            customer += 1
        start_s, reached = start_s + segment.lasts_s, end


def poisson(segments: tuple[Segment, ...], gaps: Iterator[float]) -> Iterator[int]:
    """Arrival times in whole microseconds of a Poisson process whose rate follows *segments*.

    *gaps* are exponential(1) numbers without end.
    """
    start_s, reached, sum_of_gaps = Fraction(0), 0.0, next(gaps)
    for segment in segments:
        end = reached + float(segment.customers)
        place, start_us = _place_in(segment), round(start_s * US_PER_S)
        while sum_of_gaps < end:
            yield start_us + place(sum_of_gaps - reached)
            sum_of_gaps += next(gaps)
        start_s, reached = start_s + segment.lasts_s, end


def _place_in(segment: Segment) -> Callable[[Fraction | float], int]:
    """Microseconds after the segment's start at which the cumulative rate has grown by what is given."""
    first, slope = float(segment.first), float((segment.last - segment.first) / segment.lasts_s)

    def on_a_ramp(grown: Fraction | float) -> int:
        # The root of first x + slope x^2 / 2 = grown in the form that never subtracts like from like.
        y = float(grown)
        if not y:
            return 0
        return round(2 * y / (first + math.sqrt(max(first * first + 2 * slope * y, 0.0))) * US_PER_S)

    if slope:
        return on_a_ramp
    us_per_customer = US_PER_S / segment.first if segment.first else Fraction(0)
    up, down = us_per_customer.numerator, us_per_customer.denominator

    def at_one_rate(grown: Fraction | float) -> int:
        if isinstance(grown, float):
            return round(grown * up / down)
        return round(grown.numerator * up / (grown.denominator * down))

    return at_one_rate


def counted(times: Iterator[int]) -> Iterator[tuple[int, int]]:
    """(customer, arrival time) one after the other."""
    return zip(count(), times, strict=False)

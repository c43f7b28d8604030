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
from itertools import accumulate

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
    """The expected number of customers: the integral of the rate over all segments."""
    return sum((segment.customers for segment in segments), Fraction(0))


def steady(segments: tuple[Segment, ...]) -> Iterator[int]:
    """Yield arrival times in whole microseconds, at even steps of the cumulative rate."""
    start_s, reached, customer = Fraction(0), Fraction(0), 0
    for segment in segments:
        end = reached + segment.customers
        offset_us, start_us = (
            _offset_on_ramp(segment) or _offset_at_one_rate(segment),
            round(start_s * US_PER_S),
        )
        while customer < end:
            yield start_us + offset_us(customer - reached)
            customer += 1
        start_s, reached = start_s + segment.lasts_s, end


def poisson(segments: tuple[Segment, ...], gaps: Iterator[float]) -> Iterator[int]:
    """Yield arrival times in whole microseconds, of a Poisson process whose rate follows the segments.

    It is made by inversion of the cumulative rate (Cinlar 1975): the sums of exponential(1) numbers are
    mapped to the times at which the cumulative rate reaches them.

    Args:
        segments: the rate over time; rates are per second.
        gaps: exponential(1) random numbers without end.
    """
    start_s, reached, sums = Fraction(0), 0.0, accumulate(gaps)
    sum_of_gaps = next(sums)
    for segment in segments:
        end = reached + float(segment.customers)
        on_ramp, start_us = _offset_on_ramp(segment), round(start_s * US_PER_S)
        up, down = _us_per_customer(segment)
        while sum_of_gaps < end:
            grown = sum_of_gaps - reached
            yield start_us + (on_ramp(grown) if on_ramp else round(grown * up / down))
            sum_of_gaps = next(sums)
        start_s, reached = start_s + segment.lasts_s, end


def _us_per_customer(segment: Segment) -> tuple[int, int]:
    """Microseconds from one customer to the next at the first rate, as a fraction of two numbers."""
    us = US_PER_S / segment.first if segment.first else Fraction(0)
    return us.numerator, us.denominator


def _offset_at_one_rate(segment: Segment) -> Callable[[Fraction], int]:
    """Microseconds after the segment's start at which, at one rate, the cumulative one has grown so far."""
    up, down = _us_per_customer(segment)
    return lambda grown: round(grown.numerator * up / (grown.denominator * down))


def _offset_on_ramp(segment: Segment) -> Callable[[Fraction | float], int] | None:
    """The same on a ramp; None where the segment is none."""
    first, slope = float(segment.first), float((segment.last - segment.first) / segment.lasts_s)

    def offset_us(grown: Fraction | float) -> int:
        # The root of first x + slope x^2 / 2 = grown in the form that never subtracts like from like.
        y = float(grown)
        if not y:
            return 0
        return round(2 * y / (first + math.sqrt(max(first * first + 2 * slope * y, 0.0))) * US_PER_S)

    return offset_us if slope else None

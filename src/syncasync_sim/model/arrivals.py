"""When customers arrive: one rule for rates, phases and ramps.

The cumulative rate climbs with time. Customer k arrives where it reaches k (steady), or the k-th of a
row of sums of exponential(1) gaps (poisson, time change of a unit Poisson process). A phase, like every
window, is half open: a customer whose number is only reached at its very end belongs to the next phase.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, chain, islice

from syncasync_sim.model.quantities import US_PER_S, rounded

BLOCK = 1_024
"""Customers of a Poisson process whose times are made together."""


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


def until(segments: tuple[Segment, ...], at_s: Fraction) -> tuple[Segment, ...]:
    """Return the part of the segments that is over at a time.

    Args:
        segments: the rate over time.
        at_s: the time, in seconds.
    """
    passed, left_s = list[Segment](), at_s
    for segment in segments:
        lasts_s = min(segment.lasts_s, left_s)
        if lasts_s <= 0:
            break
        slope = (segment.last - segment.first) / segment.lasts_s
        passed.append(Segment(lasts_s, segment.first, segment.first + slope * lasts_s))
        left_s -= lasts_s
    return tuple(passed)


def cumulative(segments: tuple[Segment, ...]) -> Fraction:
    """The expected number of customers: the integral of the rate over all segments."""
    return sum((segment.customers for segment in segments), Fraction(0))


def steady(segments: tuple[Segment, ...]) -> Iterator[int]:
    """Yield arrival times in whole microseconds, at even steps of the cumulative rate."""
    start_s, reached, customer = Fraction(0), Fraction(0), 0
    for segment in segments:
        end = reached + segment.customers
        on_ramp, start_us = _offset_on_ramp(segment), round(start_s * US_PER_S)
        came = range(customer, max(customer, math.ceil(end)))
        if on_ramp:
            yield from (start_us + on_ramp(number - reached) for number in came)
        else:
            up, down = _us_per_customer(segment)
            before, parts = reached.as_integer_ratio()
            down *= parts
            yield from (start_us + round((number * parts - before) * up / down) for number in came)
        start_s, reached, customer = start_s + segment.lasts_s, end, came.stop


def poisson(segments: tuple[Segment, ...], gaps: Iterator[list[float]]) -> Iterator[list[int]]:
    """Yield arrival times in whole microseconds, in lists: a Poisson process whose rate follows the segments.

    It is made by inversion of the cumulative rate (Cinlar 1975): the sums of exponential(1) numbers are
    mapped to the times at which the cumulative rate reaches them.

    Args:
        segments: the rate over time; rates are per second.
        gaps: exponential(1) random numbers, in lists, without end.
    """
    start_s, reached, sums = Fraction(0), 0.0, accumulate(chain.from_iterable(gaps))
    block = list(islice(sums, BLOCK))
    for segment in segments:
        end = reached + float(segment.customers)
        while block[-1] < end:
            yield _on_segment(segment, start_s, reached, block)
            block = list(islice(sums, BLOCK))
        in_time = bisect_left(block, end)
        yield _on_segment(segment, start_s, reached, block[:in_time])
        del block[:in_time]
        start_s, reached = start_s + segment.lasts_s, end


def _on_segment(segment: Segment, start_s: Fraction, reached: float, sums: list[float]) -> list[int]:
    """The times, in microseconds, at which the cumulative rate reaches these sums; *reached* at the start."""
    on_ramp, start_us = _offset_on_ramp(segment), round(start_s * US_PER_S)
    if on_ramp:
        return [start_us + on_ramp(reach - reached) for reach in sums]
    up, down = _us_per_customer(segment)
    offsets = rounded([(reach - reached) * up / down for reach in sums])
    return [start_us + offset for offset in offsets] if start_us else offsets


def _us_per_customer(segment: Segment) -> tuple[int, int]:
    """Microseconds from one customer to the next at the first rate, as a fraction of two numbers."""
    us = US_PER_S / segment.first if segment.first else Fraction(0)
    return us.numerator, us.denominator


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

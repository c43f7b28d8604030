"""How many there were at every moment: waiting customers, busy threads, queue depth, busy workers.

A series is read after everything at an instant has happened, so a message that is taken in the instant it
is published never counts as waiting.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress, islice, repeat
from math import inf
from operator import le

from syncasync_sim.trace.columns import NEVER, have_happened, is_one_missing, marks, to_int64_array
from syncasync_sim.trace.records import ServerOutcome, Trace


@dataclass(frozen=True)
class Series:
    """A step function of time that begins at 0: when it rises and falls by one, each in order of time."""

    rises_us: array[int]
    falls_us: array[int]

    @property
    def times_us(self) -> Sequence[int]:
        """The times at which the level changes; rises and falls at one instant make one change."""
        return self._steps[0]

    @property
    def levels(self) -> Sequence[int]:
        """The level from each of these times on."""
        return self._steps[1]

    @cached_property
    def _steps(self) -> tuple[Sequence[int], Sequence[int]]:
        rising, falling = self.rises_us, self.falls_us
        times, levels = array("q"), array("i", [0])
        i = j = 0
        while i < len(rising) or j < len(falling):
            at = min(rising[i : i + 1] + falling[j : j + 1])
            while i < len(rising) and rising[i] == at:
                i += 1
            while j < len(falling) and falling[j] == at:
                j += 1
            if i - j != levels[-1]:
                times.append(at)
                levels.append(i - j)
        return times, levels[1:]

    def observed(self, start_us: int, end_us: int) -> Series:
        """The part of the series within the observed time.

        Args:
            start_us: the start, in microseconds.
            end_us: the end of the run, in microseconds; the series is empty if it is before the start.
        """
        if end_us < start_us:
            return series((), ())
        rises, falls = (bisect_right(times, start_us) for times in (self.rises_us, self.falls_us))
        there = array("q", [start_us]) * (rises - falls)
        return Series(there + self.rises_us[rises:], self.falls_us[falls:])

    def peak(self) -> tuple[int, int | None]:
        """Return the greatest level, and its first time in microseconds (None if the level never rose)."""
        falls = chain(self.falls_us, repeat(inf))
        peak, at_us, fall = 0, None, next(falls)
        for rise in self.rises_us:
            if rise < fall:  # so many have come that are not gone: one more than ever before
                peak, at_us = peak + 1, rise
            else:
                fall = next(falls)
        return peak, at_us

    def last_fall_to_zero(self) -> int | None:
        """Return the last time, in microseconds, at which the level fell to 0; None if it never did."""
        rises, falls = self.rises_us, self.falls_us
        for number, at in zip(range(len(falls), 0, -1), reversed(falls), strict=True):
            is_zero = number >= len(rises) or at < rises[number]
            if is_zero and bisect_left(rises, at) > bisect_left(
                falls, at
            ):  # it was above before this instant
                return at
        return None

    def area(self, until_us: int) -> int:
        """Return the integral of the level up to a time, in microseconds: level n for t adds n t."""
        rises, falls = (t[: bisect_left(t, until_us)] for t in (self.rises_us, self.falls_us))
        return (len(rises) - len(falls)) * until_us - sum(rises) + sum(falls)


def series(ups: Iterable[int], downs: Iterable[int]) -> Series:
    """The series that rises by one and falls by one at these times, but for those that never came.

    Args:
        ups: the times of the rises, in microseconds, in any order.
        downs: the times of the falls, in microseconds, in any order.
    """
    return Series(_in_order(ups), _in_order(downs))


def _in_order(times: Iterable[int]) -> array[int]:
    """Those that came, from the earliest on, without a copy of what is in order already."""
    if not (isinstance(times, array) and all(map(le, times, islice(times, 1, None)))):
        times = to_int64_array(sorted(times))
    never = bisect_right(times, NEVER)
    return times[never:] if never else times


def waiting_for_a_thread(trace: Trace) -> Series:
    """The number of requests in the server's backlog over time."""
    requests = trace.requests
    arrived, began, ended, end = (requests.column(name) for name in ("arrived", "began", "ended", "end"))
    if NEVER not in began:
        return series(arrived, began)
    stood = marks(end, *(outcome for outcome in ServerOutcome if not outcome.was_turned_away))
    rows = compress(zip(began, ended, strict=True), stood)
    return series(compress(arrived, stood), (over if begin == NEVER else begin for begin, over in rows))


def busy_threads(trace: Trace) -> Series:
    """The number of requests that hold a thread over time."""
    began, ended = trace.requests.column("began"), trace.requests.column("ended")
    return series(began, _where_begun(ended, began))


def queue_depth(trace: Trace) -> Series:
    """The number of messages that are visible or wait for a retry over time, without those in flight."""
    messages, deliveries = trace.messages, trace.deliveries
    ends = compress(messages.columns("published", "gone"), waits_at_the_end(trace))
    left = array("q", (at for published, at in ends if published != NEVER))
    returned = deliveries.column("returned")
    came_back = array("q", compress(returned, have_happened(returned)))
    return series(messages.column("published") + came_back, deliveries.column("taken") + left)


def held_copies(trace: Trace) -> Series:
    """The number of messages that all workers hold over time; one that two of them hold counts twice."""
    return series(trace.deliveries.column("taken"), trace.deliveries.column("ended"))


def waits_at_the_end(trace: Trace) -> array[int]:
    """Return per message 1 if it waited when it was gone or the run was over, 0 if it was in flight."""
    waits = array("i", [1]) * len(trace.messages)
    message, returned = trace.deliveries.column("message"), trace.deliveries.column("returned")
    for in_flight in compress(message, map(NEVER.__eq__, returned)):
        waits[in_flight] -= 1
    return waits


def busy_workers(trace: Trace) -> Series:
    """The number of workers that work on a message over time; prefetched messages do not count."""
    in_hand, ended = trace.deliveries.column("in_hand"), trace.deliveries.column("ended")
    return series(in_hand, _where_begun(ended, in_hand))


def _where_begun(ended: array[int], begun: array[int]) -> Iterable[int]:
    return compress(ended, have_happened(begun)) if is_one_missing(begun) else ended

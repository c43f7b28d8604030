"""How many there were at every moment: waiting customers, busy threads, queue depth, busy workers.

A series is read after everything at an instant has happened, so a message that is taken in the instant it
is published never counts as waiting.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import le

from syncasync_sim.trace.records import NEVER, ServerOutcome, Trace, to_int64_array


@dataclass(frozen=True, slots=True)
class Series:
    """A step function of time: from `times_us[i]` on, the level is `levels[i]`; before the first it is 0."""

    times_us: Sequence[int]
    levels: Sequence[int]

    def observed(self, start_us: int, end_us: int) -> Series:
        """The part of the series within the observed time.

        Args:
            start_us: the start, in microseconds.
            end_us: the end of the run, in microseconds; the series is empty if it is before the start.
        """
        if end_us < start_us:
            return Series((), ())
        later = bisect_right(self.times_us, start_us)
        times, levels = array("q", [start_us]), array("i", [self.levels[later - 1] if later else 0])
        times.extend(self.times_us[later:])
        levels.extend(self.levels[later:])
        return Series(times, levels)

    def peak(self) -> tuple[int, int | None]:
        """Return the greatest level, and its first time in microseconds (None if the level never rose)."""
        greatest = max(self.levels, default=0)
        return (greatest, self.times_us[self.levels.index(greatest)]) if greatest else (0, None)

    def last_fall_to_zero(self) -> int | None:
        """Return the last time, in microseconds, at which the level fell to 0; None if it never did."""
        pairs = zip(self.levels, self.levels[1:], self.times_us[1:], strict=False)
        return max((at for before, after, at in pairs if before and not after), default=None)

    def area(self, until_us: int) -> int:
        """Return the integral of the level up to a time, in microseconds: level n for t adds n t."""
        ends = chain(self.times_us[1:], [until_us])
        pairs = zip(self.levels, self.times_us, ends, strict=False)
        return sum(level * (min(end, until_us) - begin) for level, begin, end in pairs if begin < until_us)


def series(ups: Iterable[int], downs: Iterable[int]) -> Series:
    """The series that rises by one and falls by one at these times.

    Both lists are merged in order of time; rises and falls at one instant make one change.

    Args:
        ups: the times of the rises, in microseconds, in any order.
        downs: the times of the falls, in microseconds, in any order.
    """
    rising, falling = _in_order(ups), _in_order(downs)
    times, levels = array("q"), array("i", [0])
    i = j = 0
    while i < len(rising) or j < len(falling):
        at = min(rising[i] if i < len(rising) else falling[j], falling[j] if j < len(falling) else rising[i])
        while i < len(rising) and rising[i] == at:
            i += 1
        while j < len(falling) and falling[j] == at:
            j += 1
        if i - j != levels[-1]:
            times.append(at)
            levels.append(i - j)
    levels.pop(0)
    return Series(times, levels)


def _in_order(times: Iterable[int]) -> array[int]:
    """The same from the earliest on; no copy of what is in order already."""
    if isinstance(times, array) and all(map(le, times, islice(times, 1, None))):
        return times
    return to_int64_array(sorted(times))


def _happened_times(times: Iterable[int]) -> array[int]:
    if isinstance(times, array) and NEVER not in times:
        return times
    return to_int64_array([at for at in times if at != NEVER])


def waiting_for_a_thread(trace: Trace) -> Series:
    """The number of requests in the server's backlog over time."""
    requests = trace.requests
    arrived, began, ended, end = (requests.column(name) for name in ("arrived", "began", "ended", "end"))
    away = {outcome for outcome in ServerOutcome if outcome.was_turned_away}
    entered = to_int64_array([at for at, how in zip(arrived, end, strict=True) if how not in away])
    left = (
        begin if begin != NEVER else over
        for begin, over, how in zip(began, ended, end, strict=True)
        if how not in away
    )
    return series(entered, _happened_times(left))


def busy_threads(trace: Trace) -> Series:
    """The number of requests that hold a thread over time."""
    requests = trace.requests
    began, ended = requests.column("began"), requests.column("ended")
    return series(
        _happened_times(began), _happened_times(e for b, e in zip(began, ended, strict=True) if b != NEVER)
    )


def queue_depth(trace: Trace) -> Series:
    """The number of messages that are visible or wait for a retry over time, without those in flight."""
    messages, deliveries = trace.messages, trace.deliveries
    taken, returned = deliveries.column("taken"), deliveries.column("returned")
    ends = zip(messages.columns("published", "gone"), waits_at_the_end(trace), strict=True)
    left = [at for (published, at), waits in ends if waits and NEVER not in (published, at)]
    published = messages.column("published")
    return series(chain(_happened_times(published), _happened_times(returned)), chain(taken, left))


def held_copies(trace: Trace) -> Series:
    """The number of messages that all workers hold over time; one that two of them hold counts twice."""
    ended = trace.deliveries.column("ended")
    return series(trace.deliveries.column("taken"), _happened_times(ended))


def waits_at_the_end(trace: Trace) -> array[int]:
    """Return per message 1 if it waited when it was gone or the run was over, 0 if it was in flight."""
    waits = array("q", [1]) * len(trace.messages)
    for message, returned in trace.deliveries.columns("message", "returned"):
        waits[message] += (returned != NEVER) - 1
    return waits


def busy_workers(trace: Trace) -> Series:
    """The number of workers that work on a message over time; prefetched messages do not count."""
    in_hand, ended = trace.deliveries.column("in_hand"), trace.deliveries.column("ended")
    return series(
        _happened_times(in_hand),
        _happened_times(e for begun, e in zip(in_hand, ended, strict=True) if begun != NEVER),
    )

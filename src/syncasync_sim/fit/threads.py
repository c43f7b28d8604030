"""How many threads served, and how long each worked, from arrivals and replies alone.

With c threads and first come, first served, a request begins when it arrives or when a thread is free,
whichever is later. A thread is free at the c-th largest reply among the earlier requests. So begin and work
of every request follow from arrivals and replies, once c is known; and a c that is too small gives work
that would end before it began.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapreplace
from math import sqrt

MOST_IMPOSSIBLE = 0.01
"""The share of impossible work that is taken for the noise of clocks."""
KNEE = 10
"""With one thread fewer the share of impossible work is at least so many times as high."""
MOST_CORRELATION = 0.1
"""The work of first come, first served does not depend on how many are there."""
FEWEST_REQUESTS = 20
FEWEST_FOR_CORRELATION = 300
FEWEST_IMPOSSIBLE = 5
"""So many requests must be impossible with one thread fewer: less may be noise of the clocks."""
FEWEST_COMPARED = 10
"""So many requests at least must have waited, and as many not, before their work is compared."""
CLEARLY_LESS, CLEARLY_MORE = 2.5, 3.0
"""Standard errors of a difference from which it is no chance."""
FINEST_PART = 4
"""The stamps must be at least so many times finer than the work."""


def begins_us(arrivals_us: Sequence[int], replies_us: Sequence[int], threads: int) -> array[int]:
    """When each request began, with so many threads, first come, first served.

    Args:
        arrivals_us: the arrivals, in ascending order.
        replies_us: the replies, in the order of the arrivals.
        threads: the number of threads.

    Returns:
        max(arrival, the threads-th largest reply among the earlier requests) for each request. A begin after
        its reply shows that so few threads are impossible.
    """
    begins = array("q", arrivals_us[:threads])
    busy = sorted(replies_us[:threads])  # a sorted list is a heap
    for arrival, reply in zip(arrivals_us[threads:], replies_us[threads:], strict=True):
        free = busy[0]
        begins.append(arrival if arrival > free else free)
        if reply > free:
            heapreplace(busy, reply)
    return begins


def impossible(arrivals_us: Sequence[int], replies_us: Sequence[int], threads: int) -> int:
    """Return how many requests would have ended before they began, with so many threads.

    Args:
        arrivals_us: the arrivals, in ascending order.
        replies_us: the replies, in the order of the arrivals.
        threads: the number of threads; with none, every request is impossible.
    """
    if not threads:
        return len(replies_us)
    busy = sorted(replies_us[:threads])
    count = 0
    for reply in replies_us[threads:]:
        if reply < busy[0]:
            count += 1
        else:
            heapreplace(busy, reply)
    return count + sum(reply < arrival for reply, arrival in zip(replies_us, arrivals_us, strict=True))


def in_house(arrivals_us: Sequence[int], replies_us: Sequence[int]) -> Iterator[int]:
    """Yield how many others were there when each request arrived (one that leaves just then is gone).

    Args:
        arrivals_us: the arrivals, in ascending order.
        replies_us: the replies, in the order of the arrivals.
    """
    gone = sorted(replies_us)
    index, last = 0, len(gone)
    for number, arrival in enumerate(arrivals_us):
        while index < last and gone[index] <= arrival:
            index += 1
        yield max(number - index, 0)


def most_at_once(arrivals_us: Sequence[int], replies_us: Sequence[int]) -> int:
    """Return the most requests that were there at one moment.

    Args:
        arrivals_us: the arrivals, in ascending order.
        replies_us: the replies, in the order of the arrivals.
    """
    return max(in_house(arrivals_us, replies_us), default=-1) + 1


def ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value from 1; equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    result = [0.0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for index in order[first : last + 1]:
            result[index] = (first + last) / 2 + 1
        first = last + 1
    return result


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation; None where one of the two never changes.

    Args:
        xs: the values of one quantity.
        ys: the values of the other, in the same order.
    """
    if len(xs) < 2:
        return None
    a, b = ranks(xs), ranks(ys)
    middle = (len(xs) + 1) / 2
    up = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    down = sqrt(sum((x - middle) ** 2 for x in a) * sum((y - middle) ** 2 for y in b))
    return up / down if down else None


def _variance(values: Sequence[int]) -> float:
    """The variance of whole numbers: exact up to the last division, and quick for a million of them."""
    count, total = len(values), sum(values)
    return (count * sum(value * value for value in values) - total * total) / (count * count)


@dataclass(frozen=True, slots=True)
class WaitEffect:
    """How the work found of requests that waited differs from that of the others: not at all, in truth.

    With too few threads those who waited seem to begin late, and to work less; with too many they seem to
    work more.
    """

    ratio: float
    """Of the two means."""
    z: float
    """The difference of the means in its standard errors (Welch)."""

    @classmethod
    def of(cls, work_us: Sequence[int], waits_us: Sequence[int]) -> WaitEffect | None:
        """Compare the work of those who waited and of those who did not.

        Args:
            work_us: the work of each request.
            waits_us: the wait of each request; 0 where it began at once.
        """
        at_once = [work for work, wait in zip(work_us, waits_us, strict=True) if not wait]
        later = [work for work, wait in zip(work_us, waits_us, strict=True) if wait]
        if min(len(at_once), len(later)) < FEWEST_COMPARED:
            return None
        error = sqrt(sum(_variance(part) / len(part) for part in (at_once, later)))
        means = sum(at_once) / len(at_once), sum(later) / len(later)
        return cls(means[1] / max(means[0], 1), (means[1] - means[0]) / max(error, 1))

    @property
    def is_less(self) -> bool:
        """Whether those who waited work less: there are more threads."""
        return self.z < -CLEARLY_LESS

    @property
    def is_more(self) -> bool:
        """Whether those who waited work more: there are fewer threads, or the service is of another kind."""
        return self.z > CLEARLY_MORE


@dataclass(frozen=True)
class Fcfs:
    """What first come, first served with one number of threads makes of arrivals and replies.

    Everything is computed when it is first wanted: to try many numbers of threads takes little of it.
    """

    arrivals_us: Sequence[int]
    """In ascending order; at least one."""
    replies_us: Sequence[int]
    """In the order of the arrivals."""
    threads: int
    tolerance_us: int = 0
    """A wait up to this long is none: rounded stamps make such."""

    @property
    def requests(self) -> int:
        """How many there are."""
        return len(self.replies_us)

    @cached_property
    def impossible(self) -> int:
        """How many requests would end before they began."""
        return impossible(self.arrivals_us, self.replies_us, self.threads)

    @cached_property
    def impossible_with_one_fewer(self) -> int:
        """How many it would be with one thread fewer; with none, it is every request."""
        return impossible(self.arrivals_us, self.replies_us, self.threads - 1)

    @cached_property
    def begins_us(self) -> array[int]:
        """When each request began, in order of arrival."""
        return begins_us(self.arrivals_us, self.replies_us, self.threads)

    @cached_property
    def work_us(self) -> array[int]:
        """The work of each request, in order of arrival; 0 where it is impossible."""
        pairs = zip(self.begins_us, self.replies_us, strict=True)
        return array("q", (reply - begin if reply > begin else 0 for begin, reply in pairs))

    @cached_property
    def waits_us(self) -> array[int]:
        """The wait of each request, in order of arrival; 0 if it is no longer than the tolerance."""
        least = self.tolerance_us
        pairs = zip(self.arrivals_us, self.begins_us, strict=True)
        return array("q", (wait if (wait := begin - arrival) > least else 0 for arrival, begin in pairs))

    @cached_property
    def waited(self) -> int:
        """How many requests waited for a thread."""
        return self.requests - self.waits_us.count(0)

    @cached_property
    def waited_with_one_fewer(self) -> int:
        """How many would have waited with one thread fewer; with none, it is every request."""
        return self.with_threads(self.threads - 1).waited if self.threads > 1 else self.requests

    @cached_property
    def present(self) -> list[int]:
        """How many others were there when each request arrived."""
        return list(in_house(self.arrivals_us, self.replies_us))

    @property
    def at_once(self) -> int:
        """The most requests in the house at once."""
        return max(self.present) + 1

    @cached_property
    def correlation(self) -> float | None:
        """The rank correlation of the work with the number in the house at arrival."""
        return rank_correlation(self.work_us, self.present)

    @cached_property
    def wait_effect(self) -> WaitEffect | None:
        """How the work of those who waited differs; None if hardly anybody waited, or nearly everybody."""
        return WaitEffect.of(self.work_us, self.waits_us)

    def with_threads(self, threads: int) -> Fcfs:
        """The same requests with another number of threads."""
        return replace(self, threads=threads)

    @property
    def mean_work_us(self) -> float:
        """The mean work, in microseconds."""
        return sum(self.work_us) / len(self.work_us)

    @property
    def share(self) -> float:
        """The share of impossible work."""
        return self.impossible / self.requests

    @property
    def share_with_one_fewer(self) -> float:
        """The share of impossible work with one thread fewer."""
        return self.impossible_with_one_fewer / self.requests

    @property
    def ruled_out(self) -> float:
        """How many impossible requests would be expected if there were one thread more.

        With one thread fewer, this share of those who waited was impossible; so it would be now, if the
        threads were too few again.
        """
        return self.waited * self.impossible_with_one_fewer / max(self.waited_with_one_fewer, 1)

    @property
    def variation(self) -> float:
        """The coefficient of variation of the work."""
        mean = self.mean_work_us
        return sqrt(_variance(self.work_us)) / mean if mean else 0.0

    @property
    def has_knee(self) -> bool:
        """Whether the share of impossible work falls steeply at this number of threads."""
        return self.impossible_with_one_fewer >= max(KNEE * self.impossible, FEWEST_IMPOSSIBLE)


def smallest_threads(arrivals_us: Sequence[int], replies_us: Sequence[int], most_share: float) -> int:
    """Return the smallest number of threads with at most this share of impossible work.

    The share falls with every thread, so halving the range finds it.

    Args:
        arrivals_us: the arrivals, in ascending order.
        replies_us: the replies, in the order of the arrivals.
        most_share: the greatest share of impossible work.
    """
    allowed = int(most_share * len(replies_us))
    counts = range(1, max(most_at_once(arrivals_us, replies_us), 1) + 1)
    return counts[
        bisect_right(
            counts[:-1],
            -1,
            key=lambda threads: -1 if impossible(arrivals_us, replies_us, threads) > allowed else 0,
        )
    ]


def fcfs(
    arrivals_us: Sequence[int], replies_us: Sequence[int], threads: int | None = None, tolerance_us: int = 0
) -> Fcfs:
    """Find the threads and the work of requests that were served first come, first served.

    Args:
        arrivals_us: the arrivals, in ascending order; at least one.
        replies_us: the replies, in the order of the arrivals.
        threads: their number, if it is known.
        tolerance_us: a wait up to this long is none: rounded stamps make such.
    """
    count = threads or smallest_threads(arrivals_us, replies_us, MOST_IMPOSSIBLE)
    return Fcfs(arrivals_us, replies_us, count, tolerance_us)

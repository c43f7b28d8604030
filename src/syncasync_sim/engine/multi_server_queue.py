"""A G/G/c queue, first come, first served: which server begins each service, and when."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from operator import add

from syncasync_sim.trace.records import to_int64_array

MAX_ZERO_SERVICES = 20
"""Services of no length in a slice. More are no chance but systematic ties, which only the events decide."""
_NUMBER = 40  # bits for the number of a server, below the time at which it is free
_MASK = (1 << _NUMBER) - 1


class AmbiguousTieError(Exception):
    """A service of no length meets other events of its instant: only the run by events tells their order."""


class MultiServerQueue:
    """The threads or the workers: first come, first served, by the free server with the lowest number.

    A server that gets free at an instant is free for an arrival at that instant. The recursion is that of
    Kiefer and Wolfowitz: a heap of the times at which the servers get free.
    """

    __slots__ = ("_busy", "_free", "_instants", "_last", "_most", "_used")

    def __init__(self, number: int | None) -> None:
        self._most = float("inf") if number is None else number
        self._used = 0  # servers that have been used at least once
        self._last = 0  # when a service last began: nobody overtakes
        self._busy: list[int] = []  # a heap: when it is free, then its number
        self._free: list[int] = []  # a heap of numbers
        self._instants: list[int] = []  # of the services of no length

    def serve(self, arrivals: Sequence[int], lengths: Sequence[int]) -> tuple[array[int], array[int]]:
        """Serve customers in order of arrival, by the recursion of Kiefer and Wolfowitz (1955).

        Each customer takes the server that is free first: begin = max(arrival, least end of the servers). One
        server is the recursion of Lindley (1952).

        Args:
            arrivals: the times of arrival, in microseconds, in ascending order.
            lengths: the service times, in microseconds, one per arrival.

        Returns:
            For each arrival the number of its server, from 1, and the begin of its service in microseconds.

        Raises:
            AmbiguousTieError: the order of two events at one instant needs the run by events.
        """
        ends = [self._last] if self._most == 1 else [key >> _NUMBER for key in self._busy]
        if self._most == 1:
            numbers, taken = (
                array("q", [1]) * len(arrivals),
                to_int64_array(self._serve_alone(arrivals, lengths)),
            )
        else:
            numbers, taken = self._serve_among(arrivals, lengths)
        if self._instants or not all(lengths):
            self._check_instants(arrivals, lengths, taken, ends)
        return numbers, taken

    def _serve_among(self, arrivals: Sequence[int], lengths: Sequence[int]) -> tuple[array[int], array[int]]:
        """The same where there are several servers."""
        busy, free, most, used, last = self._busy, self._free, self._most, self._used, self._last
        numbers, taken = [], []
        for arrived, length in zip(arrivals, lengths, strict=True):
            # Kiefer-Wolfowitz: nobody overtakes, and with all servers busy the first one to end is next.
            at = arrived if arrived > last else last
            if not free and used == most and busy[0] >> _NUMBER > at:
                at = busy[0] >> _NUMBER
            while busy and busy[0] >> _NUMBER <= at:
                heappush(free, heappop(busy) & _MASK)
            last = at
            if free:
                number = heappop(free)
            else:
                number = used = used + 1
            heappush(busy, at + length << _NUMBER | number)
            numbers.append(number)
            taken.append(at)
        self._used, self._last = used, last
        return to_int64_array(numbers), to_int64_array(taken)

    def _serve_alone(self, arrivals: Sequence[int], lengths: Sequence[int]) -> list[int]:
        """The same where there is one server: Lindley's recursion."""
        free_at, taken = self._last, []
        for arrived, length in zip(arrivals, lengths, strict=True):
            at = arrived if arrived > free_at else free_at
            taken.append(at)
            free_at = at + length
        self._last = free_at
        return taken

    def _check_instants(
        self, arrivals: Sequence[int], lengths: Sequence[int], taken: Sequence[int], ends: list[int]
    ) -> None:
        """Raise AmbiguousTieError where a service of no length meets other events.

        At its time there may be no other arrival, and at most the departure that freed its server. *ends*:
        the departures before this batch; extended in place.
        """
        if lengths.count(0) > MAX_ZERO_SERVICES or any(_number_at(at, arrivals) for at in self._instants):
            raise AmbiguousTieError
        ends += map(add, taken, lengths)
        for arrived, length, at in zip(arrivals, lengths, taken, strict=True):
            if not length:
                waited = at > arrived
                if _number_at(at, arrivals) != (not waited) or ends.count(at) > 1 + waited:
                    raise AmbiguousTieError
                self._instants.append(at)


def _number_at(at: int, ordered: Sequence[int]) -> int:
    """How often *at* is in the *ordered* times."""
    return bisect_right(ordered, at) - bisect_left(ordered, at)

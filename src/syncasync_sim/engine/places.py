"""The threads or the workers as a station: who takes which place when, customer by customer."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from heapq import heappop, heappush
from operator import add

from syncasync_sim.trace.records import packed

FEW = 20
"""With more customers in a slice who take no time, it is no chance, and the clock's business."""
_NUMBER = 40  # bits for the number of a place, below the time at which it is free
_MASK = (1 << _NUMBER) - 1


class TakesNoTimeError(Exception):
    """Something takes no time at all among others: who is first at one instant is the clock's business."""


class Places:
    """The threads or the workers: first come, first served, by the free one with the lowest number.

    A place that gets free at an instant is free for who comes at that instant.
    """

    __slots__ = ("_busy", "_free", "_instants", "_last", "_most", "_used")

    def __init__(self, number: int | None) -> None:
        self._most = float("inf") if number is None else number
        self._used = 0  # places that have been taken at least once
        self._last = 0  # when one was last taken: nobody overtakes
        self._busy: list[int] = []  # a heap: when it is free, then its number
        self._free: list[int] = []  # a heap of numbers
        self._instants: list[int] = []  # when somebody came and went in no time

    def serve(self, arrivals: Sequence[int], lengths: Sequence[int]) -> tuple[array[int], array[int]]:
        """(number of the place, when it is taken) of each who comes, in this order, to stay for so long.

        Raises TakesNoTimeError.
        """
        ends = [self._last] if self._most == 1 else [key >> _NUMBER for key in self._busy]
        if self._most == 1:
            numbers, taken = array("q", [1]) * len(arrivals), packed(self._serve_alone(arrivals, lengths))
        else:
            numbers, taken = self._serve_among(arrivals, lengths)
        if self._instants or not all(lengths):
            self._check_instants(arrivals, lengths, taken, ends)
        return numbers, taken

    def _serve_among(self, arrivals: Sequence[int], lengths: Sequence[int]) -> tuple[array[int], array[int]]:
        """The same where there are several places."""
        busy, free, most, used, last = self._busy, self._free, self._most, self._used, self._last
        numbers, taken = [], []
        for arrived, length in zip(arrivals, lengths, strict=True):
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
        return packed(numbers), packed(taken)

    def _serve_alone(self, arrivals: Sequence[int], lengths: Sequence[int]) -> list[int]:
        """The same where there is one place: taken at the arrival, or when whoever was before leaves."""
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
        """Raise TakesNoTimeError where somebody who stays for no time may meet others at that instant.

        Nobody else may come then, nor leave but the one whose place is taken over. *ends* are those of who
        was here before.
        """
        if lengths.count(0) > FEW or any(_number_at(at, arrivals) for at in self._instants):
            raise TakesNoTimeError
        ends += map(add, taken, lengths)
        for arrived, length, at in zip(arrivals, lengths, taken, strict=True):
            if not length:
                waited = at > arrived
                if _number_at(at, arrivals) != (not waited) or ends.count(at) > 1 + waited:
                    raise TakesNoTimeError
                self._instants.append(at)


def _number_at(at: int, ordered: Sequence[int]) -> int:
    """How often it is in there."""
    return bisect_right(ordered, at) - bisect_left(ordered, at)

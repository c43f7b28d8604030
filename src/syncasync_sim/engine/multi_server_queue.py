"""A G/G/c queue, first come, first served: which server begins each service, and when."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush, heapreplace

ROUND = 24
"""Bits for the round within an instant, below the time.

A service of no length ends at the instant at which it began, and its server may begin another one there: the
events of an instant come in rounds, each with its ends first, then its begins. Time and round together are a
*moment*: that of everything that was due before the instant has round 0.
"""
NUMBER = 40
"""Bits for the number of a server or a message, below a moment."""
NUMBER_MASK = (1 << NUMBER) - 1
_WHOLE = -1 << ROUND


def moment(at: int, round_: int = 0) -> int:
    """Return the moment of a time and a round.

    Args:
        at: the time, in microseconds.
        round_: the round within that instant, from 0.
    """
    return at << ROUND | round_


class MultiServerQueue:
    """The threads: first come, first served, by the free server with the lowest number.

    A server that gets free at a moment is free for an arrival at that moment. The recursion is that of Kiefer
    and Wolfowitz: a heap of the moments at which the servers get free.
    """

    __slots__ = ("_busy", "_free", "_has_rounds", "_last", "_most", "_used")

    def __init__(self, number: int | None) -> None:
        self._most = float("inf") if number is None else number
        self._used = 0  # servers that have been used at least once
        self._last = 0  # when a service last began: nobody overtakes; of one server, when it last ended
        self._busy: list[int] = []  # a heap: when it is free, then its number
        self._free: list[int] = []  # a heap of numbers
        self._has_rounds = False

    def serve(
        self, arrivals: Sequence[int], lengths: Sequence[int]
    ) -> tuple[array[int], array[int], array[int], Sequence[int]]:
        """Serve customers in order of arrival, by the recursion of Kiefer and Wolfowitz (1955).

        Each customer takes the server that is free first: begin = max(arrival, least end of the servers). One
        server is the recursion of Lindley (1952).

        Args:
            arrivals: the times of arrival, in microseconds, in ascending order.
            lengths: the service times, in microseconds, one per arrival.

        Returns:
            For each arrival the number of its server, from 1; the begin and the end of its service, in
            microseconds; and the round of the begin (nothing, where all are in round 0).
        """
        if not self._has_rounds and not all(lengths):
            self._has_rounds = True
            self._last = moment(self._last)
            self._busy = [(key >> NUMBER << ROUND + NUMBER) | key & NUMBER_MASK for key in self._busy]
        if self._has_rounds:
            arrivals = [at << ROUND for at in arrivals]
            lengths = [length << ROUND or 1 for length in lengths]
        serve = self._serve_alone if self._most == 1 else self._serve_among
        numbers, begins, ends = serve(arrivals, lengths)
        rounds = [begin & ~_WHOLE for begin in begins] if self._has_rounds else ()
        if self._has_rounds:
            begins, ends = ([at >> ROUND for at in moments] for moments in (begins, ends))
        return numbers, array("q", begins), array("q", ends), rounds

    def _serve_among(
        self, arrivals: Iterable[int], lengths: Iterable[int]
    ) -> tuple[array[int], list[int], list[int]]:
        """The numbers of the servers, the begins and the ends, where there are several servers."""
        busy, free, most, used, last = self._busy, self._free, self._most, self._used, self._last
        has_rounds, columns = self._has_rounds, (list[int](), list[int](), list[int]())
        add_number, add_begin, add_end = (column.append for column in columns)
        for arrived, length in zip(arrivals, lengths, strict=True):
            # Kiefer-Wolfowitz: nobody overtakes, and with all servers busy the first one to end is next.
            at = arrived if arrived > last else last
            is_next = not free and used == most and busy[0] >> NUMBER >= at
            if is_next:
                at, number = busy[0] >> NUMBER, busy[0] & NUMBER_MASK
            else:
                while busy and busy[0] >> NUMBER <= at:
                    heappush(free, heappop(busy) & NUMBER_MASK)
                if free:
                    number = heappop(free)
                else:
                    number = used = used + 1
            last = at
            end = at + length
            if has_rounds and length != 1:
                end &= _WHOLE
            (heapreplace if is_next else heappush)(busy, end << NUMBER | number)
            add_number(number)
            add_begin(at)
            add_end(end)
        self._used, self._last = used, last
        numbers, begins, ends = columns
        return array("i", numbers), begins, ends

    def _serve_alone(
        self, arrivals: Iterable[int], lengths: Iterable[int]
    ) -> tuple[array[int], list[int], list[int]]:
        """The same where there is one server: Lindley's recursion."""
        free_at, has_rounds, begins, ends = self._last, self._has_rounds, list[int](), list[int]()
        add_begin, add_end = begins.append, ends.append
        for arrived, length in zip(arrivals, lengths, strict=True):
            at = arrived if arrived > free_at else free_at
            add_begin(at)
            free_at = at + length
            if has_rounds and length != 1:
                free_at &= _WHOLE
            add_end(free_at)
        self._last = free_at
        return array("i", [1]) * len(begins), begins, ends

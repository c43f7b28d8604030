"""Windows of time: whether something happens in an outage, and how much slower it is in slowdowns.

However many windows there are, one look takes a bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import prod

from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.request_parts import Slowdown, Window


def to_windows(windows: Sequence[Window]) -> tuple[tuple[int, float], ...]:
    """Return the (from, until) of each window in microseconds; until is infinite for `forever`."""
    return tuple(
        (to_us(w.from_s), float("inf") if w.until_s is None else to_us(w.from_s) + to_us(w.for_s or 0))
        for w in windows
    )


class Windows:
    """The half-open windows of one key, which may overlap.

    A time, in microseconds, is `in` them or not.
    """

    __slots__ = ("_borders",)

    def __init__(self, windows: Sequence[Window]) -> None:
        self._borders: list[float] = []  # when the time in windows begins, ends, begins again, and so on
        for begin, end in sorted(to_windows(windows)):
            if self._borders and begin <= self._borders[-1]:
                self._borders[-1] = max(self._borders[-1], end)
            else:
                self._borders += (begin, end)

    def __contains__(self, at: int) -> bool:
        return bisect_right(self._borders, at) % 2 == 1

    def __bool__(self) -> bool:
        return bool(self._borders)


class Slowdowns:
    """The slowdowns of a step; where several are in force, their factors multiply."""

    __slots__ = ("_borders", "_factors")

    def __init__(self, slowdowns: Sequence[Slowdown]) -> None:
        windows = to_windows(slowdowns)
        changes = [(at, index) for index, window in enumerate(windows) for at in window]
        self._borders: list[float] = []
        self._factors: list[float | None] = [None]  # before each border and after the last: None without any
        active: set[int] = set()
        for at, index in sorted(changes):
            active ^= {index}
            factor = prod(slowdowns[index].factor for index in sorted(active)) if active else None
            if self._borders and self._borders[-1] == at:
                self._factors[-1] = factor
            else:
                self._borders.append(at)
                self._factors.append(factor)

    def slowed(self, length: int, start: int) -> int:
        """Return how long work takes that starts at a time.

        Args:
            length: how long it takes without slowdowns, in microseconds.
            start: when it starts, in microseconds.
        """
        factor = self._factors[bisect_right(self._borders, start)]
        return length if factor is None else round(length * factor)

    def __bool__(self) -> bool:
        return bool(self._borders)

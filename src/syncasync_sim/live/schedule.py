"""What is planned for a moment of the run: crashes, restarts, and whatever follows from them later."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from syncasync_sim.live.plan import Clock

Action = Callable[[Clock], None]


class Schedule:
    """Actions with their times; it is true while one of them is to come."""

    def __init__(self) -> None:
        self._planned: list[tuple[int, int, Action]] = []
        self._numbers = count()

    def __bool__(self) -> bool:
        return bool(self._planned)

    def at(self, us: int, action: Action) -> None:
        """Plan an action; those of one moment are done in the order in which they were planned.

        Args:
            us: the time, in microseconds of the scenario.
            action: what to do; it gets the clock of the run.
        """
        heappush(self._planned, (us, next(self._numbers), action))

    def run_due(self, clock: Clock) -> None:
        """Do all that is due.

        Args:
            clock: the clock of the run.
        """
        while self._planned and clock.now_us() >= self._planned[0][0]:
            heappop(self._planned)[2](clock)

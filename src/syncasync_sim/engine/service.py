"""A called service that takes only so many attempts at once; the others wait in line, FIFO."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any


class Service:
    """The slots of one step's service. Who waits keeps holding their thread or worker."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._line: deque[tuple[Any, Callable[[Any], None]]] = deque()

    def ask(self, who: Any, begin: Callable[[Any], None]) -> None:
        """Call *begin(who)* as soon as a slot is there, which may be now."""
        if self._free:
            self._free -= 1
            begin(who)
        else:
            self._line.append((who, begin))

    def leave(self) -> None:
        """Give the slot back: to whoever waits longest."""
        if self._line:
            who, begin = self._line.popleft()
            begin(who)
        else:
            self._free += 1

    def step_out(self, who: Any) -> bool:
        """Leave the line without having had a slot; False if *who* does not stand in it."""
        for place, (waiting, _) in enumerate(self._line):
            if waiting is who:
                del self._line[place]
                return True
        return False

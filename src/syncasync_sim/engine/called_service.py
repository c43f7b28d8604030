"""A called service that takes only so many attempts at once; the others wait, first in, first out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any


class CalledService:
    """The slots of one step's service. A caller that waits keeps its thread or worker."""

    def __init__(self, slots: int) -> None:
        self._free_slots = slots
        self._callers: deque[tuple[Any, Callable[[Any], None]]] = deque()

    def request(self, caller: Any, start: Callable[[Any], None]) -> None:
        """Call *start(caller)* as soon as a slot is free, which may be now."""
        if self._free_slots:
            self._free_slots -= 1
            start(caller)
        else:
            self._callers.append((caller, start))

    def release(self) -> None:
        """Give a slot back: to the caller that has waited longest."""
        if self._callers:
            caller, start = self._callers.popleft()
            start(caller)
        else:
            self._free_slots += 1

    def cancel(self, caller: Any) -> bool:
        """Stop waiting; False if *caller* does not wait for a slot."""
        for index, (waiting, _) in enumerate(self._callers):
            if waiting is caller:
                del self._callers[index]
                return True
        return False

"""A called service that takes only so many attempts at once; the others wait, first in, first out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class CalledService:
    """The slots of one step's service; a caller that waits for a slot keeps its thread or worker."""

    def __init__(self, slots: int) -> None:
        self._free_slots = slots
        # Not a plain dict: that looks for its first entry among all that were taken out before.
        self._callers: OrderedDict[Any, Callable[[Any], None]] = OrderedDict()

    def request(self, caller: Any, start: Callable[[Any], None]) -> None:
        """Call a function as soon as a slot of the service is free, which may be at once.

        Callers without a slot wait in order of their requests (FIFO).

        Args:
            caller: the argument of the call.
            start: the function to call.
        """
        if self._free_slots:
            self._free_slots -= 1
            start(caller)
        else:
            self._callers[caller] = start

    def release(self) -> None:
        """Give a slot back; the caller that has waited longest gets it."""
        if self._callers:
            caller, start = self._callers.popitem(last=False)
            start(caller)
        else:
            self._free_slots += 1

    def cancel(self, caller: Any) -> bool:
        """Stop the waiting of a caller; False if it does not wait for a slot."""
        return self._callers.pop(caller, None) is not None

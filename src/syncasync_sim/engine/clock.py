"""The clock: whole microseconds, and a fixed order of what happens at the same instant."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import simpy

_ROOM = 1 << 42


class Phase(IntEnum):
    """The order at one instant. Within a phase the lower number (of a request, worker, message) is first."""

    WORK_ENDS = 0 * _ROOM
    PUBLISHED = 1 * _ROOM  # work too, after the rest of it: a worker that gets idle makes room for a message
    GIVES_UP = 2 * _ROOM
    FAULT_ENDS = 3 * _ROOM  # windows are half open: one fault is over before the next begins
    FAULT_BEGINS = 4 * _ROOM
    VISIBLE_AGAIN = 5 * _ROOM
    ARRIVES = 6 * _ROOM
    TAKES = 7 * _ROOM


WORK_ENDS, PUBLISHED, GIVES_UP, FAULT_ENDS, FAULT_BEGINS, VISIBLE_AGAIN, ARRIVES, TAKES = map(int, Phase)
WORKERS_AFTER_THREADS = 1 << 41
"""Added to a worker's number, so that the work of threads ends before the work of workers."""

Calls = list[Callable[[Any], None]]
"""What the clock calls, with the happening; the list is made once and used for every one of its kind."""


class Happening:
    """Anything the clock can call about, one thing at a time. As lean as SimPy's loop allows.

    A request, a delivery or a crash is itself what will happen next, so that nothing has to be made
    for each event.
    """

    __slots__ = ("callbacks",)
    _ok = True  # what SimPy's loop asks of an event
    callbacks: Calls | None

    def cancel(self) -> None:
        """Let it pass without anything happening."""
        self.callbacks = []


class Clock(simpy.Environment):
    """SimPy's environment in whole microseconds, with our order at an instant."""

    def __init__(self) -> None:
        super().__init__(0)
        self.take: Callable[[], None] = lambda: None
        self._taking: Calls = [self._takes]
        self._take_is_coming = False

    @property
    def now_us(self) -> int:
        """The time in whole microseconds."""
        return self._now  # type: ignore[return-value]  # SimPy keeps the kind of number it is given

    def at(self, when: int, order: int, happening: Happening, calls: Calls) -> None:
        """Call *calls* about *happening* at *when*; *order* is a phase plus a number."""
        happening.callbacks = calls
        self.schedule(happening, order, when - self._now)  # type: ignore[arg-type]  # leaner than its Event

    def is_quiet(self) -> bool:
        """Whether nothing else is due at this instant."""
        return self.peek() > self._now

    def take_soon(self) -> None:
        """Let free threads and workers take what waits once everything else at this instant has happened.

        To be called last: when nothing else is due now, that moment is now.
        """
        if self.peek() > self._now:
            self.take()
        elif not self._take_is_coming:
            self._take_is_coming = True
            self.at(self.now_us, TAKES, Happening(), self._taking)

    def _takes(self, happening: Happening) -> None:
        del happening
        self._take_is_coming = False
        self.take()

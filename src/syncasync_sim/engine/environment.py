"""The simulation environment: SimPy's, in whole microseconds, with a fixed order of simultaneous events."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum
from heapq import heappop, heappush
from itertools import repeat
from typing import Any

import simpy

_NUMBERS = 1 << 42
_MOST_AT_ONCE = 100_000
"""Events of one instant for which somebody waits who has stopped the run."""


class EventPriority(IntEnum):
    """The order of simultaneous events, at equal priority by the number (request, worker, message)."""

    SERVICE_ENDS = 0 * _NUMBERS
    PUBLISH_ENDS = 1 * _NUMBERS  # after the other service ends: a worker that gets idle frees queue capacity
    KILL = 2 * _NUMBERS  # after all ends of work: what ends at the moment of the time-out is in time
    ABANDONMENT = 3 * _NUMBERS
    FAULT_ENDS = 4 * _NUMBERS  # windows are half open: one fault is over before the next begins
    FAULT_BEGINS = 5 * _NUMBERS
    MESSAGE_RETURNS = 6 * _NUMBERS
    ARRIVAL = 7 * _NUMBERS
    DISPATCH = 8 * _NUMBERS


# Plain numbers: an IntEnum member added to a number is slow, and this happens for every event.
SERVICE_ENDS = int(EventPriority.SERVICE_ENDS)
PUBLISH_ENDS = int(EventPriority.PUBLISH_ENDS)
KILL = int(EventPriority.KILL)
ABANDONMENT = int(EventPriority.ABANDONMENT)
FAULT_ENDS = int(EventPriority.FAULT_ENDS)
FAULT_BEGINS = int(EventPriority.FAULT_BEGINS)
MESSAGE_RETURNS = int(EventPriority.MESSAGE_RETURNS)
ARRIVAL = int(EventPriority.ARRIVAL)
DISPATCH = int(EventPriority.DISPATCH)
AFTER_LOWER_NUMBERS = 1 << 41
"""Added to the numbers of the second kind at a priority: workers after threads, brokers after workers."""
RELAY_PUBLISH_ENDS = PUBLISH_ENDS + AFTER_LOWER_NUMBERS
RELAY_LOOKS = ARRIVAL - 1
"""After all messages that become visible at that instant."""

STOP_BEGINS = FAULT_BEGINS + AFTER_LOWER_NUMBERS
"""Broker outages begin first, then crashes in order of the workers, stops and their ends, then freezes."""
FREEZE_BEGINS = STOP_BEGINS + (1 << 39)
TAKEN_FOR_DEAD = MESSAGE_RETURNS - (1 << 40)

Callback = Callable[[Any], None]
"""What is called with an event when its time has come."""
ProcessSteps = Generator["Event", Any, None]
"""The body of a SimPy process: it yields the events that it waits for."""


class Event:
    """What happens at a time: a request, a message, a delivery is its own pending event.

    So nothing has to be made for each event; it may be scheduled at most once at a time.
    """

    __slots__ = ("callback",)
    callback: Callback

    def cancel(self) -> None:
        """Cancel the event: its time passes, and nothing happens."""
        self.callback = _do_nothing


def _do_nothing(_: Event) -> None:
    pass


class AwaitedEvent(Event):
    """An event that SimPy's processes wait for; they read these attributes."""

    __slots__ = ("callbacks",)
    _ok = True
    _value = None

    def __init__(self) -> None:
        self.callbacks: list[Callback] | None = []


def _resume_processes(event: Any) -> None:
    """What SimPy does with an event: the processes go on that wait for it; one that failed ends the run."""
    callbacks, event.callbacks = event.callbacks, None
    for callback in callbacks:
        callback(event)
    if not event._ok:
        raise event._value


class Environment(simpy.Environment):
    """SimPy's environment in whole microseconds, with our order of simultaneous events and a leaner loop.

    What happens a million times is an `Event` with one function to call. What happens rarely (a crash, a
    restart, an outage) is a SimPy process that yields `until`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now_us = 0
        """The time in whole microseconds."""
        self.dispatch: Callable[[], None] = lambda: None
        """Lets free threads and workers take what waits."""
        self._is_dispatch_scheduled = False
        self._entries: list[tuple[int, int, int, Any]] = self._queue  # type: ignore[assignment]
        self._next_number = self._eid.__next__

    @property
    def now(self) -> int:
        """The time, by the name that SimPy's processes know."""
        return self.now_us

    def schedule_at(self, when_us: int, priority: int, event: Event, callback: Callback) -> None:
        """Schedule an event.

        Args:
            when_us: the time, in microseconds.
            priority: the order among events at one time: an `EventPriority` plus a number.
            event: the event, which the function gets.
            callback: the function to call.
        """
        event.callback = callback
        heappush(self._entries, (when_us, priority, self._next_number(), event))

    def schedule(self, event: Any, priority: Any = 1, delay: Any = 0) -> None:
        """Schedule an event that SimPy makes: the begin or the end of a process."""
        self.schedule_at(self.now_us + delay, priority, event, _resume_processes)

    def until(self, when_us: int, priority: int) -> Event:
        """The event at a time, for a process to wait for.

        Args:
            when_us: the time, in microseconds.
            priority: the order among events at one time: an `EventPriority` plus a number.
        """
        event = AwaitedEvent()
        self.schedule_at(when_us, priority, event, _resume_processes)
        return event

    def start(self, steps: ProcessSteps) -> None:
        """Start a SimPy process now."""
        self.process(steps)  # type: ignore[arg-type]  # it yields our leaner events

    def end_after(self, last_us: int) -> None:
        """Let no event happen after a time, in microseconds."""

        def end(_: Event) -> None:
            self._entries.clear()
            self.now_us = last_us

        self.schedule_at(last_us + 1, -1, Event(), end)

    def happen(self, most: int) -> bool:
        """Let events happen, up to a number of them; False if none is left.

        Args:
            most: the number.
        """
        entries = self._entries
        for _ in repeat(None, most):
            if not entries:
                return False
            self.now_us, _, _, event = heappop(entries)
            callback = event.callback
            callback(event)
        return True

    def finish_instant(self) -> None:
        """Let what else is due at this instant happen, if that comes to an end."""
        for _ in repeat(None, _MOST_AT_ONCE):
            if self.is_quiet():
                return
            self.happen(1)

    def is_quiet(self) -> bool:
        """Whether no other event is due at this instant."""
        entries = self._entries
        return not entries or entries[0][0] > self.now_us

    def request_dispatch(self) -> None:
        """Dispatch when all other events of this instant are over.

        If no other event is due now, it happens at once, so callers must not touch state afterwards. Several
        requests at one instant make one dispatch.
        """
        entries = self._entries
        if not entries or entries[0][0] > self.now_us:
            self.dispatch()
        elif not self._is_dispatch_scheduled:
            self._is_dispatch_scheduled = True
            self.schedule_at(self.now_us, DISPATCH, Event(), self._dispatch_at_last)

    def _dispatch_at_last(self, _: Event) -> None:
        self._is_dispatch_scheduled = False
        self.dispatch()

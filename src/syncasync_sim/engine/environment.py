"""The simulation environment: SimPy's, in whole microseconds, with a fixed order of simultaneous events."""

from __future__ import annotations

from collections.abc import Callable, Generator
from enum import IntEnum
from typing import Any

import simpy

_NUMBERS = 1 << 42


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

Callbacks = list[Callable[[Any], None]]
"""What is called with the event; one list is made once and used for every event of its kind."""
ProcessSteps = Generator["Event", Any, None]
"""The body of a SimPy process: it yields the events that it waits for."""


class Event:
    """A schedulable event, as lean as SimPy's loop allows.

    A request, a message, a delivery subclasses it and is its own pending event, so that nothing has to be
    made for each event; it may be scheduled at most once at a time.
    """

    __slots__ = ("callbacks",)
    _ok = True  # SimPy's loop and SimPy's processes read these two
    _value = None
    callbacks: Callbacks | None

    def cancel(self) -> None:
        """Cancel the event: its time passes without a call."""
        self.callbacks = []


class Environment(simpy.Environment):
    """SimPy's environment in whole microseconds, with our order of simultaneous events.

    What happens a million times is an `Event` with callbacks. What happens rarely (a crash, a restart, an
    outage) is a SimPy process that yields `until`.
    """

    def __init__(self) -> None:
        super().__init__(0)
        self.dispatch: Callable[[], None] = lambda: None
        """Lets free threads and workers take what waits."""
        self._dispatch_callbacks: Callbacks = [self._on_dispatch]
        self._is_dispatch_scheduled = False

    @property
    def now_us(self) -> int:
        """The time in whole microseconds."""
        return self._now  # type: ignore[return-value]  # SimPy keeps the kind of number it is given

    def schedule_at(self, when_us: int, priority: int, event: Event, callbacks: Callbacks) -> None:
        """Schedule an event with its callbacks.

        Args:
            when_us: the time, in microseconds.
            priority: the order among events at one time: an `EventPriority` plus a number.
            event: the event, which each callback gets.
            callbacks: the functions to call.
        """
        event.callbacks = callbacks
        self.schedule(event, priority, when_us - self._now)  # type: ignore[arg-type]  # leaner than its Event

    def until(self, when_us: int, priority: int) -> Event:
        """The event at a time, for a process to wait for.

        Args:
            when_us: the time, in microseconds.
            priority: the order among events at one time: an `EventPriority` plus a number.
        """
        event = Event()
        self.schedule_at(when_us, priority, event, [])
        return event

    def start(self, steps: ProcessSteps) -> None:
        """Start a SimPy process now."""
        self.process(steps)  # type: ignore[arg-type]  # it yields our leaner events

    def is_quiet(self) -> bool:
        """Whether no other event is due at this instant."""
        return self.peek() > self._now

    def request_dispatch(self) -> None:
        """Dispatch when all other events of this instant are over.

        If no other event is due now, it happens at once, so callers must not touch state afterwards. Several
        requests at one instant make one dispatch.
        """
        if self.peek() > self._now:
            self.dispatch()
        elif not self._is_dispatch_scheduled:
            self._is_dispatch_scheduled = True
            self.schedule_at(self.now_us, DISPATCH, Event(), self._dispatch_callbacks)

    def _on_dispatch(self, _: Event) -> None:
        self._is_dispatch_scheduled = False
        self.dispatch()

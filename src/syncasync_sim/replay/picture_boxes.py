"""The boxes of a design's picture: where people and messages can be, from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from syncasync_sim.trace.records import Trace

BoxKind = Literal["queue", "slots", "delay", "sink"]
GONE = -1
"""The index of the box for items that have left the picture."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the picture; the document and its page call it a place.

    `queue`: an ordered line, at most `limit` long (None: no limit). `slots`: numbered ones, `slots` of them;
    without a limit, as many as were ever used at once. `delay`: no order. `sink`: only counted.
    """

    id: str
    kind: BoxKind
    label: str
    slots: int | None = None
    limit: int | None = None
    unlimited: bool = False
    bad: bool = False
    unit: str = ""
    """What is counted, where it is not the customers."""

    def to_dict(self) -> dict[str, Any]:
        """Return the box as plain data, without keys that do not apply."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in values.items() if value not in (None, False, "")}


def boxes_of(trace: Trace) -> tuple[Box, ...]:
    """Return all boxes of a run's picture, those of customers before those of messages."""
    return tuple([*_front(trace), *_back(trace)] if has_queue(trace) else _front(trace))


def has_queue(trace: Trace) -> bool:
    """Whether the run has a queue with workers.

    Args:
        trace: the run.
    """
    return any(trace.scenario.background(step, trace.mode) for step in trace.scenario.steps)


def _front(trace: Trace) -> Iterator[Box]:
    """What the customer meets: the wait, the threads, the answer."""
    server = trace.scenario.server
    yield Box("wait", "queue", "Line for a thread", limit=server.backlog)
    yield _slots("threads", "Threads", server.threads, trace.requests.column("thread"))
    unit = "clicks" if any(trace.requests.column("click")) else ""
    yield Box("page", "sink", "Got the page", unit=unit)
    yield Box("error", "sink", "Error page", bad=True, unit=unit)
    yield Box("left", "sink", "Gave up", bad=True, unit=unit)
    yield Box("rejected", "sink", "Rejected", bad=True, unit=unit)


def _back(trace: Trace) -> Iterator[Box]:
    """What the messages meet: the queue, the workers, the end."""
    yield Box("outbox", "delay", "Outbox")
    yield Box("queue", "queue", "Queue", limit=trace.scenario.queue.capacity)
    yield Box("later", "delay", "Comes back later")
    yield Box("held", "delay", "Held by workers")
    yield _slots("workers", "Workers", trace.scenario.workers.count, trace.deliveries.column("worker"))
    yield Box("done", "sink", "Work done")
    yield Box("dead", "sink", "Dead letters", bad=True)
    yield Box("lost", "sink", "Lost", bad=True)


ALWAYS = frozenset({"wait", "threads", "page", "error", "queue", "workers", "done", "dead"})
"""These are shown even if nobody ever is there; the others only if somebody is."""


def _slots(name: str, label: str, count: int | None, used: Iterable[int]) -> Box:
    if count is not None:
        return Box(name, "slots", label, slots=count)
    return Box(name, "slots", label, slots=max([1, *used]), unlimited=True)

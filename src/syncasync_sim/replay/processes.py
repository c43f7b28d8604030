"""The workers, the web server and the broker: when they take nothing, and what is said of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.windows import to_windows
from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.items import Lane, Writer, moment
from syncasync_sim.replay.picture_boxes import has_queue
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Pause, PauseReason, Trace

SERVER, BROKER = -1, -2
"""The slots of the web server and of the broker, which have none."""
_BEGINS: Mapping[int, EventKind] = {
    PauseReason.FROZEN: EventKind.FREEZES,
    PauseReason.STOPPING: EventKind.STOPPING,
    PauseReason.STOPPED: EventKind.STOPPED,
    PauseReason.EVICTED: EventKind.EVICTED,
    PauseReason.TAKEN_FOR_DEAD: EventKind.TAKEN_FOR_DEAD,
}
_ENDS: Mapping[int, EventKind] = {
    PauseReason.FROZEN: EventKind.WAKES,
    PauseReason.STOPPED: EventKind.STARTED,
    PauseReason.EVICTED: EventKind.TAKES_AGAIN,
    PauseReason.TAKEN_FOR_DEAD: EventKind.TAKES_AGAIN,
}
_WORDS: Mapping[int, str] = {
    PauseReason.EVICTED: "evicted",
    PauseReason.STOPPING: "stopping",
    PauseReason.FROZEN: "frozen",
    PauseReason.STOPPED: "stopped",
}
"""The word on a worker, if it is the last here that holds. Taken for dead, it does not know it itself."""


def server_downs(scenario: Scenario) -> list[tuple[int, int]]:
    """Return when the web server is down: from when until when, in microseconds; overlapping times are one.

    Args:
        scenario: the scenario.
    """
    restarts = scenario.server.restarts
    return _merged([(to_us(down.at_s), to_us(down.at_s) + to_us(down.for_s)) for down in restarts])


def broker_downs(scenario: Scenario) -> list[tuple[int, int]]:
    """Return when the broker is down: from when until when (NEVER: for good), in microseconds.

    Args:
        scenario: the scenario.
    """
    outages = to_windows(scenario.queue.outages)
    return _merged([(begin, NEVER if end == inf else int(end)) for begin, end in outages if begin != end])


def places_down(lane: Lane) -> dict[str, dict[str, Any]]:
    """Return the places that are down at times: by their names, the words for it and the times.

    Args:
        lane: the boxes of the run, with its trace.
    """
    downs = {
        "threads": ("web server is down", server_downs(lane.trace.scenario)),
        "queue": ("broker is down", broker_downs(lane.trace.scenario)),
    }
    there = {box.id for box in lane.boxes}
    return {
        name: {"words": words, "times": [list(down) for down in times]}
        for name, (words, times) in downs.items()
        if times and name in there
    }


def _merged(times: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Times that overlap or follow at once, as one."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(times):
        if merged and begin <= moment(merged[-1][1]):
            merged[-1] = merged[-1][0], max(merged[-1][1], end, key=moment)
        else:
            merged.append((begin, end))
    return merged


def worker_downs(trace: Trace) -> list[tuple[int, int, int]]:
    """Return when a worker is dead: its slot, and from when until when; NEVER if it does not come back.

    A worker that lives in the web server is back with it, if it is not back before.

    Args:
        trace: the run.
    """
    restarts = server_downs(trace.scenario) if trace.scenario.queue.in_process else []
    return [
        (worker - 1, at, _with_server(at, back, restarts))
        for worker, at, back in trace.crashes.columns("worker", "at", "back")
    ]


def _with_server(at: int, back: int, restarts: list[tuple[int, int]]) -> int:
    cut = next((down for down in restarts if at <= down[0] and (back == NEVER or down[0] < back)), None)
    return back if cut is None else cut[1]


def worker_pauses(trace: Trace) -> list[tuple[int, str, int, int]]:
    """Return when a worker takes nothing without being dead: slot, word, from when, until when.

    NEVER is the end of the run. Of the rows that hold at once, the last one is shown.

    Args:
        trace: the run.
    """
    if not has_queue(trace):
        return []
    pauses = list(trace.pauses.columns("worker", "reason", "at", "until"))
    rows = [
        (worker - 1, word, at, until)
        for pause, word in _WORDS.items()
        for worker, reason, at, until in pauses
        if reason == pause and at != until
    ]
    if trace.scenario.queue.in_process:
        slots = range(trace.scenario.workers.count)
        rows += [(slot, "down", *down) for down in server_downs(trace.scenario) for slot in slots]
    return rows


def freezes(trace: Trace) -> dict[int, list[tuple[int, int]]]:
    """Return when each worker stood still, by its number: from when until when (NEVER: to the end).

    Args:
        trace: the run.
    """
    times: dict[int, list[tuple[int, int]]] = {}
    for worker, reason, at, until in trace.pauses.columns("worker", "reason", "at", "until"):
        if reason == PauseReason.FROZEN:
            times.setdefault(worker, []).append((at, until))
    return times


class Processes(Writer):
    """The events of the workers, the web server and the broker: their moves lead nowhere."""

    def write(self) -> None:
        """Write the moves of all processes."""
        items: dict[int, int] = {}
        for at, slot, mark in sorted(self._events()):
            if at <= self.trace.observed_us:
                if slot not in items:
                    items[slot] = self.item("process", -1, 0)
                self.move(at, items[slot], "", mark, slot)

    def _events(self) -> Iterator[tuple[int, int, EventKind]]:
        for begin, end in server_downs(self.trace.scenario):
            yield begin, SERVER, EventKind.SERVER_DOWN
            yield end, SERVER, EventKind.SERVER_OPEN
        if has_queue(self.trace):
            for begin, end in broker_downs(self.trace.scenario):
                yield begin, BROKER, EventKind.BROKER_DOWN
                if end != NEVER:
                    yield end, BROKER, EventKind.BROKER_BACK
            yield from self._worker_events()

    def _worker_events(self) -> Iterator[tuple[int, int, EventKind]]:
        """A death, or the end of the web server, says itself what it ends."""
        in_process = self.trace.scenario.queue.in_process
        cut = {begin for begin, _ in server_downs(self.trace.scenario)} if in_process else set[int]()
        deaths = set(self.trace.crashes.columns("worker", "at"))
        for worker, reason, at, until in self.trace.pauses.columns(*Pause.COLUMNS):
            yield at, worker - 1, _BEGINS[reason]
            if (worker, until) in deaths:
                if reason == PauseReason.STOPPING:
                    yield until, worker - 1, EventKind.DIES_STOPPING
            elif until != NEVER and until not in cut and reason in _ENDS:
                yield until, worker - 1, _ENDS[reason]

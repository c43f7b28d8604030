"""A trace as moves between boxes: who was where from when on, in the order in which it happened."""

from __future__ import annotations

from dataclasses import replace

from syncasync_sim.model.modes import Mode
from syncasync_sim.replay.customer_moves import Customers
from syncasync_sim.replay.items import Lane, Move
from syncasync_sim.replay.message_moves import Messages
from syncasync_sim.replay.picture_boxes import ALWAYS, GONE, boxes_of, has_queue
from syncasync_sim.replay.processes import Processes
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Trace

_RANK = {"queue": 0, "delay": 0, "sink": 1, "slots": 2}
"""At one instant: what joins a line, then what ends, then what begins; last, the events of a process."""


def lane_of(trace: Trace) -> Lane:
    """The moves of a run in order of time; at one instant, in the order in which they happened."""
    lane = Lane(trace, boxes_of(trace))
    Customers(lane).write()
    Messages(lane).write()
    Processes(lane).write()
    lane.moves = _in_order(lane)
    used = {move.box for move in lane.moves}
    kept = [number for number, box in enumerate(lane.boxes) if number in used or box.id in ALWAYS]
    if len(kept) == len(lane.boxes):
        return lane
    renumbered = {GONE: GONE, **{before: number for number, before in enumerate(kept)}}
    lane.boxes = tuple(lane.boxes[number] for number in kept)
    for move in lane.moves:
        move.box = renumbered[move.box]
    return lane


class KnownLanes:
    """The lanes of the last runs, for designs that do not notice a change.

    A design without workers does not notice how they are changed.
    """

    def __init__(self) -> None:
        self._last: dict[Mode, Lane] = {}

    def lane_of(self, trace: Trace) -> Lane:
        """Return the moves of a run, the same lane as the last time if they are the same.

        Args:
            trace: the run.
        """
        last = self._last.get(trace.mode)
        if last is None or not _is_same_picture(last.trace, trace):
            last = self._last[trace.mode] = lane_of(trace)
        return last


def _is_same_picture(before: Trace, now: Trace) -> bool:
    if has_queue(before) or has_queue(now):
        return False
    is_same_scenario = before.scenario.model_copy(update={"workers": now.scenario.workers}) == now.scenario
    return is_same_scenario and replace(before, scenario=now.scenario) == now


def _in_order(lane: Lane) -> list[Move]:
    """By time; at one instant by cause, but never against the order of an item's own moves."""
    ranks = {GONE: 1, **{number: _RANK[box.kind] for number, box in enumerate(lane.boxes)}}
    keys: list[tuple[int, int]] = []
    last = [(NEVER, 0)] * len(lane.items)
    for move in lane.moves:
        t, item = move.t, move.item
        rank = 3 if lane.items[item].kind == "process" else ranks[move.box]
        before_us, before = last[item]
        if before_us == t and before > rank:
            rank = before
        last[item] = key = (t, rank)
        keys.append(key)
    return [lane.moves[i] for i in sorted(range(len(keys)), key=keys.__getitem__)]

"""A trace as moves between boxes: who was where from when on, in the order in which it happened."""

from __future__ import annotations

from syncasync_sim.replay.customer_moves import Customers
from syncasync_sim.replay.items import Lane, Move
from syncasync_sim.replay.message_moves import Messages
from syncasync_sim.replay.picture_boxes import ALWAYS, GONE, boxes_of
from syncasync_sim.replay.processes import Processes
from syncasync_sim.trace.records import NEVER, Trace

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

"""Who and what moves in a picture, and how it is written down.

An item is in one box at a time. Customers are items, one a click, and so are messages. Where there are two
of a kind at once there are two items: the work for somebody who has given up goes on without them, and a
worker can be at a message that is visible to others again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.picture_boxes import GONE, Box
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Trace

MadeT = TypeVar("MadeT")
ItemKind = Literal["customer", "orphan", "message", "copy", "process"]
KINDS: tuple[ItemKind, ...] = ("customer", "orphan", "message", "copy", "process")
COLUMNS = ("t", "item", "place", "slot", "step", "mark", "attempt")
SPAN_COLUMNS = ("worked", "lasts")
"""What a move into a slot has besides, if it shows work (see progress.py)."""


class Item(NamedTuple):
    """Whose it is (counted from 0), which click, and which step a message is about (-1: none).

    A process (a worker, the web server, the broker) is nobody's (-1), and its moves lead nowhere.
    """

    kind: ItemKind
    customer: int
    click: int
    step: int


@dataclass(slots=True)
class Move:
    """An item enters a box. `slot` counts from 0, -1 is none; `attempt` is the number of the try.

    It is not frozen: a picture has thousands of them, and a frozen one takes three times as long to make.
    """

    t: int
    item: int
    box: int
    slot: int
    step: int
    mark: EventKind
    attempt: int

    def numbers(self) -> list[int]:
        """Return the numbers of the move in the order of COLUMNS."""
        return [self.t, self.item, self.box, self.slot, self.step, self.mark, self.attempt]


@dataclass(slots=True)
class Lane:
    """One design's run as moves between boxes."""

    trace: Trace
    boxes: tuple[Box, ...]
    items: list[Item] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    _made: dict[Callable[[Lane], Any], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, make: Callable[[Lane], MadeT]) -> MadeT:
        """Return what a function makes of this lane, the same at every call.

        Args:
            make: the function; its result is not to be changed.
        """
        if make not in self._made:
            self._made[make] = make(self)
        made: MadeT = self._made[make]
        return made


class Writer:
    """Adds items and moves to a lane; boxes by their names."""

    def __init__(self, lane: Lane) -> None:
        self.lane, self.trace = lane, lane.trace
        self.boxes = {box.id: number for number, box in enumerate(lane.boxes)}
        """The index of each box, by its name."""

    def item(self, kind: ItemKind, customer: int, click: int, step: int = -1) -> int:
        """Add an item, and return its number.

        Args:
            kind: the kind of item.
            customer: whose it is, from 0.
            click: which of the customer's clicks, from 0.
            step: the index of its step; -1 without one.

        Returns:
            The number of the item, from 0.
        """
        self.lane.items.append(Item(kind, customer, click, step))
        return len(self.lane.items) - 1

    def move(
        self,
        at_us: int,
        item: int,
        box: str,
        mark: EventKind,
        slot: int = -1,
        step: int = -1,
        attempt: int = 0,
    ) -> None:
        """Add the move of an item.

        Args:
            at_us: the time, in microseconds.
            item: the number of the item.
            box: the name of the box; empty if the item leaves.
            mark: the kind of event.
            slot: the number of the slot in the box; -1 without one.
            step: the index of the step; -1 without one.
            attempt: the number of the attempt; 0 without one.
        """
        number = self.boxes[box] if box else GONE
        self.lane.moves.append(Move(at_us, item, number, slot, step, mark, attempt))


def moment(at_us: int) -> float:
    """Return a time of a column in microseconds; infinite if it never came."""
    return float("inf") if at_us == NEVER else at_us

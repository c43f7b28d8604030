"""How far the work in a slot is, calculated once: the picture only interpolates.

The work of one thread or worker at one try of a step is one stretch, even if it changes hands on the page:
somebody gives up and the server goes on, or a message is visible again and its worker is still at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syncasync_sim.replay.captions import WAITS, EventKind
from syncasync_sim.replay.items import Lane
from syncasync_sim.replay.picture_boxes import GONE

UNKNOWN = -1
"""How long work lasts whose end is not in this run."""
Span = tuple[int, int]
"""How much of the work is done already at a move, and how long all of it lasts, in microseconds."""


@dataclass(slots=True)
class _Stretch:
    """Work from `begun` to `ended` (None: not in this run); `died`: its worker did not come to its end."""

    begun: int
    ended: int | None
    died: bool = False
    stood_us: int = 0
    """How long of it the worker has stood still."""

    @property
    def length(self) -> int | None:
        """How long it took without the time in which the worker stood still; None: it has no end."""
        return None if self.ended is None else self.ended - self.begun - self.stood_us


class _WorkKey(NamedTuple):
    """Whose it is, which step, which try; or the wait before that."""

    customer: int
    click: int
    step: int
    attempt: int
    waits: bool


def spans_of(lanes: Sequence[Lane]) -> list[dict[int, Span]]:
    """Return for each design the work that each move into a slot shows, by the number of the move.

    A wait in a slot has none. The work of a dead worker is taken to be as long as the longest finished work
    at this step in either design.
    """
    stretches_by_lane = [_stretches(lane) for lane in lanes]
    usual: dict[int, int] = {}
    for lane, stretches in zip(lanes, stretches_by_lane, strict=True):
        for number, (stretch, _) in stretches.items():
            step = lane.moves[number].step
            if stretch.length is not None and not stretch.died:
                usual[step] = max(usual.get(step, 0), stretch.length)
    return [
        {
            number: (
                lane.moves[number].t - stretch.begun - stood_us,
                _length(stretch, usual, lane.moves[number].step),
            )
            for number, (stretch, stood_us) in stretches.items()
            if lane.moves[number].mark not in WAITS
        }
        for lane, stretches in zip(lanes, stretches_by_lane, strict=True)
    ]


def _length(stretch: _Stretch, usual: Mapping[int, int], step: int) -> int:
    length = stretch.length
    if length is None:
        return UNKNOWN
    return max(length, usual.get(step, 0)) if stretch.died else length


def _stretches(lane: Lane) -> Mapping[int, tuple[_Stretch, int]]:
    """The stretch of work to which each move into a slot belongs, and how long its worker had stood still."""
    stretches: dict[int, tuple[_Stretch, int]] = {}
    last: dict[tuple[int, int], tuple[_WorkKey, _Stretch]] = {}
    follows = _following(lane)
    for number, move in enumerate(lane.moves):
        if move.box == GONE or lane.boxes[move.box].kind != "slots":
            continue
        item = lane.items[move.item]
        work = _WorkKey(item.customer, item.click, move.step, move.attempt, move.mark in WAITS)
        following = follows.get(number)
        until = None if following is None else lane.moves[following].t
        before = last.get((move.box, move.slot))
        if before is not None and before[0] == work:
            stretch = before[1]
            stretch.ended = until
        else:
            stretch = _Stretch(move.t, until)
        stretch.died = following is not None and lane.moves[following].mark == EventKind.DIED
        stretches[number], last[move.box, move.slot] = (stretch, stretch.stood_us), (work, stretch)
        if move.mark == EventKind.STANDS_STILL and until is not None:
            stretch.stood_us += until - move.t
    return stretches


def _following(lane: Lane) -> dict[int, int]:
    """By the number of a move, that of the same item's next one."""
    last: dict[int, int] = {}
    follows: dict[int, int] = {}
    for number, move in enumerate(lane.moves):
        if move.item in last:
            follows[last[move.item]] = number
        last[move.item] = number
    return follows

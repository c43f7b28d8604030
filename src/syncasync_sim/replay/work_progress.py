"""How far the work in a slot is, calculated once: the picture only interpolates.

The work of one thread or worker at one try of a step is one stretch, even if it changes hands on the page:
somebody gives up and the server goes on, or a message is visible again and its worker is still at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncasync_sim.replay.captions import WAITS, EventKind
from syncasync_sim.replay.items import Lane, Move

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


_WorkKey = tuple[int, int, int, int, bool]
"""Whose it is (customer and click), which step, which try; or the wait before that."""


def spans_of(lanes: Sequence[Lane]) -> list[dict[int, Span]]:
    """Return for each design the work that each move into a slot shows, by the number of the move.

    A wait in a slot has none. The work of a dead worker is taken to be as long as the longest finished work
    at this step in either design.
    """
    stretches_by_lane = [lane.once(_stretches) for lane in lanes]
    usual = _longest(lanes, stretches_by_lane)
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


def _longest(
    lanes: Sequence[Lane], stretches_by_lane: Sequence[Mapping[int, tuple[_Stretch, int]]]
) -> dict[int, int]:
    """The length of the longest finished work at each step; of none, if no worker died at any."""
    longest: dict[int, int] = {}
    if not any(stretch.died for stretches in stretches_by_lane for stretch, _ in stretches.values()):
        return longest
    for lane, stretches in zip(lanes, stretches_by_lane, strict=True):
        for number, (stretch, _) in stretches.items():
            step = lane.moves[number].step
            if stretch.length is not None and not stretch.died:
                longest[step] = max(longest.get(step, 0), stretch.length)
    return longest


def _length(stretch: _Stretch, usual: Mapping[int, int], step: int) -> int:
    length = stretch.length
    if length is None:
        return UNKNOWN
    return max(length, usual.get(step, 0)) if stretch.died else length


def _stretches(lane: Lane) -> Mapping[int, tuple[_Stretch, int]]:
    """The stretch of work to which each move into a slot belongs, and how long its worker had stood still."""
    stretches: dict[int, tuple[_Stretch, int]] = {}
    last: dict[tuple[int, int], tuple[_WorkKey, _Stretch]] = {}
    slots = {number for number, box in enumerate(lane.boxes) if box.kind == "slots"}
    for number, (move, following) in enumerate(zip(lane.moves, _following(lane), strict=True)):
        if move.box not in slots:
            continue
        _, customer, click, _ = lane.items[move.item]
        work = (customer, click, move.step, move.attempt, move.mark in WAITS)
        until = None if following is None else following.t
        before = last.get((move.box, move.slot))
        if before is not None and before[0] == work:
            stretch = before[1]
            stretch.ended = until
        else:
            stretch = _Stretch(move.t, until)
        stretch.died = following is not None and following.mark == EventKind.DIED
        stretches[number], last[move.box, move.slot] = (stretch, stretch.stood_us), (work, stretch)
        if move.mark == EventKind.STANDS_STILL and until is not None:
            stretch.stood_us += until - move.t
    return stretches


def _following(lane: Lane) -> list[Move | None]:
    """For each move the same item's next one."""
    later: list[Move | None] = [None] * len(lane.items)
    follows: list[Move | None] = []
    for move in reversed(lane.moves):
        follows.append(later[move.item])
        later[move.item] = move
    return follows[::-1]

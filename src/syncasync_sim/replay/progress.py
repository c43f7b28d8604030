"""How far the work in a slot is.

The work of one thread or worker at one try of a step is one stretch, even if it changes hands on the page:
somebody gives up and the server goes on, or a message is visible again and its worker is still at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncasync_sim.replay.state import LaneReader
from syncasync_sim.replay.words import WAITS, Mark


@dataclass(slots=True)
class Stretch:
    """Work from `begun` to `ended` (None: not in this run); `died`: its worker did not come to its end."""

    begun: int
    ended: int | None
    died: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
    """Whose it is, which step, which try; or the wait before that."""

    customer: int
    click: int
    step: int
    attempt: int
    waits: bool


class Progress:
    """The share of every piece of work that is done, by the number of the move that shows it."""

    def __init__(self, lanes: list[LaneReader]) -> None:
        self._stretches = [_stretches(read) for read in lanes]
        self._usual: dict[int, int] = {}
        """The longest work at each step that came to its end: how long a dead worker's would have been."""
        for read, stretches in zip(lanes, self._stretches, strict=True):
            for number, stretch in stretches.items():
                step = read.moves[number][4]
                if stretch.ended is not None and not stretch.died:
                    self._usual[step] = max(self._usual.get(step, 0), stretch.ended - stretch.begun)
        self._lanes = lanes

    def share(self, lane: int, number: int, t: int) -> float | None:
        """Between 0 and 1 at *t*; None where the end of the work is not known."""
        stretch = self._stretches[lane][number]
        if stretch.ended is None:
            return None
        length = stretch.ended - stretch.begun
        if stretch.died:
            length = max(length, self._usual.get(self._lanes[lane].moves[number][4], 0))
        return min(1.0, (t - stretch.begun) / length) if length else 1.0


def _stretches(read: LaneReader) -> Mapping[int, Stretch]:
    """The stretch of work to which each move into a slot belongs."""
    found: dict[int, Stretch] = {}
    last: dict[tuple[int, int], tuple[_Work, Stretch]] = {}
    ends = _deaths(read)
    for number, (t, item, place, slot, step, mark, attempt) in enumerate(read.moves):
        if place < 0 or read.places[place]["kind"] != "slots":
            continue
        _, customer, click, _ = read.items[item]
        work = _Work(customer, click, step, attempt, mark in WAITS)
        until = read.until[number]
        before = last.get((place, slot))
        if before is not None and before[0] == work:
            stretch = before[1]
            stretch.ended = until
        else:
            stretch = Stretch(t, until)
        stretch.died = number in ends
        found[number], last[place, slot] = stretch, (work, stretch)
    return found


def _deaths(read: LaneReader) -> set[int]:
    """The moves that end with the death of a worker."""
    last: dict[int, int] = {}
    died: set[int] = set()
    for number, (_, item, _, _, _, mark, _) in enumerate(read.moves):
        if mark == Mark.DIED and item in last:
            died.add(last[item])
        last[item] = number
    return died

"""Where everybody is at a moment: a document's moves, read again. It simulates nothing, it only looks up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.items import COLUMNS
from syncasync_sim.replay.picture_boxes import GONE

EVERY = 256
"""After so many moves it is noted where everybody is, so that stepping back does not begin at the start."""


class DesignReader:
    """One design of a document."""

    def __init__(self, plain: Mapping[str, Any], lane: Mapping[str, Any]) -> None:
        self.plain, self.lane = plain, lane
        self.boxes: Sequence[Mapping[str, Any]] = lane["places"]
        self.items: Sequence[Sequence[int]] = lane["items"]
        self.moves: Sequence[Sequence[int]] = lane["moves"]
        self.until: list[int | None] = [None] * len(self.moves)
        """Per move, the time of the same item's next one: until then it holds. None: to the end."""
        self._times = [move[0] for move in self.moves]
        self._before: list[int | None] = []  # per move, the time of the same item's move before
        self._noted: list[dict[int, int]] = []  # after every so many moves, the last move of every item
        last: dict[int, int] = {}
        for number, (t, item, *_) in enumerate(self.moves):
            if number % EVERY == 0:
                self._noted.append(dict(last))
            before = last.pop(item, None)  # out and in again: the items stay in the order of their moves
            last[item] = number
            self._before.append(None if before is None else self._times[before])
            if before is not None:
                self.until[before] = t

    def upto(self, t: int) -> int:
        """Return the number of moves up to a time in microseconds, those at this time included."""
        return bisect_right(self._times, t)

    def numbers(self, count: int) -> list[list[int]]:
        """Return for each box the number of the last move of every item in it, after *count* moves.

        The items are in the order in which they came; an item that has left is in no box.
        """
        noted = min(count // EVERY, len(self._noted) - 1)
        last = dict(self._noted[noted]) if self._noted else {}
        for number in range(max(noted, 0) * EVERY, min(count, len(self.moves))):
            item = self.moves[number][1]
            last.pop(item, None)
            last[item] = number
        there: list[list[int]] = [[] for _ in self.boxes]
        for number in last.values():
            box = self.moves[number][2]
            if box != GONE:
                there[box].append(number)
        return there

    def at(self, count: int) -> list[list[Sequence[int]]]:
        """Return for each box the moves whose numbers `numbers` gives."""
        return [[self.moves[number] for number in numbers] for numbers in self.numbers(count)]

    def effects(self, t: int) -> list[tuple[str, bool]]:
        """Return for each effect how often it has happened up to a time, in words, and whether too often.

        Args:
            t: the time, in microseconds.
        """
        done = []
        for effect in self.lane["effects"]:
            steps = effect["steps"]
            _, count, *often = steps[bisect_right(steps, t, key=lambda step: step[0]) - 1]
            done.append((" ".join([effect["name"], count]) + "".join(often), bool(often)))
        return done

    def paused(self, t: int) -> dict[int, str]:
        """Return the workers that take nothing at a time in microseconds, by their slots: a word for each."""
        rows = [*self.lane.get("pauses", ()), *((slot, "dead", *times) for slot, *times in self.lane["down"])]
        return {slot: word for slot, word, at, until in rows if at <= t and (until < 0 or t < until)}

    def place_down(self, box: str, t: int) -> str:
        """Return the words for a place that is down at a time; empty if it is not.

        Args:
            box: the name of its box.
            t: the time, in microseconds.
        """
        down = self.lane.get("places_down", {}).get(box, {"words": "", "times": []})
        is_down = any(begin <= t and (end < 0 or t < end) for begin, end in down["times"])
        return str(down["words"]) if is_down else ""

    def works(self, number: int) -> bool:
        """Whether the move shows work in a slot, with a share that is done."""
        return len(self.moves[number]) > len(COLUMNS)

    def share(self, number: int, t: int) -> float | None:
        """Return the share of the work that is done, from 0 to 1.

        It is None without work, or if the end of the work is unknown.

        Args:
            number: the number of the move.
            t: the time, in microseconds.
        """
        if not self.works(number):
            return None
        worked, lasts = self.moves[number][len(COLUMNS) :]
        if lasts < 0:
            return None
        still = self.moves[number][5] == EventKind.STANDS_STILL
        since = 0 if still else t - self.moves[number][0]
        return min(1.0, (worked + since) / lasts) if lasts else 1.0

    def caption(self, number: int) -> str:
        """The caption of a move."""
        return self._filled("captions", number)

    def state(self, number: int) -> str:
        """The state of an item from a move until its next one, in words."""
        return self._filled("states", number)

    def _filled(self, templates: str, number: int) -> str:
        t, item, _, slot, step, mark, attempt, *_ = self.moves[number]
        before = self._before[number]
        template: str = self.plain[templates][mark]
        return template.format(
            customer=self.items[item][1] + 1,
            slot=slot + 1,
            step=self.plain["steps"][step] if step >= 0 else "",
            attempt=attempt,
            waited=f"{(t - (t if before is None else before)) / 1e6:.2f} s",
        )


def readers(plain: Mapping[str, Any]) -> list[DesignReader]:
    """Return the reader of every design of a document."""
    return [DesignReader(plain, lane) for lane in plain["lanes"]]


def event_times(lanes: Iterable[DesignReader]) -> list[int]:
    """Return the times of all moves in any design, in microseconds, in ascending order."""
    return sorted({move[0] for read in lanes for move in read.moves})

"""Where everybody is at a moment: a document's moves, read again. It simulates nothing, it only looks up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from syncasync_sim.replay.places import GONE


class LaneReader:
    """One design of a document."""

    def __init__(self, plain: Mapping[str, Any], lane: Mapping[str, Any]) -> None:
        self.plain, self.lane = plain, lane
        self.places: Sequence[Mapping[str, Any]] = lane["places"]
        self.items: Sequence[Sequence[int]] = lane["items"]
        self.moves: Sequence[Sequence[int]] = lane["moves"]
        self._times = [move[0] for move in self.moves]
        self._before: list[int | None] = []  # per move, the time of the same item's move before
        last: dict[int, int] = {}
        for t, item, *_ in self.moves:
            self._before.append(last.get(item))
            last[item] = t

    def upto(self, t: int) -> int:
        """How many moves have happened at *t*, those at *t* included."""
        return bisect_right(self._times, t)

    def at(self, count: int) -> list[list[Sequence[int]]]:
        """Per place, the last move of every item that is there after the first *count* moves, in the order
        in which they came; what has ended in no place is nowhere."""
        last: dict[int, Sequence[int]] = {}
        for move in self.moves[:count]:
            last.pop(move[1], None)
            last[move[1]] = move
        there: list[list[Sequence[int]]] = [[] for _ in self.places]
        for move in last.values():
            if move[2] != GONE:
                there[move[2]].append(move)
        return there

    def effects(self, t: int) -> dict[str, tuple[int, int]]:
        """Per effect, how often it has happened by *t*, and how often of that too often."""
        counted = {name: (0, 0) for name in self.plain["effects"] if name is not None}
        for at, step, time in self.lane["effects"]:
            if at <= t:
                name = self.plain["effects"][step]
                happened, again = counted[name]
                counted[name] = happened + 1, again + (time > 1)
        return counted

    def down(self, t: int) -> set[int]:
        """The slots of the workers that are dead at *t*."""
        return {slot for slot, at, back in self.lane["down"] if at <= t and (back < 0 or t < back)}

    def caption(self, number: int) -> str:
        """What the move of that number says."""
        return self._filled("captions", number)

    def state(self, number: int) -> str:
        """What its item is at, from that move to its next."""
        return self._filled("states", number)

    def _filled(self, templates: str, number: int) -> str:
        t, item, _, slot, step, mark, attempt = self.moves[number]
        before = self._before[number]
        template: str = self.plain[templates][mark]
        return template.format(
            customer=self.items[item][1] + 1,
            slot=slot + 1,
            step=self.plain["steps"][step] if step >= 0 else "",
            attempt=attempt,
            waited=f"{(t - (t if before is None else before)) / 1e6:.2f} s",
        )

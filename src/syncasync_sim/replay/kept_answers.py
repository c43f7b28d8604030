"""The answers to positions of sliders as JSON: what was made is kept, since sliders are moved to and fro."""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from syncasync_sim.replay.explorer import Explorer

MOST_KEPT = 64
"""So many answers are kept; each has about 100 kB."""
SHORT_S = 0.1
"""Only where an answer takes no longer are others made ahead: nobody is to wait for a run not wanted."""


class KeptAnswers:
    """The answers of *explorer*, the last of them kept."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self._at = {control.name: control.at for control in explorer.controls}
        self._kept: dict[str, bytes] = {}
        self._before: Mapping[str, object] = {}
        self._took_s = 0.0

    def answer(self, positions: Mapping[str, object]) -> tuple[bytes, bool]:
        """Return the answer as JSON, and whether it has a picture; others are not kept.

        Args:
            positions: as `Explorer.answer` takes them.
        """
        key = self._key(positions)
        body = self._kept.pop(key, None)
        if body is None:
            began_s = perf_counter()
            answer = self.explorer.answer(positions)
            body = to_json(answer)
            self._took_s = perf_counter() - began_s
            if "problem" in answer:  # a run that takes too long may be shorter the next time
                return body, False
        self._kept[key] = body
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return body, True

    def forget(self) -> None:
        """Keep none of the answers any longer."""
        self._kept.clear()

    def following(self, positions: Mapping[str, object]) -> list[dict[str, object]]:
        """Return the positions that may come next: the other stops of the slider that was moved last.

        The nearest come first, on its way before behind it. Those whose answers are there already are left
        out; all are left out if an answer takes long.

        Args:
            positions: those that were answered last.
        """
        before, self._before = self._before, dict(positions)
        moved = [name for name in self._at if self._stop(positions, name) != self._stop(before, name)]
        if len(moved) != 1 or self._took_s > SHORT_S:
            return []
        (name,) = moved
        now, was = self._stop(positions, name), self._stop(before, name)
        stops = next(control.stops for control in self.explorer.controls if control.name == name)
        nearest = sorted(range(len(stops)), key=lambda stop: (abs(stop - now), (stop > now) != (now > was)))
        following = ({**positions, name: stop} for stop in nearest)
        return [positions for positions in following if self._key(positions) not in self._kept]

    def _stop(self, positions: Mapping[str, object], name: str) -> int:
        stop = positions.get(name, self._at[name])
        return stop if isinstance(stop, int) else self._at[name]

    def _key(self, positions: Mapping[str, object]) -> str:
        """The same for a slider that is not named as for one that is where the scenario has it."""
        return json.dumps({**self._at, **positions}, sort_keys=True)


def to_json(plain: Mapping[str, Any]) -> bytes:
    """Return plain data as it is sent to a page."""
    return json.dumps(plain, separators=(",", ":"), allow_nan=False).encode()

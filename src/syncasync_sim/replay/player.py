"""Playing a recorded run: keys in, time out. It knows nothing of screens and clocks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.replay.speeds import SPEEDS

PATIENCE_S = 20
"""A run begins at such a speed that it takes about so long, or longer."""


def fitting_speed(end: int) -> float:
    """Return the fastest speed at which a run takes at least PATIENCE_S, or else the slowest speed.

    Args:
        end: the length of the run, in microseconds.
    """
    return max((speed for speed in SPEEDS if end / US_PER_S / speed >= PATIENCE_S), default=SPEEDS[0])


@dataclass(slots=True)
class Player:
    """Where a replay is: `t` of `end`, in microseconds; `times` are those of the events, in order."""

    times: Sequence[int]
    end: int
    t: int = 0
    speed: float = 1.0
    playing: bool = True

    def __post_init__(self) -> None:
        self._go(self.t)

    def tick(self, seconds: float) -> None:
        """Advance the clock; the replay stops at the end of the run."""
        if self.playing:
            self._go(self.t + round(seconds * self.speed * US_PER_S))

    def press(self, key: str) -> bool:
        """Handle a key; False for the key that leaves.

        Other keys do nothing.
        """
        if key == "space":
            self.t = 0 if not self.playing and self.t == self.end else self.t
            self.playing = not self.playing and self.end > 0
        elif key in ("+", "-"):
            self.speed = self._next_speed(faster=key == "+")
        elif (t := self._target(key)) is not None:
            self.playing = False
            self._go(t)
        return key != "q"

    def controls(self) -> list[str]:
        """Return the state and the keys in words, the more important first."""
        last = self.t == self.end
        state = "The end" if last else f"{'Playing' if self.playing else 'Paused'}, speed {self.speed:g}"
        space = "pause" if self.playing else "again" if last else "play"
        return [
            state,
            f"space: {space}",
            "left, right: event",
            "q: quit",
            "+ -: speed",
            "Home, End",
        ]

    def _target(self, key: str) -> int | None:
        """Where a key leads."""
        if key == "left":
            before = bisect_left(self.times, self.t)
            return self.times[before - 1] if before else 0
        if key == "right":
            after = bisect_right(self.times, self.t)
            return self.times[after] if after < len(self.times) else self.end
        jumps = {
            "shift-left": self.t - US_PER_S,
            "shift-right": self.t + US_PER_S,
            "home": 0,
            "end": self.end,
        }
        return jumps.get(key)

    def _go(self, t: int) -> None:
        self.t = max(0, min(t, self.end))
        self.playing = self.playing and self.t < self.end

    def _next_speed(self, *, faster: bool) -> float:
        if faster:
            return min((speed for speed in SPEEDS if speed > self.speed), default=self.speed)
        return max((speed for speed in SPEEDS if speed < self.speed), default=self.speed)

"""The restarts of the web server: when it goes down and is open again, and what goes down with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from syncasync_sim.engine.environment import FAULT_BEGINS, FAULT_ENDS, Environment, ProcessSteps
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.request_parts import Restart

_FIRST = -1
"""The broker is 0, and workers are numbered from 1: among faults of one kind at one instant, the web server
comes before them."""


class GoesDown(Protocol):
    """What a restart of the web server takes with it."""

    def go_down(self) -> None:
        """Lose what it has in hand."""

    def open_again(self) -> None:
        """Go on, with nothing in hand."""


class Restarts:
    """The schedule of restarts; those that overlap are one."""

    def __init__(self, restarts: tuple[Restart, ...], env: Environment, parts: Sequence[GoesDown]) -> None:
        """*parts*: what goes down and is open again, in this order."""
        self._env = env
        self._parts = parts
        self._going_on = 0
        for restart in restarts:
            env.start(self._restart(to_us(restart.at_s), to_us(restart.for_s)))

    def _restart(self, begin: int, lasts: int) -> ProcessSteps:
        yield self._env.until(begin, FAULT_BEGINS + _FIRST)
        self._going_on += 1
        if self._going_on == 1:
            for part in self._parts:
                part.go_down()
            self._env.request_dispatch()
        yield self._env.until(begin + lasts, FAULT_ENDS + _FIRST)
        self._going_on -= 1
        if not self._going_on:
            for part in self._parts:
                part.open_again()
            self._env.request_dispatch()

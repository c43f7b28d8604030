"""A long run that goes on while somebody reads a question; nothing of it is shown before an answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from syncasync_sim.engine.simulation import Watch

LOOK_S = 0.05
"""Between two looks at how far it is."""


class RunAhead:
    """A run in a thread of its own.

    Args:
        run: makes the run and keeps its result; it is given whom to ask whether to go on.
    """

    def __init__(self, run: Callable[[Watch], object]) -> None:
        self._run, self._wanted, self._progress = run, True, (0, 0)
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let it end without a result: nobody waits for it any more."""
        self._wanted = False

    def wait(self, watch: Watch) -> None:
        """Wait for its end.

        Args:
            watch: asked repeatedly whether to go on.
        """
        while self._thread.is_alive():
            self._wanted = self._wanted and watch(*self._progress)
            self._thread.join(LOOK_S)

    def _work(self) -> None:
        with suppress(Exception):  # the same run is asked for again, where the error can be told
            self._run(self._watch)

    def _watch(self, done: int, expected: int) -> bool:
        self._progress = (done, expected)
        return self._wanted

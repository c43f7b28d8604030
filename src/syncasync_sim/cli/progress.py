"""A bar for a run that takes longer than a second, on a terminal only."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

from syncasync_sim.cli.interrupts import Stop

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_S = 1.0
"""A run shorter than this shows no bar."""
REFRESH_S = 0.1


class Watcher:
    """What a run calls now and then: moves the bar, and says no when somebody asked to stop."""

    def __init__(self, runs: int, stop: Stop, *, shown: bool) -> None:
        self._runs, self._stop = runs, stop
        self._begun, self._last = 0, 0
        self._shown = shown and sys.stderr.isatty()
        self._bar: Progress | None = None
        self._next_s = monotonic() + PATIENCE_S

    def __call__(self, arrived: int, expected: int) -> bool:
        """Of the run going on, *arrived* of about *expected* requests have come."""
        self._begun += (
            self._begun == 0 or arrived == 0 or arrived < self._last
        )  # fewer: the next run has begun
        self._last = arrived
        if self._stop.asked:
            self._close()
            self._stop.say()
            return False
        if self._shown and monotonic() >= self._next_s:
            run = min(1.0, arrived / max(1, expected))
            self._show(min(1.0, (self._begun - 1 + run) / self._runs))
            self._next_s = monotonic() + REFRESH_S
        return True

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        self._stop.say()

    def _show(self, share: float) -> None:
        if self._bar is None:
            self._stop.screen_is_taken = True  # first: a Ctrl-C may come as soon as the bar is seen
            self._bar = _bar()
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=share)
        self._bar.refresh()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._stop.screen_is_taken = False


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("Running"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    bar.add_task("run", total=1.0)
    return bar

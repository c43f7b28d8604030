"""A bar on a terminal for what takes longer than a second; elsewhere one line, where one is given."""

from __future__ import annotations

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self

from syncasync_sim.cli.signals import Stop

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE_S = 1.0
"""A run shorter than this shows no bar."""
REFRESH_S = 0.1
RUN_SHARE = 0.6
"""So much of the time is the run itself; the rest is its statistics, which count nothing."""
NOTICE_S = 3.0
"""Without a terminal the line is printed for what takes longer than this."""


class Bar:
    """Shows how much is done, on a terminal only, and says no when somebody asked to stop.

    Args:
        stop: whether somebody asked to stop.
        on_screen: whether the bar is shown.
        doing: the word in front of the bar.
        notice: the line on standard error where that is no terminal; empty for none.
    """

    def __init__(self, stop: Stop, *, on_screen: bool, doing: str = "Running", notice: str = "") -> None:
        self._stop, self._doing = stop, doing
        self._on_screen = on_screen and sys.stderr.isatty()
        self._bar: Progress | None = None
        self._next_s = monotonic() + PATIENCE_S
        self._notice = "" if sys.stderr.isatty() else notice
        self._notice_s = monotonic() + NOTICE_S

    def goes_on(self, share: float) -> bool:
        """Show the share that is done; return whether to go on."""
        if self._stop.requested:
            self._close()
            self._stop.say()
            return False
        if self._on_screen and monotonic() >= self._next_s:
            self._show(min(1.0, share))
            self._next_s = monotonic() + REFRESH_S
        if self._notice and monotonic() >= self._notice_s:
            print(self._notice, file=sys.stderr, flush=True)
            self._notice = ""
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        self._stop.say()

    def _show(self, share: float) -> None:
        if self._bar is None:
            self._stop.screen_is_taken = True  # first: a Ctrl-C may come as soon as the bar is seen
            self._bar = _bar(self._doing)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=share)
        self._bar.refresh()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self._stop.screen_is_taken = False


class Watcher(Bar):
    """What a run calls repeatedly.

    Args:
        runs: the number of runs.
        stop: whether somebody asked to stop.
        on_screen: whether the bar is shown.
        notice: the line on standard error where that is no terminal; empty for none.
        at_once: the number of runs that are made before their statistics, as both designs of a replication.
    """

    def __init__(self, runs: int, stop: Stop, *, on_screen: bool, notice: str = "", at_once: int = 1) -> None:
        super().__init__(stop, on_screen=on_screen, notice=notice)
        self._runs, self._at_once, self._begun, self._last = runs, at_once, 0, 0

    def __call__(self, done: int, expected: int) -> bool:
        """Of the run going on, *done* of about *expected* is."""
        # Less than before: the next run has begun, or the same one again, event by event.
        is_next = self._begun == 0 or done == 0 or done < self._last
        self._begun = min(self._begun + is_next, self._runs)
        self._last = done
        run = min(1.0, done / max(1, expected))
        before, since = divmod(self._begun - 1, self._at_once)
        return self.goes_on((before * self._at_once + RUN_SHARE * (since + run)) / self._runs)


class CellWatcher(Bar):
    """What a sweep calls repeatedly."""

    def __call__(self, finished: int, cells: int) -> bool:
        """*finished* of so many *cells* are."""
        return self.goes_on(finished / max(1, cells))


def _bar(doing: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(doing),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    bar.add_task("run", total=1.0)
    return bar

"""What takes long: told of before it begins, and what takes very long is done only with --yes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim.engine.estimate import Estimate

LONG_S = 10.0
"""A run of so many seconds or more is announced before it begins."""
MOST_BYTES, MOST_S = 2.5e9, 3600.0
"""More, of memory or of time, is only done when it is asked for twice."""


def look_ahead(
    runs: Sequence[Estimate],
    *,
    source: str,
    shorter: Sequence[str],
    jobs: int = 1,
    cells: int = 0,
    yes: bool = False,
    can_insist: bool = True,
    tell: bool = True,
) -> None:
    """Print the expected time of runs if it is long, on a terminal only.

    Args:
        runs: the estimate of each run.
        source: the name of the scenario, for the message.
        shorter: options that make the runs shorter, for the message.
        jobs: the number of processes.
        cells: the number of cells of a sweep.
        yes: whether very long runs are accepted.
        can_insist: whether they could be, for the message.
        tell: whether the time is printed.

    Raises:
        ScenarioError: the runs take very long or very much memory, and *yes* is not set.
    """
    size = together(runs, jobs, cells)
    if not yes and is_very_long(size):
        cures = ["--yes does it all the same", f"shorter with {' or '.join(shorter)}"]
        raise ScenarioError(
            f"{source}: this would take very long: {in_words(size)}\n  = {'; '.join(cures[not can_insist :])}"
        )
    if tell and is_long(size) and sys.stderr.isatty():
        print(f"This takes {in_words(size)}.", file=sys.stderr, flush=True)


def together(runs: Sequence[Estimate], jobs: int = 1, cells: int = 0) -> Estimate:
    """The estimate of several runs as one.

    Args:
        runs: the estimate of each run.
        jobs: the number of processes, which share the runs.
        cells: the number of cells of a sweep, which one process writes and shows.
    """
    from syncasync_sim.engine.estimate import CELL_US, Estimate

    return Estimate(
        customers=sum(run.customers for run in runs),
        rows=sum(run.rows for run in runs),
        seconds=sum(run.seconds for run in runs) / jobs + cells * CELL_US / 1e6,
        memory_bytes=max(run.memory_bytes for run in runs) * jobs,
    )


def is_long(size: Estimate) -> bool:
    """Whether somebody has to wait."""
    return size.seconds >= LONG_S


def is_very_long(size: Estimate) -> bool:
    """Whether it is done only when it is asked for twice."""
    return size.memory_bytes > MOST_BYTES or size.seconds > MOST_S


def in_words(size: Estimate) -> str:
    """Rows, time and memory, all of them about."""
    rows, memory = f"{_rounded(size.rows):,.0f} rows", f"{_memory(size.memory_bytes)} of memory"
    return f"about {rows}, {_time(size.seconds)} and {memory}"


def _time(seconds: float) -> str:
    """As precise as an estimate is: `40 s`, `3 min`, `2 h`."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{_rounded(seconds / length):.0f} {unit}"
    return f"{max(1.0, _rounded(seconds)):.0f} s"


def _memory(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{_rounded(size / 1e6):.0f} MB"


def _rounded(number: float) -> float:
    """To two digits."""
    return float(f"{number:.2g}")

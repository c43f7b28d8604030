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
    yes: bool = False,
    tell: bool = True,
) -> None:
    """Print the expected time of runs if it is long, on a terminal only.

    Args:
        runs: the estimate of each run.
        source: the name of the scenario, for the message.
        shorter: options that make the runs shorter, for the message.
        jobs: the number of processes.
        yes: whether very long runs are accepted.
        tell: whether the time is printed.

    Raises:
        ScenarioError: the runs take very long or very much memory, and *yes* is not set.
    """
    seconds, memory_bytes = (
        sum(run.seconds for run in runs) / jobs,
        max(run.memory_bytes for run in runs) * jobs,
    )
    size = size_text(runs, jobs)
    if not yes and (memory_bytes > MOST_BYTES or seconds > MOST_S):
        raise ScenarioError(
            f"{source}: this would take very long: {size}"
            f"\n  = --yes does it all the same; shorter with {' or '.join(shorter)}"
        )
    if tell and seconds >= LONG_S and sys.stderr.isatty():
        print(f"This takes {size}.", file=sys.stderr, flush=True)


def size_text(runs: Sequence[Estimate], jobs: int = 1) -> str:
    """How much runs are: `about 2,000,000 rows, 40 s and 150 MB of memory`.

    Args:
        runs: the estimate of each run.
        jobs: the number of processes.
    """
    rows, seconds = sum(run.rows for run in runs), sum(run.seconds for run in runs) / jobs
    memory_bytes = max(run.memory_bytes for run in runs) * jobs
    return f"about {_rounded(rows):,.0f} rows, {_time(seconds)} and {_memory(memory_bytes)} of memory"


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

"""A long run: told of before it begins, and a very long one only with --yes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from syncasync_sim.cli.running import Question
from syncasync_sim.errors import ScenarioError

if TYPE_CHECKING:
    from syncasync_sim.model.scenario import Scenario

LONG_S = 10.0
"""From so many seconds on a run is told of before it begins."""
MOST_ROWS = 20_000_000
"""More, which may take 2 GB, is only done when it is asked for twice."""


def look_ahead(scenario: Scenario, question: Question, *, yes: bool, tell: bool) -> None:
    """Say how long the run will be, if it is long. Raises ScenarioError if it is very long and not *yes*."""
    from syncasync_sim.engine.estimate import estimate
    from syncasync_sim.model.scenario import MODES

    modes = MODES if question.mode == "both" else (question.mode,)
    scenarios = 1 if question.compare_to is None else 2
    ahead = estimate(scenario, modes, question.replications, scenarios)
    rows = f"{_rounded(ahead.rows):,.0f} rows"
    size = f"about {rows}, {_time(ahead.seconds)} and {_memory(ahead.memory_bytes)} of memory"
    if not yes and ahead.rows > MOST_ROWS:
        shorter = ["fewer customers (traffic)"]
        shorter += ["fewer --replications"] if question.replications > 1 else []
        shorter += ["one design (--mode)"] if len(modes) > 1 else []
        raise ScenarioError(
            f"{question.source}: this would be a very long run: {size}"
            f"\n  = --yes runs it all the same; shorter with {' or '.join(shorter)}"
        )
    if tell and ahead.seconds >= LONG_S:
        print(f"This takes {size}.", file=sys.stderr, flush=True)


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

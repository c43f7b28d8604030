"""Where a run's numbers say little because more comes than can be done: they grow with its length."""

from __future__ import annotations

from collections.abc import Sequence

from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.load import Overload, overloads

_WORDS = {"threads": ("line", "thread", "serve"), "workers": ("queue", "worker", "do the work of")}


def overload_lines(scenario: Scenario, modes: Sequence[Mode]) -> list[str]:
    """One sentence for each line that grows without end; nothing otherwise."""
    return [_sentence(mode, told) for mode in modes for told in overloads(scenario, mode)]


def _sentence(mode: Mode, told: Overload) -> str:
    """`Too much, async: 3/s come, and 3 workers can do the work of 2/s, so ... grow ...`"""
    line, who, can = _WORDS[told.place]
    who += "s" * (told.number != 1)
    offered, possible = f"{told.offered_per_s:.3g}/s", f"{told.possible_per_s:.3g}/s"
    what = possible if possible != offered else f"no more than these {possible}"
    return (
        f"Too much, {mode}: {offered} come, and {told.number:,} {who} can {can} {what}, "
        f"so the {line} and the times grow as long as customers come."
    )

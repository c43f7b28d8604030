"""What queueing theory says beside what was measured, where the scenario is a system with a known formula."""

from __future__ import annotations

from collections.abc import Iterator

from syncasync_sim.model.formats import format_share, format_spread, format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.theory.recognised import Theory
from syncasync_sim.stats import Comparison

_WORDS = {"response_time_s.mean": "the customer waits", "completion_time_s.mean": "all work is done after"}


def theory_lines(comparison: Comparison) -> list[str]:
    """Return one sentence per figure that queueing theory knows; empty without any."""
    return [
        _sentence(comparison, mode, theory) for mode in comparison.modes for theory in comparison.theory(mode)
    ]


def _sentence(comparison: Comparison, mode: Mode, theory: Theory) -> str:
    """`Theory, sync: in the long run ... 500 ms on average (M/M/1, 80 % busy); measured 497 ms.`"""
    system = ", ".join(_system_texts(theory))
    measured = ", ".join(_measured_texts(comparison, mode, theory))
    value = format_time(theory.value_s)
    words = _WORDS[theory.figure]
    return f"Theory, {mode}: in the long run {words} {value} on average ({system}); measured {measured}."


def _system_texts(theory: Theory) -> Iterator[str]:
    yield theory.system
    yield f"{format_share(theory.utilisation)} busy"
    if theory.loss:
        yield f"{format_share(theory.loss)} rejected"


def _measured_texts(comparison: Comparison, mode: Mode, theory: Theory) -> Iterator[str]:
    """The figure, with half the width of its interval where there is one, and the share rejected."""
    value = comparison.figure(mode, theory.figure)
    bounds = (comparison.interval or {}).get(mode, {}).get(theory.figure)
    if value is None or bounds is None:
        yield format_time(value)
    else:
        yield format_spread(value, (bounds["high"] - bounds["low"]) / 2, "s").removeprefix("+")
    if theory.loss:
        requests = comparison.figure(mode, "requests")
        yield f"{format_share(comparison.figure(mode, 'responses.rejected') / requests)} rejected"

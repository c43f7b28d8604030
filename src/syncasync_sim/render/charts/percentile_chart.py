"""Times by percentile, the rare ones stretched out, as HdrHistogram plots them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.axes import TAIL_STATISTICS, of_how_many
from syncasync_sim.render.charts.canvas import (
    LineEnd,
    entitle,
    name_ends,
    new_figure,
    set_heights,
    styled,
    unit_of_axis,
)
from syncasync_sim.render.style import LOOKS
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import ENOUGH
from syncasync_sim.trace.queries import of_counted
from syncasync_sim.trace.records import NEVER, ResponseStatus, Trace

MOST_POINTS = 2_000
"""A line has about so many points at most; the rarest thousand times are all among them."""
FEWEST_CUSTOMERS = 20
"""With fewer there is no percentile from the median on that ten others lie beyond."""


@dataclass(frozen=True, slots=True)
class _Curve:
    """One line: its name, 1 / (1 - p), seconds, and how it is drawn."""

    name: str
    x: list[float]
    seconds: list[float]
    look: dict[str, Any]


def percentiles(comparison: Comparison, traces: Mapping[Mode, Trace]) -> Figure | None:
    """The chart of waiting times by percentile, with the rare ones stretched out.

    Each line ends where ten observations remain. If there are too few for a percentile, the title names the
    slowest, and the lines go on to it.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
    """
    rare = _tail_statistic(comparison)
    curves = _curves(traces, to_the_end=rare == "max")
    if not curves:
        return None
    with styled():
        figure, (axes,) = new_figure()
        heights_s = [t for curve in curves for t in (curve.seconds[0], curve.seconds[-1])]
        scale, unit = unit_of_axis(heights_s)
        last = max(curve.x[-1] for curve in curves)
        axes.set_xscale("log")
        for curve in curves:
            every = max(len(curve.x) // 8, 1)
            seconds = [t * scale for t in curve.seconds]
            axes.plot(curve.x, seconds, label=curve.name, markevery=every, markersize=8, **curve.look)
        set_heights(axes, [t * scale for t in heights_s])
        axes.set_xlim(1, last ** (1.45 if last > 1.5 else 3))
        tenth = 20 if rare == "p95" else 10  # the percentile that the title tells is one of the ticks
        ticks = [x for x in (1, 2, tenth, 100, 1_000, 10_000, 100_000) if x <= last * 1.001]
        axes.set_xticks(ticks, [f"{100 - 100 / x:.6g} %\n1 in {x:,}" if x > 1 else "0 %\nall" for x in ticks])
        axes.minorticks_off()
        name_ends(axes, [LineEnd(c.name, c.x[-1], c.seconds[-1] * scale, c.look["color"]) for c in curves])
        axes.set_xlabel("share of the requests that waited this long or less")
        axes.set_ylabel(f"time since the click ({unit})")
        entitle(figure, _finding(comparison, rare))
    return figure


def _curves(traces: Mapping[Mode, Trace], *, to_the_end: bool) -> list[_Curve]:
    """Both clocks of each design that has enough customers, as one line where they are equal."""
    curves = []
    for mode in (mode for mode in MODES if mode in traces):
        look = LOOKS[mode]
        own: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "marker": look.marker}
        waits, done = (times_us(traces[mode], column) for column in ("replied", "completed"))
        curve_kinds = [
            ("waits", waits, own),
            ("all work done", done, {**own, "linestyle": ":", "marker": "^"}),
        ]
        if mode == "sync" and waits == done:
            curve_kinds = [("waits, all work done", waits, own)]
        for name, times, drawn in curve_kinds:
            if len(times) >= FEWEST_CUSTOMERS:
                x, seconds = _thinned_percentiles(times, 0 if to_the_end else 10)
                curves.append(_Curve(f"{mode}: {name}", x, seconds, drawn))
    return curves


def times_us(trace: Trace, column: str) -> list[int]:
    """Return the sorted times from arrival to a column, in microseconds.

    They are of the clicks that count and have a time in the column.

    Args:
        trace: the run.
        column: the name of the column, as `replied`.
    """
    return sorted(
        end - arrived
        for arrived, end, response in of_counted(trace, "arrived", column, "response")
        if end != NEVER and (column != "replied" or response == ResponseStatus.OK)
    )


def _thinned_percentiles(times_us: Sequence[int], beyond: int) -> tuple[list[float], list[float]]:
    """The k-th smallest of n against n / (n - k), while so many lie *beyond*; evenly on a log axis.

    The greatest time has no time beyond it. It is drawn above the last but one: 1 in n takes as long.
    """
    n = len(times_us)
    ranks = range(1, n - beyond + 1)
    kept: list[int] = []
    for k in ranks:
        step = len(ranks) / MOST_POINTS if len(ranks) > MOST_POINTS else 0
        if not kept or k == ranks[-1] or n - k < 1_000 or k - kept[-1] > step:
            kept.append(k)
    return [n / max(n - k, 1) for k in kept], [times_us[k - 1] / US_PER_S for k in kept]


def _served(comparison: Comparison) -> dict[Mode, int]:
    """How many requests got the page, in each design."""
    return {mode: int(comparison.figure(mode, "response_time_s.count") or 0) for mode in comparison.modes}


def _tail_statistic(comparison: Comparison) -> str:
    """What the title tells of: one in a hundred, or in twenty, or the slowest where those are too few."""
    fewest = min((count for count in _served(comparison).values() if count), default=0)
    return next((rare for rare in ("p99", "p95") if fewest >= ENOUGH[rare]), "max")


def _finding(comparison: Comparison, rare: str) -> str:
    """The rare waiting times, the share of clicks that they are of, and the designs that serve nobody."""
    served = _served(comparison)
    none = [f"nobody gets the page in {mode}" for mode, count in served.items() if not count]
    times = [
        f"{format_time(comparison.figure(mode, f'response_time_s.{rare}'))} in {mode}"
        f"{of_how_many(count, comparison.figure(mode, 'requests'))}"
        for mode, count in served.items()
        if count
    ]
    sentence = "; ".join([*([f"{TAIL_STATISTICS[rare]} {', '.join(times)}"] if times else []), *none])
    return sentence[:1].upper() + sentence[1:]

"""Times by percentile, the rare ones stretched out, as HdrHistogram plots them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import MODES, Mode
from syncasync_sim.render.charts.canvas import entitle, new_figure, styled, time_unit
from syncasync_sim.render.style import LOOKS
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.queries import of_counted
from syncasync_sim.trace.records import NEVER, Response, Trace

MOST_POINTS = 2_000
"""A line has about so many points at most; the rarest thousand times are all among them."""
FEWEST_CUSTOMERS = 20
"""With fewer there is no percentile from the median on that ten others lie beyond."""


def percentiles(comparison: Comparison, traces: Mapping[Mode, Trace]) -> Figure | None:
    """Waiting times by percentile, the rare ones stretched out; each line ends where ten remain."""
    lines = _percentile_lines(traces)
    if not lines:
        return None
    with styled():
        figure, (axes,) = new_figure()
        scale, unit = time_unit(max(times[-1] for _, _, times, _ in lines))
        last = max(x[-1] for _, x, _, _ in lines)
        axes.set_xscale("log")
        for name, x, times, look in lines:
            every = max(len(x) // 8, 1)
            axes.plot(x, [t * scale for t in times], label=name, markevery=every, markersize=8, **look)
        _name_ends(axes, [(name, x[-1], t[-1] * scale, look["color"]) for name, x, t, look in lines])
        ticks = [x for x in (1, 2, 10, 100, 1_000, 10_000, 100_000) if x <= last * 1.001]
        axes.set_xticks(ticks, [f"{100 - 100 / x:.6g} %\n1 in {x:,}" if x > 1 else "0 %\nall" for x in ticks])
        axes.minorticks_off()
        axes.set_xlim(1, last ** (1.45 if last > 1.5 else 3))
        axes.set_ylim(bottom=0)
        axes.set_xlabel("share of the requests that waited at most so long")
        axes.set_ylabel(f"time since the click ({unit})")
        entitle(figure, _rare(comparison))
    return figure


def _percentile_lines(
    traces: Mapping[Mode, Trace],
) -> list[tuple[str, list[float], list[float], dict[str, Any]]]:
    """(name, 1 / (1 - p), seconds, look) of each line with enough customers."""
    lines = []
    for mode in (mode for mode in MODES if mode in traces):
        look = LOOKS[mode]
        own: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "marker": look.marker}
        asked = [("waits" if mode == "async" else "", "replied", own)]
        if mode == "async":
            asked.append(("all work done", "completed", {**own, "linestyle": ":", "marker": "^"}))
        for what, column, drawn in asked:
            times = times_us(traces[mode], column)
            if len(times) >= FEWEST_CUSTOMERS:
                x, y = _thinned_percentiles(times)
                name = f"{mode}: {what}" if what else f"{mode}: waits, all work done"
                lines.append((name, x, y, drawn))
    return lines


def times_us(trace: Trace, column: str) -> list[int]:
    """Sorted microseconds from arrival to *column*, of those who count and for whom it came."""
    return sorted(
        end - arrived
        for arrived, end, response in of_counted(trace, "arrived", column, "response")
        if end != NEVER and (column != "replied" or response == Response.OK)
    )


def _thinned_percentiles(times_us: Sequence[int]) -> tuple[list[float], list[float]]:
    """The k-th smallest of n against n / (n - k), while ten lie beyond; points stand evenly on a log axis."""
    n = len(times_us)
    places = range(1, n - 10 + 1)
    kept: list[int] = []
    for k in places:
        step = len(places) / MOST_POINTS if len(places) > MOST_POINTS else 0
        if not kept or k == places[-1] or n - k < 1_000 or k - kept[-1] > step:
            kept.append(k)
    return [n / (n - k) for k in kept], [times_us[k - 1] / US_PER_S for k in kept]


def _name_ends(axes: Axes, ends: Sequence[tuple[str, float, float, str]]) -> None:
    """Write each line's name at its end, moved apart where two would lie on each other."""
    top = max(max(y for _, _, y, _ in ends) * 1.12, 1e-9)
    axes.set_ylim(0, top)
    gap, lowest = top * 0.085, top * 0.03
    for name, x, y, colour in sorted(ends, key=lambda end: end[2]):
        place = max(y, lowest)
        lowest = place + gap
        axes.annotate(
            name,
            (x, y),
            (x * 1.08, place),
            color=colour,
            va="center",
            ha="left",
            fontsize=15,
            fontweight="bold",
        )


def _rare(comparison: Comparison) -> str:
    """The finding: the slowest one in a hundred, or in twenty, or of all; and where nobody is served."""
    counts = {mode: comparison.figure(mode, "response_time_s.count") or 0 for mode in comparison.modes}
    served = [mode for mode, count in counts.items() if count]
    none = [f"nobody gets the page in {mode}" for mode in counts if mode not in served]
    fewest = min((counts[mode] for mode in served), default=0)
    rare, words = ("p99", "1 in 100 waits at least") if fewest >= 1_000 else ("p95", "1 in 20 waits at least")
    if fewest < 200:
        rare, words = "max", "the slowest waits"
    times = [f"{format_time(comparison.figure(m, f'response_time_s.{rare}'))} in {m}" for m in served]
    told = "; ".join([*([f"{words} {', '.join(times)}"] if times else []), *none])
    return told[:1].upper() + told[1:]

"""Who waits, over time: customers for a thread or a service, messages for a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.axes import time_unit
from syncasync_sim.render.charts.canvas import entitle, new_figure, styled
from syncasync_sim.render.charts.services import together, waiting_for_a_service
from syncasync_sim.render.style import GREY, LOOKS, MESSAGES
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.queries import window_us
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.series import Series, queue_depth, waiting_for_a_thread

MOST_POINTS = 2_000
"""A line has at most so many points; of those between, the greatest are kept."""


def depth(comparison: Comparison, traces: Mapping[Mode, Trace]) -> Figure | None:
    """The chart of waiting customers and waiting messages over time, one panel per design.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
    """
    del comparison
    modes = [mode for mode in MODES if mode in traces]
    lines = {mode: waiting(traces[mode]) for mode in modes}
    counted = {mode: in_window(traces[mode], listed) for mode, listed in lines.items()}
    top = max((series.peak()[0] for listed in lines.values() for _, series in listed), default=0)
    if not top:
        return None
    with styled():
        figure, panels = new_figure(len(modes))
        end = max(trace.observed_us for trace in traces.values()) / US_PER_S or 1.0
        scale, unit = time_unit(end)
        for mode, axes in zip(modes, panels, strict=True):
            _draw_depth(axes, mode, lines[mode], dict(counted[mode]), scale, end * scale)
            _shade(axes, _warm_up_end_us(traces[mode]) / US_PER_S * scale)
            axes.set_xlabel(f"time ({unit})")
            axes.set_ylim(0, top * (1.6 if any(map(_warm_up_end_us, traces.values())) else 1.3))
            axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
        panels[0].set_ylabel("how many wait")
        entitle(figure, _longest(counted, {mode: _customers(trace) for mode, trace in traces.items()}))
    return figure


def waiting(trace: Trace) -> list[tuple[str, Series]]:
    """Return the curves of one design that are ever above 0."""
    lines = [("customer", together(waiting_for_a_thread(trace), waiting_for_a_service(trace)))]
    if trace.mode == "async":
        lines.append(("message", queue_depth(trace)))
    return [(name, series) for name, series in lines if series.peak()[0]]


def in_window(trace: Trace, lines: Sequence[tuple[str, Series]]) -> list[tuple[str, Series]]:
    """Return the curves from the end of the warm-up on, as the table counts them.

    Args:
        trace: the run.
        lines: the name and the curve of each.
    """
    window = window_us(trace)
    return [(name, series.observed(*window)) for name, series in lines]


def _warm_up_end_us(trace: Trace) -> int:
    return window_us(trace)[0]


def _shade(axes: Axes, until: float) -> None:
    """What is not counted lies in the shade."""
    if until:
        axes.axvspan(0, until, color=GREY, alpha=0.18, linewidth=0, zorder=0)
        style: dict[str, Any] = {"color": GREY, "fontsize": 13, "ha": "left", "va": "top"}
        style["xycoords"] = axes.get_xaxis_transform()
        axes.annotate("warm-up:\nnot counted", (0, 0.98), (6, 0), textcoords="offset points", **style)


def _draw_depth(
    axes: Axes,
    mode: Mode,
    lines: Sequence[tuple[str, Series]],
    counted: Mapping[str, Series],
    scale: float,
    end: float,
) -> None:
    highest = max((series.peak()[0] for series in counted.values()), default=0)
    heading: list[str] = [mode]
    for name, series in lines:
        look = MESSAGES if name == "message" else LOOKS[mode]
        x, y = thinned_steps(series)
        dotted = mode == "async" and name == "customer"
        times, levels = [0.0, *(at / US_PER_S * scale for at in x), end], [0, *y, y[-1]]
        # not the design's own dash: so many steps tear it, and its panel is named
        style: dict[str, Any] = {"linestyle": ":" if dotted else "-", "linewidth": 2, "label": name}
        axes.plot(times, levels, color=look.colour, drawstyle="steps-post", **style)
        axes.fill_between(times, levels, step="post", color=look.colour, alpha=0.15, linewidth=0)
        peak, at_us = counted[name].peak()
        at_s = (at_us or 0) / US_PER_S
        if peak and peak == highest:
            text = f"{_number(peak, name)}\nat {format_time(at_s)}"
            _above(axes, text, at_s * scale, peak, at_s * scale / end, look.colour)
            highest = -1  # two lines of one height: the first one has the label
        elif peak:
            heading.append(f"{'dotted: ' if dotted else ''}at most {_number(peak, name)}")
    axes.set_xlim(0, end)
    axes.set_title("\n".join(heading), color=LOOKS[mode].colour)
    if not lines:
        axes.text(end / 2, 0.0, "nobody waits in a line\n", ha="center", va="bottom", color=GREY)


def _above(axes: Axes, text: str, x: float, y: float, share: float, colour: str) -> None:
    """Write *text* above a peak, inside the panel: *share* is how far to the right the peak lies."""
    side = "left" if share < 0.3 else "right" if share > 0.7 else "center"
    style: dict[str, Any] = {"color": colour, "fontweight": "bold", "ha": side, "va": "bottom"}
    axes.annotate(text, (x, y), (0, 6), textcoords="offset points", **style)


def _number(number: int, noun: str) -> str:
    return f"{format_count(number)} {noun}" + ("" if number == 1 else "s")


def _customers(trace: Trace) -> str:
    """What the customers of a panel wait for, where the curve has more than the table's line for a thread."""
    if not waiting_for_a_service(trace).peak()[0]:
        return ""
    return " for a thread or a service" if waiting_for_a_thread(trace).peak()[0] else " for a service"


def _longest(lines: Mapping[Mode, Sequence[tuple[str, Series]]], lines_of: Mapping[Mode, str]) -> str:
    """The finding: how many waited, when it was worst, and what the customers among them waited for."""
    peaks_by_mode = []
    for mode, listed in lines.items():
        peaks = [
            _number(series.peak()[0], name) + (lines_of[mode] if name == "customer" else "")
            for name, series in listed
            if series.peak()[0]
        ]
        peaks_by_mode.append(f"{' and '.join(peaks) or 'nobody'} ({mode})")
    return "Longest line: " + ", ".join(peaks_by_mode)


def thinned_steps(series: Series) -> tuple[list[int], list[int]]:
    """Return the times in microseconds and the levels of a series, thinned to at most MOST_POINTS points.

    The greatest level of every stretch is kept.
    """
    times, levels = list(series.times_us), list(series.levels)
    if len(times) <= MOST_POINTS:
        return times, levels
    size = -(-len(times) // (MOST_POINTS // 2 - 1))  # two points a stretch, and the first and the last
    kept: set[int] = {0, len(times) - 1}
    for begin in range(0, len(times), size):
        stretch = range(begin, min(begin + size, len(times)))
        kept |= {max(stretch, key=levels.__getitem__), stretch[-1]}
    indexes = sorted(kept)
    return [times[i] for i in indexes], [levels[i] for i in indexes]

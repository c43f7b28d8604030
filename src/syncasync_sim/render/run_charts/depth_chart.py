"""Who waits, over time: customers for a thread or a service, messages for a worker."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.axes import round_ticks, time_unit
from syncasync_sim.render.run_charts.chart import Chart, ChartAxis, Curve, Note, Panel
from syncasync_sim.render.run_charts.services import together, waiting_for_a_service
from syncasync_sim.render.style import LOOKS, MESSAGES, QUIET
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.queries import window_us
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.series import Series, queue_depth, waiting_for_a_thread

MOST_POINTS = 2_000
"""A line has at most so many points; of those between, the greatest are kept."""
MOST_ROWS = 12
"""About so many times are in the table, besides those of the peaks."""


def depth_chart(comparison: Comparison, traces: Mapping[Mode, Trace]) -> Chart | None:
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
    end_s = max(trace.observed_us for trace in traces.values()) / US_PER_S or 1.0
    scale, unit = time_unit(end_s)
    # room for the name of a peak, and for that of the warm-up above it
    high = top * (1.6 if any(map(_warm_up_end_us, traces.values())) else 1.3)
    x, y = ChartAxis(f"time ({unit})", 0, end_s * scale), ChartAxis("how many wait", 0, high, is_whole=True)
    panels = [_panel(Panel(x, y), traces[mode], lines[mode], dict(counted[mode]), scale) for mode in modes]
    title = _longest(counted, {mode: _customers(trace) for mode, trace in traces.items()})
    return Chart(title, tuple(panels), *_table(lines, counted, end_s, scale))


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


def _panel(
    panel: Panel,
    trace: Trace,
    lines: Sequence[tuple[str, Series]],
    counted: Mapping[str, Series],
    scale: float,
) -> Panel:
    """The panel of one design; the line that is the longest has its peak named, the others in the title."""
    mode, end = trace.mode, panel.x.high
    highest = max((series.peak()[0] for series in counted.values()), default=0)
    heading: list[str] = [mode]
    curves, notes = [], []
    for name, series in lines:
        look = MESSAGES if name == "message" else LOOKS[mode]
        x, y = thinned_steps(series)
        dotted = mode == "async" and name == "customer"
        # not the design's own dash: so many steps tear it, and its panel is named
        drawn = replace(look, dash=":" if dotted else "-")
        times = (0.0, *(at / US_PER_S * scale for at in x), end)
        curves.append(Curve(name, drawn, times, (0, *y, y[-1]), is_stepped=True))
        peak, at_us = counted[name].peak()
        at_s = (at_us or 0) / US_PER_S
        if peak and peak == highest:
            text = f"{_number(peak, name)}\nat {format_time(at_s)}"
            notes.append(Note(text, at_s * scale, peak, look, "above"))
            highest = -1  # two lines of one height: the first one has the label
        elif peak:
            heading.append(f"{'dotted: ' if dotted else ''}at most {_number(peak, name)}")
    if not lines:
        notes.append(Note("nobody waits in a line", end / 2, 0.0, QUIET, "floor"))
    shaded_to = _warm_up_end_us(trace) / US_PER_S * scale
    if shaded_to:  # what is not counted lies in the shade
        notes.append(Note("warm-up:\nnot counted", 0, panel.y.high, QUIET, "shade"))
    return replace(
        panel,
        title="\n".join(heading),
        look=LOOKS[mode],
        curves=tuple(curves),
        notes=tuple(notes),
        shaded_to=shaded_to,
    )


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


def _table(
    lines: Mapping[Mode, Sequence[tuple[str, Series]]],
    counted: Mapping[Mode, Sequence[tuple[str, Series]]],
    end_s: float,
    scale: float,
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns and rows: how many wait at round times, and when most wait."""
    all_lines = [(f"{name}s ({mode})", series) for mode, listed in lines.items() for name, series in listed]
    peaks_us = {series.peak()[1] or 0 for listed in counted.values() for _, series in listed}
    round_us = {round(tick / scale * US_PER_S) for tick in round_ticks(0, end_s * scale, MOST_ROWS)}
    rows = (
        (format_time(at / US_PER_S), *(format_count(_level(series, at)) for _, series in all_lines))
        for at in sorted(peaks_us | round_us)
    )
    return ("time", *(name for name, _ in all_lines)), tuple(rows)


def _level(series: Series, at_us: int) -> int:
    index = bisect_right(series.times_us, at_us)
    return series.levels[index - 1] if index else 0

"""A sweep over one key: how the times grow with it, and where a design is full."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from syncasync_sim.experiment import Sweep
from syncasync_sim.model.formats import format_share, format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.theory.demand import load
from syncasync_sim.render.axes import TAIL_STATISTICS, height_range, of_the_fewest, unit_of_axis
from syncasync_sim.render.charts.canvas import (
    LineEnd,
    entitle,
    footnote,
    name_ends,
    new_figure,
    set_heights,
    styled,
)
from syncasync_sim.render.charts.of_some import FEW, is_few, share
from syncasync_sim.render.style import GREY, INK, LOOKS
from syncasync_sim.render.sweep_columns import tail_statistic

MOST_TICKS = 12


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    seconds: list[float]
    shares: list[float]
    band: tuple[list[float], list[float]]
    look: dict[str, Any]


def load_curve(sweep: Sweep) -> Figure | None:
    """The chart of the rare times in both designs, and of the end of all work, against the only axis."""
    if len(sweep.axes) != 1 or len(sweep.finished) < 2:
        return None
    (axis,) = sweep.axes
    indexes = sorted(sweep.finished)
    xs = [float(axis.values[p].number or 0) if axis.is_number else float(p) for p in indexes]
    lines = list(_lines(sweep, indexes))
    top = max((t for line in lines for t in line.seconds if not math.isnan(t)), default=0.0)
    if not top:
        return None
    with styled():
        figure, (axes,) = new_figure()
        heights_s = [t for line in lines for t in line.seconds if not math.isnan(t)]
        scale, unit = unit_of_axis(heights_s)
        for line in lines:
            _draw(axes, xs, line, scale)
        set_heights(axes, *height_range([t * scale for t in heights_s], 1.22))
        axes.set_xlim(xs[0], xs[-1] + (xs[-1] - xs[0]) * 0.28)  # room for the names
        name_ends(axes, [_end(line, xs, scale) for line in lines if not all(map(math.isnan, line.seconds))])
        _mark_capacity(axes, sweep)
        _set_ticks(axes, sweep, indexes, xs)
        axes.set_ylabel(f"{tail_statistic(sweep).replace('max', 'slowest')} since the click ({unit})")
        few = [part for line in lines for part in line.shares if is_few(part)]
        if few:
            footnote(figure, f"Hollow: {FEW}, the fewest {format_share(min(few))}.")
        entitle(figure, _finding(sweep, indexes))
    return figure


def _lines(sweep: Sweep, indexes: Sequence[int]) -> Iterator[_Line]:
    for mode in MODES:
        look = LOOKS[mode]
        drawn: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "marker": look.marker}
        waits = "async: waits" if mode == "async" else "sync: waits"
        yield _line(sweep, indexes, mode, waits, "response_time_s", drawn)
        if mode == "async":
            finished = {**drawn, "linestyle": ":", "marker": "^"}
            yield _line(sweep, indexes, mode, "async: work finished", "completion_time_s", finished)


def _line(
    sweep: Sweep, indexes: Sequence[int], mode: Mode, name: str, times: str, look: dict[str, Any]
) -> _Line:
    rows = [sweep.finished[index][MODES.index(mode)] for index in indexes]
    seconds, low, high = (
        [_number(row.get(key)) for row in rows] for key in _with_bounds(f"{times}.{tail_statistic(sweep)}")
    )
    return _Line(name, seconds, [share(row, times) for row in rows], (low, high), look)


def _with_bounds(figure: str) -> tuple[str, str, str]:
    return figure, f"{figure}.low", f"{figure}.high"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _draw(axes: Axes, xs: Sequence[float], line: _Line, scale: float) -> None:
    ys = [t * scale for t in line.seconds]
    axes.plot(xs, ys, label=line.name, markersize=8, clip_on=False, **line.look)
    few = [(x, y) for x, y, part in zip(xs, ys, line.shares, strict=True) if is_few(part)]
    hollow: dict[str, Any] = {"marker": line.look["marker"], "s": 90, "facecolor": "white", "zorder": 4}
    if few:
        xy = zip(*few, strict=True)
        axes.scatter(*xy, edgecolor=line.look["color"], linewidth=2, clip_on=False, **hollow)
    low, high = ([t * scale for t in bound] for bound in line.band)
    axes.fill_between(xs, low, high, color=line.look["color"], alpha=0.2, linewidth=0)


def _end(line: _Line, xs: Sequence[float], scale: float) -> LineEnd:
    """Its name at the last time that was measured."""
    last = max(index for index, t in enumerate(line.seconds) if not math.isnan(t))
    return LineEnd(line.name.replace(": ", ":\n"), xs[last], line.seconds[last] * scale, line.look["color"])


def _mark_capacity(axes: Axes, sweep: Sweep) -> None:
    """A line where more comes than a design can finish, with a word at its top; a word if it always does."""
    per_s = "/s" if sweep.axes[0].column.endswith("_per_s") else ""
    words = [(axes.get_xlim()[0], f"{mode} full everywhere") for mode in full_everywhere(sweep)]
    for mode, x, falls in full_marks(sweep):
        axes.axvline(x, color=GREY, linewidth=1.5, linestyle=LOOKS[mode].dash, zorder=1)
        words.append((x, f"{mode} full {'below' if falls else 'above'} {x:.3g}{per_s}"))
    style: dict[str, Any] = {"color": INK, "fontsize": 13, "va": "top", "backgroundcolor": "white"}
    for number, (x, text) in enumerate(words):
        point: Any = (x, 0.98 - 0.085 * number)
        where = axes.get_xaxis_transform()
        axes.annotate(text, point, (6, 0), xycoords=where, textcoords="offset points", **style)


def full_everywhere(sweep: Sweep) -> list[Mode]:
    """Return the designs whose load is above 1 in every finished cell: a mark on the axis has no place."""
    loads = {
        mode: [load(sweep.cells[index].scenario, mode) or 0 for index in sweep.finished] for mode in MODES
    }
    return [mode for mode in MODES if min(loads[mode], default=0) > 1]


def full_marks(sweep: Sweep) -> list[tuple[Mode, float, bool]]:
    """Return the value of the only axis at which each design reaches full load.

    Returns:
        For each design that reaches it the design, the value, and whether the load is above 1 below that
        value.
    """
    (axis,) = sweep.axes
    indexes = sorted(sweep.finished)
    if not axis.is_number:
        return []
    xs = [float(axis.values[index].number or 0) for index in indexes]
    marks: list[tuple[Mode, float, bool]] = []
    for mode in MODES:
        loads = [load(sweep.cells[index].scenario, mode) for index in indexes]
        x = full_at(xs, loads)
        if x is not None:
            marks.append((mode, x, (loads[0] or 0) > 1))
    return marks


def full_at(xs: Sequence[float], loads: Sequence[float | None]) -> float | None:
    """Return the value at which the load crosses 1; None if it does not.

    It is interpolated linearly: a load is proportional to a rate, and its inverse to a number of threads or
    workers.

    Args:
        xs: the values of the axis, in order.
        loads: the load at each value; None if unknown.
    """
    for (x, this_load), (next_x, next_load) in pairwise(zip(xs, loads, strict=True)):
        if this_load is None or next_load is None or (this_load > 1) == (next_load > 1):
            continue
        falling = this_load > next_load
        a, b = (1 / this_load, 1 / next_load) if falling else (this_load, next_load)
        return x + (next_x - x) * (1 - a) / (b - a)
    return None


def _set_ticks(axes: Axes, sweep: Sweep, indexes: Sequence[int], xs: Sequence[float]) -> None:
    """The values themselves where there are few."""
    (axis,) = sweep.axes
    if len(xs) <= MOST_TICKS or not axis.is_number:
        every = -(-len(xs) // MOST_TICKS)
        axes.set_xticks(xs[::every], [axis.values[index].written for index in indexes[::every]])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    unit = {"_s": " (s)", "_per_s": " (customers per second)"}.get(axis.column.removeprefix(axis.key), "")
    axes.set_xlabel(f"{axis.key}{unit}")


def _finding(sweep: Sweep, indexes: Sequence[int]) -> str:
    """The ranges of the rare times in both designs, the least share of clicks, and the end of all work."""
    rare = tail_statistic(sweep)
    (axis,) = sweep.axes
    waiting_times = []
    for mode in MODES:
        waits = _between(sweep, indexes, mode, f"response_time_s.{rare}")
        waiting_times.append(
            f"{waits} in {mode}{_served_share(sweep, indexes, mode)}"
            if waits
            else f"nobody is served in {mode}"
        )
    done = _between(sweep, indexes, "async", f"completion_time_s.{rare}")
    finished = f"; async work is finished after {done}" if done else ""
    first, last = (axis.values[index].written for index in (indexes[0], indexes[-1]))
    return f"{axis.key} {first} to {last}: {TAIL_STATISTICS[rare]} {', '.join(waiting_times)}{finished}"


def _between(sweep: Sweep, indexes: Sequence[int], mode: Mode, figure: str) -> str:
    """`2.55 s to 88.05 s`: at the first value and at the last; empty where one of them was not measured."""
    rows = [sweep.finished[index][MODES.index(mode)] for index in indexes]
    ends = [_number(rows[index][figure]) for index in (0, -1)]
    return "" if any(map(math.isnan, ends)) else " to ".join(dict.fromkeys(map(format_time, ends)))


def _served_share(sweep: Sweep, indexes: Sequence[int], mode: Mode) -> str:
    """Of how many these times are, where fewest got the page."""
    rows = [sweep.finished[index][MODES.index(mode)] for index in indexes]
    return of_the_fewest((row.get("response_time_s.count"), row.get("requests")) for row in rows)

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
from syncasync_sim.experiment.sweep_table import rare_of
from syncasync_sim.experiment.sweeping import Row
from syncasync_sim.model.formats import format_share, format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.theory.demand import load
from syncasync_sim.render.charts.canvas import entitle, new_figure, styled, time_unit
from syncasync_sim.render.charts.of_some import FEW, footnote, is_few, is_some, share
from syncasync_sim.render.style import GREY, INK, LOOKS

RARE = {"p95": "1 in 20 waits at least", "max": "the slowest waits"}
MOST_TICKS = 12
_GAP = 0.085
"""How far apart the names of two lines stand, as a share of the height."""


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    seconds: list[float]
    shares: list[float]
    band: tuple[list[float], list[float]]
    look: dict[str, Any]


def load_curve(sweep: Sweep) -> Figure | None:
    """The rare times in both designs, and when all work is done, against the values of the only axis."""
    if len(sweep.axes) != 1 or len(sweep.finished) < 2:
        return None
    (axis,) = sweep.axes
    places = sorted(sweep.finished)
    xs = [float(axis.values[p].number or 0) if axis.is_number else float(p) for p in places]
    lines = list(_lines(sweep, places))
    top = max((t for line in lines for t in line.seconds if not math.isnan(t)), default=0.0)
    if not top:
        return None
    with styled():
        figure, (axes,) = new_figure()
        scale, unit = time_unit(top)
        for line in lines:
            _draw(axes, xs, line, scale)
        axes.set_ylim(0, top * scale * 1.22)
        axes.set_xlim(xs[0], xs[-1] + (xs[-1] - xs[0]) * 0.42)  # room for the names
        _name_ends(axes, xs[-1], [(line, _last(line) * scale) for line in lines])
        _mark_capacity(axes, sweep)
        _tick(axes, sweep, places, xs)
        axes.set_ylabel(f"{rare_of(sweep).replace('max', 'slowest')} since the click ({unit})")
        few = [part for line in lines for part in line.shares if is_few(part)]
        if few:
            footnote(figure, f"Hollow: {FEW}, the fewest {format_share(min(few))}.")
        entitle(figure, _finding(sweep, places))
    return figure


def _lines(sweep: Sweep, places: Sequence[int]) -> Iterator[_Line]:
    for mode in MODES:
        look = LOOKS[mode]
        drawn: dict[str, Any] = {"color": look.colour, "linestyle": look.dash, "marker": look.marker}
        waits = "async: waits" if mode == "async" else "sync: waits"
        yield _line(sweep, places, mode, waits, "response_time_s", drawn)
        if mode == "async":
            finished = {**drawn, "linestyle": ":", "marker": "^"}
            yield _line(sweep, places, mode, "async: work finished", "completion_time_s", finished)


def _line(
    sweep: Sweep, places: Sequence[int], mode: Mode, name: str, times: str, look: dict[str, Any]
) -> _Line:
    rows = [sweep.finished[place][MODES.index(mode)] for place in places]
    seconds, low, high = (
        [_number(row.get(key)) for row in rows] for key in _with_bounds(f"{times}.{rare_of(sweep)}")
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


def _last(line: _Line) -> float:
    """The last time that was measured."""
    return next((t for t in reversed(line.seconds) if not math.isnan(t)), 0.0)


def _name_ends(axes: Axes, x: float, ends: Sequence[tuple[_Line, float]]) -> None:
    """Each line's name beside its end, moved apart where two would lie on each other."""
    top = axes.get_ylim()[1]
    lowest = top * 0.03
    for line, y in sorted(ends, key=lambda end: end[1]):
        place = max(y, lowest)
        lowest = place + top * _GAP
        style: dict[str, Any] = {"color": line.look["color"], "fontweight": "bold"}
        axes.annotate(line.name, (x, place), (10, 0), textcoords="offset points", va="center", **style)


def _mark_capacity(axes: Axes, sweep: Sweep) -> None:
    """A line where more comes than a design can finish, and a word at its top."""
    height = 0.98
    for mode, x, falls in full_marks(sweep):
        axes.axvline(x, color=GREY, linewidth=1.5, linestyle=LOOKS[mode].dash, zorder=1)
        per_s = "/s" if sweep.axes[0].column.endswith("_per_s") else ""
        text = f"{mode} full {'below' if falls else 'above'} {x:.3g}{per_s}"
        style: dict[str, Any] = {"color": INK, "fontsize": 13, "va": "top", "backgroundcolor": "white"}
        place = (x, axes.get_ylim()[1] * height)
        axes.annotate(text, place, (6, 0), textcoords="offset points", **style)
        height -= 0.085


def full_marks(sweep: Sweep) -> list[tuple[Mode, float, bool]]:
    """Where each design is full, on the only axis of *sweep*, and whether that is below it (or above)."""
    (axis,) = sweep.axes
    places = sorted(sweep.finished)
    if not axis.is_number:
        return []
    xs = [float(axis.values[place].number or 0) for place in places]
    marks: list[tuple[Mode, float, bool]] = []
    for mode in MODES:
        loads = [load(sweep.cells[place].scenario, mode) for place in places]
        x = full_at(xs, loads)
        if x is not None:
            marks.append((mode, x, (loads[0] or 0) > 1))
    return marks


def full_at(xs: Sequence[float], loads: Sequence[float | None]) -> float | None:
    """Where the load passes 1 between two of *xs*, on the straight line between them; None if it does not.

    A load is proportional to a rate, and its inverse to a number of threads or workers.
    """
    for (x, one), (next_x, other) in pairwise(zip(xs, loads, strict=True)):
        if one is None or other is None or (one > 1) == (other > 1):
            continue
        falling = one > other
        a, b = (1 / one, 1 / other) if falling else (one, other)
        return x + (next_x - x) * (1 - a) / (b - a)
    return None


def _tick(axes: Axes, sweep: Sweep, places: Sequence[int], xs: Sequence[float]) -> None:
    """The values themselves where there are few."""
    (axis,) = sweep.axes
    if len(xs) <= MOST_TICKS or not axis.is_number:
        every = -(-len(xs) // MOST_TICKS)
        axes.set_xticks(xs[::every], [axis.values[place].written for place in places[::every]])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    unit = {"_s": " (s)", "_per_s": " (customers per second)"}.get(axis.column.removeprefix(axis.key), "")
    axes.set_xlabel(f"{axis.key}{unit}")


def _finding(sweep: Sweep, places: Sequence[int]) -> str:
    """What the last value costs, in both designs."""
    rare, last = rare_of(sweep), sweep.finished[places[-1]]
    (axis,) = sweep.axes
    waits = [
        f"{format_time(seconds)} in {mode}{_of_some(row, 'response_time_s', 'get the page')}"
        if not math.isnan(seconds)
        else f"nobody is served in {mode}"
        for mode, row in zip(MODES, last, strict=True)
        for seconds in [_number(row[f"response_time_s.{rare}"])]
    ]
    done = _number(last[1][f"completion_time_s.{rare}"])
    whose = _of_some(last[1], "completion_time_s", "have theirs done")
    finished = "" if math.isnan(done) else f"; async work is finished after {format_time(done)}{whose}"
    return f"At {axis.key} {axis.values[places[-1]].written}: {RARE[rare]} {', '.join(waits)}{finished}"


def _of_some(row: Row, times: str, what: str) -> str:
    """` (of the 11.2 % of clicks that get the page)`; empty where all have such a time."""
    part = share(row, times)
    return f" (of the {format_share(part)} of clicks that {what})" if is_some(part) else ""

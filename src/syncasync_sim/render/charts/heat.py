"""A sweep over two keys: the times of every cell, darker for longer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from syncasync_sim.experiment import Sweep
from syncasync_sim.experiment.grid import Axis
from syncasync_sim.experiment.sweep_table import rare_of
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.axes import RARE, of_the_fewest, time_unit
from syncasync_sim.render.charts.canvas import entitle, new_figure, styled
from syncasync_sim.render.style import INK, LOOKS

PANELS: tuple[tuple[str, Mode, str], ...] = (
    ("sync: waits", "sync", "response_time_s"),
    ("async: waits", "async", "response_time_s"),
    ("async: work finished", "async", "completion_time_s"),
)
PANEL_INCHES, HEIGHT_INCHES = 5.4, 5.6
MOST_COLUMNS, MOST_ROWS = 6, 10
"""Up to so many the times are written into the cells."""
MOST_TICKS = 8
COLOURS = "viridis_r"
"""Light to dark, and told apart by whoever sees fewer colours."""


def heat_map(sweep: Sweep) -> Figure | None:
    """The rare times of every cell: what the customer waits in both designs, and when all work is done."""
    if len(sweep.axes) != 2 or not sweep.finished:
        return None
    grids = [list(_grid(sweep, mode, f"{name}.{rare_of(sweep)}")) for _, mode, name in PANELS]
    times = [t for grid in grids for row in grid for t in row if not math.isnan(t)]
    if not times or not max(times):
        return None
    with styled():
        figure, panels = new_figure(len(PANELS))
        figure.set_size_inches(PANEL_INCHES * len(PANELS), HEIGHT_INCHES)
        low, high = min(t for t in times if t), max(times)
        norm = LogNorm(low, high) if high > low * 1.01 else Normalize(0, high)
        for (name, mode, figure_name), grid, axes in zip(PANELS, grids, panels, strict=True):
            served = list(_served(sweep, mode)) if figure_name == "response_time_s" else None
            image = _draw(axes, sweep.axes, grid, norm, served)
            axes.set_title(name, color=LOOKS[mode].colour)
        panels[0].set_ylabel(sweep.axes[0].key)
        rare = rare_of(sweep).replace("max", "slowest")
        legend = figure.colorbar(image, ax=panels, label=f"{rare} since the click")
        legend.set_ticks(edges := _edges(low, high), labels=[short(edge) for edge in edges])
        legend.minorticks_off()
        entitle(figure, _finding(sweep, grids))
    return figure


def _grid(sweep: Sweep, mode: Mode, figure: str) -> Iterator[list[float]]:
    """The times in seconds, a list a value of the first axis; not a number where there is none."""
    columns = len(sweep.axes[1].values)
    for first in range(0, len(sweep.cells), columns):
        rows = (sweep.finished.get(place) for place in range(first, first + columns))
        values = [None if row is None else row[MODES.index(mode)][figure] for row in rows]
        yield [float(value) if isinstance(value, int | float) else math.nan for value in values]


def _draw(
    axes: Axes,
    keys: Sequence[Axis],
    grid: Sequence[Sequence[float]],
    norm: Normalize,
    served: Sequence[Sequence[float]] | None,
) -> Any:
    image = axes.imshow(grid, origin="lower", aspect="auto", cmap=COLOURS, norm=norm)
    axes.grid(visible=False)
    rows, columns = keys
    for axis, ticks in ((rows, axes.set_yticks), (columns, axes.set_xticks)):
        places = range(0, len(axis.values), -(-len(axis.values) // MOST_TICKS))
        ticks(list(places), [axis.values[place].written for place in places])
    axes.set_xlabel(columns.key)
    if len(columns.values) <= MOST_COLUMNS and len(rows.values) <= MOST_ROWS:
        _write(axes, grid, norm, served)
    return image


def _write(
    axes: Axes,
    grid: Sequence[Sequence[float]],
    norm: Normalize,
    served: Sequence[Sequence[float]] | None,
) -> None:
    """The time in each cell, dark on light or light on dark, and of how many where not all got the page."""
    colours = colormaps[COLOURS]
    for y, row in enumerate(grid):
        for x, value in enumerate(row):
            red, green, blue, _ = colours(norm(value)) if not math.isnan(value) else (1, 1, 1, 1)
            light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5
            text = "-" if math.isnan(value) else short(value)
            if served is not None and 0 < served[y][x] < 1:
                text += f"\nof {served[y][x] * 100:.2g} %"
            style: dict[str, Any] = {"color": INK if light else "white", "fontsize": 13}
            axes.text(x, y, text, ha="center", va="center", **style)


def short(seconds: float) -> str:
    """A time with two digits, narrow enough for a cell: `1.1 s`, `45 s`, `16 min`."""
    scale, unit = time_unit(seconds)
    number = float(f"{seconds * scale:.2g}")
    return f"{number:g} {unit}"


def _edges(low: float, high: float) -> list[float]:
    """Some times between two, each several times the one before."""
    ratio, n = high / low, 5
    return [low * ratio ** (i / (n - 1)) for i in range(n)] if ratio > 1.01 else [high]


def _finding(sweep: Sweep, grids: Sequence[Sequence[Sequence[float]]]) -> str:
    """The worst cell in each panel, and of how many a time is where fewest got the page."""
    worst = [max((t for row in grid for t in row if not math.isnan(t)), default=None) for grid in grids]
    waits, done = worst[:2], worst[2]
    told = [
        f"nobody is served in {mode}"
        if seconds is None
        else f"{format_time(seconds)} in {mode}{_of(sweep, mode)}"
        for mode, seconds in zip(MODES, waits, strict=True)
    ]
    finished = "" if done is None else f"; async work is finished after {format_time(done)}"
    return f"At worst {RARE[rare_of(sweep)]} {', '.join(told)}{finished}"


def _of(sweep: Sweep, mode: Mode) -> str:
    rows = [rows[MODES.index(mode)] for rows in sweep.finished.values()]
    return of_the_fewest((row.get("response_time_s.count"), row.get("requests")) for row in rows)


def _served(sweep: Sweep, mode: Mode) -> Iterator[list[float]]:
    """The share of the requests that got the page, of each cell."""
    counts = _grid(sweep, mode, "response_time_s.count"), _grid(sweep, mode, "requests")
    for got, came in zip(*counts, strict=True):
        yield [0.0 if math.isnan(g) or not c else g / c for g, c in zip(got, came, strict=True)]

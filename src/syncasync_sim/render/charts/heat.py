"""A sweep over two keys: the times of every cell, darker for longer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from syncasync_sim.experiment import Sweep
from syncasync_sim.experiment.grid import Axis
from syncasync_sim.experiment.sweeping import Row
from syncasync_sim.model.formats import format_share, format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.axes import time_unit
from syncasync_sim.render.charts.canvas import entitle, footnote, new_figure, styled
from syncasync_sim.render.charts.of_some import FEW, is_few, is_some, share
from syncasync_sim.render.style import INK, LOOKS
from syncasync_sim.render.sweep_columns import tail_statistic

Grid = Sequence[Sequence[float]]
"""A number a cell, a line a value of the first axis."""
PANELS: tuple[tuple[str, Mode, str], ...] = (
    ("sync: waits", "sync", "response_time_s"),
    ("async: waits", "async", "response_time_s"),
    ("async: work finished", "async", "completion_time_s"),
)
PANEL_INCHES, HEIGHT_INCHES = 5.4, 5.6
MOST_COLUMNS, MOST_ROWS, MOST_ROWS_OF_TWO = 6, 10, 6
"""Up to so many the times are written into the cells; and up to so many with the share that have them."""
MOST_TICKS = 8
HATCH = "//"
COLOURS = "viridis_r"
"""Light to dark, and distinct for readers who see fewer colours."""


def heat_map(sweep: Sweep) -> Figure | None:
    """The chart of the rare times of every cell: the response in both designs, and the end of all work."""
    if len(sweep.axes) != 2 or not sweep.finished:
        return None
    grids = [
        list(_grid(sweep, partial(_time, mode, f"{name}.{tail_statistic(sweep)}")))
        for _, mode, name in PANELS
    ]
    shares = [list(_grid(sweep, partial(_share, mode, name))) for _, mode, name in PANELS]
    times = [t for grid in grids for row in grid for t in row if not math.isnan(t)]
    if not times or not max(times):
        return None
    with styled():
        figure, panels = new_figure(len(PANELS))
        figure.set_size_inches(PANEL_INCHES * len(PANELS), HEIGHT_INCHES)
        low, high = min(t for t in times if t), max(times)
        norm = LogNorm(low, high) if high > low * 1.01 else Normalize(0, high)
        for (name, mode, _), grid, parts, axes in zip(PANELS, grids, shares, panels, strict=True):
            image = _draw(axes, sweep.axes, grid, norm)
            _hatch(axes, grid, parts, norm)
            if _fits_in_cells(sweep.axes):
                _write(axes, grid, parts, norm)
            axes.set_title(name, color=LOOKS[mode].colour)
        panels[0].set_ylabel(sweep.axes[0].key)
        rare = tail_statistic(sweep).replace("max", "slowest")
        legend = figure.colorbar(image, ax=panels, label=f"{rare} since the click")
        legend.set_ticks(edges := _edges(low, high), labels=[short(edge) for edge in edges])
        legend.minorticks_off()
        if note := _note(sweep.axes, shares):
            footnote(figure, note)
        entitle(figure, _finding(sweep, grids, shares))
    return figure


def _fits_in_cells(keys: Sequence[Axis], most_rows: int = MOST_ROWS) -> bool:
    rows, columns = keys
    return len(columns.values) <= MOST_COLUMNS and len(rows.values) <= most_rows


def _note(keys: Sequence[Axis], shares: Sequence[Grid]) -> str:
    """What the shares in the cells and the hatching mean; empty where all clicks have all times."""
    parts = [part for grid in shares for row in grid for part in row if is_some(part)]
    beneath = ["Beneath a time: the share of the clicks that have it."] if parts else []
    hatched = [f"Hatched: {FEW}."] if any(map(is_few, parts)) else []
    return " ".join([*(beneath if _fits_in_cells(keys, MOST_ROWS_OF_TWO) else []), *hatched])


def _grid(sweep: Sweep, read: Callable[[list[Row]], float]) -> Iterator[list[float]]:
    """What *read* gives for each cell, a list a value of the first axis; not a number where there is none."""
    columns = len(sweep.axes[1].values)
    for first in range(0, len(sweep.cells), columns):
        rows = (sweep.finished.get(index) for index in range(first, first + columns))
        yield [math.nan if cell is None else read(cell) for cell in rows]


def _time(mode: Mode, figure: str, cell: list[Row]) -> float:
    """In seconds."""
    value = cell[MODES.index(mode)][figure]
    return float(value) if isinstance(value, int | float) else math.nan


def _share(mode: Mode, times: str, cell: list[Row]) -> float:
    return share(cell[MODES.index(mode)], times)


def _draw(axes: Axes, keys: Sequence[Axis], grid: Grid, norm: Normalize) -> Any:
    image = axes.imshow(grid, origin="lower", aspect="auto", cmap=COLOURS, norm=norm)
    axes.grid(visible=False)
    rows, columns = keys
    for axis, ticks in ((rows, axes.set_yticks), (columns, axes.set_xticks)):
        indexes = range(0, len(axis.values), -(-len(axis.values) // MOST_TICKS))
        ticks(list(indexes), [axis.values[index].written for index in indexes])
    axes.set_xlabel(columns.key)
    return image


def _write(axes: Axes, grid: Grid, shares: Grid, norm: Normalize) -> None:
    """The time in each cell, dark on light or light on dark, and beneath it how many have it, if not all."""
    two = len(grid) <= MOST_ROWS_OF_TWO
    for x, y, value, part in _cells(grid, shares):
        text = "-" if math.isnan(value) else short(value)
        text = f"{text}\n{short_share(part)}" if two and is_some(part) else text
        colour, ink = _colours(value, norm)
        box = {"facecolor": colour, "edgecolor": "none", "pad": 1} if is_few(part) else None
        style: dict[str, Any] = {"color": ink, "fontsize": 13, "bbox": box}
        axes.text(x, y, text, ha="center", va="center", **style)


def _hatch(axes: Axes, grid: Grid, shares: Grid, norm: Normalize) -> None:
    """Hatch the cells whose time is that of few."""
    for x, y, value, part in _cells(grid, shares):
        if is_few(part):
            _, ink = _colours(value, norm)
            style: dict[str, Any] = {"edgecolor": ink, "linewidth": 0, "alpha": 0.6}
            axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, hatch=HATCH, **style))


def _cells(grid: Grid, shares: Grid) -> Iterator[tuple[int, int, float, float]]:
    """The place of each cell (column, row), its time and how many have it."""
    for y, (times, parts) in enumerate(zip(grid, shares, strict=True)):
        for x, (value, part) in enumerate(zip(times, parts, strict=True)):
            yield x, y, value, part


def _colours(value: float, norm: Normalize) -> tuple[Any, str]:
    """The colour of a cell, and that of what is written on it."""
    colour = (1.0, 1.0, 1.0, 1.0) if math.isnan(value) else colormaps[COLOURS](norm(value))
    red, green, blue, _ = colour
    return colour, INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "white"


def short_share(part: float) -> str:
    """The text of a share with two digits, rounded down, so that less than all is not shown as 100 %."""
    percent = part * 100
    return f"{math.floor(percent)} %" if percent >= 10 else f"{percent:.2g} %"


def short(seconds: float) -> str:
    """A time with two digits, narrow enough for a cell: `1.1 s`, `45 s`, `16 min`."""
    scale, unit = time_unit(seconds)
    number = float(f"{seconds * scale:.2g}")
    return f"{number:g} {unit}"


def _edges(low: float, high: float) -> list[float]:
    """Some times between two, each several times the one before."""
    ratio, n = high / low, 5
    return [low * ratio ** (i / (n - 1)) for i in range(n)] if ratio > 1.01 else [high]


def _finding(sweep: Sweep, grids: Sequence[Grid], shares: Sequence[Grid]) -> str:
    """The worst cell in each panel: the longest time, or, where not all have one, the smallest share."""
    rare = {"p95": "1 in 20 waits at least", "max": "the slowest waits"}[tail_statistic(sweep)]
    worst = [max(_measured(grid), default=math.nan) for grid in grids]
    parts = [min(_measured(grid), default=math.nan) for grid in shares]
    served = [
        f"{format_time(seconds)} in {mode}"
        for mode, seconds, part in zip(MODES, worst, parts, strict=False)
        if not is_some(part)
    ]
    sentences = [
        f"{_only(part)} of the clicks get the page in {mode}"
        for mode, part in zip(MODES, parts, strict=False)
        if is_some(part)
    ]
    sentences += [f"{rare} {', '.join(served)}"] if served else []
    undone = f"{_only(parts[2])} of the clicks have their async work done"
    done = undone if is_some(parts[2]) else f"async work is finished after {format_time(worst[2])}"
    return f"At worst {'; '.join([*sentences, done])}"


def _only(part: float) -> str:
    return f"only {format_share(part)}" if part else "none"


def _measured(grid: Grid) -> list[float]:
    return [value for row in grid for value in row if not math.isnan(value)]

"""The charts of a run, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator

from syncasync_sim.render.charts.canvas import (
    LineEnd,
    entitle,
    footnote,
    name_ends,
    new_figure,
    set_heights,
    styled,
)
from syncasync_sim.render.run_charts.chart import Box, Chart, Curve, Note, Panel
from syncasync_sim.render.style import CHART, GREY, INK, wrapped

NAME_SIZE = 13
MOST_ROWS = 7
"""With more the figure grows, so that two lines beside a row have room."""
THINNEST = 150
"""A box of less than this part of the axis has no white edge: there would be nothing else of it."""


def draw(chart: Chart | None) -> Figure | None:
    """Draw a chart of a run.

    Args:
        chart: what it shows; None for nothing.
    """
    if chart is None:
        return None
    with styled():
        figure, panels = new_figure(len(chart.panels))
        for panel, axes in zip(chart.panels, panels, strict=True):
            (_draw_timeline if panel.y.ticks else _draw_curves)(axes, panel)
            for note in panel.notes:
                _NOTES[note.position](axes, note, panel)
        panels[0].set_ylabel(chart.panels[0].y.label)
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, height * max(1.0, len(chart.panels[0].y.ticks) / MOST_ROWS))
        if chart.footnote:
            footnote(figure, chart.footnote)
        entitle(figure, chart.title)
    return figure


def _draw_timeline(axes: Axes, panel: Panel) -> None:
    for box in panel.boxes:
        _draw_box(axes, box, panel.x.high)
        if box.has_failed:
            style: dict[str, Any] = {"color": INK, "markersize": 13, "markeredgewidth": 3, "zorder": 4}
            axes.plot([box.begin + box.width], [box.row], "x", **style)
    rows, names = zip(*panel.y.ticks, strict=True)
    axes.set_yticks(rows, names)
    axes.set_ylim(panel.y.low, panel.y.high)
    axes.set_xlim(0, panel.x.high * 1.32)  # what follows the last box is written beside it
    below = panel.below(lambda box: _fits(box, panel.x.high))
    axes.set_xlabel("\n".join([panel.x.label, *(wrapped(below, 72) if below else [])]))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")


def _fits(box: Box, span: float) -> bool:
    """Whether its name has room in it: up to the last end the axis is about 400 points wide."""
    return _width(box.label) + 6 <= box.width / span * 400


@lru_cache(maxsize=1000)
def _width(name: str) -> float:
    """The width of the name of a box, in points."""
    return float(TextPath((0, 0), name, size=NAME_SIZE, prop=CHART["font.family"]).get_extents().width)


def _draw_box(axes: Axes, box: Box, span: float) -> None:
    """Work is filled, waiting hatched; a name stands in its box where there is room for it."""
    if box.width <= 0:
        return
    look: dict[str, Any] = (
        {"facecolor": "white", "hatch": "///"} if box.is_wait else {"facecolor": box.look.colour}
    )
    edge = box.look.colour if box.is_wait or box.width < span / THINNEST else "white"
    axes.barh(box.row, box.width, left=box.begin, height=0.56, edgecolor=edge, linewidth=1.5, **look)
    if not (box.label and _fits(box, span)):
        return
    text: dict[str, Any] = {"va": "center", "ha": "center", "fontsize": NAME_SIZE, "color": "white"}
    if box.is_wait:
        text.update(color=INK, bbox={"facecolor": "white", "edgecolor": "none", "pad": 3})
    axes.text(box.begin + box.width / 2, box.row, box.label, **text)


def _draw_curves(axes: Axes, panel: Panel) -> None:
    if panel.x.is_log:
        axes.set_xscale("log")
    for curve in panel.curves:
        _draw_curve(axes, curve)
    set_heights(axes, panel.y.low, panel.y.high, panel.y.is_log)
    axes.set_xlim(panel.x.low, _with_room_for_names(panel))
    if panel.x.ticks:
        axes.set_xticks(*zip(*panel.x.ticks, strict=True))
        axes.minorticks_off()
    if panel.y.is_whole:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
    named = [curve for curve in panel.curves if curve.is_named]
    name_ends(axes, [LineEnd(curve.name, curve.x[-1], curve.y[-1], curve.look.colour) for curve in named])
    axes.set_xlabel(panel.x.label)
    if panel.look:
        axes.set_title(panel.title, color=panel.look.colour)
    if panel.shaded_to:
        axes.axvspan(0, panel.shaded_to, color=GREY, alpha=0.18, linewidth=0, zorder=0)


def _with_room_for_names(panel: Panel) -> float:
    """The right end of the axis; names are written at the ends of lines on a logarithmic one."""
    high = panel.x.high
    return high ** (1.45 if high > 1.5 else 2) if panel.x.is_log else high


def _draw_curve(axes: Axes, curve: Curve) -> None:
    style: dict[str, Any] = {"color": curve.look.colour, "linestyle": curve.look.dash, "label": curve.name}
    if curve.is_stepped:
        axes.plot(curve.x, curve.y, drawstyle="steps-post", linewidth=2, **style)
        axes.fill_between(curve.x, curve.y, step="post", color=curve.look.colour, alpha=0.15, linewidth=0)
    else:
        every = max(len(curve.x) // 8, 1)
        axes.plot(curve.x, curve.y, marker=curve.look.marker, markevery=every, markersize=8, **style)


def _above(axes: Axes, note: Note, panel: Panel) -> None:
    """Above a peak, inside the panel."""
    share = note.x / panel.x.high
    side = "left" if share < 0.3 else "right" if share > 0.7 else "center"
    style: dict[str, Any] = {"color": note.look.colour, "fontweight": "bold", "ha": side, "va": "bottom"}
    axes.annotate(note.text, (note.x, note.y), (0, 6), textcoords="offset points", **style)


def _beside(axes: Axes, note: Note, panel: Panel) -> None:
    style: dict[str, Any] = {"va": "center", "ha": "left", "fontsize": 15, "fontweight": "bold"}
    axes.text(note.x + panel.x.high * 0.03, note.y, note.text, **style)


def _in_the_shade(axes: Axes, note: Note, panel: Panel) -> None:
    del panel
    style: dict[str, Any] = {"color": note.look.colour, "fontsize": 13, "ha": "left", "va": "top"}
    style["xycoords"] = axes.get_xaxis_transform()
    axes.annotate(note.text, (note.x, 0.98), (6, 0), textcoords="offset points", **style)


def _on_the_floor(axes: Axes, note: Note, panel: Panel) -> None:
    del panel
    axes.text(note.x, note.y, f"{note.text}\n", ha="center", va="bottom", color=note.look.colour)


_NOTES: dict[str, Callable[[Axes, Note, Panel], None]] = {
    "above": _above,
    "beside": _beside,
    "shade": _in_the_shade,
    "floor": _on_the_floor,
}

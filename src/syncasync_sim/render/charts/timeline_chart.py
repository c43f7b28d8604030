"""One customer's request in both designs, on one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.charts.canvas import entitle, new_figure, styled
from syncasync_sim.render.customer_trace import Lane, Stretch
from syncasync_sim.render.style import CHART, INK, LOOKS, MESSAGES, wrapped
from syncasync_sim.render.timeline_layout import TimelineLayout, ending_of, last_s
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.queries import customers_came
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.worst_off import hardest_hit

NAME_SIZE = 13
MOST_ROWS = 7
"""With more the figure grows, so that two lines beside a row have room."""
THINNEST = 150
"""A box of less than this part of the axis has no white edge: there would be nothing else of it."""


def timeline(
    comparison: Comparison, traces: Mapping[Mode, Trace], customer: int | None = None
) -> Figure | None:
    """The chart of one customer's request in both designs: boxes for work, hatched for waiting.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
        customer: the number of the customer, from 1; by default the hardest hit.
    """
    del comparison
    if not all(len(trace.requests) for trace in traces.values()):
        return None
    number = hardest_hit(traces.values()) if customer is None else customer
    layout = TimelineLayout.of(traces, number)
    lanes, span = layout.lanes, layout.span_s
    customers = max(map(customers_came, traces.values()))
    with styled():
        figure, (axes,) = new_figure()
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, height * max(1.0, len(lanes) / MOST_ROWS))
        scale, unit = layout.unit()
        for row, lane in enumerate(lanes):
            _draw_lane(axes, lane, row, scale, span * scale)
        names = [f"{lane.mode}\n{lane.name}" if lane.is_customer else _broken(lane.name) for lane in lanes]
        axes.set_yticks(range(len(lanes)), names)
        axes.set_ylim(len(lanes) - 0.4, -0.6)
        axes.set_xlim(0, span * scale * 1.32)  # what follows the last box is written beside it
        axes.set_xlabel(f"time since the click ({unit}){_narrow(layout)}")
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        name = f"Customer {number:,} of {customers:,}" if customers > 1 else "The customer"
        entitle(figure, _waits(lanes, name))
    return figure


def _waits(lanes: Sequence[Lane], name: str) -> str:
    """The finding: how long the customer watches the spinner, and what they see then."""
    first = {lane.mode: lane for lane in reversed(lanes) if lane.is_customer}
    if len(first) == 2 and all(lane.ending == "page" for lane in first.values()):
        sync, asynchronous = (format_time(first[mode].end_s) for mode in MODES)
        return f"{name} waits {asynchronous} instead of {sync}"
    endings = (f"{first[m].ending} after {format_time(first[m].end_s)} ({m})" for m in MODES if m in first)
    return f"{name}: {', '.join(endings)}"


def _broken(name: str) -> str:
    """A long name beside its lane, in lines."""
    return "\n".join(wrapped(name, 17))


def _fits(stretch: Stretch, span: float) -> bool:
    """Whether its name has room in its box: up to the last end the axis is about 400 points wide."""
    width = TextPath((0, 0), stretch.label, size=NAME_SIZE, prop=CHART["font.family"]).get_extents().width
    return bool(width + 6 <= (stretch.end_s - stretch.begin_s) / span * 400)


def _narrow(layout: TimelineLayout) -> str:
    """The steps whose boxes are too narrow for their names, for the line below the axis."""
    text = layout.too_narrow_to_label(lambda stretch: _fits(stretch, layout.span_s))
    return "\n" + "\n".join(wrapped(text, 72)) if text else ""


def _draw_lane(axes: Axes, lane: Lane, row: int, scale: float, span: float) -> None:
    colour = (LOOKS[lane.mode] if lane.in_request else MESSAGES).colour
    for stretch in lane.stretches:
        if stretch.end_s > stretch.begin_s:
            _draw_stretch(axes, stretch, row, scale, colour, span / scale)
        if stretch.kind == "failed":
            style: dict[str, Any] = {"color": INK, "markersize": 13, "markeredgewidth": 3, "zorder": 4}
            axes.plot([stretch.end_s * scale], [row], "x", **style)
    if lane.ending:
        text = "\n".join(ending_of(lane, span))
        axes.text(
            last_s(lane) * scale + span * 0.03,
            row,
            text,
            va="center",
            ha="left",
            fontsize=15,
            fontweight="bold",
        )


def _draw_stretch(axes: Axes, stretch: Stretch, row: int, scale: float, colour: str, span: float) -> None:
    """Work is filled, waiting hatched; a name stands in its box where there is room for it."""
    thin = stretch.end_s - stretch.begin_s < span / THINNEST
    begin, width = stretch.begin_s * scale, (stretch.end_s - stretch.begin_s) * scale
    waiting = stretch.is_wait
    look: dict[str, Any] = {"facecolor": "white", "hatch": "///"} if waiting else {"facecolor": colour}
    edge = colour if waiting or thin else "white"
    axes.barh(row, width, left=begin, height=0.56, edgecolor=edge, linewidth=1.5, **look)
    if not (stretch.label and _fits(stretch, span)):
        return
    text: dict[str, Any] = {"va": "center", "ha": "center", "fontsize": NAME_SIZE, "color": "white"}
    if waiting:
        text.update(color=INK, bbox={"facecolor": "white", "edgecolor": "none", "pad": 3})
    axes.text(begin + width / 2, row, stretch.label, **text)

"""The prediction against the measurement, a point for each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.axes import time_unit
from syncasync_sim.render.charts.canvas import entitle, new_figure, styled
from syncasync_sim.render.style import GREY, LOOKS, TIED
from syncasync_sim.stats.predicted import pairs
from syncasync_sim.trace.records import Trace

NAME = "measured"
"""The name of its files."""
_CLOSE = 0.05
_CLOSE_S = 0.02
_PANELS = ("until the page", "until all work is done")


def measured(predicted: Mapping[Mode, Trace], live: Mapping[Mode, Trace]) -> Figure | None:
    """The chart of measured against predicted times, one panel per clock.

    On the diagonal, prediction and measurement agree.

    Args:
        predicted: the simulated trace of each design.
        live: the measured trace of each design.
    """
    points = {mode: _points(predicted[mode], live[mode]) for mode in MODES if mode in live}
    everything = [point for both in points.values() for panel in both for point in panel]
    if not everything:
        return None
    top = max(max(point) for point in everything) * 1.06
    scale, unit = time_unit(top)
    with styled():
        figure, panels = new_figure(2)
        for index, axes in enumerate(panels):
            axes.plot([0, top * scale], [0, top * scale], color=GREY, linewidth=1.2, zorder=1)
            for mode, both in points.items():
                look = LOOKS[mode]
                filled: dict[str, Any] = {"color": look.colour, "marker": look.marker, "linestyle": "none"}
                x, y = ([p[axis] * scale for p in both[index]] for axis in (0, 1))
                axes.plot(x, y, label=mode, markersize=7, alpha=0.6, **filled)
            axes.set_xlim(0, top * scale)
            axes.set_ylim(0, top * scale)
            axes.set_title(_PANELS[index], fontsize=15)
            axes.set_xlabel(f"predicted ({unit})")
        panels[0].set_ylabel(f"measured ({unit})")
        if len(points) > 1:
            panels[0].legend(loc="upper left", frameon=False)
        entitle(figure, _finding(everything))
    return figure


def _points(predicted: Trace, live: Trace) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    matched = pairs(predicted, live)
    waits = [(p.predicted_wait_s, p.measured_wait_s) for p in matched]
    dones = [(p.predicted_done_s, p.measured_done_s) for p in matched]
    complete = [[(a, b) for a, b in row if a is not None and b is not None] for row in (waits, dones)]
    return complete[0], complete[1]


def _finding(points: list[tuple[float, float]]) -> str:
    near = sum(abs(b - a) <= _CLOSE * a + _CLOSE_S for a, b in points)
    within = f"within 5{TIED}% and 20{TIED}ms"
    if near == len(points):
        return f"For real it took as long as predicted: every time {within}"
    return f"{near * 100 // len(points)}{TIED}% of the times were {within} of the prediction"

"""The charts of a result. Each says its finding in the title, names its lines where they end, and tells
the designs apart by dash and marker as well as by colour.

A chart is a function of the comparison and the traces; it gives None when there is nothing to show.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from syncasync_sim.errors import NO_MATPLOTLIB

try:
    from matplotlib.figure import Figure
except ImportError:
    raise ImportError(NO_MATPLOTLIB) from None

from syncasync_sim.experiment import Sweep
from syncasync_sim.model.modes import Mode
from syncasync_sim.render.charts.canvas import write
from syncasync_sim.render.charts.drawing import draw
from syncasync_sim.render.charts.heat import heat_map
from syncasync_sim.render.charts.load_chart import load_curve
from syncasync_sim.render.run_charts import RUN_CHARTS
from syncasync_sim.render.run_charts.timeline_chart import timeline_chart
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.records import Trace

__all__ = [
    "CHARTS",
    "FORMATS",
    "SWEEP_CHARTS",
    "depth",
    "draw_all",
    "draw_sweep",
    "heat_map",
    "load_curve",
    "percentiles",
    "save",
    "timeline",
]


def timeline(
    comparison: Comparison, traces: Mapping[Mode, Trace], customer: int | None = None
) -> Figure | None:
    """The chart of one customer's request in both designs: boxes for work, hatched for waiting.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
        customer: the number of the customer, from 1; by default the hardest hit.
    """
    return draw(timeline_chart(comparison, traces, customer))


def percentiles(comparison: Comparison, traces: Mapping[Mode, Trace]) -> Figure | None:
    """The chart of waiting times by percentile, with the rare ones stretched out.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
    """
    return draw(RUN_CHARTS["percentiles"](comparison, traces))


def depth(comparison: Comparison, traces: Mapping[Mode, Trace]) -> Figure | None:
    """The chart of waiting customers and waiting messages over time, one panel per design.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
    """
    return draw(RUN_CHARTS["depth"](comparison, traces))


CHARTS: Mapping[str, Callable[[Comparison, Mapping[Mode, Trace]], Figure | None]] = MappingProxyType(
    {"timeline": timeline, "percentiles": percentiles, "depth": depth}
)
"""Every chart of a run by its name, which is also its file's."""
SWEEP_CHARTS: Mapping[str, Callable[[Sweep], Figure | None]] = MappingProxyType(
    {"load": load_curve, "heat-map": heat_map}
)
"""The charts of a sweep: over one key, and over two."""
FORMATS: Mapping[str, Mapping[str, None]] = MappingProxyType(
    {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
)
"""The kinds of files, and what must not be written into them for the bytes to be the same every time."""


def save(figure: Figure, path: Path) -> Path:
    """Write a chart as `.png` or `.svg`; the same chart gives the same bytes every time.

    The file is written whole or not at all.

    Args:
        figure: the chart.
        path: the file, whose ending selects the format.

    Returns:
        The path.

    Raises:
        ValueError: the file has another ending.
        OSError: the disk refuses.
    """
    kind = path.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise ValueError(f"a chart is saved as .png or .svg, not as '{path.name}'")
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write(figure, partial, format=kind, metadata=dict(FORMATS[kind]))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def draw_all(comparison: Comparison, traces: Mapping[Mode, Trace], folder: Path) -> list[Path]:
    """Draw every chart of a run that has data, as PNG and SVG, and return their files.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
        folder: the folder, which is made if it is missing.

    Returns:
        The files written.
    """
    return _save_all({name: chart(comparison, traces) for name, chart in CHARTS.items()}, folder)


def draw_sweep(sweep: Sweep, folder: Path) -> list[Path]:
    """Draw the charts of a sweep, as PNG and SVG, and return their files; none over more than two keys.

    Args:
        sweep: the sweep.
        folder: the folder, which is made if it is missing.

    Returns:
        The files written.
    """
    return _save_all({name: chart(sweep) for name, chart in SWEEP_CHARTS.items()}, folder)


def _save_all(figures: Mapping[str, Figure | None], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {name: figure for name, figure in figures.items() if figure is not None}
    return [save(figure, folder / f"{name}.{kind}") for name, figure in drawn.items() for kind in FORMATS]

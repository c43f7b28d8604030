"""The charts of a run as numbers and words: a function of the comparison and the traces each.

It gives None when there is nothing to show. Nothing here imports matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from syncasync_sim.model.modes import Mode
from syncasync_sim.render.run_charts.chart import Chart
from syncasync_sim.render.run_charts.depth_chart import depth_chart
from syncasync_sim.render.run_charts.percentile_chart import percentile_chart
from syncasync_sim.render.run_charts.timeline_chart import timeline_chart
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.records import Trace

RUN_CHARTS: Mapping[str, Callable[[Comparison, Mapping[Mode, Trace]], Chart | None]] = MappingProxyType(
    {"timeline": timeline_chart, "percentiles": percentile_chart, "depth": depth_chart}
)
"""Every chart of a run by its name, which is also its file's."""

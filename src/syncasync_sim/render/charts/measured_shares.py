"""Shares of times below each time: a log beside its simulations, a distribution beside its values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from syncasync_sim.fit.distribution import FittedDistribution
from syncasync_sim.fit.validation import Validation
from syncasync_sim.model.formats import format_share
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.axes import time_unit
from syncasync_sim.render.charts.canvas import entitle, new_figure, styled
from syncasync_sim.render.style import INK, LOOKS

MOST_POINTS = 500
"""Points of a line; more are not seen."""
STYLES = ((INK, "-"), (LOOKS["async"].colour, "--"), (LOOKS["sync"].colour, ":"))
"""Colour and dash of the first, the second and the third line."""
LAST_SHARE = 0.995
"""The axis ends at this share of the measured times: one slow request would press all others together."""


def validation_chart(result: Validation) -> Figure:
    """The chart of response times: the log, and each leg that could be simulated."""
    lines = {"measured": _sorted_s(result.responses_us)}
    names = {"waits": "measured arrivals and work, simulated waits", "all": "all simulated"}
    lines |= {names[leg.name]: _sorted_s(leg.responses_us) for leg in result.legs if leg.responses_us}
    title = "The simulation gives the times of the log" if result.agrees else result.legs[-1].verdict
    return _shares(lines, title.rstrip("."), "response time")


def distribution_chart(name: str, durations_us: Sequence[int], fitted: FittedDistribution) -> Figure:
    """The chart of a fitted distribution beside the measured durations.

    Args:
        name: the name of the step.
        durations_us: the measured durations.
        fitted: the distribution.
    """
    values = _sorted_s(durations_us)
    count = len(values)
    drawn = [fitted.distribution.quantile_s((rank + 0.5) / count) for rank in range(count)]
    title = f"{name}: {fitted.name} is at most {format_share(fitted.distance)} away from the measured shares"
    return _shares({"measured": values, f"{fitted.distribution}": drawn}, title, "duration")


def _sorted_s(times_us: Sequence[int]) -> list[float]:
    return [us / US_PER_S for us in sorted(times_us)]


def _shares(lines: Mapping[str, Sequence[float]], title: str, label: str) -> Figure:
    measured = next(iter(lines.values()))
    top_s = measured[min(int(LAST_SHARE * len(measured)), len(measured) - 1)]
    scale, unit = time_unit(top_s)
    with styled():
        figure, (axes,) = new_figure()
        for (name, values), (colour, dash) in zip(lines.items(), STYLES, strict=False):
            count = len(values)
            step = max(count // MOST_POINTS, 1)
            drawn = range(0, count, step)
            axes.plot(
                [values[rank] * scale for rank in drawn],
                [(rank + 1) / count * 100 for rank in drawn],
                label=name,
                color=colour,
                linestyle=dash,
            )
        axes.set_xlim(0, max(top_s, 1e-6) * scale)
        axes.set_ylim(0, 100)
        axes.set_xlabel(f"{label} ({unit})")
        axes.set_ylabel("% of the requests below" if label == "response time" else "% below")
        axes.legend(loc="lower right", frameon=False)
        entitle(figure, title)
    return figure

"""One customer's request in both designs, on one time axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.customer_trace import WAITING, Lane
from syncasync_sim.render.run_charts.chart import Box, Chart, ChartAxis, Note, Panel
from syncasync_sim.render.style import LOOKS, MESSAGES, PLAIN, tied, wrapped
from syncasync_sim.render.timeline_layout import TimelineLayout, ending_of, last_s
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.queries import customers_came
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.worst_off import hardest_hit

COLUMNS = ("design", "row", "what", "from", "to")


def timeline_chart(
    comparison: Comparison, traces: Mapping[Mode, Trace], customer: int | None = None
) -> Chart | None:
    """The chart of one customer's request in both designs: boxes for work, hatched for waiting.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
        customer: the number of the customer, from 1; by default the hardest hit.
    """
    if not all(len(trace.requests) for trace in traces.values()):
        return None
    number = hardest_hit(traces.values()) if customer is None else customer
    layout = TimelineLayout.of(traces, number)
    lanes = layout.lanes
    scale, unit = layout.unit()
    customers = max(map(customers_came, traces.values()))
    name = f"Customer {number:,} of {customers:,}" if customers > 1 else "The customer"
    names = [f"{lane.mode}\n{lane.name}" if lane.is_customer else _broken(lane.name) for lane in lanes]
    panel = Panel(
        ChartAxis(f"time since the click ({unit})", 0, layout.span_s * scale),
        ChartAxis("", len(lanes) - 0.4, -0.6, ticks=tuple((row, text) for row, text in enumerate(names))),
        boxes=tuple(_boxes(layout, scale)),
        notes=tuple(
            Note(
                "\n".join(ending_of(lane, layout.span_s * scale)), last_s(lane) * scale, row, PLAIN, "beside"
            )
            for row, lane in enumerate(lanes)
            if lane.ending
        ),
    )
    return Chart(
        _waits(lanes, name, is_compared=not comparison.stopped), (panel,), COLUMNS, tuple(_rows(layout))
    )


def _boxes(layout: TimelineLayout, scale: float) -> Iterator[Box]:
    below = dict(layout.names_below())
    for row, lane in enumerate(layout.lanes):
        look = LOOKS[lane.mode] if lane.in_request else MESSAGES
        for stretch in lane.stretches:
            begin, width = stretch.begin_s * scale, (stretch.end_s - stretch.begin_s) * scale
            box = Box(
                row, begin, width, look, stretch.is_wait, stretch.label, has_failed=stretch.kind == "failed"
            )
            yield replace(box, below=tied(below.get(stretch, ""))) if lane.is_customer else box


def _waits(lanes: Sequence[Lane], name: str, *, is_compared: bool) -> str:
    """The finding: how long the customer watches the spinner, and what they see then."""
    first = {lane.mode: lane for lane in reversed(lanes) if lane.is_customer}
    if is_compared and len(first) == 2 and all(lane.ending == "page" for lane in first.values()):
        sync, asynchronous = (format_time(first[mode].end_s) for mode in MODES)
        return f"{name} waits {asynchronous} instead of {sync}"
    endings = (f"{first[m].ending} after {format_time(first[m].end_s)} ({m})" for m in MODES if m in first)
    return f"{name}: {', '.join(endings)}"


def _broken(name: str) -> str:
    """A long name beside its lane, in lines."""
    return "\n".join(wrapped(name, 17))


def _rows(layout: TimelineLayout) -> Iterator[tuple[str, ...]]:
    """What there is in each lane, from when to when."""
    for lane in layout.lanes:
        for stretch in lane.stretches:
            if stretch.kind != "failed" and stretch.end_s <= stretch.begin_s:
                continue
            label = stretch.label or (WAITING if stretch.is_wait else "")
            times = (format_time(at, layout.span_s) for at in (stretch.begin_s, stretch.end_s))
            yield (lane.mode, lane.name, f"{label}, failed" if stretch.kind == "failed" else label, *times)
        if lane.ending:
            yield lane.mode, lane.name, lane.ending, "", format_time(lane.end_s, layout.span_s)

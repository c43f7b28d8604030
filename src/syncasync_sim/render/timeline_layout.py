"""What a timeline of one customer shows, drawn with characters, in a chart, or in SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.axes import round_ticks, time_unit
from syncasync_sim.render.customer_trace import Lane, Stretch, customer_trace, lanes_of
from syncasync_sim.trace.records import Trace


@dataclass(frozen=True, slots=True)
class TimelineLayout:
    """The lanes of one customer in both designs, on one axis of time since the first click."""

    lanes: tuple[Lane, ...]
    span_s: float
    """The time that the axis covers: up to the last end of anything."""

    @classmethod
    def of(cls, traces: Mapping[Mode, Trace], customer: int) -> TimelineLayout:
        """The layout of *customer*, counted from 1. Raises ScenarioError if nobody of that number came."""
        lanes = tuple(
            lane
            for mode in MODES
            if mode in traces
            for lane in lanes_of(customer_trace(traces[mode], customer))
        )
        return cls(lanes, max(map(last_s, lanes), default=0.0) or 1.0)

    def unit(self) -> tuple[float, str]:
        """(how many of the axis's unit a second is, its name)."""
        return time_unit(self.span_s)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """(seconds, number in the axis's unit) at round values, about *most* of them."""
        scale, _ = self.unit()
        return [(tick / scale, f"{tick:g}") for tick in round_ticks(0, self.span_s * scale, most)]

    def too_short_to_label(self, has_room: Callable[[Stretch], bool]) -> str:
        """The steps that are drawn nowhere with their names, and how long they take; or nothing."""
        boxes = [
            stretch
            for lane in self.lanes
            if lane.is_customer
            for stretch in lane.stretches
            if not stretch.is_wait and stretch.label and stretch.end_s > stretch.begin_s
        ]
        named = {box.label for box in boxes if has_room(box)}
        short = {box.label: box.end_s - box.begin_s for box in reversed(boxes) if box.label not in named}
        told = ", ".join(f"{name} {format_time(length)}" for name, length in reversed(short.items()))
        return f"too short to label: {told}" if told else ""


def last_s(lane: Lane) -> float:
    """Where the drawing of a lane ends; its ending is written behind that."""
    return max([lane.end_s, *(stretch.end_s for stretch in lane.stretches)])


def ending_of(lane: Lane) -> tuple[str, ...]:
    """How a lane ended and when, as `page` and `1.05 s`; nothing where it did not."""
    return (lane.ending, format_time(lane.end_s)) if lane.ending else ()

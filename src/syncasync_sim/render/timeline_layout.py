"""What a timeline of one customer shows, drawn with characters, in a chart, or in SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
        """The layout of one customer's timeline.

        Args:
            traces: the trace of each design.
            customer: the number of the customer, from 1.

        Raises:
            ScenarioError: no customer of that number came.
        """
        lanes = tuple(
            lane
            for mode in MODES
            if mode in traces
            for lane in lanes_of(customer_trace(traces[mode], customer))
        )
        return cls(lanes, max(map(last_s, lanes), default=0.0) or 1.0)

    def unit(self) -> tuple[float, str]:
        """Return the unit of the axis: the number of units per second, and its name."""
        return time_unit(self.span_s)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return about *most* round values of the axis, each in seconds and as text in its unit."""
        scale, _ = self.unit()
        return [(tick / scale, f"{tick:g}") for tick in round_ticks(0, self.span_s * scale, most)]

    def names_below(self) -> list[tuple[Stretch, str]]:
        """Return the customer's work, each with its name and how long the first of that name is.

        The text is written below the axis if no bar of that name has room for it.
        """
        boxes = [
            stretch
            for lane in self.lanes
            if lane.is_customer
            for stretch in lane.stretches
            if not stretch.is_wait and stretch.label and stretch.end_s > stretch.begin_s
        ]
        first = {box.label: format_time(box.end_s - box.begin_s) for box in reversed(boxes)}
        return [(box, f"{box.label} {first[box.label]}") for box in boxes]

    def too_narrow_to_label(self, is_wide_enough: Callable[[Stretch], bool]) -> str:
        """The steps whose bars all lack room for their names, and how long the first bar is; or nothing."""
        return too_narrow((text, is_wide_enough(box)) for box, text in self.names_below())


TOO_NARROW = "bars too narrow for their names"


def too_narrow(names: Iterable[tuple[str, bool]]) -> str:
    """Return the sentence that names what has no room; empty where all have.

    Args:
        names: the text of each bar, and whether it has room in it.
    """
    listed = list(names)
    named = {text for text, has_room in listed if has_room}
    unnamed = dict.fromkeys(text for text, _ in listed if text not in named)
    return f"{TOO_NARROW}: {', '.join(unnamed)}" if unnamed else ""


def last_s(lane: Lane) -> float:
    """Return the end of a lane's drawing, in seconds; its ending is written behind it."""
    return max([lane.end_s, *(stretch.end_s for stretch in lane.stretches)])


def ending_of(lane: Lane, span_s: float) -> tuple[str, ...]:
    """Return the ending of a lane and its time, as `page` and `1.05 s`; empty without an ending.

    Args:
        lane: a line of the timeline.
        span_s: the time that the axis covers, in seconds; it decides the unit of the time.
    """
    return (lane.ending, format_time(lane.end_s, span_s)) if lane.ending else ()

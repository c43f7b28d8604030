"""Drawings for a page, in plain SVG, black on white.

One customer's timeline, an empty one to draw into, how many wait, the dots of several runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from syncasync_sim.lessons.print_page import Picture
from syncasync_sim.model.formats import Unit, format_time, format_value
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.axes import round_ticks
from syncasync_sim.render.customer_trace import Lane, Stretch
from syncasync_sim.render.style import wrapped
from syncasync_sim.render.timeline import Timeline
from syncasync_sim.render.timeline_layout import TimelineLayout, ending_of, last_s
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.series import Series, queue_depth, waiting_for_a_thread

WIDTH, LEFT, RIGHT = 720, 156, 120
"""The width of a sheet, and the room before and after the axis, in units of the drawing."""
ON_A_SLIDE = 470
"""The width of a slide in these units: the same letters are larger on it."""
LANE, BAR, HILL, SIZE = 26, 18, 54, 12
ROOM = 40
"""The height of a lane to draw into by hand."""
LETTER, BOLD, TICK = 6.6, 7.0, 90
"""About how wide a letter is, and a bold one, and the room for each tick of an axis."""
BESIDE = 10
"""The room between a lane and its ending: a cross may stand on the end of the lane."""
LEGEND = {"work": "grey: work", "wait": "hatched: waiting", "failed": "✗: failed"}
_HATCH = (
    '<defs><pattern id="wait" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0V5" stroke="#000" stroke-width="1"/></pattern></defs>'
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where values are on an axis.

    `span` is the greatest one, `width` that of the whole drawing, `right` the room after the axis.
    """

    span: float
    width: int = WIDTH
    right: float = RIGHT

    def x(self, value: float) -> float:
        """Return the place of a value, in pixels from the left.

        Args:
            value: the value.
        """
        return LEFT + value / self.span * self.room

    @property
    def room(self) -> float:
        """The length of the axis."""
        return self.width - LEFT - self.right


def timeline(traces: Mapping[Mode, Trace], customer: int, width: int = WIDTH) -> Picture:
    """The drawing of one customer's timeline in both designs, on one axis.

    Args:
        traces: the trace of each design.
        customer: the number of the customer, from 1.
        width: the width of the drawing, in its units.
    """
    layout = TimelineLayout.of(traces, customer)
    lanes = layout.lanes
    endings = max(len(" ".join(ending_of(lane, layout.span_s))) for lane in lanes)
    scale = Scale(layout.span_s, width, max(RIGHT, endings * BOLD + BESIDE))
    drawn = [_HATCH, *_ticks(scale, LANE * len(lanes))]
    for index, lane in enumerate(lanes):
        drawn += _lane(lane, index, scale, first=not index or lanes[index - 1].mode != lane.mode)
    kinds = {"wait" if s.is_wait else s.kind for lane in lanes for s in lane.stretches}
    legend = ", ".join(meaning for kind, meaning in LEGEND.items() if kind in kinds)
    short = layout.too_narrow_to_label(lambda stretch: _fits(stretch, scale))
    columns = int((width - LEFT) / LETTER)
    below = [line for text in (legend, short) if text for line in wrapped(text, columns)]
    top = LANE * len(lanes) + 36
    drawn += [_text(LEFT, top + 15 * number, line) for number, line in enumerate(below)]
    text = "\n".join(line for _, line in Timeline(traces, customer).lines(76))
    return Picture(_svg(drawn, top + 15 * len(below) - 8, f"Timeline of customer {customer}", width), text)


def empty_timeline() -> Picture:
    """The axis and the lanes of both designs, to be filled in by hand.

    They show nothing of the run, nor which steps come later: a lesson may ask for that.
    """
    lanes = [("sync", "customer"), ("async", "customer"), ("", "later work")]
    drawn = [_arrow(ROOM * len(lanes), WIDTH)]
    for index, (mode, name) in enumerate(lanes):
        bottom = ROOM * (index + 1) - 4
        drawn += [*_names(mode, name, bottom - 5), _line(LEFT, bottom, WIDTH - 8, bottom, dash="2 3")]
    width = max(len(name) for _, name in lanes)
    text = [f"{mode:<5}  {name:<{width}}  |" for mode, name in lanes]
    text.append(f"{'':<{width + 7}}  0 s {'-' * 40}> time")
    return Picture(_svg(drawn, ROOM * len(lanes) + 18, "An empty timeline", WIDTH), "\n".join(text))


def waiting(traces: Mapping[Mode, Trace], width: int = WIDTH) -> Picture | None:
    """The drawing of waiting customers and waiting messages over time; None if none ever waits.

    Args:
        traces: the trace of each design.
        width: the width of the drawing, in its units.
    """
    hills = [(mode, "customers", waiting_for_a_thread(traces[mode])) for mode in MODES]
    hills.append(("async", "messages", queue_depth(traces["async"])))
    hills = [hill for hill in hills if hill[2].peak()[0] > 1]
    if not hills:
        return None
    scale = Scale(max(series.times_us[-1] for _, _, series in hills) / US_PER_S, width)
    drawn, text = list(_ticks(scale, HILL * len(hills))), []
    for index, (mode, noun, series) in enumerate(hills):
        peak, at_us = series.peak()
        labels = (f"at most {peak:,},", f"first at {format_time((at_us or 0) / US_PER_S)}")
        bottom = HILL * (index + 1)
        drawn.append(f'<path d="{_hill(series, scale, bottom, peak)}" fill="#ddd" stroke="#000"/>')
        drawn.append(_text(4, bottom - 29, mode, bold=True))
        lines = enumerate((f"{noun} waiting", *labels))
        drawn += [_text(52, bottom - 29 + 13 * line, words, size=11) for line, words in lines]
        text.append(f"{mode:<5}  {noun} waiting, {' '.join(labels)}")
    return Picture(_svg(drawn, HILL * len(hills) + 22, "How many wait, over time", width), "\n".join(text))


def dots(
    values: Sequence[float], marks: Sequence[tuple[str, float]], unit: Unit, width: int = WIDTH
) -> Picture:
    """The drawing of one dot per run, equal ones stacked, with named lines.

    Args:
        values: the figure of each run.
        marks: the name and the value of each line.
        unit: the unit of the figure.
        width: the width of the drawing, in its units.
    """
    span = max([*values, *(value for _, value in marks)]) * 1.05 or 1.0
    scale = Scale(span, width)
    columns: dict[int, int] = {}
    circles = []
    for value in sorted(values):
        column = round(scale.x(value) / 9)
        columns[column] = columns.get(column, 0) + 1
        circles.append((column * 9, columns[column]))
    bottom = 9 * max(columns.values(), default=0) + 18 + 15 * len(marks)
    drawn = list(_ticks(scale, bottom, unit))
    for index, (name, value) in enumerate(marks):
        drawn.append(_line(scale.x(value), 6 + 15 * index, scale.x(value), bottom, dash="5 3"))
        left = value > span / 2
        at = scale.x(value) + (-6 if left else 6)
        label = f"{name} {format_value(value, unit)}"
        drawn.append(_text(at, 15 + 15 * index, label, anchor="end" if left else "start"))
    drawn += [f'<circle cx="{x}" cy="{bottom - 9 * level + 3}" r="4" fill="#000"/>' for x, level in circles]
    drawn += [_text(4, bottom - 4, f"{len(values)} runs, a dot each", size=11)]
    ordered = "  ".join(format_value(value, unit) for value in sorted(values))
    text = "\n".join(
        [
            *(f"{name} {format_value(value, unit)}" for name, value in marks),
            *wrapped(f"the runs: {ordered}", 76),
        ]
    )
    return Picture(_svg(drawn, bottom + 22, f"The results of {len(values)} runs", width), text)


def _lane(lane: Lane, row: int, scale: Scale, *, first: bool) -> Iterator[str]:
    yield from _names(lane.mode if first else "", lane.name, LANE * row + 17)
    for stretch in lane.stretches:
        yield from _stretch(stretch, LANE * row + 4, scale)
    if lane.ending:
        ending = " ".join(ending_of(lane, scale.span))
        yield _text(scale.x(last_s(lane)) + BESIDE, LANE * row + 17, ending, bold=True)


def _names(mode: str, name: str, y: float) -> Iterator[str]:
    """Yield the texts to the left of a lane, which stand on *y*."""
    if mode:
        yield _text(4, y, mode, bold=True)
    yield _text(52, y, name if len(name) <= 16 else f"{name[:15]}…")


def _stretch(stretch: Stretch, top: float, scale: Scale) -> Iterator[str]:
    begin, end = scale.x(stretch.begin_s), scale.x(stretch.end_s)
    if end > begin:
        fill = "url(#wait)" if stretch.is_wait else "#ddd"
        size = f'width="{end - begin:.1f}" height="{BAR}"'
        yield f'<rect x="{begin:.1f}" y="{top}" {size} fill="{fill}" stroke="#000"/>'
    if stretch.kind == "failed":
        yield _text(end, top + BAR - 3, "✗", anchor="middle", bold=True, size=16)
    elif not stretch.is_wait and _fits(stretch, scale):
        yield _text((begin + end) / 2, top + BAR - 5, stretch.label, anchor="middle")


def _fits(stretch: Stretch, scale: Scale) -> bool:
    """Whether its name has room in its box."""
    return len(stretch.label) * LETTER + 4 <= scale.x(stretch.end_s) - scale.x(stretch.begin_s)


def _hill(series: Series, scale: Scale, bottom: float, peak: int) -> str:
    """The outline of a step function; of levels at about the same time the greatest counts."""
    columns: dict[int, int] = {}
    level, edge = 0, LEFT
    for at_us, after in zip(series.times_us, series.levels, strict=True):
        column = round(scale.x(at_us / US_PER_S))
        columns |= dict.fromkeys(range(edge, column), level)
        columns[column] = max(columns.get(column, 0), after)
        level, edge = after, column + 1
    points = (f"{x} {bottom - 2 - (HILL - 10) * high / peak:.1f}" for x, high in sorted(columns.items()))
    return f"M{LEFT} {bottom - 2} L{' L'.join(points)} V{bottom - 2} Z"


def _ticks(scale: Scale, bottom: float, unit: Unit = "s") -> Iterator[str]:
    """The axis at *bottom*, with round values under it."""
    yield _arrow(bottom, scale.width, "time" if unit == "s" else "")
    for tick in round_ticks(0, scale.span, max(2, int(scale.room // TICK))):
        x = scale.x(tick)
        yield _line(x, bottom, x, bottom + 4)
        yield _text(x, bottom + 16, format_value(tick, unit), anchor="middle", size=11)


def _arrow(bottom: float, width: int, name: str = "time") -> str:
    """An axis, that of *name*."""
    end = width - 8
    return (
        f'<path d="M{LEFT} 2V{bottom}H{end}M{end - 6} {bottom - 3}L{end} {bottom}L{end - 6} {bottom + 3}" '
        'fill="none" stroke="#000"/>' + _text(end, bottom + 16, name, anchor="end", size=11)
    )


def _line(x1: float, y1: float, x2: float, y2: float, dash: str = "none") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="#000" stroke-dasharray="{dash}"/>'


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False, size: int = SIZE
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    position = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f"<text {position}{weight}>{escape(text)}</text>"


def _svg(drawn: Sequence[str], height: float, title: str, width: int) -> str:
    head = f'<svg viewBox="0 0 {width} {height:.0f}" role="img" font-family="inherit">'
    return f"{head}<title>{escape(title)}</title>{''.join(drawn)}</svg>"

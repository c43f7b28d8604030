"""One customer's request in both designs, on one time axis, drawn with characters.

━  work      ·  waiting      │  a step begins or ends      ✗  a failure
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.story import Lane, Stretch, lanes_of, story_of
from syncasync_sim.render.style import LOOKS, plain, wrapped
from syncasync_sim.trace.records import Trace

NARROWEST_AXIS, WIDEST_NAME = 24, 16
FILL = {"wait": "·", "work": "━", "failed": "━", "open": "━"}
UNITS = ((1e-3, 1e6, "µs"), (1, 1e3, "ms"), (600, 1, "s"), (36_000, 1 / 60, "min"), (1e99, 1 / 3600, "h"))


class Timeline:
    """Rich draws it as wide as the terminal is; where that is too narrow, it is told in words."""

    def __init__(self, traces: Mapping[Mode, Trace], customer: int = 1, title: str = "") -> None:
        """Raises ScenarioError if *customer*, counted from 1, did not come. The *title* stands above."""
        self.customer, self.title = customer, title
        self.lanes = [
            lane for mode in MODES if mode in traces for lane in lanes_of(story_of(traces[mode], customer))
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for mode, line in self.lines(options.max_width, options.ascii_only):
            text = Text(line, no_wrap=False)
            if mode is not None:
                text.stylize(LOOKS[mode].terminal, 0, len(mode))
            yield text

    def lines(self, width: int, ascii_only: bool = False) -> list[tuple[Mode | None, str]]:
        """The lines, each with the design whose name it begins with."""
        title = wrapped(plain(self.title, ascii_only), width) if self.title else []
        return [*((None, line) for line in title), *self._lanes(width, ascii_only)]

    def _lanes(self, width: int, ascii_only: bool) -> list[tuple[Mode | None, str]]:
        names = min(max((cell_len(lane.name) for lane in self.lanes), default=0), WIDEST_NAME)
        left = 7 + names + 2
        axis = self._axis_width(width - left)
        if axis < NARROWEST_AXIS:
            return [(mode, plain(line, ascii_only)) for mode, line in self._in_words(width)]
        span = self._span_s()
        lines: list[tuple[Mode | None, str]] = [(None, _ticks(span, axis, left))]
        for mode, lanes in groupby(self.lanes, key=lambda lane: lane.mode):
            for number, lane in enumerate(lanes):
                name = _cut(lane.name, names)
                head = f"{'' if number else mode:7}{name}  "
                lines.append((None if number else mode, head + _drawn(lane, span, axis)))
        lines += [(None, line) for line in self._unnamed(span, axis, width)]
        return [(mode, plain(line, ascii_only).rstrip()) for mode, line in lines]

    def _span_s(self) -> float:
        """The time the axis covers: up to the last end of anything."""
        ends = [s.end_s for lane in self.lanes for s in lane.stretches] + [x.end_s for x in self.lanes]
        return max(ends, default=0.0) or 1.0

    def _axis_width(self, room: int) -> int:
        """The widest axis that leaves every lane room for what is written after its end."""
        span = self._span_s()
        width = room - 1
        while width > 0 and any(
            _column(max([lane.end_s, *(s.end_s for s in lane.stretches)]), span, width)
            + 2
            + cell_len(_ending(lane))
            > room
            for lane in self.lanes
        ):
            width -= 1
        return width

    def _unnamed(self, span: float, axis: int, width: int) -> list[str]:
        """The steps that are too short to carry their names, with how long they take."""
        short: dict[str, float] = {}
        for lane in self.lanes:
            for s in lane.stretches if lane.is_customer else ():
                room = _column(s.end_s, span, axis) - _column(s.begin_s, span, axis) - 1
                if (
                    lane.is_customer
                    and s.kind != "wait"
                    and s.end_s > s.begin_s
                    and not _label(s.label, room)
                ):
                    short.setdefault(s.label, s.end_s - s.begin_s)
        if not short:
            return []
        told = ", ".join(f"{name} {format_time(length)}" for name, length in short.items())
        return wrapped(f"too narrow for a name: {told}", width, indent=7, hanging=9)

    def _in_words(self, width: int) -> list[tuple[Mode | None, str]]:
        """One sentence a lane, wrapped."""
        lines: list[tuple[Mode | None, str]] = []
        for lane in (lane for lane in self.lanes if lane.ending):
            first, *rest = wrapped(f"{lane.mode} {lane.name}: {_ending(lane)}", width, hanging=2)
            lines += [(lane.mode, first), *((None, line) for line in rest)]
        return lines


def _ending(lane: Lane) -> str:
    return f"{lane.ending} {format_time(lane.end_s)}" if lane.ending else ""


def _column(at: float, span: float, width: int) -> int:
    return round(at / span * width)


def _cut(name: str, cells: int) -> str:
    """A step's name in *cells* columns; a long one loses its end, and shows it."""
    return set_cell_size(name, cells) if cell_len(name) <= cells else set_cell_size(name, cells - 1) + "…"


def _label(label: str, room: int) -> str:
    """The label, or its first word, or nothing: what has room between two edges."""
    first = label.partition(" ")[0]
    return label if cell_len(label) <= room else first if cell_len(first) <= room else ""


def _drawn(lane: Lane, span: float, axis: int) -> str:
    """The lane's stretches, then how and when it ended."""
    cells: list[str] = [" "] * (axis + 1)
    for s in lane.stretches:
        _draw(cells, s, _column(s.begin_s, span, axis), _column(s.end_s, span, axis))
    last = max([lane.end_s, *(s.end_s for s in lane.stretches)])
    drawn = "".join(cells)[: _column(last, span, axis) + 1]
    return f"{drawn} {_ending(lane)}"


def _draw(cells: list[str], stretch: Stretch, begin: int, end: int) -> None:
    for place in range(begin + 1, end):
        cells[place] = FILL[stretch.kind]
    room = end - begin - 1
    label = _label(stretch.label, room if stretch.kind != "wait" else room - 2)
    indent = begin + 1 + (stretch.kind == "wait" and bool(label))
    # a wide character fills two cells: it stands in the first, and the second is empty text
    for offset, cell in enumerate(_cells(label)):
        cells[indent + offset] = cell
    if cells[begin] != "✗":
        cells[begin] = "│"
    cells[end] = {"failed": "✗", "open": "…"}.get(stretch.kind, "│")


def _cells(text: str) -> list[str]:
    cells: list[str] = []
    for character in text:
        size = cell_len(character)
        if size == 0 and cells:
            cells[-1] += character
        else:
            cells += [character, *[""] * (size - 1)]
    return cells


def _ticks(span: float, axis: int, left: int) -> str:
    """The axis: the unit, and numbers at round places, as many as stand apart."""
    scale, unit = next((scale, unit) for most, scale, unit in UNITS if span < most)
    step = _step(span * scale, max(axis // 7, 1))
    cells = [" "] * (axis + 12)
    number = 0
    while number * step <= span * scale * (1 + 1e-9):
        text = f"{number * step:g}"
        at = _column(number * step / scale, span, axis)
        cells[at : at + len(text)] = text
        number += 1
    head = f"{'':7}{unit}"
    return f"{head:{left}}" + "".join(cells).rstrip()


def _step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5, 10, ... that cuts *span* into at most *most* pieces."""
    size = 1e-6
    while True:
        for factor in (1, 2, 5):
            if span / (size * factor) <= most:
                return float(f"{size * factor:.6g}")
        size *= 10

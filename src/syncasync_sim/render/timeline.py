"""One customer's request in both designs, on one time axis, drawn with characters.

━  work      ·  waiting      │  a step begins or ends      ✗  a failure
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from syncasync_sim.model.modes import Mode
from syncasync_sim.render.customer_trace import Lane, Stretch
from syncasync_sim.render.style import LOOKS, plain, wrapped
from syncasync_sim.render.timeline_layout import TimelineLayout, ending_of, last_s
from syncasync_sim.trace.records import Trace

NARROWEST_AXIS, WIDEST_NAME = 24, 16
WAITS, WORKS = "·", "━"


class Timeline:
    """A timeline as wide as the terminal; in a narrow terminal it is a text in words."""

    def __init__(self, traces: Mapping[Mode, Trace], customer: int = 1, title: str = "") -> None:
        """Raises ScenarioError if *customer*, counted from 1, did not come. The *title* is the first line."""
        self.customer, self.title = customer, title
        self.layout = TimelineLayout.of(traces, customer)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for mode, line in self.lines(options.max_width, options.ascii_only):
            text = Text(line, no_wrap=False)
            if mode is not None:
                text.stylize(LOOKS[mode].terminal, 0, len(mode))
            yield text

    def lines(self, width: int, ascii_only: bool = False) -> list[tuple[Mode | None, str]]:
        """Return the lines of the timeline, each with the design whose name it begins with.

        Args:
            width: the greatest width, in columns.
            ascii_only: whether the terminal shows ASCII only.
        """
        title = wrapped(plain(self.title, ascii_only), width) if self.title else []
        return [*((None, line) for line in title), *self._lanes(width, ascii_only)]

    def _lanes(self, width: int, ascii_only: bool) -> list[tuple[Mode | None, str]]:
        names = min(max((cell_len(lane.name) for lane in self.layout.lanes), default=0), WIDEST_NAME)
        left = 7 + names + 2
        axis = self._axis_width(width - left)
        if axis < NARROWEST_AXIS:
            return [(mode, plain(line, ascii_only)) for mode, line in self._in_words(width)]
        span = self.layout.span_s
        lines: list[tuple[Mode | None, str]] = [(None, _ticks(self.layout, axis, left))]
        for mode, lanes in groupby(self.layout.lanes, key=lambda lane: lane.mode):
            for number, lane in enumerate(lanes):
                name = _cut(lane.name, names)
                head = f"{'' if number else mode:7}{name}  "
                lines.append((None if number else mode, head + _drawn(lane, span, axis)))
        lines += [(None, line) for line in self._unnamed(span, axis, width)]
        return [(mode, plain(line, ascii_only).rstrip()) for mode, line in lines]

    def _axis_width(self, width_left: int) -> int:
        """The widest axis that leaves every lane room for what is written after its end."""
        span = self.layout.span_s
        width = width_left - 1
        while width > 0 and any(
            _column(last_s(lane), span, width) + 2 + cell_len(_ending(lane, span)) > width_left
            for lane in self.layout.lanes
        ):
            width -= 1
        return width

    def _unnamed(self, span: float, axis: int, width: int) -> list[str]:
        """The steps whose bars are too narrow for their names, with how long they take."""

        def is_named(stretch: Stretch) -> bool:
            columns = _column(stretch.end_s, span, axis) - _column(stretch.begin_s, span, axis) - 1
            return bool(_label(stretch.label, columns))

        text = self.layout.too_narrow_to_label(is_named)
        return wrapped(text, width, indent=7, hanging=9) if text else []

    def _in_words(self, width: int) -> list[tuple[Mode | None, str]]:
        """One sentence a lane, wrapped."""
        lines: list[tuple[Mode | None, str]] = []
        for lane in (lane for lane in self.layout.lanes if lane.ending):
            first, *rest = wrapped(
                f"{lane.mode} {lane.name}: {_ending(lane, self.layout.span_s)}", width, hanging=2
            )
            lines += [(lane.mode, first), *((None, line) for line in rest)]
        return lines


def _ending(lane: Lane, span_s: float) -> str:
    return " ".join(ending_of(lane, span_s))


def _column(at: float, span: float, width: int) -> int:
    return round(at / span * width)


def _cut(name: str, cells: int) -> str:
    """A step's name in *cells* columns; a long one loses its end, and shows it."""
    return set_cell_size(name, cells) if cell_len(name) <= cells else set_cell_size(name, cells - 1) + "…"


def _label(label: str, columns: int) -> str:
    """The label, or its first word, or nothing: what has room between two edges."""
    first = label.partition(" ")[0]
    return label if cell_len(label) <= columns else first if cell_len(first) <= columns else ""


def _drawn(lane: Lane, span: float, axis: int) -> str:
    """The lane's stretches, then how and when it ended."""
    cells: list[str] = [" "] * (axis + 1)
    for s in lane.stretches:
        _draw(cells, s, _column(s.begin_s, span, axis), _column(s.end_s, span, axis))
    drawn = "".join(cells)[: _column(last_s(lane), span, axis) + 1]
    return f"{drawn} {_ending(lane, span)}"


def _draw(cells: list[str], stretch: Stretch, begin: int, end: int) -> None:
    for column in range(begin + 1, end):
        cells[column] = WAITS if stretch.is_wait else WORKS
    columns = end - begin - 1
    label = _label(stretch.label, columns if not stretch.is_wait else columns - 2)
    indent = begin + 1 + (stretch.is_wait and bool(label))
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


def _ticks(layout: TimelineLayout, axis: int, left: int) -> str:
    """The axis: the unit, and numbers at round places, as many as stand apart."""
    _, unit = layout.unit()
    cells = [" "] * (axis + 12)
    for at_s, text in layout.ticks(max(axis // 7, 1)):
        at = _column(at_s, layout.span_s, axis)
        cells[at : at + len(text)] = text
    head = f"{'':7}{unit}"
    return f"{head:{left}}" + "".join(cells).rstrip()

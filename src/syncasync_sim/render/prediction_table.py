"""The prediction beside what was measured for real, as a table.

A prediction that depends on which of two things almost together comes first is shown as a range. A difference
that neither chance nor the order explains has a mark, and a note below the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from syncasync_sim.model.figures import CLOSE
from syncasync_sim.model.formats import format_change, format_share, format_value
from syncasync_sim.render.responsive import Cell, Grid, Responsive
from syncasync_sim.render.style import LOOKS
from syncasync_sim.stats.predicted import PredictedRow

MARK = "*"
"""Behind a difference that is no chance."""


class PredictedTable(Responsive):
    """A line for each figure, design by design; where that is too wide, a sentence for each.

    Where there is less room the share of a difference goes first; then its interval has a line of its own.
    """

    def __init__(self, rows: Sequence[PredictedRow]) -> None:
        self.rows = rows

    def ways(self) -> Iterator[Sequence[Grid]]:
        notes = tuple(difference_notes(self.rows))
        for with_share, beside in ((True, True), (False, True), (False, False)):
            yield [Grid(self._lines(with_share, beside), "lrrrl", notes)]

    def sentences(self) -> list[str]:
        return [*map(_sentence, self.rows), *difference_notes(self.rows)]

    def _lines(self, with_share: bool, beside: bool) -> list[list[Cell]]:
        """The lines; each interval *beside* its difference, or below it."""
        has_intervals = any(map(_interval, self.rows))
        column = ["95 % interval"] if has_intervals and beside else []
        lines: list[list[Cell]] = [
            [Text(head, "bold") for head in ("", "predicted", "measured", "difference", *column)]
        ]
        mode = group = ""
        for row in self.rows:
            if row.mode != mode:
                mode, group = row.mode, ""
                lines.append([Text(row.mode, LOOKS[row.mode].terminal)])
            if row.group != group:
                group = row.group
                lines.append([Text(f"  {group}", "bold")])
            interval = _interval(row)
            cells = [*_cells(row, with_share), *([interval] if interval and beside else [])]
            lines.append([f"    {row.label}", *cells])
            if interval and not beside:
                lines.append(["      95 % interval", "", "", interval])
        return lines


def difference_notes(rows: Sequence[PredictedRow]) -> Iterator[str]:
    """Yield what the ranges and the marks in the table mean, if there are any.

    Args:
        rows: the rows of the table.
    """
    if any(row.span is not None for row in rows):
        yield (
            "A range: the prediction depends on which of two things comes first that happen almost together. "
            "It is the least and the most of eleven runs, in ten of which customers come up to 10 ms of real "
            "time later."
        )
    if marked := [row for row in rows if row.differs]:
        those = "the real run did otherwise than the model, or this computer was too slow"
        yield (
            f"{MARK} {_names(marked)}: more than chance, and more than customers who come up to 10 ms later "
            f"explain: {those}. syncasync-sim brokers show lists what the model leaves out of each broker."
        )


def _names(rows: Sequence[PredictedRow]) -> str:
    return ", ".join(f"{row.mode} {row.group} {row.label}" for row in rows)


def _cells(row: PredictedRow, with_share: bool = True) -> list[str]:
    measured = format_value(row.measured, row.unit, row.longest_s)
    mark = f" {MARK}" if row.differs else ""
    if row.span is not None:
        predicted = _to(*(format_value(end, row.unit, row.longest_s) for end in row.span))
        return [predicted, measured, "within" if row.is_within else f"outside{mark}"]
    values = [format_value(row.predicted, row.unit, row.longest_s), measured]
    difference = row.difference
    if difference is None:
        return [*values, *([MARK] if mark else [])]
    if abs(difference) < CLOSE:
        return [*values, "none"]
    share = ""
    if with_share and row.unit == "s" and row.predicted:
        share = f" ({format_share(abs(difference) / row.predicted)})"
    return [*values, format_change(difference, row.unit, row.longest_s) + share + mark]


def _interval(row: PredictedRow) -> str:
    """`+2.9 to +4.8 ms`; empty where there is none, or a range in its place."""
    if row.interval is None or row.span is not None:
        return ""
    return _to(*(format_change(end, row.unit, row.longest_s) for end in row.interval))


def _to(low: str, high: str) -> str:
    """`2.9 to 4.8 ms`: the unit once, if it is the same."""
    number, _, unit = low.partition(" ")
    return f"{number if high.endswith(f' {unit}') else low} to {high}"


def _sentence(row: PredictedRow) -> str:
    """`async, customer waits, p50: predicted 1.05 s, measured 1.06 s, +6 ms (0.6 %), 95 % interval ...`."""
    cells, interval = _cells(row), _interval(row)
    difference = f", {cells[2]}" if len(cells) > 2 else ""
    where = f"{row.mode}, {row.group}, {row.label}"
    text = f"{where}: predicted {cells[0]}, measured {cells[1]}{difference}"
    return f"{text}, 95 % interval {interval}" if interval else text

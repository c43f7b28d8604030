"""The prediction beside what was measured for real, as a table.

The interval of a difference goes where there is room for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from syncasync_sim.model.figures import CLOSE
from syncasync_sim.model.formats import format_change, format_share, format_value
from syncasync_sim.render.responsive import Cell, Grid, Responsive
from syncasync_sim.render.style import LOOKS
from syncasync_sim.stats.predicted import PredictedRow


class PredictedTable(Responsive):
    """A line for each figure, design by design; where that is too wide, a sentence for each."""

    def __init__(self, rows: Sequence[PredictedRow]) -> None:
        self.rows = rows

    def ways(self) -> Iterator[Sequence[Grid]]:
        for spread in (True, False):
            yield [Grid(self._lines(spread and any(row.interval for row in self.rows)), "lrrrl")]

    def sentences(self) -> list[str]:
        return [_sentence(row) for row in self.rows]

    def _lines(self, spread: bool) -> list[list[Cell]]:
        heads = ["", "predicted", "measured", "difference", *(["95 % interval"] if spread else [])]
        lines: list[list[Cell]] = [[Text(head, "bold") for head in heads]]
        mode = group = ""
        for row in self.rows:
            if row.mode != mode:
                mode, group = row.mode, ""
                lines.append([Text(row.mode, LOOKS[row.mode].terminal)])
            if row.group != group:
                group = row.group
                lines.append([Text(f"  {group}", "bold")])
            cells = [*_cells(row), *([_interval(row)] if spread and row.interval else [])]
            lines.append([f"    {row.label}", *cells])
        return lines


def _cells(row: PredictedRow) -> list[str]:
    values = [format_value(value, row.unit, row.longest_s) for value in (row.predicted, row.measured)]
    difference = row.difference
    if difference is None:
        return values
    if abs(difference) < CLOSE:
        return [*values, "none"]
    share = ""
    if row.unit == "s" and row.predicted:
        share = f" ({format_share(abs(difference) / row.predicted)})"
    return [*values, format_change(difference, row.unit, row.longest_s) + share]


def _interval(row: PredictedRow) -> str:
    """`+2.9 to +4.8 ms`."""
    low, high = (format_change(end, row.unit, row.longest_s) for end in row.interval or ())
    number, _, unit = low.partition(" ")
    return f"{number if high.endswith(f' {unit}') else low} to {high}"


def _sentence(row: PredictedRow) -> str:
    """`async, customer waits, p50: predicted 1.05 s, measured 1.06 s, +6 ms (0.6 %)`."""
    cells = _cells(row)
    difference = f", {cells[2]}" if len(cells) > 2 else ""
    where = f"{row.mode}, {row.group}, {row.label}"
    return f"{where}: predicted {cells[0]}, measured {cells[1]}{difference}"

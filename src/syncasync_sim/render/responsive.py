"""Tables that fit every terminal: with everything, else with less, else a sentence a row.

One rule for all of them: columns stand two blanks apart, and numbers are never cut.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from syncasync_sim.render.style import plain, wrapped

GAP = "  "
Cell: TypeAlias = str | Text
"""A text, and as a Text with its style."""


class Lines:
    """Sentences of plain text, each wrapped between its words; nothing in them is taken for markup."""

    def __init__(self, lines: Sequence[str], *, style: str = "", indent: int = 0, hanging: int = 0) -> None:
        self.sentences, self.style, self.indent, self.hanging = lines, style, indent, hanging

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for sentence in self.sentences:
            text = plain(sentence, options.ascii_only)
            for line in wrapped(text, options.max_width, indent=self.indent, hanging=self.hanging):
                yield Text(line, style=self.style)


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells, a row as long as it needs to be.

    *sides* has a letter a column, `l` for words and `r` for numbers; its last one is that of all further
    columns. *notes* are the sentences to be read below it.
    """

    rows: Sequence[Sequence[Cell]]
    sides: str
    notes: tuple[str, ...] = ()

    def lines(self, ascii_only: bool = False) -> list[Text]:
        """Return the rows as lines, as wide as they need to be."""
        rows = [[_to_text(cell, ascii_only) for cell in row] for row in self.rows]
        return aligned(rows, self.sides)


class Responsive(ABC):
    """Something that Rich draws as the first of its `ways` that fits, or else as its `sentences`."""

    @abstractmethod
    def ways(self) -> Iterator[Sequence[Grid]]:
        """Yield the ways to draw it, the fullest first; each is one table, or several below each other."""

    @abstractmethod
    def sentences(self) -> list[str]:
        """Return the same content as sentences, one per row."""

    def notes(self) -> list[str]:
        """Return the notes below the sentences."""
        return []

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for grids in self.ways():
            tables = [grid.lines(options.ascii_only) for grid in grids]
            if max((line.cell_len for table in tables for line in table), default=0) <= options.max_width:
                for number, table in enumerate(tables):
                    yield from [Text(), *table] if number else table
                notes = [note for grid in grids for note in grid.notes]
                break
        else:
            yield from Lines(self.sentences(), hanging=2).__rich_console__(console, options)
            notes = self.notes()
        yield from Lines(["", *notes] if notes else []).__rich_console__(console, options)


def _to_text(cell: Cell, ascii_only: bool) -> Text:
    if isinstance(cell, str):
        return Text(plain(cell, ascii_only))
    return Text(plain(cell.plain, ascii_only), cell.style)


def aligned(lines: Sequence[Sequence[Text]], sides: str = "lrrrl") -> list[Text]:
    """Return the cells of each line aligned in columns, without spaces at the ends of lines.

    Args:
        lines: the cells of each line.
        sides: the side of each column, `l` or `r` as in a Grid; the last one holds for all further columns.
    """
    columns = max(map(len, lines), default=0)
    widths = [max((line[i].cell_len for line in lines if i < len(line)), default=0) for i in range(columns)]
    joined_lines = []
    for line in lines:
        for column, (cell, width) in enumerate(zip(line, widths, strict=False)):
            blank = width - cell.cell_len
            if sides[min(column, len(sides) - 1)] == "r":
                cell.pad_left(blank)
            else:
                cell.pad_right(blank)
        joined = Text(GAP).join(line)
        joined.rstrip()
        joined.no_wrap = True
        joined_lines.append(joined)
    return joined_lines

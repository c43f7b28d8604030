"""Threads and workers as numbered slots side by side: who is in them, at which step, and how far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from syncasync_sim.model.formats import format_count
from syncasync_sim.render.style import wrapped
from syncasync_sim.replay.box_texts import APART, NOBODY, bar, beside

LONGEST_BAR, SHORTEST_BAR = 12, 4
FREE, UNUSED = "free", ""
"""What an empty slot says; nothing where there could be any number of them."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The content of one slot: a text, and the done share of the work if it has a bar (None: unknown).

    `kind` is the group of the slot for counts, if there is no room for each: a step's name, `dead`, `free`.
    """

    text: str
    kind: str
    share: float | None = None
    has_bar: bool = False
    style: str = ""


@dataclass(slots=True)
class Grid:
    """The slots of one box beside its label, in columns wide enough for the longest work there ever is.

    `left` and `area_width`: the widths of the label's column and of the rest; `idle`: the text of an empty
    slot; `reserve`: whether empty slots keep their room, so that the lines below do not move.
    """

    label: str
    left: int
    slots: int
    taken: Mapping[int, Slot]
    longest: str
    area_width: int
    idle: str
    reserve: bool
    style: str
    columns: int = field(init=False)
    width: int = field(init=False)
    bar_width: int = field(init=False)
    height: int = field(init=False)
    """How many lines a row of slots takes: more than one where the longest work has to be broken."""

    def __post_init__(self) -> None:
        """As many columns as there is room for, then as long a bar."""
        wanted = self._indent + max(cell_len(self.longest), len(self.idle))
        most = (self.area_width + len(APART)) // (wanted + 1 + SHORTEST_BAR + len(APART))
        self.columns = max(1, min(self.slots, most))
        width = (self.area_width + len(APART)) // self.columns - len(APART)
        bar_width = min(LONGEST_BAR, width - wanted - 1)
        self.bar_width = bar_width if bar_width >= SHORTEST_BAR else 0
        self.width = min(width, wanted + (self.bar_width + 1 if self.bar_width else 0))
        self.height = len(self._cell(0, Slot(self.longest, "")))

    @property
    def rows(self) -> int:
        """How many rows all slots need."""
        keeps = self.reserve or self.idle != UNUSED
        return -(-(self.slots if keeps else max(self.taken, default=0) + 1) // self.columns)

    def height_of(self, most: int) -> int:
        """Return the height of so many rows, in lines; a row that only counts takes one line."""
        return self.rows * self.height if most >= self.rows else (most - 1) * self.height + 1

    def lines(self, most: int) -> list[Text]:
        """Return all slots as lines, or so many rows of them, of which the last counts the rest.

        Of unlimited slots only the first taken ones are shown.
        """
        slots: Sequence[int] = range(self.slots)
        number_shown = self.rows * self.columns
        if most < self.rows:
            number_shown = (most - 1) * self.columns
            slots = sorted(self.taken) if self.idle == UNUSED else slots
        cells = [self._cell(slot, self.taken.get(slot, self._empty)) for slot in slots[:number_shown]]
        rows = [cells[first : first + self.columns] for first in range(0, len(cells), self.columns)]
        lines = [line for row in rows for line in self._joined(row)]
        lines += (
            [Text(self._others(slots[number_shown:]))] if most < self.rows and slots[number_shown:] else []
        )
        lines += [Text()] * (self.height_of(most) - len(lines))
        if not self.taken and self.idle == UNUSED:
            lines[0] = Text(NOBODY)
        return beside(self.label, self.left, lines)

    @property
    def _indent(self) -> int:
        """How wide a slot's number is, with its colon and a space."""
        return len(str(self.slots)) + 2

    @property
    def _empty(self) -> Slot:
        return Slot(self.idle, self.idle)

    def _others(self, slots: Sequence[int]) -> str:
        """How many *slots* are not shown, and how many of them are at which step."""
        kinds = Counter(self.taken.get(slot, self._empty).kind for slot in slots)
        count = format_count(len(slots)) + (" more" if len(slots) < self.slots else "")
        text = f"{count}: {', '.join(f'{kind} {format_count(n)}' for kind, n in kinds.most_common())}"
        busy = format_count(len(slots) - kinds[FREE])
        return text if cell_len(text) <= self.area_width else f"{count}, {busy} not free"

    def _cell(self, slot: int, there: Slot) -> list[Text]:
        """The lines of one slot."""
        if there.text == UNUSED:
            return [Text()]
        number = f"{slot + 1}:".rjust(self._indent - 1)
        width = self.width - (self.bar_width + 1 if self.bar_width else 0)
        lines = [Text(t, there.style) for t in wrapped(f"{number} {there.text}", width, hanging=self._indent)]
        if there.has_bar and self.bar_width:
            lines[0].pad_right(width + 1 - lines[0].cell_len)
            lines[0].append(bar(there.share, self.bar_width), self.style)
        return lines

    def _joined(self, row: list[list[Text]]) -> Iterator[Text]:
        """The cells of one row side by side, as high as any can be."""
        for number in range(max(self.height, *map(len, row))):
            line = Text()
            for column, cell in enumerate(row):
                line.pad_right(max(0, column * (self.width + len(APART)) - line.cell_len))
                line.append_text(cell[number] if number < len(cell) else Text())
            yield line

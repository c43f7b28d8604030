"""What one change does: the figures of both designs before it, after it, and the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from syncasync_sim.model.formats import format_change
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.responsive import Cell, Grid, Responsive
from syncasync_sim.render.style import LOOKS
from syncasync_sim.stats.rows import FigureRow, in_common_unit

HEADS = ("before", "now", "difference")


@dataclass(frozen=True, slots=True)
class BeforeAfter(Responsive):
    """The same rows of two results, in the same order."""

    before: Sequence[FigureRow]
    after: Sequence[FigureRow]

    def cells(self) -> Iterator[tuple[str, Mode, tuple[str, str, str]]]:
        """Yield one line per figure and design: its label, the design, and before, now and difference.

        A design that measured the figure neither before nor now has no line.
        """
        both = in_common_unit([*self.before, *self.after])
        for old, new in zip(both[: len(self.before)], both[len(self.before) :], strict=True):
            for mode in MODES:
                was, now = old.value(mode), new.value(mode)
                if was is None and now is None:
                    continue
                change = None if was is None or now is None else round(now - was, 10) + 0.0
                change_words = "" if change is None else format_change(change, old.unit, old.longest_s)
                yield old.label, mode, (old.text(mode), new.text(mode), change_words)

    def ways(self) -> Iterator[Sequence[Grid]]:
        yield [Grid(list(self._lines()), "llrrr")]

    def sentences(self) -> list[str]:
        return [
            f"{label}, {mode}: {was} before, {now} now" + (f", {change}" if change else "")
            for label, mode, (was, now, change) in self.cells()
        ]

    def _lines(self) -> Iterator[list[Cell]]:
        """The heading, then the lines; a figure is named once."""
        yield [Text(head, "bold") for head in ("", "", *HEADS)]
        named = ""
        for label, mode, values in self.cells():
            name = Text("" if label == named else label, "bold")
            yield [name, Text(mode, LOOKS[mode].terminal), *values]
            named = label

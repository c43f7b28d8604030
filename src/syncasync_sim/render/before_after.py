"""What one change does: the figures of both designs before it, after it, and the difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from syncasync_sim.model.formats import format_change, format_value
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.render.style import LOOKS, plain, wrapped
from syncasync_sim.stats.rows import FigureRow

HEADS = ("before", "now", "difference")


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """The same rows of two results, in the same order."""

    before: Sequence[FigureRow]
    after: Sequence[FigureRow]

    def cells(self) -> Iterator[tuple[str, Mode, tuple[str, str, str]]]:
        """A line a figure and design: what it is, whose it is, before, now and the difference.

        A design that measured it neither before nor now has no line.
        """
        for old, new in zip(self.before, self.after, strict=True):
            for mode in MODES:
                was, now = old.value(mode), new.value(mode)
                if was is None and now is None:
                    continue
                change = None if was is None or now is None else round(now - was, 10) + 0.0
                values = format_value(was, old.unit), format_value(now, old.unit)
                yield old.label, mode, (*values, "" if change is None else format_change(change, old.unit))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = list(self._table(options.ascii_only))
        if max(line.cell_len for line in lines) <= options.max_width:
            yield from lines
            return
        for label, mode, (was, now, change) in self.cells():
            told = f"{label}, {mode}: {was} before, {now} now" + (f", {change}" if change else "")
            yield from (
                Text(line) for line in wrapped(plain(told, options.ascii_only), options.max_width, hanging=2)
            )

    def _table(self, ascii_only: bool) -> Iterator[Text]:
        """The heading, then the lines; a figure is named once."""
        cells = [(Text(label), mode, values) for label, mode, values in self.cells()]
        name = max(label.cell_len for label, _, _ in cells)
        texts = [[plain(value, ascii_only) for value in values] for _, _, values in cells]
        widths = [max(map(len, column)) for column in zip(HEADS, *texts, strict=True)]
        yield Text(f"{'':{name}}  {'':5}  " + _right(HEADS, widths), "bold", no_wrap=True)
        named = ""
        for (label, mode, _), values in zip(cells, texts, strict=True):
            line = Text(no_wrap=True)
            line.append("" if label.plain == named else label.plain, "bold")
            line.pad_right(name - line.cell_len + 2)
            line.append(f"{mode:5}", LOOKS[mode].terminal)
            line.append(f"  {_right(values, widths)}".rstrip())
            named = label.plain
            yield line


def _right(values: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{value:>{width}}" for value, width in zip(values, widths, strict=True))

"""How many of a class were right, for each way of being sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from syncasync_sim.render.style import plain

RIGHT, OTHER = "━", "·"
LONGEST_BAR = 40


@dataclass(frozen=True, slots=True)
class SurenessBars:
    """A bar for each level of sureness: its words, how many chose it, and how many of them were right."""

    levels: Sequence[tuple[str, int, int]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.lines(options.max_width, options.ascii_only):
            yield Text(line, no_wrap=True)

    def lines(self, width: int, ascii_only: bool = False) -> list[str]:
        """Return a line for each level, below a heading: the dark part of a bar is the right answers.

        Args:
            width: the greatest width, in columns.
            ascii_only: whether the terminal shows ASCII only.
        """
        words = max(len(name) for name, _, _ in self.levels)
        counts = [f"{right:,} of {all_:,} right" for _, all_, right in self.levels]
        room = max(min(LONGEST_BAR, width - words - 4 - max(map(len, counts))), 1)
        most = max(all_ for _, all_, _ in self.levels)
        lines = ["How sure, and how many of them were right:"]
        for (name, all_, right), count in zip(self.levels, counts, strict=True):
            columns, dark = (max(round(part / most * room), part > 0) for part in (all_, right))
            lines.append(f"  {name:<{words}}  {RIGHT * dark}{OTHER * (columns - dark)} {count}")
        return [plain(line, ascii_only) for line in lines]

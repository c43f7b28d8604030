"""The answers to choose from, with a class's votes as bars; the right one is marked only when told which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from syncasync_sim.render.style import plain, wrapped

BAR = "━"
LONGEST_BAR = 30
TRUTH = "<- correct"
LETTER, HANGING = 2, 5
"""The columns of the letter, and where the text begins."""


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """Lettered answers. *votes* has one number for each; *truth* is the place of the one to mark."""

    texts: Sequence[str]
    letters: str
    votes: Sequence[int] | None = None
    truth: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.lines(options.max_width, options.ascii_only):
            text = Text(line, no_wrap=True)
            if line[LETTER : LETTER + 1].isalpha() and line[LETTER + 1 : LETTER + 2] == ")":
                text.stylize("bold", LETTER, LETTER + 2)
            yield text

    def lines(self, width: int, ascii_only: bool = False) -> list[str]:
        """Return each option with its votes below it and the mark of the right one, as lines.

        Args:
            width: the greatest width, in columns.
            ascii_only: whether the terminal shows ASCII only.
        """
        lines: list[str] = []
        for index, text in enumerate(self.texts):
            mark = TRUTH if index == self.truth else ""
            option = f"{self.letters[index]}) {text}" + (f"  {mark}" if self.votes is None and mark else "")
            lines += wrapped(option, width, indent=LETTER, hanging=HANGING)
            if self.votes is not None:
                bar = f"{self._bar(self.votes[index], width)} {self.votes[index]:,}  {mark}"
                lines.append(" " * HANGING + bar.strip())
        return [plain(line, ascii_only).rstrip() for line in lines]

    def _bar(self, votes: int, width: int) -> str:
        """As long as its share of the most votes; who has any has at least one piece."""
        assert self.votes is not None
        width_left = max(min(LONGEST_BAR, width - HANGING - 24), 1)
        return BAR * max(round(votes / max(1, *self.votes) * width_left), votes > 0)

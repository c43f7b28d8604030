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
    """Lettered answers, and below each its votes if a class has voted.

    *votes* has one number for each answer, *again* those of a second vote, and *truth* is the index of the
    answer to mark.
    """

    texts: Sequence[str]
    letters: str
    votes: Sequence[int] | None = None
    truth: int | None = None
    again: Sequence[int] | None = None

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
            for word, votes in self._bars():
                bar = f"{word}{self._bar(votes, index, width)} {votes[index]:,}  {mark}"
                lines.append(" " * HANGING + bar.rstrip())
        return [plain(line, ascii_only).rstrip() for line in lines]

    def _bars(self) -> list[tuple[str, Sequence[int]]]:
        """The votes to draw, each with the word before its bar."""
        if self.votes is None:
            return []
        return (
            [("", self.votes)] if self.again is None else [("before ", self.votes), ("after  ", self.again)]
        )

    def _bar(self, votes: Sequence[int], index: int, width: int) -> str:
        """As long as its share of a vote, on one scale for both; with any votes at least one piece."""
        width_left = max(min(LONGEST_BAR, width - HANGING - 24), 1)
        longest = max(max(counted) / max(1, sum(counted)) for _, counted in self._bars())
        share = votes[index] / max(1, sum(votes))
        return BAR * max(round(share / (longest or 1) * width_left), votes[index] > 0)

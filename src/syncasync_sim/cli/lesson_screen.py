"""How a lesson is shown and asked: as one page that scrolls, or screen by screen for a projector."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rich.cells import cell_len
from rich.console import Console

from syncasync_sim.cli.keyboard import forget, is_terminal
from syncasync_sim.errors import visible

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.segment import Segment

WIDTH, ROWS = 78, 20
"""A projector's screen, with the questions asked on it."""
FOR_QUESTIONS = 4
"""Rows of it kept free: an empty one, a hint, and two questions."""
# From the 256 colours: the black among the first eight becomes grey when it is bold.
BLACK_ON_WHITE, AS_BEFORE = "\x1b[0;38;5;16;48;5;231m", "\x1b[0m"
BOLD, NOT_BOLD = "\x1b[1m", "\x1b[22m"
CLEAR = "\x1b[H\x1b[2J"
NEXT = "Enter for the next screen >"

T = TypeVar("T")


class Page:
    """Blocks one below the other with questions between them, to be closed at the end.

    It waits only if both ends are a terminal. Otherwise the lines of standard input are the answers, and
    there are no pauses.
    """

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.waits = is_terminal(sys.stdin) and is_terminal(sys.stdout)
        self._begun = False
        self._answered: list[str] = []
        """What was asked and answered since the last block."""
        self._asking = False

    def show(self, block: RenderableType) -> None:
        """Show a block below the earlier ones, with an empty line between."""
        if self._begun:
            print()
        self._begun, self._answered, self._asking = True, [], False
        self.console.print(block)

    def pause(self, prompt: str) -> str:
        """Wait for Enter, and return the text typed before it.

        Args:
            prompt: the text in front of the cursor.

        Raises:
            EOFError: the reader pressed Ctrl-D.
        """
        return self.ask(prompt, lambda given: given, "") if self.waits else ""

    def ask(self, prompt: str, understood: Callable[[str], T | None], hint: str) -> T:
        """Ask until the answer is understood.

        Args:
            prompt: the text in front of the cursor.
            understood: turns the typed text into the answer; None if it is not understood.
            hint: the text to show after an answer that is not understood.

        Raises:
            EOFError: the input has ended, so nobody answers.
        """
        while True:
            given = self._read(f"{prompt} ")
            answer = understood(given)
            if answer is not None:
                self._answered.append(f"{prompt} {visible(given)}")
                return answer
            self._give(hint)

    def finish(self) -> None:
        """Show everything that is not shown yet."""

    def close(self) -> None:
        """Restore the terminal."""

    def _before_questions(self) -> None:
        print()

    def _give(self, hint: str) -> None:
        print(hint)

    def _read(self, prompt: str) -> str:
        """The next line that is typed or piped. Raises EOFError, and shows nothing, where there is none."""
        given = "" if self.waits or sys.stdin is None or is_terminal(sys.stdin) else _line()
        if not (self.waits or given):
            raise EOFError
        if not self._asking:
            self._asking = True
            self._before_questions()
        if self.waits:
            forget(sys.stdin)
            try:
                return input(prompt)
            except UnicodeDecodeError:  # typed in another encoding than the terminal's
                return "?"
            except (EOFError, KeyboardInterrupt):
                print()  # the cursor stands behind the question
                raise
        given = given.rstrip("\r\n")
        print(f"{prompt}{visible(given)}")
        return given


class Projector(Page):
    """Screens of at most 78 columns and 20 rows, black on white, no other colours; Enter turns them."""

    def __init__(self) -> None:
        super().__init__()
        self.console = Console(highlight=False, width=min(WIDTH, self.console.width), no_color=True)
        dumb = os.environ.get("TERM") == "dumb"
        self._clears = self.waits and not dumb
        self._white = self._clears and not os.environ.get("NO_COLOR")
        self._lines: list[list[Segment]] = []
        self._seen = True
        """Whether it was drawn: then what comes next belongs on another."""
        self._drawn_before = False

    def show(self, block: RenderableType) -> None:
        """Show it on this screen if it has room, else on the next; what is longer than any, on several."""
        lines = self.console.render_lines(block, pad=False)
        if self._seen:
            self._begin()
        rows_left = ROWS - FOR_QUESTIONS
        if self._lines and len(lines) <= rows_left < len(self._lines) + 1 + len(lines):
            self._turn()
        if self._lines and len(self._lines) < rows_left:
            self._lines.append([])
        for line in lines:
            if len(self._lines) == rows_left:
                self._turn()
            self._lines.append(line)

    def finish(self) -> None:
        if not self._seen:
            self._draw()

    def close(self) -> None:
        if self._white:
            print(AS_BEFORE, end="", flush=True)

    def _turn(self) -> None:
        if self.waits:
            self.pause(NEXT)
        else:
            self._draw()
        self._begin()

    def _begin(self) -> None:
        """A new screen, empty so far."""
        self._lines, self._answered, self._asking, self._seen = [], [], False, False

    def _before_questions(self) -> None:
        self._draw()
        print()

    def _give(self, hint: str) -> None:
        self._draw()
        print()
        for line in (*self._answered, hint):
            print(line)

    def _draw(self) -> None:
        """The whole screen, from its first row."""
        if self._clears:
            print((BLACK_ON_WHITE if self._white else "") + CLEAR, end="")
        elif self._drawn_before:
            print("-" * self.console.width)
        self._seen = self._drawn_before = True
        for line in self._lines:
            print(self._styled(line))

    def _styled(self, line: list[Segment]) -> str:
        """A row as it is written: bold stays bold, and white to its end."""
        if not self._white:
            return "".join(segment.text for segment in line).rstrip()
        text = "".join(
            f"{BOLD}{s.text}{NOT_BOLD}" if s.style is not None and s.style.bold else s.text for s in line
        )
        return text + " " * (self.console.width - cell_len("".join(s.text for s in line)))


def _line() -> str:
    """The next line of standard input with its end; empty when there is none."""
    try:
        return str(sys.stdin.readline())
    except UnicodeDecodeError:
        return "?\n"

"""A lesson in a notebook, or at the prompt of Python: it shows the question, and after an answer the result.

>>> from syncasync_sim import lesson
>>> lesson("not-faster").answer("b", sure=3)      # answered in the code: nothing waits
>>> lesson("not-faster").ask()                    # buttons where ipywidgets are installed, else input()
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from typing import Any, Self

from rich.console import Console

from syncasync_sim.files.lessons import load_lesson
from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.buttons import QuestionButtons, widgets
from syncasync_sim.lessons.html_blocks import to_html
from syncasync_sim.lessons.session import HOW_SURE, SURENESS, Level, Session

WIDTH = 80


class NotebookLesson:
    """One lesson and its answer.

    Shown before the answer it is the question, after it the result.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def answer(self, letter: str, sure: int | None = None) -> Self:
        """Answer with the letter of an option.

        Args:
            letter: the letter.
            sure: how sure the reader is, from 1 (a guess) to 3 (sure).

        Returns:
            This lesson, for the next call.

        Raises:
            ScenarioError: there is no such option, or no such number; the error says which there are.
        """
        self._session.answer(letter, sure)
        return self

    def reveal(self) -> Self:
        """Show the result without an answer."""
        self._session.reveal()
        return self

    def ask(self) -> Any:
        """Ask for an answer, with buttons in a notebook that has ipywidgets, otherwise line by line.

        If nobody can type, as when a program runs the notebook, the lesson stays without an answer.

        Returns:
            The object to show: the buttons, or this lesson.
        """
        ipywidgets = widgets()
        if ipywidgets is not None:
            return QuestionButtons(self._session, lambda: to_html(self._result()), ipywidgets)
        # The input has ended, or this is a kernel without a keyboard: nobody answers.
        with suppress(EOFError, NotImplementedError):
            self._ask_in_lines()
        return self

    def _ask_in_lines(self) -> None:
        session = self._session
        prompt = f"{self._text()}\n\nyour answer [{'/'.join(session.letters)}] > "
        while session.choice(letter := input(prompt)) is None:
            prompt = f"Please answer with one of {', '.join(session.letters)} > "
        while (sure := input(f"{HOW_SURE} ").strip()) not in map(str, SURENESS):
            prompt = "Please answer with 1, 2 or 3 > "
        session.answer(letter, int(sure))

    def _blocks(self) -> Iterator[presenter.Block | presenter.Gate]:
        yield from presenter.heading(self._session)
        yield from presenter.question(self._session)
        if self._session.is_open:
            yield from self._result()

    def _result(self) -> Iterator[presenter.Block | presenter.Gate]:
        session = self._session
        yield from presenter.revealed(session)
        yield from presenter.announced(session, session.lesson.change)
        yield from presenter.changed(session, session.lesson.change)
        yield from presenter.fine_print(session)

    def _text(self) -> str:
        file = StringIO()
        console = Console(
            file=file,
            width=WIDTH,
            color_system=None,
            force_jupyter=False,
            force_terminal=False,
            highlight=False,
        )
        blocks = [block for block in self._blocks() if not isinstance(block, presenter.Gate)]
        for index, block in enumerate(blocks):
            console.print(*([""] if index else []), block, sep="\n")
        return file.getvalue().rstrip()

    def __repr__(self) -> str:
        return self._text()

    def _repr_html_(self) -> str:
        return to_html(self._blocks())


def lesson(
    source: str | int | os.PathLike[str], *, student: int | None = None, level: Level | None = None
) -> NotebookLesson:
    """Open a lesson by its number, its name, or the path of its file.

    Args:
        source: the number, the name or the path.
        student: the student, from 1, whose number on the sheet is used; by default the lesson's own.
        level: with `advanced`, the lesson asks for a reason before the calculation.

    Returns:
        The lesson, which shows its question until it is answered, and then its result.

    Raises:
        ScenarioError: the lesson cannot be read, or there is none; the error has every problem, its place and
            its cure.
    """
    return NotebookLesson(Session(load_lesson(source), student=student, level=level))

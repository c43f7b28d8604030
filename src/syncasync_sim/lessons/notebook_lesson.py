"""A lesson in a notebook, or at the prompt of Python: it shows the question, and after an answer the result.

>>> from syncasync_sim import lesson
>>> lesson("not-faster").answer("b", sure=3)      # answered in the code: nothing waits
>>> lesson("not-faster").ask()                    # buttons where ipywidgets are installed, else input()
"""

from __future__ import annotations

import os
from typing import Any, Self

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.diagnostics import listed
from syncasync_sim.files.lessons import load_lesson
from syncasync_sim.lessons.asking import Blocks, Waiting, ask_in_lines, to_text
from syncasync_sim.lessons.buttons import Buttons, widgets
from syncasync_sim.lessons.html_blocks import to_html
from syncasync_sim.lessons.script import asked_in, is_answered, so_far
from syncasync_sim.lessons.session import Part, Session
from syncasync_sim.model.lesson_heading import Level


class NotebookLesson:
    """One lesson and its answers.

    It shows what its answers allow: first the question, after its answer the result, and so on.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def answer(self, letter: str, sure: int | None = None, part: Part = "question") -> Self:
        """Answer with the letter of an option, or in your own words where there are no options.

        Args:
            letter: the letter, or the words.
            sure: how sure the reader is, from 1 (a guess) to 3 (sure).
            part: the part of the lesson that asks: recall, question, why, change or transfer.

        Returns:
            This lesson, for the next call.

        Raises:
            ScenarioError: there is no such part, option or number; the error says which there are.
        """
        parts = asked_in(self._session)
        if part not in parts:
            raise ScenarioError(f"the lesson does not ask '{part}'\n  = its parts are {listed(parts)}")
        _answer(self._session, letter, sure, part)
        return self

    def reveal(self) -> Self:
        """Show the result without an answer."""
        self._session.reveal()
        return self

    def ask(self) -> Any:
        """Ask all questions of the lesson, with buttons in a notebook that has ipywidgets, else in lines.

        The next question comes after the answer to the one before. If nobody can type, as when a program runs
        the notebook, the lesson stays without an answer.

        Returns:
            The object to show: the buttons, or this lesson.
        """
        interview = _Interview(self._session)
        ipywidgets = widgets()
        if ipywidgets is not None:
            return Buttons(interview, ipywidgets)
        ask_in_lines(interview)
        return self

    def _blocks(self) -> Blocks:
        session = self._session
        asks: list[Part] = []
        for part in asked_in(session):
            # In code nobody has to look back or to give a reason.
            if part not in ("recall", "why") or is_answered(session, part):
                asks.append(part)
        before, question, _ = so_far(session, () if session.is_revealed else asks)
        return [*before, *question]

    def __repr__(self) -> str:
        return to_text(self._blocks())

    def _repr_html_(self) -> str:
        return to_html(self._blocks())


class _Interview:
    """All questions of a lesson, one after the other."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def history(self) -> Blocks:
        return so_far(self._session, asked_in(self._session))[0]

    def waiting(self) -> Waiting | None:
        session = self._session
        _, blocks, part = so_far(session, asked_in(session))
        if part is None:
            return None
        return Waiting(
            blocks,
            tuple(session.options(part)),
            session.letters_of(part),
            part == "question",
            lambda given, sure: _answer(session, given, sure, part),
        )


def _answer(session: Session, given: str, sure: int | None, part: Part) -> None:
    if session.letters_of(part):
        session.answer(given, sure, part)
    else:
        session.say(given, part)


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

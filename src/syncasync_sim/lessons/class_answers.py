"""The answers of a class from its sheets, in a file: one line a student, a letter and how sure."""

from __future__ import annotations

import re
from pathlib import Path

from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files.diagnostics import clipped, listed
from syncasync_sim.lessons.session import MOST_VOTES, SURENESS, Answer, Session

HEADINGS = (("answer", "letter", "choice", "option", "vote"), ("sure", "how sure", "sureness", "confidence"))
"""The words that may stand over the letters, and over how sure the students are, in the first line."""
_BETWEEN = re.compile(r"[,;\t]")
"""Spreadsheets of different countries write different ones between cells."""
MOST_BYTES = 256_000
"""More than so many answers need."""


def collect(session: Session, path: Path) -> None:
    """Take the answers of a class to the question of a lesson: they are its first vote.

    Args:
        session: the session.
        path: the file, with a line such as `b,3` for each student; the second cell may be empty.

    Raises:
        ScenarioError: the file cannot be read; the error says where and what is allowed.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise ScenarioError(f"{visible(str(path))}: {reason}\n  = give a file of answers") from None
    answers = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = tuple(cell.strip().strip('"').lower() for cell in _BETWEEN.split(line))
        if any(cells) and not (number == 1 and _is_heading(cells)):
            answers.append(_answer(session, cells, f"{visible(path.name)}:{number}"))
    if not 1 <= len(answers) <= MOST_VOTES:
        raise ScenarioError(
            f"{visible(str(path))}: {len(answers):,} answers\n  = give 1 to {MOST_VOTES:,}, a line for each"
        )
    session.collect(answers)


def _is_heading(cells: tuple[str, ...]) -> bool:
    return len(cells) <= len(HEADINGS) and all(
        cell in words for cell, words in zip(cells, HEADINGS, strict=False) if cell or words is HEADINGS[0]
    )


def _answer(session: Session, cells: tuple[str, ...], where: str) -> Answer:
    """One line: a letter, and a number for how sure. Raises ScenarioError."""
    choice, sure = session.choice(cells[0]), "".join(cells[1:])
    if choice is None or (sure and sure not in map(str, SURENESS)):
        levels = listed([f"{number} ({words})" for number, words in SURENESS.items()], "or")
        raise ScenarioError(
            f"{where}: '{clipped(visible(','.join(cells)))}': expected one of "
            f"{listed(session.letters, 'or')}, a comma, and how sure: {levels}"
            "\n  = write for instance  b,3; the first line of the file may be  answer,sure"
        )
    return Answer(choice, int(sure) if sure else None)

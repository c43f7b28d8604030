"""A lesson for a page in a browser, as plain data: what it asks, what came of it, and what a change does.

What is asked has nothing of the answer, and can be put into a page beforehand.
"""

from __future__ import annotations

from typing import Any

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.lessons import presenter, replay_page
from syncasync_sim.lessons.feedback import title_of
from syncasync_sim.lessons.plain_blocks import WIDTH, plain_blocks
from syncasync_sim.lessons.session import Session
from syncasync_sim.model.lesson_file import Case


def question(session: Session) -> dict[str, Any]:
    """Return the facts, the story and the answers to choose from."""
    return {
        **session.facts(),
        "heading": title_of(session.lesson),
        "story": list(presenter.story(session)),
        "letters": list(session.letters),
        "options": session.options(),
    }


def result(session: Session, watch: Watch | None = None, width: int = WIDTH) -> dict[str, Any]:
    """Return what came of an answer, and the announcement of the change.

    Args:
        session: the session, with its answer.
        watch: asked repeatedly whether to go on.
        width: of what is drawn with characters, in columns.

    Raises:
        RuntimeError: there is no answer yet.
    """
    session.run(watch)
    answered = session.answered
    return {
        "right": answered is not None and answered.choice == session.lesson.question.correct,
        "blocks": plain_blocks(presenter.revealed(session), width),
        "next": _announced(session, 0),
    }


def picture(session: Session) -> dict[str, Any]:
    """Return the document of the lesson's run for the stage; it says what is left out.

    Args:
        session: the session, with its answer.

    Raises:
        RuntimeError: there is no answer yet.
    """
    return replay_page.picture(session, session.run())


def case_result(
    session: Session, index: int, guess: str = "", watch: Watch | None = None, width: int = WIDTH
) -> dict[str, Any]:
    """Return what a change does, the announcement of the next, and the notes on all that ran.

    Args:
        session: the session, with its answer.
        index: 0 for the change, then the further cases.
        guess: what the reader expects; empty for nothing.
        watch: asked repeatedly whether to go on.
        width: of what is drawn with characters, in columns.

    Raises:
        RuntimeError: there is no answer yet.
    """
    cases = _cases(session)
    session.run(watch)
    for case in cases[: index + 1]:
        session.run_case(case, watch)
    return {
        "blocks": plain_blocks(presenter.changed(session, cases[index], guess), width),
        "next": _announced(session, index + 1),
        "fine_print": plain_blocks(presenter.fine_print(session), width),
        "problem": session.misfit(),
    }


def _announced(session: Session, index: int) -> list[dict[str, Any]]:
    """The announcement of a change; nothing after the last."""
    cases = _cases(session)
    if index >= len(cases):
        return []
    return [
        block for block in plain_blocks(presenter.announced(session, cases[index])) if block["kind"] != "gate"
    ]


def _cases(session: Session) -> tuple[Case, ...]:
    return (session.lesson.change, *session.lesson.more)

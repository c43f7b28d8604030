"""A lesson for a page in a browser, as plain data: what it asks, what came of it, and what a change does.

What is asked has nothing of the answer, and can be put into a page beforehand.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.lessons import page_parts, presenter, replay_page
from syncasync_sim.lessons.feedback import title_of
from syncasync_sim.lessons.plain_blocks import WIDTH, plain_blocks
from syncasync_sim.lessons.session import Part, Session
from syncasync_sim.model.lesson_file import Case


def question(session: Session) -> dict[str, Any]:
    """Return the facts, the story and the answers to choose from; and what is asked before and after it."""
    return {
        **asdict(session.heading),
        "heading": title_of(session.lesson),
        "story": list(presenter.story(session)),
        "letters": list(session.letters),
        "options": session.options(),
        "recall": _with_lead(session, "recall"),
        "why": page_parts.question_of(session, "why"),
        "look_for": session.lesson.look_for,
    }


def answer_to(session: Session, part: Part, width: int = WIDTH) -> dict[str, Any]:
    """Return whether the answer to a part was right, and what is said of it; nothing is run for it.

    Args:
        session: the session, with its answer to the part.
        part: the part of the lesson that asks.
        width: of what is drawn with characters, in columns.
    """
    return {
        "right": _is_right(session, part),
        "blocks": page_parts.feedback(session, part, width),
    }


def transfer_result(session: Session, watch: Watch | None = None, width: int = WIDTH) -> dict[str, Any]:
    """Return what came of the last question, on another surface, and the notes on all that ran.

    Args:
        session: the session, with its answer to that question.
        watch: asked repeatedly whether to go on.
        width: of what is drawn with characters, in columns.

    Raises:
        RuntimeError: there is no answer to the question of the lesson yet.
    """
    transfer = session.lesson.transfer
    if transfer is not None and transfer.case is not None:
        session.run_case(transfer.case, watch)
    blocks = page_parts.feedback(session, "transfer", width)
    fine_print = plain_blocks(presenter.fine_print(session), width)
    return {"right": _is_right(session, "transfer"), "blocks": blocks, "fine_print": fine_print}


def _is_right(session: Session, part: Part) -> bool | None:
    """Whether the answer to a part is right; None without one, or in one's own words."""
    answered = session.answers.get(part)
    return None if answered is None else answered.choice == session.correct(part)


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
    return {
        "right": bool(_is_right(session, "question")),
        "why_right": _is_right(session, "why"),
        "blocks": plain_blocks(presenter.revealed(session), width),
        "next": _announced(session, 0),
        "choices": page_parts.question_of(session, "change"),
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
        "right": _is_right(session, "change") if index == 0 else None,
        "next": _announced(session, index + 1),
        "transfer": _with_lead(session, "transfer") if index == 0 else None,
        "fine_print": plain_blocks(presenter.fine_print(session), width),
        "problem": session.misfit(),
    }


def _announced(session: Session, index: int) -> list[dict[str, Any]]:
    """The announcement of a change, without its question; nothing after the last."""
    if index == 0:
        return page_parts.lead(session, "change")
    further = session.lesson.more[index - 1 :]
    return plain_blocks(presenter.announced(session, further[0]))[:1] if further else []


def _with_lead(session: Session, part: Part) -> dict[str, Any] | None:
    """The question of a part with the blocks before it; None if the lesson does not ask there."""
    question = page_parts.question_of(session, part)
    return None if question is None else {**question, "blocks": page_parts.lead(session, part)}


def _cases(session: Session) -> tuple[Case, ...]:
    return (session.lesson.change, *session.lesson.more)

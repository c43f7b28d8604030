"""The questions of a lesson besides its main one, as plain data for pages: what each asks, and its results.

The browser edition asks for one answer after another; a page without Python holds the result of each answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.plain_blocks import WIDTH, plain_blocks
from syncasync_sim.lessons.session import Part, Session

LABELS: dict[Part, str] = {
    "recall": "From an earlier lesson",
    "change": "One thing changes",
    "transfer": "Somewhere else",
}
"""The names of the parts that a page asks before and after the run, in their order."""


def question_of(session: Session, part: Part) -> dict[str, Any] | None:
    """Return the question of a part, without its answer; None if the lesson does not ask there.

    Args:
        session: the session.
        part: the part of the lesson that asks.
    """
    question = session.question_of(part)
    if question is None:
        return None
    letters = list(session.letters_of(part))
    return {"text": session.filled_text(question.text), "letters": letters, "options": session.options(part)}


def lead(session: Session, part: Part) -> list[dict[str, Any]]:
    """Return the blocks before the question of a part; none if the lesson has no such part.

    Args:
        session: the session.
        part: the recall, the change or the transfer.
    """
    blocks: Iterable[presenter.Block | presenter.Gate]
    if part == "recall":
        blocks = presenter.recalled(session)
    elif part == "change":
        blocks = presenter.announced(session, session.lesson.change)
    else:
        blocks = presenter.transferred(session)
    return plain_blocks(blocks)[:1]


def feedback(session: Session, part: Part, width: int = WIDTH) -> list[dict[str, Any]]:
    """Return the result of the answer to a part: the right answer and the figures, then the reason.

    Args:
        session: the session, with its answer to the part.
        part: the recall, the change or the transfer.
        width: of what is drawn with characters, in columns.

    Raises:
        RuntimeError: something is run for the part, and there is no answer to the question of the lesson yet.
    """
    blocks: Iterable[presenter.Block | presenter.Gate]
    if part == "recall":
        blocks = presenter.feedback(session, part)
    elif part == "change":
        blocks = presenter.changed(session, session.lesson.change)
    else:
        blocks = presenter.transfer_feedback(session)
    return plain_blocks(blocks, width)


def with_results(session: Session, part: Part) -> dict[str, Any] | None:
    """Return a part for a page that has no Python: what it asks, and the result of each answer.

    Args:
        session: the session, which may be revealed.
        part: the recall, the change or the transfer.

    Returns:
        The `name` of the part and its `label`, the `lead` before the question, its `text`, and the `options`,
        each with its `text`, whether it is `correct`, and the blocks of its `result`. A change without
        a question has one option, without a text. None if the lesson has no such part.

    Raises:
        RuntimeError: something is run for the part, and the session is not revealed.
    """
    before, question = lead(session, part), question_of(session, part)
    if not before:
        return None
    if question is None:
        options = [{"text": "", "correct": True, "result": feedback(session, part)}]
    else:
        options = [
            {
                "text": text,
                "correct": index == session.correct(part),
                "result": feedback(session.with_answer(index, part), part),
            }
            for index, text in enumerate(question["options"])
        ]
    text = "" if question is None else question["text"]
    return {"name": part, "label": LABELS[part], "lead": before, "text": text, "options": options}

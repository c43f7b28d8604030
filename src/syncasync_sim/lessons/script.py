"""A lesson from its first question to its last word, as far as its answers allow."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeAlias, get_args

from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.session import SURENESS, Part, Session
from syncasync_sim.render.tables import Lines

Blocks: TypeAlias = Iterator[presenter.Block | presenter.Gate]

PARTS: tuple[Part, ...] = get_args(Part)
"""What a lesson may ask, in its order."""


def asked_in(session: Session) -> tuple[Part, ...]:
    """Return the parts in which the lesson asks, in its order.

    Args:
        session: the session.
    """
    return tuple(part for part in PARTS if session.question_of(part) is not None)


def is_answered(session: Session, part: Part) -> bool:
    """Return whether a part has an answer, or words of the reader's own.

    Args:
        session: the session.
        part: the part.
    """
    return part in session.answers or part in session.own_words


def so_far(
    session: Session, asks: Collection[Part]
) -> tuple[list[presenter.Block | presenter.Gate], list[presenter.Block | presenter.Gate], Part | None]:
    """Return what may be shown now, the question that waits, and its part.

    Nothing after that question is looked at, so that nothing is run for it.

    Args:
        session: the session.
        asks: the parts whose answer is waited for.

    Returns:
        What comes before, and the question that waits with its part; at the end nothing and None.
    """
    before: list[presenter.Block | presenter.Gate] = []
    for piece, part in _pieces(session, asks):
        if part is not None and part in asks and not is_answered(session, part):
            return before, list(piece), part
        before += piece
    return before, [], None


def _pieces(session: Session, asks: Collection[Part]) -> Iterator[tuple[Blocks, Part | None]]:
    """What is shown, piece by piece, with the part that asks in it."""
    change = session.lesson.change
    yield presenter.heading(session), None
    if "recall" in asks:
        yield presenter.recalled(session), "recall"
        yield presenter.feedback(session, "recall"), None
    yield presenter.question(session), "question"
    if "why" in asks:
        yield _noted(session), None
        yield presenter.reason(session), "why"
    yield presenter.revealed(session), None
    yield presenter.announced(session, change), "change"
    yield presenter.changed(session, change), None
    yield presenter.transferred(session), "transfer"
    yield presenter.transfer_feedback(session), None
    yield presenter.fine_print(session), None


def _noted(session: Session) -> Blocks:
    """The answer as it was given, while the reason is asked for."""
    answered = session.answered
    if answered is not None:
        sure = f" ({SURENESS[answered.sure]})" if answered.sure else ""
        yield Lines([f"Your answer: {session.letters[answered.choice]}){sure}"])

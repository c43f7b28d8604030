"""A lesson's guide for the teacher: the goal, the vote, what students say, and what to do then."""

from __future__ import annotations

from collections.abc import Iterator

from syncasync_sim.command_line import command_line
from syncasync_sim.lessons.answer_key import (
    Ran,
    asked_and_answered,
    earlier,
    elsewhere,
    filled_table,
    lettered,
)
from syncasync_sim.lessons.feedback import measured, title_of
from syncasync_sim.lessons.handout import byline, notes_of
from syncasync_sim.lessons.presenter import full_stop
from syncasync_sim.lessons.print_page import Block, Heading, Page, Paragraph, Steps, Table
from syncasync_sim.lessons.session import ENOUGH, TOO_FEW, Part, Session, what_next
from syncasync_sim.model.formats import format_value

FIVE_MINUTES = (
    "Read the story and the question aloud. Every student chooses an answer alone, and writes it down.",
    "Count the hands for each answer. There is one vote only.",
    "Show the result. Ask a student who is surprised: what did you expect, and why?",
    "Show the sum, and then the sentence to keep. Ask the question about the change as homework.",
)


def guide(ran: Ran) -> Page:
    """The page for the teacher who gives the lesson.

    Args:
        ran: the lesson and its runs.
    """
    lesson, session, outcome = ran.file.lesson, ran.session, ran.outcome
    command = command_line(["syncasync-sim", "lesson", ran.file.again, "--projector"])
    blocks: list[Block] = [
        Paragraph(full_stop(lesson.takeaway), "The goal:"),
        Paragraph(command, "On the wall:"),
        *earlier(ran),
        Heading("What to vote on"),
        *([Paragraph(session.filled_text(lesson.story), "The story:")] if lesson.story else []),
        *_vote(ran),
        Heading("What the share of right votes means"),
        _shares(),
        Heading("What students say, and what to answer"),
        _likely_words(session, "question"),
        *_reasons(session),
        Heading("After the result"),
        *_afterwards(ran),
        *elsewhere(ran),
        Heading("If there are only five minutes"),
        Steps(FIVE_MINUTES),
    ]
    title = title_of(lesson)
    return Page(f"Guide: {title}", byline(lesson), blocks, notes_of(ran.file, outcome.scenario), dense=True)


def _vote(ran: Ran) -> Iterator[Block]:
    session, outcome = ran.session, ran.outcome
    correct = session.lesson.question.correct
    yield Paragraph(session.filled_text(session.lesson.question.text), "The question:")
    yield Paragraph(full_stop(lettered(session, "question", correct)), "The answer:")
    if outcome.measured is not None:
        where = "In the run:" if outcome.lesson.replications == 1 else "Mean of the runs:"
        yield Paragraph(full_stop(measured(outcome)), where)


def _shares() -> Table:
    """What to do after the first vote."""
    few, enough = (format_value(share, "share") for share in (TOO_FEW, ENOUGH))
    between = (TOO_FEW + ENOUGH) / 2
    rows = [
        (f"below {few}", what_next(0)),
        (f"from {few} to {enough}", what_next(between)),
        (f"above {enough}", what_next(1)),
    ]
    return Table(("right votes", "what to do"), rows)


def _likely_words(session: Session, part: Part) -> Table:
    """The belief behind each wrong option if there is any, and the sentence that answers it."""
    question, correct = session.question_of(part), session.correct(part)
    options = () if question is None else question.options
    rows = [
        (
            lettered(session, part, index),
            session.filled_text(option.belief or "-"),
            full_stop(f"It would be right if {session.filled_text(option.right_if or '')}"),
        )
        for index, option in enumerate(options)
        if index != correct
    ]
    if not any(option.belief for option in options):
        return Table(("who chooses", "you answer"), [(chosen, answer) for chosen, _, answer in rows])
    return Table(("who chooses", "believes that", "you answer"), rows)


def _reasons(session: Session) -> Iterator[Block]:
    """The reasons to choose from, or the question for one."""
    yield Paragraph(session.filled_text(session.lesson.why.text), "The reason, before the run:")
    correct = session.correct("why")
    if correct is not None:
        yield Paragraph(full_stop(lettered(session, "why", correct)), "The right reason:")
        yield _likely_words(session, "why")


def _afterwards(ran: Ran) -> Iterator[Block]:
    """The picture, the talk of the class, and the change with its question."""
    lesson, session = ran.file.lesson, ran.session
    if lesson.look_for:
        yield Paragraph(session.filled_text(lesson.look_for), "In the picture:")
    if lesson.discuss:
        yield Paragraph(session.filled_text(lesson.discuss), "Ask before the sum:")
    yield Paragraph(full_stop(session.filled_text(lesson.sum)), "The sum:")
    yield Paragraph(full_stop(session.filled_text(lesson.change.text)), "The change:")
    yield from asked_and_answered(session, "change")
    yield filled_table(lesson.rows_of(lesson.change), ran.cases[0][1])
    yield Paragraph(full_stop(session.filled_text(lesson.change.sum)), "Its sum:")

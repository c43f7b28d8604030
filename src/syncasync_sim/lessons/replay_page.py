"""A lesson's replay: a page that asks its question, then shows the run, and at the end what it was."""

from __future__ import annotations

import re
from typing import Any

from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.feedback import LessonRun, title_of
from syncasync_sim.lessons.session import SURENESS, Part, Session
from syncasync_sim.model.lesson_file import Option
from syncasync_sim.replay.document import document
from syncasync_sim.replay.first_part import first_part
from syncasync_sim.replay.html_page import page
from syncasync_sim.stats import compare_summaries, summarise


def replay(session: Session, outcome: LessonRun, *, is_reported: bool = False) -> str:
    """The replay page of a lesson, which asks the question first.

    It shows the first replication, and of many customers the first part; the page says so.

    Args:
        session: the session, with the student's number.
        outcome: the run of the lesson.
        is_reported: whether the page tells a learning management system of the answer, and asks how sure the
            reader is.
    """
    question_data = question(session)
    if is_reported:
        question_data |= {"name": identifier(session), "sure": list(SURENESS.values())}
    return page(picture(session, outcome), question_data, is_reported=is_reported)


def picture(session: Session, outcome: LessonRun) -> dict[str, Any]:
    """Return the document of a lesson's run: the first replication, and of many customers the first part.

    Args:
        session: the session, with the student's number.
        outcome: the run of the lesson.
    """
    traces, part = first_part(outcome.traces)
    comparison = compare_summaries(*(summarise(trace) for trace in traces.values()))
    data = document(comparison, traces, with_rows=False, part=part)
    title, left_out = title_of(session.lesson), _left_out(session, part.sentence if part else "")
    return {**data, "title": title, "left_out": left_out}


def identifier(session: Session) -> str:
    """The name of a lesson, and of its student, in the letters that every system accepts."""
    student = "" if session.student is None else f"-{session.student}"
    return re.sub(r"[^A-Za-z0-9_-]", "_", f"lesson-{session.lesson.name}{student}")


def _left_out(session: Session, first: str) -> str:
    """What the answer is of and the picture does not show; nothing if it shows all."""
    count = session.lesson.replications
    if count > 1:
        answer = f"The answer is the mean of {count} runs; this is the first of them"
    else:
        answer = "The answer is that of all customers" if first else ""
    return ". ".join(filter(None, [answer, first]))


def question(session: Session) -> dict[str, Any]:
    """Return the question of the page, its options and its final texts, as plain data."""
    lesson = session.lesson
    why = {"text": session.filled_text(lesson.why.text), "options": _options(session, "why")}
    return {
        "story": list(presenter.story(session)),
        "text": session.filled_text(lesson.question.text),
        "options": _options(session, "question"),
        **({"why": why} if lesson.why.options else {}),
        "sum": presenter.full_stop(session.filled_text(lesson.sum)),
        "takeaway": presenter.full_stop(lesson.takeaway),
    }


def _options(session: Session, part: Part) -> list[dict[str, Any]]:
    question_or_why = session.question_of(part)
    options = () if question_or_why is None else question_or_why.options
    pairs = zip(session.options(part), options, strict=True)
    return [_option(session, text, option) for text, option in pairs]


def _option(session: Session, text: str, option: Option) -> dict[str, Any]:
    if option.correct:
        return {"text": text, "correct": True}
    refutation = f"It would be right if {session.filled_text(option.right_if or '')}"
    return {"text": text, "correct": False, "refutation": presenter.full_stop(refutation)}

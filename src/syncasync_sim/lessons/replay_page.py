"""A lesson's replay: a page that asks its question, then shows the run, and at the end what it was."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.lessons import page_parts, presenter
from syncasync_sim.lessons.feedback import LessonRun, title_of
from syncasync_sim.lessons.session import SURENESS, Part, Session
from syncasync_sim.model.lesson_file import Option
from syncasync_sim.replay.document import document
from syncasync_sim.replay.first_part import first_part
from syncasync_sim.replay.html_page import page
from syncasync_sim.stats import compare_summaries, summarise


def replay(session: Session, outcome: LessonRun, *, is_reported: bool = False) -> str:
    """The replay page of a lesson: an earlier lesson, the question, the run, the change, and another surface.

    It shows the first replication, and of many customers the first part; the page says so.

    Args:
        session: the session, with the student's number.
        outcome: the run of the lesson.
        is_reported: whether the page tells a learning management system of the answer, and asks how sure the
            reader is.
    """
    question_data = question(session) | _besides(session)
    if is_reported:
        question_data |= {"name": identifier(session), "sure": list(SURENESS.values())}
    return page(picture(session, outcome), question_data, is_reported=is_reported)


def runs(session: Session) -> list[Callable[[Watch], object]]:
    """Return the runs that the page tells of, each to be called with what is asked whether to go on.

    Args:
        session: the session, which is revealed; it keeps what was run.
    """
    lesson = session.lesson
    cases = [lesson.change, lesson.transfer.case if lesson.transfer else None]
    besides = [partial(session.run_case, case) for case in cases if case is not None]
    return [session.run, session.run_with_own_number, *besides]


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


def _besides(session: Session) -> dict[str, Any]:
    """What the page asks before its question, and after the run."""
    recall, *after = (page_parts.with_results(session, part) for part in page_parts.LABELS)
    return {"recall": recall, "after": [part for part in after if part is not None]}


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

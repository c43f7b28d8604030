"""A lesson's replay: a page that asks its question, then shows the run, and at the end what it was."""

from __future__ import annotations

from typing import Any

from syncasync_sim.errors import ScenarioError
from syncasync_sim.lessons import telling
from syncasync_sim.lessons.outcome import Outcome, title_of
from syncasync_sim.lessons.session import Session
from syncasync_sim.model.lesson import Option
from syncasync_sim.replay.cap import MOST_CUSTOMERS
from syncasync_sim.replay.document import document
from syncasync_sim.replay.page import page
from syncasync_sim.stats import compare_summaries, summarise


def check_one_run(session: Session) -> None:
    """Raise ScenarioError, with the cure, for a lesson that one picture cannot show."""
    lesson = session.lesson
    customers = round(session.file.scenario(number=session.number).traffic.expected_customers)
    whose = "" if session.student is None else f" --student {session.student}"
    cure = f"\n  = syncasync-sim lesson {lesson.number or 'FILE'}{whose}  shows it in the terminal"
    if lesson.replications > 1:
        raise ScenarioError(
            f"{lesson.name}: it asks about the mean of {lesson.replications} runs, a replay shows one{cure}"
        )
    if customers > MOST_CUSTOMERS:
        raise ScenarioError(
            f"{lesson.name}: {customers:,} customers are too many for a replay, "
            f"which shows {MOST_CUSTOMERS:,}{cure}"
        )


def replay(session: Session, outcome: Outcome) -> str:
    """The page of a lesson's *outcome*, with the numbers of the session's student."""
    comparison = compare_summaries(*(summarise(trace) for trace in outcome.traces.values()))
    shown = document(comparison, outcome.traces, with_rows=False)
    return page({**shown, "title": title_of(session.lesson)}, question(session))


def question(session: Session) -> dict[str, Any]:
    """What the page asks, in the words of the lesson, and what it says in the end."""
    lesson = session.lesson
    pairs = zip(telling.options(session), lesson.question.options, strict=True)
    return {
        "story": list(telling.story(session)),
        "text": session.told(lesson.question.text),
        "options": [_option(session, text, option) for text, option in pairs],
        "sum": telling.full_stop(session.told(lesson.sum)),
        "takeaway": telling.full_stop(lesson.takeaway),
    }


def _option(session: Session, text: str, option: Option) -> dict[str, Any]:
    if option.correct:
        return {"text": text, "correct": True}
    refutation = f"It would be right if {session.told(option.right_if or '')}"
    return {"text": text, "correct": False, "refutation": telling.full_stop(refutation)}

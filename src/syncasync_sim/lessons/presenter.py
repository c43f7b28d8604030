"""What a lesson says, in its order: the question; then what came of it; then one change and what that does.

Everything is a block that Rich can draw, so that a terminal, a projector and a notebook tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from syncasync_sim.errors import visible
from syncasync_sim.files.diagnostics import clipped, listed
from syncasync_sim.lessons.feedback import LessonRun, is_right, number_of, texts_of, title_of
from syncasync_sim.lessons.session import SURENESS, Session
from syncasync_sim.model.claims import parse_value
from syncasync_sim.model.figures import unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import Case, Lesson, Row
from syncasync_sim.model.modes import Mode
from syncasync_sim.render.answer_options import AnswerOptions
from syncasync_sim.render.before_after import BeforeAfter
from syncasync_sim.render.dot_plot import DotPlot
from syncasync_sim.render.tables import FigureTable, Lines, footer, what_ran
from syncasync_sim.render.timeline import Timeline
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import PLUS_MINUS, FigureRow, figure_row, in_common_unit
from syncasync_sim.trace.queries import customers_came

Block: TypeAlias = Lines | AnswerOptions | FigureTable | Timeline | DotPlot | BeforeAfter


@dataclass(frozen=True, slots=True)
class Gate:
    """A place to think: the blocks after it wait for Enter if there is a keyboard."""

    prompt: str


# -- before the answer ----------------------------------------------------------------------------


def question(session: Session) -> Iterator[Block]:
    """Yield the title, the story and the question with its options, without any result."""
    lesson = session.lesson
    yield Lines([title_of(lesson)], style="bold")
    yield from (Lines([paragraph]) for paragraph in story(session))
    yield Lines([session.filled_text(lesson.question.text)], style="bold")
    yield AnswerOptions(options(session), session.letters, session.votes)


def story(session: Session) -> Iterator[str]:
    """Yield the paragraphs of the story, and one on the student's number."""
    lesson = session.lesson
    if lesson.story:
        yield session.filled_text(lesson.story)
    if session.student is not None and lesson.students is not None:
        number = session.filled_text("{number}")
        yield f"Student {session.student:,}: in your run {lesson.students.label} {number}."


def options(session: Session) -> list[str]:
    """Return the texts of the options, with values in place of `{value}`."""
    return list(texts_of(session.lesson, session.number))


# -- after it -------------------------------------------------------------------------------------


def revealed(session: Session) -> Iterator[Block | Gate]:
    """Yield the answer given and the right one, the reason, the figures, and the sentence to remember."""
    outcome = session.run()
    yield from _verdict(session, outcome)
    if session.level == "advanced":
        yield Lines([f"Why? {session.filled_text(session.lesson.why)}"], style="bold")
        yield Gate("think, then Enter >")
    elif session.votes is not None:  # a class: somebody explains the surprise first
        yield Gate("Enter for the sum >")
    refuted = [_refutation(session, index) for index in _to_refute(session)]
    yield Lines([*refuted, f"The sum: {full_stop(session.filled_text(session.lesson.sum))}"])
    yield from _numbers(session, outcome)
    yield Lines([f"Keep this: {full_stop(session.lesson.takeaway)}"], style="bold")


def _verdict(session: Session, outcome: LessonRun) -> Iterator[Block]:
    correct, answered = session.lesson.question.correct, session.answered
    truth = f"It was {_lettered(session, correct)}{_measured(outcome, options(session)[correct])}"
    if session.votes is not None:
        yield AnswerOptions(options(session), session.letters, session.votes, correct)
        right, voted = session.votes[correct], sum(session.votes)
        yield Lines([full_stop(truth), f"{right:,} of {voted:,} said so."])
    elif answered is None:
        yield Lines([full_stop(truth)])
    else:
        sure = f" ({SURENESS[answered.sure]})" if answered.sure else ""
        opening = f"You said {_lettered(session, answered.choice)}{sure}"
        if answered.choice == correct:
            yield Lines([f"{opening}. Correct{_measured(outcome, options(session)[correct])}."])
        else:
            surprise = " A surprise worth remembering." if answered.sure == 3 else ""
            yield Lines([f"{opening}.", full_stop(truth) + surprise])
    if not is_right(outcome):
        measured = _figure(outcome, outcome.measured)
        yield Lines(
            [f"But this run says {measured}: the lesson's file does not fit its scenario."], style="bold"
        )


def _lettered(session: Session, index: int) -> str:
    return f"{session.letters[index]}) {options(session)[index].rstrip('.')}"


def _measured(outcome: LessonRun, text: str) -> str:
    """The figure, where the option does not name it in so many words."""
    named = outcome.answer is not None and _bare(outcome.answer) in _bare(text)
    if outcome.measured is None or outcome.lesson.replications > 1 or named:
        return ""
    return f" ({_figure(outcome, outcome.measured)})"


def _bare(text: str) -> str:
    return text.replace(" ", "").replace(",", "")


def _figure(outcome: LessonRun, value: float | None) -> str:
    figure = outcome.lesson.question.figure
    return "" if figure is None else format_value(value, unit_of(figure.partition(".")[2]))


def _to_refute(session: Session) -> list[int]:
    """The wrong options somebody chose; all of them if nobody was asked."""
    wrong_options = [
        index for index in range(len(session.letters)) if index != session.lesson.question.correct
    ]
    if session.votes is not None:
        return [index for index in wrong_options if session.votes[index]]
    return (
        wrong_options
        if session.answered is None
        else [p for p in wrong_options if p == session.answered.choice]
    )


def _refutation(session: Session, index: int) -> str:
    right_if = session.lesson.question.options[index].right_if
    return full_stop(f"{session.letters[index]}) would be right if {session.filled_text(right_if or '')}")


def full_stop(text: str) -> str:
    """The text with a full stop at its end."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _numbers(session: Session, outcome: LessonRun) -> Iterator[Block]:
    """Of chance, all runs; the table; one customer over time."""
    lesson, comparison = session.lesson, outcome.comparison
    if lesson.replications > 1:
        yield from _dots(outcome)
    yield FigureTable(comparison, _rows(lesson.rows, comparison))
    if lesson.explain is not None:
        yield Timeline(outcome.traces, lesson.explain, _which(outcome, lesson.explain))


def _which(outcome: LessonRun, customer: int) -> str:
    """Whose timeline it is, where there are several."""
    customers = max(map(customers_came, outcome.traces.values()))
    if outcome.lesson.replications > 1:
        runs = outcome.lesson.replications
        return f"Customer {customer:,} of {customers:,} in the first of {runs:,} runs, as an example:"
    return f"Customer {customer:,} of {customers:,}, from the click on:" if customers > 1 else ""


def _dots(outcome: LessonRun) -> Iterator[Block]:
    """One dot a run of the question's figure, with the closed form."""
    lesson, comparison = outcome.lesson, outcome.comparison
    if lesson.question.figure is None:
        return
    mode, name = _split(lesson.question.figure)
    values = [value for value in comparison.each(mode, name) if value is not None]
    if not values:
        return
    bounds = (comparison.interval or {}).get(mode, {}).get(name)
    theory = lesson.theory
    yield DotPlot(
        title=f"{len(values)} runs, a dot for each: {_name_of(lesson, name)}, {mode}",
        values=values,
        unit=unit_of(name),
        interval=None if bounds is None else (bounds["low"], bounds["high"]),
        theory=None if theory is None else parse_value(theory.value),
        formula="" if theory is None else theory.formula,
    )


def _split(figure: str) -> tuple[Mode, str]:
    mode, _, name = figure.partition(".")
    return "sync" if mode == "sync" else "async", name


def _name_of(lesson: Lesson, figure: str) -> str:
    """What the lesson calls a figure; else its own name."""
    return next((row.label for row in lesson.rows if row.figure == figure), figure)


def _rows(rows: Sequence[Row], comparison: Comparison) -> list[FigureRow]:
    return in_common_unit(figure_row(comparison, r.figure, group=r.label, label=r.label) for r in rows)


# -- something changed ----------------------------------------------------------------------------


def announced(session: Session, case: Case) -> Iterator[Block | Gate]:
    """Yield the announcement of a change, and a gate with time for a guess.

    Args:
        session: the session.
        case: the change, or a further case.
    """
    if case is session.lesson.change:
        lead, prompt = "Now one thing changes", "guess, then Enter to see >"
    else:
        lead, prompt = "To go on", "guess, then Enter to see; Ctrl-D for the end >"
    yield Lines([f"{lead}: {full_stop(session.filled_text(case.text))}"], style="bold")
    yield Gate(prompt)


def changed(session: Session, case: Case, guess: str = "") -> Iterator[Block]:
    """Yield the guess, the effect of the change on the figures, and its reason.

    Args:
        session: the session.
        case: the change, or a further case.
        guess: the text that the reader typed; empty for none.
    """
    lesson, after = session.lesson, session.run_case(case)
    if guess.strip():
        yield Lines([full_stop(f"You guessed: {clipped(visible(guess.strip()))}")])
    rows = lesson.rows_of(case)
    if case.scenario is None:
        yield BeforeAfter(_rows(rows, session.run().comparison), _rows(rows, after))
    else:
        yield FigureTable(after, _rows(rows, after))
    own = number_of(lesson, None)
    its_own = session.number == own or case.scenario is not None or "{number}" in case.sum
    lead = "The sum" if its_own else f"The sum, for {own}"
    yield Lines([f"{lead}: {full_stop(session.filled_text(case.sum))}"])


def fine_print(session: Session) -> Iterator[Block]:
    """Yield the notes on the run and its assumptions."""
    lesson, comparison = session.lesson, session.run().comparison
    ran, assumed = footer(comparison)
    first = what_ran(comparison)
    new = [listed([item for item in what_ran(after) if item not in first]) for after in session.cases]
    others = "; ".join(dict.fromkeys(filter(None, new)))
    changed_runs = [f"Changed runs: {others}."] if others else []
    notes = [PLUS_MINUS] if comparison.interval else []
    yield Lines(
        [*notes, ran, *changed_runs, f"Assumes {', '.join(lesson.assumes)}." if lesson.assumes else assumed]
    )

"""What a lesson says, in its order: the question; then what came of it; then one change and what that does.

Everything is a block that Rich can draw, so that a terminal, a projector and a notebook tell the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from syncasync_sim.errors import visible
from syncasync_sim.files.diagnostics import clipped, listed
from syncasync_sim.lessons.contradictions import is_right
from syncasync_sim.lessons.feedback import LessonRun, number_of, title_of, values_of
from syncasync_sim.lessons.session import SURENESS, Part, Session, Vote, what_next
from syncasync_sim.model.claims import parse_value
from syncasync_sim.model.figures import unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import Case, Lesson, Row
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.placeholders import filled
from syncasync_sim.render.answer_options import AnswerOptions
from syncasync_sim.render.before_after import BeforeAfter
from syncasync_sim.render.dot_plot import DotPlot
from syncasync_sim.render.sureness_bars import SurenessBars
from syncasync_sim.render.tables import FigureTable, Lines, footer, what_ran
from syncasync_sim.render.timeline import Timeline
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import PLUS_MINUS, FigureRow, figure_row, in_common_unit
from syncasync_sim.trace.queries import customers_came

Block: TypeAlias = Lines | AnswerOptions | FigureTable | Timeline | DotPlot | BeforeAfter | SurenessBars


@dataclass(frozen=True, slots=True)
class Gate:
    """A place to think: the blocks after it wait for Enter if there is a keyboard."""

    prompt: str


# -- before the answer ----------------------------------------------------------------------------


def heading(session: Session) -> Iterator[Block]:
    """Yield the title."""
    yield Lines([title_of(session.lesson)], style="bold")


def recalled(session: Session) -> Iterator[Block]:
    """Yield the question about an earlier lesson; nothing if the lesson asks none."""
    if session.question_of("recall") is not None:
        yield Lines(["First, from an earlier lesson:"])
        yield from _question_blocks(session, "recall")


def question(session: Session) -> Iterator[Block]:
    """Yield the story and the question with its options, without any result."""
    yield from (Lines([paragraph]) for paragraph in story(session))
    yield from _question_blocks(session, "question")


def reason(session: Session) -> Iterator[Block]:
    """Yield the question for the reason, with the reasons to choose from if there are any."""
    yield from _question_blocks(session, "why")


def voted(session: Session, part: Part) -> Iterator[Block]:
    """Yield the votes of a class as bars, and none of them marked.

    Args:
        session: the session.
        part: the part of the lesson that asks.
    """
    yield from _votes(session, part)


def to_discuss(session: Session, part: Part) -> Iterator[Block]:
    """Yield what a class does between its votes: the reason is what it talks about.

    Args:
        session: the session.
        part: the part of the lesson that asks.
    """
    if part == "question":
        yield from reason(session)
    share = session.share_right(part, first=True)
    if share is not None:
        yield Lines([what_next(share)])


def _question_blocks(session: Session, part: Part) -> Iterator[Block]:
    """A question in bold, and its options or the votes of a class."""
    if part in session.class_votes:
        yield from _votes(session, part)
    elif (part_question := session.question_of(part)) is not None:
        yield from _question_text(session, part)
        if part_question.options:
            yield AnswerOptions(session.options(part), session.letters_of(part))


def _question_text(session: Session, part: Part) -> Iterator[Block]:
    """A question in bold."""
    if (part_question := session.question_of(part)) is not None:
        yield Lines([session.filled_text(part_question.text)], style="bold")


def story(session: Session) -> Iterator[str]:
    """Yield the paragraphs of the story, and one on the student's number."""
    lesson = session.lesson
    if lesson.story:
        yield session.filled_text(lesson.story)
    if session.student is not None and lesson.students is not None:
        number = session.filled_text("{number}")
        yield f"Student {session.student:,}: in your run {lesson.students.label} {number}."


# -- after it -------------------------------------------------------------------------------------


def revealed(session: Session) -> Iterator[Block | Gate]:
    """Yield the answer given and the right one, the reason, the figures, and the sentence to remember.

    A class has seen its votes; it sees the result, and then the sum.
    """
    outcome = session.run()
    yield from _truth(session, outcome)
    if sureness := session.sureness():
        yield SurenessBars(sureness)
    if session.is_class:
        yield from _numbers(session, outcome)
    if session.lesson.discuss and (session.level == "advanced" or session.is_class):
        yield Lines([session.filled_text(session.lesson.discuss)], style="bold")
        yield Gate("think, then Enter for the sum >")
    else:
        yield from _before_the_sum(session)
    yield from feedback(session, "why")
    the_sum = f"The sum: {full_stop(session.filled_text(session.lesson.sum))}"
    yield Lines([*_refuted(session, "question"), the_sum])
    if not session.is_class:
        yield from _numbers(session, outcome)
    yield Lines([f"Keep this: {full_stop(session.lesson.takeaway)}"], style="bold")


def _before_the_sum(session: Session) -> Iterator[Gate]:
    """In a class somebody explains the surprise first."""
    if session.is_class:
        yield Gate("Enter for the sum >")


def feedback(session: Session, part: Part) -> Iterator[Block]:
    """Yield what was answered to a question without a run, the right answer, and why not another one.

    Args:
        session: the session.
        part: the part of the lesson that asks.
    """
    part_question, words = session.question_of(part), session.own_words.get(part)
    if part_question is not None and part_question.options:
        yield from _votes(session, part, session.correct(part))
        if part == "why" and part not in session.answers and part not in session.class_votes:
            yield Lines([session.filled_text(part_question.text)])  # nobody was asked, so nobody knows them
            options, letters = session.options(part), session.letters_of(part)
            yield AnswerOptions(options, letters, None, session.correct(part))
        yield Lines([*_verdict(session, part), *_refuted(session, part)])
    elif words:
        yield Lines([f"Your reason: {full_stop(words)}"])


def _right(session: Session, part: Part) -> Iterator[Block]:
    """What was answered and the right answer, without any reason; nothing if the lesson does not ask."""
    if session.question_of(part) is not None:
        yield from _votes(session, part, session.correct(part))
        yield Lines(_verdict(session, part))


def _votes(session: Session, part: Part, truth: int | None = None) -> Iterator[Block]:
    """The question and the votes of a class as bars, before the talk and after it; nothing without any."""
    vote = session.class_votes.get(part)
    if vote is not None:
        yield from _question_text(session, part)
        options, letters = session.options(part), session.letters_of(part)
        yield AnswerOptions(options, letters, vote.first, truth, vote.again)


def _truth(session: Session, outcome: LessonRun) -> Iterator[Block]:
    """The answer given and the right one."""
    correct = session.lesson.question.correct
    yield from _votes(session, "question", correct)
    yield Lines(_verdict(session, "question", _measured(outcome, session.options()[correct])))
    if not is_right(outcome):
        measured = _figure(outcome, outcome.measured)
        yield Lines(
            [f"But this run says {measured}: the lesson's file does not fit its scenario."], style="bold"
        )


def _verdict(session: Session, part: Part, measured: str = "") -> list[str]:
    """What was said and what is right, for a person or a class."""
    correct, answered = session.correct(part), session.answers.get(part)
    assert correct is not None
    was = "The reason is" if part == "why" else "It was"
    truth = f"{was} {_lettered(session, part, correct)}{measured}"
    if (vote := session.class_votes.get(part)) is not None:
        return [full_stop(truth), _share_right(vote, correct)]
    if answered is None:
        return [full_stop(truth)]
    choice = _lettered(session, part, answered.choice)
    if answered.choice == correct:
        return said_and_was(choice, answered.sure, None, measured)
    return said_and_was(choice, answered.sure, truth)


def said_and_was(choice: str, sure: int | None, truth: str | None, measured: str = "") -> list[str]:
    """Return what one person said, and what is right.

    Args:
        choice: the option that was chosen.
        sure: how sure the person was, from 1 to 3; None if that was not given.
        truth: the sentence that says what is right; None if the person was right.
        measured: the figure, in brackets, for a right answer that does not name it.
    """
    opening = f"You said {choice}{f' ({SURENESS[sure]})' if sure else ''}"
    if truth is None:
        return [f"{opening}. Correct{measured}."]
    surprise = " A surprise worth remembering." if sure == max(SURENESS) else ""
    return [f"{opening}.", full_stop(truth) + surprise]


def _share_right(vote: Vote, correct: int) -> str:
    """How many were right; of two votes, the share in both."""
    right, all_votes = vote.first[correct], sum(vote.first)
    if vote.again is None:
        return f"{right:,} of {all_votes:,} said so."
    later, all_later = vote.again[correct], sum(vote.again)
    return (
        f"At first {right / all_votes:.0%} said so ({right:,} of {all_votes:,}), "
        f"after the talk {later / all_later:.0%} ({later:,} of {all_later:,})."
    ).replace("%", " %")


def _lettered(session: Session, part: Part, index: int) -> str:
    return f"{session.letters_of(part)[index]}) {session.options(part)[index].rstrip('.')}"


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


def _to_refute(session: Session, part: Part) -> list[int]:
    """The wrong options somebody chose; all of them if nobody was asked."""
    others = [index for index in range(len(session.letters_of(part))) if index != session.correct(part)]
    vote, answered = session.class_votes.get(part), session.answers.get(part)
    if vote is not None:
        return [index for index in others if vote.first[index] or vote.last[index]]
    return others if answered is None else [index for index in others if index == answered.choice]


def _refuted(session: Session, part: Part) -> list[str]:
    """For each wrong option somebody chose, when it would be right; for all of them if nobody was asked."""
    if session.question_of(part) is None:
        return []
    return [_refutation(session, part, index) for index in _to_refute(session, part)]


def _refutation(session: Session, part: Part, index: int) -> str:
    part_question = session.question_of(part)
    assert part_question is not None
    right_if = part_question.options[index].right_if or ""
    letter = f"{session.letters_of(part)[index]})"
    name = f"Reason {letter}" if part == "why" else letter
    return full_stop(f"{name} would be right if {session.filled_text(right_if)}")


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
        if lesson.look_for:
            yield Lines([f"Look for: {full_stop(lesson.look_for)}"])
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
    """Yield the announcement of a change, and its question or a gate with time for a guess.

    Args:
        session: the session.
        case: the change, or a further case.
    """
    is_change = case is session.lesson.change
    lead = "Now one thing changes" if is_change else "To go on"
    number = session.number_in(case)
    also = f" ({_for(session, number)})" if number != session.number else ""
    text = filled(case.text, number, values_of(session.lesson, number)[session.lesson.question.correct])
    yield Lines([f"{lead}: {full_stop(text)}{also}"], style="bold")
    if is_change and session.question_of("change") is not None:
        yield from _question_blocks(session, "change")
    elif is_change:
        yield Gate("guess, then Enter to see >")
    else:
        yield Gate("guess, then Enter to see; Ctrl-D to skip these >")


def _for(session: Session, number: str | None) -> str:
    """The number in the run, in the words of the lesson."""
    students = session.lesson.students
    return "" if students is None else f"{students.label} {number} for everybody"


def changed(session: Session, case: Case, guess: str = "") -> Iterator[Block | Gate]:
    """Yield the answer or the guess, the effect of the change on the figures, and its reason.

    A class sees the effect, and then the reason.

    Args:
        session: the session.
        case: the change, or a further case.
        guess: the text that the reader typed; empty for none.
    """
    lesson, after = session.lesson, session.run_case(case)
    if guess.strip():
        yield Lines([full_stop(f"You guessed: {clipped(visible(guess.strip()))}")])
    is_change = case is lesson.change
    if is_change:
        yield from _right(session, "change")
    rows = lesson.rows_of(case)
    own = number_of(lesson, None)
    if case.scenario is None:
        asks = session.number_in(case) == own
        before = session.run_with_own_number() if asks else session.run()
        yield BeforeAfter(_rows(rows, before.comparison), _rows(rows, after))
    else:
        yield FigureTable(after, _rows(rows, after))
    its_own = session.number_in(case) == own or case.scenario is not None or "{number}" in case.sum
    lead = "The sum" if its_own else f"The sum, for {own}"
    yield from _before_the_sum(session)
    refuted = _refuted(session, "change") if is_change else []
    yield Lines([*refuted, f"{lead}: {full_stop(session.filled_text(case.sum))}"])


# -- the same idea on another surface -------------------------------------------------------------


def transferred(session: Session) -> Iterator[Block]:
    """Yield the other situation and the question about it; nothing if the lesson has none."""
    transfer = session.lesson.transfer
    if transfer is not None:
        yield Lines([f"And somewhere else: {full_stop(transfer.story)}"])
        yield from _question_blocks(session, "transfer")


def transfer_feedback(session: Session) -> Iterator[Block | Gate]:
    """Yield the answer to the last question, its run if there is one, and its reason.

    A class sees the answer, and then the reason.
    """
    transfer = session.lesson.transfer
    if transfer is None:
        return
    yield from _right(session, "transfer")
    if transfer.case is not None and transfer.rows:
        after = session.run_case(transfer.case)
        yield FigureTable(after, _rows(transfer.rows, after))
    yield from _before_the_sum(session)
    lead = "The sum: " if transfer.case else ""
    yield Lines([*_refuted(session, "transfer"), f"{lead}{full_stop(transfer.sum)}"])


def fine_print(session: Session) -> Iterator[Block]:
    """Yield the notes on the run and its assumptions."""
    lesson, comparison = session.lesson, session.run().comparison
    ran, assumed = footer(comparison)
    others = [
        *_differences("Changed runs", session.changed_runs, comparison),
        *_differences("The run somewhere else", session.transfer_runs, comparison),
    ]
    notes = [PLUS_MINUS] if comparison.interval else []
    yield Lines(
        [*notes, ran, *others, f"Assumes {', '.join(lesson.assumes)}." if lesson.assumes else assumed]
    )


def _differences(lead: str, later: Sequence[Comparison], first: Comparison) -> Iterator[str]:
    """What ran in later runs and not in the first, as one sentence; nothing if nothing differs."""
    before = what_ran(first)
    new = [listed([item for item in what_ran(after) if item not in before]) for after in later]
    if others := "; ".join(dict.fromkeys(filter(None, new))):
        yield f"{lead}: {others}."

"""A lesson's key: the answer, the number from the run, and why people choose each wrong answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.lessons.contradictions import contradictions
from syncasync_sim.lessons.drawings import WIDTH, dots, timeline, waiting
from syncasync_sim.lessons.feedback import (
    LessonRun,
    figure_name,
    measured,
    number_of,
    run_case,
    run_lesson,
    title_of,
)
from syncasync_sim.lessons.handout import byline, notes_of
from syncasync_sim.lessons.presenter import full_stop
from syncasync_sim.lessons.print_page import Block, Heading, Page, Paragraph, Table, Together
from syncasync_sim.lessons.session import Part, Session
from syncasync_sim.model.claims import parse_claim, parse_value
from syncasync_sim.model.figures import unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import Case, Lesson, Row
from syncasync_sim.model.modes import MODES
from syncasync_sim.stats import Comparison


@dataclass(frozen=True, slots=True)
class Ran:
    """All runs of a lesson: its own, those of its cases, and one for each number that *students* have."""

    file: LessonFile
    outcome: LessonRun
    cases: tuple[tuple[Case, Comparison], ...]
    students: tuple[tuple[tuple[int, ...], LessonRun], ...] = ()
    elsewhere: Comparison | None = None
    """The run of the last question, if it has one."""

    @property
    def session(self) -> Session:
        """A session of the lesson, which knows the questions and their options."""
        return Session(self.file)

    @property
    def contradictions(self) -> list[str]:
        """What the lesson says and the runs do not, with what was measured instead."""
        outcomes = (self.outcome, *(outcome for _, outcome in self.students))
        return contradictions(self.file, outcomes, self.cases, self.elsewhere)


def how_many(lesson: Lesson, students: Sequence[int] = ()) -> int:
    """Return the greatest number of runs that `run_all` makes, one per design and replication.

    Args:
        lesson: the lesson.
        students: the numbers of the students, from 1.
    """
    numbers = len({number_of(lesson, student) for student in students})
    elsewhere = 0 if lesson.transfer is None or lesson.transfer.case is None else 1
    return (2 + len(lesson.more) + numbers + elsewhere) * lesson.replications * len(MODES)


def run_all(file: LessonFile, students: Sequence[int] = (), watch: Watch | None = None) -> Ran:
    """Run all cases of a lesson, and each value that one of the students has.

    Args:
        file: the lesson.
        students: the numbers of the students, from 1.
        watch: asked repeatedly whether to go on; after it says no, the result must not be used.

    Raises:
        ScenarioError: a scenario of the lesson cannot be read.
    """
    outcome = run_lesson(file, watch=watch)
    lesson = file.lesson
    cases = tuple((case, run_case(file, case, watch=watch)[0]) for case in (lesson.change, *lesson.more))
    having: dict[str | None, list[int]] = {}
    for student in students:
        having.setdefault(number_of(lesson, student), []).append(student)
    own = {
        number: outcome if number == outcome.number else run_lesson(file, number, watch) for number in having
    }
    groups = tuple((tuple(group), own[number]) for number, group in having.items())
    last = None if lesson.transfer is None else lesson.transfer.case
    elsewhere = None if last is None else run_case(file, last, watch=watch)[0]
    return Ran(file, outcome, cases, groups, elsewhere)


def key(ran: Ran) -> Page:
    """The page for the teacher of the lesson."""
    lesson, outcome = ran.file.lesson, ran.outcome
    blocks: list[Block] = [
        *(before := list(earlier(ran))),
        *([Heading("This lesson")] if before else []),
        *_answer(ran.session, outcome),
        filled_table(lesson.rows, outcome.comparison),
        *pictures(outcome),
        Heading("Why people choose the others"),
        refutations(ran.session, "question"),
        *_reason(ran),
        Heading("One thing changed" if not lesson.more else "One thing changed, and more"),
        _cases(outcome, ran.cases),
        *asked_and_answered(ran.session, "change"),
        *elsewhere(ran),
        *_students(lesson, ran.students),
    ]
    title = title_of(lesson)
    return Page(f"Key: {title}", byline(lesson), blocks, notes_of(ran.file, outcome.scenario), dense=True)


def earlier(ran: Ran) -> Iterator[Block]:
    """Yield the question about an earlier lesson with its answer; nothing if the lesson asks none."""
    if ran.session.question_of("recall") is not None:
        yield Heading("From an earlier lesson")
        yield from asked_and_answered(ran.session, "recall")


def _reason(ran: Ran) -> Iterator[Block]:
    """The reason to choose, where there are reasons to choose from."""
    if ran.session.letters_of("why"):
        yield Heading("The reason")
        yield from asked_and_answered(ran.session, "why")


def elsewhere(ran: Ran) -> Iterator[Block]:
    """Yield the last question with its answer, its run if there is one, and its reason."""
    transfer = ran.file.lesson.transfer
    if transfer is None:
        return
    yield Heading("The same idea somewhere else")
    yield Paragraph(full_stop(transfer.story))
    yield from asked_and_answered(ran.session, "transfer")
    if ran.elsewhere is not None and transfer.rows:
        yield filled_table(transfer.rows, ran.elsewhere)
    yield Paragraph(full_stop(transfer.sum), "The sum:" if ran.elsewhere is not None else "Because:")


def asked_and_answered(session: Session, part: Part) -> Iterator[Block]:
    """Yield a question, its answer, and the others with what would make them right.

    Args:
        session: a session of the lesson.
        part: the part of the lesson that asks; nothing if it does not, or has no options.
    """
    question, correct = session.question_of(part), session.correct(part)
    if question is not None and correct is not None:
        yield Together(
            [
                Paragraph(session.filled_text(question.text), "Question:"),
                Paragraph(full_stop(lettered(session, part, correct)), "Answer:"),
                refutations(session, part),
            ]
        )


def lettered(session: Session, part: Part, index: int) -> str:
    """An option with its letter, without a full stop: more of a sentence may follow.

    Args:
        session: a session of the lesson.
        part: the part of the lesson that asks.
        index: the place of the option, from 0.
    """
    return f"{session.letters_of(part)[index]}) {session.options(part)[index].rstrip('.')}"


def _answer(session: Session, outcome: LessonRun) -> Iterator[Block]:
    lesson = outcome.lesson
    yield Paragraph(outcome.filled_text(lesson.question.text), "Question:")
    answer = lettered(session, "question", lesson.question.correct)
    yield Paragraph(full_stop(answer), "Answer:")
    if lesson.question.figure is not None:
        in_the_run = "In the run:" if lesson.replications == 1 else f"Mean of {lesson.replications} runs:"
        yield Paragraph(full_stop(measured(outcome)), in_the_run)
    if lesson.theory is not None:
        yield Paragraph(full_stop(f"{lesson.theory.formula} = {_theory(outcome)}"), "In theory:")
    yield Paragraph(full_stop(outcome.filled_text(lesson.sum)), "The sum:")
    if lesson.discuss:
        yield Paragraph(outcome.filled_text(lesson.discuss), "To ask:")
    yield Paragraph(full_stop(lesson.takeaway), "To keep:")


def filled_table(rows: Sequence[Row], comparison: Comparison) -> Table:
    """The table after a run, filled.

    Args:
        rows: its rows.
        comparison: the result of the run.
    """
    filled = []
    for row in rows:
        figures = (comparison.figure(mode, row.figure) for mode in MODES)
        filled.append((row.label, *(format_value(figure, unit_of(row.figure)) for figure in figures)))
    return Table(("", *MODES), filled, numbers=(1, 2))


def pictures(outcome: LessonRun, width: int = WIDTH) -> Iterator[Block]:
    """Yield the dots of all runs where chance plays a part; else a customer's timeline, and how many wait.

    Args:
        outcome: the run.
        width: the width of each, in units of a drawing.
    """
    lesson = outcome.lesson
    if lesson.replications > 1 and lesson.question.figure is not None:
        mode, _, name = lesson.question.figure.partition(".")
        marks = [("mean of the runs", outcome.measured or 0.0)]
        if lesson.theory is not None:
            marks.append(("theory", parse_value(lesson.theory.value) or 0.0))
        yield dots(
            outcome.comparison.each("sync" if mode == "sync" else "async", name), marks, unit_of(name), width
        )
        return
    if lesson.explain is not None:
        yield timeline(outcome.traces, lesson.explain, width)
    if (drawn := waiting(outcome.traces, width)) is not None:
        yield drawn


def refutations(session: Session, part: Part) -> Table:
    """The wrong options of a question: the belief behind each, if it has one, and what would make it right.

    Args:
        session: a session of the lesson.
        part: the part of the lesson that asks.
    """
    question, correct = session.question_of(part), session.correct(part)
    options = () if question is None else question.options
    rows = [
        (
            lettered(session, part, index),
            session.filled_text(option.belief or "-"),
            session.filled_text(option.right_if or ""),
        )
        for index, option in enumerate(options)
        if index != correct
    ]
    if not any(option.belief for option in options):
        return Table(("answer", "it would be right if"), [(answer, right_if) for answer, _, right_if in rows])
    return Table(("answer", "who says so believes that", "it would be right if"), rows)


def _cases(outcome: LessonRun, cases: Sequence[tuple[Case, Comparison]]) -> Table:
    rows = [
        (
            outcome.filled_text(case.text),
            "; ".join(_measured_texts(outcome.lesson, case, ran)),
            outcome.filled_text(case.sum),
        )
        for case, ran in cases
    ]
    in_the_run = "in the run" if outcome.lesson.replications == 1 else "mean of the runs"
    return Table(("what is changed", in_the_run, "the sum"), rows)


def _measured_texts(lesson: Lesson, case: Case, comparison: Comparison) -> list[str]:
    """The figures that a case makes a claim about, in the lesson's own words where it has some."""
    labels = {row.figure: row.label for row in (*lesson.rows, *case.rows)}
    results = []
    for text in case.claims:
        claimed = parse_claim(text, comparison.scenario.effects).left
        figure, mode = claimed.figure, claimed.mode
        value = format_value(comparison.figure(mode, figure.name), figure.unit)
        results.append(f"{labels.get(figure.name) or figure.in_words}: {value} ({mode})")
    return list(dict.fromkeys(results))


def _students(lesson: Lesson, students: Sequence[tuple[Sequence[int], LessonRun]]) -> Iterator[Block]:
    if lesson.students is not None and students:
        rows = [
            (", ".join(map(str, group)), outcome.number or "", measured(outcome))
            for group, outcome in students
        ]
        yield Heading("The students' own numbers")
        yield Table(("student", lesson.students.label, "answer"), rows, numbers=(1, 2))


def _theory(outcome: LessonRun) -> str:
    assert outcome.lesson.theory is not None
    return format_value(parse_value(outcome.lesson.theory.value), unit_of(figure_name(outcome.lesson)))

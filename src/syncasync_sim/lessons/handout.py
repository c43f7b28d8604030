"""A lesson's handout: the question, and room for a prediction.

Nothing is run for it, so no number of the run can slip out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncasync_sim._version import __version__
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.lessons.drawings import empty_timeline
from syncasync_sim.lessons.feedback import title_of
from syncasync_sim.lessons.presenter import full_stop
from syncasync_sim.lessons.print_page import (
    Block,
    Booklet,
    Heading,
    Marks,
    Options,
    Page,
    PageBreak,
    Paragraph,
    Rules,
    Table,
    WritingSpace,
)
from syncasync_sim.lessons.session import SURENESS, Part, Session
from syncasync_sim.model.lesson_file import Lesson
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.placeholders import filled
from syncasync_sim.model.scenario import Scenario

LICENCE = "Text: CC BY 4.0, the syncasync-sim developers"
"""Of the lessons that come with the program; those of a teacher belong to the teacher."""


def handouts(file: LessonFile, students: Sequence[int]) -> Booklet:
    """The sheets of several students, each on paper of its own.

    Args:
        file: the lesson.
        students: the students, from 1.

    Raises:
        ScenarioError: the scenario of the lesson cannot be read.
    """
    return Booklet(title_of(file.lesson), [handout(file, student) for student in students])


def handout(file: LessonFile, student: int | None = None) -> Page:
    """The sheet of one student, or the common sheet.

    What is asked after the run is on the second page, which the class turns to then.

    Args:
        file: the lesson.
        student: the student, from 1; None for the common sheet.

    Raises:
        ScenarioError: the scenario of the lesson cannot be read.
    """
    lesson, session = file.lesson, Session(file, student=student)
    scenario = file.scenario(number=session.number)
    blocks: list[Block] = list(_earlier(session))
    blocks += [Paragraph(filled(lesson.story, session.number, None))] if lesson.story else []
    if student is not None and lesson.students is not None:
        blocks.append(Paragraph(f"{lesson.students.label} {session.number}", "On your sheet:"))
    blocks += _question(session)
    if lesson.change.question is not None or lesson.transfer is not None:
        blocks.append(PageBreak())
    blocks += [*_after_the_run(lesson), *_change(session), *_elsewhere(session)]
    blocks += [Heading("To keep, in my own words"), Rules("In one sentence:", 2)]
    sheet = () if student is None else (f"sheet of student {student}",)
    return Page(title_of(lesson), byline(lesson, *sheet), blocks, notes_of(file, scenario), name_line=True)


def _earlier(session: Session) -> Iterator[Block]:
    if session.question_of("recall") is not None:
        yield Heading("First, from an earlier lesson")
        yield from _question_of(session, "recall")
        yield Heading("Now this lesson")


def _question(session: Session) -> Iterator[Block]:
    yield Heading("Predict, before anything runs")
    yield from _question_of(session, "question")
    yield Marks("How sure?", tuple(SURENESS.values()))
    yield Marks("After talking:", [f"{letter})" for letter in session.letters])
    yield Heading("The reason")
    yield from _question_of(session, "why")
    yield Rules("In my own words:", 1 if session.letters_of("why") else 2)


def _question_of(session: Session, part: Part) -> Iterator[Block]:
    """A question and its options, if it has any."""
    question = session.question_of(part)
    if question is not None:
        yield Paragraph(filled(question.text, session.number, None))
    if question is not None and question.options:
        yield Options(list(zip(session.letters_of(part), session.options(part), strict=True)))


def _change(session: Session) -> Iterator[Block]:
    """The change: its question, or room for a guess."""
    change, number = session.lesson.change, session.number_in(session.lesson.change)
    yield Heading("Now change one thing")
    also = f" ({for_everybody(session.lesson, number)})" if number != session.number else ""
    yield Paragraph(full_stop(filled(change.text, number, None)) + also)
    if session.question_of("change") is None:
        yield WritingSpace("What will happen?", 8)
    yield from _question_of(session, "change")
    yield WritingSpace("What happened?", 8)


def _elsewhere(session: Session) -> Iterator[Block]:
    if session.lesson.transfer is not None:
        yield Heading("The same idea somewhere else")
        yield Paragraph(full_stop(session.lesson.transfer.story))
        yield from _question_of(session, "transfer")
        yield Rules("Why?", 1)


def for_everybody(lesson: Lesson, number: str | None) -> str:
    """Return the lesson's own number in its words, where a whole class has the same.

    Args:
        lesson: the lesson.
        number: the number.
    """
    return "" if lesson.students is None else f"{lesson.students.label} {number} for everybody"


def _after_the_run(lesson: Lesson) -> list[Block]:
    """The table of the reveal, empty, and a timeline to draw into unless chance decides."""
    table = Table(("", *MODES), [(row.label, *("" for _ in MODES)) for row in lesson.rows])
    drawing: list[Block] = []
    if lesson.replications == 1:
        whom = "it" if lesson.explain in (None, 1) else f"the run of customer {lesson.explain}"
        drawing = [Paragraph("", f"Draw {whom}: who waits when, who works when?"), empty_timeline()]
    return [Heading("After the run"), table, *drawing, Rules("What surprised me:", 1)]


def byline(lesson: Lesson, *more: str) -> str:
    """The line under the title: the minutes, and the lesson to take before.

    Args:
        lesson: the lesson.
        *more: further parts of the line.
    """
    needs = () if lesson.needs == "nothing" else (f"after {lesson.needs}",)
    return " • ".join((f"{lesson.minutes} minutes", *needs, *more))


def notes_of(file: LessonFile, scenario: Scenario) -> tuple[str, ...]:
    """Return the notes on the assumptions, on how to repeat the run, and on the licence of the text.

    Args:
        file: the lesson.
        scenario: its scenario.
    """
    lesson = file.lesson
    assumes = (f"Assumes {', '.join(lesson.assumes)}.",) if lesson.assumes else ()
    runs = "" if lesson.replications == 1 else f" • {lesson.replications} runs"
    licence = f" • {LICENCE}" if file.is_bundled else ""
    program = f"syncasync-sim {__version__}"
    return (*assumes, f"scenario {lesson.scenario} • seed {scenario.seed}{runs} • {program}{licence}")

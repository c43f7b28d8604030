"""A lesson's handout: the question, and room for a prediction.

Nothing is run for it, so no number of the run can slip out.
"""

from __future__ import annotations

from syncasync_sim._version import __version__
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.lessons.drawings import empty_timeline
from syncasync_sim.lessons.feedback import filled, number_of, texts_of, title_of
from syncasync_sim.lessons.print_page import (
    Block,
    Heading,
    Marks,
    Options,
    Page,
    Paragraph,
    Rules,
    Table,
    WritingSpace,
)
from syncasync_sim.lessons.session import SURENESS
from syncasync_sim.model.lesson_file import LETTERS, Lesson
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.scenario import Scenario


def handout(file: LessonFile, student: int | None = None) -> Page:
    """The sheet of one student, or the common sheet.

    Args:
        file: the lesson.
        student: the student, from 1; None for the common sheet.

    Raises:
        ScenarioError: the scenario of the lesson cannot be read.
    """
    lesson, number = file.lesson, number_of(file.lesson, student)
    scenario = file.scenario(number=number)
    blocks: list[Block] = [Paragraph(filled(lesson.story, number, None))] if lesson.story else []
    if student is not None and lesson.students is not None:
        blocks.append(Paragraph(f"{lesson.students.label} {number}", "On your sheet:"))
    blocks += _question(lesson, number)
    blocks += _after_the_run(lesson, scenario)
    blocks += [
        Heading("Now change one thing"),
        Paragraph(filled(lesson.change.text, number, None)),
        WritingSpace("What will come of it?", 8),
        WritingSpace("What came of it?", 8),
        Heading("To keep, in my own words"),
        Rules("In one sentence:", 2),
    ]
    sheet = () if student is None else (f"sheet of student {student}",)
    return Page(title_of(lesson), byline(lesson, *sheet), blocks, notes_of(lesson, scenario), name_line=True)


def _question(lesson: Lesson, number: str | None) -> list[Block]:
    return [
        Heading("Predict, before anything runs"),
        Paragraph(filled(lesson.question.text, number, None)),
        Options(options_of(lesson, number)),
        WritingSpace("I predict:", 8),
        Marks("How sure?", tuple(SURENESS.values())),
        Rules("Why?", 2),
    ]


def _after_the_run(lesson: Lesson, scenario: Scenario) -> list[Block]:
    """The table of the reveal, empty, and a timeline to draw into."""
    table = Table(("", *MODES), [(row.label, *("" for _ in MODES)) for row in lesson.rows])
    drawing: list[Block] = []
    if lesson.explain is not None:
        drawing = [Paragraph("", "Draw it: who waits when, who works when?"), empty_timeline(scenario)]
    return [Heading("After the run"), table, *drawing, Rules("What surprised me:", 1)]


def byline(lesson: Lesson, *more: str) -> str:
    """The line under the title: the minutes, and the lesson to take before.

    Args:
        lesson: the lesson.
        *more: further parts of the line.
    """
    needs = () if lesson.needs == "nothing" else (f"after {lesson.needs}",)
    return " • ".join((f"{lesson.minutes} minutes", *needs, *more))


def options_of(lesson: Lesson, number: str | None) -> list[tuple[str, str]]:
    """Return the letter and the text of each option.

    Args:
        lesson: the lesson.
        number: the number of a student; None for the lesson's own.
    """
    return list(zip(LETTERS, texts_of(lesson, number), strict=False))


def notes_of(lesson: Lesson, scenario: Scenario) -> tuple[str, ...]:
    """Return the notes on the assumptions, and on how to repeat the run.

    Args:
        lesson: the lesson.
        scenario: its scenario.
    """
    assumes = (f"Assumes {', '.join(lesson.assumes)}.",) if lesson.assumes else ()
    runs = "" if lesson.replications == 1 else f" • {lesson.replications} runs"
    program = f"syncasync-sim {__version__}"
    return (*assumes, f"scenario {scenario.name} • seed {scenario.seed}{runs} • {program}")

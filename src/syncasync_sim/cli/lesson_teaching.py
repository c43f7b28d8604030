"""`syncasync-sim lesson guide`, `slides`, `review` and `test`: a lesson, and a course, for teachers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncasync_sim.cli import outputs
from syncasync_sim.cli.lesson import LessonArgument
from syncasync_sim.cli.lesson_pages import (
    OutputOption,
    check_free,
    check_kind,
    confirmed,
    give,
    refuse,
    span,
)
from syncasync_sim.cli.options import ForceOption, whole_number
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.signals import SAYS, Stop

if TYPE_CHECKING:
    from syncasync_sim.files.lessons import LessonFile
    from syncasync_sim.model.concept_test import ConceptTest, Form

GUIDE_HELP = """
\b
syncasync-sim lesson guide 2                      not-faster-guide.html
syncasync-sim lesson guide my-lesson.yaml -o -    read it here

Run a lesson and write its guide for the teacher: the goal, what to vote on, what to do after the vote, what
students say and how to answer, and a version of five minutes.

If a run does not show what the lesson says, nothing is written, and the exit code is 3.
"""
SLIDES_HELP = """
\b
syncasync-sim lesson slides 2                     not-faster-slides.html
syncasync-sim lesson slides my-lesson.yaml -o slides.html

Run a lesson and write its slides: one HTML file for a projector or a printer, which needs no network. Each
question comes before its answer. The arrow keys show the next slide and the one before.

If a run does not show what the lesson says, nothing is written, and the exit code is 3.
"""
REVIEW_HELP = """
\b
syncasync-sim lesson review 1-7                   review-1-7.html: questions about lessons 1 to 7, mixed
syncasync-sim lesson review 8                     the same: lessons that come before lesson 8
syncasync-sim lesson review 1-7 --key             review-1-7-key.html, with the answers
syncasync-sim lesson review my-lesson.yaml        questions about one lesson of your own

Write a review sheet: questions about earlier lessons in mixed order. The same seed gives the same sheet, and
the key to it.
"""
TEST_HELP = """
\b
syncasync-sim lesson test --form A                concept-test-A.html, before the lessons
syncasync-sim lesson test --form B                concept-test-B.html, after them
syncasync-sim lesson test --form A --key          concept-test-A-key.html, with the rubric

Write the concept test: twelve questions, each about one misconception. Form B asks for the same as form A, on
another surface or with other numbers. The key says what a wrong answer may mean, and how to compute the gain.

If a run does not show what the key says, nothing is written, and the exit code is 3.
"""
MOST_QUESTIONS = 100
DEFAULT_QUESTIONS = 8

SlidesOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="An .html file. Default: a name made of the lesson's.",
        show_default=False,
    ),
]
KeyOption = Annotated[bool, typer.Option("--key", help="The answers, for the teacher.")]


def _form(text: str) -> Any:
    from syncasync_sim.model.concept_test import FORMS

    if text.upper() not in FORMS:
        raise typer.BadParameter(f"'{text}' is not a form: choose {' or '.join(FORMS)}.")
    return text.upper()


def guide(lesson: LessonArgument, output: OutputOption = None, force: ForceOption = False) -> None:
    from syncasync_sim.files.lessons import load_lesson
    from syncasync_sim.lessons.guide import guide as paper

    check_kind(output)
    file = load_lesson(lesson)
    output = output or Path(f"{file.lesson.name}-guide.html")
    check_free(output, force)
    give(paper(confirmed(file)), output, force)


def slides(lesson: LessonArgument, output: SlidesOption = None, force: ForceOption = False) -> None:
    from syncasync_sim.files.lessons import load_lesson
    from syncasync_sim.lessons.slides import slides as made

    if output is not None and output.suffix.lower() != ".html":
        raise typer.BadParameter(f"'{output}' does not end in .html: slides are a page.", param_hint="-o")
    file = load_lesson(lesson)
    output = output or Path(f"{file.lesson.name}-slides.html")
    check_free(output, force)
    outputs.write(output, made(confirmed(file)), force=force)
    outputs.tell(output)


def review(
    lessons: Annotated[
        str,
        typer.Argument(
            metavar="LESSONS",
            help="Lessons A-B; or one lesson, for those before it; or a file of your own.",
            show_default=False,
        ),
    ],
    count: Annotated[
        int,
        typer.Option(
            "--count", metavar="N", parser=whole_number(1, MOST_QUESTIONS), help="At most so many questions."
        ),
    ] = DEFAULT_QUESTIONS,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", parser=whole_number(0), help="The seed of the order.")
    ] = 1,
    with_key: KeyOption = False,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    from syncasync_sim.lessons import review_sheet

    check_kind(output)
    files = _before(lessons)
    end = "-key" if with_key else ""
    output = output or Path(f"review-{_named(lessons, files)}{end}.html")
    check_free(output, force)
    dealt = review_sheet.deal(files, count, seed)
    made = review_sheet.review_key if with_key else review_sheet.review_sheet
    give(made(dealt, seed), output, force)


def _before(given: str) -> list[LessonFile]:
    """The lessons that a sheet is about."""
    from syncasync_sim.files.lessons import load_lesson

    if re.fullmatch(r"[0-9]+-[0-9]+", given):
        wanted = span(given)
        return _numbered(wanted[0], wanted[-1])
    file = load_lesson(given)
    if file.lesson.number is None or not file.is_bundled:
        return [file]
    if file.lesson.number == 1:
        raise typer.BadParameter(
            "no lesson comes before lesson 1: write for instance 1-7.", param_hint="LESSONS"
        )
    return _numbered(1, file.lesson.number - 1)


def _numbered(first: int, last: int) -> list[LessonFile]:
    """The lessons with these numbers."""
    from syncasync_sim.files.lessons import lessons

    numbers = [file.lesson.number or 0 for file in lessons()]
    if last > max(numbers):
        raise typer.BadParameter(f"there are lessons 1 to {max(numbers)}.", param_hint="LESSONS")
    return [file for file in lessons() if first <= (file.lesson.number or 0) <= last]


def _named(given: str, files: Sequence[LessonFile]) -> str:
    """The part of the sheet's name that says which lessons it is about."""
    numbers = [file.lesson.number for file in files]
    if len(files) == 1 and not re.fullmatch(r"[0-9-]+", given):
        return files[0].lesson.name
    return f"{numbers[0]}-{numbers[-1]}"


def concept_test(
    which: Annotated[
        Any, typer.Option("--form", metavar="A|B", parser=_form, help="The form: A or B.", show_default=False)
    ] = None,
    with_key: KeyOption = False,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    from syncasync_sim.files.concept_test import load_concept_test
    from syncasync_sim.lessons import concept_test as paper

    if which is None:
        raise typer.BadParameter("say which form: A or B.", param_hint="--form")
    check_kind(output)
    loaded = load_concept_test()
    end = "-key" if with_key else ""
    output = output or Path(f"{loaded.name}-{which}{end}.html")
    check_free(output, force)
    if with_key:
        _confirm(loaded, which)
    give((paper.form_key if with_key else paper.form)(loaded, which), output, force)


def _confirm(loaded: ConceptTest, which: Form) -> None:
    """Run what the test names. Raises Exit if the runs do not show its answers."""
    from syncasync_sim.lessons.concept_test import contradictions, how_many

    with Stop(says=SAYS) as stop, Watcher(how_many(loaded, which), stop, on_screen=True) as watch:
        sentences = contradictions(loaded, which, watch)
    if stop.requested:
        raise KeyboardInterrupt
    if sentences:
        refuse(f"the test does not fit its runs: {'; '.join(sentences)}")

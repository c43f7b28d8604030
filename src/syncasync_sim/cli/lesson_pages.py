"""`syncasync-sim lesson handout` and `lesson key`: a lesson on paper, for students and teachers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from syncasync_sim.cli import exit_codes, outputs
from syncasync_sim.cli.lesson import LessonArgument
from syncasync_sim.cli.options import ForceOption, whole_number
from syncasync_sim.cli.printed import PROGRAM, named
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.signals import SAYS, Stop

if TYPE_CHECKING:
    from syncasync_sim.files.lessons import LessonFile
    from syncasync_sim.lessons.answer_key import Ran
    from syncasync_sim.lessons.print_page import Booklet, Page

HANDOUT_HELP = """
\b
syncasync-sim lesson handout 2                    not-faster-handout.html, to print
syncasync-sim lesson handout 2 --student 17       with the number of student 17
syncasync-sim lesson handout 2 --students 1-30    thirty sheets in one file
syncasync-sim lesson handout my-lesson.yaml -o sheet.md

Write a lesson's handout: its questions with their answers, and room for a prediction. A lesson that asks
again after the run has a second page for that.

The sheet shows no results. A lesson of your own is run first: if a run does not show what the lesson says,
nothing is written, and the exit code is 3.
"""
KEY_HELP = """
\b
syncasync-sim lesson key 2                        not-faster-key.html
syncasync-sim lesson key 2 --students 1-30        with every student's answer
syncasync-sim lesson key my-lesson.yaml -o -      read it here

Run a lesson and write its key: the answer, the sum, and the reason why people choose each wrong answer.

If a run does not show what the lesson says, nothing is written, and the exit code is 3.
"""
MOST_STUDENTS = 10_000
KINDS = (".html", ".md")


def span(text: str) -> range:
    """Return the numbers of `1-30` or `17`.

    Args:
        text: the text.

    Raises:
        BadParameter: it is no such text (an error of Typer).
    """
    first, dash, last = text.partition("-")
    read = whole_number(1, MOST_STUDENTS)
    try:
        begin, end = read(first), read(last if dash else first)
    except typer.BadParameter as error:
        raise typer.BadParameter(f"'{text}': {error} Write for instance 1-30.") from None
    if end < begin:
        raise typer.BadParameter(f"'{text}' goes backwards: write {end}-{begin}.")
    return range(begin, end + 1)


StudentOption = Annotated[
    int | None,
    typer.Option(
        "--student",
        metavar="K",
        parser=whole_number(1, MOST_STUDENTS),
        help="With the number of this student (the first is 1).",
        show_default=False,
    ),
]
StudentsOption = Annotated[
    range | None,
    typer.Option(
        "--students",
        metavar="A-B",
        parser=span,
        help="With the numbers of students A to B, each on a sheet of its own.",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="An .html or .md file, or - for Markdown here. Default: a name made of the lesson's, .html.",
        show_default=False,
    ),
]


def handout(
    lesson: LessonArgument,
    student: StudentOption = None,
    students: StudentsOption = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    from syncasync_sim.files.lessons import load_lesson
    from syncasync_sim.lessons import handout as paper

    check_kind(output)
    if student is not None and students is not None:
        raise typer.BadParameter("give --student or --students, not both.", param_hint="--students")
    file = load_lesson(lesson)
    check_has_numbers(file, student)
    check_has_numbers(file, students, "--students")
    suffix = "" if student is None else f"-{student}"
    if students is not None:
        suffix = f"s-{students[0]}-{students[-1]}"
    output = output or Path(f"{file.lesson.name}-handout{suffix}.html")
    check_free(output, force)
    check_own(file, students or ([] if student is None else [student]))
    give(paper.handout(file, student) if students is None else paper.handouts(file, students), output, force)


def key(
    lesson: LessonArgument,
    students: Annotated[
        range | None,
        typer.Option(
            "--students",
            metavar="A-B",
            parser=span,
            help="Add the answers of students A to B, with a run for each.",
            show_default=False,
        ),
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    from syncasync_sim.files.lessons import load_lesson
    from syncasync_sim.lessons import answer_key as paper

    check_kind(output)
    file = load_lesson(lesson)
    check_has_numbers(file, students, "--students")
    output = output or Path(f"{file.lesson.name}-key.html")
    check_free(output, force)
    give(paper.key(confirmed(file, students or ())), output, force)


def check_own(file: LessonFile, students: Sequence[int] = ()) -> None:
    """Run all of a lesson of one's own, and refuse it if the runs do not show what it says.

    A bundled lesson is not run: the tests of the program have done that.

    Args:
        file: the lesson.
        students: the numbers of the students to run for, from 1.

    Raises:
        KeyboardInterrupt: somebody stopped it.
        Exit: the runs do not show what the lesson says (an error of Typer).
    """
    if not file.is_bundled:
        confirmed(file, students)


def confirmed(file: LessonFile, students: Sequence[int] = ()) -> Ran:
    """Run all of a lesson.

    Args:
        file: the lesson.
        students: the numbers of the students to run for, from 1.

    Raises:
        KeyboardInterrupt: somebody stopped it: half a page is of no use.
        Exit: the runs do not show what the lesson says (an error of Typer).
    """
    from syncasync_sim.lessons.contradictions import LEAD

    ran = _run(file, students)
    if ran.contradictions:
        refuse(f"{named(file.again)}: {LEAD}: {'; '.join(ran.contradictions)}")
    return ran


def refuse(sentence: str) -> NoReturn:
    """Say why nothing is written, and end with the exit code of a claim that does not hold.

    Args:
        sentence: the reason.

    Raises:
        Exit: always (an error of Typer).
    """
    print(f"{PROGRAM}: {sentence}\nNothing was written.", file=sys.stderr)
    raise typer.Exit(exit_codes.CLAIM_MISSED)


def _run(file: LessonFile, students: Sequence[int]) -> Ran:
    """Run everything. Raises KeyboardInterrupt if somebody stops it: half a key is of no use."""
    from syncasync_sim.lessons.answer_key import how_many, run_all

    with Stop(says=SAYS) as stop, Watcher(how_many(file.lesson, students), stop, on_screen=True) as watch:
        ran = run_all(file, students, watch)
    if stop.requested:
        raise KeyboardInterrupt
    return ran


def check_kind(output: Path | None) -> None:
    """Check that the end of a file's name says what is written; nothing is run for a name that says nothing.

    Args:
        output: the file; None for the one named after the lesson.

    Raises:
        BadParameter: it says nothing (an error of Typer).
    """
    if output is not None and str(output) != "-" and output.suffix.lower() not in KINDS:
        raise typer.BadParameter(f"'{output}' ends in neither {' nor '.join(KINDS)}.", param_hint="-o")


def check_free(output: Path, force: bool) -> None:
    """Raise before the work if the file could not be written after it.

    Args:
        output: the file, or - for standard output.
        force: whether a file that exists may be replaced.
    """
    if str(output) != "-":
        outputs.check(output, force=force)


def check_has_numbers(file: LessonFile, student: int | range | None, option: str = "--student") -> None:
    """Check that a lesson has numbers for students, if one is asked for.

    Args:
        file: the lesson.
        student: the student or students asked for; None for none.
        option: the name of the option, for the message.

    Raises:
        BadParameter: the lesson is the same for everybody (an error of Typer).
    """
    if student is not None and file.lesson.students is None:
        raise typer.BadParameter(
            f"'{file.lesson.name}' is the same for everybody, it has no own numbers: leave {option} out.",
            param_hint=option,
        )


def give(page: Page | Booklet, output: Path, force: bool) -> None:
    """Print the page, or write it: whole or not at all.

    Args:
        page: the page, or several.
        output: the file, or - for Markdown on standard output.
        force: whether a file that exists may be replaced.
    """
    if str(output) == "-":
        print(page.markdown(), end="")
        return
    text = page.html() if output.suffix.lower() == ".html" else page.markdown()
    outputs.write(output, text, force=force)
    outputs.tell(output)

"""`syncasync-sim lesson`: the lessons, and one lesson: predict, run, explain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncasync_sim.cli import console
from syncasync_sim.cli.options import whole_number

if TYPE_CHECKING:
    from syncasync_sim.model.lesson_heading import LessonHeading, Level

HELP = """
\b
syncasync-sim lesson                 list the lessons
syncasync-sim lesson 2               you answer first, then it runs
syncasync-sim lesson my-lesson.yaml  your own lesson
syncasync-sim lesson 2 --projector   large and plain, screen by screen
printf 'b\\n3\\n' | syncasync-sim lesson 2

A lesson asks a question first, and shows the result only after your answer. Then one setting changes, and
you predict again.

Without a terminal the lines of standard input are the answers; without an answer no result is shown.
Ctrl-C (exit code 130) and Ctrl-D (exit code 0) leave the lesson. For a file with the name of a command,
write ./list.
"""
LIST_HELP = """
\b
syncasync-sim lesson list

List the lessons: number, title, minutes, the lessons that come before, and the question without its answer.
"""
WIDTH = 80
LEVELS: tuple[Level, ...] = ("intro", "advanced")


def _levels(text: str) -> Level:
    for level in LEVELS:
        if text == level:
            return level
    raise typer.BadParameter(f"'{text}' is not one of {', '.join(LEVELS)}.")


def _completed(incomplete: str) -> Iterator[str]:
    from syncasync_sim.files.headings import lesson_headings

    words = (word for heading in lesson_headings() for word in (str(heading.number or ""), heading.name))
    return (word for word in ("list", *words) if word and word.startswith(incomplete))


LessonArgument = Annotated[
    str,
    typer.Argument(
        metavar="LESSON",
        help="A lesson's number, its name, or a file.",
        autocompletion=_completed,
        show_default=False,
    ),
]


def run(
    lesson: LessonArgument,
    reveal: Annotated[
        bool,
        typer.Option(
            "--reveal", "--no-ask", help="Show everything without questions: for rehearsal and paper."
        ),
    ] = False,
    projector: Annotated[
        bool,
        typer.Option(
            "--projector", help="Black on white, 78 columns, at most 20 rows; Enter shows the next screen."
        ),
    ] = False,
    votes: Annotated[
        str | None,
        typer.Option(
            "--votes", metavar="a=12,b=7", help="The votes of a class, shown as bars.", show_default=False
        ),
    ] = None,
    again: Annotated[
        str | None,
        typer.Option(
            "--again",
            metavar="a=4,b=16",
            help="The votes after the class has talked, beside the first ones.",
            show_default=False,
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            metavar="FILE",
            help="The answers of a class instead of --votes: a line such as b,3 for each student.",
            show_default=False,
        ),
    ] = None,
    student: Annotated[
        int | None,
        typer.Option(
            "--student",
            metavar="N",
            parser=whole_number(1, 10_000),
            help="Use the number on the sheet of student N.",
            show_default=False,
        ),
    ] = None,
    level: Annotated[
        Any,
        typer.Option(
            "--level",
            metavar="|".join(LEVELS),
            parser=_levels,
            autocompletion=lambda: LEVELS,
            help="advanced asks why before it shows the sum. Default: the lesson's own.",
            show_default=False,
        ),
    ] = None,
) -> None:
    if votes is not None and answers is not None:
        raise typer.BadParameter("--votes and --answers are both first votes: give one of them.")
    from syncasync_sim.cli.lesson_play import play
    from syncasync_sim.files.lessons import load_lesson
    from syncasync_sim.lessons.class_answers import collect
    from syncasync_sim.lessons.session import Session

    session = Session(load_lesson(lesson), student=student, level=level)
    if votes is not None:
        session.vote(votes)
    if answers is not None:
        collect(session, answers)
    if again is not None:
        session.vote(again, again=True)
    command = ["lesson", lesson, *(["--student", str(student)] if student else [])]
    raise typer.Exit(play(session, command, reveal=reveal, projector=projector))


def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, nothing else.")] = False,
) -> None:
    from syncasync_sim.files.headings import lesson_headings

    if as_json:
        print(console.json_text([asdict(heading) for heading in lesson_headings()]))
        return
    print("\n".join(_table(lesson_headings())))


def _table(headings: Sequence[LessonHeading]) -> Iterator[str]:
    """A line for each lesson's columns, and below it the question."""
    from syncasync_sim.render.style import TIED, wrapped

    titles = [_titled(heading) for heading in headings]
    width = max(map(len, titles))
    for lesson, title in zip(headings, titles, strict=True):
        head = f"{lesson.number or '':>2}  {title:<{width}}  {lesson.minutes:>3} min  "
        yield from wrapped(f"{head}needs {lesson.needs}".replace(" " * 2, TIED * 2), WIDTH, hanging=len(head))
        yield from wrapped(lesson.question, WIDTH, indent=4, hanging=4)


def _titled(heading: LessonHeading) -> str:
    return heading.title + (" (advanced)" if heading.level == "advanced" else "")

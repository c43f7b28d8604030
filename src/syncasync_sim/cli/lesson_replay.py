"""`syncasync-sim lesson replay`: a lesson as a page that asks first, then moves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncasync_sim.cli import outputs
from syncasync_sim.cli.lesson import LessonArgument
from syncasync_sim.cli.lesson_pages import StudentOption, check_has_numbers, check_own
from syncasync_sim.cli.options import ForceOption
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.signals import SAYS, Stop

if TYPE_CHECKING:
    from syncasync_sim.lessons.feedback import LessonRun
    from syncasync_sim.lessons.session import Session

HELP = """
\b
syncasync-sim lesson replay 2                    not-faster-replay.html
syncasync-sim lesson replay 2 --student 17       with the number of student 17
syncasync-sim lesson replay my-lesson.yaml -o page.html
syncasync-sim lesson replay 2 --scorm lesson.zip for a learning management system

Write a lesson as one HTML page: the page asks first, then shows the run and the right answer, then asks on.

Before an answer the page shows nothing of the run. It works offline and without Python.

If a run of your own lesson does not show what the lesson says, nothing is written, and the exit code is 3.
"""


def replay(
    lesson: LessonArgument,
    student: StudentOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The page. Default: the lesson's name and -replay.html, here.",
            show_default=False,
        ),
    ] = None,
    scorm: Annotated[
        Path | None,
        typer.Option(
            "--scorm",
            metavar="FILE",
            help="Instead of the page, a package (SCORM 1.2) for a learning management system: a .zip file.",
            show_default=False,
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    from syncasync_sim.files.lessons import load_lesson
    from syncasync_sim.lessons import replay_page, scorm_package
    from syncasync_sim.lessons.session import Session

    if scorm is not None:
        _check_scorm(scorm, output)
    file = load_lesson(lesson)
    check_has_numbers(file, student)
    suffix = "" if student is None else f"-{student}"
    target = scorm or output or Path(f"{file.lesson.name}-replay{suffix}.html")
    outputs.check(target, force=force)
    check_own(file, [] if student is None else [student])
    session = Session(file, student=student)
    outcome = _run(session)
    made = scorm_package.package if scorm else replay_page.replay
    outputs.write(target, made(session, outcome), force=force)
    outputs.tell(target)
    print(f"{'Upload it as a SCORM package' if scorm else 'Open it with a browser'}.", file=sys.stderr)


def _check_scorm(scorm: Path, output: Path | None) -> None:
    if output is not None:
        raise typer.BadParameter(
            "write one file: the page (-o), or the package (--scorm).", param_hint="--scorm"
        )
    if scorm.suffix.lower() != ".zip":
        raise typer.BadParameter(f"'{scorm}' does not end in .zip.", param_hint="--scorm")


def _run(session: Session) -> LessonRun:
    """Run all that the page tells of.

    Raises KeyboardInterrupt if somebody stops it: half a run answers nothing.
    """
    from syncasync_sim.lessons.replay_page import runs
    from syncasync_sim.model.modes import MODES

    session.reveal()
    count = session.lesson.replications * len(MODES)
    for run in runs(session):
        with Stop(says=SAYS) as stop, Watcher(count, stop, on_screen=True) as watch:
            run(watch)
        if stop.requested:
            raise KeyboardInterrupt
    return session.run()

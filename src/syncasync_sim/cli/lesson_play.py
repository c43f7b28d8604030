"""A lesson with somebody who answers: ask, run, tell, change one thing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.keyboard import unheard
from syncasync_sim.cli.lesson_screen import Page, Projector
from syncasync_sim.cli.printed import command
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.signals import Stop, quietly
from syncasync_sim.engine.simulation import Watch
from syncasync_sim.files.diagnostics import listed
from syncasync_sim.files.lessons import lessons
from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.session import HOW_SURE, SURENESS, Session
from syncasync_sim.model.modes import MODES

SEE = "Enter to see >"


def play(session: Session, again: Sequence[str], *, reveal: bool, projector: bool) -> int:
    """Present a whole lesson, and return the exit code.

    Args:
        session: the session.
        again: the words of the command that begins the lesson again.
        reveal: whether the result is shown without a question.
        projector: whether each page fills the screen.

    Returns:
        The exit code of the command.

    Raises:
        ScenarioError: the scenario of the lesson cannot be read.
        KeyboardInterrupt: the reader pressed Ctrl-C; nothing more is shown.
    """
    with quietly():
        page = Projector() if projector else Page()
        try:
            _show(page, presenter.question(session))
            if reveal:
                session.reveal()
            elif not _ask_question(session, page):
                page.finish()
                _tell_how_to_go_on(again)
                return exit_codes.DONE
            _show_result(session, page, reveal=reveal, bar=not projector)
            page.finish()
        except EOFError:  # Ctrl-D: enough for today
            return exit_codes.DONE
        finally:
            page.close()
        return _end(session)


# -- asking ---------------------------------------------------------------------------------------


def _ask_question(session: Session, page: Page) -> bool:
    """Ask, unless the class has voted already; False if the input ended before an answer.

    Raises EOFError when somebody at a terminal wants to leave.
    """
    try:
        if session.votes is not None:
            page.ask(SEE, lambda given: given, "")
            session.reveal()
        else:
            page.ask(f"your answer [{'/'.join(session.letters)}] >", _understood(session), _hint(session))
    except EOFError:
        if page.waits:
            raise
        return False
    if session.answered is not None:
        _ask_how_sure(session, page)
    return True


def _understood(session: Session) -> Callable[[str], bool | None]:
    """Takes a letter, or a class's vote; None for anything else."""
    from syncasync_sim.errors import ScenarioError

    def read(given: str) -> bool | None:
        try:
            if "=" in given:
                session.vote(given)
                session.reveal()
            else:
                session.answer(given)
        except ScenarioError:
            return None
        return True

    return read


def _hint(session: Session) -> str:
    votes = ",".join(
        f"{letter}={number}" for letter, number in zip(session.letters, (12, 7, 3), strict=False)
    )
    return f"Please answer with {listed(session.letters, 'or')}; a class with its votes, as {votes}."


def _ask_how_sure(session: Session, page: Page) -> None:
    """Ask how sure the answer is; no answer if the input ends here."""
    assert session.answered is not None
    numbers = [str(number) for number in SURENESS]

    def read(given: str) -> int | None:
        return int(given) if given.strip() in numbers else None

    try:
        sure = page.ask(HOW_SURE, read, f"Please answer with {listed(numbers, 'or')}.")
    except EOFError:
        if page.waits:
            raise
        return
    session.answer(session.letters[session.answered.choice], sure)


def _tell_how_to_go_on(again: Sequence[str]) -> None:
    again_there = command(*again)
    print(
        "Nothing is shown before an answer: ask this in a terminal, or pipe the answer in, as in\n"
        f"  echo LETTER | {again_there}\n"
        f"Everything at once: {again_there} --reveal",
        file=sys.stderr,
    )


# -- telling --------------------------------------------------------------------------------------


def _show_result(session: Session, page: Page, *, reveal: bool, bar: bool) -> None:
    """Show the result, the change, and further cases; with pauses to think if a question was asked."""
    _run(session, session.run, bar=bar)
    _show(page, presenter.revealed(session), pauses=not reveal)
    for case in (session.lesson.change, *(session.lesson.more if page.waits or reveal else ())):
        try:
            guess = _show(page, presenter.announced(session, case), pauses=not reveal)
        except EOFError:
            if case is session.lesson.change:
                raise
            break
        _run(session, partial(session.run_case, case), bar=bar)
        _show(page, presenter.changed(session, case, guess))
    _show(page, presenter.fine_print(session))


def _show(page: Page, parts: Iterable[presenter.Block | presenter.Gate], *, pauses: bool = False) -> str:
    """Show the parts one by one; returns what was typed at the last pause."""
    typed = ""
    for part in parts:
        if not isinstance(part, presenter.Gate):
            page.show(part)
        elif pauses:
            typed = page.pause(part.prompt)
    return typed


def _run(session: Session, run: Callable[[Watch], object], *, bar: bool) -> None:
    """Run it. Raises KeyboardInterrupt if somebody stops it: a part of a run teaches nothing."""
    runs = session.lesson.replications * len(MODES)
    lesson = session.lesson
    name = lesson.title if lesson.number is None else f"lesson {lesson.number}"
    notice = f"Running {name}: {runs} runs ..."
    with (
        unheard(sys.stdin),
        Stop(says="") as stop,
        Watcher(runs, stop, on_screen=bar, notice=notice) as watch,
    ):
        run(watch)
    if stop.requested:
        raise KeyboardInterrupt


# -- the end --------------------------------------------------------------------------------------


def _end(session: Session) -> int:
    """Which lesson is next, or what the lesson's file claims and its runs do not show; the exit code."""
    sys.stdout.flush()
    if misfit := session.misfit():
        print(f"syncasync-sim: {misfit}", file=sys.stderr)
        return exit_codes.CLAIM_MISSED
    number = session.lesson.number
    if number is not None:
        following = (file.lesson.number for file in lessons() if (file.lesson.number or 0) > number)
        print(f"Next: syncasync-sim {_after(next(following, None))}", file=sys.stderr)
    return exit_codes.DONE


def _after(number: int | None) -> str:
    """What follows: a lesson, and after the last a scenario of one's own."""
    return f"lesson {number}" if number else "scenarios copy checkout"

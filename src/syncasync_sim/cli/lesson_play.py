"""A lesson with somebody who answers: ask, run, tell, change one thing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.keyboard import unheard
from syncasync_sim.cli.lesson_screen import Page, Projector
from syncasync_sim.cli.printed import PROGRAM, command, named
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.cli.run_ahead import RunAhead
from syncasync_sim.cli.signals import Stop, quietly
from syncasync_sim.engine.simulation import Watch
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.diagnostics import listed
from syncasync_sim.files.headings import lesson_headings
from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.session import HOW_SURE, SURENESS, Part, Session
from syncasync_sim.model.modes import MODES

SEE = "Enter to see >"
AGAIN = "votes again, or Enter to see >"


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
        ahead = RunAhead(session.run_unseen) if _is_long(session) and page.waits and not reveal else None
        try:
            if not _begin(session, page, reveal=reveal):
                page.finish()
                _tell_how_to_go_on(again)
                return exit_codes.DONE
            _run(session, session.run, bar=not projector, ahead=ahead)
            _show_result(session, page, reveal=reveal, bar=not projector)
            page.finish()
        except EOFError:  # Ctrl-D: enough for today
            return exit_codes.DONE
        finally:
            if ahead is not None:
                ahead.stop()
            page.close()
        return _end(session)


def _is_long(session: Session) -> bool:
    """Whether its runs take so long that they begin while the question is read."""
    return session.lesson.replications > 1


# -- asking ---------------------------------------------------------------------------------------


def _begin(session: Session, page: Page, *, reveal: bool) -> bool:
    """Ask what comes before the run; False if the input ended before the answer.

    Raises EOFError when somebody at a terminal wants to leave.
    """
    _show(page, presenter.heading(session))
    has_voted = session.is_class
    _recall(session, page, reveal=reveal)
    _show(page, presenter.question(session))
    if reveal:
        session.reveal()
        return True
    if has_voted:
        _vote_again(session, page, "question")
        session.reveal()
    elif not _ask(session, page, "question"):
        return False
    if session.answered is not None:
        _ask_how_sure(session, page)
    _ask_why(session, page)
    return True


def _recall(session: Session, page: Page, *, reveal: bool) -> None:
    """Ask about an earlier lesson; without a keyboard, or without questions, it is shown with its answer.

    In a pipe of one person's answers it is left out: the first line answers the question of the lesson.
    """
    asks = page.waits and not reveal
    if session.question_of("recall") is None or not (asks or reveal or session.is_class):
        return
    _show(page, presenter.recalled(session))
    if asks:
        _ask(session, page, "recall")
    _show(page, presenter.feedback(session, "recall"))


def _ask_why(session: Session, page: Page) -> None:
    """Ask for the reason; a class votes on reasons to choose from, and talks about any other."""
    if session.answered is not None or session.letters_of("why"):
        _show(page, presenter.reason(session))
        _ask(session, page, "why")


def _ask(session: Session, page: Page, part: Part) -> bool:
    """Ask for a letter, the votes of a class, or one's own words; False if the input ended before.

    Raises EOFError when somebody at a terminal wants to leave.
    """
    letters = session.letters_of(part)
    prompt = f"your answer [{'/'.join(letters)}] >" if letters else "in your own words >"
    try:
        page.ask(prompt, _understood(session, part), _hint(letters))
        if part in session.class_votes:
            session.reveal()
            _show(page, presenter.voted(session, part))
            _vote_again(session, page, part)
    except EOFError:
        if page.waits:
            raise
        return part in session.class_votes
    return True


def _understood(session: Session, part: Part) -> Callable[[str], bool | None]:
    """Takes a letter, a class's vote, or words where there are no letters; None for anything else."""

    def read(given: str) -> bool | None:
        if not session.letters_of(part):
            session.say(given, part)
            return True
        if session.is_class and part != "question" and not given.strip():
            return True  # hands were not counted this time
        try:
            if "=" in given:
                session.vote(given, part)
            else:
                session.answer(given, part=part)
        except ScenarioError:
            return None
        return True

    return read


def _hint(letters: str) -> str:
    return f"Please answer with {listed(letters, 'or')}; a class with its votes, as {_example(letters)}."


def _example(letters: str) -> str:
    return ",".join(f"{letter}={number}" for letter, number in zip(letters, (12, 7, 3), strict=False))


def _vote_again(session: Session, page: Page, part: Part) -> None:
    """After the first vote of a class: what to do next by the share that is right, and a second vote.

    Raises EOFError if nobody is there to say what comes next.
    """
    if session.class_votes[part].again is not None:
        page.ask(SEE, lambda given: given, "")
        return
    _show(page, presenter.to_discuss(session, part))

    def read(given: str) -> bool | None:
        try:
            if given.strip():
                session.vote(given, part, again=True)
        except ScenarioError:
            return None
        return True

    page.ask(AGAIN, read, f"Please give the votes, as {_example(session.letters_of(part))}, or none.")
    if session.class_votes[part].again is not None:
        _show(page, presenter.voted(session, part))
        page.pause(SEE)


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
    _show(page, presenter.revealed(session), pauses=not reveal)
    for case in (session.lesson.change, *(session.lesson.more if page.waits or reveal else ())):
        try:
            guess = _show(page, presenter.announced(session, case), pauses=not reveal)
            if case is session.lesson.change and session.question_of("change") is not None and not reveal:
                _ask(session, page, "change")
        except EOFError:
            if case is session.lesson.change:
                raise
            break
        _run(session, partial(session.run_case, case), bar=bar)
        _show(page, presenter.changed(session, case, guess), pauses=not reveal)
    _ask_elsewhere(session, page, reveal=reveal, bar=bar)
    _show(page, presenter.fine_print(session))


def _ask_elsewhere(session: Session, page: Page, *, reveal: bool, bar: bool) -> None:
    """The same idea on another surface, if the lesson has it."""
    transfer = session.lesson.transfer
    if transfer is None:
        return
    _show(page, presenter.transferred(session))
    if not reveal:
        _ask(session, page, "transfer")
    if transfer.case is not None:
        _run(session, partial(session.run_case, transfer.case), bar=bar)
    _show(page, presenter.transfer_feedback(session), pauses=not reveal)


def _show(page: Page, parts: Iterable[presenter.Block | presenter.Gate], *, pauses: bool = False) -> str:
    """Show the parts one by one; returns what was typed at the last pause."""
    typed = ""
    for part in parts:
        if not isinstance(part, presenter.Gate):
            page.show(part)
        elif pauses:
            typed = page.pause(part.prompt)
    return typed


def _run(
    session: Session, run: Callable[[Watch], object], *, bar: bool, ahead: RunAhead | None = None
) -> None:
    """Run it, or wait for the run that has begun already.

    Raises KeyboardInterrupt if somebody stops it: a part of a run teaches nothing.
    """
    runs = session.lesson.replications * len(MODES)
    lesson = session.lesson
    name = lesson.title if lesson.number is None else f"lesson {lesson.number}"
    notice = f"Running {name}: {runs} runs ..."
    with (
        unheard(sys.stdin),
        Stop(says="") as stop,
        Watcher(runs, stop, on_screen=bar, notice=notice) as watch,
    ):
        if ahead is not None:
            ahead.wait(watch)
        run(watch)
    if stop.requested:
        raise KeyboardInterrupt


# -- the end --------------------------------------------------------------------------------------


def _end(session: Session) -> int:
    """Which lesson is next, or what the lesson's file claims and its runs do not show; the exit code."""
    sys.stdout.flush()
    if misfit := session.misfit():
        print(f"{PROGRAM}: {named(session.file.again)}: {misfit}", file=sys.stderr)
        return exit_codes.CLAIM_MISSED
    number = session.lesson.number
    if number is not None:
        following = (heading.number for heading in lesson_headings() if (heading.number or 0) > number)
        print(f"Next: syncasync-sim {_after(next(following, None))}", file=sys.stderr)
    return exit_codes.DONE


def _after(number: int | None) -> str:
    """What follows: a lesson, and after the last a scenario of one's own."""
    return f"lesson {number}" if number else "scenarios copy checkout"

"""`syncasync-sim lesson` in a terminal, on a projector, in a pipe."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyte
import pytest
from typer.testing import CliRunner

from lessons.files import email, every_part, of_chance
from surface.processes import shell, syncasync
from surface.screen import Screen
from syncasync_sim.cli import exit_codes, lesson_play, lesson_screen, progress_bar, run_ahead
from syncasync_sim.cli.app import app
from syncasync_sim.files.lessons import LessonFile, lessons, load_lesson
from syncasync_sim.lessons.session import Session

ALL = pytest.mark.parametrize("file", lessons(), ids=lambda file: file.lesson.name)
ANSWER, SURE, GUESS = "your answer [a/b/c] >", "how sure? [1 a guess, 2 I think so, 3 sure] >", "Enter to see"
REASON, AGAIN = "in your own words >", "votes again, or Enter to see >"
NEXT = "Enter for the next screen >"
TURN = re.compile(
    r"(Enter for the next screen|guess, then Enter to see.*|(think, then )?Enter for the sum) >$"
)
THOUGHT = "think, then Enter for the sum >"
TAKEAWAY = "The asynchronous design moves the wait from the customer to the queue."


def sim(*arguments: str, text: str | None = None) -> Any:
    return CliRunner().invoke(app, ["lesson", *arguments], input=text, prog_name="syncasync-sim")


def opened(folder: Path, *arguments: str, **more: Any) -> Screen:
    return Screen("lesson", *arguments, folder=folder, lines=24, **more)


def answered(screen: Screen, *lines: tuple[str, str]) -> Screen:
    """Wait for each question to stand last on the screen, and type its answer."""
    for question, line in lines:
        screen.read_until(lambda question=question: _last(screen).endswith(question))  # type: ignore[misc]
        _type(screen, line)
    return screen


def _type(screen: Screen, line: str) -> None:
    """Type a line, and wait until the terminal has shown it: it is behind the question then."""
    before = len(screen.seen)
    screen.child.sendline(line)
    screen.read_until(lambda: f"{line}\r\n" in screen.seen[before:] or not screen.child.isalive())


def _last(screen: Screen) -> str:
    """The question behind which the cursor stands; empty once it is answered."""
    lines = screen.text.splitlines()
    return lines[-1] if lines and screen.screen.cursor.y == len(lines) - 1 else ""


def seen(screen: Screen) -> str:
    """All that was ever written, without styles, in one line."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", screen.seen).split())


def _leave(screen: Screen, key: str) -> int:
    """Press Ctrl-C or Ctrl-D; the exit code. A key in the instant before the program reads would be lost."""
    pressed = time.monotonic()
    getattr(screen.child, key)()

    def gone() -> bool:
        nonlocal pressed
        if screen.child.isalive() and time.monotonic() - pressed > 2:
            pressed = time.monotonic()
            getattr(screen.child, key)()
        return not screen.child.isalive()

    screen.read_until(gone)
    return screen.to_the_end()


# -- the list -------------------------------------------------------------------------------------


def test_the_list_fits_a_terminal_and_gives_no_answer() -> None:
    assert sim().stdout == sim("list").stdout
    lines = sim().stdout.splitlines()
    assert max(map(len, lines)) <= 80
    shown = " ".join(sim().stdout.split())
    for file in lessons():
        lesson = file.lesson
        assert re.search(rf"{lesson.number} {re.escape(lesson.title)} .*?{lesson.minutes} min needs", shown)
        assert f"needs {lesson.needs}" in shown
        assert lesson.question.text in shown
        assert lesson.takeaway not in shown


def test_the_list_as_json_is_plain_data_without_answers() -> None:
    listed = json.loads(sim("--json").stdout)
    assert sim("list", "--json").stdout == sim("--json").stdout
    assert [one["name"] for one in listed] == [file.lesson.name for file in lessons()]
    assert set(listed[0]) == {"number", "name", "title", "minutes", "level", "needs", "question"}
    assert listed == [asdict(Session(file).heading) for file in lessons()]


# -- in a terminal --------------------------------------------------------------------------------


def test_a_whole_lesson_answered_wrong(tmp_path: Path) -> None:
    screen = opened(tmp_path, str(email(tmp_path)), NO_COLOR="1")
    answered(screen, (ANSWER, "x"), (ANSWER, "a"), (SURE, "very"), (SURE, "3"), (REASON, "it is queued"))
    screen.read_until(lambda: GUESS in screen.text)
    assert "16.05 s" not in screen.seen
    answered(screen, (f"{GUESS} >", ""), ("Ctrl-D to skip these >", ""))
    assert screen.to_the_end() == exit_codes.DONE
    shown = seen(screen)
    assert "Please answer with a, b or c; a class with its votes" in shown
    assert "Please answer with 1, 2 or 3." in shown
    before, _, after = shown.partition("You said a)")
    assert TAKEAWAY not in before
    assert "would be right if" not in before
    assert "A surprise worth remembering." in after
    assert f"Keep this: {TAKEAWAY}" in after
    assert "Your reason: it is queued." in after
    assert "16.05 s +13.50 s" in after
    assert "Traceback" not in shown


def test_answered_right_and_left_before_the_extra_runs(tmp_path: Path) -> None:
    screen = answered(opened(tmp_path, str(email(tmp_path))), (ANSWER, "B"), (SURE, "2"), (REASON, ""))
    answered(screen, (f"{GUESS} >", ""))
    screen.read_until(lambda: _last(screen).endswith("Ctrl-D to skip these >"))
    assert _leave(screen, "sendeof") == exit_codes.DONE
    assert "(I think so). Correct." in seen(screen)
    assert "seed 1" in screen.text


def test_a_class_votes_at_the_question(tmp_path: Path) -> None:
    screen = answered(
        opened(tmp_path, str(email(tmp_path)), NO_COLOR="1"), (ANSWER, "a=12,d=1"), (ANSWER, "a=12,b=7")
    )
    answered(screen, (AGAIN, ""), (THOUGHT, ""))
    screen.read_until(lambda: GUESS in screen.text)
    assert "7 of 19 said so." in screen.seen
    assert "Why do you think so?" in screen.seen.partition(AGAIN)[0], "for the talk"
    assert "own words" not in screen.seen
    assert "how sure?" not in screen.seen


def test_votes_given_before_are_shown_unmarked_until_enter(tmp_path: Path) -> None:
    screen = opened(tmp_path, str(email(tmp_path)), "--votes", "a=12,b=7,c=3", NO_COLOR="1")
    screen.read_until(lambda: _last(screen) == AGAIN)
    assert "━━━ 12" in screen.text
    assert "<-" not in screen.seen
    screen.child.sendline("")
    screen.read_until(lambda: _last(screen) == THOUGHT)
    assert "7  <- correct" in screen.seen
    assert "The sum:" not in screen.seen, "first somebody explains the surprise"
    screen.child.sendline("")
    screen.read_until(lambda: "guess, then" in screen.text)
    assert "The sum:" in screen.seen


def test_what_was_typed_before_a_question_does_not_answer_it(tmp_path: Path) -> None:
    """The program needs longer to start than these lines need to come."""
    screen = opened(tmp_path, str(email(tmp_path)), NO_COLOR="1")
    for line in ("a", "3", "", ""):
        screen.child.sendline(line)
    screen.read_until(lambda: _last(screen).endswith(ANSWER))
    answered(screen, (ANSWER, "b"), (SURE, "2"), (REASON, ""))
    screen.read_until(lambda: GUESS in screen.text)
    assert "You said b) 2.55 s" in seen(screen)
    assert "You said a)" not in seen(screen)


def test_a_guess_is_told_beside_what_came_of_it(tmp_path: Path) -> None:
    screen = answered(opened(tmp_path, str(email(tmp_path))), (ANSWER, "b"), (SURE, "2"), (REASON, ""))
    answered(screen, (f"{GUESS} >", "about 10 s"))
    answered(screen, ("Ctrl-D to skip these >", ""))
    assert screen.to_the_end() == exit_codes.DONE
    _, _, after = seen(screen).partition("about 10 s")
    assert after.strip().startswith("You guessed: about 10 s.")
    assert after.count("You guessed") == 1, "nothing was guessed of the last"


@pytest.mark.parametrize("projector", [(), ("--projector",)])
@pytest.mark.parametrize("before", [(), ((ANSWER, "a"),)])
@pytest.mark.parametrize(
    ("key", "code"), [("sendintr", exit_codes.INTERRUPTED), ("sendeof", exit_codes.DONE)]
)
def test_leaving_at_a_question_is_quiet_and_reveals_nothing(
    key: str, code: int, before: tuple[tuple[str, str], ...], projector: tuple[str, ...], tmp_path: Path
) -> None:
    screen = answered(opened(tmp_path, str(email(tmp_path)), *projector), *before)
    screen.read_until(lambda: _last(screen).endswith(SURE if before else ANSWER))
    shown = len(screen.seen)
    assert _leave(screen, key) == code
    rest = screen.seen[shown:].replace("^C", "").replace("\x1b[0m", "")
    assert rest.split() in ([], ["a"]), "nothing is said"
    assert "would be" not in screen.seen
    assert screen.screen.cursor.attrs.bg == "default", "the terminal is as it was"


@pytest.mark.parametrize("projector", [(), ("--projector",)])
@pytest.mark.parametrize(
    ("key", "code"), [("sendintr", exit_codes.INTERRUPTED), ("sendeof", exit_codes.DONE)]
)
def test_leaving_before_the_change_does_not_show_it(
    key: str, code: int, projector: tuple[str, ...], tmp_path: Path
) -> None:
    screen = answered(
        opened(tmp_path, str(email(tmp_path)), *projector), (ANSWER, "a"), (SURE, "1"), (REASON, "")
    )
    while GUESS not in screen.text:
        screen.read_until(lambda: TURN.search(_last(screen)) is not None)
        if GUESS not in screen.text:
            _type(screen, "")
    assert _leave(screen, key) == code
    assert "16.05" not in screen.seen


def test_advanced_thinks_before_the_sum(tmp_path: Path) -> None:
    screen = answered(
        opened(tmp_path, str(email(tmp_path)), "--level", "advanced"),
        (ANSWER, "a"),
        (SURE, "1"),
        (REASON, ""),
    )
    screen.read_until(lambda: _last(screen) == THOUGHT)
    assert "Where did the time go?" in seen(screen)
    assert "The sum" not in screen.seen
    screen.child.sendline("")
    screen.read_until(lambda: GUESS in screen.text)
    assert "The sum" in screen.seen


# -- all that a lesson can ask -------------------------------------------------------------------


def test_each_question_comes_before_its_answer_and_keeps_asking(tmp_path: Path) -> None:
    screen = opened(tmp_path, str(every_part(tmp_path)), NO_COLOR="1")
    two, hint = "your answer [a/b] >", "Please answer with a or b; a class with its votes, as a=12,b=7."

    def is_hidden(*secrets: str) -> None:
        """Nothing is told at this question, nor after words that are no answer."""
        screen.read_until(lambda: _last(screen).endswith(" >"))
        hints = seen(screen).count(hint)
        answered(screen, (two, "c"))
        screen.read_until(lambda: seen(screen).count(hint) == hints + 1 and _last(screen).endswith(two))
        for secret in secrets:
            assert secret not in seen(screen)

    is_hidden("everybody came at once")
    answered(screen, (two, "a"), (ANSWER, "b"), (SURE, "2"))
    is_hidden("the queue were the mail server", "just as in the synchronous design. Correct", "The sum")
    answered(screen, (two, "b"))
    screen.read_until(lambda: "Ten orders at once" in seen(screen))
    assert "You said b) A queue sends at once. The reason is a)" in seen(screen)
    is_hidden("there were ten workers", "10 x 1.5 s")
    answered(screen, (two, "b"), ("Ctrl-D to skip these >", ""))
    screen.read_until(lambda: "the small video" in seen(screen))
    is_hidden("the page waited for it", "1.05 s + 1.5 s")
    answered(screen, (two, "b"))
    assert screen.to_the_end() == exit_codes.DONE
    assert "You said b) later than the page. Correct." in seen(screen)
    assert "b) would be right if there were ten workers." in seen(screen)


def test_no_line_that_was_typed_ahead_answers_the_next_question(tmp_path: Path) -> None:
    """All lines are there when the first is read."""
    screen = opened(tmp_path, str(every_part(tmp_path)), NO_COLOR="1")
    two, early = "your answer [a/b] >", "\nb\n3\nb\n"
    for question, line in ((two, "a"), (ANSWER, "a"), (SURE, "1"), (two, "a"), (two, "a")):
        screen.read_until(lambda question=question: _last(screen).endswith(question))  # type: ignore[misc]
        before = len(screen.seen)
        screen.child.send(line + early)
        screen.read_until(lambda before=before: "\r\n3\r\nb\r\n" in screen.seen[before:])  # type: ignore[misc]
    screen.read_until(lambda: _last(screen).endswith("Ctrl-D to skip these >"))
    shown = seen(screen)
    for told in ("You said a) Chance. Correct", "You said a) 1.05 s, together with the page (a guess)"):
        assert told in shown
    assert shown.count("You said a)") == 4


# -- the votes of a class -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("votes", "advice"),
    [
        ("a=12,b=5", "Read the story again together"),
        ("a=7,b=3", "Talk to your neighbour for two minutes"),
        ("a=3,b=7", "Talk to your neighbour for two minutes"),
        ("a=1,b=3", "Most of you agree. Go on."),
    ],
)
def test_the_first_vote_says_what_to_do_next(votes: str, advice: str, tmp_path: Path) -> None:
    asked = sim(str(every_part(tmp_path)), "--votes", votes).stdout
    assert advice in asked
    assert "Why at that time?" in asked, "the reason is what they talk about"
    assert "a) The email waits for the page." in asked
    assert "correct" not in asked
    assert "The reason is" not in asked


def test_a_class_votes_talks_and_votes_again(tmp_path: Path) -> None:
    screen = opened(tmp_path, str(email(tmp_path)), NO_COLOR="1")
    answered(screen, (ANSWER, "a=12,b=7,c=3"), (AGAIN, "b"), (AGAIN, "a=4,b=16,c=2"))
    screen.read_until(lambda: _last(screen) == "Enter to see >")
    assert "Please give the votes, as a=12,b=7,c=3, or none." in seen(screen)
    assert "before ━━━" in screen.text
    assert "after  ━━━" in screen.text
    assert "correct" not in screen.seen
    answered(screen, ("Enter to see >", ""))
    screen.read_until(lambda: _last(screen) == THOUGHT)
    assert "At first 32 % said so (7 of 22), after the talk 73 % (16 of 22)." in seen(screen)
    assert screen.seen.count("<- correct") == 2
    assert "The sum" not in screen.seen


def test_a_class_whose_votes_are_given_votes_on_the_earlier_lesson_and_on_the_reason(tmp_path: Path) -> None:
    given = ("--votes", "a=12,b=7,c=3", "--again", "a=4,b=16,c=2")
    screen = opened(tmp_path, str(every_part(tmp_path)), *given, NO_COLOR="1")
    two = "your answer [a/b] >"
    answered(screen, (two, "a=3,b=1"), (AGAIN, ""))
    screen.read_until(lambda: _last(screen) == "Enter to see >")
    shown = seen(screen)
    assert (
        shown.index("What alone makes queues?") < shown.index("It was a) Chance") < shown.index("One order.")
    )
    answered(screen, ("Enter to see >", ""), (two, "a=1,b=4"))
    screen.read_until(lambda: _last(screen) == AGAIN)
    assert "Why at that time?" in seen(screen)
    assert "The reason is" not in seen(screen)
    answered(screen, (AGAIN, ""), (THOUGHT, ""))
    screen.read_until(lambda: "1 of 5 said so." in seen(screen))
    assert "The reason is a) The email waits for the page." in seen(screen)


@pytest.mark.parametrize("arguments", [("--votes", "a=12,b=7"), ("--reveal",)])
def test_without_a_keyboard_a_class_reads_the_question_about_an_earlier_lesson(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    shown = sim(str(every_part(tmp_path)), *arguments, text="\n").stdout
    assert (
        shown.index("What alone makes queues?") < shown.index("It was a) Chance.") < shown.index("One order.")
    )


def test_votes_never_stand_without_their_question(tmp_path: Path) -> None:
    question = "When does the email reach the customer in the asynchronous design?"
    shown = sim(str(email(tmp_path)), "--votes", "a=12,b=7", text="\n").stdout
    before = shown.split("  a) 1.05 s, together with the page")[:-1]
    assert len(before) == 2, "at the question and at the result"
    assert all(text.rstrip().endswith(question) for text in before)


def test_two_votes_of_different_size_have_one_scale(tmp_path: Path) -> None:
    """19 of 19 are all, and 5 of 10 are half: the bar is half as long."""
    shown = sim(str(email(tmp_path)), "--votes", "b=19", "--again", "a=5,b=5").stdout.splitlines()
    assert f"     before {'━' * 30} 19" in shown
    assert shown.count(f"     after  {'━' * 15} 5") == 2
    assert "Talk to" not in "".join(shown), "they have talked"


def test_the_answers_of_sheets_are_a_vote_and_a_picture_of_being_sure(tmp_path: Path) -> None:
    sheets = tmp_path / "sheets.csv"
    sheets.write_text("answer;sure\na;3\nA;3\nb;3\n\nb;2\nc;1\nb;\n", encoding="utf-8-sig")
    lesson = str(email(tmp_path))
    before = sim(lesson, "--answers", str(sheets)).stdout
    assert f"{'━' * 30} 3" in before
    assert "how many of them were right" not in before
    assert "Talk to your neighbour" in before
    after = sim(lesson, "--answers", str(sheets), text="\n").stdout
    assert "3 of 6 said so." in after
    assert f"  sure        {'━' * 13}{'·' * 27} 1 of 3 right\n" in after
    assert f"  I think so  {'━' * 13} 1 of 1 right\n" in after
    assert f"  a guess     {'·' * 13} 0 of 1 right\n" in after
    assert after.index("1 of 3 right") < after.index("The sum")


@pytest.mark.parametrize("heading", ["answer", "Answer,Sure", '"Letter";"How sure"', "vote\t"])
def test_sheets_may_begin_with_a_line_of_headings(heading: str, tmp_path: Path) -> None:
    sheets = tmp_path / "sheets.csv"
    sheets.write_text(f"{heading}\na,3\nb,2\n", encoding="utf-8")
    result = sim(str(email(tmp_path)), "--answers", str(sheets), text="\n")
    assert result.exit_code == exit_codes.DONE
    assert "1 of 2 said so." in result.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"student,answer\nb,3\n", "sheets.csv:1: 'student,answer'"),
        (b"student,answer\nb,3\n", "the first line of the file may be  answer,sure"),
        (b"answer,sure,name\nb,3\n", "sheets.csv:1: 'answer,sure,name'"),
        (b"sure\nb,3\n", "sheets.csv:1: 'sure'"),
        (b"b,3\nd,3\n", "sheets.csv:2: 'd,3': expected one of a, b or c, a comma, and how sure"),
        (b"b,4\n", "sheets.csv:1: 'b,4'"),
        (b"b,3,1\n", "sheets.csv:1: 'b,3,1'"),
        (b"\x1b[2J,1\n", "sheets.csv:1: '\\x1b[2j,1'"),
        (b"b,3\nanswer,sure\n", "sheets.csv:2: 'answer,sure'"),
        (b"\n", "0 answers"),
        (b"b\n" * 10_001, "10,001 answers"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (None, "No such file or directory"),
    ],
)
def test_sheets_that_cannot_be_read_say_where(content: bytes | None, says: str, tmp_path: Path) -> None:
    sheets = tmp_path / "sheets.csv"
    if content is not None:
        sheets.write_bytes(content)
    result = sim(str(email(tmp_path)), "--answers", str(sheets))
    assert says in exit_codes.describe(result.exception)[1]
    assert result.stdout == ""


def test_the_notes_keep_the_change_and_the_last_question_apart(tmp_path: Path) -> None:
    last = ("  scenario: checkout\n  rows:", "  scenario: login\n  set: {server.threads: 3}\n  rows:")
    figure = (
        "    figure: async.completion_time_s.max\n    options:\n      - {text: with the page",
        "    options:\n      - {text: with the page",
    )
    claims = (
        "sum: 1.05 s + 1.5 s\n  claims: [async.completion_time_s.max == 2.55s]",
        "sum: none\n  claims: [sync.response_time_s.max > 0s]",
    )
    shown = sim(str(every_part(tmp_path, last, figure, claims)), "--reveal").stdout
    changed = shown.partition("Changed runs: ")[2].partition(".")[0]
    assert " ".join(changed.split()) == "10 customers; 10 customers and 10 workers"
    assert "3 threads" in shown.partition("The run somewhere else: ")[2]


# -- on a projector -------------------------------------------------------------------------------


def screens(screen: Screen, answer: str = "a", again: str = "") -> list[str]:
    """Give the *answer* and turn every screen; what stood on each, prompts included."""
    shown: list[str] = []
    while True:
        screen.read_until(lambda: _last(screen).endswith(" >") or not screen.child.isalive())
        if not screen.child.isalive():
            screen.to_the_end()
            return [*shown, screen.text]
        shown.append(screen.text)
        if "\x1b[0;" in screen.seen:
            _is_plain(screen.screen)
        given = {"how sure": "3", "answer": answer, "votes again": again}
        _type(screen, next((line for word, line in given.items() if word in _last(screen)), ""))


def _is_plain(screen: pyte.Screen) -> None:
    """Black on white to the last column of the projector, and nothing that is told by a colour."""
    for row in range(len([line for line in screen.display if line.strip()])):
        for column in range(lesson_screen.WIDTH):
            cell = screen.buffer[row][column]
            if cell.data.strip():
                assert (cell.fg, cell.bg) == ("000000", "ffffff")
                assert not cell.reverse
                assert not cell.blink


@ALL
def test_a_projector_shows_no_more_than_78_columns_and_20_rows(file: LessonFile, tmp_path: Path) -> None:
    letters = "/".join(Session(file).letters)
    screen = opened(tmp_path, file.lesson.name, "--projector", columns=100)
    shown = screens(screen, "a=12,b=7", "a=4,b=16")
    assert any(f"your answer [{letters}] >" in one for one in shown)
    for one in shown:
        body = one.partition("\nNext: ")[0].rstrip()
        assert not ("It was" in body and "The sum" in body), "one step after the other"
        assert len(body.splitlines()) <= 20, one
        assert max(map(len, body.splitlines())) <= 78, one
    assert not re.search(r"\x1b\[(?:[0-9;]*;)?2m", screen.seen), "dim"
    assert re.findall(r"\x1b\[(?:3[0-7]|9[0-7]|4[0-7])m", screen.seen) == [], "another colour"
    assert "\x1b[0m" in screen.seen


@pytest.mark.parametrize("columns", [100, 60])
@pytest.mark.parametrize(
    ("answer", "again", "more"),
    [
        ("a", "", {}),
        ("a=12,b=7", "", {}),
        ("a=12,b=7", "a=4,b=16", {}),
        ("a=12,b=7", "a=4,b=16", {"PYTHONIOENCODING": "ascii"}),
    ],
)
def test_a_projector_asks_in_every_part(
    answer: str, again: str, more: dict[str, str], columns: int, tmp_path: Path
) -> None:
    screen = opened(tmp_path, str(every_part(tmp_path)), "--projector", columns=columns, **more)
    shown = screens(screen, answer, again)
    for one in shown:
        assert len(one.splitlines()) <= 20, one
        assert max(map(len, one.splitlines())) <= min(78, columns), one
        if again or "=" in answer:
            assert not ("It was" in one and "The sum" in one), "one step after the other"
            assert not ("<- correct" in one and AGAIN in one)
    whole = seen(screen)
    assert whole.isascii() or not more
    asked = (
        "What alone makes queues?",
        "When does the email reach",
        "Why at that time?",
        "When does the last of ten emails arrive?",
        "When is the small video there?",
    )
    places = [whole.index(question) for question in asked]
    assert places == sorted(places)
    if again:
        assert whole.count("At first 63 % said so (12 of 19), after the talk 20 % (4 of 20).") == 3
        assert "before" in whole


def test_a_long_story_goes_on_several_screens(tmp_path: Path) -> None:
    path = of_chance(tmp_path, ("replications: 8", f"story: {'once upon a time ' * 150}\nreplications: 8"))
    screen = opened(tmp_path, str(path), "--projector")
    screen.read_until(lambda: TURN.search(_last(screen)) is not None)
    shown = len(screen.text.splitlines())
    assert 18 <= shown <= 20, "full, and not more"
    _type(screen, "")
    answered(screen, (NEXT, ""), ("your answer [a/b] >", "x"))
    screen.read_until(lambda: "Please answer" in screen.text and _last(screen) == "your answer [a/b] >")
    assert len(screen.text.splitlines()) <= 20


def test_a_projector_is_as_tall_after_answers_that_were_not_understood(tmp_path: Path) -> None:
    screen = opened(tmp_path, str(email(tmp_path)), "--projector")
    answered(screen, (ANSWER, "x"), (ANSWER, "y"))
    screen.read_until(lambda: _last(screen) == ANSWER)
    assert screen.text.count("Please answer") == 1
    assert screen.text.splitlines()[0] == "Not faster, just later"


def test_a_projector_without_colours_has_none(tmp_path: Path) -> None:
    screen = opened(tmp_path, str(email(tmp_path)), "--projector", NO_COLOR="1")
    screens(screen)
    assert not re.search(r"\x1b\[[0-9;]*m", screen.seen)
    assert "Keep this" in screen.seen


@ALL
def test_a_projector_in_ascii(file: LessonFile) -> None:
    own = {
        text
        for text in (file.lesson.story, *(o.text for o in file.lesson.question.options))
        if not text.isascii()
    }
    done = syncasync(
        "lesson", file.lesson.name, "--projector", "--votes", "a=3,b=1", "--reveal", PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert own or "\\u" not in done.stdout, "each of our own characters has its ASCII"
    assert "### 3" in done.stdout


def test_a_projector_without_a_terminal_draws_a_line_between_screens(tmp_path: Path) -> None:
    done = syncasync("lesson", "2", "--projector", "--reveal", folder=tmp_path)
    pages = done.stdout.split("-" * 78 + "\n")
    assert len(pages) >= 3
    assert max(len(page.splitlines()) for page in pages) <= 20
    assert "\x1b" not in done.stdout


# -- without a terminal ---------------------------------------------------------------------------


@ALL
def test_without_an_answer_nothing_is_revealed(file: LessonFile) -> None:
    done = syncasync("lesson", file.lesson.name)
    assert done.returncode == exit_codes.DONE
    shown = " ".join(done.stdout.split())
    assert file.lesson.question.text in shown
    assert all(word not in shown for word in ("Keep this", "would be right", "The sum", "Correct."))
    assert f"syncasync-sim lesson {file.lesson.name} --reveal" in done.stderr


def test_piped_lines_are_the_answers(tmp_path: Path) -> None:
    email(tmp_path)
    done = shell("printf 'q\\nb\\n3\\n' | sim lesson email.yaml", tmp_path)
    assert done.returncode == exit_codes.DONE
    assert "your answer [a/b/c] > b\nhow sure?" in done.stdout
    assert "(sure). Correct." in done.stdout
    assert TAKEAWAY in " ".join(done.stdout.split())
    assert "16.05 s" in done.stdout
    assert done.stderr == ""


def test_piped_lines_answer_the_questions_in_their_order(tmp_path: Path) -> None:
    shown = sim(str(every_part(tmp_path)), text="b\n3\na\nb\na\n").stdout
    assert "You said b) 2.55 s, just as in the synchronous design (sure). Correct." in shown
    assert "You said a) The email waits for the page. Correct." in shown
    assert "You said b) after 2.55 s." in shown
    assert "You said a) with the page." in shown
    assert "What alone makes queues?" not in shown


def test_piped_votes_are_two_lines_for_each_question(tmp_path: Path) -> None:
    lines = "a=4,b=16,c=2\na=1,b=3\n\na=3,b=1\na=4,b=0\na=2,b=2\n\n"
    shown = " ".join(sim(str(every_part(tmp_path)), "--votes", "a=12,b=7,c=3", text=lines).stdout.split())
    assert "At first 32 % said so (7 of 22), after the talk 73 % (16 of 22)." in shown
    assert "The reason is a) The email waits for the page. 1 of 4 said so." in shown
    assert "At first 75 % said so (3 of 4), after the talk 100 % (4 of 4)." in shown
    assert "2 of 4 said so." in shown


def test_the_end_of_a_bundled_lesson_names_the_next() -> None:
    assert sim("2", "--reveal").stderr.endswith("Next: syncasync-sim lesson 3\n")


def test_an_answer_without_how_sure_is_an_answer() -> None:
    result = sim("2", text="a\n")
    assert "You said a) 1.05 s, together with the page.\n" in result.stdout


@pytest.mark.parametrize("text", ["", "x\n", "\x00\n", "a" * 100_000])
def test_input_that_ends_without_an_answer_reveals_nothing(text: str) -> None:
    result = sim("2", text=text)
    assert result.exit_code == exit_codes.DONE
    assert TAKEAWAY not in " ".join(result.stdout.split())
    assert "The sum" not in result.stdout
    assert "--reveal" in result.stderr


def test_bytes_that_are_no_text_are_no_answer(tmp_path: Path) -> None:
    done = shell("printf '\\xff\\xfe\\nb\\n' | sim lesson 2", tmp_path)
    assert done.returncode == exit_codes.DONE
    assert "You said b)" in done.stdout


def test_a_closed_standard_input_is_no_answer(tmp_path: Path) -> None:
    done = shell("sim lesson 2 <&-", tmp_path)
    assert done.returncode == exit_codes.DONE
    assert "--reveal" in done.stderr


def test_votes_need_the_wish_to_see(tmp_path: Path) -> None:
    assert "<- correct" not in sim("2", "--votes", "a=1,b=2").stdout
    assert "2  <- correct" in sim("2", "--votes", "a=1,b=2", text="\n").stdout
    assert "2  <- correct" in sim("2", "--votes", "a=1,b=2", "--reveal").stdout


def test_no_ask_is_another_name_of_reveal() -> None:
    revealed = sim("2", "--reveal", text="x\n")
    assert revealed.stdout == sim("2", "--no-ask").stdout
    assert "your answer" not in revealed.stdout
    assert "Ten orders at once and ten workers." in revealed.stdout


def test_a_student_has_their_own_sheet() -> None:
    assert "email arrives   3.45 s  3.45 s" in sim("2", "--student", "4", "--reveal").stdout
    assert "lesson 2 --student 4 --reveal" in sim("2", "--student", "4").stderr


# -- a lesson of one's own ------------------------------------------------------------------------


def test_a_file_is_a_lesson_and_says_nothing_of_a_next_one(tmp_path: Path) -> None:
    result = sim(str(of_chance(tmp_path)), text="a\n3\n")
    assert result.exit_code == exit_codes.DONE
    assert "8 runs, a dot for each" in result.stdout
    assert result.stderr == ""


def test_claims_that_do_not_hold_have_the_code_of_a_missed_expectation(tmp_path: Path) -> None:
    path = of_chance(tmp_path, ("sync.response_time_s.mean > 1s", "sync.response_time_s.mean > 1h"))
    result = sim(str(path), text="a\n3\n")
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "the lesson does not fit its runs: sync.response_time_s.mean > 1h (it is " in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("99",), "there is no such lesson, and no such file"),
        (("not-fastr",), "did you mean 'not-faster'?"),
        (("2", "--votes", "z=1"), "expected one of a, b or c and a number"),
        (("2", "--again", "a=1"), "a second vote without a first"),
        (("2", "--votes", "a=1", "--again", "z=1"), "expected one of a, b or c and a number"),
        (("2", "--votes", "a=1", "--answers", "x"), "--votes and --answers are both first votes"),
        (("2", "--level", "hard"), "'hard' is not one of intro, advanced."),
        (("2", "--student", "0"), "0 is too small"),
    ],
)
def test_mistakes_are_told_with_what_is_allowed(arguments: tuple[str, ...], says: str) -> None:
    result = sim(*arguments)
    told = result.stderr + (exit_codes.describe(result.exception)[1] if result.exit_code == 1 else "")
    assert says in told
    assert result.stdout == ""


def _goes_on(arrived: int, expected: int) -> bool:
    return arrived <= max(1, 2 * expected)


def test_long_runs_go_on_while_the_question_is_read(tmp_path: Path) -> None:
    path = of_chance(tmp_path)
    session, later = Session(load_lesson(path)), Session(load_lesson(path))
    run_ahead.RunAhead(session.run_unseen).wait(_goes_on)
    with pytest.raises(RuntimeError, match="before there is an answer"):
        session.run()
    session.answer("a")
    later.answer("a")
    made = session.run()
    assert session.run() is made
    runs = [run.comparison.each("sync", "response_time_s.mean") for run in (made, later.run())]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("by", ["stop", "wait"])
def test_a_run_that_nobody_waits_for_ends(by: str) -> None:
    """It goes on as long as it is told to."""
    ended: list[bool] = []

    def endless(watch: Callable[[int, int], bool]) -> None:
        while watch(1, 1):
            time.sleep(0.001)
        ended.append(True)

    ahead = run_ahead.RunAhead(endless)
    assert ended == []
    if by == "stop":
        ahead.stop()
    ahead.wait(lambda *_: False)
    assert ended == [True]


def test_the_error_of_a_run_ahead_is_told_by_the_run_after_the_answer() -> None:
    def fails(_: object) -> None:
        raise ValueError("not here")

    run_ahead.RunAhead(fails).wait(_goes_on)


@pytest.mark.parametrize(("after_s", "told"), [(0.0, "Running lesson 8: 60 runs ...\n"), (1000.0, "")])
def test_without_a_terminal_a_long_run_is_told_once_on_standard_error(
    after_s: float, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress_bar, "NOTICE_S", after_s)
    session = Session(load_lesson("8"))
    lesson_play._run(session, lambda watch: [watch(came, 3) for came in range(3)], bar=True)
    assert capsys.readouterr() == ("", told)

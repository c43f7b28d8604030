"""`lesson replay`: the page asks in the words of the lesson, tells nothing before an answer, and refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lessons import own
from lessons.files import every_part
from replay.pages import OPTION, answer, chromium, opened, recall, until
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.files.lessons import load_lesson
from syncasync_sim.lessons.contradictions import contradictions
from syncasync_sim.lessons.replay_page import question, replay
from syncasync_sim.lessons.session import Session

ALL = range(1, 18)
"""The bundled lessons."""
MEAN = "The answer is the mean of 30 runs; this is the first of them"


def sim(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["lesson", "replay", *arguments], prog_name="syncasync-sim")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def session_of(lesson: int | str | Path, student: int | None = None) -> Session:
    return Session(load_lesson(lesson), student=student)


@pytest.mark.parametrize("number", ALL)
def test_the_question_is_that_of_the_lesson_in_its_order(number: int) -> None:
    session = session_of(number)
    asked, lesson = question(session), session.lesson
    why = ["why"] if lesson.why.options else []
    assert list(asked) == ["story", "text", "options", *why, "sum", "takeaway"]
    assert asked["text"] == session.filled_text(lesson.question.text)
    assert len(asked["options"]) == len(lesson.question.options)
    for place, option in enumerate(asked["options"]):
        assert option["correct"] == (place == lesson.question.correct)
        assert option["correct"] != ("refutation" in option)
        if not option["correct"]:
            told = session.filled_text(lesson.question.options[place].right_if or "")
            assert option["refutation"].startswith(f"It would be right if {told}")
    assert asked["takeaway"].startswith(lesson.takeaway)
    assert not any(mark in str(asked) for mark in ("{number}", "{answer}", "{value}"))


@pytest.mark.parametrize("number", [number for number in ALL if load_lesson(number).lesson.students])
def test_a_student_has_their_own_number_in_every_text_and_in_the_run(number: int) -> None:
    students = load_lesson(number).lesson.students
    assert students is not None
    for place, one in enumerate(students.numbers, start=1):
        session = Session(load_lesson(number), student=place)
        asked = question(session)
        assert asked["story"][-1].startswith(f"Student {place}: in your run")
        assert asked["story"][-1].endswith(f" {students.label} {one.number}.")
        session.reveal()
        outcome = session.run()
        assert contradictions(session.file, [outcome], [], None) == []
        assert outcome.number == one.number


@pytest.mark.parametrize(
    ("number", "student", "told"),
    [
        (1, None, ""),
        # random arrivals, 0.6 customers/s: 500 in 833 s on average, and 486 in this run; in 2 hours 4,361
        (
            8,
            None,
            "{mean}. The picture and the figures are of the first 486 of 4,361 customers;"
            " nobody comes after 13 min 53 s",
        ),
        (9, None, "{mean}"),
        # 6 customers/s are 500 after 83.3 s, and 540 after 90 s
        (
            12,
            None,
            "The answer is that of all customers. The picture and the figures are of the first 500 of 540"
            " customers; nobody comes after 83.17 s",
        ),
    ],
)
def test_what_the_picture_leaves_out_is_told_on_the_page(number: int, student: int | None, told: str) -> None:
    session = session_of(number, student)
    session.reveal()
    shown = document_in(replay(session, session.run()))
    assert shown["left_out"] == told.format(mean=MEAN)


def document_in(html: str) -> dict[str, Any]:
    """The run that a page shows."""
    found = re.search(r'id="document">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    plain: dict[str, Any] = json.loads(found[1])
    return plain


def test_the_page_is_named_after_the_lesson_and_the_student(here: Path) -> None:
    assert sim("1").stdout == "the-spinner-replay.html\n"
    assert sim("1", "--student", "3").stdout == "the-spinner-replay-3.html\n"
    for student, name in ((None, "the-spinner-replay.html"), (3, "the-spinner-replay-3.html")):
        session = session_of(1, student)
        session.reveal()
        assert Path(name).read_text(encoding="utf-8") == replay(session, session.run())
    assert len(list(here.iterdir())) == 2


def test_a_file_that_is_there_stays_unless_forced(here: Path) -> None:
    Path("mine.html").write_text("mine", encoding="utf-8")
    assert isinstance(sim("2", "-o", "mine.html").exception, FileExistsError)
    assert Path("mine.html").read_text(encoding="utf-8") == "mine"
    assert sim("2", "-o", "mine.html", "--force").exit_code == exit_codes.DONE
    assert "Not faster" in Path("mine.html").read_text(encoding="utf-8")


def test_no_page_is_written_of_a_lesson_that_its_run_does_not_show(here: Path) -> None:
    path = own.write(here, own.HOSTILE.replace("value: 1.05s", "value: 1.04s"))
    result = sim(path, "-o", "page.html")
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "the answer is 1.04s (it is 1.05 s in the run of the lesson, line" in result.stderr
    assert not Path("page.html").exists()


def test_a_number_that_nobody_has_is_refused(here: Path) -> None:
    result = sim(own.write(here, own.HOSTILE), "--student", "3")
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert "it has no own numbers: leave --student out." in " ".join(result.stderr.split())


def test_nothing_of_the_result_is_seen_before_an_answer(tmp_path: Path) -> None:
    with chromium() as browser:
        for number in ALL:
            session = session_of(number)
            session.reveal()
            file = tmp_path / f"{number}.html"
            file.write_text(replay(session, session.run()), encoding="utf-8")
            asked = question(session)
            wrong = next(place for place, option in enumerate(asked["options"]) if not option["correct"])
            lettered = [
                f"{'abcdef'[place]}) {option['text']}" for place, option in enumerate(asked["options"])
            ]
            with opened(browser, file, "#t=9999") as page:
                recall(page)
                lines = page.inner_text(".sa-main").split("\n")
                told = [*asked["story"], asked["text"], *lettered, "Choose first; then it plays."]
                assert " ".join(lines).split() == " ".join(told).split()
                secrets = [asked["sum"], asked["takeaway"], asked["options"][wrong]["refutation"]]
                assert not any(secret in page.inner_text("body") for secret in secrets)
                answer(page, wrong)
                until(page, lambda: page.text_content(".sa-play") == "Pause")
                assert ("the mean of 30 runs" in page.inner_text("body")) == (number in (8, 9))
                assert page.locator(".sa-verdict p").count() == 0
                page.keyboard.press("End")
                verdict = page.inner_text(".sa-verdict")
                assert all(" ".join(secret.split()) in verdict for secret in secrets)


def test_the_reason_is_asked_before_the_run(tmp_path: Path) -> None:
    session = session_of(every_part(tmp_path))
    session.reveal()
    file = tmp_path / "lesson.html"
    file.write_text(replay(session, session.run()), encoding="utf-8")
    reasons, secrets = (
        ["a) The email waits for the page.", "b) A queue sends at once."],
        ["mail server", "The sum"],
    )
    with chromium() as browser, opened(browser, file) as page:
        assert "Why at that time?" not in page.inner_text("body")
        recall(page)
        page.locator(OPTION).nth(2).click()
        page.locator(OPTION).nth(1).click()
        assert page.locator(".sa-more .sa-option").all_inner_texts() == reasons
        assert not any(secret in page.inner_text("body") for secret in secrets)
        assert page.locator(".sa-lane").count() == 0
        page.keyboard.press("b")
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        page.keyboard.press("End")
        told = [line for line in page.inner_text(".sa-verdict").split("\n") if line]
        assert told[0] == 'You said "2.55 s, just as in the synchronous design". Correct.'
        assert (
            told[1]
            == 'Your reason was "A queue sends at once". The reason is "The email waits for the page".'
        )
        assert told[2] == "It would be right if the queue were the mail server."


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_nothing_moves_when_the_answer_is_told(tmp_path: Path, width: int, height: int) -> None:
    session = session_of(2)
    session.reveal()
    file = tmp_path / "lesson.html"
    file.write_text(replay(session, session.run()), encoding="utf-8")
    wrong = [not option["correct"] for option in question(session)["options"]].index(True)
    size = {"width": width, "height": height}
    with chromium() as browser, opened(browser, file, viewport=size) as page:
        answer(page, wrong)
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        page.keyboard.press("Space")
        before = page.locator(".sa-sync").bounding_box()
        assert page.inner_text(".sa-feedback").strip() == "At the end the page shows the right answer."
        if width < 640:  # there is no room to be kept empty here: one line for the hint
            assert page.locator(".sa-feedback").evaluate("e => e.clientHeight") < 40
        page.keyboard.press("End")
        assert page.locator(".sa-sync").bounding_box() == before
        seen = page.locator(".sa-verdict-below" if width < 640 else ".sa-verdict")
        assert seen.inner_text().startswith("You said")
        box = seen.bounding_box()
        assert box is not None
        assert box["height"] > 50
        assert box["y"] + box["height"] <= height  # on the screen, wherever the page is scrolled to

"""What a lesson's page asks before its question and after the run: in the words of the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from lessons import own
from lessons.files import every_part
from replay.pages import OPTION, chromium, opened, press, recall, until
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.files.lessons import lessons, load_lesson
from syncasync_sim.lessons import page_parts, presenter
from syncasync_sim.lessons.replay_page import replay, runs
from syncasync_sim.lessons.session import Part, Session
from syncasync_sim.render.tables import Lines

if TYPE_CHECKING:
    from playwright.sync_api import Page

BESIDES: tuple[Part, ...] = ("recall", "change", "transfer")


def told_by(session: Session, part: Part) -> Iterable[Any]:
    """What the terminal tells of an answer."""
    if part == "recall":
        return presenter.feedback(session, part)
    if part == "change":
        return presenter.changed(session, session.lesson.change)
    return presenter.transfer_feedback(session)


def sentences(blocks: Iterable[Any]) -> list[str]:
    return [text for block in blocks if isinstance(block, Lines) for text in block.sentences]


def of_page(blocks: list[dict[str, Any]]) -> list[str]:
    return [text for block in blocks if block["kind"] == "lines" for text in block["texts"]]


def revealed(lesson: int | str | Path, student: int | None = None) -> Session:
    session = Session(load_lesson(lesson), student=student)
    session.reveal()
    return session


def written(folder: Path, lesson: int | str | Path) -> Path:
    session, file = revealed(lesson), folder / "lesson.html"
    file.write_text(replay(session, session.run()), encoding="utf-8")
    return file


@pytest.mark.parametrize("file", lessons(), ids=lambda file: file.lesson.name)
def test_each_answer_is_told_of_as_in_the_terminal(file: Any) -> None:
    session = revealed(file.lesson.name)
    for part in BESIDES:
        asked = page_parts.with_results(session, part)
        if session.question_of(part) is None:
            assert asked is None
            continue
        assert asked is not None
        assert [option["text"] for option in asked["options"]] == session.options(part)
        for letter, option in zip(session.letters_of(part), asked["options"], strict=True):
            own_session = revealed(file.lesson.name)
            own_session._outcomes, own_session._cases = session._outcomes, session._cases
            own_session.answer(letter, part=part)
            texts = of_page(option["result"])
            assert texts == sentences(told_by(own_session, part))
            assert texts[0].startswith(f"You said {letter})")
            assert ("Correct" in texts[0]) == option["correct"]


def test_the_result_comes_before_its_sum() -> None:
    change = page_parts.with_results(revealed(2), "change")
    assert change is not None
    for option in change["options"]:
        kinds = [block["kind"] for block in option["result"]]
        assert kinds == ["lines", "table", "lines"]
        assert "The sum: " in option["result"][-1]["texts"][-1]
        assert "The sum" not in json.dumps(option["result"][:-1])


def test_a_student_sees_the_change_with_the_number_for_everybody() -> None:
    session = revealed(2, student=1)
    for run in runs(session):
        run(lambda *_: True)
    change = page_parts.with_results(session, "change")
    assert change is not None
    assert "the email takes 1.5 s for everybody" in change["lead"][0]["texts"][0]
    assert change["options"][2]["correct"]


def seen(page: Page) -> str:
    return " ".join(page.inner_text("body").split())


def test_one_question_after_the_other_with_keys_alone(tmp_path: Path) -> None:
    path = every_part(tmp_path)
    session = revealed(path)
    questions = {part: session.question_of(part) for part in BESIDES}
    texts = {part: question.text for part, question in questions.items() if question}
    with chromium() as browser, opened(browser, written(tmp_path, path), "#t=9999") as page:
        text = seen(page)
        assert "First, from an earlier lesson:" in text
        assert texts["recall"] in text
        assert session.lesson.question.text not in text
        press(page, "b")
        assert page.evaluate("document.activeElement.className") == "sa-told"
        for sentence in sentences(told_by(session.with_answer(1, "recall"), "recall")):
            assert sentence in seen(page)
        assert session.lesson.question.text in seen(page)
        press(page, "b", "a")
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        press(page, "Space", "c")  # a letter is for no question now
        assert texts["recall"] not in seen(page)
        assert texts["change"] not in page.inner_text("body")
        assert not page.is_visible(".sa-next")
        page.focus("#replay")
        press(page, "End")
        page.focus(".sa-next")
        press(page, "Enter")
        assert page.evaluate("document.activeElement.ariaLabel") == "One thing changes"
        assert "Now one thing changes: Ten orders at once, still one worker." in seen(page)
        assert texts["change"] in seen(page)
        assert "The sum: 1.05 s + 10 x 1.5 s = 16.05 s" not in page.content().split('id="document"')[0]
        assert page.locator(".sa-rest .lesson-table").count() == 0
        assert "A video is uploaded, and a worker makes it smaller." not in seen(page)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # chooses, as elsewhere, and does not play
        assert page.text_content(".sa-play") == "Play"
        for sentence in sentences(told_by(session.with_answer(1, "change"), "change")):
            assert sentence in seen(page)
        assert "And somewhere else: A video is uploaded, and a worker makes it smaller." in seen(page)
        press(page, "a", "b")  # the first answer counts
        for sentence in sentences(told_by(session.with_answer(0, "transfer"), "transfer")):
            assert sentence in seen(page)
        pressed = page.locator('.sa-rest .sa-option[aria-pressed="true"]').all_inner_texts()
        assert pressed == ["b) after 2.55 s", "a) with the page"]
        assert page.locator(".sa-rest .sa-option:enabled").count() == 0


def test_a_change_without_a_question_is_guessed(tmp_path: Path) -> None:
    path = own.write(tmp_path, own.CHANCE)
    session = revealed(path)
    with chromium() as browser, opened(browser, written(tmp_path, path)) as page:
        recall(page)
        page.locator(OPTION).first.click()
        until(page, lambda: page.text_content(".sa-play") == "Pause")
        press(page, "End")
        assert page.locator(".sa-rest .lesson-table").count() == 0
        page.click("text=Guess, then see")
        for sentence in sentences(presenter.changed(session, session.lesson.change)):
            assert sentence in seen(page)


def test_no_page_is_written_of_a_change_that_its_run_does_not_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = every_part(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("max == 16.05s", "max == 16.04s"), encoding="utf-8")
    result = CliRunner().invoke(app, ["lesson", "replay", str(path), "-o", "page.html"])
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert (
        "async.completion_time_s.max == 16.04s (it is 16.05 s in the run of the change, line 39)"
        in result.stderr
    )
    assert not Path("page.html").exists()

"""What a page is told of a lesson: first the question; after an answer the rest, as the terminal has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lessons.own import CHANCE, write
from syncasync_sim.files.lessons import lessons, load_lesson
from syncasync_sim.lessons import page_lesson, presenter
from syncasync_sim.lessons.session import Session
from syncasync_sim.render.tables import Lines


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    return [text for block in blocks if block["kind"] == "lines" for text in block["texts"]]


def said(blocks: Any) -> list[str]:
    return [text for block in blocks if isinstance(block, Lines) for text in block.sentences]


@pytest.mark.parametrize("file", lessons(), ids=lambda file: file.lesson.name)
def test_a_question_says_nothing_of_its_answer(file: Any) -> None:
    plain = json.dumps(page_lesson.question(Session(file)))
    lesson = file.lesson
    assert lesson.title in plain
    assert '"correct"' not in plain
    kept = [lesson.takeaway, lesson.sum, lesson.discuss, lesson.change.text, lesson.change.sum]
    for text in [*kept, *(option.belief for option in lesson.question.options if option.belief)]:
        assert json.dumps(text)[1:-1] not in plain


def test_nothing_is_run_before_an_answer() -> None:
    session = Session(load_lesson(3))
    for call in (page_lesson.result, page_lesson.picture, lambda asked: page_lesson.case_result(asked, 0)):
        with pytest.raises(RuntimeError, match="before there is an answer"):
            call(session)


def test_the_words_are_those_of_the_lesson_in_their_order() -> None:
    session = Session(load_lesson(3))
    session.answer("b", 3)
    change, further = session.lesson.change, session.lesson.more[0]
    result = page_lesson.result(session)
    assert not result["right"]
    assert texts(result["blocks"]) == said(presenter.revealed(session))
    assert texts(result["next"]) == said(presenter.announced(session, change))[:1]
    changed = page_lesson.case_result(session, 0, "more")
    assert texts(changed["blocks"]) == said(presenter.changed(session, change, "more"))
    assert texts(changed["next"]) == said(presenter.announced(session, further))
    assert texts(changed["fine_print"]) == said(presenter.fine_print(session))
    assert changed["problem"] == ""
    assert page_lesson.case_result(session, len(session.lesson.more))["next"] == []


def test_an_advanced_lesson_leaves_time_to_think() -> None:
    session = Session(load_lesson(3), level="advanced")
    session.answer("c", 1)
    result = page_lesson.result(session)
    kinds = [block["kind"] for block in result["blocks"]]
    assert result["right"]
    assert kinds.count("gate") == 1
    assert "Keep this" not in " ".join(texts(result["blocks"][: kinds.index("gate")]))


def test_a_lesson_that_does_not_fit_says_so(tmp_path: Path) -> None:
    session = Session(load_lesson(write(tmp_path, CHANCE.replace("completed > 100", "completed < 1"))))
    session.answer("a", 1)
    heads = [block["heads"] for block in page_lesson.result(session)["blocks"] if block["kind"] == "table"]
    assert heads == [["", "sync", "async", "change ± 95 %", ""]]
    problem = page_lesson.case_result(session, 0)["problem"]
    assert problem.startswith("the lesson does not fit its runs: async.work.completed < 1 (it is ")

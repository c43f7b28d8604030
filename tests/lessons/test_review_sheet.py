"""Review sheets: questions of several lessons, mixed by a seed; and the key to the same sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.files import QUESTIONS, every_part
from lessons.test_pages import Reader
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.lessons import LessonFile, load_lesson
from syncasync_sim.lessons.handout import LICENCE
from syncasync_sim.lessons.review_sheet import deal, review_key, review_sheet


@pytest.fixture
def files(tmp_path: Path) -> list[LessonFile]:
    """Three lessons with two, four and no questions for review."""
    every_part(tmp_path)
    text = (tmp_path / "luck.yaml").read_text(encoding="utf-8")
    more = QUESTIONS.replace("What alone", "What else").replace("Who", "Which one")
    (tmp_path / "longer.yaml").write_text(text.replace(QUESTIONS, QUESTIONS + more), encoding="utf-8")
    return [load_lesson(tmp_path / f"{name}.yaml") for name in ("luck", "longer", "email")]


def test_the_same_seed_gives_the_same_sheet_and_another_seed_another(files: list[LessonFile]) -> None:
    assert deal(files, 8, 1) == deal(files, 8, 1)
    orders = {tuple((d.file.lesson.name, d.question.text) for d in deal(files, 8, seed)) for seed in range(6)}
    assert len(orders) > 1


def test_every_question_comes_once_if_there_is_room(files: list[LessonFile]) -> None:
    dealt = [(d.file.lesson.name, d.question.text) for d in deal(files, 8, 3)]
    assert len(dealt) == len(set(dealt)) == 6


def test_a_sheet_counts_in_words_that_fit(files: list[LessonFile]) -> None:
    assert review_sheet(deal(files, 1, 1), 1).by == "1 question about 1 lesson"
    assert review_sheet(deal(files, 2, 1), 1).by == "2 questions about 2 lessons"


@pytest.mark.parametrize("seed", range(5))
def test_a_short_sheet_has_as_many_questions_of_each_lesson(files: list[LessonFile], seed: int) -> None:
    names = [d.file.lesson.name for d in deal(files, 4, seed)]
    assert sorted(names) == ["longer", "longer", "luck", "luck"]


def test_the_sheet_asks_and_the_key_answers_in_the_same_order(files: list[LessonFile]) -> None:
    dealt = deal(files, 8, 7)
    sheet, answers = Reader(review_sheet(dealt, 7)).text, Reader(review_key(dealt, 7)).text
    for number, item in enumerate(dealt, start=1):
        letter, text = item.options[item.question.correct]
        for read in (sheet, answers):
            assert f"{number}. {item.question.text}" in read
        assert f"Answer: {letter}) {text}" in answers
        for option in item.question.options:
            assert option.right_if is None or option.right_if in answers
            assert option.right_if is None or option.right_if not in sheet
    assert "6 questions about 2 lessons" in sheet
    assert "seed 7" in sheet
    assert "Answer" not in sheet
    assert LICENCE not in sheet


def test_lessons_without_questions_are_named(files: list[LessonFile]) -> None:
    with pytest.raises(ScenarioError, match="no question for review in: Not faster, just later"):
        deal(files[2:], 8, 1)

"""`lesson guide`, `slides`, `review` and `test`: where the pages go, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons import own
from lessons.files import every_part
from lessons.test_pages_command import check_refused, names, sim
from syncasync_sim.cli import exit_codes, lesson_teaching
from syncasync_sim.files.concept_test import load_concept_test
from syncasync_sim.files.lessons import lessons, load_lesson
from syncasync_sim.lessons.answer_key import run_all
from syncasync_sim.lessons.concept_test import form, form_key
from syncasync_sim.lessons.guide import guide
from syncasync_sim.lessons.handout import handouts
from syncasync_sim.lessons.review_sheet import deal, review_key, review_sheet
from syncasync_sim.lessons.slides import slides


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")


def test_a_guide_slides_and_thirty_sheets_of_a_lesson() -> None:
    assert sim("guide", "2").stdout == "not-faster-guide.html\n"
    assert sim("slides", "2").stdout == "not-faster-slides.html\n"
    assert sim("handout", "2", "--students", "1-30").stdout == "not-faster-handouts-1-30.html\n"
    file = load_lesson(2)
    assert read("not-faster-guide.html") == guide(run_all(file)).html()
    assert read("not-faster-slides.html") == slides(run_all(file))
    assert read("not-faster-handouts-1-30.html") == handouts(file, range(1, 31)).html()
    assert sim("guide", "2", "-o", "-").stdout == guide(run_all(file)).markdown()


def test_both_forms_of_the_test_and_their_keys() -> None:
    test = load_concept_test()
    assert sim("test", "--form", "A").stdout == "concept-test-A.html\n"
    assert sim("test", "--form", "b", "--key").stdout == "concept-test-B-key.html\n"
    assert read("concept-test-A.html") == form(test, "A").html()
    assert read("concept-test-B-key.html") == form_key(test, "B").html()
    assert sim("test", "--form", "A", "--key", "-o", "-").stdout == form_key(test, "A").markdown()


def test_no_key_is_written_of_a_test_that_its_runs_do_not_show(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("syncasync_sim.lessons.concept_test.contradictions", lambda *_: ["M1: it is not so"])
    result = sim("test", "--form", "A", "--key")
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "the test does not fit its runs: M1: it is not so\nNothing was written.\n" in result.stderr
    assert names(here) == []


def test_a_review_of_a_lesson_of_ones_own(here: Path) -> None:
    every_part(here)
    dealt = deal([load_lesson("luck.yaml")], 1, 5)
    arguments = ("review", "luck.yaml", "--count", "1", "--seed", "5")
    assert sim(*arguments).stdout == "review-luck.html\n"
    assert sim(*arguments, "--key").stdout == "review-luck-key.html\n"
    assert read("review-luck.html") == review_sheet(dealt, 5).html()
    assert read("review-luck-key.html") == review_key(dealt, 5).html()


@pytest.mark.parametrize(("given", "numbers"), [("1-3", [1, 2, 3]), ("4", [1, 2, 3]), ("not-faster", [1])])
def test_a_review_is_about_a_span_or_about_what_comes_before(given: str, numbers: list[int]) -> None:
    assert [file.lesson.number for file in lesson_teaching._before(given)] == numbers


@pytest.mark.parametrize("what", ["guide", "slides"])
def test_nothing_is_written_of_a_lesson_that_its_runs_do_not_show(what: str, here: Path) -> None:
    path = own.write(here, own.HOSTILE.replace("value: 1.05s", "value: 1.04s"))
    result = sim(what, path)
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "the lesson does not fit its runs: the answer is 1.04s" in result.stderr
    assert names(here) == ["names.yaml", "own.yaml", "shop.yaml"]


@pytest.mark.parametrize("arguments", [["guide", "2"], ["slides", "2"], ["test", "--form", "A"]])
def test_a_file_that_is_there_stays_unless_forced(arguments: list[str]) -> None:
    Path("mine.html").write_text("mine", encoding="utf-8")
    refused = sim(*arguments, "-o", "mine.html")
    assert isinstance(refused.exception, FileExistsError)
    assert read("mine.html") == "mine"
    assert sim(*arguments, "-o", "mine.html", "--force").exit_code == exit_codes.DONE
    assert read("mine.html") != "mine"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["guide", "2", "-o", "a.pdf"], "'a.pdf' ends in neither .html nor .md."),
        (["slides", "2", "-o", "a.md"], "'a.md' does not end in .html: slides are a page."),
        (["slides", "2", "-o", "-"], "'-' does not end in .html: slides are a page."),
        (["test"], "Invalid value for --form: say which form: A or B."),
        (["test", "--form", "C"], "'C' is not a form: choose A or B."),
        (["test", "--form", "A", "-o", "a"], "'a' ends in neither .html nor .md."),
        (["review", "1"], "no lesson comes before lesson 1: write for instance 1-7."),
        (["review", "0-3"], "0 is too small"),
        (["review", "7-1"], "'7-1' goes backwards: write 1-7."),
        (["review", "1-99"], f"there are lessons 1 to {len(lessons())}."),
        (["review", "1-7", "--count", "0"], "0 is too small: choose 1 to 100."),
        (["review", "1-7", "--count", "101"], "101 is too large: choose 1 to 100."),
        (["review", "1-7", "--seed", "-1"], "-1 is too small: choose 0 or more."),
        (["handout", "2", "--student", "3", "--students", "1-3"], "give --student or --students, not both."),
        (["handout", "own.yaml", "--students", "1-3"], "it has no own numbers: leave --students out."),
        (["handout", "2", "--students", "3-1"], "'3-1' goes backwards: write 1-3."),
    ],
)
def test_what_is_refused(arguments: list[str], told: str, here: Path) -> None:
    check_refused(arguments, told, here)


def test_a_lesson_that_is_not_there_and_one_without_questions(here: Path) -> None:
    own.write(here, own.CHANCE)
    for arguments, told in (
        (("guide", "no-lesson"), "there is no such lesson"),
        (("slides", "99"), "there is no such lesson"),
        (("review", "99"), "there is no such lesson"),
        (("review", "own.yaml"), "no question for review in: Left to chance"),
    ):
        refused = sim(*arguments)
        assert told in exit_codes.describe(refused.exception)[1]
    assert names(here) == ["names.yaml", "own.yaml", "shop.yaml"]

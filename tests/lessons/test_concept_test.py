"""The concept test: its answers come from runs or from sums, and neither form is easier to guess."""

from __future__ import annotations

import ast
import operator
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lessons.test_pages import Reader
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.concept_test import FILE, lesson_about, load_concept_test
from syncasync_sim.files.lessons import root
from syncasync_sim.lessons.concept_test import (
    contradictions,
    form,
    form_key,
    how_many,
    normalised_gain,
    options_of,
)
from syncasync_sim.lessons.handout import LICENCE
from syncasync_sim.model.concept_test import FORMS, Form, Item

TEST = load_concept_test()
ITEMS = [(item, which) for item in TEST.items for which in FORMS]
EACH = pytest.mark.parametrize(
    ("item", "which"), ITEMS, ids=[f"{item.misconception}-{which}" for item, which in ITEMS]
)
BOTH = pytest.mark.parametrize("which", FORMS)
UNIT = r"(?: (?:s|minutes|emails|videos|requests|orders|transfers)\b| ?%)?"
TERM = rf"\(?\d[\d.]*{UNIT}\)?"
SUM = re.compile(rf"({TERM}(?: ?[-+x/^] ?\(?{TERM})+) = (\d[\d.]*)")
COUNTED = ("M1", "M3", "M7", "M8", "M11", "M13", "M15", "M20")
"""The misconceptions whose questions are answered by a number."""
OPERATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def value(text: str) -> float:
    """What a written sum comes to, without its units."""

    def of(node: ast.expr) -> float:
        if isinstance(node, ast.BinOp):
            return float(OPERATIONS[type(node.op)](of(node.left), of(node.right)))
        return float(ast.literal_eval(node))

    bare = re.sub(r" ?%| [a-wyz][a-z]*", "", text).replace("x", "*").replace("^", "**")
    return of(ast.parse(bare, mode="eval").body)


def sums(item: Item, which: Form) -> list[tuple[str, str]]:
    return SUM.findall(item.of(which).sum)


@EACH
def test_each_sum_is_right(item: Item, which: Form) -> None:
    for left, right in sums(item, which):
        assert value(left) == pytest.approx(float(right), abs=0.005), left


@EACH
def test_an_answer_with_a_number_is_what_its_sum_comes_to(item: Item, which: Form) -> None:
    asked = item.of(which)
    found = sums(item, which)
    if item.misconception not in COUNTED:
        return
    assert found
    correct = options_of(asked.question)[asked.question.correct][1]
    number = re.search(r"\d[\d.]*", correct)
    if number is not None:
        results = {float(right) for _, right in found}
        results |= {100 * result for result in results} if "%" in correct else set()
        assert any(abs(float(number[0]) - result) < 0.5 for result in results), correct


def test_a_wrong_sum_is_seen() -> None:
    assert SUM.findall("1.05 s + 10 x 2 s = 21.05 s.") == [("1.05 s + 10 x 2 s", "21.05")]
    assert value("1.05 s + 10 x 2 s") == 21.05
    assert value("50 % / (1 - 0.6)") == 125
    assert value("1 - 0.98^10") == pytest.approx(0.183, abs=0.001)
    assert value("(5 - 4) x 600") == 600


@BOTH
def test_the_runs_show_the_answers(which: Form) -> None:
    assert contradictions(TEST, which) == []


def test_an_answer_that_its_run_does_not_show_is_named(tmp_path: Path) -> None:
    text = (root() / FILE).read_text(encoding="utf-8")
    changed = text.replace("value: 21.05 s", "value: 20 s").replace(
        "sync.completion_time_s.max == 3.05s", "sync.completion_time_s.max == 3s", 1
    )
    path = tmp_path / "concept-test.yaml"
    path.write_text(changed, encoding="utf-8")
    assert contradictions(load_concept_test(path), "A") == [
        "M1: sync.completion_time_s.max == 3s (it is 3.05 s)",
        "M3: the answer to 'When is the last email sent?' is 20 s (it is 21.05 s)",
    ]
    assert how_many(TEST, "A") == 6
    assert how_many(TEST, "B") == 0


def test_twelve_misconceptions_each_with_a_lesson() -> None:
    assert len(TEST.items) == 12
    for item in TEST.items:
        assert lesson_about(item.lesson) is not None
    assert lesson_about("no-lesson") is None


@BOTH
def test_no_letter_is_right_more_often_than_another(which: Form) -> None:
    assert set(Counter(item.of(which).question.correct for item in TEST.items).values()) == {4}


def test_the_forms_are_parallel_and_not_the_same() -> None:
    places = [(item.a.question.correct, item.b.question.correct) for item in TEST.items]
    assert sum(a == b for a, b in places) <= 2
    for item in TEST.items:
        assert len(item.a.question.options) == len(item.b.question.options) == 3
        assert item.a.story != item.b.story


def test_the_right_option_is_not_known_by_its_length() -> None:
    longest = []
    for item, which in ITEMS:
        question = item.of(which).question
        lengths = [len(text) for _, text in options_of(question)]
        longest.append(lengths[question.correct] == max(lengths))
    assert sum(longest) <= len(ITEMS) / 2


@BOTH
def test_a_form_holds_no_answer(which: Form) -> None:
    read = Reader(form(TEST, which)).text
    markdown = form(TEST, which).markdown()
    for item in TEST.items:
        asked = item.of(which)
        assert asked.story in read
        assert asked.question.text in read
        told = [asked.sum, item.belief, item.misconception]
        for secret in [*told, *(o.right_if for o in asked.question.options if o.right_if)]:
            assert not re.search(rf"{re.escape(secret)}(?!\d)", read)
            assert secret not in markdown
    assert LICENCE in read


@BOTH
def test_a_key_has_answers_beliefs_rubric_and_gain(which: Form) -> None:
    read = Reader(form_key(TEST, which)).text
    for item in TEST.items:
        asked = item.of(which)
        letter, text = options_of(asked.question)[asked.question.correct]
        assert f"{letter}) {text}" in read
        assert asked.sum in read
        assert f"{item.misconception}: {item.belief}" in read
        for option in asked.question.options:
            assert option.correct or (option.belief and option.belief in read)
    for words in ("below 30 %", "Hake 1998", "= 0.50", "Lesson 4: The phantom error"):
        assert words in read


def test_the_normalised_gain() -> None:
    assert normalised_gain(0.4, 0.7) == pytest.approx(0.5)
    assert normalised_gain(0.5, 0.5) == 0
    assert normalised_gain(0.5, 0.25) == -0.5
    assert normalised_gain(0, 1) == 1
    assert normalised_gain(1, 1) is None


ONE = """
title: One
items:
  - misconception: M1
    belief: It is faster.
    lesson: not-faster
    a:
      story: Here.
      question:
        text: Who?
        options:
          - {text: she, correct: true}
          - {text: he, belief: he is, right_if: he were}
      sum: Because.
    b:
      story: There.
      question:
        text: Who there?
        options:
          - {text: he, belief: he is, right_if: he were}
          - {text: she, correct: true}
      sum: Because.
"""
LAST = "          - {text: she, correct: true}\n      sum: Because.\n"
ONE_MORE = "          - {text: it, belief: it is, right_if: it were}\n      sum"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("misconception: M1", "misconception: one", "misconception"),
        ("belief: he is, ", "", "a wrong option of a test says belief"),
        (LAST, LAST.replace("      sum", ONE_MORE), "both forms have the same number of options"),
        ("      sum: Because.\n    b:", "    b:", "sum"),
        ("    lesson: not-faster\n", "    lessons: not-faster\n", "lessons"),
        (ONE[ONE.index("items:"):], "items: []\n", "at least one item"),
        (ONE, "", "the file is empty; a concept test needs at least title and items"),
        ("      story: There.", "      story: There.\n      scenario: checkout", "at least one claim"),
    ],
)  # fmt: skip
def test_a_file_that_must_be_refused(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert old in ONE
    path = tmp_path / "mine.yaml"
    path.write_text(ONE.replace(old, new), encoding="utf-8")
    with pytest.raises(ScenarioError, match=re.escape(told)):
        load_concept_test(path)


def test_a_misconception_comes_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(ONE + ONE.partition("items:\n")[2], encoding="utf-8")
    with pytest.raises(ScenarioError, match="M1 comes twice"):
        load_concept_test(path)


def test_a_good_file_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(ONE, encoding="utf-8")
    loaded = load_concept_test(path)
    assert (loaded.name, loaded.title, len(loaded.items)) == ("mine", "One", 1)

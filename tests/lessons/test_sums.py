"""The sums of a lesson: arithmetic that is not right is refused, and what is none is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from lessons.files import email, of_chance
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.lessons import lessons, load_lesson
from syncasync_sim.model.arithmetic import mismatches


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("200 + 800 + 50 = 1,051 ms", "1,050 ms"),
        ("200 ms + 800 ms + 50 ms = 1.06 s", "1.05 s"),
        ("80 ms password + 250 ms stock + 800 ms charge = 1.18 s, in all", "1.13 s"),
        ("1.05 s until the page + 1.5 s for the email = 2.65 s", "2.55 s"),
        ("1.05 s + 10 x 1.5 s = 16.5 s; the tenth waits", "16.05 s"),
        ("the queue grows by 5 - 2 = 4 a second for 10 s", "3"),
        ("10 \u00d7 (5 \u2212 2) = 20 emails wait, at 20 s", "30"),
        ("600 s / 1.5 s = 300 tries", "400"),
        ("70 % of 400 = 240 tries succeed", "280"),
        ("100 % - 30 % = 60 %", "70 %"),
        ("0.9 / 0.7 = 1.3, that is 0.9 / 0.7 = 1.28 workers", "1.285714"),
        ("5 + 3 = 8 and 5 + 3 = 10 - 1", "9"),
        ("2.55 s = 1.05 s + 1.4 s", "2.45 s"),
        ("2 minutes / 0.5 = 5 minutes", "4 minutes"),
    ],
)
def test_two_sides_that_differ_are_seen(text: str, result: str) -> None:
    assert [mismatch.result for mismatch in mismatches(text)] == [result]


@pytest.mark.parametrize(
    "text",
    [
        "200 + 800 + 50 = 1,050 ms",
        "1180 ms = 1.18 s = 80 ms + 250 ms + 800 ms + 50 ms",
        "1.5 s / 0.7 = 2.1 s and 1 + 0.3 + 0.09 = 1.39 tries",
        "32 a minute x 1.5 s = 48 s of work in 60 s",
        "every email has its own worker",
        "two workers = one worker",
        "120 orders = 4 minutes",
        "360 orders - 240 sent in 120 s - 50 in the queue = 70 refused",
        "half of 400 - 20 = 180",
        "twice 5 + 3 = 13",
        "1m30s x 2 = 180 s",
        "from 12:30 + 1 = 2",
        "100 - 5 % = 95",
        "1 / 0 = 3",
        "(1 + 2 = 5",
        "1 + = 5",
        "5 s x 2 s = 7 s",
        f"{'1 + ' * 20_000}1 = 3",
        f"{'(' * 20_000}1 = 3",
    ],
)
def test_what_is_right_or_no_arithmetic_is_left_alone(text: str) -> None:
    assert mismatches(text) == []


@pytest.mark.parametrize(
    ("change", "problem", "cure"),
    [
        (
            ("sum: 1.05 s + 10 x 1.5 s = 16.05 s", "sum: 1.05 s + 10 x 1.5 s = 16.5 s"),
            "email.yaml:27:8: '1.05 s + 10 x 1.5 s = 16.5 s': the two sides differ",
            "= 1.05 s + 10 x 1.5 s is 16.05 s",
        ),
        (
            ("sum: every email has its own worker", "sum: 1.05 s + 1.5 s = 2.5 s, 1 + 1 = 3"),
            "email.yaml:32:10: '1 + 1 = 3': the two sides differ",
            "= 1 + 1 is 2",
        ),
        (
            ("values: [1.05 s, 3.45 s, 2.4 s]", "values: [1.05 s, 3.40 s, 2.4 s]"),
            "email.yaml:19:6: '1.05 s + 2.4 s = 3.40 s' for 2.4 s: the two sides differ",
            "= 1.05 s + 2.4 s is 3.45 s",
        ),
    ],
)
def test_a_wrong_sum_is_refused_with_its_line(
    change: tuple[str, str], problem: str, cure: str, tmp_path: Path
) -> None:
    path = email(tmp_path, change)
    with pytest.raises(ScenarioError) as error:
        load_lesson(path)
    assert problem in str(error.value)
    assert cure in str(error.value)


def test_a_formula_has_the_value_of_its_theory(tmp_path: Path) -> None:
    path = of_chance(tmp_path, ("formula: 1 s / (1 - 0.5)", "formula: 1 s / (1 - 0.8)"))
    with pytest.raises(ScenarioError, match=r"1 s / \(1 - 0.8\) = 2s': the two sides differ"):
        load_lesson(path)


def test_the_sums_of_the_bundled_lessons_are_read() -> None:
    """A sum that were left alone by mistake would never be refused."""
    sums = [file.lesson.change.sum for file in lessons()]
    wrong = [text.replace(" = ", " = 9") for text in sums if " = " in text]
    assert sum(bool(mismatches(text)) for text in wrong) >= len(wrong) - 1 > 5

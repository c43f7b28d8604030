"""Lesson files that must be refused, each with its place and a cure; and a teacher's own that is taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.lessons import LessonFile, lessons, load_lesson
from syncasync_sim.lessons.contradictions import is_right, missed
from syncasync_sim.lessons.feedback import run_case, run_lesson, texts_of
from syncasync_sim.model.scenario import Scenario

GOOD = """\
title: Two steps
scenario: mine.yaml
story: A step of 2 s, then one of {number}.
question:
  text: When is the page there?
  figure: async.response_time_s.max
  options:
    - {text: 'after {value}', value: 2 s, correct: true}
    - {text: 'after {value}', value: 5 s, belief: all is waited for, right_if: the page waited}
    - {text: never, value: none, belief: it hangs, right_if: somebody held the lock}
rows:
  - {label: customer waits, figure: response_time_s.max}
sum: the first step only, {answer}
why: {text: "Why not both?"}
discuss: "Why not both?"
claims: [async.response_time_s.max == 2s]
takeaway: Wait for what you need.
change:
  text: Two customers.
  set: {traffic.requests: 2}
  sum: the second work waits for the first, 2 + 3 + 3 = 8 s
  claims: [async.completion_time_s.max == 8s]
students:
  path: steps[slow].duration
  label: it takes
  numbers:
    - {number: 3 s, values: [2 s, 5 s, none]}
    - {number: 4 s, values: [2 s, 6 s, none]}
"""
SCENARIO = """\
traffic: {requests: 1}
steps:
  - {name: quick, duration: 2s}
  - {name: slow, duration: 3s, background: true, effect: done}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(SCENARIO, encoding="utf-8")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "my lesson.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        load_lesson(written(folder, text))
    return str(caught.value).replace(f"{folder}/", "")


def test_a_lesson_of_ones_own_with_its_scenario_beside_it(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    file = load_lesson(written(folder, GOOD))
    assert file.lesson.name == "my-lesson"
    assert file.lesson.number is None
    outcome = run_lesson(file)
    assert (outcome.number, outcome.answer, outcome.measured) == ("3 s", "2 s", 2.0)
    assert is_right(outcome)
    assert missed(file.lesson.claims, outcome.comparison) == []
    assert missed(file.lesson.change.claims, run_case(file, file.lesson.change)[0]) == []
    assert outcome.filled_text(file.lesson.story) == "A step of 2 s, then one of 3 s."


def test_the_list_reads_no_scenario_and_a_bundled_lesson_is_held_to_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []

    def load(self: LessonFile, *args: object, **named: object) -> Scenario:
        read.append(self.lesson.name)
        return of(self, *args, **named)

    of: Callable[..., Scenario] = LessonFile.scenario
    monkeypatch.setattr(LessonFile, "scenario", load)
    lessons.cache_clear()
    names = [file.lesson.name for file in lessons()]
    assert read == []
    for name in names:
        assert load_lesson(name).lesson.name == name
    assert sorted(set(read)) == sorted(names)


def test_a_students_number_reaches_the_run_and_the_texts(folder: Path) -> None:
    file = load_lesson(written(folder, GOOD))
    assert run_lesson(file, "4 s").comparison.figure("sync", "response_time_s.max") == 6.0
    assert texts_of(file.lesson, "4 s") == ("after 2 s", "after 6 s", "never")
    assert run_lesson(file, "4 s").texts == texts_of(file.lesson, "4 s")


@pytest.mark.parametrize("wrong", ["value: 2.5 s, correct: true", "value: none, correct: true"])
def test_a_correct_option_that_is_not_what_is_measured_is_not_right(folder: Path, wrong: str) -> None:
    text = GOOD.replace("value: 2 s, correct: true", wrong).partition("students:")[0]
    assert not is_right(run_lesson(load_lesson(written(folder, text.replace("{number}", "3 s")))))


def test_none_is_not_taken_for_0(folder: Path) -> None:
    quick = SCENARIO.replace("duration: 2s", "duration: 0s")
    (folder / "mine.yaml").write_text(quick, encoding="utf-8")
    text = GOOD.replace("value: 2 s, correct", "value: none, correct").replace("[2 s,", "[none,")
    text = text.replace("never, value: none", "never, value: 9 s").replace(" none]", " 9 s]")
    assert not is_right(run_lesson(load_lesson(written(folder, text))))


# What is replaced in the good lesson, by what; then the first line of the message, and a word of its cure.
A_CLAIM, A_SET = "claims: [async.response_time_s.max == 2s]", "set: {traffic.requests: 2}"
FIVE, ROW = "text: 'after {value}', value: 5 s", "customer waits, figure: response_time_s.max"
WRONG = [
    ("title: Two steps", "titel: Two steps", "1:1: unknown key 'titel'", "did you mean 'title'?"),
    ("takeaway: Wait for what you need.\n", "", "'takeaway' is missing", "takeaway: Wait only"),
    ("scenario: mine.yaml", "scenario: chekout", "2:11: chekout: there is no", "did you mean 'checkout'?"),
    (
        "value: 2 s, correct: true",
        "value: 2 s, belief: a, right_if: b",
        ":7:3: exactly one option is correct",
        "correct: true",
    ),
    (", right_if: the page waited", "", ": a wrong option says right_if", "right_if: queueing were sending"),
    ("value: 2 s, correct: true", "value: 2 s, correct: true, belief: x", "has no belief", "leave it out"),
    ("value: 2 s, correct", "correct", "the correct option has no value", "value: 2.55s"),
    (
        "value: 5 s, belief",
        "value: 8.5, belief",
        ":9:38: expected text, not the number 8.5",
        "its unit, 8.5s;",
    ),
    (
        "values: [2 s, 6 s, none]",
        "values: [2, 6 s, none]",
        "28:30: expected text, not the number 2",
        "unit, 2s;",
    ),
    ("number: 4 s", "number: 4", "28:16: expected text, not the number 4", "unit, 4s;"),
    ("value: 5 s, belief", "value: soon, belief", ":9:38: cannot compare with 'soon'", "2.55 s"),
    (
        "figure: async.resp",
        "figure: async.rezp",
        "6:17: there is no figure",
        "did you mean 'response_time_s'?",
    ),
    (ROW, "customer waits, figure: response_time_s", "12:37: 'response_time_s' has several parts", "max"),
    (A_CLAIM, "claims: []", "at least one claim", "2.55s"),
    (A_CLAIM, "claims: [async.effects.undone == 1]", "no part 'undone'", "done"),
    (
        "claims: [async.completion_time_s.max == 8s]",
        "claims: [async.completion == 8s]",
        "22:18",
        "completion_t",
    ),
    (A_SET, A_SET.replace("}", ", workers.count: 2}"), "exactly one thing", "one path"),
    (A_SET, "set: {}", "expected a mapping of paths", "traffic.requests: 10"),
    (A_SET, "set: {traffic.request: 2}", "20:8: unknown key 'request'", "did you mean 'requests'?"),
    ("values: [2 s, 6 s, none]", "values: [2 s, 6 s]", "one value for each of the 3 options", "order"),
    ("    - {number: 4 s, values: [2 s, 6 s, none]}\n", "", "at least two numbers", "leave students out"),
    ("story: A step", "story: '{answer} is a step", "{answer} stands for nothing here", "only {number} does"),
    (FIVE, FIVE.replace("value}", "answer}"), "{answer} stands for nothing", "only {number} or {value}"),
    ("only, {answer}", "only, {anser}", "{anser} stands for nothing here", "only {number} or {answer}"),
    (
        "path: steps[slow].duration",
        "path: steps[slwo].duration",
        "24:9: there is no item 'slwo'",
        "did you mean 'slow'?",
    ),
    ("number: 4 s", "number: 4 x", "28:16: unknown unit 'x'", "the units are"),
    ("values: [2 s, 6 s, none]", "values: [2 s, 6 s, nun]", "28:40: cannot compare with 'nun'", "2.55 s"),
]


@pytest.mark.parametrize(("right", "wrong", "message", "cure"), WRONG, ids=[row[1][:40] for row in WRONG])
def test_a_mistake_is_told_with_its_place_and_a_cure(
    folder: Path, right: str, wrong: str, message: str, cure: str
) -> None:
    assert GOOD.count(right) == 1
    text = GOOD.replace(right, wrong)
    told = refused(folder, text.replace("of {number}.", "of {number}.'") if "'{answer} is" in wrong else text)
    first, shown, caret, help_ = told.splitlines()[:4]
    place = re.match(r"my lesson\.yaml:(\d+):(\d+): ", first)
    assert place is not None, told
    assert message in told
    assert shown.startswith(f"  {place[1]} | ")
    assert caret.strip().startswith("|")
    assert "^" in caret
    assert help_.strip().startswith("= ")
    assert cure in told
    assert not re.search(r"Traceback|pydantic|Input should|<class", told)


@pytest.mark.parametrize("name", ["not-fasta", "0", "18", "-1", "", "x" * 5000, "a\0b"])
def test_an_unknown_lesson_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load_lesson(name)
    message = str(caught.value)
    assert "there is no such lesson" in message
    assert "the lessons are 1 to 17" in message or "did you mean 'not-faster'?" in message


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text\n", "question: {}\n"])
def test_what_is_no_lesson_is_refused(folder: Path, text: str) -> None:
    assert "=" in refused(folder, text)


@pytest.mark.parametrize(
    "name", ["-", "/dev/stdin", "../mine.yaml", "below/../../mine.yaml", "/etc/passwd", "n" * 300]
)
def test_a_lesson_reads_nothing_outside_its_folder(folder: Path, name: str) -> None:
    below = folder / "below"
    below.mkdir()
    (below / "ours.yaml").write_text(SCENARIO, encoding="utf-8")
    assert load_lesson(written(folder, GOOD.replace("mine.yaml", "below/ours.yaml"))).scenario().steps
    with pytest.raises(ScenarioError) as caught:
        load_lesson(written(below, GOOD.replace("mine.yaml", f"'{name}'")))
    first = str(caught.value).splitlines()[0]
    assert re.search(r"my lesson\.yaml:2:\d+: '.*' is neither a bundled scenario nor a file in", first)
    assert "root:" not in str(caught.value)


def test_a_number_of_students_needs_students(folder: Path) -> None:
    told = refused(folder, GOOD.partition("students:")[0])
    assert "my lesson.yaml:3:" in told
    assert "{number} is a student's number, and there are none" in told


def test_the_file_wins_over_a_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(folder, GOOD).rename(folder / "not-faster")
    monkeypatch.chdir(folder)
    assert load_lesson("not-faster").lesson.title == "Two steps"
    assert load_lesson(2).lesson.title == "Not faster, just later"


def test_one_of_the_students_numbers_is_that_of_the_lesson(folder: Path) -> None:
    told = refused(folder, GOOD.replace("value: 2 s, correct: true", "value: 2.5 s, correct: true"))
    assert "none of these has the values of the options (" in told
    assert "one of the numbers is that of the lesson itself" in told

"""The lessons: what each says of its runs is what the engine measures, and what it says fits its readers."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from syncasync_sim.experiment import run_designs
from syncasync_sim.files.lessons import lessons, root
from syncasync_sim.lessons.contradictions import is_right, missed
from syncasync_sim.lessons.feedback import (
    LessonRun,
    number_of,
    run_case,
    run_lesson,
    texts_of,
    values_of,
)
from syncasync_sim.model.claims import parse_value
from syncasync_sim.model.figures import CLOSE
from syncasync_sim.model.lesson_file import Case, Lesson
from syncasync_sim.model.placeholders import filled
from syncasync_sim.stats import Comparison

FILES = {file.lesson.name: file for file in lessons()}
WITH_CHANCE = ("how-busy", "retries-cost")
EXACT = tuple(name for name in FILES if name not in WITH_CHANCE)
WITHOUT_CHANCE = tuple(name for name in EXACT if name not in ("choose", "bad-message"))
"""These draw nothing, in none of their cases; `choose` does in its further ones, and in `bad-message` the
seed says which message is the bad one."""
STUDENTS = [
    (name, student.number)
    for name, file in FILES.items()
    if file.lesson.students is not None
    for student in file.lesson.students.numbers
]
CASES = [(name, place) for name, file in FILES.items() for place in range(1 + len(file.lesson.more))]
"""The name of each lesson with the place of each of its cases; 0 is the change."""
LADDER = (
    *("the-spinner", "not-faster", "when-sync-wins", "phantom-error", "stolen-threads", "bathtub"),
    *("queue-is-not-capacity", "how-busy", "retries-cost", "the-crash", "more-workers"),
    *("storm-that-stays", "choose", "just-a-thread", "lost-answer", "saved-not-published", "bad-message"),
)
MODELINE = "# yaml-language-server: $schema=./lesson.schema.json"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
EXACT_CLAIM = re.compile(r"(\S.*) == (\S*\d\S*)")
UNCHANGED = {
    ("not-faster", "sync.completion_time_s.max"),
    ("phantom-error", "sync.duplicates.card charged"),
    ("phantom-error", "sync.phantom_errors"),
    ("the-crash", "async.duplicates.email sent"),
    ("storm-that-stays", "sync.requests"),
}
"""Claims of a case that its sum need not name: what did not change, or what says the same once more."""


@cache
def ran(name: str) -> LessonRun:
    return run_lesson(FILES[name])


def case_of(name: str, place: int) -> Case:
    lesson = FILES[name].lesson
    return (lesson.change, *lesson.more)[place]


@cache
def ran_case(name: str, place: int) -> Comparison:
    return run_case(FILES[name], case_of(name, place))[0]


def figures(outcome: LessonRun) -> list[Any]:
    """The question's figure and every row, in both designs."""
    rows = [row.figure for row in outcome.lesson.rows]
    return [
        outcome.measured,
        *(outcome.comparison.figure(mode, row) for mode in ("sync", "async") for row in rows),
    ]


@cache
def with_seed(name: str, seed: int) -> LessonRun:
    file = FILES[name]
    number = number_of(file.lesson, None)
    scenario = file.scenario(number=number)
    comparison, traces = run_designs(scenario, seed=seed, replications=file.lesson.replications)
    return LessonRun(file.lesson, number, scenario, comparison, traces)


def test_the_ladder_is_whole() -> None:
    assert tuple(FILES) == LADDER, "write every lesson's name into LADDER here, in the order of their numbers"
    assert [file.lesson.number for file in FILES.values()] == list(range(1, 18))
    assert {file.lesson.name for file in FILES.values() if file.lesson.replications > 1} == set(WITH_CHANCE)


@pytest.mark.parametrize("name", FILES)
class TestEachLesson:
    def test_keeps_its_claims(self, name: str) -> None:
        assert missed(FILES[name].lesson.claims, ran(name).comparison) == []

    def test_has_one_right_answer(self, name: str) -> None:
        outcome = ran(name)
        assert outcome.measured is not None
        assert is_right(outcome)
        said = [None if value is None else parse_value(value) for value in outcome.values]
        correct = said[outcome.lesson.question.correct]
        others = [value for i, value in enumerate(said) if i != outcome.lesson.question.correct]
        assert correct is not None
        assert all(value is None or abs(value - correct) > CLOSE for value in others)
        assert len(set(said)) == len(said)

    def test_knows_no_measured_figure_that_is_none(self, name: str) -> None:
        figures_of_both = figures(ran(name))
        rows = len(ran(name).lesson.rows)
        sync, async_ = figures_of_both[1 : 1 + rows], figures_of_both[1 + rows :]
        assert figures_of_both[0] is not None
        assert None not in async_
        assert all(
            value is not None or row.figure.startswith("queue.")
            for value, row in zip(sync, ran(name).lesson.rows, strict=True)
        )

    def test_can_be_summed_up_by_hand(self, name: str) -> None:
        outcome = ran(name)
        assert outcome.answer is not None
        told = outcome.filled_text(outcome.lesson.sum)
        assert outcome.answer in told
        assert "{" not in told + outcome.filled_text(outcome.lesson.story) + "".join(outcome.texts)

    def test_tells_its_values_as_its_options_do(self, name: str) -> None:
        for text, value in zip(ran(name).texts, ran(name).values, strict=True):
            assert value is not None
            number = value.removesuffix(" s").removesuffix(" ms")
            assert number in text or value == "none" or (value in ("0", "1") and "one" in text.lower()), text

    def test_fits_a_screen_and_a_breath(self, name: str) -> None:
        lesson = FILES[name].lesson
        assert len(lesson.title) <= 60
        assert len(lesson.question.text) <= 200
        assert all(len(text) <= 70 for text in texts_of(lesson, number_of(lesson, None)))
        assert len(lesson.takeaway) <= 110
        assert len(lesson.story) <= 420
        assert all(len(row.label) <= 35 for row in lesson.rows)
        assert 2 <= len(lesson.rows) <= 4
        assert lesson.assumes
        explained = lesson.explain
        assert explained is None or explained <= len(
            {row.customer for row in ran(name).traces["sync"].requests}
        )

    def test_keeps_its_takeaway_to_itself(self, name: str) -> None:
        lesson = FILES[name].lesson
        said = lesson.model_dump(mode="json")
        takeaway = said.pop("takeaway").rstrip(".").lower()
        others = str(said).lower()
        assert takeaway not in others
        assert all(part.strip() not in others for part in re.split(r"[;.]", takeaway))

    def test_is_written_as_the_others(self, name: str) -> None:
        lines = (root() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
        assert lines[0] == MODELINE
        assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(("name", "place"), CASES)
def test_a_case_keeps_its_claims(name: str, place: int) -> None:
    assert missed(case_of(name, place).claims, ran_case(name, place)) == []


@pytest.mark.parametrize(("name", "place"), CASES)
def test_what_a_case_claims_exactly_stands_in_its_sum(name: str, place: int) -> None:
    case = case_of(name, place)
    said = [float(number) for number in NUMBER.findall(case.sum)]
    for claim in case.claims:
        parts = EXACT_CLAIM.fullmatch(claim)
        if parts is None or (name, parts[1]) in UNCHANGED:
            continue
        value = parse_value(parts[2])
        assert value is not None
        assert any(abs(value - number * unit) <= CLOSE for number in said for unit in (1, 1e-3)), claim


def test_the_sum_of_a_queue_is_not_capacity_is_that_of_each_place() -> None:
    """Three places share the emails in turn; at each place an email is 0.5 s later than the one before."""
    name = "queue-is-not-capacity"
    emails = ran(name).traces["async"].requests
    took_s = [round((row.completed_s or 0) - row.arrived_s, 5) for row in emails]
    assert took_s[:3] == [1.5, 1.5, 1.5]
    assert {round(later - before, 5) for before, later in zip(took_s, took_s[3:], strict=False)} == {0.5}
    assert took_s[-3:] == [120 * 1.5 - (120 - 1)] * 3
    assert "{number} x 1.5 - ({number} - 1 s)" in FILES[name].lesson.sum


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_without_chance_the_seed_changes_nothing(name: str) -> None:
    for seed in (2, 3, 77):
        assert figures(with_seed(name, seed)) == figures(ran(name))
    for place in range(1 + len(FILES[name].lesson.more)):
        scenario = FILES[name].scenario(case_of(name, place))
        again, _ = run_designs(scenario, seed=77)
        assert again.modes == ran_case(name, place).modes


@pytest.mark.parametrize("name", EXACT)
def test_without_chance_the_answer_is_exact(name: str) -> None:
    outcome = ran(name)
    assert outcome.answer is not None
    assert outcome.lesson.replications == 1
    assert outcome.measured == pytest.approx(parse_value(outcome.answer), abs=CLOSE)


@pytest.mark.parametrize("name", WITH_CHANCE)
class TestWithChance:
    def test_theory_lies_within_the_interval_of_the_runs(self, name: str) -> None:
        outcome = ran(name)
        lesson = outcome.lesson
        assert lesson.theory is not None
        assert lesson.theory.value == outcome.answer
        value = parse_value(lesson.theory.value)
        assert value is not None
        mode, _, figure = (lesson.question.figure or "").partition(".")
        bounds = (outcome.comparison.interval or {})[mode][figure]
        assert bounds["low"] <= value <= bounds["high"]
        assert bounds["high"] - bounds["low"] < 0.3 * value

    def test_claims_and_answer_do_not_depend_on_the_seed(self, name: str) -> None:
        outcome = with_seed(name, 2)
        assert missed(outcome.lesson.claims, outcome.comparison) == []
        assert is_right(outcome)

    def test_the_runs_differ(self, name: str) -> None:
        assert with_seed(name, 2).measured != ran(name).measured


def test_theory_of_a_busy_worker_is_what_the_program_knows() -> None:
    [told] = [told for told in ran("how-busy").comparison.theory("async") if told.figure.startswith("compl")]
    assert told.system == "M/M/1"
    assert told.value_s == pytest.approx(15)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_cases_with_chance_in_the_last_lesson_do_not_depend_on_the_seed(seed: int) -> None:
    for place in (1, 2):
        case = case_of("choose", place)
        comparison, _ = run_designs(FILES["choose"].scenario(case), seed=seed)
        assert missed(case.claims, comparison) == []


@pytest.mark.parametrize(("name", "number"), STUDENTS)
def test_a_number_of_ones_own_leads_to_its_answer(name: str, number: str) -> None:
    outcome = run_lesson(FILES[name], number)
    assert outcome.number == number
    assert is_right(outcome)
    assert outcome.answer is not None
    assert outcome.answer in outcome.filled_text(outcome.lesson.sum)
    assert len(set(outcome.values)) == len(outcome.values)
    assert "{" not in "".join(outcome.texts)


@pytest.mark.parametrize("name", sorted({name for name, _ in STUDENTS}))
def test_the_lessons_own_number_is_one_of_the_students(name: str) -> None:
    lesson = FILES[name].lesson
    own = tuple(option.value for option in lesson.question.options)
    assert values_of(lesson, number_of(lesson, None)) == own
    answers = [filled("{answer}", s.number, s.values[lesson.question.correct]) for s in _numbers(lesson)]
    assert len(set(answers)) == len(answers)


def _numbers(lesson: Lesson) -> Any:
    assert lesson.students is not None
    return lesson.students.numbers


def test_each_wrong_option_has_a_belief_and_a_world_of_its_own() -> None:
    wrong = [o for file in FILES.values() for o in file.lesson.question.options if not o.correct]
    beliefs = [option.belief for option in wrong]
    worlds = [option.right_if for option in wrong]
    assert len(set(beliefs)) == len(beliefs) == len(set(worlds))
    for option in wrong:
        assert option.right_if is not None
        assert len(option.right_if) >= 25
        assert not re.search(r"\bwrong\b|\bincorrect\b", f"{option.belief} {option.right_if}")


def test_every_lesson_comes_with_its_file() -> None:
    assert {Path(path).stem for path in root().glob("*.yaml")} == set(FILES)

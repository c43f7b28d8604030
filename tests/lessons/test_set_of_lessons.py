"""The lessons as a set: what a class learns from all of them together, and must not learn from their form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from math import ceil
from typing import Any

import pytest

from syncasync_sim.files.lessons import LessonFile, lessons
from syncasync_sim.lessons import presenter
from syncasync_sim.lessons.handout import handout
from syncasync_sim.lessons.plain_blocks import plain_blocks
from syncasync_sim.lessons.session import Session
from syncasync_sim.model.claims import parse_value
from syncasync_sim.model.figures import unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import Case, Lesson, Option, Question, Row
from syncasync_sim.model.modes import Mode
from syncasync_sim.render.timeline import Timeline

MOST_OF_A_LETTER, MOST_OF_AN_ORDER, HALF = 0.4, 0.4, 0.5
KEY = re.compile(r"[._\[\]]")
NOT_RUN = {"title", "description", "expect", "name"}
"""Of a scenario: what is said of it, and changes no run."""


# -- every part is there --------------------------------------------------------------------------


@pytest.mark.parametrize("file", lessons(), ids=lambda file: file.lesson.name)
class TestEveryPart:
    def test_is_in_the_lesson(self, file: LessonFile) -> None:
        lesson = file.lesson
        assert len(lesson.why.options) == 3
        assert 3 <= len(lesson.change.question.options if lesson.change.question else ()) <= 4
        assert lesson.transfer is not None
        assert lesson.look_for
        assert lesson.discuss
        assert len(lesson.review) >= 3
        assert (lesson.recall is None) == (lesson.number == 1)

    def test_asks_another_question_than_the_others(self, file: LessonFile) -> None:
        asked = [question.text for _, question in questions_of(file.lesson) if question.text]
        asked += [question.text for question in file.lesson.review]
        assert len(set(asked)) == len(asked)

    def test_looks_for_something_and_says_no_answer(self, file: LessonFile) -> None:
        answer = file.lesson.question.options[file.lesson.question.correct].value
        assert answer is not None
        assert not re.search(rf"(?<![\d.]){re.escape(answer)}(?!\d)", without_moments(file.lesson))
        assert "?" in file.lesson.look_for

    def test_an_option_is_a_part_of_a_sentence(self, file: LessonFile) -> None:
        asked_here = [question for _, question in questions_of(file.lesson)]
        options = [option for question in (*asked_here, *file.lesson.review) for option in question.options]
        assert [option.text for option in options if option.text.endswith(".")] == []


def without_moments(lesson: Lesson) -> str:
    """What to look for, without the moment at which the drawn customer orders: it is in the story."""
    return re.sub(r"orders at \d+ s", "", lesson.look_for)


def questions_of(lesson: Lesson) -> Iterator[tuple[str, Question]]:
    """The questions that are asked with options, each with its part of the lesson."""
    yield "question", lesson.question
    if lesson.why.options:
        yield "why", Question(text="", options=lesson.why.options)
    if lesson.change.question is not None:
        yield "change", lesson.change.question
    if lesson.transfer is not None:
        yield "transfer", lesson.transfer.question


# -- the right answer has no form of its own ------------------------------------------------------


def asked(part: str) -> list[Question]:
    """All questions of a part; the reviews are a part, too."""
    files = lessons()
    if part == "review":
        return [question for file in files for question in file.lesson.review]
    return [question for file in files for name, question in questions_of(file.lesson) if name == part]


def sizes(question: Question) -> list[float]:
    """The values of the options; empty if some have none, so that they have no order."""
    values = [parse_value(option.value) for option in question.options if option.value is not None]
    numbers = [value for value in values if value is not None]
    return numbers if len(numbers) == len(question.options) else []


@pytest.mark.parametrize("part", ["question", "why", "change", "transfer", "review"])
class TestTheRightAnswerOf:
    def test_has_no_letter_of_its_own(self, part: str) -> None:
        right = [question.correct for question in asked(part)]
        assert max(map(right.count, right)) <= ceil(MOST_OF_A_LETTER * len(right)), right
        assert set(right) >= {0, 1, 2}, "a, b and c are right sometimes"

    def test_is_not_mostly_the_last(self, part: str) -> None:
        last = [question.correct == len(question.options) - 1 for question in asked(part)]
        assert sum(last) <= HALF * len(last)

    def test_is_not_mostly_the_longest_text(self, part: str) -> None:
        longest = [is_longest(question.options, question.correct) for question in asked(part)]
        assert sum(longest) <= HALF * len(longest), longest

    def test_is_not_mostly_the_largest_or_the_smallest(self, part: str) -> None:
        with_sizes = [(sizes(question), question.correct) for question in asked(part) if sizes(question)]
        for extreme in (max, min):
            so = [values[correct] == extreme(values) for values, correct in with_sizes]
            assert sum(so) <= ceil(HALF * len(so)), (extreme, so)

    def test_is_among_options_in_no_fixed_order(self, part: str) -> None:
        with_sizes = [sizes(question) for question in asked(part) if sizes(question)]
        for backwards in (False, True):
            so = [values == sorted(values, reverse=backwards) for values in with_sizes]
            assert sum(so) <= ceil(MOST_OF_AN_ORDER * len(so)), (backwards, so)


def is_longest(options: Sequence[Option], correct: int) -> bool:
    """Whether the right text is longer than every other."""
    lengths = [len(option.text.replace("{value}", option.value or "")) for option in options]
    return all(lengths[correct] > length for index, length in enumerate(lengths) if index != correct)


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", lessons(), ids=lambda file: file.lesson.name)
class TestTheWordsOf:
    def test_a_takeaway_is_one_sentence_without_a_number(self, file: LessonFile) -> None:
        takeaway = file.lesson.takeaway
        assert takeaway.endswith(".")
        assert takeaway.count(".") == 1
        assert not re.search(r"\d", takeaway)

    def test_labels_are_words_and_not_keys(self, file: LessonFile) -> None:
        students = file.lesson.students
        labels = [row.label for row in all_rows(file.lesson)]
        labels += [] if students is None else [students.label]
        assert [label for label in labels if KEY.search(label)] == []


def all_rows(lesson: Lesson) -> list[Row]:
    """The rows of every table in the lesson."""
    rows = [*lesson.rows, *lesson.change.rows, *(row for case in lesson.more for row in case.rows)]
    return rows if lesson.transfer is None else [*rows, *lesson.transfer.rows]


# -- earlier lessons are asked about again --------------------------------------------------------


def recalls() -> list[tuple[Lesson, Lesson, int]]:
    """Each lesson that asks about an earlier one, that one, and which of its questions."""
    by_name = {file.lesson.name: file.lesson for file in lessons()}
    recalling = [(file.lesson, file.lesson.recall) for file in lessons()]
    return [(lesson, by_name[r.lesson], r.question) for lesson, r in recalling if r is not None]


def test_an_earlier_lesson_is_recalled_after_another_one() -> None:
    assert recalls()
    for lesson, earlier, _ in recalls():
        assert lesson.number is not None
        assert earlier.number is not None
        apart = lesson.number - earlier.number
        assert apart >= (2 if lesson.number >= 3 else 1), f"{lesson.name} recalls {earlier.name}"


def test_no_question_about_an_earlier_lesson_is_asked_twice() -> None:
    used = [(earlier.name, question) for _, earlier, question in recalls()]
    assert len(set(used)) == len(used)


# -- no lesson tells what a later one asks --------------------------------------------------------


@cache
def revealed(name: str) -> Session:
    file = next(file for file in lessons() if file.lesson.name == name)
    session = Session(file)
    session.reveal()
    return session


def cases_of(lesson: Lesson) -> list[Case]:
    """The changed runs of a lesson."""
    transfer = lesson.transfer.case if lesson.transfer is not None else None
    return [lesson.change, *lesson.more, *([] if transfer is None else [transfer])]


def what_runs(file: LessonFile, case: Case | None = None) -> dict[str, Any]:
    return file.scenario(case).model_dump(mode="json", exclude=NOT_RUN)


def cells(session: Session, case: Case | None, mode: Mode) -> Iterator[str]:
    """What a lesson's tables show of one of its runs, in the column of a design."""
    lesson = session.lesson
    if case is None:
        shown = [*lesson.rows, *(row for c in cases_of(lesson) if c.scenario is None for row in c.rows)]
        comparison = session.run().comparison
    else:
        shown, comparison = list(lesson.rows_of(case)), session.run_case(case)
    for row in shown:
        yield format_value(comparison.figure(mode, row.figure), unit_of(row.figure))


def timeline(session: Session, mode: Mode) -> list[str]:
    """The lines of a design in the timeline that a lesson draws of its own run."""
    customer = session.lesson.explain
    if customer is None:
        return []
    designs: dict[Mode | None, list[str]] = {}
    at: Mode | None = None
    for begins, line in Timeline(session.run().traces, customer).lines(90):
        at = begins or at
        designs.setdefault(at, []).append(line)
    return designs[mode]


def said_after_the_answer(session: Session) -> str:
    """The sentences of a lesson without its tables, drawings and options, and its handout without options."""
    blocks: list[Any] = [*presenter.revealed(session)]
    for case in [session.lesson.change, *session.lesson.more]:
        blocks += [*presenter.announced(session, case), *presenter.changed(session, case)]
    blocks += [*presenter.transferred(session), *presenter.transfer_feedback(session)]
    blocks += [*presenter.fine_print(session)]
    told = [text for block in plain_blocks(blocks) if block["kind"] == "lines" for text in block["texts"]]
    sheet = [line for line in handout(session.file).markdown().splitlines() if not line.startswith("- [ ]")]
    return "\n".join([*told, *sheet])


def asked_of_runs(file: LessonFile) -> list[tuple[Case | None, Question]]:
    """The questions of a lesson about a figure of a run, and that run."""
    lesson, transfer = file.lesson, file.lesson.transfer
    asked: list[tuple[Case | None, Question | None]] = [(None, lesson.question)]
    asked += [(lesson.change, lesson.change.question)]
    asked += [] if transfer is None else [(transfer.case, transfer.question)]
    return [(case, question) for case, question in asked if question is not None and question.figure]


def leaks(session: Session, later: LessonFile, asking: Case | None, question: Question) -> list[str]:
    """Where a lesson shows the right answer to a question of a later one, of a run that is the same."""
    name, answer = question.figure, parse_value(question.options[question.correct].value or "")
    assert name is not None
    mode: Mode = "sync" if name.startswith("sync.") else "async"
    shown = format_value(answer, unit_of(name.partition(".")[2]))
    asks = what_runs(later, asking)
    found: list[str] = []
    for case in (None, *cases_of(session.lesson)):
        if what_runs(session.file, case) != asks:
            continue
        found += ["a table"] * (shown in cells(session, case, mode))
        if case is None:
            found += ["the timeline"] * any(shown in line for line in timeline(session, mode))
        found += ["a sentence"] * (shown in said_after_the_answer(session))
    return found


def test_no_lesson_tells_the_answer_of_a_later_one() -> None:
    runs = {file.lesson.name: all_runs(file) for file in lessons()}
    told = [
        f"{earlier.lesson.name} tells in {where}: {question.text} ({later.lesson.name})"
        for index, later in enumerate(lessons())
        for case, question in asked_of_runs(later)
        for earlier in lessons()[:index]
        if what_runs(later, case) in runs[earlier.lesson.name]
        for where in leaks(revealed(earlier.lesson.name), later, case, question)
    ]
    assert told == []


def all_runs(file: LessonFile) -> list[dict[str, Any]]:
    """What a lesson runs."""
    return [what_runs(file, case) for case in (None, *cases_of(file.lesson))]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"rows": (Row(label="all is done", figure="ended_at_s"),)}, "a table"),
        ({"explain": 1}, "the timeline"),
        ({"sum": "the email comes at 2.55 s"}, "a sentence"),
    ],
)
def test_an_answer_that_an_earlier_lesson_tells_is_found(change: dict[str, Any], where: str) -> None:
    first, second = lessons()[:2]
    session = Session(LessonFile(first.lesson.model_copy(update=change), first.folder))
    session.reveal()
    assert leaks(session, second, None, second.lesson.question) == [where]


def test_the_second_lesson_asks_about_the_run_of_the_first() -> None:
    """So the law above has a pair to look at."""
    first, second = lessons()[:2]
    assert what_runs(first) == what_runs(second)

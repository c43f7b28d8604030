"""The file of a lesson: a question before the run, the belief behind each answer, claims about the run.

The file has no results. It has claims about the run, and a test checks every claim against the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator, model_validator

from syncasync_sim.model.fields import (
    FieldType,
    Positive,
    StrictModel,
    cross_field_error,
    describe_value,
    field_error,
)
from syncasync_sim.model.lesson_heading import LessonHeading, Level
from syncasync_sim.model.placeholders import PLACEHOLDER
from syncasync_sim.model.scenario import check_name

LETTERS = "abcdef"
"""The options of a question are lettered in their order."""


def _read_changes(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        raise field_error(
            f"expected a mapping of paths and values, not {describe_value(value) if value else 'nothing'}",
            cure="as in  {traffic.requests: 10, 'steps[send email].duration': 3s}",
        )
    return dict(value)


Changes = Annotated[dict[str, Any], FieldType(_read_changes, dict, ({"type": "object", "minProperties": 1},))]
"""Changes of a scenario, by path, as after `--set`."""


def _check_is_text(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        cure = f'write a time with its unit, {value}s; in quotes, "{value}", it is a count'
        raise field_error(f"expected text, not the number {value}", cure=cure)
    return value


Written = Annotated[str, BeforeValidator(_check_is_text)]
"""A value as people write it, with its unit."""


class Option(StrictModel):
    """One answer to choose from; a wrong one would be right in another system."""

    text: str
    """The text of the answer. `{value}` is replaced by its value, `{number}` by a student's number."""
    value: Written | None = None
    """The value of the question's figure in this answer: `2.55 s`, `150`, `5%`, or `none` for never."""
    correct: bool = False
    """Whether this option is the correct one."""
    belief: str | None = None
    """The belief of a student who chooses this option: `queueing is sending`. Every wrong answer to the
    question of the lesson has one."""
    right_if: str | None = None
    """The conditions under which the option would be right; shown after `It would be right if`."""


class Question(StrictModel):
    """A question that is asked before its answer is shown: before a run, or about an earlier lesson."""

    text: str
    """The text of the question."""
    figure: str | None = None
    """The figure in question, such as `async.completion_time_s.max`. The correct option's value must equal
    it."""
    options: tuple[Option, ...]
    """The answers, in the order of their letters."""

    @property
    def correct(self) -> int:
        """The index of the correct option."""
        return next(index for index, option in enumerate(self.options) if option.correct)

    @model_validator(mode="after")
    def _check_question(self) -> Question:
        _check_options(self.options)
        if self.figure is not None and self.options[self.correct].value is None:
            raise cross_field_error(
                ("options", self.correct),
                "the correct option has no value to hold to the figure",
                cure="add for instance  value: 2.55s",
            )
        return self


class Why(StrictModel):
    """The reason for the answer, asked before the run: a choice of reasons, or free text."""

    text: str
    """The text of the question."""
    options: tuple[Option, ...] = ()
    """The reasons to choose from, in the order of their letters; none for an answer in one's own words."""

    @model_validator(mode="after")
    def _check_why(self) -> Why:
        if self.options:
            _check_options(self.options)
        return self


def _check_options(options: tuple[Option, ...]) -> None:
    """Raise unless one of two to six options is correct, and every other says when it would be right."""
    if not 2 <= len(options) <= len(LETTERS):
        raise cross_field_error(
            ("options",), f"a question has 2 to {len(LETTERS)} options", cure="add or merge some"
        )
    if sum(option.correct for option in options) != 1:
        raise cross_field_error(
            ("options",), "exactly one option is correct", cure="mark it with  correct: true"
        )
    for index, option in enumerate(options):
        _check_refuted(option, index)


def _check_refuted(option: Option, index: int) -> None:
    """Raise if a wrong option is not refuted, or the correct one is."""
    if not option.correct and option.right_if is None:
        raise cross_field_error(
            ("options", index),
            "a wrong option says right_if: 'wrong' alone teaches nothing",
            cure="as in  {text: 1.05 s, belief: queueing is sending, right_if: queueing were sending}",
        )
    if option.correct and (option.belief or option.right_if):
        raise cross_field_error(
            ("options", index), "the correct option has no belief to refute", cure="leave it out"
        )


class Recall(StrictModel):
    """A question about an earlier lesson, from the questions that it has for later ones."""

    lesson: str
    """The name of the earlier lesson: a bundled one, or a file beside this lesson."""
    question: Positive = 1
    """The place of the question among those under `review` there, from 1."""


class Row(StrictModel):
    """One row of the small table after the run."""

    label: str
    """The name of the figure in the words of the lesson: `the email arrives`."""
    figure: str
    """A figure without its design: `completion_time_s.max`."""


class Case(StrictModel):
    """One more run of a lesson: a change, and claims about the result."""

    text: str
    """The change in words: `Ten orders at once, one worker.`"""
    scenario: str | None = None
    """Another scenario; by default the scenario of the lesson."""
    set: Changes = Field(default_factory=dict)
    """Changes of the scenario, by path, after the changes of the lesson."""
    rows: tuple[Row, ...] = ()
    """The rows of the table; by default the rows of the lesson."""
    sum: str
    """How to compute the numbers by hand."""
    claims: tuple[str, ...]
    """The expected results of the run."""

    @field_validator("claims")
    @classmethod
    def _check_claims(cls, claims: tuple[str, ...]) -> tuple[str, ...]:
        return _check_not_empty(claims)


class Change(Case):
    """The change of a lesson: exactly one thing, with a question about it that takes an answer."""

    question: Question | None = None
    """The question about the change, asked before its run; without one the reader guesses in their own
    words."""


class Transfer(StrictModel):
    """The same idea on another surface, as the last question."""

    story: str
    """The other situation: a video, a login, a notification."""
    scenario: str | None = None
    """A scenario that shows the answer: a bundled one, or a file beside the lesson. None: nothing is run."""
    set: Changes = Field(default_factory=dict)
    """Changes of that scenario, by path. Those of the lesson do not apply."""
    rows: tuple[Row, ...] = ()
    """The rows of the table after the run."""
    question: Question
    """The question."""
    sum: str
    """The reason for the answer, or how to compute it."""
    claims: tuple[str, ...] = ()
    """The expected results of the run."""

    @model_validator(mode="after")
    def _check_transfer(self) -> Transfer:
        runs = self.set or self.rows or self.claims or self.question.figure
        if self.scenario is None and runs:
            raise cross_field_error(
                ("scenario",), "nothing is run, and something is said of the run", cure="name a scenario"
            )
        if self.scenario is not None and not self.claims:
            raise cross_field_error(
                ("claims",), "at least one claim", cure="write for instance  [async.work.lost == 0]"
            )
        return self

    @property
    def case(self) -> Case | None:
        """The run that shows the answer; None if there is none."""
        if self.scenario is None:
            return None
        sets = {"set": self.set} if self.set else {}  # an empty mapping is refused, as in a file
        return Case(
            text=self.story, scenario=self.scenario, rows=self.rows, sum=self.sum, claims=self.claims, **sets
        )


class Student(StrictModel):
    """One number for a student's own sheet, with the answers it leads to."""

    number: Written
    """The student's number: `1.2s`."""
    values: tuple[Written, ...]
    """The values of the options for this number, in the order of the options."""


class Students(StrictModel):
    """Numbers that are easy to compute with, given out in turn: student 1 has the first."""

    path: str
    """The path of the key that gets the number, as after `--set`: `steps[send email].duration`."""
    label: str
    """The text before the number, in the words of the story: `the email takes`."""
    numbers: tuple[Student, ...]
    """The numbers, at least two."""


class Theory(StrictModel):
    """The value of the question's figure in queueing theory, for a random scenario."""

    value: Written
    """The value from theory, such as `30s`."""
    formula: str
    """The formula, such as `1.5 s / (1 - 0.95)`."""


class Lesson(StrictModel):
    """Predict, run, explain: one question, the run of both designs, and one thing to change."""

    name: str = "lesson"
    """A short name for files and commands; by default the name of the file without its ending."""
    number: Positive | None = None
    """The number of the lesson in the course; your own lessons need no number."""
    title: str
    """The title, on one line."""
    minutes: Positive = LessonHeading.minutes
    """The time that the lesson takes in a class."""
    level: Level = LessonHeading.level
    """The level of the students."""
    needs: str = LessonHeading.needs
    """The lessons that should come before this one."""
    scenario: str
    """A bundled scenario, or a file beside the lesson."""
    set: Changes = Field(default_factory=dict)
    """Changes of the scenario, by path, as after `--set`."""
    replications: Positive = 1
    """The number of runs of a random scenario. They are shown as dots, and their mean is compared to
    theory."""
    story: str = ""
    """The situation, told before the question."""
    question: Question
    """The question before the run."""
    rows: tuple[Row, ...]
    """The rows of the table after the run."""
    explain: Positive | None = None
    """The customer whose timeline is drawn after the run."""
    sum: str
    """How to compute the answer. `{number}` and `{answer}` are replaced by a student's number and answer."""
    why: Why
    """The reason for the answer, asked before the run."""
    look_for: str = ""
    """What to look for in the picture, without the answer."""
    discuss: str = ""
    """A question for the class after the result, before the sum is shown."""
    claims: tuple[str, ...]
    """The expected results of the run; a test checks each claim."""
    theory: Theory | None = None
    """The closed form, if there is one."""
    takeaway: str
    """One sentence to remember. It is never shown before the run."""
    change: Change
    """Exactly one change of the scenario, and its result."""
    more: tuple[Case, ...] = ()
    """Further runs for students who are ahead."""
    transfer: Transfer | None = None
    """The same idea on another surface, as the last question."""
    recall: Recall | None = None
    """A question about an earlier lesson, at the beginning."""
    review: tuple[Question, ...] = ()
    """Questions about this lesson for later lessons and for review sheets. Nothing is run for them."""
    students: Students | None = None
    """Numbers for a class in which each student has a different sheet."""
    assumes: tuple[str, ...] = ()
    """The assumptions of the lesson."""

    _check_name = field_validator("name")(check_name)

    @field_validator("claims")
    @classmethod
    def _check_claims(cls, claims: tuple[str, ...]) -> tuple[str, ...]:
        return _check_not_empty(claims)

    def rows_of(self, case: Case) -> tuple[Row, ...]:
        """Return the rows of a case's table: its own, or else those of the lesson."""
        return case.rows or self.rows

    @model_validator(mode="after")
    def _check_lesson(self) -> Lesson:
        if len(self.change.set) != 1 or self.change.scenario is not None:
            raise cross_field_error(
                ("change",), "a lesson changes exactly one thing", cure="set one path, no more"
            )
        _check_beliefs(self.question)
        _check_review(self.review)
        _check_takeaway(self.takeaway)
        if self.replications > 1 and self.question.figure and self.theory is None:
            raise cross_field_error(
                ("theory",), "with chance in it, a lesson shows the closed form", cure="add value and formula"
            )
        _check_students(self)
        _check_placeholders(self)
        return self


def _check_not_empty(claims: tuple[str, ...]) -> tuple[str, ...]:
    if not claims:
        raise field_error(
            "at least one claim", cure="write for instance  [sync.response_time_s.max == 2.55s]"
        )
    return claims


def _check_beliefs(question: Question) -> None:
    """Raise unless every wrong answer to the question of the lesson is somebody's belief."""
    for index, option in enumerate(question.options):
        if not option.correct and option.belief is None:
            raise cross_field_error(
                ("question", "options", index),
                "a wrong option says belief: it is chosen by somebody who believes something",
                cure="as in  belief: queueing is sending",
            )


def _check_review(review: tuple[Question, ...]) -> None:
    for index, question in enumerate(review):
        if question.figure is not None:
            raise cross_field_error(
                ("review", index, "figure"), "nothing is run for a review", cure="leave figure out"
            )


_SENTENCE_ENDS = re.compile(r"[.!?](?=\s)")


def _check_takeaway(takeaway: str) -> None:
    """Raise unless it is one sentence: one idea is kept, two are forgotten."""
    if _SENTENCE_ENDS.search(takeaway.strip()) or "\n\n" in takeaway:
        raise cross_field_error(
            ("takeaway",), "a takeaway is one sentence", cure="keep the idea that the question is about"
        )


def _check_students(lesson: Lesson) -> None:
    if lesson.students is None:
        return
    if len(lesson.students.numbers) < 2:
        raise cross_field_error(("students", "numbers"), "at least two numbers", cure="or leave students out")
    for index, student in enumerate(lesson.students.numbers):
        if len(student.values) != len(lesson.question.options):
            raise cross_field_error(
                ("students", "numbers", index, "values"),
                f"one value for each of the {len(lesson.question.options)} options",
                cure="in the order of the options",
            )
    if lesson.question.figure is None:
        raise cross_field_error(
            ("students",), "numbers of their own need a figure to ask for", cure="add question.figure"
        )


def _check_placeholders(lesson: Lesson) -> None:
    """A placeholder stands only where it means something, and none tells the answer before it is given."""
    texts: list[tuple[tuple[str | int, ...], str, str]] = [
        (("story",), lesson.story, "number"),
        (("question", "text"), lesson.question.text, "number"),
        (("sum",), lesson.sum, "number answer"),
    ]
    for index, option in enumerate(lesson.question.options):
        texts.append((("question", "options", index, "text"), option.text, "number value"))
        texts.append((("question", "options", index, "right_if"), option.right_if or "", "number answer"))
    for where, options in _other_options(lesson):
        texts += [((*where, index, "text"), option.text, "value") for index, option in enumerate(options)]
    for where, text, allowed in texts:
        for name in PLACEHOLDER.findall(text):
            if name not in allowed.split():
                words = " or ".join(f"{{{word}}}" for word in allowed.split())
                raise cross_field_error(
                    where, f"{{{name}}} stands for nothing here", cure=f"only {words} does"
                )
            if name == "number" and lesson.students is None:
                raise cross_field_error(
                    where, "{number} is a student's number, and there are none", cure="add students"
                )


def _other_options(lesson: Lesson) -> Iterator[tuple[tuple[str | int, ...], tuple[Option, ...]]]:
    """The options of all other questions, and where they are."""
    yield ("why", "options"), lesson.why.options
    if lesson.change.question is not None:
        yield ("change", "question", "options"), lesson.change.question.options
    if lesson.transfer is not None:
        yield ("transfer", "question", "options"), lesson.transfer.question.options
    for index, question in enumerate(lesson.review):
        yield ("review", index, "options"), question.options

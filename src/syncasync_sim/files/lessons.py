"""The lessons: one file each, bundled or a teacher's own, with the scenario it is about."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from pydantic_core import PydanticCustomError

from syncasync_sim.errors import ScenarioError, did_you_mean, visible
from syncasync_sim.files import bundled
from syncasync_sim.files.diagnostics import Diagnostic, Span, clipped, listed, render
from syncasync_sim.files.diagnostics import Path as KeyPath
from syncasync_sim.files.headings import lesson_headings
from syncasync_sim.files.lesson_sums import sum_problems
from syncasync_sim.files.scenario_loader import (
    check_mapping,
    content,
    load_scenario,
    read_document,
    validated,
)
from syncasync_sim.files.strict_yaml import Document
from syncasync_sim.files.validation_errors import own_problem
from syncasync_sim.model.claims import parse_claim, parse_figure, parse_value
from syncasync_sim.model.lesson_file import Case, Lesson, Question, Row
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.written import written

SUFFIX = ".yaml"
LONGEST_NAME = 200
"""Of a scenario in a lesson; no system takes one much longer."""
_IN_A_CHANGE = re.compile(r"--set:\d+:(?P<column>\d+): ")
_BARE = re.compile(r"[0-9.]*[1-9][0-9.]*")
_BEGIN = ("title: Not faster, just later", "scenario: checkout")


@dataclass(frozen=True, slots=True)
class LessonFile:
    """A lesson, and the folder in which the scenarios it names may lie."""

    lesson: Lesson
    folder: Path
    given: str = ""
    """The path of the file as it was given; empty for a lesson that was named by its number or its name."""
    lines: Mapping[KeyPath, int] = field(default_factory=dict, repr=False, compare=False)
    """The line of each value in the file, from 1."""

    @property
    def is_bundled(self) -> bool:
        """Whether it comes with the program, whose tests check it against its runs."""
        return self.folder == root()

    def line_of(self, where: KeyPath) -> int | None:
        """Return the line of a value in the file, from 1; None if it is not known.

        Args:
            where: the keys and list places that lead to the value.
        """
        return self.lines.get(where)

    @property
    def again(self) -> str:
        """What loads the lesson again: its number, its name, or the path that was given."""
        if not self.given:
            return str(self.lesson.number or self.lesson.name)
        # A bare word could be the name of a command, and a dash the beginning of an option.
        is_bare = Path(self.given).name == self.given
        unclear = is_bare and (not Path(self.given).suffix or self.given.startswith("-"))
        return f"./{self.given}" if unclear else self.given

    def scenario(self, case: Case | None = None, number: str | None = None) -> Scenario:
        """The scenario of the lesson, or of one of its cases.

        Args:
            case: the case; None for the lesson itself.
            number: the number of a student, which replaces the value at the lesson's path.

        Raises:
            ScenarioError: the scenario cannot be read.
        """
        lesson = self.lesson
        own = case is None or case.scenario is None
        sets = dict(lesson.set) if own else {}
        if number is not None and lesson.students is not None and own:
            sets[lesson.students.path] = number
        sets |= case.set if case is not None else {}
        name = case.scenario if case is not None and case.scenario is not None else lesson.scenario
        return load_scenario(self._source(name), [f"{path}={written(value)}" for path, value in sets.items()])

    def recalled(self) -> Question | None:
        """The question about an earlier lesson; None if the lesson asks none.

        Raises:
            ScenarioError: there is no such lesson, or it has no such question.
        """
        recall = self.lesson.recall
        if recall is None:
            return None
        questions = _lesson_named(recall.lesson, self.folder).review
        if recall.question > len(questions):
            raise ScenarioError(
                f"'{clipped(visible(recall.lesson))}' has {len(questions)} "
                f"question{'' if len(questions) == 1 else 's'} for later lessons\n"
                "  = they are under  review  there"
            )
        return questions[recall.question - 1]

    def _source(self, name: str) -> str:
        where = Path(name)
        if name == "-" or where.is_absolute() or ".." in where.parts or len(name) > LONGEST_NAME:
            given = clipped(visible(name))
            raise ScenarioError(
                f"'{given}' is neither a bundled scenario nor a file in the lesson's folder or below"
                "\n  = put a copy of the scenario beside the lesson, and write its name"
            )
        beside = self.folder / name
        meant = beside.is_file() or beside.with_name(f"{beside.name}{SUFFIX}").is_file()
        return str(beside) if beside.is_file() or (meant and name not in bundled.names()) else name


def root() -> Path:
    """The folder with the bundled lessons: inside the package in the wheel, at the top in a checkout."""
    return bundled.lessons_root()


@cache
def lessons() -> tuple[LessonFile, ...]:
    """Return the bundled lessons in the order of their numbers.

    Only `load_lesson` checks that a lesson fits its scenarios.
    """
    files = (_document_of(path)[0] for path in sorted(root().glob(f"*{SUFFIX}")))
    return tuple(sorted(files, key=lambda file: (file.lesson.number or 1_000, file.lesson.name)))


def load_lesson(source: str | int | os.PathLike[str]) -> LessonFile:
    """Load a lesson by its number, its name, or the path of its file.

    A path that exists wins over a name.

    Args:
        source: the number, the name or the path.

    Raises:
        ScenarioError: the lesson cannot be read, or there is none; the error has every problem, its place and
            its cure.
    """
    name = os.fspath(source) if not isinstance(source, int) else str(source)
    try:
        is_file = Path(name).is_file()
    except (OSError, ValueError):  # a name too long, a zero byte
        is_file = False
    if is_file:
        return _read(Path(name), name)
    headings = lesson_headings()
    for heading in headings:
        if name in (heading.name, str(heading.number)):
            return _read(root() / f"{heading.name}{SUFFIX}")
    known = [heading.name for heading in headings]
    numbers = [str(heading.number) for heading in headings if heading.number]
    cure = did_you_mean(name, known) or f"the lessons are {numbers[0]} to {numbers[-1]}: {listed(known)}"
    raise ScenarioError(f"{visible(name)[:80]}: there is no such lesson, and no such file\n  = {cure}")


def _lesson_named(name: str, folder: Path) -> Lesson:
    """A bundled lesson, or one in a folder. Raises ScenarioError."""
    beside = folder / f"{name.removesuffix(SUFFIX)}{SUFFIX}"
    if Path(name).name == name and len(name) <= LONGEST_NAME and beside.is_file():
        return _document_of(beside)[0].lesson
    known = [heading.name for heading in lesson_headings()]
    if name in known:
        return _document_of(root() / f"{name}{SUFFIX}")[0].lesson
    cure = did_you_mean(name, known) or f"the bundled lessons are {listed(known)}"
    raise ScenarioError(f"'{clipped(visible(name))}': there is no such lesson\n  = {cure}")


def _document_of(path: Path) -> tuple[LessonFile, Document]:
    """What a file says, by itself, and where. Raises ScenarioError."""
    document = read_document(content(path), str(path))
    check_mapping(document, "a lesson", "title, scenario and question", *_BEGIN)
    lines = {where: span.line + 1 for where, span in document.value_at.items()}
    return LessonFile(validated(document, Lesson), path.parent, lines=lines), document


def _read(path: Path, given: str = "") -> LessonFile:
    """The same, held to the scenarios that it names."""
    file, document = _document_of(path)
    problems = list(_problems(file, document))
    if problems:
        raise ScenarioError(render(problems))
    return replace(file, given=given)


def _problems(file: LessonFile, document: Document) -> Iterator[Diagnostic]:
    """What does not go together with the scenarios the lesson names."""
    lesson = file.lesson
    scenario = _scenario(file, None, document, ())
    yield from _claim_problems(lesson.claims, scenario, document, ("claims",))
    yield from _figure_problems(lesson, scenario, document)
    yield from _student_problems(file, document)
    cases: list[tuple[KeyPath, Case]] = [(("change",), lesson.change)]
    cases += [(("more", index), case) for index, case in enumerate(lesson.more)]
    for where, case in cases:
        changed = _scenario(file, case, document, where)
        yield from _claim_problems(case.claims, changed, document, (*where, "claims"))
        yield from _row_problems(case.rows, changed, document, (*where, "rows"))
        if case is lesson.change and lesson.change.question is not None:
            yield from _question_problems(lesson.change.question, changed, document, (*where, "question"))
    yield from _transfer_problems(file, document)
    yield from sum_problems(lesson, document)
    yield from _recall_problems(file, document)


def _transfer_problems(file: LessonFile, document: Document) -> Iterator[Diagnostic]:
    """What the last question says of its run, if there is one."""
    transfer = file.lesson.transfer
    if transfer is None or transfer.case is None:
        return
    ran = _scenario(file, transfer.case, document, ("transfer",))
    yield from _claim_problems(transfer.claims, ran, document, ("transfer", "claims"))
    yield from _row_problems(transfer.rows, ran, document, ("transfer", "rows"))
    yield from _question_problems(transfer.question, ran, document, ("transfer", "question"))


def _recall_problems(file: LessonFile, document: Document) -> Iterator[Diagnostic]:
    """A question about another lesson is one that the lesson has."""
    if file.lesson.recall is None:
        return
    try:
        file.recalled()
    except ScenarioError as error:
        first, _, cure = str(error).partition("\n  = ")
        yield Diagnostic(_span_at(document, ("recall",)), first, cure.partition("\n")[0])


def _scenario(file: LessonFile, case: Case | None, document: Document, where: KeyPath) -> Scenario:
    """The scenario of the lesson or a case; an error points at its key in the lesson."""
    try:
        return file.scenario(case)
    except ScenarioError as error:
        path = next(
            (p for p in ((*where, "set"), (*where, "scenario"), ("scenario",)) if p in document.key_at), ()
        )
        raise ScenarioError(render([_scenario_problem(error, document, path)])) from None


def _claim_problems(
    claims: tuple[str, ...], scenario: Scenario, document: Document, where: KeyPath
) -> Iterator[Diagnostic]:
    for index, claim in enumerate(claims):
        try:
            parse_claim(claim, scenario.effects)
        except PydanticCustomError as error:
            yield _problem(error, document, (*where, index))


def _figure_problems(lesson: Lesson, scenario: Scenario, document: Document) -> Iterator[Diagnostic]:
    """The question, and the rows of the table."""
    yield from _question_problems(lesson.question, scenario, document, ("question",))
    yield from _row_problems(lesson.rows, scenario, document, ("rows",))


def _question_problems(
    question: Question, scenario: Scenario, document: Document, where: KeyPath
) -> Iterator[Diagnostic]:
    """The figure of a question, and the values of its options."""
    if question.figure is None:
        return
    is_time = False
    try:
        is_time = parse_figure(question.figure, scenario.effects).figure.unit == "s"
    except PydanticCustomError as error:
        yield _problem(error, document, (*where, "figure"))
    for index, option in enumerate(question.options):
        path = (*where, "options", index, "value")
        if is_time and _BARE.fullmatch(option.value or ""):
            yield Diagnostic(_span_at(document, path), "a time needs a unit", f"write {option.value}s")
        else:
            yield from _value_problems(option.value, document, path)


def _row_problems(
    rows: tuple[Row, ...], scenario: Scenario, document: Document, where: KeyPath
) -> Iterator[Diagnostic]:
    for index, row in enumerate(rows):
        try:
            parse_figure(f"{MODES[1]}.{row.figure}", scenario.effects, -len(f"{MODES[1]}."))
        except PydanticCustomError as error:
            yield _problem(error, document, (*where, index, "figure"))


def _student_problems(file: LessonFile, document: Document) -> Iterator[Diagnostic]:
    """Every number is one the scenario takes, and leads to values that can be compared."""
    if file.lesson.students is None:
        return
    own = tuple(option.value for option in file.lesson.question.options)
    if own not in [student.values for student in file.lesson.students.numbers]:
        values = ", ".join(value or "none" for value in own)
        yield Diagnostic(
            _span_at(document, ("students", "numbers")),
            f"none of these has the values of the options ({values})",
            "one of the numbers is that of the lesson itself",
        )
    for index, student in enumerate(file.lesson.students.numbers):
        where: KeyPath = ("students", "numbers", index)
        try:
            file.scenario(number=student.number)
        except ScenarioError as error:
            match = _IN_A_CHANGE.match(str(error))
            in_path = match is not None and int(match["column"]) <= len(file.lesson.students.path)
            yield _scenario_problem(error, document, ("students", "path") if in_path else (*where, "number"))
        for which, value in enumerate(student.values):
            yield from _value_problems(value, document, (*where, "values", which))


def _value_problems(value: str | None, document: Document, where: KeyPath) -> Iterator[Diagnostic]:
    try:
        parse_value(value or "none")
    except PydanticCustomError as error:
        yield Diagnostic(
            _span_at(document, where), error.message(), "write for instance  2.55 s, 150, 5% or none"
        )


def _scenario_problem(error: ScenarioError, document: Document, where: KeyPath) -> Diagnostic:
    """What is wrong with the scenario, told at the place in the lesson that led to it."""
    first, _, rest = str(error).partition("\n")
    message = _IN_A_CHANGE.sub("", first)
    return Diagnostic(_span_at(document, where), message, rest.partition("= ")[2].partition("\n")[0])


def _problem(error: PydanticCustomError, document: Document, where: KeyPath) -> Diagnostic:
    return own_problem(error.message(), error.context or {}, where, document)


def _span_at(document: Document, where: KeyPath) -> Span:
    return document.value_at.get(where) or document.key_at[where]

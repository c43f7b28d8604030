"""What a lesson says and its runs do not show, in sentences: claims and answers, with line, run and value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from syncasync_sim.files.diagnostics import Path
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.lessons.feedback import LessonRun, number_of
from syncasync_sim.model.claims import Claim, Operand, parse_claim, parse_figure, parse_value
from syncasync_sim.model.figures import CLOSE
from syncasync_sim.model.formats import Unit, format_value
from syncasync_sim.model.lesson_file import Case, Question
from syncasync_sim.model.quantities import UNIT_S
from syncasync_sim.stats import Comparison

LEAD = "the lesson does not fit its runs"
_DECIMALS = {"s": 6, "ms": 3}
"""Of a time in these units, so that it is exact to the microsecond."""
_WRITTEN_UNIT = re.compile(r"[0-9]\s*(s|ms)$")


def contradictions(
    file: LessonFile,
    outcomes: Iterable[LessonRun],
    cases: Iterable[tuple[Case, Comparison]],
    transfer: Comparison | None,
) -> list[str]:
    """Return what a lesson says and its runs do not show.

    The claims of the lesson are for its own number; with another one only the answer is checked.

    Args:
        file: the lesson.
        outcomes: its runs, with the own number and those of students.
        cases: the runs of the change and of further cases, with the own number.
        transfer: the run of the last question; None if it has none.
    """
    sentences: list[str] = []
    for outcome in outcomes:
        sentences += _of_the_lesson(file, outcome)
    for case, comparison in cases:
        sentences += _of_a_case(file, case, comparison)
    last = file.lesson.transfer
    if last is not None and transfer is not None:
        run, where = "in the run of the transfer", ("transfer",)
        sentences += _missed_there(file, last.claims, transfer, where, run)
        sentences += _wrong_there(file, last.question, transfer, where, run)
    return list(dict.fromkeys(sentences))


def _of_the_lesson(file: LessonFile, outcome: LessonRun) -> Iterator[str]:
    lesson, own = file.lesson, number_of(file.lesson, None)
    run = "in the run of the lesson"
    where: Path = ("question", "options", lesson.question.correct)
    if outcome.number == own:
        yield from _missed_there(file, lesson.claims, outcome.comparison, (), run)
    elif lesson.students is not None:
        run = f"in the run with {outcome.number}"
        numbers = [student.number for student in lesson.students.numbers]
        where = ("students", "numbers", numbers.index(outcome.number or ""))
    if not is_right(outcome):
        value = like(outcome.answer or "", outcome.measured, _unit_in(lesson.question, outcome.comparison))
        yield f"the answer is {outcome.answer} (it is {value} {run}{_line(file, where)})"


def _of_a_case(file: LessonFile, case: Case, comparison: Comparison) -> Iterator[str]:
    """What the change, or a further case, says of its run."""
    change = file.lesson.change
    if case is change:
        where: Path = ("change",)
        run = "in the run of the change"
    else:
        index = file.lesson.more.index(case)
        where, run = ("more", index), f"in the run of case {index + 1} under more"
    yield from _missed_there(file, case.claims, comparison, where, run)
    if case is change and change.question is not None:
        yield from _wrong_there(file, change.question, comparison, where, run)


def _missed_there(
    file: LessonFile, claims: Sequence[str], comparison: Comparison, where: Path, run: str
) -> Iterator[str]:
    for index, claim in enumerate(claims):
        yield from missed([claim], comparison, f" {run}{_line(file, (*where, 'claims', index))}")


def _wrong_there(
    file: LessonFile, question: Question, comparison: Comparison, where: Path, run: str
) -> list[str]:
    path = (*where, "question", "options", question.correct)
    return wrong_in(question, comparison, f" {run}{_line(file, path)}")


def _line(file: LessonFile, where: Path) -> str:
    line = file.line_of(where)
    return "" if line is None else f", line {line:,}"


def missed(claims: Sequence[str], comparison: Comparison, run: str = "") -> list[str]:
    """Return the claims that do not hold, each with the measured value.

    Args:
        claims: the claims.
        comparison: the result.
        run: which run it is and where the claim is written, to be added to the value.
    """
    checked = [parse_claim(text, comparison.scenario.effects) for text in claims]
    results = [(claim, *claim.check(comparison.figure)) for claim in checked]
    return [
        f"{claim.text} ({_as_measured(claim, value, comparison)}{run})"
        for claim, holds, value in results
        if not holds
    ]


def _as_measured(claim: Claim, value: float | None, comparison: Comparison) -> str:
    """The measured value of a claim's figure, or of both if it compares two."""
    unit = claim.left.figure.unit
    if isinstance(claim.right, Operand):
        other = comparison.figure(claim.right.mode, claim.right.name)
        values = [_in_unit(figure, unit, "s") for figure in (value, other)]
        return f"they are {values[0]} and {values[1]}"
    return f"it is {like(claim.text, value, unit)}"


def like(text: str, value: float | None, unit: Unit) -> str:
    """Return a figure in the unit in which a text has it, so that the two can be compared.

    Args:
        text: what ends in the value that was written: `async.response_time_s.max == 2.85s`.
        value: the figure, as it was measured.
        unit: the unit of the figure.
    """
    written = _WRITTEN_UNIT.search(text)
    return _in_unit(value, unit, written[1]) if written else format_value(value, unit)


def _in_unit(value: float | None, unit: Unit, written: str) -> str:
    if unit != "s" or value is None:
        return format_value(value, unit)
    amount = f"{value / float(UNIT_S[written]):,.{_DECIMALS[written]}f}"
    return f"{amount.rstrip('0').rstrip('.')} {written}"


def is_right(outcome: LessonRun) -> bool:
    """Whether the correct option states the measured value, and no other option does.

    With random figures the correct value is that of theory, and it has to be the nearest of all options.
    """
    if outcome.lesson.question.figure is None:
        return True
    correct, several = outcome.lesson.question.correct, outcome.lesson.replications > 1
    return _is_stated(outcome.values, correct, outcome.measured, several)


def wrong_in(question: Question, comparison: Comparison, run: str = "") -> list[str]:
    """Return the answer of a change or a transfer and the measured value if they differ; otherwise nothing.

    Where there are several runs the correct option has to be the nearest of all.

    Args:
        question: the question.
        comparison: the result of its run.
        run: which run it is and where the answer is written, to be added to the value.
    """
    if question.figure is None:
        return []
    figure = parse_figure(question.figure, comparison.scenario.effects)
    measured = comparison.figure(figure.mode, figure.name)
    values = [option.value for option in question.options]
    if _is_stated(values, question.correct, measured, comparison.interval is not None):
        return []
    stated = values[question.correct] or ""
    in_the_run = like(stated, measured, figure.figure.unit)
    return [f"the answer to '{question.text}' is {stated} (it is {in_the_run}{run})"]


def _is_stated(values: Sequence[str | None], correct: int, measured: float | None, several: bool) -> bool:
    """Whether the correct value is the measured one, or the nearest to the mean of several runs."""
    stated = [None if value is None else parse_value(value) for value in values]
    if measured is None or stated[correct] is None:
        return measured is stated[correct]
    distances = [float("inf") if value is None else abs(value - measured) for value in stated]
    near = min(range(len(distances)), key=distances.__getitem__) == correct
    return near and (several or distances[correct] <= CLOSE)


def _unit_in(question: Question, comparison: Comparison) -> Unit:
    assert question.figure is not None
    return parse_figure(question.figure, comparison.scenario.effects).figure.unit

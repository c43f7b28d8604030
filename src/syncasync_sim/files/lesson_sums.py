"""The sums of a lesson: both sides of an equals sign have to agree, for every student's number."""

from __future__ import annotations

from collections.abc import Iterator

from syncasync_sim.files.diagnostics import Diagnostic
from syncasync_sim.files.diagnostics import Path as KeyPath
from syncasync_sim.files.strict_yaml import Document
from syncasync_sim.model.arithmetic import mismatches
from syncasync_sim.model.lesson_file import Lesson
from syncasync_sim.model.placeholders import filled


def sum_problems(lesson: Lesson, document: Document) -> Iterator[Diagnostic]:
    """Yield the arithmetic that is not right; a text without arithmetic is left alone.

    Args:
        lesson: the lesson.
        document: its file, which knows the places.
    """
    correct = lesson.question.correct
    numbers: list[tuple[str | None, str | None]] = [(None, lesson.question.options[correct].value)]
    if lesson.students is not None:
        numbers = [(student.number, student.values[correct]) for student in lesson.students.numbers]
    for where, text in _sums(lesson):
        for number, answer in numbers:
            computed = filled(text, number, answer)
            if problems := [*_problems(computed, document, where, number if computed != text else None)]:
                yield from problems
                break


def _sums(lesson: Lesson) -> Iterator[tuple[KeyPath, str]]:
    """The texts that compute something, and where they are."""
    yield ("sum",), lesson.sum
    yield ("change", "sum"), lesson.change.sum
    yield from ((("more", index, "sum"), case.sum) for index, case in enumerate(lesson.more))
    if lesson.transfer is not None:
        yield ("transfer", "sum"), lesson.transfer.sum
    if lesson.theory is not None:
        yield ("theory", "formula"), f"{lesson.theory.formula} = {lesson.theory.value}"


def _problems(text: str, document: Document, where: KeyPath, number: str | None) -> Iterator[Diagnostic]:
    for mismatch in mismatches(text):
        student = "" if number is None else f" for {number}"
        yield Diagnostic(
            document.value_at[where],
            f"'{mismatch.left} = {mismatch.right}'{student}: the two sides differ",
            f"{mismatch.computed} is {mismatch.result}",
        )

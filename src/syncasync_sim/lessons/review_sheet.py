"""A review sheet: questions about several lessons, mixed, and the answers for the teacher.

The questions are those that the lessons keep under `review`. Nothing is run for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncasync_sim._version import __version__
from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.lessons.feedback import title_of
from syncasync_sim.lessons.handout import LICENCE
from syncasync_sim.lessons.presenter import full_stop
from syncasync_sim.lessons.print_page import Block, Heading, Options, Page, Paragraph, Rules, Table, Together
from syncasync_sim.model.lesson_file import LETTERS, Question
from syncasync_sim.model.placeholders import filled
from syncasync_sim.model.random_streams import RandomStreams


@dataclass(frozen=True, slots=True)
class Dealt:
    """One question of the sheet, and the lesson that it is about."""

    file: LessonFile
    question: Question

    @property
    def options(self) -> list[tuple[str, str]]:
        """The letter and the text of each option."""
        texts = (filled(option.text, None, None, option.value) for option in self.question.options)
        return list(zip(LETTERS, texts, strict=False))


def deal(files: Sequence[LessonFile], count: int, seed: int) -> list[Dealt]:
    """Return questions of several lessons in mixed order: as many of each lesson as of the others, if it has.

    Args:
        files: the lessons.
        count: the greatest number of questions.
        seed: the seed of the order; the same seed gives the same sheet.

    Raises:
        ScenarioError: no lesson has a question for review.
    """
    drawn = RandomStreams(seed)

    def order(purpose: str, number: int) -> list[int]:
        numbers = drawn.uniform(purpose)
        return sorted(range(number), key=numbers)

    pools = [
        [
            Dealt(file, file.lesson.review[at])
            for at in order(f"review {file.lesson.name}", len(file.lesson.review))
        ]
        for file in (files[at] for at in order("review lessons", len(files)))
    ]
    rounds = range(max(map(len, pools), default=0))
    dealt = [pool[turn] for turn in rounds for pool in pools if turn < len(pool)][:count]
    if not dealt:
        names = ", ".join(title_of(file.lesson) for file in files) or "no lesson"
        raise ScenarioError(f"no question for review in: {names}\n  = a lesson has them under  review")
    return [dealt[at] for at in order("review sheet", len(dealt))]


def review_sheet(dealt: Sequence[Dealt], seed: int) -> Page:
    """The sheet for students.

    Args:
        dealt: its questions, in their order.
        seed: the seed of the order.
    """
    blocks: list[Block] = []
    for number, item in enumerate(dealt, start=1):
        blocks.append(Together([Paragraph(item.question.text, f"{number}."), Options(item.options)]))
    blocks += [Heading("The lesson that I want to see again"), Rules("Which, and why?", 2)]
    return Page("Review", _by(dealt), blocks, _notes(dealt, seed), name_line=True)


def review_key(dealt: Sequence[Dealt], seed: int) -> Page:
    """The answers, with the lesson of each question and what would make the other answers right.

    Args:
        dealt: the questions of the sheet, in their order.
        seed: the seed of the order.
    """
    blocks: list[Block] = []
    for number, item in enumerate(dealt, start=1):
        blocks.append(Together(list(_answered(number, item))))
    return Page("Key: Review", _by(dealt), blocks, _notes(dealt, seed), dense=True)


def _answered(number: int, item: Dealt) -> Iterator[Block]:
    letter, text = item.options[item.question.correct]
    yield Paragraph(item.question.text, f"{number}.")
    yield Paragraph(full_stop(f"{letter}) {text}") + f" ({title_of(item.file.lesson)})", "Answer:")
    rows = [
        (f"{letter}) {text}", option.right_if or "")
        for (letter, text), option in zip(item.options, item.question.options, strict=True)
        if not option.correct
    ]
    yield Table(("answer", "it would be right if"), rows)


def _by(dealt: Sequence[Dealt]) -> str:
    questions, lessons = len(dealt), len({item.file.lesson.name for item in dealt})
    counted = f"{questions} question{'' if questions == 1 else 's'}"
    return f"{counted} about {lessons} lesson{'' if lessons == 1 else 's'}"


def _notes(dealt: Sequence[Dealt], seed: int) -> tuple[str, ...]:
    licence = f" • {LICENCE}" if all(item.file.is_bundled for item in dealt) else ""
    return (f"seed {seed} • syncasync-sim {__version__}{licence}",)

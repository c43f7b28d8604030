"""The concept test on paper: a form for students, and for teachers the key with the rubric and the gain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncasync_sim._version import __version__
from syncasync_sim.engine.simulation import Watch
from syncasync_sim.experiment import run_designs
from syncasync_sim.files.concept_test import lesson_about, scenario_of
from syncasync_sim.lessons.contradictions import missed, wrong_in
from syncasync_sim.lessons.feedback import title_of
from syncasync_sim.lessons.handout import LICENCE
from syncasync_sim.lessons.presenter import full_stop
from syncasync_sim.lessons.print_page import Block, Heading, Options, Page, Paragraph, Table, Together
from syncasync_sim.lessons.session import ENOUGH, TOO_FEW
from syncasync_sim.model.concept_test import ConceptTest, Form, Item
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import LETTERS, Question
from syncasync_sim.model.placeholders import filled

LOW_GAIN, HIGH_GAIN = 0.3, 0.7
"""Hake, Interactive-engagement versus traditional methods, American Journal of Physics 66 (1998), 64-74."""
INSTRUCTION = (
    "Tick one answer to each question. If you do not know, tick the one that you think is most likely. "
    "There is no mark: the test shows what the lessons have to explain."
)


def normalised_gain(before: float, after: float) -> float | None:
    """Return the share of what could be gained that was gained; None if all was right before.

    Args:
        before: the share of right answers before the lessons, from 0 to 1.
        after: the share after them.
    """
    return None if before >= 1 else (after - before) / (1 - before)


def form(test: ConceptTest, which: Form) -> Page:
    """The sheet for students.

    Args:
        test: the test.
        which: the form.
    """
    blocks: list[Block] = [Paragraph(INSTRUCTION)]
    for number, item in enumerate(test.items, start=1):
        variant = item.of(which)
        parts: list[Block] = [
            Paragraph(variant.story, f"{number}."),
            Paragraph("", variant.question.text),
            Options(options_of(variant.question)),
        ]
        blocks.append(Together(parts))
    by = f"form {which} • {len(test.items)} questions • {test.minutes} minutes"
    return Page(test.title, by, blocks, _notes(), name_line=True, dense=True)


def form_key(test: ConceptTest, which: Form) -> Page:
    """The answers, the belief behind each wrong one, the rubric, and the gain.

    Args:
        test: the test.
        which: the form.
    """
    blocks: list[Block] = []
    for number, item in enumerate(test.items, start=1):
        blocks.append(Together(list(_answered(number, item, which))))
    blocks += [*_rubric(test), *_gain()]
    return Page(f"Key: {test.title}", f"form {which}", blocks, _notes(), dense=True)


def how_many(test: ConceptTest, which: Form) -> int:
    """Return the number of runs behind the answers of a form.

    Args:
        test: the test.
        which: the form.
    """
    return 2 * sum(item.of(which).scenario is not None for item in test.items)


def contradictions(test: ConceptTest, which: Form, watch: Watch | None = None) -> list[str]:
    """Run the scenarios of a form, and compare the runs to its answers.

    Args:
        test: the test.
        which: the form.
        watch: asked repeatedly whether to go on; after it says no, the result must not be used.

    Returns:
        What the test says and the runs do not show, with the misconception of the question.

    Raises:
        ScenarioError: a scenario of the test cannot be read.
    """
    sentences: list[str] = []
    for item in test.items:
        variant = item.of(which)
        scenario = scenario_of(variant)
        if scenario is not None:
            comparison = run_designs(scenario, seed=scenario.seed, replications=1, watch=watch)[0]
            problems = [*missed(variant.claims, comparison), *wrong_in(variant.question, comparison)]
            sentences += [f"{item.misconception}: {sentence}" for sentence in problems]
    return sentences


def options_of(question: Question) -> list[tuple[str, str]]:
    """Return the letter and the text of each option.

    Args:
        question: the question.
    """
    texts = (filled(option.text, None, None, option.value) for option in question.options)
    return list(zip(LETTERS, texts, strict=False))


def _answered(number: int, item: Item, which: Form) -> Iterator[Block]:
    variant = item.of(which)
    options = options_of(variant.question)
    letter, text = options[variant.question.correct]
    yield Paragraph(variant.question.text, f"{number}.")
    yield Paragraph(f"{full_stop(f'{letter}) {text}')} {full_stop(variant.sum)}", "Answer:")
    rows = [
        (f"{letter}) {text}", option.belief or "", option.right_if or "")
        for (letter, text), option in zip(options, variant.question.options, strict=True)
        if not option.correct
    ]
    yield Table(("answer", "who says so believes that", "it would be right if"), rows)


def _rubric(test: ConceptTest) -> Iterator[Block]:
    """Which question is about which misconception, and what the share of right answers means."""
    few, enough = (format_value(share, "share") for share in (TOO_FEW, ENOUGH))
    yield Heading("The misconceptions")
    rows = [
        (str(number), f"{item.misconception}: {item.belief}", _lesson(item.lesson))
        for number, item in enumerate(test.items, start=1)
    ]
    yield Table(("question", "a wrong answer may mean", "the lesson about it"), rows)
    yield Heading("What the share of right answers to a question means")
    meaning: Mapping[str, str] = {
        f"below {few}": "Most of the class has the misconception. Give the lesson with both votes.",
        f"from {few} to {enough}": "The class is divided. Give the lesson: students can convince each other.",
        f"above {enough}": "Few have the misconception. A question in a later lesson is enough.",
    }
    yield Table(("right answers in the class", "what it means"), list(meaning.items()))
    yield Paragraph(
        "Count each wrong answer: the most frequent one says which belief to speak about. One question says "
        "little about one student, because one answer in three is right by chance. A student who guesses all "
        "twelve has four right on average."
    )


def _gain() -> Iterator[Block]:
    yield Heading("Before and after")
    yield Paragraph(
        "Half of the class gets form A before the lessons and form B after them, the other half first B and "
        "then A. So a form that is easier does not look like learning. Count only students who took both."
    )
    yield Paragraph(
        "gain = (share right after - share right before) / (1 - share right before), for the class and for "
        "each question. It is the part of what could be gained that was gained.",
        "The normalised gain (Hake 1998):",
    )
    low, high = LOW_GAIN, HIGH_GAIN
    rows = [
        (f"below {low}", "low: students learned little; look at the question with the lowest gain first"),
        (f"from {low} to {high}", "medium"),
        (f"{high} or more", "high"),
    ]
    yield Table(("gain of the class", "it is called"), rows)
    example = format_value(normalised_gain(0.4, 0.7), "count")
    yield Paragraph(f"40 % right before and 70 % after: (0.7 - 0.4) / (1 - 0.4) = {example}.", "Example:")


def _lesson(name: str) -> str:
    file = lesson_about(name)
    return name if file is None else title_of(file.lesson)


def _notes() -> tuple[str, ...]:
    return (f"syncasync-sim {__version__} • {LICENCE}",)

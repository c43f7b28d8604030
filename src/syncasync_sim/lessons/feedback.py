"""A lesson that has been run: the numbers behind the reveal, the handout and the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.experiment import run_designs
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.model.claims import parse_claim, parse_figure, parse_value
from syncasync_sim.model.figures import CLOSE, unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import PLACEHOLDER, Case, Lesson
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Comparison
from syncasync_sim.trace.records import Trace


@dataclass(frozen=True, slots=True)
class LessonRun:
    """What a lesson's run came to. `number` is the one of a student's own sheet, or the lesson's first.

    `traces` are those of the first replication.
    """

    lesson: Lesson
    number: str | None
    scenario: Scenario
    comparison: Comparison
    traces: Mapping[Mode, Trace]

    @property
    def values(self) -> tuple[str | None, ...]:
        """What each option says the figure is, with this number."""
        return values_of(self.lesson, self.number)

    @property
    def texts(self) -> tuple[str, ...]:
        """The options as they are read out, with this number."""
        return texts_of(self.lesson, self.number)

    @property
    def answer(self) -> str | None:
        """What the correct option says the figure is."""
        return self.values[self.lesson.question.correct]

    @property
    def measured(self) -> float | None:
        """The question's figure, as the run had it; None if the question asks for none."""
        figure = self.lesson.question.figure
        if figure is None:
            return None
        asked = parse_figure(figure, self.scenario.effects)
        value: float | None = self.comparison.figure(asked.mode, asked.name)
        return value

    def told(self, text: str) -> str:
        """A text of the lesson, with this number and its answer for `{number}` and `{answer}`."""
        return filled(text, self.number, self.answer)


def title_of(lesson: Lesson) -> str:
    """`Lesson 2: Not faster, just later`; a lesson of one's own has no number."""
    return lesson.title if lesson.number is None else f"Lesson {lesson.number}: {lesson.title}"


def values_of(lesson: Lesson, number: str | None) -> tuple[str | None, ...]:
    """What each option says the figure is, with a student's *number*."""
    if lesson.students is not None:
        for student in lesson.students.numbers:
            if student.number == number:
                return student.values
    return tuple(option.value for option in lesson.question.options)


def texts_of(lesson: Lesson, number: str | None) -> tuple[str, ...]:
    """The options as they are read out, with a student's *number*: each with its value for `{value}`."""
    values = values_of(lesson, number)
    answer = values[lesson.question.correct]
    options = zip(lesson.question.options, values, strict=True)
    return tuple(filled(option.text, number, answer, value) for option, value in options)


def number_of(lesson: Lesson, student: int | None) -> str | None:
    """The number of *student* (counted from 1), dealt out in turn; without one, the lesson's own."""
    if lesson.students is None:
        return None
    numbers = [one.number for one in lesson.students.numbers]
    if student is not None:
        return numbers[(student - 1) % len(numbers)]
    own = tuple(option.value for option in lesson.question.options)
    return next((s.number for s in lesson.students.numbers if s.values == own), numbers[0])


def filled(text: str, number: str | None, answer: str | None, value: str | None = None) -> str:
    """*text* with what its placeholders stand for; other braces stay as they are."""
    values = {"number": number, "answer": answer, "value": value}
    return PLACEHOLDER.sub(lambda found: values.get(found[1]) or found[0], text)


def run_lesson(file: LessonFile, number: str | None = None, watch: Watch | None = None) -> LessonRun:
    """Run a lesson's scenario in both designs, with a student's *number*. Raises ScenarioError.

    When *watch* says no, the run stops early and its comparison is partial or of fewer replications.
    """
    number = number or number_of(file.lesson, None)
    scenario = file.scenario(number=number)
    comparison, traces = run_designs(
        scenario, seed=scenario.seed, replications=file.lesson.replications, watch=watch
    )
    return LessonRun(file.lesson, number, scenario, comparison, traces)


def run_case(
    file: LessonFile, case: Case, number: str | None = None, watch: Watch | None = None
) -> tuple[Comparison, dict[Mode, Trace]]:
    """Run one more case of a lesson in both designs. Raises ScenarioError."""
    scenario = file.scenario(case, number)
    return run_designs(scenario, seed=scenario.seed, replications=file.lesson.replications, watch=watch)


def missed(claims: tuple[str, ...], comparison: Comparison) -> list[str]:
    """The claims that do not hold, each with what was measured instead."""
    checked = ((claim, parse_claim(claim, comparison.scenario.effects)) for claim in claims)
    results = ((text, *claim.check(comparison.figure)) for text, claim in checked)
    return [f"{text} (it is {value})" for text, holds, value in results if not holds]


def is_right(outcome: LessonRun) -> bool:
    """Whether the correct option says what was measured, and no other option does.

    Where chance plays a part, the correct value is the theory's, and the nearest of all options.
    """
    measured, correct = outcome.measured, outcome.lesson.question.correct
    if measured is None:
        return outcome.lesson.question.figure is None
    said = [None if value is None else parse_value(value) for value in outcome.values]
    distances = [float("inf") if value is None else abs(value - measured) for value in said]
    near = min(range(len(distances)), key=distances.__getitem__) == correct
    return near and (outcome.lesson.replications > 1 or distances[correct] <= CLOSE)


def contradicted(outcome: LessonRun) -> list[str]:
    """What the lesson says of this run and it does not show, with what was measured instead.

    The claims hold for the lesson's own number; a student's has only the answer to be held to.
    """
    lesson = outcome.lesson
    own = outcome.number == number_of(lesson, None)
    return [*(missed(lesson.claims, outcome.comparison) if own else ()), *wrong_answer(outcome)]


def wrong_answer(outcome: LessonRun) -> list[str]:
    """What the lesson calls the answer and what was measured, if these differ; else nothing."""
    if is_right(outcome):
        return []
    at = "" if outcome.number is None else f" at {outcome.number}"
    return [f"the answer{at} is {outcome.answer} (it is {measured(outcome)})"]


def measured(outcome: LessonRun) -> str:
    """The answer as the run has it."""
    return format_value(outcome.measured, unit_of(asked(outcome.lesson)))


def asked(lesson: Lesson) -> str:
    """The question's figure without its design."""
    return (lesson.question.figure or "").partition(".")[2]

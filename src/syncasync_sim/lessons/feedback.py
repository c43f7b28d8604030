"""A lesson that has been run: the numbers behind the reveal, the handout and the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.experiment import run_designs
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.model.claims import parse_figure
from syncasync_sim.model.figures import unit_of
from syncasync_sim.model.formats import format_value
from syncasync_sim.model.lesson_file import Case, Lesson
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.placeholders import filled
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
        parsed = parse_figure(figure, self.scenario.effects)
        value: float | None = self.comparison.figure(parsed.mode, parsed.name)
        return value

    def filled_text(self, text: str) -> str:
        """A text of the lesson with the number and its answer in place of `{number}` and `{answer}`."""
        return filled(text, self.number, self.answer)


def title_of(lesson: Lesson) -> str:
    """The title, as `Lesson 2: Not faster, just later`; an own lesson has no number."""
    return lesson.title if lesson.number is None else f"Lesson {lesson.number}: {lesson.title}"


def values_of(lesson: Lesson, number: str | None) -> tuple[str | None, ...]:
    """Return the value of the figure that each option states.

    Args:
        lesson: the lesson.
        number: the number of a student, which has values of its own; None for the lesson's.
    """
    if lesson.students is not None:
        for student in lesson.students.numbers:
            if student.number == number:
                return student.values
    return tuple(option.value for option in lesson.question.options)


def texts_of(lesson: Lesson, number: str | None) -> tuple[str, ...]:
    """Return the texts of the options, with values in place of `{value}`.

    Args:
        lesson: the lesson.
        number: the number of a student, which has values of its own; None for the lesson's.
    """
    values = values_of(lesson, number)
    answer = values[lesson.question.correct]
    options = zip(lesson.question.options, values, strict=True)
    return tuple(filled(option.text, number, answer, value) for option, value in options)


def number_of(lesson: Lesson, student: int | None) -> str | None:
    """The number on a student's sheet; None if the lesson has none.

    Args:
        lesson: the lesson.
        student: the student, from 1; numbers are given in turn. None for the lesson's own number.
    """
    if lesson.students is None:
        return None
    numbers = [entry.number for entry in lesson.students.numbers]
    if student is not None:
        return numbers[(student - 1) % len(numbers)]
    own = tuple(option.value for option in lesson.question.options)
    return next((s.number for s in lesson.students.numbers if s.values == own), numbers[0])


def run_lesson(file: LessonFile, number: str | None = None, watch: Watch | None = None) -> LessonRun:
    """Run a lesson's scenario in both designs.

    Args:
        file: the lesson.
        number: the number of a student; None for the lesson's own.
        watch: asked repeatedly whether to go on; after it says no, the comparison is partial or has fewer
            replications.

    Raises:
        ScenarioError: the scenario cannot be read.
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
    """Run one more case of a lesson in both designs.

    Args:
        file: the lesson.
        case: the case.
        number: the number of a student; None for the lesson's own.
        watch: asked repeatedly whether to go on.

    Returns:
        The comparison, and the trace of each design.

    Raises:
        ScenarioError: the scenario of the case cannot be read.
    """
    scenario = file.scenario(case, number)
    return run_designs(scenario, seed=scenario.seed, replications=file.lesson.replications, watch=watch)


def measured(outcome: LessonRun) -> str:
    """The measured answer of the run."""
    return format_value(outcome.measured, unit_of(figure_name(outcome.lesson)))


def figure_name(lesson: Lesson) -> str:
    """The name of the question's figure, without its design."""
    return (lesson.question.figure or "").partition(".")[2]

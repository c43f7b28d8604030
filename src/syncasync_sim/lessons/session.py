"""One lesson as it goes on: asked, answered, revealed. It knows no terminal and no notebook.

Nothing is run before there is an answer, or the wish to see it without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files.diagnostics import clipped, listed
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.lessons.feedback import (
    LessonRun,
    filled,
    is_right,
    missed,
    number_of,
    run_case,
    run_lesson,
    values_of,
)
from syncasync_sim.model.lesson_file import LETTERS, Case
from syncasync_sim.stats import Comparison

Level = Literal["intro", "advanced"]
SURENESS = {1: "a guess", 2: "I think so", 3: "sure"}
"""How sure somebody may be, in words."""
HOW_SURE = f"how sure? [{', '.join(f'{number} {words}' for number, words in SURENESS.items())}] >"
UNANSWERED = "nothing is run before there is an answer"
MOST_VOTES = 10_000
"""For one answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The index of the chosen option, and how sure the reader was, from 1 to 3; None if not given."""

    choice: int
    sure: int | None = None


class Session:
    """A lesson with somebody who answers. `student` counts from 1 and gets a number of their own."""

    def __init__(self, file: LessonFile, *, student: int | None = None, level: Level | None = None) -> None:
        self.file, self.lesson, self.student = file, file.lesson, student
        self.number = number_of(file.lesson, student)
        self.level: Level = level or file.lesson.level
        self.answered: Answer | None = None
        self.votes: tuple[int, ...] | None = None
        self._is_revealed = False
        self._outcome: LessonRun | None = None
        self._cases: dict[int, Comparison] = {}

    @property
    def letters(self) -> str:
        """One for each option."""
        return LETTERS[: len(self.lesson.question.options)]

    @property
    def is_open(self) -> bool:
        """Whether the result may be shown: somebody answered, or wanted to see it without."""
        return self.answered is not None or self._is_revealed

    def filled_text(self, text: str) -> str:
        """A text of the lesson with the session's number and its answer."""
        return filled(text, self.number, self.values[self.lesson.question.correct])

    def facts(self) -> dict[str, Any]:
        """Return the facts about the lesson that may be shown before its answer, as plain data."""
        lesson = self.lesson
        return {
            **{"number": lesson.number, "name": lesson.name, "title": lesson.title},
            **{"minutes": lesson.minutes, "level": lesson.level, "needs": lesson.needs},
            "question": self.filled_text(lesson.question.text),
        }

    # -- answering --------------------------------------------------------------------------------

    def answer(self, letter: str, sure: int | None = None) -> None:
        """Answer with the letter of an option.

        Args:
            letter: the letter.
            sure: how sure the reader is, from 1 (a guess) to 3 (sure).

        Raises:
            ScenarioError: there is no such option, or no such number; the error says which there are.
        """
        choice = self.choice(letter)
        if choice is None:
            raise ScenarioError(
                f"{_abbreviated(letter)}: there is no such answer\n  = the answers are {listed(self.letters)}"
            )
        if sure is not None and sure not in SURENESS:
            choices = listed([f"{number} ({words})" for number, words in SURENESS.items()], "or")
            raise ScenarioError(f"{_abbreviated(str(sure))}: not a way to be sure\n  = choose {choices}")
        self.answered = Answer(choice, sure)

    def choice(self, text: str) -> int | None:
        """Return the index of the option with this letter, as `b`, `B` or `b)`; None without one."""
        letter = text.strip().rstrip(").").strip().lower()
        index = self.letters.find(letter)
        return index if len(letter) == 1 and index >= 0 else None

    def vote(self, text: str) -> None:
        """Record the votes of a class, as `a=12,b=7,c=3`; an option that is not named has none.

        Args:
            text: the votes.

        Raises:
            ScenarioError: the text cannot be read; the error says what is allowed.
        """
        self.votes = self._read_votes(text)

    def _read_votes(self, text: str) -> tuple[int, ...]:
        votes: dict[int, int] = {}
        for part in text.split(","):
            letter, equals, number = part.partition("=")
            choice = self.choice(letter)
            if not equals or choice is None:
                raise self._bad_vote(part, f"expected one of {listed(self.letters, 'or')} and a number")
            if choice in votes:
                raise self._bad_vote(part, f"{self.letters[choice]} is given twice")
            digits = number.strip()
            if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or int(digits) > MOST_VOTES:
                raise self._bad_vote(part, f"expected a whole number from 0 to {MOST_VOTES:,}")
            votes[choice] = int(digits)
        if not any(votes.values()):
            raise self._bad_vote(text, "nobody voted")
        return tuple(votes.get(index, 0) for index in range(len(self.letters)))

    def _bad_vote(self, given: str, problem: str) -> ScenarioError:
        example = ",".join(
            f"{letter}={count}" for letter, count in zip(self.letters, (12, 7, 3), strict=False)
        )
        return ScenarioError(
            f"votes: {_abbreviated(given.strip())}: {problem}\n  = write for instance  {example}"
        )

    # -- what came of it --------------------------------------------------------------------------

    def reveal(self) -> None:
        """Allow the result to be shown, with or without an answer."""
        self._is_revealed = True

    def run(self, watch: Watch | None = None) -> LessonRun:
        """Run the lesson, once; later calls return the same run.

        Args:
            watch: asked repeatedly whether to go on.

        Raises:
            RuntimeError: there is no answer yet.
        """
        if not self.is_open:
            raise RuntimeError(UNANSWERED)
        self._outcome = self._outcome or run_lesson(self.file, self.number, watch)
        return self._outcome

    def run_case(self, case: Case, watch: Watch | None = None) -> Comparison:
        """Run the change or a further case, once; later calls return the same result.

        Args:
            case: the case.
            watch: asked repeatedly whether to go on.

        Raises:
            RuntimeError: there is no answer yet.
        """
        if not self.is_open:
            raise RuntimeError(UNANSWERED)
        if id(case) not in self._cases:
            self._cases[id(case)] = run_case(self.file, case, self.number, watch)[0]
        return self._cases[id(case)]

    @property
    def cases(self) -> list[Comparison]:
        """What those came to that were run so far, in the order in which they were."""
        return list(self._cases.values())

    def missed(self) -> list[str]:
        """Return the claims of the lesson that do not hold; nothing is checked with a student's number."""
        own = self.number == number_of(self.lesson, None)
        change = self.lesson.change
        checked = [(self.lesson.claims, self.run().comparison), (change.claims, self.run_case(change))]
        return [sentence for claims, comparison in checked if own for sentence in missed(claims, comparison)]

    def misfit(self) -> str:
        """Return in words what the runs do not show of what the lesson says; empty if they show all."""
        missed = self.missed()
        if not missed and is_right(self.run()):
            return ""
        problems = "; ".join(missed) or "the correct option is not what was measured"
        return f"the lesson does not fit its runs: {problems}"

    @property
    def values(self) -> tuple[str | None, ...]:
        """What each option says the figure is, with this number."""
        return values_of(self.lesson, self.number)


def _abbreviated(text: str) -> str:
    return f"'{clipped(visible(text))}'"

"""One lesson as it goes on: asked, answered, revealed. It knows no terminal and no notebook.

Nothing is run before there is an answer, or the wish to see it without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Literal

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files.diagnostics import clipped, listed
from syncasync_sim.files.lessons import LessonFile
from syncasync_sim.lessons.contradictions import LEAD, contradictions
from syncasync_sim.lessons.feedback import (
    LessonRun,
    number_of,
    run_case,
    run_lesson,
    texts_of,
    values_of,
)
from syncasync_sim.model.lesson_file import LETTERS, Case, Question, Why
from syncasync_sim.model.lesson_heading import LessonHeading, Level
from syncasync_sim.model.placeholders import filled
from syncasync_sim.stats import Comparison

Part = Literal["recall", "question", "why", "change", "transfer"]
"""What asks in a lesson, in its order: an earlier lesson, the question, the reason, the change, and the same
idea on another surface."""
SURENESS = {1: "a guess", 2: "I think so", 3: "sure"}
"""How sure somebody may be, in words."""
HOW_SURE = f"how sure? [{', '.join(f'{number} {words}' for number, words in SURENESS.items())}] >"
UNANSWERED = "nothing is run before there is an answer"
MOST_VOTES = 10_000
"""For one answer."""


TOO_FEW, ENOUGH = 0.3, 0.7
"""Shares of right votes: talk between students helps from the one to the other."""


def what_next(share: float) -> str:
    """Return what a class does after its first vote (Crouch & Mazur 2001, Peer Instruction).

    Args:
        share: the share of right votes, from 0 to 1.
    """
    if share < TOO_FEW:
        return "Read the story again together, and explain its words. Then vote again."
    if share <= ENOUGH:
        return "Talk to your neighbour for two minutes: convince each other. Then vote again."
    return "Most of you agree. Go on."


@dataclass(frozen=True, slots=True)
class Answer:
    """The index of the chosen option, and how sure the reader was, from 1 to 3; None if not given."""

    choice: int
    sure: int | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """The votes of a class for each option: before it talked, and after; None if it was not asked again."""

    first: tuple[int, ...]
    again: tuple[int, ...] | None = None

    @property
    def last(self) -> tuple[int, ...]:
        """The votes that count."""
        return self.again or self.first


def choice_of(text: str, letters: str) -> int | None:
    """Return the index of the option with this letter, as `b`, `B` or `b)`; None without one.

    Args:
        text: the letter that was given.
        letters: the letters of the options.
    """
    letter = text.strip().rstrip(").").strip().lower()
    index = letters.find(letter)
    return index if len(letter) == 1 and index >= 0 else None


def read_answer(letter: str, sure: int | None, letters: str) -> Answer:
    """Read the letter of an option, and how sure the reader is.

    Args:
        letter: the letter.
        sure: how sure the reader is, from 1 (a guess) to 3 (sure).
        letters: the letters of the options.

    Raises:
        ScenarioError: there is no such option, or no such number; the error says which there are.
    """
    choice = choice_of(letter, letters)
    if choice is None:
        raise ScenarioError(
            f"{_abbreviated(letter)}: there is no such answer\n  = the answers are {listed(letters)}"
        )
    if sure is not None and sure not in SURENESS:
        choices = listed([f"{number} ({words})" for number, words in SURENESS.items()], "or")
        raise ScenarioError(f"{_abbreviated(str(sure))}: not a way to be sure\n  = choose {choices}")
    return Answer(choice, sure)


class Session:
    """A lesson with somebody who answers. `student` counts from 1 and gets a number of their own.

    It asks up to five questions (`Part`), each with an answer of one person or the votes of a class.
    """

    def __init__(self, file: LessonFile, *, student: int | None = None, level: Level | None = None) -> None:
        self.file, self.lesson, self.student = file, file.lesson, student
        self.number = number_of(file.lesson, student)
        self.level: Level = level or file.lesson.level
        self.answers: dict[Part, Answer] = {}
        self.class_votes: dict[Part, Vote] = {}
        self.own_words: dict[Part, str] = {}
        """What was answered in one's own words, where there are no options or none was chosen."""
        self.sheets: tuple[Answer, ...] = ()
        """What each student of a class answered to the question of the lesson, where it is known."""
        self._is_revealed = False
        self._outcomes: dict[str | None, LessonRun] = {}
        self._cases: dict[str, Comparison] = {}

    # -- what is asked ----------------------------------------------------------------------------

    def question_of(self, part: Part = "question") -> Question | Why | None:
        """Return the question of a part of the lesson; None if the lesson does not ask there.

        Args:
            part: the part.

        Raises:
            ScenarioError: an earlier lesson that is asked about cannot be read.
        """
        lesson = self.lesson
        if part == "recall":
            return self.file.recalled()
        if part == "change":
            return lesson.change.question
        if part == "transfer":
            return None if lesson.transfer is None else lesson.transfer.question
        return lesson.question if part == "question" else lesson.why

    def options(self, part: Part = "question") -> list[str]:
        """Return the texts of the options of a part, with values in place of `{value}`.

        Args:
            part: the part.
        """
        if part == "question":
            return list(texts_of(self.lesson, self.number))
        question = self.question_of(part)
        return [] if question is None else [filled(o.text, None, None, o.value) for o in question.options]

    def letters_of(self, part: Part) -> str:
        """Return a letter for each option of a part.

        Args:
            part: the part.
        """
        question = self.question_of(part)
        return "" if question is None else LETTERS[: len(question.options)]

    def correct(self, part: Part = "question") -> int | None:
        """Return the index of the correct option of a part; None if it has no options.

        Args:
            part: the part.
        """
        question = self.question_of(part)
        options = () if question is None else question.options
        return next((index for index, option in enumerate(options) if option.correct), None)

    @property
    def letters(self) -> str:
        """One for each option of the question."""
        return self.letters_of("question")

    @property
    def answered(self) -> Answer | None:
        """The answer to the question of the lesson."""
        return self.answers.get("question")

    @property
    def votes(self) -> tuple[int, ...] | None:
        """The votes for the question of the lesson that count; None if no class has voted."""
        vote = self.class_votes.get("question")
        return None if vote is None else vote.last

    @property
    def is_class(self) -> bool:
        """Whether a class has voted: then the steps of a result come one at a time."""
        return bool(self.class_votes)

    @property
    def is_open(self) -> bool:
        """Whether the result may be shown: somebody answered, or wanted to see it without."""
        return self.answered is not None or self._is_revealed

    @property
    def is_revealed(self) -> bool:
        """Whether somebody wanted to see everything without an answer."""
        return self._is_revealed

    def filled_text(self, text: str) -> str:
        """A text of the lesson with the session's number and its answer."""
        return filled(text, self.number, self.values[self.lesson.question.correct])

    @property
    def heading(self) -> LessonHeading:
        """The facts about the lesson that may be shown before its answer."""
        lesson = self.lesson
        return LessonHeading(
            number=lesson.number,
            name=lesson.name,
            title=lesson.title,
            minutes=lesson.minutes,
            level=lesson.level,
            needs=lesson.needs,
            question=self.filled_text(lesson.question.text),
        )

    # -- answering --------------------------------------------------------------------------------

    def answer(self, letter: str, sure: int | None = None, part: Part = "question") -> None:
        """Answer with the letter of an option.

        Args:
            letter: the letter.
            sure: how sure the reader is, from 1 (a guess) to 3 (sure).
            part: the part of the lesson that asks.

        Raises:
            ScenarioError: there is no such option, or no such number; the error says which there are.
        """
        self.answers[part] = read_answer(letter, sure, self.letters_of(part))

    def with_answer(self, choice: int, part: Part) -> Session:
        """Return a session that shares the runs of this one, with one answer and no other.

        Args:
            choice: the index of the option.
            part: the part of the lesson that asks.
        """
        other = copy(self)
        other.answers = {part: Answer(choice)}
        return other

    def say(self, words: str, part: Part) -> None:
        """Answer in one's own words.

        Args:
            words: the words.
            part: the part of the lesson that asks.
        """
        self.own_words[part] = clipped(visible(words.strip()))

    def choice(self, text: str, part: Part = "question") -> int | None:
        """Return the index of the option with this letter, as `b`, `B` or `b)`; None without one.

        Args:
            text: the letter.
            part: the part of the lesson that asks.
        """
        return choice_of(text, self.letters_of(part))

    def vote(self, text: str, part: Part = "question", *, again: bool = False) -> None:
        """Record the votes of a class, as `a=12,b=7,c=3`; an option that is not named has none.

        Args:
            text: the votes.
            part: the part of the lesson that asks.
            again: whether the class has voted before, and has talked about it.

        Raises:
            ScenarioError: the text cannot be read, or there was no first vote; the error says what is
                allowed.
        """
        votes = self._read_votes(text, part)
        before = self.class_votes.get(part)
        if again and before is None:
            raise ScenarioError(
                "votes: a second vote without a first\n  = give the first with --votes or --answers"
            )
        self.class_votes[part] = Vote(before.first, votes) if again and before else Vote(votes)

    def collect(self, answers: Sequence[Answer]) -> None:
        """Take the answers of a class to the question of the lesson: they are its first vote.

        Args:
            answers: the answer of each student.
        """
        choices = [answer.choice for answer in answers]
        self.sheets = tuple(answers)
        self.class_votes["question"] = Vote(tuple(map(choices.count, range(len(self.letters)))))

    def sureness(self) -> list[tuple[str, int, int]]:
        """Return how many of a class were sure and how many of them right: words, all, right.

        The surest come first; a way of being sure that nobody chose is left out, and so is who did not say.
        """
        correct, rows = self.lesson.question.correct, []
        for level, words in sorted(SURENESS.items(), reverse=True):
            choices = [answer.choice for answer in self.sheets if answer.sure == level]
            if choices:
                rows.append((words, len(choices), choices.count(correct)))
        return rows

    def _read_votes(self, text: str, part: Part) -> tuple[int, ...]:
        letters = self.letters_of(part)
        votes: dict[int, int] = {}
        for given in text.split(","):
            letter, equals, number = given.partition("=")
            choice = self.choice(letter, part)
            if not equals or choice is None:
                raise _bad_vote(given, f"expected one of {listed(letters, 'or')} and a number", letters)
            if choice in votes:
                raise _bad_vote(given, f"{letters[choice]} is given twice", letters)
            digits = number.strip()
            if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or int(digits) > MOST_VOTES:
                raise _bad_vote(given, f"expected a whole number from 0 to {MOST_VOTES:,}", letters)
            votes[choice] = int(digits)
        if not any(votes.values()):
            raise _bad_vote(text, "nobody voted", letters)
        return tuple(votes.get(index, 0) for index in range(len(letters)))

    def share_right(self, part: Part = "question", *, first: bool = False) -> float | None:
        """Return the share of the votes for the correct option; None if no class has voted.

        Args:
            part: the part of the lesson that asks.
            first: whether the first vote is meant, not the one that counts.
        """
        vote, correct = self.class_votes.get(part), self.correct(part)
        if vote is None or correct is None:
            return None
        votes = vote.first if first else vote.last
        return votes[correct] / sum(votes)

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
        return self._run_with(self.number, watch)

    def run_with_own_number(self, watch: Watch | None = None) -> LessonRun:
        """Run the lesson with its own number, which a change is compared to; once.

        Args:
            watch: asked repeatedly whether to go on.

        Raises:
            RuntimeError: there is no answer yet.
        """
        return self._run_with(number_of(self.lesson, None), watch)

    def run_unseen(self, watch: Watch | None = None) -> None:
        """Run the lesson while nobody has answered yet; `run` returns it only after an answer.

        Args:
            watch: asked repeatedly whether to go on.
        """
        self._outcomes[self.number] = run_lesson(self.file, self.number, watch)

    def _run_with(self, number: str | None, watch: Watch | None) -> LessonRun:
        if not self.is_open:
            raise RuntimeError(UNANSWERED)
        if number not in self._outcomes:
            self._outcomes[number] = run_lesson(self.file, number, watch)
        return self._outcomes[number]

    def number_in(self, case: Case) -> str | None:
        """Return the number in the run of a case: a change that asks is the same for a whole class.

        Args:
            case: the case.
        """
        asks = case is self.lesson.change and self.lesson.change.question is not None
        return number_of(self.lesson, None) if asks else self.number

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
        if case.text not in self._cases:
            self._cases[case.text] = run_case(self.file, case, self.number_in(case), watch)[0]
        return self._cases[case.text]

    @property
    def changed_runs(self) -> list[Comparison]:
        """The results of the change and of the further cases, as far as they have been run."""
        return self._have_run((self.lesson.change, *self.lesson.more))

    @property
    def transfer_runs(self) -> list[Comparison]:
        """The result of the last question's run; none if it has no run, or has not been run."""
        transfer = self.lesson.transfer
        return [] if transfer is None or transfer.case is None else self._have_run([transfer.case])

    def _have_run(self, cases: Sequence[Case]) -> list[Comparison]:
        return [self._cases[case.text] for case in cases if case.text in self._cases]

    def misfit(self) -> str:
        """Return in words what the runs do not show of what the lesson says; empty if they show all.

        The change and the last question are run for it; claims about a further case count once it has run.
        """
        lesson, own = self.lesson, number_of(self.lesson, None)
        self.run_case(lesson.change)
        cases = [
            (case, self._cases[case.text])
            for case in (lesson.change, *lesson.more)
            if case.text in self._cases and self.number_in(case) == own
        ]
        last = None if lesson.transfer is None else lesson.transfer.case
        transfer = None if last is None else self.run_case(last)
        sentences = contradictions(self.file, [self.run()], cases, transfer)
        return f"{LEAD}: {'; '.join(sentences)}" if sentences else ""

    @property
    def values(self) -> tuple[str | None, ...]:
        """What each option says the figure is, with this number."""
        return values_of(self.lesson, self.number)


def _bad_vote(given: str, problem: str, letters: str) -> ScenarioError:
    example = ",".join(f"{letter}={count}" for letter, count in zip(letters, (12, 7, 3), strict=False))
    return ScenarioError(
        f"votes: {_abbreviated(given.strip())}: {problem}\n  = write for instance  {example}"
    )


def _abbreviated(text: str) -> str:
    return f"'{clipped(visible(text))}'"

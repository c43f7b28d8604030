"""A question in a notebook of one's own: it is answered before the result of a run is shown.

>>> from syncasync_sim import ask, compare, load_scenario
>>> spinner = ask("How long does the customer wait?", ["2.55 s", "1.05 s", "0 s"])    # doctest: +SKIP
>>> comparison = compare(load_scenario("checkout"))                                   # doctest: +SKIP
>>> spinner.result(comparison.figure("async", "response_time_s.max"), comparison)     # doctest: +SKIP
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib import import_module
from typing import Any, Self

from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files.diagnostics import clipped
from syncasync_sim.lessons.asking import Blocks, Waiting, ask_in_lines, to_text
from syncasync_sim.lessons.buttons import Buttons, widgets
from syncasync_sim.lessons.html_blocks import to_html
from syncasync_sim.lessons.presenter import full_stop, said_and_was
from syncasync_sim.lessons.session import SURENESS, Answer, read_answer
from syncasync_sim.model.lesson_file import LETTERS
from syncasync_sim.render.answer_options import AnswerOptions
from syncasync_sim.render.tables import Lines

_NUMBER = re.compile(r"\d[\d,]*(?:\.(\d+))?")


class Prediction:
    """A question and its answer, without the right one: that is the option that the run gives.

    Raises ScenarioError for one option alone, for more than six, and for two that are the same.
    """

    def __init__(self, question: str, options: Sequence[str] = ()) -> None:
        if options and (not 2 <= len(options) <= len(LETTERS) or len(set(options)) < len(options)):
            raise ScenarioError(
                f"a question has 2 to {len(LETTERS)} different options"
                '\n  = write for instance  ["2.55 s", "1.05 s", "0 s"], or no options for own words'
            )
        self.question, self.options = question, tuple(options)
        self.letters = LETTERS[: len(options)]
        self.answered: Answer | str | None = None
        self._result: Result | None = None
        self.buttons: Buttons | None = None

    def ask(self) -> Self:
        """Ask, with buttons in a notebook that has ipywidgets, else line by line."""
        ipywidgets = widgets()
        if ipywidgets is None:
            ask_in_lines(self)
        else:
            self.buttons = Buttons(self, ipywidgets)
            self.buttons.show()
        return self

    def answer(self, given: str, sure: int | None = None) -> Self:
        """Answer in the code, with the letter of an option, or in your own words where there are none.

        Args:
            given: the letter, or the words.
            sure: how sure you are, from 1 (a guess) to 3 (sure).

        Returns:
            This question.

        Raises:
            ScenarioError: there is no such option, or no such number; the error says which there are.
        """
        self.answered = (
            read_answer(given, sure, self.letters) if self.letters else clipped(visible(given.strip()))
        )
        if self._result is not None:
            self._result.update()
        return self

    def result(self, value: float | str | None = None, *items: object) -> Result:
        """Take what the run gives, and show it below the answer; before an answer nothing is shown.

        Args:
            value: the figure, or the text of an option. An option states a figure if its first number is the
                figure, rounded to as many digits: 16.05 is "about 16 s".
            *items: what is shown after that: a replay, a table, text, or a mapping, which
                is shown line by line.

        Returns:
            The object to show.
        """
        self._result = Result(self, value, items)
        return self._result

    def history(self) -> Blocks:
        """Return the question and its answer; nothing while it waits."""
        if self.answered is None:
            return []
        return [*self._blocks(), Lines([full_stop(f"Your answer: {self.in_words}")])]

    def waiting(self) -> Waiting | None:
        """Return the question; None if it is answered."""
        if self.answered is not None:
            return None
        return Waiting(self._blocks(), self.options, self.letters, bool(self.options), self.answer)

    @property
    def in_words(self) -> str:
        """The answer in words; empty without one."""
        if not isinstance(self.answered, Answer):
            return self.answered or ""
        sure = f" ({SURENESS[self.answered.sure]})" if self.answered.sure else ""
        return f"{self.lettered(self.answered.choice)}{sure}"

    def lettered(self, index: int) -> str:
        """Return an option with its letter.

        Args:
            index: its index.
        """
        return f"{self.letters[index]}) {self.options[index].rstrip('.')}"

    def right(self, value: float | str) -> int | None:
        """Return the index of the option that the run gives; None if no option says it.

        Args:
            value: the figure, or the text of an option.
        """
        stating = [index for index, option in enumerate(self.options) if _states(option, value)]
        return max(stating, key=lambda index: _digits(self.options[index]), default=None)

    def _blocks(self) -> Blocks:
        options = [AnswerOptions(self.options, self.letters)] if self.options else []
        return [Lines([self.question], style="bold"), *options]

    def __repr__(self) -> str:
        return to_text(self.history() or self._blocks())

    def _repr_html_(self) -> str:
        # What `ask` returns comes as the last line of its cell, where its buttons have just been shown.
        waits = self.buttons is not None and self.answered is None
        return to_html(() if waits else self.history() or self._blocks())


class Result:
    """What a run gives, below what was predicted; before an answer, only that the question waits."""

    def __init__(self, prediction: Prediction, value: float | str | None, items: Sequence[object]) -> None:
        """*prediction* is the question, *value* its figure, *items* what is to be seen after that."""
        self._prediction, self._value, self._items = prediction, value, items
        self._output: Any = None

    def update(self) -> None:
        """Show the result where the question was waited for."""
        if self._output is not None:
            self._output.update(self._bundle(), raw=True)

    @property
    def _visible(self) -> Sequence[object]:
        return () if self._prediction.answered is None else self._items

    def _sentences(self) -> list[str]:
        prediction, value = self._prediction, self._value
        answered = prediction.answered
        if answered is None:
            return [f"Answer the question first: {prediction.question}"]
        if isinstance(answered, str):
            it_was = [] if value is None else [full_stop(f"It was {_written(value)}")]
            return [full_stop(f"You said: {answered}"), *it_was]
        choice = prediction.lettered(answered.choice)
        if value is None:
            return [f"You said {choice}."]
        right = prediction.right(value)
        if right == answered.choice:
            return said_and_was(choice, answered.sure, None)
        was = f"{_written(value)}: none of these" if right is None else prediction.lettered(right)
        return said_and_was(choice, answered.sure, f"It was {was}")

    def _bundle(self) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": to_text([Lines(self._sentences())])}

    def _ipython_display_(self) -> None:
        display = import_module("IPython.display").display
        self._output = display(self._bundle(), raw=True, display_id=True)

    def __repr__(self) -> str:
        return "\n\n".join([to_text([Lines(self._sentences())]), *map(_text_of, self._visible)])

    def _repr_html_(self) -> str:
        return to_html([Lines(self._sentences())]) + "".join(map(_html_of, self._visible))


def ask(question: str, options: Sequence[str] = ()) -> Prediction:
    """Ask a question before a run: with buttons in a notebook that has ipywidgets, else line by line.

    Nothing in the code says which option is right: `result` of what is returned takes the figure of the run.
    If nobody can type, as when a program runs the notebook, the question waits, and so does the result.

    Args:
        question: the question.
        options: two to six answers to choose from; none for an answer in one's own words.

    Returns:
        The question. Its `result` takes the figure of the run, and shows it with the answer.

    Raises:
        ScenarioError: one option alone, more than six, or two that are the same.
    """
    return Prediction(question, options).ask()


def _states(option: str, value: float | str) -> bool:
    """Whether an option says this; a figure is compared with the first number of the option."""
    if isinstance(value, str):
        return option.strip().casefold() == value.strip().casefold()
    number = _NUMBER.search(option)
    if number is None:
        return False
    return f"{value:.{_digits(option)}f}" == number[0].replace(",", "")


def _digits(option: str) -> int:
    """How many digits after the point the first number of an option has."""
    number = _NUMBER.search(option)
    return len(number[1] or "") if number else 0


def _written(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _text_of(item: object) -> str:
    if isinstance(item, Mapping):
        return "\n".join(f"{key}: {value}" for key, value in item.items())
    return item if isinstance(item, str) else repr(item)


def _html_of(item: object) -> str:
    drawn = getattr(item, "_repr_html_", None)
    style = "white-space:pre-wrap;word-break:normal"
    return f'<pre style="{style}">{escape(_text_of(item))}</pre>' if drawn is None else str(drawn())

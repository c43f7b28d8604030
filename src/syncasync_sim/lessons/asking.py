"""Whatever asks in a notebook or at the prompt of Python: with buttons where there are any, else in lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from typing import Protocol, TypeAlias

from rich.console import Console

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.diagnostics import listed
from syncasync_sim.lessons.presenter import Block, Gate
from syncasync_sim.lessons.session import HOW_SURE, SURENESS

WIDTH = 80
OWN_WORDS = "in your own words >"

Blocks: TypeAlias = list[Block | Gate]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that waits for its answer: `answer` takes a letter or words, and how sure the reader is.

    Without options it is answered in the reader's own words.
    """

    blocks: Blocks
    options: tuple[str, ...]
    letters: str
    asks_how_sure: bool
    answer: Callable[[str, int | None], object]


class Asks(Protocol):
    """What asks one question after the other."""

    def history(self) -> Blocks:
        """Return what is shown before the question that waits."""
        ...

    def waiting(self) -> Waiting | None:
        """Return the question that waits; None if all are answered."""
        ...


def to_text(blocks: Iterable[Block | Gate]) -> str:
    """Return the blocks as text, with an empty line between two; a gate is left out.

    Args:
        blocks: the blocks.
    """
    file = StringIO()
    console = Console(
        file=file,
        width=WIDTH,
        color_system=None,
        force_jupyter=False,
        force_terminal=False,
        highlight=False,
    )
    drawn = [block for block in blocks if not isinstance(block, Gate)]
    for index, block in enumerate(drawn):
        console.print(*([""] if index else []), block, sep="\n")
    return file.getvalue().rstrip()


def ask_in_lines(asks: Asks) -> None:
    """Ask with `input`, until all is answered or nobody can type.

    Args:
        asks: what asks.
    """
    count = 0
    # The input has ended, or this is a kernel without a keyboard: nobody answers.
    with suppress(EOFError, NotImplementedError):
        while (waiting := asks.waiting()) is not None:
            blocks = [*asks.history(), *waiting.blocks]
            _ask(waiting, to_text(blocks[count:]))
            count = len(blocks)


def _ask(waiting: Waiting, text: str) -> None:
    letters = waiting.letters
    prompt = f"{text}\n\n{_prompt(letters)} "
    while not _takes(waiting, given := input(prompt)):
        prompt = f"Please answer with one of {', '.join(letters)} > "
    if waiting.asks_how_sure:
        prompt = f"{HOW_SURE} "
        while (sure := input(prompt).strip()) not in map(str, SURENESS):
            prompt = f"Please answer with {listed(list(map(str, SURENESS)), 'or')} > "
        waiting.answer(given, int(sure))


def _prompt(letters: str) -> str:
    return f"your answer [{'/'.join(letters)}] >" if letters else OWN_WORDS


def _takes(waiting: Waiting, given: str) -> bool:
    try:
        waiting.answer(given, None)
    except ScenarioError:
        return False
    return True

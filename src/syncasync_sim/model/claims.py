"""Claims about a result: `sync.response_time_s.max == 2.55s`, `async.work.lost <= sync.work.lost`.

A claim is a figure of one design (`model/figures.py`), a comparison, and a value or another figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import Any

from pydantic_core import PydanticCustomError

from syncasync_sim.errors import UnknownFigureError, did_you_mean
from syncasync_sim.model.fields import describe_value, field_error
from syncasync_sim.model.figures import CLOSE, Figure, figure
from syncasync_sim.model.formats import Unit
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import QuantityError, parse_duration, parse_probability

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: abs(a - b) <= CLOSE,
    "!=": lambda a, b: abs(a - b) > CLOSE,
    "<=": lambda a, b: le(a, b + CLOSE),
    ">=": lambda a, b: ge(a, b - CLOSE),
    "<": lambda a, b: lt(a, b - CLOSE),
    ">": lambda a, b: gt(a, b + CLOSE),
}
_CLAIM = re.compile(  # possessive (++, *+): no text, however hostile, makes it look back
    r"(?P<left>(?:[^=!<>]|[=!](?!=))++)(?P<comparison>==|!=|<=|>=|<|>)\s*+(?P<right>.+)"
)
_PLAIN = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_EXAMPLE = "write for instance  sync.response_time_s.max == 2.55s"


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a claim that is a figure: of which design, and which one."""

    mode: Mode
    figure: Figure

    @property
    def name(self) -> str:
        """The figure's dotted name within the design, as in `queue.peak_depth`."""
        return self.figure.name


Look = Callable[[Mode, str], Any]
"""Reads a figure of a design by its name; None where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, taken apart."""

    text: str
    left: Operand
    comparison: str
    right: Operand | float | None

    @property
    def operands(self) -> tuple[Operand, ...]:
        """The figures that it is about."""
        return tuple(side for side in (self.left, self.right) if isinstance(side, Operand))

    @property
    def modes(self) -> set[str]:
        """The designs that must have been run to tell whether it holds."""
        return {side.mode for side in self.operands}

    def check(self, look: Look) -> tuple[bool, Any]:
        """Return whether the claim holds, and the value of its left side.

        None equals only `none`.
        """
        left = look(self.left.mode, self.left.name)
        right = look(self.right.mode, self.right.name) if isinstance(self.right, Operand) else self.right
        if left is None or right is None:
            return {"==": left is right, "!=": left is not right}.get(self.comparison, False), left
        return COMPARISONS[self.comparison](left, right), left


@lru_cache(maxsize=256)
def parse_claim(text: str, effects: tuple[str, ...]) -> Claim:
    """Parse a claim, as `async.completion_time_s.p95 < 10s`.

    Args:
        text: the claim.
        effects: the names of the effects that the scenario's steps have.

    Raises:
        PydanticCustomError: the claim cannot be read; the error has the place in the text and the allowed
            words.
    """
    match = _CLAIM.fullmatch(text.strip())
    if match is None:
        raise field_error("expected a figure, a comparison and a value", cure=_EXAMPLE)
    lead = len(text) - len(text.lstrip())
    left = parse_figure(match["left"].strip(), effects, lead)
    right = match["right"].strip()
    if right.startswith(("sync.", "async.")):
        return Claim(
            text, left, match["comparison"], parse_figure(right, effects, lead + match.start("right"))
        )
    value, offset = parse_value(right, lead + match.start("right")), lead + match.start("right")
    _check_kind(left.figure, match["comparison"], right, value, offset)
    return Claim(text, left, match["comparison"], value)


_KINDS: Mapping[Unit, tuple[str, str]] = {
    "s": ("a time", "write a duration, as in 2.55s"),
    "count": ("a number", "write a plain number, as in 10"),
    "share": ("a share of the whole", "write a percentage from 0% to 100%, or a number from 0 to 1"),
}
"""What a figure of each unit is, and how a value for it is written."""


def _check_kind(figure: Figure, comparison: str, text: str, value: float | None, offset: int) -> None:
    """Check that a figure can ever have the value that it is compared with."""
    if value is None:
        if comparison not in ("==", "!="):
            cure = "write == none, or != none"
            raise field_error("none is neither more nor less than a value", offset=offset, cure=cure)
        return
    unit: Unit | None = "share" if text.endswith("%") else None if _PLAIN.fullmatch(text) else "s"
    if unit not in (None, figure.unit) or (figure.unit == "share" and not 0 <= value <= 1):
        meaning, cure = _KINDS[figure.unit]
        raise field_error(f"{figure.name} is {meaning}; it cannot be {text}", offset=offset, cure=cure)


def check_claim(text: str, effects: tuple[str, ...], where: tuple[str | int, ...]) -> None:
    """Check that a claim can be read.

    Args:
        text: the claim.
        effects: the names of the effects that the scenario's steps have.
        where: the path of the claim in the scenario.

    Raises:
        PydanticCustomError: the claim cannot be read; the error has the path and the place in the text.
    """
    try:
        parse_claim(text, effects)
    except PydanticCustomError as error:
        context = {**(error.context or {}), "at": where}
        raise PydanticCustomError("together", "{message}", context) from None


def parse_figure(text: str, effects: tuple[str, ...], offset: int = 0) -> Operand:
    """Parse a figure of a design, as `async.queue.peak_depth`.

    Args:
        text: the figure.
        effects: the names of the effects that the scenario's steps have.
        offset: the position of the figure in its line, for the error.

    Raises:
        PydanticCustomError: there is no such design or figure.
    """
    mode, _, name = text.partition(".")
    if mode not in MODES:
        cure = did_you_mean(mode, MODES) if mode else ""
        cure = cure or "a claim starts with sync. or async., as in  async.completion_time_s.p95 < 30s"
        raise field_error(f"'{mode[:80]}' is not a design", offset=offset, cure=cure)
    try:
        return Operand(mode, figure(name, effects))
    except UnknownFigureError as error:
        position = offset + len(mode) + 1 + error.place
        raise field_error(error.what, offset=position, choices=error.choices, cure=error.cure) from None


def parse_value(text: str, offset: int = 0) -> float | None:
    """Parse the value that a figure is compared with: a duration, a percentage or a plain number.

    Args:
        text: the value.
        offset: the position of the value in its line, for the error.

    Returns:
        Seconds, a share from 0 to 1 or the number; None for `none`.

    Raises:
        PydanticCustomError: the value cannot be read.
    """
    if text == "none":
        return None
    if _PLAIN.fullmatch(text):
        return float(text)
    try:
        return parse_probability(text) if text.endswith("%") else parse_duration(text)
    except QuantityError:
        raise field_error(
            f"cannot compare with {describe_value(text)}", offset=offset, cure=_EXAMPLE
        ) from None

"""Arithmetic in a sentence: `200 + 800 + 50 = 1,050 ms`, `1.5 s / (1 - 0.9) = 15 s`, with words in between.

Only what is surely arithmetic is computed. Whatever else has an equals sign is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from syncasync_sim.model.formats import format_time
from syncasync_sim.model.quantities import UNIT_S

_UNITS = {name: float(size) for name, size in UNIT_S.items()} | {
    **{"second": 1.0, "seconds": 1.0, "minute": 60.0, "minutes": 60.0, "hour": 3600.0, "hours": 3600.0},
    **{"day": 86400.0, "days": 86400.0},
}
_NUMBER = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,15}(?:\.[0-9]{1,15})?"
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})(?:\s?(?P<unit>%|(?:{_UNIT})(?!\w))|(?!\w|[,.:][0-9]))"
    r"|(?P<sign>[-+/=()*\u00d7\u00b7\u2212]|\bx\b)"
    r"|(?P<end>[.;:,!?](?=\s|$))"
    r"|(?P<word>\w(?:[\w'.,:-]*\w)?|\S)"
)
MOST_TOKENS = 100
"""Of an equation; a longer one is left alone."""
_SIGNS = {"x": "*", "\u00d7": "*", "\u00b7": "*", "\u2212": "-"}
"""Other signs for the same: the two for times of mathematics, and the minus."""
_OF = "of"
_COMPUTES = re.compile(
    r"half|twice|double|thrice|times|plus|minus|divided|per|third|quarter|every|each|.*[0-9].*"
)
"""Words that may change the number beside them."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number: how many times a time was multiplied (0 for a plain number), and how it was written."""

    value: float
    dimension: int = 0
    finest: float = 0.0
    """The value of the last digit that was written; 0 for a computed number."""
    scale: float = 1.0
    """The unit in which it was written."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    amount: Amount | None = None


class _NotArithmeticError(Exception):
    """The text cannot be computed."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Two sides of an equals sign that differ: their texts, and the computed side with its result."""

    left: str
    right: str
    computed: str
    result: str


def mismatches(text: str) -> list[Mismatch]:
    """Return the equations in a text of which the two sides differ.

    A number agrees with what was computed if it is that, rounded to the digits that it has.

    Args:
        text: the sentences.
    """
    differing = []
    for tokens in _equations(text):
        sides = _split(tokens)
        for left, right in pairwise(sides):
            if mismatch := _compared(left, right):
                differing.append(mismatch)
    return differing


def _equations(text: str) -> Iterator[list[_Token]]:
    """The parts of a text that have an equals sign, without the words that only describe a number."""
    part: list[_Token] = []
    words: list[str] = []
    for token in (*_tokens(text), _Token("end", "")):
        if token.kind == "word":
            words.append(token.text)
            continue
        before = part[-1] if part else None
        ends = token.kind == "end" or (_is_number(before) and _begins(token) and words)
        if before is not None and before.text not in (")", "") and not _is_number(before) and words:
            part.append(_Token("word", " ".join(words)))  # between a sign and a number: not understood
        elif any(map(_COMPUTES.fullmatch, words)):
            part.append(_Token("word", " ".join(words)))
            ends = token.kind == "end"
        elif words == [_OF] and ends and token.kind != "end":
            part.append(_Token("sign", "*"))
            ends = False
        words = []
        if ends:
            yield from _with_equals(part)
            part = []
        if token.kind != "end":
            part.append(token)


def _with_equals(part: list[_Token]) -> Iterator[list[_Token]]:
    if len(part) <= MOST_TOKENS and any(token.text == "=" for token in part):
        yield part


def _is_number(token: _Token | None) -> bool:
    return token is not None and (token.amount is not None or token.text == ")")


def _begins(token: _Token) -> bool:
    return token.amount is not None or token.text == "("


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        if match["number"]:
            yield _Token("number", match[0], _amount(match["number"], match["unit"]))
        elif match["sign"]:
            yield _Token("sign", _SIGNS.get(match[0], match[0]))
        else:
            yield _Token("end" if match["end"] else "word", match[0].lower())


def _amount(number: str, unit: str | None) -> Amount:
    digits = number.replace(",", "")
    scale = 0.01 if unit == "%" else _UNITS.get(unit or "", 1.0)
    decimals = len(digits.partition(".")[2])
    dimension = 0 if unit in (None, "%") else 1
    return Amount(float(digits) * scale, dimension, 10.0**-decimals * scale, scale)


def _split(tokens: list[_Token]) -> list[list[_Token]]:
    sides: list[list[_Token]] = [[]]
    for token in tokens:
        if token.text == "=":
            sides.append([])
        else:
            sides[-1].append(token)
    return sides


def _compared(left: list[_Token], right: list[_Token]) -> Mismatch | None:
    """The two sides, if both can be computed, at least one has to be, and they differ."""
    if len(left) < 2 and len(right) < 2:
        return None
    try:
        first, second = _computed(left), _computed(right)
    except _NotArithmeticError:
        return None
    if first.dimension != second.dimension:
        has_units = any(token.amount is not None and token.amount.dimension for token in left)
        if has_units or len(right) > 1:
            return None
        first = Amount(first.value * second.scale, second.dimension)
    exact = 1e-9 * max(1.0, abs(first.value), abs(second.value))
    if abs(first.value - second.value) <= max(first.finest, second.finest) / 2 + exact:
        return None
    written, computed = (right, left) if len(right) == 1 else (left, right)
    amount, scale = (first, second.scale) if len(right) == 1 else (second, first.scale)
    unit = written[0].text.lstrip("0123456789.,").strip() if len(written) == 1 else ""
    result = f"{amount.value / (scale if unit else 1):,.6f}".rstrip("0").rstrip(".")
    if amount.dimension and not unit:
        result = format_time(amount.value)
    return Mismatch(_text(left), _text(right), _text(computed), f"{result} {unit}".strip())


def _text(tokens: list[_Token]) -> str:
    text = " ".join("x" if token.text == "*" else token.text for token in tokens)
    return text.replace("( ", "(").replace(" )", ")")


def _computed(tokens: list[_Token]) -> Amount:
    """The value of one side. Raises _NotArithmeticError."""
    rest = list(tokens)
    amount = _sum(rest)
    if rest:
        raise _NotArithmeticError
    return amount


def _sum(rest: list[_Token]) -> Amount:
    amount = _product(rest)
    while rest and rest[0].text in ("+", "-"):
        sign = 1 if rest.pop(0).text == "+" else -1
        other = _product(rest)
        if amount.dimension != other.dimension or _is_share(amount) != _is_share(other):
            raise _NotArithmeticError
        amount = Amount(amount.value + sign * other.value, amount.dimension, scale=amount.scale)
    return amount


def _is_share(amount: Amount) -> bool:
    """Whether it was written in percent; 1 - 30 % is left alone, as 100 - 5 % is."""
    return not amount.dimension and amount.scale == 0.01


def _product(rest: list[_Token]) -> Amount:
    amount = _factor(rest)
    while rest and rest[0].text in ("*", "/"):
        is_product = rest.pop(0).text == "*"
        other = _factor(rest)
        if not is_product and not other.value:
            raise _NotArithmeticError
        value = amount.value * other.value if is_product else amount.value / other.value
        amount = Amount(value, amount.dimension + (other.dimension if is_product else -other.dimension))
    return amount


def _factor(rest: list[_Token]) -> Amount:
    token = rest.pop(0) if rest else _Token("end", "")
    if token.text == "(":
        amount = _sum(rest)
        if not rest or rest.pop(0).text != ")":
            raise _NotArithmeticError
        return amount
    if token.amount is None:
        raise _NotArithmeticError
    return token.amount

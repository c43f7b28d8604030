"""Several values for one key: `1..8`, `1/s..5/s:9`, `100ms..1s:10` or a list, `1,2,4,unlimited`.

Ends belong to a range. Evenly spaced values are worked out exactly, then written as a scenario holds them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from syncasync_sim.model.quantities import (
    US_PER_S,
    QuantityError,
    exact_decimal,
    format_duration,
    format_number,
    format_rate,
    parse_duration,
    parse_probability,
    parse_rate,
)

Measure = Literal["whole", "number", "share", "rate", "duration", "text"]
"""What a value is: a whole number, a plain one, a share, customers per second, seconds, or something else."""

MOST_VALUES = 10_000
"""More values than that for one key are a slip of the pen."""
EXAMPLES = "write for instance  1..8  or  1/s..5/s:9  or  1,2,4,8"

_SPLIT = re.compile(r",(?![^()\[\]{}]*[)\]}])")
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_PLAIN = re.compile(r"-?([0-9]{1,15}(\.[0-9]{1,40})?|\.[0-9]{1,40})")


@dataclass(frozen=True, slots=True)
class Value:
    """One value: as a scenario holds it, and as a number (seconds, per second, a share) where it is one."""

    written: str
    number: float | None
    measure: Measure

    @property
    def plain(self) -> str | int | float:
        """What a table of numbers holds: the number, or else the text."""
        return self.written if self.number is None else self.number


def parse_range(text: str) -> tuple[Value, ...]:
    """Return the values of a range or a list, in its order.

    Args:
        text: the range, as `1..8`, `1/s..5/s:9` or `1, 2, 4`.

    Raises:
        QuantityError: it cannot be read; the error has the place and the cure.
    """
    if ".." not in text:
        return _values_listed(text)
    ends, colon, how_many = text.partition(":")
    low, _, high = ends.partition("..")
    offset = len(low) + 2
    measure = _common_measure(low.strip(), high.strip(), offset)
    first, last = (_exact_number(end.strip(), measure) for end in (low, high))
    if first > last:
        raise QuantityError("a range goes from the smaller value to the larger", cure=f"write {high}..{low}")
    n = _how_many(how_many, len(ends) + 1) if colon else _number_of_integers(first, last, measure, text)
    spread = [first + (last - first) * i / max(n - 1, 1) for i in range(n)]
    texts = dict.fromkeys(_written(exact, measure) for exact in spread)  # whole ones may coincide
    return tuple(_read_back(text, measure) for text in texts)


def _read_back(text: str, measure: Measure) -> Value:
    """A value in between. Raises QuantityError for one of more digits than a scenario holds."""
    try:
        return Value(text, _number(_exact_number(text, measure), measure), measure)
    except QuantityError:
        message = "a value in between has more digits than a scenario holds"
        raise QuantityError(message, cure="write ends with fewer digits, or fewer values") from None


def value_of(written: str | int | float) -> Value:
    """The value that a scenario holds as *written*."""
    text = str(written).strip()
    for measure, parse in _MEASURES.items():
        exact = _parsed_or_none(parse, text)
        if exact is not None:
            return Value(text, _number(exact, measure), measure)
    return Value(text, None, "text")


def _number(exact: Fraction, measure: Measure) -> float:
    return int(exact) if measure == "whole" else float(exact)


def _values_listed(text: str) -> tuple[Value, ...]:
    values = []
    position = 0
    for part in _SPLIT.split(text):
        if not part.strip():
            raise QuantityError(
                "a value is missing", offset=min(position, max(len(text) - 1, 0)), cure=EXAMPLES
            )
        value = value_of(part)
        if value in values:
            raise QuantityError(f"{value.written} is here twice", offset=position, cure="leave one out")
        values.append(value)
        position += len(part) + 1
    return tuple(values)


def _common_measure(low: str, high: str, offset: int) -> Measure:
    """What both ends are; a zero may be anything."""
    first, last = value_of(low), value_of(high)
    for value, at in ((first, 0), (last, offset)):
        if value.number is None:
            message = (
                f"'{value.written}' is no end of a range"
                if value.written
                else "an end of the range is missing"
            )
            raise QuantityError(message, offset=at, cure=EXAMPLES)
    measures = {value.measure for value in (first, last) if value.written != "0"} or {"whole"}
    if measures == {"whole", "number"}:
        return "number"
    if len(measures) > 1:
        raise QuantityError("the ends are not of one kind", offset=offset, cure=EXAMPLES)
    return measures.pop()


def _how_many(text: str, offset: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not 2 <= int(text) <= MOST_VALUES:
        raise QuantityError(
            f"how many values: a whole number from 2 to {MOST_VALUES:,}",
            offset=offset,
            cure="as in 1/s..5/s:9",
        )
    return int(text)


def _number_of_integers(first: Fraction, last: Fraction, measure: Measure, text: str) -> int:
    """How many whole numbers there are between two; other values have to say how many."""
    if measure != "whole":
        raise QuantityError(
            "only whole numbers can be taken one by one", cure=f"say how many: {text.strip()}:9"
        )
    if (n := int(last - first) + 1) > MOST_VALUES:
        raise QuantityError(f"these are {n:,} values", cure=f"take fewer: {text.strip()}:20")
    return n


# -- reading and writing exactly ----------------------------------------------------------------------


def _integer(text: str) -> Fraction:
    return Fraction(text) if _WHOLE.fullmatch(text) else _refuse_kind()


def _plain(text: str) -> Fraction:
    return Fraction(text) if _PLAIN.fullmatch(text) else _refuse_kind()


def _share(text: str) -> Fraction:
    if not text.endswith("%"):
        _refuse_kind()
    parse_probability(text)
    return Fraction(text.removesuffix("%").strip()) / 100


def _duration(text: str) -> Fraction:
    return Fraction(round(parse_duration(text) * US_PER_S), US_PER_S)


def _refuse_kind() -> Fraction:
    raise QuantityError("of another kind")


_MEASURES: dict[Measure, Callable[[str], Fraction]] = {
    **{"whole": _integer, "number": _plain, "share": _share, "rate": parse_rate, "duration": _duration}
}
"""How each kind is read, tried in this order."""


def _parsed_or_none(parse: Callable[[str], Fraction], text: str) -> Fraction | None:
    try:
        return parse(text)
    except (QuantityError, ValueError):
        return None


def _exact_number(text: str, measure: Measure) -> Fraction:
    return Fraction(0) if text == "0" else _MEASURES[measure](text)


def _written(exact: Fraction, measure: Measure) -> str:
    if measure == "whole":
        return str((2 * exact + 1).__floor__() // 2)  # halves upwards
    if measure == "duration":
        return format_duration(float(exact))
    if measure == "rate":
        return f"{_decimal(exact)}/s" if _decimal(exact) else format_rate(exact)
    return f"{_twelve_digits(exact * 100)}%" if measure == "share" else _twelve_digits(exact)


def _decimal(exact: Fraction) -> str:
    """The number with at most six decimals; empty if it takes more."""
    return exact_decimal(exact) if (exact * 10**6).denominator == 1 else ""


def _twelve_digits(exact: Fraction) -> str:
    """The number as it is, or where that takes more than six decimals, with twelve digits."""
    return _decimal(exact) or format_number(float(f"{float(exact):.12g}"))


def common_suffix(values: Sequence[Value]) -> str:
    """The ending of a column name for these numbers: `_s`, `_per_s`, or nothing."""
    measures = {value.measure for value in values if value.number is not None and value.number}
    return {"duration": "_s", "rate": "_per_s"}.get(measures.pop(), "") if len(measures) == 1 else ""

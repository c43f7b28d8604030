"""Durations, rates and probabilities as people write them, read into seconds, 1/s and shares.

A bare number is refused ("200ms or 200s?"): in a lesson about waiting, a wrong unit is a wrong lesson.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

US_PER_S = 1_000_000

UNIT_S: dict[str, Decimal] = {
    "us": Decimal("0.000001"),
    "µs": Decimal("0.000001"),  # the micro sign ...
    "μs": Decimal("0.000001"),  # ... and the Greek letter that looks like it
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "sec": Decimal(1),
    "m": Decimal(60),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
LONGEST_S = 366 * 86400
"""The longest duration a scenario may name: a year. Far longer ones are slips of the pen."""

_PART = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)\s*(?P<unit>[a-zµμ]+)\s*")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


class QuantityError(ValueError):
    """A value that cannot be read.

    `offset` is where in the text the trouble starts, `cure` says what to do, `choices` are the
    words that would have been allowed.
    """

    def __init__(self, message: str, *, offset: int = 0, cure: str = "", choices: tuple[str, ...] = ()):
        super().__init__(message)
        self.offset, self.cure, self.choices = offset, cure, choices


def parse_duration(text: str) -> float:
    """Seconds in `200ms`, `1.5 s`, `2m`, `1m30s`, `500us` or `0`.

    Raises QuantityError for a bare number, an unknown unit, units that do not shrink from left to
    right, more than a year, and anything that is not zero but less than half a microsecond.
    """
    stripped = text.strip()
    lead = len(text) - len(text.lstrip())
    if stripped == "0":
        return 0.0
    if trap := _trap(stripped):
        raise QuantityError(*trap[:1], offset=lead, cure=trap[1])
    total, position, last_unit_s = Decimal(0), 0, Decimal("Infinity")
    while position < len(stripped):
        part = _PART.match(stripped, position)
        if part is None:
            raise QuantityError("expected a duration such as 200ms, 1.5s or 2m", offset=lead + position)
        unit_s = _unit_s(part["unit"], lead + part.start("unit"))
        if unit_s >= last_unit_s:
            raise QuantityError(
                "the longer unit comes first, each unit once, as in 1m30s", offset=lead + position
            )
        total, position, last_unit_s = total + Decimal(part["number"]) * unit_s, part.end(), unit_s
    return _checked_seconds(total, lead, stripped)


def _trap(text: str) -> tuple[str, str] | None:
    """What is wrong and the cure, for the slips that many people make."""
    if text.startswith("-"):
        return "a duration cannot be negative", "write 0 or more, as 200ms"
    if _NUMBER.fullmatch(text):
        return f"a duration needs a unit: {text}ms, {text}s or {text}m?", f"write for instance {text}ms"
    if clock := re.fullmatch(r"(\d+):(\d+)", text):
        return "expected a duration such as 200ms, 1.5s or 2m", f"write {clock[1]}m{clock[2]}s"
    if comma := re.fullmatch(r"(\d+),(\d+)(\s*[a-zµμ]+)", text):
        return "a decimal point is wanted, not a comma", f"write {comma[1]}.{comma[2]}{comma[3]}"
    return None


def _unit_s(unit: str, offset: int) -> Decimal:
    if unit in UNIT_S:
        return UNIT_S[unit]
    raise QuantityError(
        f"unknown unit '{unit}'", offset=offset, cure="the units are us, ms, s, m (minutes), h and d"
    )


def _checked_seconds(total: Decimal, offset: int, text: str) -> float:
    if not text:
        raise QuantityError("expected a duration such as 200ms, 1.5s or 2m", offset=offset)
    if total > LONGEST_S:
        raise QuantityError("a duration may be at most 366d", offset=offset)
    microseconds = round(total * US_PER_S)
    if total and not microseconds:
        raise QuantityError(
            "shorter than the finest time there is", offset=offset, cure="the finest is 1us; or write 0"
        )
    return microseconds / US_PER_S


def parse_rate(text: str) -> Fraction:
    """Happenings per second in `3/s`, `300/min` or `5/10s`, exactly. `0/s` is allowed."""
    before, slash, after = text.partition("/")
    number = before.strip()
    if not slash or not re.fullmatch(r"\d+(\.\d+)?|\.\d+", number) or len(number) > 15:
        raise QuantityError(
            "expected a rate such as 3/s or 300/min", cure="write how many, a slash, per what"
        )
    unit = after.strip()
    one = "" if unit[:1].isdigit() or unit[:1] == "." else "1"
    try:
        per = parse_duration(one + unit)
    except QuantityError as error:
        start = len(before) + 1 + len(after) - len(after.lstrip()) - len(one)
        raise QuantityError(str(error), offset=start + error.offset, cure=error.cure) from None
    if not per:
        raise QuantityError("a rate is per some time", offset=len(before) + 1, cure="write for instance 3/s")
    return Fraction(number) / Fraction(round(per * US_PER_S), US_PER_S)


def parse_probability(value: str | int | float) -> float:
    """A chance between 0 and 1 in `5%`, `0.05` or `1`."""
    text = str(value).strip()
    number = text.removesuffix("%").strip()
    if not _NUMBER.fullmatch(number):
        raise QuantityError("expected a probability such as 5% or 0.05")
    try:
        share = float(Decimal(number) / 100) if text.endswith("%") else float(number)
    except InvalidOperation:  # an exponent of twenty digits, say
        raise QuantityError("expected a probability such as 5% or 0.05") from None
    if 0 <= share <= 1:
        return share
    cure = f"did you mean {number}%?" if 1 < share <= 100 and not text.endswith("%") else "write 0% to 100%"
    raise QuantityError(f"a probability lies between 0 and 1 (0% and 100%), not {text}", cure=cure)


def format_duration(seconds: float) -> str:
    """The shortest exact text of a duration, one that parse_duration reads back: 0.2 -> `200ms`."""
    microseconds = round(seconds * US_PER_S)
    if not microseconds:
        return "0"
    for unit in ("s", "ms"):
        size = int(UNIT_S[unit] * US_PER_S)
        if microseconds % size == 0 or (unit == "s" and microseconds >= size):
            return f"{Decimal(microseconds) / size:f}{unit}"
    return f"{microseconds}us"


def format_rate(rate: Fraction) -> str:
    """Text that parse_rate reads back: a whole number per a whole number of seconds."""
    return f"{rate.numerator}/s" if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}s"

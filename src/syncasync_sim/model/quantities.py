"""Durations, rates and probabilities as people write them, read into seconds, 1/s and shares.

A bare number is refused ("200ms or 200s?"): in a lesson about waiting, a wrong unit is a wrong lesson.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import gcd

US_PER_S = 1_000_000


def to_us(seconds: float) -> int:
    """Return seconds as whole microseconds; half a microsecond is rounded to the even number.

    This is the only way from the seconds of a scenario to a clock.
    """
    return round(seconds * US_PER_S)


def rounded(numbers: Iterable[float]) -> list[int]:
    """Return numbers as whole ones; a half is rounded to the even number.

    Args:
        numbers: the numbers; each must be a float.
    """
    return list(map(float.__round__, numbers))


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

LONGEST_RATE = 100
"""Characters that a rate may take when it is written back exactly; one of fifteen digits takes fewer."""

# [0-9], not \d: digits of other scripts are no digits in a scenario file either.
DECIMAL = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
"""The pattern of a plain number without a sign."""
_PART = re.compile(rf"(?P<number>{DECIMAL})\s*(?P<unit>[a-zµμ]+)\s*")
# Three digits of an exponent are more than any share needs; a million of them is a number nobody can hold.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


class QuantityError(ValueError):
    """A value that cannot be read.

    `offset` is where in the text the trouble starts, `cure` says what to do, `choices` are the
    words that would have been allowed, `bare` is a number that has no unit.
    """

    def __init__(
        self,
        message: str,
        *,
        offset: int = 0,
        cure: str = "",
        choices: tuple[str, ...] = (),
        bare: str = "",
    ):
        super().__init__(message)
        self.offset, self.cure, self.choices, self.bare = offset, cure, choices, bare

    def moved(self, by: int) -> QuantityError:
        """The same in a text in which it stands *by* characters further on."""
        offset = self.offset + by
        return QuantityError(str(self), offset=offset, cure=self.cure, choices=self.choices, bare=self.bare)


def parse_duration(text: str) -> float:
    """Return the seconds of a duration as `200ms`, `1.5 s`, `2m`, `1m30s`, `500us` or `0`.

    Args:
        text: the duration.

    Raises:
        QuantityError: the text is a bare number, has an unknown unit, has units that do not shrink from left
            to right, is longer than a year, or is above zero but shorter than half a microsecond.
    """
    stripped = text.strip()
    lead = len(text) - len(text.lstrip())
    if stripped == "0":
        return 0.0
    if _NUMBER.fullmatch(stripped) and not stripped.startswith("-"):
        message = f"a duration needs a unit: {stripped}ms, {stripped}s or {stripped}m?"
        raise QuantityError(message, offset=lead, cure=write_unit(stripped), bare=stripped)
    if mistake := _common_mistake(stripped):
        raise QuantityError(*mistake[:1], offset=lead, cure=mistake[1])
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


def write_unit(number: str, seconds_below: float = 10) -> str:
    """What to write for a duration without a unit.

    Args:
        number: what was given.
        seconds_below: numbers below are likely to be seconds, others milliseconds.
    """
    amount = Decimal(number)
    if amount and not Decimal("0.001") <= amount <= LONGEST_S:
        return "write a time from 1us to 366d, with its unit"
    return f"write for instance {amount.normalize():f}{'s' if amount < seconds_below else 'ms'}"


def _common_mistake(text: str) -> tuple[str, str] | None:
    """What is wrong and the cure, for the slips that many people make."""
    if text.startswith("-"):
        return "a duration cannot be negative", "leave out the minus sign"
    if clock := re.fullmatch(r"([0-9]+):([0-9]+)", text):
        return "expected a duration such as 200ms, 1.5s or 2m", f"write {clock[1]}m{clock[2]}s"
    if comma := re.fullmatch(r"([0-9]+),([0-9]+)(\s*[a-zµμ]+)", text):
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
        raise QuantityError("a duration may be at most 366d", offset=offset, cure="write 366d or less")
    microseconds = round(total * US_PER_S)
    if total and not microseconds:
        raise QuantityError(
            "shorter than the finest time there is", offset=offset, cure="the finest is 1us; or write 0"
        )
    return microseconds / US_PER_S


def parse_rate(text: str) -> Fraction:
    """Parse a rate as `3/s`, `300/min` or `5/10s` into an exact number per second; `0/s` is allowed.

    Args:
        text: the rate.

    Raises:
        QuantityError: the text is no rate, or has too many digits.
    """
    before, slash, after = text.partition("/")
    number = before.strip()
    if not slash or len(number) > LONGEST_RATE or not re.fullmatch(DECIMAL, number):
        raise QuantityError(
            "expected a rate such as 3/s or 300/min", cure="write how many, a slash, per what"
        )
    unit = after.strip()
    implied_one = "" if unit[:1].isdigit() or unit[:1] == "." else "1"
    try:
        per = parse_duration(implied_one + unit)
    except QuantityError as error:
        raise error.moved(len(before) + 1 + len(after) - len(after.lstrip()) - len(implied_one)) from None
    if not per:
        raise QuantityError("a rate is per some time", offset=len(before) + 1, cure="write for instance 3/s")
    rate = Fraction(number) / Fraction(round(per * US_PER_S), US_PER_S)
    if len(number) > 15 and len(format_rate(rate)) > LONGEST_RATE:
        raise QuantityError("a rate of so many digits", cure="write fewer digits")
    return rate


def parse_probability(value: str | int | float) -> float:
    """Return the probability, from 0 to 1, of a text as `5%`, `0.05` or `1`.

    Args:
        value: the text, or a number.

    Raises:
        QuantityError: it is no number, or outside 0 to 1.
    """
    text = str(value).strip()
    number = text.removesuffix("%").strip()
    if not _NUMBER.fullmatch(number):
        raise QuantityError("expected a probability such as 5% or 0.05")
    share = float(Decimal(number) / 100) if text.endswith("%") else float(number)
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
    """The text of a rate that `parse_rate` reads back: a whole number per so many whole seconds.

    Where that is not enough (a decimal of many digits, per some microseconds), a decimal per so many
    microseconds. A rate that nobody can have written, as its period would be longer than any duration, is
    rounded to fifteen digits.
    """
    if rate.denominator <= LONGEST_S:
        return f"{rate.numerator}/s" if rate.denominator == 1 else f"{rate.numerator}/{rate.denominator}s"
    # What is left of the denominator without its twos and fives has to be in the period; the rest is digits.
    scaled = rate / US_PER_S
    period_us = scaled.denominator
    while (common := gcd(period_us, 10)) > 1:
        period_us //= common
    number = scaled * period_us
    if period_us <= LONGEST_S * US_PER_S and (text := exact_decimal(number)):
        return f"{text}/{period_us}us"
    return f"{Decimal(f'{float(rate):.15g}'):f}/s"


def exact_decimal(number: Fraction) -> str:
    """The number with all of its decimals, however many; empty if they never end."""
    twos_and_fives = number.denominator
    digits = 0
    while (common := gcd(twos_and_fives, 10)) > 1:
        twos_and_fives //= common
        digits += 1
    if twos_and_fives != 1:
        return ""
    integer, rest = divmod(abs(number.numerator) * 10**digits // number.denominator, 10**digits)
    sign = "-" if number < 0 else ""
    return f"{sign}{integer}.{rest:0{digits}}" if digits else f"{sign}{integer}"


def format_number(number: float) -> str:
    """The shortest text, without an exponent, that reads back as the same plain number: 2.0 -> `2`."""
    return f"{Decimal(repr(float(number))):f}".removesuffix(".0")


def format_share(share: float) -> str:
    """The shortest text of a chance that parse_probability reads back: 0.05 -> `5%`."""
    percent = f"{Decimal(repr(float(share))) * 100:f}"
    return f"{percent.rstrip('0').rstrip('.') if '.' in percent else percent}%"

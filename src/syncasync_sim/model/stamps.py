"""Measured times in files of others: numbers with a unit, and dates, to whole microseconds.

A stamp is read digit by digit, never as a float: a Unix time in seconds with six decimals does not fit one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal

TimeUnit = Literal["s", "ms", "us", "ns"]
DECIMALS: dict[TimeUnit, int] = {"s": 6, "ms": 3, "us": 0, "ns": -3}
"""How many decimals of each unit a microsecond is."""
_NUMBER = re.compile(r"\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?\s*")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 40
"""No time in any unit has more; a longer text is refused before it costs anything."""


def number_us(text: str, unit: TimeUnit) -> int:
    """Return a number with a unit as whole microseconds; half a microsecond is rounded to the even one.

    Args:
        text: the number, as `1763000000.123456`, `12` or `1.5e-3`.
        unit: its unit.

    Raises:
        ValueError: it is no finite number; the message says so.
    """
    integer, _, fraction = text.partition(".")
    digits, missing = integer + fraction, DECIMALS[unit] - len(fraction)
    if missing >= 0 and digits.isdecimal() and len(digits) < _MOST_DIGITS:  # nearly all: no time to lose
        return int(digits + "0" * missing)
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]) or len(text) > _MOST_DIGITS:
        raise ValueError(f"'{text[:_MOST_DIGITS]}' is no number")
    sign, integer, decimals, power = match.groups()
    digits = integer + (decimals or "")
    shift = DECIMALS[unit] - len(decimals or "") + int(power or 0)
    if abs(shift) > _MOST_DIGITS:
        raise ValueError(f"'{text}' is no time")
    value: int = int(digits)
    if shift >= 0:
        value *= int(10**shift)
    else:
        value, rest = divmod(value, divisor := int(10**-shift))
        value += rest * 2 > divisor or (rest * 2 == divisor and value % 2)
    return -value if sign == "-" else value


def date_us(text: str) -> int:
    """Return a date and time in ISO 8601 as microseconds since 1970; without a zone it is taken as UTC.

    Args:
        text: the date, as `2026-09-21T14:13:20.087952+02:00` or `2026-09-21 14:13:20,087`.

    Raises:
        ValueError: it is no such date; the message says so.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"'{text[:_MOST_DIGITS]}' is no date such as 2026-09-21T14:13:20.5Z") from None
    return since_epoch_us(moment)


def since_epoch_us(moment: datetime) -> int:
    """Return a moment as microseconds since 1970; without a zone it is taken as UTC."""
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def stamp_us(text: str, unit: TimeUnit) -> int:
    """Return a number with a unit, or a date, as whole microseconds.

    Args:
        text: the number or the date.
        unit: the unit of a number.

    Raises:
        ValueError: it is neither.
    """
    try:
        return number_us(text, unit)
    except ValueError:
        if not re.match(r"\s*\d{4}-?\d\d-?\d\d", text):
            raise
    return date_us(text)

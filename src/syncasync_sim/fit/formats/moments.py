"""Moments as access logs write them, in microseconds since 1970: dates, Unix times, and dates in parts.

A stamp repeats for all lines of a second, so a date is worked out once and kept for a while.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache, partial

from syncasync_sim.model.stamps import TimeUnit, date_us, number_us, since_epoch_us

Fields = Mapping[str, str | None]
"""The parts of a record by their role: `start_clf`, `end_ms`, `took_us`, `status`, `server`, `lane`."""
CLF = r"\d\d?/[A-Za-z]{3}/\d{4}[: ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: (?:[+-]\d{4}|[A-Z]{3,5}))?"
"""A date as `23/Nov/2009:22:46:22 +0000`, of the common log format."""
ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_DATE = re.compile(r"(\d\d?)/([A-Za-z]{3})/(\d{4})[: ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: (\S+))?")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY_US = 86_400_000_000
LATEST_US = 36_525 * DAY_US * 2
"""No log has a moment after so many microseconds (in 2169)."""


@lru_cache(maxsize=64)
def _day_us(year: str, month: str, day: str) -> int:
    number = int(month) if month.isdigit() else MONTHS.index(month.lower()) + 1
    return since_epoch_us(datetime(int(year), number, int(day)))


@lru_cache(maxsize=64)
def zone_us(text: str | None) -> int:
    """Return how far east of UTC a zone such as `-07:00` is, in microseconds; names and None are UTC."""
    if not text or text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    size = int(digits[:2]) * 3600 + int(digits[2:4] or 0) * 60
    return (-size if text[0] == "-" else size) * 1_000_000


@lru_cache(maxsize=4096)
def clf_us(text: str) -> int:
    """Return the moment of a date such as `23/Nov/2009:22:46:22 +0000`; without a zone it is taken as UTC.

    Raises:
        ValueError: it is no such date.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"'{text[:40]}' is no date such as 23/Nov/2009:22:46:22 +0000")
    day, month, year, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = _day_us(year, month, day) - zone_us(zone)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is no date that exists") from None
    clock = int(hour) * 3600 + int(minute) * 60 + int(second)
    return moment + clock * 1_000_000 + int((fraction or "")[:6].ljust(6, "0"))


def any_us(text: str) -> int:
    """Return the moment of a Unix time in s, ms, us or ns, of an ISO date, or of a date of the common format.

    Raises:
        ValueError: it is none of them.
    """
    if text[:1].isdigit() and "/" in text[:4]:
        return clf_us(text)
    integer = text.partition(".")[0]
    if not integer.isdigit() or len(integer) < 9:
        return date_us(text.replace("/", "-"))
    units: dict[int, TimeUnit] = {13: "ms", 16: "us", 19: "ns"}
    return number_us(text, units.get(len(integer), "s"))


def has_zone(text: str) -> bool:
    """Whether a stamp says its zone: a Unix time does, a date with `Z`, `UTC` or an offset too."""
    return text.replace(".", "").isdigit() or bool(re.search(r"(Z|UTC|GMT|[+-]\d\d:?\d\d)\s*$", text[11:]))


_WHOLE: Mapping[str, Callable[[str], int]] = {
    "us": partial(number_us, unit="us"),
    "ms": partial(number_us, unit="ms"),
    "s": partial(number_us, unit="s"),
    "iso": date_us,
    "any": any_us,
    "clf": clf_us,
}
"""How the kinds of complete stamps are read, the finest first."""
_FRACTIONS = (("usfrac", 1), ("msfrac", 1000))
_CLOCK = ("d", "Y", "H", "M", "S")


def moment_of(roles: Collection[str], side: str) -> Callable[[Fields], int] | None:
    """How the `start` or the `end` of a record is read.

    Args:
        roles: the roles of the fields that a record has, as `start_clf`.
        side: `start` or `end`.

    Returns:
        The reader, which raises ValueError for what is no moment; None if the fields do not say this moment.
    """
    fractions = [(f"{side}_{kind}", size) for kind, size in _FRACTIONS if f"{side}_{kind}" in roles][:1]
    kind = next((kind for kind in _WHOLE if f"{side}_{kind}" in roles), None)
    if kind is not None:
        role, read = f"{side}_{kind}", _WHOLE[kind]
        return _with_fraction(lambda fields: read(fields[role] or ""), fractions)
    month = next((f"{side}_{kind}" for kind in "bm" if f"{side}_{kind}" in roles), None)
    clock = [f"{side}_{kind}" for kind in _CLOCK]
    if month is None or not all(role in roles for role in clock):
        return None
    zone = f"{side}_z"

    def from_parts(fields: Fields) -> int:
        day, year, hour, minute, second = (fields[role] or "" for role in clock)
        moment = _day_us(year, fields[month] or "", day.strip()) - zone_us(fields.get(zone))
        return moment + (int(hour) * 3600 + int(minute) * 60 + int(second)) * 1_000_000

    return _with_fraction(from_parts, fractions)


def _with_fraction(
    read: Callable[[Fields], int], fractions: list[tuple[str, int]]
) -> Callable[[Fields], int]:
    if not fractions:
        return read
    ((role, size),) = fractions
    return lambda fields: read(fields) // 1_000_000 * 1_000_000 + int(fields[role] or 0) * size

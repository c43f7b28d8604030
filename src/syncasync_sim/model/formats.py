"""Numbers as people read them. Programs read the plain ones: seconds, counts, shares.

One rule for all times: every value has its unit, and the unit decides the number of decimals, so the exact
values of a lesson survive (2.55 s, 16.05 s, 1.05 s, 50 ms):

    below 1 ms       whole microseconds, or one decimal    750 µs, 3.5 µs
    below 1 s        at most one decimal                   200 ms, 83.3 ms
    below 10 min     always two decimals                   2.55 s, 91.72 s, 284.05 s
    below 1 h        minutes and whole seconds             12 min 30 s
    below 1 day      hours and whole minutes               2 h 05 min
    from there on    days and whole hours                  3 d 04 h

Times that are compared, as those of one table, have one format: where the longest has 10 min or more, all
times of 1 min or more are in minutes. So 9 min 52 s stands over 18 min 47 s, and not 591.60 s.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log10
from typing import Literal

Unit = Literal["s", "count", "share"]
"""What a figure is measured in: seconds, how many, or a part of the whole between 0 and 1."""

MISSING = "-"
"""Stands for what was not measured; never 0."""
NOTHING_S = 5e-8
"""Times below a twentieth of the clock's microsecond are rounding errors of a mean: shown as 0."""
NOT_ALL = 1e-9
"""Percent below the whole that are more than a rounding error."""


def longest_of(times_s: Iterable[float | None]) -> float:
    """Return the longest of times that are shown together, in seconds; 0 if there are none."""
    return max((abs(time_s) for time_s in times_s if time_s is not None), default=0.0)


def format_time(seconds: float | None, longest_s: float = 0.0) -> str:
    """The text of a time for people, by the rule above; `-` for None.

    Args:
        seconds: the time, in seconds.
        longest_s: the longest time that it is shown with, in seconds; it decides the unit.
    """
    if seconds is None:
        return MISSING
    size = abs(seconds)
    if size < NOTHING_S:
        return "0 s"
    return ("-" if seconds < 0 else "") + (_long(size) if _in_minutes(size, longest_s) else _short(size))


def _in_minutes(size: float, longest_s: float) -> bool:
    return round(size, 2) >= (60 if round(longest_s, 2) >= 600 else 600)


_SCALES = ((1e6, "µs"), (1e3, "ms"), (1.0, "s"))


def _short(size: float) -> str:
    for scale, unit in _SCALES[:2]:
        number = round(size * scale, 1)
        if number < 1000:
            return f"{number:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size:.2f} s"


def _long(size: float) -> str:
    """Two units, the second padded so that columns line up, and left out when it is zero."""
    if round(size) < 3600:
        return _pair(round(size), 60, "min", "s")
    if round(size / 60) < 24 * 60:
        return _pair(round(size / 60), 60, "h", "min")
    return _pair(round(size / 3600), 24, "d", "h")


def _pair(number: int, per_large: int, large: str, small: str) -> str:
    units, rest = divmod(number, per_large)
    return f"{units:,} {large} {rest:02d} {small}" if rest else f"{units:,} {large}"


def format_count(number: float | None) -> str:
    """The text of a number: thousands separated, means with up to two decimals; `-` for None."""
    if number is None:
        return MISSING
    if abs(number - round(number)) < 5e-10:
        return f"{round(number):,}"
    if abs(number) >= 10:
        return f"{number:,.1f}"
    return f"{number:.2f}" if abs(number) >= 0.1 else f"{number:.2g}"


def format_share(share: float | None) -> str:
    """The text of a share in percent, with one decimal at most (two digits below 1 %); `-` for None.

    A share that is not the whole keeps as many decimals as it needs to show that: 99.996 %, not 100 %.
    """
    if share is None:
        return MISSING
    percent = share * 100
    if abs(percent) < 1:
        return f"{percent:.2g} %"
    text, missing = f"{percent:,.1f}", 100 - percent
    if text == "100.0" and missing > NOT_ALL:
        text = f"{percent:.{-floor(log10(missing))}f}"
    return text.removesuffix(".0") + " %"


def format_value(value: float | None, unit: Unit, longest_s: float = 0.0) -> str:
    """The text of a figure for people.

    Args:
        value: the figure; None if it was not measured.
        unit: its unit; seconds for a time.
        longest_s: the longest time that it is shown with, in seconds; it decides the unit.
    """
    if unit == "s":
        return format_time(value, longest_s)
    return format_count(value) if unit == "count" else format_share(value)


def format_change(value: float | None, unit: Unit, longest_s: float = 0.0) -> str:
    """The text of a difference: with its sign, but none for zero; shares differ in percentage points.

    Args:
        value: the difference; None if it was not measured.
        unit: its unit; seconds for a time.
        longest_s: the longest time that it is shown with, in seconds; it decides the unit.
    """
    text = format_value(value, unit, longest_s)
    if unit == "share" and value is not None:
        text = text.replace("%", "pts")
    return f"+{text}" if value and value > 0 and text not in ("0 s", "0", "0 pts") else text


def format_spread(change: float, half: float, unit: Unit, longest_s: float = 0.0) -> str:
    """The text of a difference and half the width of its interval, in one unit: `-1.70 ± 0.08 s`.

    Args:
        change: the difference.
        half: half the width of its interval.
        unit: the unit of both; seconds for a time.
        longest_s: the longest time that it is shown with, in seconds; it decides the unit.
    """
    size = max(abs(change), half)
    if unit == "s" and size >= NOTHING_S and not _in_minutes(size, longest_s):
        scale, name = next(
            (scale, name) for scale, name in _SCALES if round(size * scale, 1) < 1000 or scale == 1
        )
        decimals = 2 if scale == 1 else 1
        return f"{change * scale:+.{decimals}f} ± {half * scale:.{decimals}f} {name}"
    change_text, half_text = format_change(change, unit, longest_s), format_value(half, unit, longest_s)
    if unit == "share":
        return f"{change_text.removesuffix(' pts')} ± {half_text.removesuffix(' %')} pts"
    return f"{change_text} ± {half_text}"

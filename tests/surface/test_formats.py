"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncasync_sim.model.formats import (
    format_change,
    format_count,
    format_share,
    format_spread,
    format_time,
    longest_of,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0, "0 s"),
        (1e-9, "0 s"),
        (3.5e-6, "3.5 µs"),
        (0.00075, "750 µs"),
        (0.0833333, "83.3 ms"),
        (0.2, "200 ms"),
        (0.999949, "999.9 ms"),
        (0.99996, "1.00 s"),
        (2.55, "2.55 s"),
        (16.05, "16.05 s"),
        (34.05, "34.05 s"),
        (91.716667, "91.72 s"),
        (599.994, "599.99 s"),
        (599.996, "10 min"),
        (750, "12 min 30 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h"),
        (7500, "2 h 05 min"),
        (86399, "1 d"),
        (273600, "3 d 04 h"),
        (-1.5, "-1.50 s"),
    ],
)
def test_a_time_has_its_unit_and_keeps_the_numbers_of_a_lesson(seconds: float | None, text: str) -> None:
    assert format_time(seconds) == text


@given(st.floats(min_value=1e-6, max_value=599.99))
def test_a_shown_time_is_never_further_off_than_its_last_digit(seconds: float) -> None:
    number, unit = format_time(seconds).split(" ")
    scale = {"µs": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
    last_digit = scale * (0.01 if unit == "s" else 0.1)
    assert abs(float(number) * scale - seconds) <= last_digit / 2 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "-"), (0, "0"), (12_500, "12,500"), (3.0, "3"), (29.86, "29.9"), (1.333, "1.33"), (0.05, "0.05")],
)
def test_how_many(number: float | None, text: str) -> None:
    assert format_count(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, "-"), (0, "0 %"), (0.5, "50 %"), (0.59321, "59.3 %"), (1, "100 %"), (0.00051, "0.051 %")],
)
def test_a_share_is_in_percent(share: float | None, text: str) -> None:
    assert format_share(share) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "-"),
        (0.0, "0 %"),
        (0.112, "11.2 %"),
        (0.9994, "99.9 %"),
        (0.9995, "99.95 %"),
        (0.99996, "99.996 %"),
        (1 - 1e-6, "99.9999 %"),
        (1.0, "100 %"),
    ],
)
def test_a_part_is_not_rounded_to_the_whole(share: float | None, text: str) -> None:
    assert format_share(share) == text


def test_a_change_has_a_sign_and_nothing_has_none() -> None:
    assert format_change(1.5, "s") == "+1.50 s"
    assert format_change(-1.5, "s") == "-1.50 s"
    assert format_change(0.0, "s") == "0 s"
    assert format_change(1e-9, "s") == "0 s"
    assert format_change(50, "count") == "+50"
    assert format_change(-0.476, "share") == "-47.6 pts"


@pytest.mark.parametrize(
    ("change", "half", "text"),
    [
        (-1.7, 0.0819, "-1.70 ± 0.08 s"),
        (0.1078, 0.1251, "+107.8 ± 125.1 ms"),
        (-0.005, 1.2, "-0.01 ± 1.20 s"),
        (700, 30, "+11 min 40 s ± 30.00 s"),
    ],
)
def test_a_change_and_its_interval_have_one_unit(change: float, half: float, text: str) -> None:
    assert format_spread(change, half, "s") == text


def test_the_spread_of_a_count_and_of_a_share() -> None:
    assert format_spread(-14.2, 2.27, "count") == "-14.2 ± 2.27"
    assert format_spread(-0.605, 0.013, "share") == "-60.5 ± 1.3 pts"


@pytest.mark.parametrize(
    ("seconds", "longest_s", "text"),
    [
        (591.6, 599.99, "591.60 s"),  # nothing has 10 minutes
        (591.6, 600.0, "9 min 52 s"),
        (60.0, 600.0, "1 min"),
        (59.99, 600.0, "59.99 s"),  # less than a minute needs no minutes
        (-500.08, 1523.0, "-8 min 20 s"),
        (0.07, 1523.0, "70 ms"),
        (4020.0, 591.6, "1 h 07 min"),
    ],
)
def test_times_told_together_are_in_minutes_from_a_minute_on_where_one_has_ten(
    seconds: float, longest_s: float, text: str
) -> None:
    assert format_time(seconds, longest_s) == text
    assert longest_of([seconds, None, longest_s]) == max(abs(seconds), longest_s)

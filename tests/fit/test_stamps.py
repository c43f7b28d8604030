"""Stamps of other people's files are read exactly, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncasync_sim.model.stamps import DECIMALS, TimeUnit, date_us, number_us, since_epoch_us, stamp_us


@pytest.mark.parametrize(
    ("text", "unit", "us"),
    [
        ("1763000000.123456", "s", 1763000000123456),
        ("1600000000123456789", "ns", 1600000000123457),
        (" 1.5e-3 ", "s", 1500),
        (".5", "us", 0),
        ("1.5", "us", 2),
        ("-2.5", "us", -2),
        ("+7", "ms", 7000),
        ("7.", "ms", 7000),
    ],
)
def test_numbers(text: str, unit: TimeUnit, us: int) -> None:
    assert number_us(text, unit) == us


@given(
    st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=8),
    st.sampled_from(sorted(DECIMALS)),
)
def test_a_number_is_rounded_as_decimal_arithmetic_rounds_it(number: Decimal, unit: TimeUnit) -> None:
    exact = number.scaleb(DECIMALS[unit]).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    assert number_us(f"{number:f}", unit) == int(exact)


@pytest.mark.parametrize("text", ["nan", "inf", "", "12 s", "1e999", "9" * 41, "0x10", "1,5", "-", "."])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no (number|time)"):
        number_us(text, "s")


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.integers(-720, 840))
def test_a_date_is_read_with_its_zone(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert date_us(there.isoformat()) == since_epoch_us(moment) - minutes * 60_000_000
    assert datetime.fromtimestamp(0, UTC) + timedelta(microseconds=since_epoch_us(there)) == there


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2014-02-24 07:42:21.256", 1393227741256000),
        ("2017-05-12 01:07:37,761", 1494551257761000),
        ("2014-02-24T07:42:21Z", 1393227741000000),
        ("12.5", 12_500_000),
    ],
)
def test_stamps(text: str, us: int) -> None:
    assert stamp_us(text, "s") == us


@pytest.mark.parametrize("text", ["2014-13-01 00:00:00", "soon", "24/Feb/2014:07:42:21"])
def test_what_is_no_stamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no "):
        stamp_us(text, "s")

"""Ranges of values, as `--vary` has them: what they stand for, and what is said of those that are none."""

from __future__ import annotations

import pytest

from syncasync_sim.model.quantities import QuantityError
from syncasync_sim.model.ranges import common_suffix, parse_range


@pytest.mark.parametrize(
    ("text", "written", "numbers"),
    [
        ("1..4", ["1", "2", "3", "4"], [1, 2, 3, 4]),
        ("1..8:3", ["1", "5", "8"], [1, 5, 8]),  # 4.5: halves upwards
        ("1..3:9", ["1", "2", "3"], [1, 2, 3]),  # none twice
        ("3..3", ["3"], [3]),
        ("1/s..2/s:3", ["1/s", "1.5/s", "2/s"], [1.0, 1.5, 2.0]),
        ("1/s..2/s:4", ["1/s", "4/3s", "5/3s", "2/s"], [1.0, 4 / 3, 5 / 3, 2.0]),
        ("60/min..180/min:3", ["1/s", "2/s", "3/s"], [1.0, 2.0, 3.0]),
        ("0..5s:3", ["0", "2.5s", "5s"], [0.0, 2.5, 5.0]),
        ("100ms..1s:10", [*(f"{n}00ms" for n in range(1, 10)), "1s"], [n / 10 for n in range(1, 11)]),
        ("0%..10%:3", ["0%", "5%", "10%"], [0.0, 0.05, 0.1]),
        ("0..0.1:3", ["0", "0.05", "0.1"], [0.0, 0.05, 0.1]),
        ("1, 2,8", ["1", "2", "8"], [1, 2, 8]),
        ("2,4,unlimited", ["2", "4", "unlimited"], [2, 4, None]),
        ("uniform(1s, 2s),1s", ["uniform(1s, 2s)", "1s"], [None, 1.0]),
    ],
)
def test_what_a_range_stands_for(text: str, written: list[str], numbers: list[float | None]) -> None:
    values = parse_range(text)
    assert [value.written for value in values] == written
    assert [value.number for value in values] == numbers


@pytest.mark.parametrize(
    ("text", "says", "offset"),
    [
        ("8..1", "from the smaller value to the larger", 0),
        ("1s..5s", "only whole numbers can be taken one by one", 0),
        ("1..2s:3", "the ends are not of one kind", 3),
        ("a..3", "'a' is no end of a range", 0),
        ("٣..5", "'٣' is no end of a range", 0),
        ("1..9:٣", "how many values", 5),
        ("1..", "an end of the range is missing", 3),
        ("1..9:x", "how many values", 5),
        ("1..9:1", "how many values", 5),
        ("1..9999999999", "these are 9,999,999,999 values", 0),
        ("1,,2", "a value is missing", 2),
        ("", "a value is missing", 0),
        ("1,2,1", "1 is here twice", 4),
    ],
)
def test_what_is_no_range(text: str, says: str, offset: int) -> None:
    with pytest.raises(QuantityError, match=says) as caught:
        parse_range(text)
    assert caught.value.offset == offset
    assert caught.value.cure


def test_a_value_in_between_that_nobody_could_write_is_told_with_a_cure() -> None:
    # Half of a number with 40 decimals has 41, one more than a scenario holds.
    with pytest.raises(QuantityError, match="more digits than a scenario holds") as refusal:
        parse_range(f"0..0.{'0' * 39}1:3")
    assert refusal.value.cure == "write ends with fewer digits, or fewer values"


def test_a_column_has_its_unit() -> None:
    assert common_suffix(parse_range("0..5s:3")) == "_s"
    assert common_suffix(parse_range("1s,2s,none")) == "_s"
    assert common_suffix(parse_range("1/s,2/s")) == "_per_s"
    assert common_suffix(parse_range("1..3")) == common_suffix(parse_range("5%,6%")) == ""

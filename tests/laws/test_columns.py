"""What is found in a column by its bytes is what its numbers say."""

from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from laws.test_laws import LAWS
from syncasync_sim.trace.columns import NEVER, counts, is_one_missing
from syncasync_sim.trace.records import ResponseStatus

LATEST = (1 << 63) - 1
"""The largest number that fits: all its bytes are 255 but the highest."""
TIMES = st.one_of(st.integers(0, LATEST), st.sampled_from((0, 255, LATEST, LATEST << 8 & LATEST)))


@LAWS
@given(st.lists(TIMES, max_size=6), st.integers(0, 6))
def test_a_missing_time_is_found_and_no_other_number_looks_like_one(times: list[int], position: int) -> None:
    column = array("q", times)
    assert not is_one_missing(column)
    column.insert(position, NEVER)
    assert is_one_missing(column)


@LAWS
@given(st.lists(st.sampled_from(ResponseStatus), max_size=20))
def test_codes_are_counted(codes: list[ResponseStatus]) -> None:
    counted = counts(array("b", codes), ResponseStatus)
    assert counted == {code: codes.count(code) for code in ResponseStatus}

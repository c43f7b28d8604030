"""What is counted of the times of rises and falls is what the levels say, one after the other."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from laws.test_laws import LAWS
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.series import series

OVER = 40
"""Later than every rise; some fall even later, as what is on its way when all is over."""


@LAWS
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-1, 20)), max_size=12), st.integers(0, 30))
def test_figures_are_those_of_the_levels(stays: list[tuple[int, int]], start: int) -> None:
    ends = [NEVER if lasts < 0 else came + lasts for came, lasts in stays]
    whole = series([*(came for came, _ in stays), NEVER], ends)
    there = [
        sum(came <= at and not NEVER < end <= at for (came, _), end in zip(stays, ends, strict=True))
        for at in range(60)
    ]
    changes = [(at, now) for at, (before, now) in enumerate(pairwise([0, *there])) if before != now]
    assert list(zip(whole.times_us, whole.levels, strict=True)) == changes
    assert whole.area(OVER) == sum(there[:OVER])
    for counted, seen_from in ((whole, 0), (whole.observed(start, OVER), start)):
        seen = there[seen_from:]
        most = max(seen)
        assert counted.peak() == ((most, seen_from + seen.index(most)) if most else (0, None))
        falls = [at + 1 for at, (before, now) in enumerate(pairwise(seen), seen_from) if before and not now]
        assert counted.last_fall_to_zero() == max(falls, default=None)
        assert counted.area(OVER) == sum(there[seen_from:OVER])
    assert whole.observed(OVER, start).peak() == (0, None)

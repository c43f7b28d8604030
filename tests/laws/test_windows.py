"""Windows of time, however they overlap, are what their borders say."""

from __future__ import annotations

from math import prod

from hypothesis import given
from hypothesis import strategies as st

from laws.test_laws import LAWS
from syncasync_sim.model.request_parts import Slowdown
from syncasync_sim.model.windows import Slowdowns, Windows

LATEST = 12
PAIRS = st.tuples(st.integers(0, LATEST), st.one_of(st.integers(0, 6), st.just(None)))


def slowdown(begin_us: int, lasts_us: int | None, factor: float) -> Slowdown:
    lasts = "forever" if lasts_us is None else f"{lasts_us}us"
    return Slowdown.model_validate({"from": f"{begin_us}us", "for": lasts, "factor": factor})


@LAWS
@given(st.lists(st.tuples(PAIRS, st.sampled_from((0.5, 1.1, 3.0))), max_size=6))
def test_every_time_is_in_the_windows_that_hold_it(
    windows: list[tuple[tuple[int, int | None], float]],
) -> None:
    slowdowns = [slowdown(begin, lasts, factor) for (begin, lasts), factor in windows]
    known, slower = Windows(slowdowns), Slowdowns(slowdowns)
    for at in range(LATEST + 8):
        holding = [
            factor
            for (begin, lasts), factor in windows
            if begin <= at and (lasts is None or at < begin + lasts)
        ]
        assert (at in known) == bool(holding)
        assert slower.slowed(1_001, at) == (round(1_001 * prod(holding)) if holding else 1_001)

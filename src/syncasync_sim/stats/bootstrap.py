"""How sure the difference of two percentiles is, where the same requests were timed twice: the bootstrap.

Pairs are drawn with replacement from those that there are, again and again; the middle 95 % of the
differences are the interval. Requests are taken as independent, which those in one line are not quite.

Source: B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13 (percentile
intervals).
"""

from __future__ import annotations

from collections.abc import Sequence

from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.stats.intervals import CONFIDENCE
from syncasync_sim.stats.percentiles import nearest_rank

MOST, LEAST, DRAWS = 1_000, 200, 200_000
"""Resamples: as many as keep the number of draws below DRAWS, between LEAST and MOST."""
ENOUGH = 20
"""Fewer pairs than this tell nothing."""


def percentile_differences(
    pairs: Sequence[tuple[int, int]], percents: Sequence[int], seed: int
) -> list[tuple[float, float] | None]:
    """Estimate the 95 % interval of the difference of two percentiles by a paired bootstrap.

    Both times of a request are drawn together (the percentile method of Efron and Tibshirani 1993, chapter
    13).

    Args:
        pairs: the (first, second) times of each request, in microseconds.
        percents: the percentiles, from 1 to 100.
        seed: the random seed; the same seed gives the same intervals.

    Returns:
        For each percentile the (low, high) bounds of second less first, in seconds; None with too few pairs.
    """
    number = len(pairs)
    if number < ENOUGH:
        return [None] * len(percents)
    draw = RandomStreams(seed).uniform("bootstrap")
    differences: list[list[int]] = [[] for _ in percents]
    for sample in range(min(MOST, max(LEAST, DRAWS // number))):
        begin = sample * number
        # A pair is drawn as a whole: the two times of a request are correlated.
        some = [pairs[int(draw(begin + k) * number)] for k in range(number)]
        first, second = (sorted(side) for side in zip(*some, strict=True))
        for values, percent in zip(differences, percents, strict=True):
            values.append(nearest_rank(second, percent) - nearest_rank(first, percent))
    return [_middle_interval(sorted(values)) for values in differences]


def _middle_interval(ordered: Sequence[int]) -> tuple[float, float]:
    outside = (1 - CONFIDENCE) / 2 * len(ordered)
    return ordered[int(outside)] / US_PER_S, ordered[-1 - int(outside)] / US_PER_S

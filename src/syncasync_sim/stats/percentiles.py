"""Nearest-rank percentiles: always a time that somebody really had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncasync_sim.model.quantities import US_PER_S


def nearest_rank(ordered: Sequence[int], percent: int) -> int:
    """Return the nearest-rank percentile of sorted values.

    It is the ceil(p n)-th smallest value, with p = percent / 100 (Hyndman and Fan 1996, definition 1).

    Args:
        ordered: the values in ascending order.
        percent: the percentile, from 0 to 100.

    Raises:
        IndexError: there are no values.
    """
    return ordered[max(-(-percent * len(ordered) // 100), 1) - 1]


@dataclass(frozen=True, slots=True)
class Stats:
    """Count, mean, extremes and percentiles of some times, in seconds."""

    count: int
    mean: float
    min: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, times_us: Iterable[int]) -> Stats | None:
        """The statistics of times in microseconds; None without any."""
        return cls.of_sorted(sorted(times_us))

    @classmethod
    def of_sorted(cls, ordered: Sequence[int]) -> Stats | None:
        """The same of times in ascending order."""
        if not ordered:
            return None
        mean = sum(ordered) / (len(ordered) * US_PER_S)
        p50, p90, p95, p99 = (nearest_rank(ordered, percent) / US_PER_S for percent in (50, 90, 95, 99))
        return cls(len(ordered), mean, ordered[0] / US_PER_S, p50, p90, p95, p99, ordered[-1] / US_PER_S)

"""What every axis and everything beside it has in common: units of time, round ticks, words for the rare."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from syncasync_sim.model.formats import format_share

TIME_UNITS = (
    (1e-3, 1e6, "µs"),
    (1, 1e3, "ms"),
    (600, 1, "s"),
    (36_000, 1 / 60, "min"),
    (math.inf, 1 / 3600, "h"),
)
"""Up to how many seconds a unit is used, how many of it a second is, and its name."""
TAIL_STATISTICS: Mapping[str, str] = MappingProxyType(
    {"p99": "1 in 100 waits at least", "p95": "1 in 20 waits at least", "max": "the slowest waits"}
)
"""What a rare time means, by the figure that measures it."""


def time_unit(span_s: float) -> tuple[float, str]:
    """Return the time unit that fits a span in seconds: the number of units per second, and its name."""
    return next((scale, unit) for most, scale, unit in TIME_UNITS if span_s < most)


MOST_ON_A_LINE = 100
"""Heights that differ by more cannot be read on one straight scale."""


def unit_of_axis(times_s: Sequence[float]) -> tuple[float, str]:
    """Return the unit of an axis with these times: that of the longest, or the middle of a log scale."""
    top, least = max(times_s), _least(times_s)
    return time_unit(math.sqrt(top * least) if top > MOST_ON_A_LINE * least else top)


def height_range(heights: Sequence[float], headroom: float = 1.12) -> tuple[float, float, bool]:
    """Return the range of a vertical axis with these heights, and whether its scale is logarithmic.

    The scale is linear if the heights are of similar size.

    Args:
        heights: the heights that are drawn.
        headroom: the height of the axis over the greatest height.
    """
    top, least = max(heights), _least(heights)
    if top > MOST_ON_A_LINE * least:
        return least / 1.5, top * (top / least) ** (headroom - 1), True
    return 0, max(top * headroom, 1e-9), False


def _least(heights: Sequence[float]) -> float:
    """The least that is more than 0."""
    return min((height for height in heights if height > 0), default=math.inf)


def round_step(span: float, most: int) -> float:
    """Return the smallest of 1, 2, 5, 10, ... that divides a span into few enough pieces.

    Args:
        span: the span, in any unit.
        most: the greatest number of pieces.
    """
    size = 10.0 ** math.floor(math.log10(span / most))
    return next(
        float(f"{step:.6g}")
        for step in (size, 2 * size, 5 * size, 10 * size)
        if span <= step * most * (1 + 1e-9)
    )


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Return round values between two values.

    Args:
        low: the lower value.
        high: the upper value.
        most: about the greatest number of them.
    """
    step = round_step(high - low, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.9g}") for number in range(first, last + 1)]


def of_how_many(served: float | None, requests: float | None) -> str:
    """The remark ` (of the 11 % that got the page)` for a time of some clicks; empty for all or none.

    Args:
        served: the number of clicks that got the page.
        requests: the number of all clicks.
    """
    if not served or not requests or served >= requests:
        return ""
    return f" (of the {format_share(served / requests)} that got the page)"


def of_the_fewest(counts: Iterable[tuple[object, object]]) -> str:
    """The remark of `of_how_many` for several runs, each (served, requests): that of the smallest share."""
    known = [
        (float(served), float(requests))
        for served, requests in counts
        if isinstance(served, int | float) and isinstance(requests, int | float) and served and requests
    ]
    fewest = min(known, key=lambda both: both[0] / both[1], default=(0.0, 0.0))
    return of_how_many(*fewest).replace("(of", "(at worst of")

"""Student's t interval of a mean over replications, with its quantile in the standard library alone.

Importing a statistics library for one number would take longer than most runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

CONFIDENCE = 0.95


def t_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Return the (low, high) confidence interval of a mean; None with fewer than two values.

    The interval is mean +- t(1 - (1 - confidence) / 2, n - 1) s / sqrt(n), from Student's t distribution.

    Args:
        values: independent observations, in any unit.
        confidence: the confidence level, between 0 and 1.
    """
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = t_quantile((1 + confidence) / 2, n - 1) * math.sqrt(variance / n)
    return mean - half, mean + half


@lru_cache
def t_quantile(p: float, freedom: int) -> float:
    """Return the quantile of Student's t distribution, found by bisection.

    Args:
        p: the probability, from 0.5 to 1.
        freedom: the degrees of freedom, at least 1.
    """

    def above(t: float) -> float:
        x = freedom / (freedom + t * t)
        return incomplete_beta(x, freedom / 2, 0.5) / 2

    return _bisect(lambda t: above(t) - (1 - p), 0.0, 1e6)


def _bisect(falling: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(200):
        middle = (low + high) / 2
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b).

    It is a continued fraction (Press and others, Numerical Recipes, section 6.4).

    Args:
        x: the upper limit of the integral; below 0 it counts as 0, above 1 as 1.
        a: the first shape parameter, above 0.
        b: the second shape parameter, above 0.
    """
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x > (a + 1) / (a + b + 2):
        return 1 - front * _fraction(1 - x, b, a) / b
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method for the continued fraction of the incomplete beta function."""
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    result = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / ((1 + term * d) or tiny)
            c = (1 + term / c) or tiny
            result *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return result

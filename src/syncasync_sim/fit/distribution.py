"""A distribution in place of measured values, with its distance from them; only when somebody wants it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, pstdev

from syncasync_sim.errors import LogError, what_to_write
from syncasync_sim.model.distributions import Distribution, Exponential, Lognormal, Uniform, Weibull
from syncasync_sim.model.quantities import US_PER_S

_NORMAL = NormalDist()
BEST = "best"


@dataclass(frozen=True, slots=True)
class FittedDistribution:
    """A distribution and how far it is from the values."""

    name: str
    distribution: Distribution
    distance: float
    """The greatest difference of the two cumulative distributions, from 0 to 1 (Kolmogorov-Smirnov)."""


def fitted_distribution(durations_us: Sequence[int], name: str) -> FittedDistribution:
    """Fit a distribution to measured durations by maximum likelihood.

    Args:
        durations_us: the durations, in microseconds.
        name: `lognormal`, `exponential`, `weibull`, `uniform`, or `best`: the one with the least distance.

    Raises:
        LogError: there is no such distribution, or the values do not allow it.
    """
    if name != BEST and name not in _MAKERS:
        raise LogError(f"--distribution {name}: {what_to_write(name, [*_MAKERS, BEST])}")
    values = sorted(us / US_PER_S for us in durations_us if us > 0)
    if len(values) < 2 or values[0] == values[-1]:
        raise LogError(f"--distribution {name}: all durations are the same or zero\n  = leave the option out")
    names = _MAKERS if name == BEST else [name]
    return min((_fit_of(values, each) for each in names), key=lambda fitted: fitted.distance)


def _fit_of(values: Sequence[float], name: str) -> FittedDistribution:
    distribution = _MAKERS[name](values)
    return FittedDistribution(name, distribution, distance(values, distribution))


def distance(values: Sequence[float], distribution: Distribution) -> float:
    """Return the Kolmogorov-Smirnov distance, in steps of one value: enough to judge a fit by.

    The quantile function of the distribution is enough for it: the share of the distribution below a value
    is found by halving.

    Args:
        values: the values, in ascending order.
        distribution: the distribution.
    """
    count = len(values)
    step = max(count // 1000, 1)
    return max(
        max(abs((rank + 1) / count - below), abs(rank / count - below))
        for rank in range(0, count, step)
        for below in [_share_below(values[rank], distribution)]
    )


def _share_below(value: float, distribution: Distribution) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if distribution.quantile_s(middle) <= value:
            low = middle
        else:
            high = middle
    return low


def _readable(number: float) -> float:
    """The number to four digits, as people write it, and to a microsecond at the finest."""
    return max(round(float(f"{number:.4g}"), 6), 1e-6)


def _exponential(values: Sequence[float]) -> Distribution:
    return Exponential(_readable(fmean(values)))


def _lognormal(values: Sequence[float]) -> Distribution:
    logs = [math.log(value) for value in values]
    p50 = math.exp(fmean(logs))
    return Lognormal(_readable(p50), _readable(p50 * math.exp(pstdev(logs) * _NORMAL.inv_cdf(0.99))))


def _uniform(values: Sequence[float]) -> Distribution:
    return Uniform(_readable(values[0]), _readable(values[-1]))


def _weibull(values: Sequence[float]) -> Distribution:
    """Solve the likelihood equation of the shape by halving (Rinne, The Weibull Distribution, 2009)."""
    mean_log = fmean(map(math.log, values))
    top = values[-1]

    def excess(shape: float) -> float:
        powers = [(value / top) ** shape for value in values]
        weighted = sum(p * math.log(v) for p, v in zip(powers, values, strict=True))
        return float(weighted / sum(powers) - 1 / shape - mean_log)

    low, high = 0.1, 100.0
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    shape = math.sqrt(low * high)
    scale = top * fmean((value / top) ** shape for value in values) ** (1 / shape)
    return Weibull(_readable(scale * math.gamma(1 + 1 / shape)), _readable(shape))


_MAKERS: Mapping[str, Callable[[Sequence[float]], Distribution]] = {
    "exponential": _exponential,
    "lognormal": _lognormal,
    "weibull": _weibull,
    "uniform": _uniform,
}

"""How long something takes when it does not always take the same time.

Every distribution answers three questions: its true mean, its true variance (queueing theory asks for it),
and its quantile (so that one random number in [0, 1) makes one duration: inverse transform sampling). A new
one is a class and a row in DISTRIBUTIONS; its docstring is its row in docs/scenario-reference.md.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, Protocol

from syncasync_sim.model.measured import ColumnReference, Columns, MeasuredColumn, column_of
from syncasync_sim.model.quantities import QuantityError, format_duration, format_number
from syncasync_sim.model.stamps import TimeUnit

_NORMAL = NormalDist()
_Z99 = _NORMAL.inv_cdf(0.99)
_SMALLEST_U = 2.0**-54
"""A generator may give exactly 0, where the normal quantile is minus infinity."""


class Distribution(Protocol):
    """A distribution of durations, in seconds."""

    @property
    def mean_s(self) -> float:
        """The true mean."""

    @property
    def variance_s2(self) -> float:
        """The true variance, in seconds squared."""

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the quantiles of these probabilities (0 <= u < 1), in seconds.

        Every duration of a run is one of them, so each should cost no more than a few microseconds.
        """

    def quantile_s(self, u: float) -> float:
        """Return the quantile of a probability *u* (0 <= u < 1), in seconds."""

    def __str__(self) -> str:
        """The text that reads back as the same distribution."""


class _Quantiles:
    """What has quantiles of many probabilities has the one of one."""

    __slots__ = ()

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        raise NotImplementedError

    def quantile_s(self, u: float) -> float:
        """Return the quantile of a probability *u* (0 <= u < 1), in seconds."""
        return self.quantiles_s([u])[0]


@dataclass(frozen=True, slots=True)
class Constant(_Quantiles):
    """Always the same."""

    value_s: float

    @property
    def mean_s(self) -> float:
        return self.value_s

    @property
    def variance_s2(self) -> float:
        return 0.0

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the constant, in seconds, for every u of *us*."""
        return [self.value_s for _ in us]

    def __str__(self) -> str:
        return format_duration(self.value_s)


@dataclass(frozen=True, slots=True)
class Exponential(_Quantiles):
    """Memoryless: mostly short, sometimes long."""

    mean_s: float

    @property
    def variance_s2(self) -> float:
        return self.mean_s**2

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the quantiles of *us* in seconds: -mean ln(1 - u)."""
        minus_mean_s, log = -self.mean_s, math.log
        return [minus_mean_s * log(1.0 - u) for u in us]

    def __str__(self) -> str:
        return f"exponential(mean={format_duration(self.mean_s)})"


@dataclass(frozen=True, slots=True)
class Uniform(_Quantiles):
    """Any duration between low and high, all equally likely."""

    low_s: float
    high_s: float

    @property
    def mean_s(self) -> float:
        return (self.low_s + self.high_s) / 2

    @property
    def variance_s2(self) -> float:
        return (self.high_s - self.low_s) ** 2 / 12

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the quantiles of *us* in seconds: low + u (high - low)."""
        low_s, width_s = self.low_s, self.high_s - self.low_s
        return [low_s + u * width_s for u in us]

    def __str__(self) -> str:
        return f"uniform({format_duration(self.low_s)}, {format_duration(self.high_s)})"


@dataclass(frozen=True, slots=True)
class Lognormal(_Quantiles):
    """The lognormal distribution by its median and 99th percentile: the usual shape of response times."""

    p50_s: float
    p99_s: float

    @property
    def sigma(self) -> float:
        """Standard deviation of the logarithm: ln(p99 / p50) over the normal 99th percentile."""
        return math.log(self.p99_s / self.p50_s) / _Z99

    @property
    def mean_s(self) -> float:
        return self.p50_s * math.exp(self.sigma**2 / 2)

    @property
    def variance_s2(self) -> float:
        return self.mean_s**2 * math.expm1(self.sigma**2)

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the quantiles of *us* in seconds: p50 exp(sigma z(u)), with the normal quantile z."""
        p50_s, sigma, z, exp = self.p50_s, self.sigma, _NORMAL.inv_cdf, math.exp
        return [p50_s * exp(sigma * z(u or _SMALLEST_U)) for u in us]

    def __str__(self) -> str:
        return f"lognormal(p50={format_duration(self.p50_s)}, p99={format_duration(self.p99_s)})"


@dataclass(frozen=True, slots=True)
class Weibull(_Quantiles):
    """The Weibull distribution: exponential at shape 1, with a heavier tail below and a lighter one above.

    Its scale follows from the mean: mean / Gamma(1 + 1 / shape).
    """

    mean_s: float
    shape: float

    @property
    def _scale_s(self) -> float:
        return self.mean_s / math.gamma(1 + 1 / self.shape)

    @property
    def variance_s2(self) -> float:
        second_moment_s2 = self._scale_s**2 * math.gamma(1 + 2 / self.shape)
        return max(second_moment_s2 - self.mean_s**2, 0.0)  # at shape 100 like is taken from like

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the quantiles of *us* in seconds: scale (-ln(1 - u))^(1 / shape)."""
        scale_s, power, log = self._scale_s, 1 / self.shape, math.log
        return [scale_s * (-log(1.0 - u)) ** power for u in us]

    def __str__(self) -> str:
        return f"weibull(mean={format_duration(self.mean_s)}, shape={format_number(self.shape)})"


@dataclass(frozen=True, slots=True)
class Empirical(_Quantiles):
    """Measured durations, all equally likely."""

    values_s: tuple[float, ...]
    """Sorted."""

    @property
    def mean_s(self) -> float:
        return math.fsum(self.values_s) / len(self.values_s)

    @property
    def variance_s2(self) -> float:
        mean_s = self.mean_s
        return math.fsum((value_s - mean_s) ** 2 for value_s in self.values_s) / len(self.values_s)

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the quantiles of *us* in seconds: the sorted values at these shares of their number."""
        values_s, number = self.values_s, len(self.values_s)
        return [values_s[int(u * number)] for u in us]

    def __str__(self) -> str:
        return f"empirical([{', '.join(map(format_duration, self.values_s))}])"


@dataclass(frozen=True, slots=True)
class EmpiricalFile(_Quantiles):
    """Measured durations of a column in a CSV file beside the scenario, all equally likely."""

    column: MeasuredColumn

    @property
    def values_s(self) -> array[float]:
        return self.column.sorted_s

    @property
    def mean_s(self) -> float:
        return self.column.mean_s

    @property
    def variance_s2(self) -> float:
        return self.column.variance_s2

    def quantiles_s(self, us: Iterable[float]) -> list[float]:
        """Return the quantiles of *us* in seconds: the sorted values at these shares of their number."""
        values_s = self.column.sorted_s
        number = len(values_s)
        return [values_s[int(u * number)] for u in us]

    def __str__(self) -> str:
        reference = self.column.reference
        named = [f"file={_quoted(reference.file)}"]
        named += [] if reference.column is None else [f"column={_quoted(reference.column)}"]
        named += [] if reference.unit == "s" else [f"unit={reference.unit}"]
        return f"empirical({', '.join(named)})"


def _quoted(name: str) -> str:
    """The name of a file or a column, in quotes where it would not be read back without them."""
    if re.fullmatch(r"[^\s,\[\]\"'](?:[^,\[\]\"']*[^\s,\[\]\"'])?", name):
        return name
    quote = "'" if '"' in name else '"'
    return f"{quote}{name}{quote}"


ParameterKind = Literal["duration", "number", "durations", "name", "time unit"]


@dataclass(frozen=True, slots=True)
class DistributionForm:
    """How one distribution is written in a scenario."""

    parameters: Mapping[str, ParameterKind]
    """The kind of each parameter, by its name, in order."""
    make: Callable[..., Distribution]
    """Makes it of their values; raises QuantityError, with the cure, where they do not fit together."""
    example: str
    """With every parameter named; messages, the reference and tests show it."""
    optional: frozenset[str] = frozenset()
    """The parameters that may be left out: they are None then."""
    of_file: DistributionForm | None = None
    """The form whose values stand in a file, if there is one: it is made of `Columns` and its parameters."""


def _uniform(low_s: float, high_s: float) -> Uniform:
    if high_s < low_s:
        raise QuantityError("uniform(low, high) needs low <= high", cure="swap the two durations")
    return Uniform(low_s, high_s)


def _lognormal(p50_s: float, p99_s: float) -> Lognormal:
    if not 0 < p50_s <= p99_s:
        raise QuantityError("lognormal(p50, p99) needs 0 < p50 <= p99", cure="as in  p50=1s, p99=2s")
    return Lognormal(p50_s, p99_s)


def _weibull(mean_s: float, shape: float) -> Weibull:
    if not 0.1 <= shape <= 100:
        raise QuantityError("weibull(mean, shape) needs a shape between 0.1 and 100", cure="as in  shape=0.7")
    return Weibull(mean_s, shape)


def _empirical(values_s: tuple[float, ...]) -> Empirical:
    return Empirical(tuple(sorted(values_s)))


def _empirical_file(
    columns: Columns | None, file: str, column: str | None, unit: TimeUnit | None
) -> EmpiricalFile:
    return EmpiricalFile(column_of(ColumnReference(file, column, unit or "s"), columns))


_OF_FILE = DistributionForm(
    {"file": "name", "column": "name", "unit": "time unit"},
    _empirical_file,
    "empirical(file=work.csv, column=charge, unit=ms)",
    optional=frozenset({"column", "unit"}),
)

DISTRIBUTIONS: Mapping[str, DistributionForm] = {
    "exponential": DistributionForm({"mean": "duration"}, Exponential, "exponential(mean=1.5s)"),
    "uniform": DistributionForm(
        {"low": "duration", "high": "duration"}, _uniform, "uniform(low=1s, high=2s)"
    ),
    "lognormal": DistributionForm(
        {"p50": "duration", "p99": "duration"}, _lognormal, "lognormal(p50=180ms, p99=900ms)"
    ),
    "weibull": DistributionForm(
        {"mean": "duration", "shape": "number"}, _weibull, "weibull(mean=1s, shape=0.7)"
    ),
    "empirical": DistributionForm(
        {"values": "durations"}, _empirical, "empirical(values=[120ms, 180ms, 2s])", of_file=_OF_FILE
    ),
}
"""By name. A plain duration is `Constant` and has no name."""

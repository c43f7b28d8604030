"""The sides of a validation: figures of a log and of its simulations, and how far apart they may be."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TOLERANCE: Mapping[str, float] = {"mean": 0.05, "p50": 0.05, "p95": 0.15, "p99": 0.25, "throughput": 0.05}
"""A difference below this share is none, however small the scatter of the replications is."""
MOST_FAILURE_DIFFERENCE = 0.01
"""Of the shares of failed requests."""
WIDEST = 1.0
"""The half of a range, as a share of the measured value, up to which agreement says something."""
JUDGED = ("mean", "p50", "p95")
"""The figures of the wait that a verdict is made of; a p99 scatters too much."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run, or of the log: times in seconds."""

    mean: float
    p50: float
    p95: float
    p99: float
    throughput: float
    """Replies per second, from the first arrival to the last reply."""
    failures: float
    """The share of the requests that failed."""

    def value(self, name: str) -> float:
        """Return the figure of a name."""
        return float(getattr(self, name))


NAMES = ("mean", "p50", "p95", "p99", "throughput", "failures")


@dataclass(frozen=True, slots=True)
class Range:
    """Where a figure of one more run would lie in 95 of 100 cases, by the scatter of the replications."""

    mean: float
    low: float
    high: float

    def is_wide(self, measured: float) -> bool:
        """Whether it is so wide that a measured value in it says nothing."""
        return self.high - self.low > 2 * WIDEST * measured


@dataclass(frozen=True, slots=True)
class Leg:
    """One way to simulate the log, run several times."""

    name: Literal["waits", "all"]
    ranges: Mapping[str, Range]
    """By the name of the figure."""
    responses_us: array[int]
    """The response times of the first replication, for the chart."""
    agrees: bool | None
    """Whether it agrees with the log; None if nothing can be judged."""
    verdict: str
    """In words: a sentence."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a sequence of requests is like, for the reasons of a difference."""

    rate_per_s: float
    variation: float
    """The squared coefficient of variation of the gaps between arrivals: 1 for Poisson arrivals."""
    mean_work_s: float


def is_near(name: str, measured: float, simulated: Range) -> bool:
    """Return whether a measured figure lies where the simulation lets it, or very near to its mean.

    Args:
        name: the name of the figure.
        measured: its measured value.
        simulated: where the simulation lets it lie.
    """
    if simulated.low <= measured <= simulated.high:
        return True
    if name == "failures":
        return abs(measured - simulated.mean) <= MOST_FAILURE_DIFFERENCE
    return abs(measured - simulated.mean) <= TOLERANCE[name] * measured

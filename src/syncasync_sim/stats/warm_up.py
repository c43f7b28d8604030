"""Where a warm-up ends, found from runs: MSER-5.

A run begins with nobody there, so its first customers have it better than those of the long run. Leaving
out too few keeps that bias, leaving out too many wastes what was measured. MSER leaves out as many as make
the confidence interval of the rest narrowest; MSER-5 looks at means of five, which is less hasty.

Sources: K. P. White, An effective truncation heuristic for bias reduction in simulation output, Simulation
69(6), 1997; K. P. White, M. J. Cobb and S. C. Spratt, A comparison of five steady-state truncation heuristics
for simulation, Winter Simulation Conference 2000. The customer's mean over several runs: P. D. Welch, The
statistical analysis of simulation results, 1983.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress, count
from operator import add, truediv

from syncasync_sim.errors import NotSettledError
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.overload import growing_line
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, Trace

BATCH = 5
AT_THE_END = 5
"""The last so many batches are always kept: a few are narrow by chance."""
LEAST = 2 * AT_THE_END
"""With fewer batches than this nothing can be told."""

_OK = int(ResponseStatus.OK)


def with_detected_warm_up(trace: Trace, warm_up_s: float) -> Trace:
    """The same run, with the end of the warm-up written into its scenario.

    Args:
        trace: the run.
        warm_up_s: the end of the warm-up, in seconds.
    """
    return replace(trace, scenario=trace.scenario.model_copy(update={"warm_up": warm_up_s}))


class WarmUp:
    """The warm-up of one design, found from several runs with independent random numbers.

    For each request the times of all the runs are added up, so that chance in one run matters little. Only as
    many requests count as every run has.
    """

    def __init__(self) -> None:
        self._runs = 0
        self._arrived = array("q")
        self._clocks = (_Sums(), _Sums())  # until the reply, until all the work is done

    def add(self, trace: Trace) -> None:
        """Add one more run."""
        arrived, replied, response, completed = (
            trace.requests.column(name) for name in ("arrived", "replied", "response", "completed")
        )
        number = len(arrived) if not self._runs else min(len(arrived), len(self._arrived))
        before = self._arrived if self._runs else array("q", [0]) * number
        self._arrived = array("q", map(add, before, arrived))
        replies = [to if how == _OK else NEVER for to, how in zip(replied, response, strict=True)]
        for clock, ends in zip(self._clocks, (replies, completed), strict=True):
            clock.add(arrived[:number], ends)
        self._runs += 1

    def end_s(self) -> float | None:
        """Return the end of the warm-up in seconds, by the later of both clocks.

        It is None if the runs are too short to tell.
        """
        ends_us = [0]
        for clock in self._clocks:
            indices, means = clock.means()
            if not indices:
                continue
            left_out = truncation(means)
            if left_out is None:
                return None
            ends_us.append(self._arrived[indices[left_out]] // self._runs if left_out else 0)
        return max(ends_us) / US_PER_S


class _Sums:
    """How long it took each request, added up over the runs, and in how many it came to an end."""

    def __init__(self) -> None:
        self._took: Sequence[int] | None = None
        self._times: Sequence[int] = ()

    def add(self, arrived: Sequence[int], ended: Sequence[int]) -> None:
        took = [0 if to == NEVER else to - at for at, to in zip(arrived, ended, strict=False)]
        times = [int(to != NEVER) for _, to in zip(arrived, ended, strict=False)]
        if self._took is not None:
            took = list(map(add, self._took, took))
            times = list(map(add, self._times, times))
        self._took, self._times = took, times

    def means(self) -> tuple[list[int], list[float]]:
        """Of every request that came to an end in some run: its index, and its mean."""
        indices = list(compress(count(), self._times))
        took, times = (compress(sums, self._times) for sums in (self._took or (), self._times))
        return indices, list(map(truediv, took, times))


def end_of_warm_up(runs: Sequence[Trace]) -> float:
    """Return the end of the warm-up of one design, in seconds.

    Args:
        runs: the traces of the design; the warm-up is found from all of them together.

    Raises:
        NotSettledError: no end of the warm-up is found.
    """
    warm_up = WarmUp()
    for trace in runs:
        warm_up.add(trace)
    end_s = warm_up.end_s()
    if end_s is None:
        raise not_settled(runs[0].scenario, runs[0].mode)
    return end_s


def not_settled(scenario: Scenario, mode: Mode) -> NotSettledError:
    """The error for a design without an end of the warm-up: a longer run does not help against an overload.

    Args:
        scenario: the scenario.
        mode: the design.
    """
    cure = "let customers come for longer (traffic), or say when the warm-up ends, as warm_up: 10m"
    why, cure = growing_line(scenario, mode) or (TOO_SHORT, cure)
    return NotSettledError(scenario.name, mode, why, cure)


TOO_SHORT = "the run is too short to tell where its warm-up ends"


def truncation(values: Sequence[float]) -> int | None:
    """Return the number of observations to drop as warm-up, by MSER-5.

    MSER-5 (White 1997; White, Cobb and Spratt 2000) takes the means of batches of five. Of n batch means Z it
    drops the first d for which the sum of (Z - mean)^2 over the others, divided by (n - d)^2, is least.

    Args:
        values: the observations in order of time.

    Returns:
        The number to drop; None with too few observations, or if d is in the second half: then the warm-up
        may not be over yet.
    """
    batches = [sum(values[at : at + BATCH]) for at in range(0, len(values) - BATCH + 1, BATCH)]
    number = len(batches)
    if number < LEAST:
        return None
    # From the end, running sums give the spread of each tail, so that all truncations cost one pass.
    total = squares = 0.0
    best, least = 0, float("inf")
    for left_out in reversed(range(number)):
        total, squares = total + batches[left_out], squares + batches[left_out] ** 2
        kept = number - left_out
        if kept < AT_THE_END:
            continue
        spread = (kept * squares - total**2) / kept**3
        if spread <= least:
            best, least = left_out, spread
    return None if 2 * best > number else best * BATCH

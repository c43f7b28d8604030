"""The verdict on each leg of a validation, in words: waits, arrivals or work."""

from __future__ import annotations

import math
from array import array
from statistics import fmean

from syncasync_sim.fit.fitted import Fit
from syncasync_sim.fit.legs import JUDGED, Figures, Kind, Leg, is_near
from syncasync_sim.model.formats import format_share, format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario

_VAGUE = (
    "It cannot be judged: one run differs too much from the next, as it does where nearly all threads are "
    "busy. Give a longer log."
)
MOST_WORK_DIFFERENCE = 0.05
"""Of the means of the work."""
MORE_BURSTY = 1.3
"""Ratio of the squared variation of the gaps between arrivals from which it is another kind of arrivals."""


def _first_difference(leg: Leg, measured: Figures) -> str:
    """The judged figure that is farthest off, with both values."""
    off = [name for name in JUDGED if not is_near(name, measured.value(name), leg.ranges[name])]
    if not off:
        simulated = leg.ranges["failures"].mean
        return f"{format_share(simulated)} fail, measured {format_share(measured.failures)}"
    name = max(off, key=lambda each: abs(math.log(_ratio(leg, measured, each))))
    return f"{name} {format_time(leg.ranges[name].mean)}, measured {format_time(measured.value(name))}"


def _ratio(leg: Leg, measured: Figures, name: str) -> float:
    return max(leg.ranges[name].mean, 1e-9) / max(measured.value(name), 1e-9)


def verdict_on_waits(leg: Leg, measured: Figures, scenario: Scenario, fit: Fit, judged: Kind) -> str:
    """Return the verdict on the leg that simulates the waits alone.

    Args:
        leg: the leg.
        measured: the figures of the log.
        scenario: the scenario.
        fit: what was found in the part of the log that gave the work.
        judged: what the requests of the judged part are like.
    """
    if leg.agrees is None:
        return _VAGUE
    if leg.agrees:
        return (
            "The waits are right: with the measured arrivals and work, the server gives the times of the log."
        )
    threads, log_threads = scenario.server.threads, fit.threads.count
    cause = ""
    if fit.threads.finding.is_known and threads != log_threads:
        own = "unlimited threads" if threads is None else f"{threads} thread{'s' * (threads != 1)}"
        cause = f"; the scenario has {own}, the log shows {log_threads}"
    elif differs := _work_differs(fit, judged):
        return f"The times differ, as the {differs}: {_first_difference(leg, measured)}."
    ratio = _ratio(leg, measured, "mean")
    direction = "too short" if ratio < 1 else "too long"
    return f"The waits are {direction}: {_first_difference(leg, measured)}{cause}."


def verdict_on_all(leg: Leg, waits: Leg, kinds: tuple[Kind, Kind], scenario: Scenario) -> str:
    """Return the verdict on the scenario as it stands, and whether its arrivals or its work differ.

    Args:
        leg: the leg.
        waits: the leg that simulates the waits alone.
        kinds: what the requests of the log and those of the scenario are like.
        scenario: the scenario.
    """
    reasons = list(_differences(*kinds, scenario))
    if leg.agrees is None:
        return _VAGUE
    if leg.agrees:
        return "The scenario as a whole gives the times of the log."
    begin = "The waits are right, but " if waits.agrees else ""
    if reasons:
        text = " and ".join(reasons)
        return f"{begin}{text}." if begin else f"{text[0].upper()}{text[1:]}."
    return f"{begin or 'As a whole '}the times differ: the scenario has other waits than the log."


def _differences(log: Kind, own: Kind, scenario: Scenario) -> list[str]:
    reasons = []
    if abs(own.rate_per_s - log.rate_per_s) > 0.1 * log.rate_per_s:
        reasons.append(f"{own.rate_per_s:.3g} arrive per second, measured {log.rate_per_s:.3g}")
    if not 1 / MORE_BURSTY <= max(log.variation, 1e-9) / max(own.variation, 1e-9) <= MORE_BURSTY:
        more = "burstier" if log.variation > own.variation else "more even"
        poisson = scenario.traffic.arrivals == "poisson"
        than = "Poisson" if poisson else "those of the scenario"
        reasons.append(
            f"the arrivals are {more} than {than} (squared variation of the gaps {log.variation:.2f}, "
            f"simulated {own.variation:.2f})"
        )
    if abs(own.mean_work_s - log.mean_work_s) > MOST_WORK_DIFFERENCE * log.mean_work_s:
        longer = "longer" if own.mean_work_s > log.mean_work_s else "shorter"
        reasons.append(
            f"the work of the scenario is {longer} than measured (mean {format_time(own.mean_work_s)}, "
            f"measured {format_time(log.mean_work_s)})"
        )
    return reasons


def _work_differs(fit: Fit, judged: Kind) -> str:
    """What to say where the work of the judged part is not that of the part before it; empty if it is."""
    work_us = fit.threads.work_us or array("q")
    mean_s = fmean(work_us) / US_PER_S
    if not abs(mean_s - judged.mean_work_s) > MOST_WORK_DIFFERENCE * judged.mean_work_s:
        return ""
    longer = "longer" if mean_s > judged.mean_work_s else "shorter"
    means = f"mean {format_time(mean_s)} and {format_time(judged.mean_work_s)}"
    return f"work is {longer} in the part before ({means})"

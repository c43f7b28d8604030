"""What threads, processes and clients that do one call at a time say about the stamps of a log."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from syncasync_sim.fit.log import UNKNOWN, Calls, Log
from syncasync_sim.fit.threads import KNEE, MOST_IMPOSSIBLE
from syncasync_sim.model.formats import format_count


def overlaps(calls: Calls, shift: Literal["none", "before", "after"] = "none") -> int:
    """Return how many calls begin before the one before them in their lane has ended.

    A lane does one call at a time, so there should be none. Many of them show that the stamp is the other
    end of the call.

    Args:
        calls: the calls.
        shift: `before`: as if each call were its own length earlier (the start is really its end);
            `after`: as if it were its own length later.
    """
    sign = {"none": 0, "before": -1, "after": 1}[shift]
    times = sorted(
        (lane, start + sign * (end - start), end + sign * (end - start))
        for lane, start, end in zip(calls.lane, calls.start_us, calls.end_us, strict=True)
        if lane != UNKNOWN
    )
    return sum(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(times))


def measures_work(log: Log) -> bool:
    """Return whether a start is the begin of the work: no process begins a call before its last one ends.

    If starts were arrivals, calls that wait for the same process would overlap.
    """
    return bool(log.processes and log.calls.lane) and overlaps(log.calls) <= MOST_IMPOSSIBLE * len(log.calls)


def disagreement(log: Log) -> str:
    """Return why the stamps may be the other end of the calls; empty if lanes say nothing against them."""
    if log.stamp == "both":
        return ""
    here = overlaps(log.calls)
    other = overlaps(log.calls, "before" if log.stamp == "start" else "after")
    if here <= MOST_IMPOSSIBLE * len(log.calls) or other * KNEE > here:
        return ""
    lanes = len(log.calls.lane_names)
    taken = "end" if log.stamp == "start" else "start"
    return (
        f"{format_count(here)} calls overlap in the {lanes} threads that the log names, {other} if its stamp "
        f"is the {taken} of the call"
    )

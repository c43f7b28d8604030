"""What came in, what went out and how much stood there, over the time of a run, in a few numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncasync_sim.trace.records import NEVER, Trace
from syncasync_sim.trace.series import Series, queue_depth, waiting_for_a_thread

BINS = 160
"""How many pieces the time is cut into."""


def strip(trace: Trace, end_us: int) -> dict[str, Any]:
    """Per piece of time: how many came in and went out, and the greatest number that waited.

    `customers`: clicks, answers, and who waits for a thread; `messages`: published, gone, and the queue's
    depth. All pieces are equally long, `piece` microseconds.
    """
    piece = max(1, -(-end_us // BINS))
    number = end_us // piece + 1
    requests, messages = trace.requests, trace.messages
    return {
        "piece": piece,
        "customers": {
            "in": _count(requests.column("arrived"), piece, number),
            "out": _count(requests.column("replied"), piece, number),
            "depth": _highest(waiting_for_a_thread(trace), piece, number),
        },
        "messages": {
            "in": _count(messages.column("published"), piece, number),
            "out": _count(messages.column("gone"), piece, number),
            "depth": _highest(queue_depth(trace), piece, number),
        },
    }


def _count(times: Iterable[int], piece: int, number: int) -> list[int]:
    counted = [0] * number
    for at in times:
        if at != NEVER:
            counted[min(at // piece, number - 1)] += 1
    return counted


def _highest(levels: Series, piece: int, number: int) -> list[int]:
    """The greatest level in each piece; what it was at the beginning of the piece counts, too."""
    highest, level, begun = [0] * number, 0, 0
    for at, now in zip(levels.times_us, levels.levels, strict=True):
        place = min(at // piece, number - 1)
        for between in range(begun, place + 1):
            highest[between] = max(highest[between], level)
        highest[place], level, begun = max(highest[place], now), now, place
    for between in range(begun, number):
        highest[between] = max(highest[between], level)
    return highest

"""How many were where and what came and went, over the time of a run, in a few numbers a line.

Levels are counted from the moves, as the boxes of the picture are: at the cursor both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import floor, log10
from typing import Any

from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.items import Lane
from syncasync_sim.replay.picture_places import GONE
from syncasync_sim.trace import queries
from syncasync_sim.trace.records import Trace

BINS = 160
"""How many pieces the time is cut into."""
WINDOW = 8
"""A rate is the mean over so many pieces, the last of them the one at the cursor."""
FEWEST = 20
"""Of fewer customers a rate says nothing: one alone would be a rectangle as wide as the window."""
WAITING: dict[Mode, str] = {"sync": "waiting for the page, sync", "async": "waiting for the page, async"}


def over_time(lane: Lane, end_us: int, *, first: bool) -> dict[str, Any]:
    """Return the curves of a design, each with its `label`, its `look` and one value per interval.

    The `levels` are the greatest number in `places` in each interval; of `customers` only those who still
    wait count. The `rates` are per second. All intervals have the same length, `piece` microseconds.

    Args:
        lane: the moves of the design.
        end_us: the end of the run, in microseconds.
        first: whether it is the first design; only there is the rate of arrivals shown, which is the same in
            both.
    """
    piece = max(1, -(-end_us // BINS))
    number = end_us // piece + 1
    levels = list(_levels(lane, piece, number))
    return {"piece": piece, "levels": levels, "rates": list(_rates(lane, piece, number, first=first))}


def _levels(lane: Lane, piece: int, number: int) -> Iterator[dict[str, Any]]:
    mode = lane.trace.mode
    wanted = (
        (WAITING[mode], mode, {"wait", "threads"}, "customer"),
        ("messages in the queue", "queue", {"queue"}, "message"),
    )
    for label, look, ids, kind in wanted:
        places = [place for place, there in enumerate(lane.places) if there.id in ids]
        if places:
            values = _highest(_steps(lane, places, kind), piece, number)
            yield {"label": label, "look": look, "places": places, "kind": kind, "values": values}


def _rates(lane: Lane, piece: int, number: int, *, first: bool) -> Iterator[dict[str, Any]]:
    mode, came = lane.trace.mode, {item.customer for item in lane.items}
    if len(came) < FEWEST:
        return
    clicks = {item for item, it in enumerate(lane.items) if it.kind == "customer" and not it.click}
    seen: set[int] = set()
    begins: list[int] = []
    for move in lane.moves:
        if move.item in clicks and move.item not in seen:
            begins.append(move.t)
            seen.add(move.item)
    wanted = [("customers who come", "in", begins)] if first else []
    wanted.append((f"pages, {mode}", mode, _times(lane, EventKind.PAGE)))
    if queued := _times(lane, EventKind.QUEUED):
        wanted.append(("messages published", "queue-in", queued))
        wanted.append(("messages done", "queue", _times(lane, EventKind.DONE)))
    for label, look, times in wanted:
        yield {"label": label, "look": look, "values": _rate(_count(times, piece, number), piece)}


def peaks(lane: Lane) -> list[int]:
    """Return the greatest number of items that are in each place at once, also for an instant."""
    there, most, last = [0] * len(lane.places), [0] * len(lane.places), dict[int, int]()
    for move in lane.moves:
        before = last.get(move.item, GONE)
        if before != GONE:
            there[before] -= 1
        if move.place != GONE:
            there[move.place] += 1
            most[move.place] = max(most[move.place], there[move.place])
        last[move.item] = move.place
    return most


def _times(lane: Lane, mark: EventKind) -> list[int]:
    return [move.t for move in lane.moves if move.mark == mark]


def _rate(counts: Sequence[int], piece: int) -> list[float]:
    """Per second, with one decimal; before the first piece nothing came."""
    sums = [0, *accumulate(counts)]
    return [
        round((sums[place + 1] - sums[max(0, place + 1 - WINDOW)]) * US_PER_S / (piece * WINDOW), 1)
        for place in range(len(counts))
    ]


def _count(times: Iterable[int], piece: int, number: int) -> list[int]:
    counted = [0] * number
    for at in times:
        counted[min(at // piece, number - 1)] += 1
    return counted


def _steps(lane: Lane, places: Sequence[int], kind: str) -> Iterator[tuple[int, int]]:
    """How many items of a kind are in places after all that happens at a moment."""
    inside: set[int] = set()
    for number, move in enumerate(lane.moves):
        if lane.items[move.item].kind == kind:
            (inside.add if move.place in places else inside.discard)(move.item)
        if number + 1 == len(lane.moves) or lane.moves[number + 1].t > move.t:
            yield move.t, len(inside)


def _highest(steps: Iterable[tuple[int, int]], piece: int, number: int) -> list[int]:
    """The greatest level in each piece; what it was at the beginning of the piece counts, too."""
    highest, level, begun = [0] * number, 0, 0
    for at, now in steps:
        place = min(at // piece, number - 1)
        for between in range(begun, place + 1):
            highest[between] = max(highest[between], level)
        highest[place], level, begun = max(highest[place], now), now, place
    for between in range(begun, number):
        highest[between] = max(highest[between], level)
    return highest


def ticks(end_us: int, wanted: int = 8) -> list[float]:
    """Return round values in seconds for the axis.

    Args:
        end_us: the end of the axis, in microseconds.
        wanted: about the number of values.
    """
    raw = end_us / US_PER_S / wanted or 1.0
    power = 10.0 ** floor(log10(raw))
    apart = next(n * power for n in (1, 2, 5, 10) if n * power >= raw * 0.999)
    return [round(place * apart, 6) for place in range(int(end_us / US_PER_S / apart + 1e-9) + 1)]


def effects(trace: Trace) -> list[list[int]]:
    """Return every effect of a step in order of time: its time in microseconds, its step and its ordinal.

    The ordinal counts the effect for this customer, from 1.
    """
    return [[row.at_us, row.step, row.ordinal] for row in queries.effects(trace)]

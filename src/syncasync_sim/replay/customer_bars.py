"""What the bars of a picture need besides the moves: whose are shown, how long was waited, where to stop.

A bar is drawn from the moves themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from syncasync_sim.model.formats import format_time
from syncasync_sim.replay.captions import REASONS, STOPS
from syncasync_sim.replay.items import Lane
from syncasync_sim.trace import queries
from syncasync_sim.trace.records import ResponseStatus, Trace
from syncasync_sim.trace.worst_off import hardest_hit

MOST_BARS = 12
"""So many customers have a bar without being asked for: of more, the class sees none."""
NOBODY = -1


def shown_customers(lanes: Sequence[Lane]) -> list[tuple[int, str, str]]:
    """Return the customers who have a bar: the number from 0, why, and in which design.

    Up to MOST_BARS these are all of them, and no reason is needed. Of more, they are those to whom most
    happened, in each design the slowest and the median, the first of each kind of trouble, and as many of
    the others as there is room for, evenly spread. In this order a picture with less room takes the first.
    The design is empty where the reason is true of both.
    """
    customers = max(queries.customers_came(lane.trace) for lane in lanes)
    if customers <= MOST_BARS:
        return [(customer, "", "") for customer in range(customers)]
    reasons = dict[int, tuple[str, str]]()
    for customer, reason, mode in _with_reason(lanes):
        if len(reasons) < MOST_BARS:
            reasons.setdefault(customer, (reason, mode))
    others = [customer for customer in range(customers) if customer not in reasons]
    left = MOST_BARS - len(reasons)
    spread = sorted(range(left), key=lambda number: f"{number:04b}"[::-1])  # the first few are spread, too
    reasons.update((others[number * len(others) // left], ("", "")) for number in spread)
    return [(customer, *why) for customer, why in reasons.items()]


def _with_reason(lanes: Sequence[Lane]) -> Iterator[tuple[int, str, str]]:
    yield hardest_hit(lane.trace for lane in lanes) - 1, "worst off", ""
    for lane in lanes:
        waits = sorted((wait, -customer) for customer, wait in _waits_us(lane.trace))
        if waits and waits[0][0] < waits[-1][0]:
            yield -waits[-1][1], "slowest", lane.trace.mode
            yield -waits[(len(waits) - 1) // 2][1], "median", lane.trace.mode
    for lane in lanes:
        before = set[str]()
        for move in lane.moves:
            reason = REASONS.get(move.mark, "")
            if reason and reason not in before:
                before.add(reason)
                yield lane.items[move.item].customer, reason, lane.trace.mode


def _waits_us(trace: Trace) -> Iterator[tuple[int, int]]:
    """Customer and wait of each click that got the page, in microseconds; the table has p50 of these."""
    rows = queries.of_counted(trace, "customer", "arrived", "replied", "response")
    for customer, arrived, replied, response in rows:
        if response == ResponseStatus.OK:
            yield customer, replied - arrived


def longest_waits(lane: Lane) -> list[tuple[int, int, int]]:
    """Return what tells the longest wait for an answer at every moment, in microseconds.

    Each row has the time from which it holds, the longest wait that was over by then, and since when the
    customer waits who has waited longest; NOBODY if nobody waits.
    """
    inside = {number for number, box in enumerate(lane.boxes) if box.id in ("wait", "threads")}
    customers = {number for number, item in enumerate(lane.items) if item.kind == "customer"}
    since, finished, rows = dict[int, int](), 0, [(0, 0, NOBODY)]
    for move, following in zip_longest(lane.moves, lane.moves[1:]):
        t, item = move.t, move.item
        if item in customers:
            if move.box in inside:
                since.setdefault(item, t)
            elif item in since:
                finished = max(finished, t - since.pop(item))
        if following is None or following.t != t:  # only what holds after all that happens at a moment
            row = (t, finished, next(iter(since.values()), NOBODY))
            if row[1:] != rows[-1][1:]:
                rows.append(row)
    return rows


def waited(figures: Mapping[str, Any], of_which: str) -> tuple[str, str]:
    """Return how long customers waited, for the end of the run: the time, and of whom it is.

    Args:
        figures: the summary of one design as plain data.
        of_which: what of the run is counted, if not all of it.
    """
    customers, got = figures["customers"], figures["customers_with_page"]
    of_whom = f"{got:,} of {customers:,} customers got the page{f' ({of_which})' if of_which else ''}"
    time = figures["response_time_s"]
    if time is None:
        return "no page", of_whom
    if customers == 1:
        return format_time(time["mean"]), "until the page"
    return format_time(time["mean"]), f"until the page, on average; {of_whom}"


def done_again(happened: Iterable[queries.Effect]) -> list[tuple[int, int, int, int]]:
    """Return each effect that happened to a customer once more: customer, step, and both times."""
    last, again = dict[tuple[int, str], int](), list[tuple[int, int, int, int]]()
    for row in happened:
        key = (row.customer, row.effect)
        if row.ordinal > 1:
            again.append((row.customer, row.step, last[key], row.at_us))
        last[key] = row.at_us
    return again


def stops(lanes: Sequence[Lane]) -> list[tuple[int, int, int, str]]:
    """Return where guided play stops: at the first event of each kind in each design.

    Each has the time in microseconds, the number of the design, that of the move, and what it means.
    """
    rows = list[tuple[int, int, int, str]]()
    for number, lane in enumerate(lanes):
        before = set[str]()
        for index, move in enumerate(lane.moves):
            text = STOPS.get(move.mark, {}).get(lane.trace.mode, "")
            if text and text not in before:
                before.add(text)
                rows.append((move.t, number, index, text))
    return sorted(rows)

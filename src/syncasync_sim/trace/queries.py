"""The questions that are asked of a run: who counts, how long they waited, what happened to whom.

Whoever shows or counts something of a trace asks here, so that it is the same wherever it is shown.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import compress
from typing import NamedTuple

from syncasync_sim.model.attempts import Outcome
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.trace.records import NEVER, Response, Trace, Work, packed

_OK = int(Outcome.OK)
ANSWERED_BADLY = (int(Response.ERROR), int(Response.TIMED_OUT), int(Response.REJECTED))
"""Answers other than the page."""


class Counted:
    """Who counts: customers whose first click came at the warm-up or later.

    1 in `customers` and in `requests` stands for those who count and their clicks, 0 for the others.
    """

    def __init__(self, trace: Trace) -> None:
        self.customer_of = trace.requests.column("customer")
        arrived, click = trace.requests.column("arrived"), trace.requests.column("click")
        warm_up_us = warm_up_of(trace)
        self.everybody = not warm_up_us
        self.customers = bytearray(max(self.customer_of, default=-1) + 1)
        for customer, number, at in zip(self.customer_of, click, arrived, strict=True):
            if not number and at >= warm_up_us:
                self.customers[customer] = 1

        self.requests = bytearray(map(self.customers.__getitem__, self.customer_of))

    def of_requests(self, column: array[int]) -> array[int]:
        """Only the numbers that count, of one for each request."""
        return column if self.everybody else packed(list(compress(column, self.requests)))


def warm_up_of(trace: Trace) -> int:
    """The end of the warm-up, in microseconds: who came before it does not count."""
    return round(trace.scenario.warm_up_s * US_PER_S)


def customers_of(trace: Trace) -> int:
    """How many people came, those of the warm-up too."""
    return max(trace.requests.column("customer"), default=-1) + 1


# -- what happened in the world -----------------------------------------------------------------------


class Happened(NamedTuple):
    """An effect that happened: when (microseconds), by which attempt at which step, to whom, what.

    `time` is 1 for the first time it happened to the customer, 2 for the second, and so on.
    """

    at: int
    attempt: int
    customer: int
    step: int
    effect: str
    time: int


def effects(trace: Trace) -> list[Happened]:
    """Every effect, in the order in which they happened.

    A step has its effect each time it succeeds; an idempotent step only the first time that it succeeds for
    a customer. Two steps may have the same effect: then it happens twice.
    """
    steps = trace.scenario.steps
    customer_of = trace.requests.column("customer")
    rows = [
        (ended, index, customer_of[request], step)
        for index, (request, step, ended, outcome) in enumerate(
            trace.attempts.columns("request", "step", "ended", "outcome")
        )
        if outcome == _OK and steps[step].effect is not None
    ]
    done: set[tuple[int, int]] = set()
    times: dict[tuple[int, str], int] = {}
    found: list[Happened] = []
    for at, attempt, customer, step in sorted(rows):
        effect = steps[step].effect
        if effect is None or (steps[step].idempotent and (customer, step) in done):
            continue
        done.add((customer, step))
        time = times[customer, effect] = times.get((customer, effect), 0) + 1
        found.append(Happened(at, attempt, customer, step, effect, time))
    return found


def effect_counts(trace: Trace, counted: Counted) -> dict[str, array[int]]:
    """Per effect, how often it happened to each customer: `effects` counted, without a row for each."""
    steps = trace.scenario.steps
    nobody = array("l", [0]) * len(counted.customers)
    times = {step.effect: array("l", nobody) for step in steps if step.effect}
    counts = [times[step.effect] if step.effect else None for step in steps]
    customer_of, counts_for = counted.customer_of, counted.requests
    once = [bytearray(len(nobody)) if step.idempotent else None for step in steps]
    for request, step, outcome in trace.attempts.columns("request", "step", "outcome"):
        count = counts[step]
        if outcome != _OK or count is None or not counts_for[request]:
            continue
        customer, done = customer_of[request], once[step]
        if done is not None:
            if done[customer]:
                continue
            done[customer] = 1
        count[customer] += 1
    return times


def phantom_errors(trace: Trace, counted: Counted) -> int:
    """Requests answered other than with the page in which a step with an effect succeeded."""
    answered_badly = {
        i
        for i, response in enumerate(trace.requests.column("response"))
        if response in ANSWERED_BADLY and counted.requests[i]
    }
    if not answered_badly:
        return 0
    has_effect = [step.effect is not None for step in trace.scenario.steps]
    rows = trace.attempts.columns("request", "step", "outcome")
    succeeded = {r for r, step, outcome in rows if outcome == _OK and has_effect[step]}
    return len(answered_badly & succeeded)


# -- how long they waited -----------------------------------------------------------------------------


def waits_us(trace: Trace, counted: Counted) -> list[int]:
    """Microseconds from each click to its answer: page, error page, rejection, or giving up."""
    names = ("arrived", "replied", "response")
    arrived, replied, response = (counted.of_requests(trace.requests.column(name)) for name in names)
    rows = zip(arrived, replied, response, strict=True)
    return [to - at for at, to, how in rows if how != Response.NONE]


def customers_with_page(trace: Trace, counted: Counted) -> int:
    """How many people got a page at least once."""
    rows = trace.requests.columns("customer", "response")
    return len({who for who, how in rows if how == Response.OK and counted.customers[who]})


def was_cut(trace: Trace) -> bool:
    """Whether the run was ended while something was left to happen, so that more might have come."""
    stop_at_s = trace.scenario.stop_at_s
    return trace.partial or (stop_at_s is not None and trace.observed_us >= round(stop_at_s * US_PER_S))


def answered_within(trace: Trace, counted: Counted) -> Within:
    """How long each click waited for its page."""
    names = ("arrived", "replied", "response")
    rows = zip(*(counted.of_requests(trace.requests.column(name)) for name in names), strict=True)
    return _within(
        trace, ((at, to if how == Response.OK else NEVER, how == Response.NONE) for at, to, how in rows)
    )


def done_within(trace: Trace, counted: Counted) -> Within:
    """How long it took until all work of each click was done."""
    names = ("arrived", "completed", "work")
    rows = zip(*(counted.of_requests(trace.requests.column(name)) for name in names), strict=True)
    return _within(trace, ((at, to, work == Work.UNFINISHED) for at, to, work in rows))


class Within(NamedTuple):
    """Of so many clicks: the times of those that got there, and how long those were open that still may.

    Both are in microseconds, in order.
    """

    clicks: int
    times_us: array[int]
    open_us: array[int]

    def share(self, limit_s: float) -> float | None:
        """The share of all clicks that got there not later than *limit_s* seconds after the click.

        One that was still open when the run was cut, and whose time was not over yet, is left out; None
        without clicks.
        """
        limit_us = round(limit_s * US_PER_S)
        asked = self.clicks - bisect_left(self.open_us, limit_us)
        return bisect_right(self.times_us, limit_us) / asked if asked else None


def _within(trace: Trace, rows: Iterator[tuple[int, int, bool]]) -> Within:
    """Of (arrived, when it got there or NEVER, whether it is open) for each click."""
    cut, over = was_cut(trace), trace.observed_us
    clicks, times, still = 0, [], []
    for at, to, is_open in rows:
        clicks += 1
        if to != NEVER:
            times.append(to - at)
        elif is_open and cut:
            still.append(over - at)
    return Within(clicks, packed(sorted(times)), packed(sorted(still)))


# -- who held what, and what came too early -----------------------------------------------------------


class Held(NamedTuple):
    """The most messages that one worker had at once (the one in hand and those that wait), and which one."""

    most: int
    worker: int


def held_most(trace: Trace) -> Held:
    """Which worker had the most messages at once; (0, 0) without a delivery.

    What a worker has counts until it has ended it, whatever the queue thinks of it meanwhile.
    """
    changes: dict[int, list[tuple[int, int]]] = {}
    for worker, taken, ended in trace.deliveries.columns("worker", "taken", "ended"):
        own = changes.setdefault(worker, [])
        own.append((taken, 1))
        if ended != NEVER:
            own.append((ended, -1))
    found = Held(0, 0)
    for worker in sorted(changes):
        level = 0
        for _, change in sorted(changes[worker]):  # what ends at an instant ends before the next is taken
            level += change
            if level > found.most:
                found = Held(level, worker)
    return found


def without_messages(trace: Trace) -> list[int]:
    """The workers that never got a message, counted from 1."""
    got = set(trace.deliveries.column("worker"))
    return [number for number in range(1, trace.scenario.workers.count + 1) if number not in got]


class TooEarly(NamedTuple):
    """A step on the queue that was begun before a later step of the same request had its effect.

    `times` is in how many of the `messages` that were begun.
    """

    step: int
    later: int
    times: int
    messages: int


def begun_too_early(trace: Trace) -> list[TooEarly]:
    """Work that a worker began while the request that asked for it had not yet done a later step.

    Only later steps with an effect are looked at: those that change something the work may rely on.
    """
    steps = trace.scenario.steps
    later = {
        (place, after)
        for place, step in enumerate(steps)
        if step.background
        for after in range(place + 1, len(steps))
        if steps[after].effect is not None and not steps[after].background
    }
    if trace.mode == "sync" or not later:
        return []
    done: dict[tuple[int, int], int] = {}
    begun: dict[tuple[int, int], int] = {}
    for request, step, by, started, ended, outcome in trace.attempts.columns(
        "request", "step", "by", "started", "ended", "outcome"
    ):
        if by < 0:
            begun.setdefault((request, step), started)
        elif outcome == _OK:
            done[request, step] = ended
    found = []
    for place, after in sorted(later):
        starts = [(request, at) for (request, step), at in begun.items() if step == place]
        early = sum(done.get((request, after), trace.observed_us + 1) > at for request, at in starts)
        if early:
            found.append(TooEarly(place, after, early, len(starts)))
    return found

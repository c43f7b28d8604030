"""What workers got, held and began: the questions about them and their messages that readers put to a trace.

Times are whole microseconds, as in the columns, in names that end in `_us`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import compress, pairwise
from typing import NamedTuple

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.trace.columns import NEVER, have_happened
from syncasync_sim.trace.records import Delivery, DeliveryOutcome, PauseReason, Trace, is_worker
from syncasync_sim.trace.series import Series, series

_OK = int(AttemptOutcome.OK)


def held(trace: Trace) -> dict[int, Series]:
    """Return the number of messages that each worker holds over time, by worker number from 1.

    A worker holds the message that it works on and those that it has prefetched.
    """
    ups: dict[int, list[int]] = defaultdict(list)
    downs: dict[int, list[int]] = defaultdict(list)
    for worker, taken, ended in trace.deliveries.columns("worker", "taken", "ended"):
        ups[worker].append(taken)
        downs[worker].append(ended)
    workers = range(1, max(trace.scenario.workers.count, *ups, 0) + 1)
    return {worker: series(ups[worker], downs[worker]) for worker in workers}


def most_held(trace: Trace) -> dict[int, int]:
    """Return the greatest number of messages that each worker held, by worker number from 1."""
    return {worker: levels.peak()[0] for worker, levels in held(trace).items()}


def longest_in_hands_us(trace: Trace) -> int:
    """Return the longest time that a prefetched message waited at a busy worker, in microseconds.

    If the worker never began it, it waited until it was taken away, or until the end of the run. It is 0 if
    no message waited.
    """
    rows = trace.deliveries.columns("taken", "in_hand", "ended")
    over = trace.observed_us
    ends = ((t, ended if in_hand == NEVER else in_hand) for t, in_hand, ended in rows)
    return max(((over if end == NEVER else end) - taken for taken, end in ends), default=0)


def messages_taken(trace: Trace) -> dict[int, int]:
    """Return the number of deliveries to each worker, by worker number from 1; 0 for a worker without any."""
    got = Counter(trace.deliveries.column("worker"))
    return {worker: got[worker] for worker in range(1, max(trace.scenario.workers.count, *got, 0) + 1)}


def first_takings(trace: Trace) -> Iterator[tuple[int, ...]]:
    """Yield every message that was taken, with the time of its first delivery in microseconds."""
    rows = trace.deliveries.columns("message", "taken")
    return compress(rows, map((1).__eq__, trace.deliveries.column("number")))


def retaken_after_us(trace: Trace) -> list[int]:
    """Return the times from a worker's death until each of its messages was taken again, in microseconds."""
    rows = sorted(trace.deliveries.columns("message", "taken", "ended", "result"))
    return [
        later[1] - row[2]
        for row, later in pairwise(rows)
        if row[0] == later[0] and row[3] == DeliveryOutcome.CRASHED and row[2] <= later[1]
    ]


def is_kept(trace: Trace, delivery: Delivery) -> bool:
    """Whether the worker kept the message after this failed delivery and tried again in place.

    Args:
        trace: the run.
        delivery: one delivery of the message.
    """
    is_failed = delivery.result is DeliveryOutcome.FAILED and delivery.visible_s == delivery.ended_s
    return trace.scenario.queue.failure == "in_place" and is_failed


def went_down_with_server(trace: Trace, delivery: Delivery) -> bool:
    """Whether the worker lost the message because the web server, in which it lives, was restarted.

    Args:
        trace: the run.
        delivery: a delivery to the worker.
    """
    if delivery.result is not DeliveryOutcome.CRASHED or not trace.scenario.queue.in_process:
        return False
    death = (delivery.worker, delivery.ended_s)
    return all((crash.worker, crash.at_s) != death for crash in trace.crashes)


class Returns(NamedTuple):
    """The longest times after which a message came back, in microseconds; 0 if none came back so.

    `after_death` runs from the death of the worker, `after_timeout` from the taking of a message until its
    visibility timeout was over.
    """

    after_death: int
    after_timeout: int


def taken_for_dead(trace: Trace) -> AbstractSet[int]:
    """Return the rows of the deliveries that came back as their worker stood still for too long."""
    pauses = trace.pauses.columns("worker", "reason", "at")
    deaths = {(worker, at) for worker, reason, at in pauses if reason == PauseReason.TAKEN_FOR_DEAD}
    if not deaths:
        return frozenset()
    rows = enumerate(trace.deliveries.columns("worker", "ended", "visible"))
    return {
        row
        for row, (worker, ended, visible) in rows
        if (worker, visible) in deaths and (ended == NEVER or visible < ended)
    }


def returns(trace: Trace) -> Returns:
    """Return how long it took until messages were visible again after a death or by a visibility timeout."""
    by_timeout = trace.scenario.queue.failure == "timeout"
    deaths, timeouts, for_dead = [0], [0], taken_for_dead(trace)
    rows = enumerate(trace.deliveries.columns("taken", "ended", "visible", "result"))
    came_back = compress(rows, have_happened(trace.deliveries.column("visible")))
    for row, (taken, ended, visible, result) in came_back:
        if result == DeliveryOutcome.NOT_BEGUN and visible == ended:
            continue
        if row in for_dead:
            continue
        if result == DeliveryOutcome.CRASHED and ended <= visible:
            deaths.append(visible - ended)
        elif result != DeliveryOutcome.FAILED or by_timeout or visible < ended:
            timeouts.append(visible - taken)
    return Returns(max(deaths), max(timeouts))


def last_work_us(trace: Trace) -> int | None:
    """Return when a worker last succeeded at a step, in microseconds; None if no worker ever did."""
    rows = trace.attempts.columns("by", "outcome", "ended")
    return max((ended for by, outcome, ended in rows if is_worker(by) and outcome == _OK), default=None)


class TooEarly(NamedTuple):
    """A step on the queue that was begun before a later step of the same request had its effect.

    `times` is in how many of the `messages` that were begun.
    """

    step: int
    later: int
    times: int
    messages: int


def begun_too_early(trace: Trace) -> list[TooEarly]:
    """Return the steps that a worker began before a later step of the same request was done.

    Only later steps with an effect count: the work may rely on what they change.
    """
    steps = trace.scenario.steps
    later = {
        (index, after)
        for index, step in enumerate(steps)
        if step.background
        for after in range(index + 1, len(steps))
        if steps[after].effect is not None and not steps[after].background
    }
    if trace.mode == "sync" or not later:
        return []
    done: dict[tuple[int, int], int] = {}
    begun: dict[tuple[int, int], int] = {}
    for request, step, by, started, ended, outcome in trace.attempts.columns(
        "request", "step", "by", "started", "ended", "outcome"
    ):
        if is_worker(by):
            begun.setdefault((request, step), started)
        elif outcome == _OK:
            done[request, step] = ended
    too_early = []
    for index, after in sorted(later):
        starts = [(request, at) for (request, step), at in begun.items() if step == index]
        early = sum(done.get((request, after), trace.observed_us + 1) > at for request, at in starts)
        if early:
            too_early.append(TooEarly(index, after, early, len(starts)))
    return too_early

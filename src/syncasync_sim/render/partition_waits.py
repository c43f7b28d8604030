"""How long messages wait behind another one, where a partition or a message group keeps its order."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.trace.records import NEVER, Trace, is_worker
from syncasync_sim.trace.worker_queries import first_takings

_BAD = (AttemptOutcome.FAILED, AttemptOutcome.TIMED_OUT)


def blocked_behind(trace: Trace, stuck: set[int], partitions: int | str) -> int:
    """Return how many messages were first taken only after a stuck one in the same partition was gone.

    This is head-of-line blocking.

    Args:
        trace: the run.
        stuck: the rows of the stuck messages.
        partitions: the number of partitions, or the word of the scenario for one per customer.
    """
    lane = _lanes(trace, partitions)
    published, gone = trace.messages.column("published"), trace.messages.column("gone")
    freed: dict[int, list[int]] = defaultdict(list)
    for message in stuck:
        freed[lane(message)].append(trace.observed_us if gone[message] == NEVER else gone[message])
    for moments in freed.values():
        moments.sort()
    waited = 0
    for message, at in first_takings(trace):
        moments = [] if message in stuck else freed.get(lane(message), [])
        waited += bisect_right(moments, published[message]) < bisect_right(moments, at)
    return waited


def waited_for_the_one_before(trace: Trace, partitions: int | str) -> int:
    """Return how many messages waited, and were first taken when another one of their partition was gone.

    This is head-of-line blocking.

    Args:
        trace: the run.
        partitions: the number of partitions, or the word of the scenario for one per customer.
    """
    lane = _lanes(trace, partitions)
    published, gone = trace.messages.column("published"), trace.messages.column("gone")
    freed = {(lane(message), at) for message, at in enumerate(gone)}
    return sum(
        at > published[message] and (lane(message), at) in freed for message, at in first_takings(trace)
    )


def pauses_in_place(trace: Trace) -> list[float]:
    """Return the seconds from each failed attempt of a worker until its message was delivered again."""
    attempts = trace.attempts.columns("request", "step", "number", "by", "outcome", "ended")
    failed = {(r, s, n): at for r, s, n, by, outcome, at in attempts if is_worker(by) and outcome in _BAD}
    requests, steps = trace.messages.column("request"), trace.messages.column("step")
    deliveries = trace.deliveries.columns("message", "number", "taken")
    again = {(requests[m], steps[m], n - 1): at for m, n, at in deliveries if n > 1}
    return [(again[key] - at) / US_PER_S for key, at in failed.items() if key in again]


def _lanes(trace: Trace, partitions: int | str) -> Callable[[int], int]:
    """The partition or the group of a message."""
    customers, requests = trace.requests.column("customer"), trace.messages.column("request")
    if isinstance(partitions, int):
        return lambda message: customers[requests[message]] % partitions
    return lambda message: customers[requests[message]]

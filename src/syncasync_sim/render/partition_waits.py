"""How long messages wait behind another one, where a partition or a message group keeps its order."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Delivery, Trace, is_worker
from syncasync_sim.trace.worker_queries import first_takings, is_kept


def blocked_behind(trace: Trace, stuck: set[int], partitions: int | str, counts: Sequence[int]) -> int:
    """Return how many messages were first taken only after a stuck one in the same partition was gone.

    This is head-of-line blocking.

    Args:
        trace: the run.
        stuck: the rows of the stuck messages.
        partitions: the number of partitions, or the word of the scenario for one per customer.
        counts: per message, 1 if it counts.
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
        moments = freed.get(lane(message), []) if counts[message] and message not in stuck else []
        waited += bisect_right(moments, published[message]) < bisect_right(moments, at)
    return waited


def waited_for_the_one_before(trace: Trace, partitions: int | str, counts: Sequence[int]) -> int:
    """Return how many messages waited, and were first taken when another one of their partition was gone.

    This is head-of-line blocking.

    Args:
        trace: the run.
        partitions: the number of partitions, or the word of the scenario for one per customer.
        counts: per message, 1 if it counts.
    """
    lane = _lanes(trace, partitions)
    published, gone = trace.messages.column("published"), trace.messages.column("gone")
    freed = {(lane(message), at) for message, at in enumerate(gone)}
    return sum(
        counts[message] and at > published[message] and (lane(message), at) in freed
        for message, at in first_takings(trace)
    )


def pauses_in_place(trace: Trace, failed: Iterable[Delivery]) -> list[float]:
    """Return the seconds from each failed attempt until the worker that kept its message tried it again.

    Args:
        trace: the run.
        failed: deliveries that failed; those after which the worker did not keep the message are left out.
    """
    attempts = trace.attempts.columns("request", "step", "number", "by", "ended")
    ended = {(request, step, number): at for request, step, number, by, at in attempts if is_worker(by)}
    messages = (
        (delivery, trace.messages[delivery.message]) for delivery in failed if is_kept(trace, delivery)
    )
    return [
        (delivery.ended_s or 0.0) - ended[message.request, message.step, delivery.number] / US_PER_S
        for delivery, message in messages
    ]


def _lanes(trace: Trace, partitions: int | str) -> Callable[[int], int]:
    """The partition or the group of a message."""
    customers, requests = trace.requests.column("customer"), trace.messages.column("request")
    if isinstance(partitions, int):
        return lambda message: customers[requests[message]] % partitions
    return lambda message: customers[requests[message]]

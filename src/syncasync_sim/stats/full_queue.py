"""What a full queue turned away in a run: messages that it refused, and messages that it dropped."""

from __future__ import annotations

from syncasync_sim.model.attempts import is_in_window, to_windows
from syncasync_sim.trace.queries import WarmUpFilter
from syncasync_sim.trace.records import MessageStatus, ServerOutcome, Trace


def turned_away(trace: Trace) -> int:
    """Return how many messages a full queue refused, or dropped before a worker took them.

    What an outage of the broker refused or lost is not counted.

    Args:
        trace: the run.
    """
    queue = trace.scenario.queue
    if queue.capacity is None:
        return 0
    outages, counted = to_windows(queue.outages), WarmUpFilter(trace).requests
    if queue.when_full == "refuse":
        ended, end = (trace.requests.column(name) for name in ("ended", "end"))
        return sum(
            how == ServerOutcome.REFUSED and bool(counts) and not is_in_window(outages, at)
            for how, at, counts in zip(end, ended, counted, strict=True)
        )
    taken = set(trace.deliveries.column("message"))
    rows = trace.messages.columns("request", "gone", "fate")
    return sum(
        fate == MessageStatus.LOST
        and index not in taken
        and bool(counted[request])
        and not is_in_window(outages, gone)
        for index, (request, gone, fate) in enumerate(rows)
    )

"""Pages that were shown without waiting for a step, and how many of them turned out untrue."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from syncasync_sim.trace.columns import NEVER, marks
from syncasync_sim.trace.queries import WarmUpFilter
from syncasync_sim.trace.records import MessageStatus, ResponseStatus, Trace


@dataclass(frozen=True, slots=True)
class PrematureReplies:
    """Of the requests that got the page without waiting for one step: how many, and what became of the step.

    `untrue`: it failed for good (dead-lettered or lost); `open`: it was not done when the run ended. Means,
    where there are several replications.
    """

    pages: float
    untrue: float
    open: float


def promises(trace: Trace, step_index: int) -> PrematureReplies:
    """The promises made to customers about a step that the workers do.

    Args:
        trace: the run.
        step_index: the index of the step in the scenario, from 0.
    """
    counted, page = WarmUpFilter(trace), marks(trace.requests.column("response"), ResponseStatus.OK)
    fates = Counter(
        fate if done == NEVER else None
        for request, step, done, fate in trace.messages.columns("request", "step", "done", "fate")
        if step == step_index and page[request] and counted.requests[request]
    )
    untrue = fates[MessageStatus.DEAD_LETTERED] + fates[MessageStatus.LOST]
    return PrematureReplies(fates.total(), untrue, fates.total() - fates[None] - untrue)


def mean_promises(listed: list[PrematureReplies]) -> PrematureReplies:
    """The mean of the promises over replications."""
    sums = (sum(getattr(replies, name) for replies in listed) for name in PrematureReplies.__slots__)
    return PrematureReplies(*(total / len(listed) for total in sums))

"""Pages that were shown without waiting for a step, and how many of them turned out untrue."""

from __future__ import annotations

from dataclasses import dataclass

from syncasync_sim.trace.queries import Counted
from syncasync_sim.trace.records import NEVER, Fate, Response, Trace


@dataclass(frozen=True, slots=True)
class Promises:
    """Of the requests that got the page without waiting for one step: how many, and what became of the step.

    `untrue`: it failed for good (dead-lettered or lost); `open`: it was not done when the run ended. Means,
    where there are several replications.
    """

    pages: float
    untrue: float
    open: float


def promises(trace: Trace, place: int) -> Promises:
    """The promises made about the step at *place* in the scenario, where the workers do it."""
    counted, response = Counted(trace), trace.requests.column("response")
    rows = [
        (done, fate)
        for request, step, done, fate in trace.messages.columns("request", "step", "done", "fate")
        if step == place and response[request] == Response.OK and counted.requests[request]
    ]
    undone = [fate for done, fate in rows if done == NEVER]
    untrue = sum(fate in (Fate.DEAD_LETTERED, Fate.LOST) for fate in undone)
    return Promises(len(rows), untrue, len(undone) - untrue)


def mean_promises(listed: list[Promises]) -> Promises:
    """The means over replications."""
    sums = (sum(getattr(one, name) for one in listed) for name in Promises.__slots__)
    return Promises(*(total / len(listed) for total in sums))

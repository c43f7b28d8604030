"""What the model takes for granted in a run and who is left out, in the same words wherever it is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from syncasync_sim.model.distributions import Constant
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario


def assumed(scenario: Scenario, modes: Collection[Mode]) -> str:
    """One sentence that lists the assumptions of a run.

    An example: `Assumes no network time, an ideal queue, queueing costs nothing.`

    Args:
        scenario: the scenario that was run.
        modes: the designs that were run; the queue is named only for the asynchronous design.
    """
    has_queue = "async" in modes and any(step.background for step in scenario.steps)
    return f"Assumes {', '.join(_assumptions(scenario, has_queue))}."


def not_counted(scenario: Scenario) -> list[str]:
    """Return a note on the customers who are left out of the figures; empty if all customers count."""
    if not scenario.warm_up_s:
        return []
    return [f"customers before {format_time(scenario.warm_up_s)} are not counted"]


def cut_note(times_s: Iterable[float]) -> list[str]:
    """Return a note on runs that were cut while something was unfinished; empty if none was.

    Args:
        times_s: `stop_at` of each run that was cut, in seconds.
    """
    different = set(times_s)
    if not different:
        return []
    at = f"{format_time(different.pop())} (stop_at)" if len(different) == 1 else "stop_at"
    return [f"Cut at {at}: the times leave out what was not finished."]


def _assumptions(scenario: Scenario, has_queue: bool) -> Iterator[str]:
    yield "no network time"
    queue = scenario.queue
    if has_queue:
        kinds = {"ideal": "an ideal queue", "in-process": "a queue inside the web server"}
        yield kinds.get(queue.broker, f"the queue of {queue.broker}")
        free = all(isinstance(t, Constant) and not t.mean_s for t in (queue.publish, queue.deliver))
        published, delivered = (format_time(t.mean_s) for t in (queue.publish, queue.deliver))
        cost = f"{published} to publish and {delivered} to deliver a message"
        yield "queueing costs nothing" if free else cost
        if queue.has_outbox:
            yield f"an outbox, whose relay looks every {format_time(queue.outbox_every)}"
    yield from not_counted(scenario)

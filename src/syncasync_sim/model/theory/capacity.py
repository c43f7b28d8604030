"""How many customers a second a design can finish, when all goes well."""

from __future__ import annotations

from collections.abc import Iterator

from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario


def capacity_per_s(scenario: Scenario, mode: Mode) -> float | None:
    """Customers per second that *mode* can finish for long; None where nothing limits it.

    The narrowest place decides: threads over the time one is held, workers over theirs, and the calls a
    service takes at once over their length. Failures, retries and slowdowns make it less; they are left out.
    """
    return min(_places(scenario, mode), default=None)


def _places(scenario: Scenario, mode: Mode) -> Iterator[float]:
    steps, queue = scenario.steps, scenario.queue
    published = [step for step in steps if scenario.background(step, mode)]
    held_s = sum(step.duration.mean_s for step in steps if step not in published)
    held_s += len(published) * queue.publish.mean_s
    work_s = sum(step.duration.mean_s + queue.deliver.mean_s for step in published)
    for servers, busy_s in ((scenario.server.threads, held_s), (scenario.workers.count, work_s)):
        if servers is not None and busy_s:
            yield servers / busy_s
    for step in steps:
        if step.concurrency is not None and step.duration.mean_s:
            yield step.concurrency / step.duration.mean_s


def load(scenario: Scenario, mode: Mode) -> float | None:
    """Customers that come over those that can be finished; 1 is full. None without a rate or a limit."""
    rate, capacity = scenario.traffic.rate_per_s, capacity_per_s(scenario, mode)
    return None if rate is None or capacity is None else float(rate) / capacity

"""Work that may take longer than the visibility timeout: its message is handed out again meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf

from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario

SLOWEST = 0.999
"""The quantile of a duration that a timeout should leave room for."""


@dataclass(frozen=True, slots=True)
class LateWork:
    """A step that may take `longest_s`, and the visibility timeout of `timeout_s` that is over before.

    `is_usual`: at least half of its attempts take longer.
    """

    step: Step
    longest_s: float
    timeout_s: float

    @property
    def is_usual(self) -> bool:
        return min(self.step.duration.quantile_s(0.5), self.longest_s) > self.timeout_s


def most_times_done(scenario: Scenario, late: LateWork) -> float:
    """Return how often the work of one message may be done; infinite without a limit.

    Where the first late acknowledgement is accepted, it ends the message: by then it was handed out once for
    each visibility timeout that was over.

    Args:
        scenario: the scenario.
        late: its step that may outlast the visibility timeout.
    """
    most = scenario.most_deliveries(late.step) or inf
    if scenario.queue.late_ack != "accepted" or not late.timeout_s:
        return most
    return min(most, ceil(late.longest_s / late.timeout_s))


def late_work(scenario: Scenario) -> LateWork | None:
    """Return the step on the queue that may outlast its visibility timeout by the most; None if none may.

    Args:
        scenario: the scenario.
    """
    queue = scenario.queue
    if queue.visibility_timeout is None or queue.ack == "before" or scenario.workers.renew:
        return None
    timeout_s = queue.visibility_timeout.quantile_s(1 - SLOWEST)
    worked = [
        (step, min(slowest_s(step), step.timeout_s or inf)) for step in scenario.steps if step.background
    ]
    late = [LateWork(step, longest_s, timeout_s) for step, longest_s in worked if longest_s > timeout_s]
    return max(late, key=lambda work: work.longest_s, default=None)


def slowest_s(step: Step) -> float:
    """Return how long an attempt at a step may take without a timeout, in seconds; in a slowdown, too.

    Args:
        step: the step.
    """
    slowed = max((slow.factor for slow in step.slowdowns), default=1.0)
    return step.duration.quantile_s(SLOWEST) * max(slowed, 1.0)

"""Before the first customer: requests and messages that mean nothing, so that no start is a cold one."""

from __future__ import annotations

import time

from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.load_generator import get
from syncasync_sim.live.plan import Plan

REQUESTS = 20
MESSAGES = 32
"""Two for each connection that the service may have to the broker."""
PATIENCE_S = 5.0
"""What has not come by then is not waited for: a queue of little capacity may have dropped it."""


def warm_up(plan: Plan, event_log: EventLog, port: int) -> None:
    """Send requests and messages without meaning, and wait until the workers have had them.

    Args:
        plan: the plan of the run.
        event_log: its event log.
        port: the port of the web service.
    """
    steps = plan.scenario.steps
    for _ in range(REQUESTS):
        get(port, "/")
    if plan.mode == "sync" or not plan.scenario.workers.count or not any(s.background for s in steps):
        return
    queue, count, accepted = plan.scenario.queue, plan.scenario.workers.count, 0
    in_turn = queue.deals_in_turn
    one_by_one = in_turn or queue.capacity is not None
    # In turn, whole rounds: the first customer's message is for worker 1, as in the simulation.
    for key in range(-(-MESSAGES // count) * count if in_turn else MESSAGES):
        accepted += get(port, f"/warm-up?{key}") == 200
        if one_by_one:
            _wait(event_log, accepted)
    _wait(event_log, accepted)


def _wait(event_log: EventLog, wanted: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while event_log.number("SELECT count(*) FROM warmed") < wanted and time.monotonic() < until:
        time.sleep(0.005)

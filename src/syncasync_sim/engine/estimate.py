"""How long a run will be, before it is run: rows, seconds and memory, all of them about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite

from syncasync_sim.engine.fast_path_rules import is_applicable
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.saturation import overloads
from syncasync_sim.model.theory.visits import Visit, clicks, request_s, visits
from syncasync_sim.trace.records import Attempt, Delivery, Message, Request, Row

ONE_PASS_US, BY_EVENTS_US = 1.5, 4.0
"""Microseconds a row, statistics included (benchmarks/scaling.py, a small server, CPython 3.11)."""
RUN_US = 300.0
"""Microseconds that a run takes in which nearly nothing happens."""
START_BYTES, ROOM = 60e6, 1.3
"""What the program takes without a run, and over the rows what it takes to count them."""
MOST_TRIES = 1_000
"""Tries without end count as so many at most: the run is stopped when it does not seem to end."""
_ROW_BYTES: dict[type[Row], int] = {
    kind: 8 * len(kind.COLUMNS) for kind in (Request, Attempt, Message, Delivery)
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of all replications and designs together; the memory is the most at any time."""

    customers: int
    rows: int
    seconds: float
    memory_bytes: float


def estimate(
    scenario: Scenario, modes: Sequence[Mode], replications: int = 1, scenarios: int = 1
) -> Estimate:
    """Estimate the time and the memory that runs will need.

    Failures count if they are given as a rate; failures of messages in outages do not count. For second
    clicks the greatest possible number counts if customers are likely to be disappointed.

    Args:
        scenario: the scenario to run.
        modes: the designs to run.
        replications: the number of runs of each design.
        scenarios: the number of scenarios of about this size.
    """
    customers = scenario.traffic.expected_customers
    rows, us, held_bytes = 0.0, 0.0, 0.0
    for mode in modes:
        times = most_clicks(scenario, mode)
        each = {kind: number * times for kind, number in rows_of_a_click(scenario, mode).items()}
        rows += sum(each.values())
        us += sum(each.values()) * (ONE_PASS_US if is_applicable(scenario, mode) else BY_EVENTS_US)
        held_bytes += sum(number * _ROW_BYTES[kind] for kind, number in each.items())
    runs = replications * scenarios
    held = 1 if runs == 1 else 2  # the first replication is kept, for the charts
    memory_bytes = START_BYTES + ROOM * held * held_bytes * customers
    seconds = (us * customers + RUN_US * len(modes)) * runs / 1e6
    return Estimate(round(customers), round(rows * customers * runs), seconds, memory_bytes)


def rows_of_a_click(scenario: Scenario, mode: Mode) -> dict[type[Row], float]:
    """Return the mean number of rows of each kind that one click makes.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    request, messages = visits(scenario, mode)
    deliveries = sum(_tries(scenario, visit) for visit in messages)
    attempts = sum(_tries(scenario, visit) for visit in request)
    published = sum(visit.reached for visit in messages)
    return {Request: 1, Attempt: attempts + deliveries, Message: published, Delivery: deliveries}


def _tries(scenario: Scenario, visit: Visit) -> float:
    """Tries of one click at a step; those without end go on until the run is cut."""
    if isfinite(visit.tries):
        return visit.reached * visit.tries
    each_s = visit.attempt_s + visit.step.retry.delay_s
    lasts_s = scenario.stop_at_s or 0.0
    return visit.reached * max(1.0, min(lasts_s / each_s if each_s else MOST_TRIES, MOST_TRIES))


def most_clicks(scenario: Scenario, mode: Mode) -> float:
    """Return how often one customer clicks: the mean after error pages, the greatest number after worse.

    Worse is: a service that is down; more requests than can be done while customers give up or are rejected;
    and a page that takes longer than customers wait.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    customer = scenario.customer
    if not customer.resubmits:
        return 1.0
    down_s = [
        inf if outage.for_s is None else outage.for_s
        for step in scenario.steps
        for outage in step.outages
        if not scenario.background(step, mode)
    ]
    down_s += [restart.for_s for restart in scenario.server.restarts]
    takes_s = request_s(scenario, mode)
    timeout_s = inf if scenario.server.timeout_s is None else scenario.server.timeout_s
    patience_s = inf if customer.patience_s is None else customer.patience_s
    if min(patience_s, timeout_s) < takes_s or (_may_fail_in_line(scenario) and _is_too_much(scenario, mode)):
        down_s.append(inf)
    # A click in a row takes as long as it takes to be let down, and until the customer clicks again.
    row_s = customer.resubmit_after_s + min(takes_s, patience_s, timeout_s)
    in_a_row = max((down / row_s if row_s else inf for down in down_s if down), default=0.0)
    if scenario.stop_at_s is not None and row_s:
        in_a_row = min(in_a_row, scenario.stop_at_s / row_s)
    return max(clicks(scenario, mode), 1 + min(in_a_row, customer.resubmits))


def _may_fail_in_line(scenario: Scenario) -> bool:
    """Whether a line that is long makes somebody see anything but the page."""
    return scenario.customer.patience_s is not None or scenario.server.backlog is not None


def _is_too_much(scenario: Scenario, mode: Mode) -> bool:
    """Whether more comes for the threads than they can do, be it for a time."""
    endless = scenario.server.model_copy(update={"backlog": None, "drop_expired": False})
    patient = scenario.model_copy(update={"server": endless})
    return any(not overload.station.behind_queue for overload in overloads(patient, mode))

"""How long a run will be, before it is run: rows, seconds and memory, all of them about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncasync_sim.engine.stations import are_enough
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.load import mean_tries
from syncasync_sim.trace.records import Attempt, Delivery, Message, Request, Row

ONE_PASS_US, BY_EVENTS_US = 1.5, 4.0
"""Microseconds a row, statistics included (benchmarks/scaling.py, a small server, CPython 3.11)."""
RUN_US = 300.0
"""Microseconds that a run takes in which nearly nothing happens."""
START_BYTES, ROOM = 60e6, 1.3
"""What the program takes without a run, and over the rows what it takes to count them."""
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
    """How long it will be to run *scenario* so often, and as many *scenarios* like it.

    Failures that are given as a rate count, those in outages and second clicks do not.
    """
    customers = scenario.traffic.expected_customers
    rows, us, held_bytes = 0.0, 0.0, 0.0
    for mode in modes:
        each = rows_of_a_customer(scenario, mode)
        rows += sum(each.values())
        us += sum(each.values()) * (ONE_PASS_US if are_enough(scenario, mode) else BY_EVENTS_US)
        held_bytes += sum(number * _ROW_BYTES[kind] for kind, number in each.items())
    runs = replications * scenarios
    held = 1 if runs == 1 else 2  # the first replication is kept, for the charts
    memory_bytes = START_BYTES + ROOM * held * held_bytes * customers
    seconds = (us * customers + RUN_US * len(modes)) * runs / 1e6
    return Estimate(round(customers), round(rows * customers * runs), seconds, memory_bytes)


def rows_of_a_customer(scenario: Scenario, mode: Mode) -> dict[type[Row], float]:
    """How many rows of each kind one click makes, on average."""
    published = [step for step in scenario.steps if scenario.background(step, mode)]
    in_request = [step for step in scenario.steps if not scenario.background(step, mode)]
    deliveries = sum(map(mean_tries, published))
    attempts = sum(mean_tries(step) if step.retry.in_request else 1.0 for step in in_request)
    return {Request: 1, Attempt: attempts + deliveries, Message: len(published), Delivery: deliveries}

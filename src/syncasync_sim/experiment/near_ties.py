"""How much a prediction depends on which of two things that happen almost together comes first.

In a simulation, a second click at the very moment of another customer's click has an order by rule. In a
real run a millisecond decides. So the same customers come again a little later each, a few times: the figures
of these runs differ where they depend on the order.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

from syncasync_sim.engine import simulate
from syncasync_sim.model.measured import known_columns
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

RUNS = 10
"""How often the customers come again."""
SHIFT_S = 0.01
"""How much later, at most, at the speed of the scenario: about as late as real requests are."""


def shifted_runs(predicted: Trace, shift_s: float = SHIFT_S) -> list[Trace]:
    """Simulate a run again with its customers up to a little later, in the same order.

    Args:
        predicted: the run.
        shift_s: the most by which a customer comes later, in seconds of the scenario.

    Returns:
        Ten runs of the same design, with the same random numbers.
    """
    requests = predicted.requests.columns("click", "arrived")
    arrivals = [arrived for click, arrived in requests if not click]
    if not arrivals:
        return []
    draws = RandomStreams(predicted.seed, predicted.replication)
    runs = []
    for number in range(1, RUNS + 1):
        part = draws.uniform("near ties", attempt=number)
        moved = (at + round(part(customer) * shift_s * US_PER_S) for customer, at in enumerate(arrivals))
        runs.append(
            simulate(
                _arriving_at(predicted.scenario, accumulate(moved, max)),
                predicted.mode,
                seed=predicted.seed,
                replication=predicted.replication,
            )
        )
    return runs


def _arriving_at(scenario: Scenario, times_us: Iterable[int]) -> Scenario:
    """The scenario with other arrival times; customers who have rows of files keep them."""
    data, columns = scenario.to_data(), list(scenario.measured.values())
    measured = scenario.traffic.measured
    if measured is None:
        data["traffic"] = {"at": [f"{at}us" for at in times_us]}
    else:
        data["traffic"].pop("rows", None)
        columns = [column for column in columns if column is not measured]
        columns.append(replace(measured, values_us=array("q", times_us)))
    return Scenario.model_validate(data, context=known_columns(columns))

"""The simulator against Ciw, a queueing network simulator written by others (Palmer and others, 2019).

The threads are the first node of its network, the workers the second. The two programs have random numbers
of their own, so the 99.9 % interval of the difference of their means must hold zero, and be narrow.
"""

from __future__ import annotations

import math
import random  # noqa: TID251 - Ciw draws from the global generator, which is put back afterwards
from collections.abc import Iterator
from typing import Any, NamedTuple

import ciw
import pytest

from syncasync_sim.engine import simulate
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.recognised import recognise
from syncasync_sim.stats import summarise
from syncasync_sim.stats.intervals import t_interval
from theory.systems import Data, exponential, poisson, step, threads

REPLICATIONS, RATE_PER_S = 20, 8
Figures = dict[str, float]


class Network(NamedTuple):
    """The same network for both: two threads and a backlog, then one worker."""

    request: Data
    email: Data
    backlog: int | str
    ciw_service: list[Any]


NETWORKS = {
    "M/M/2, then M/M/1": Network(
        exponential(150),
        exponential(70, "email", background=True),
        "unlimited",
        [ciw.dists.Exponential(1 / 0.15), ciw.dists.Exponential(1 / 0.07)],
    ),
    # No formula is known for this one.
    "uniform and a backlog, then lognormal": Network(
        step("uniform(50ms, 350ms)"),
        step("lognormal(p50=50ms, p99=200ms)", "email", background=True),
        1,
        [
            ciw.dists.Uniform(0.05, 0.35),
            ciw.dists.Lognormal(math.log(0.05), math.log(4) / 2.3263478740408408),
        ],
    ),
}


def scenario_of(network: Network) -> Scenario:
    server = threads(2, network.backlog)
    return poisson(RATE_PER_S, network.request, network.email, server=server, customers=2500)


def ours(scenario: Scenario, replication: int) -> Figures:
    summary = summarise(simulate(scenario, "async", seed=1, replication=replication))
    response, completion = summary.response_time_s, summary.completion_time_s
    assert response is not None
    assert completion is not None
    rejected = summary.responses["rejected"] / summary.requests
    return {"response": response.mean, "completion": completion.mean, "rejected": rejected}


def theirs(network: Network, scenario: Scenario, replication: int) -> Figures:
    """Ciw's records of the customers who came in the same window, a minute longer for those inside."""
    backlog = math.inf if network.backlog == "unlimited" else network.backlog
    nodes = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(RATE_PER_S), None],
        service_distributions=network.ciw_service,
        number_of_servers=[2, 1],
        queue_capacities=[backlog, math.inf],
        routing=[[0.0, 1.0], [0.0, 0.0]],
    )
    ciw.seed(replication + 1)
    until_s = scenario.traffic.for_s or 0.0
    simulation = ciw.Simulation(nodes)
    simulation.simulate_until_max_time(until_s + 60)
    came, replied, done, rejected = {}, {}, {}, 0
    for record in simulation.get_all_records():
        if record.node == 1 and scenario.warm_up_s <= record.arrival_date < until_s:
            came[record.id_number] = record.arrival_date
            if record.record_type == "rejection":
                rejected += 1
            else:
                replied[record.id_number] = record.exit_date
        elif record.node == 2:
            done[record.id_number] = record.exit_date
    responses = [at - came[who] for who, at in replied.items()]
    completions = [done[who] - came[who] for who in replied]
    return {
        "response": math.fsum(responses) / len(responses),
        "completion": math.fsum(completions) / len(completions),
        "rejected": rejected / len(came),
    }


@pytest.fixture(autouse=True)
def _the_global_generator_as_it_was() -> Iterator[None]:
    state = random.getstate()
    yield
    random.setstate(state)


@pytest.mark.parametrize("name", NETWORKS)
def test_both_programs_measure_the_same(name: str) -> None:
    network, scenario = NETWORKS[name], scenario_of(NETWORKS[name])
    pairs = [(ours(scenario, r), theirs(network, scenario, r)) for r in range(REPLICATIONS)]
    for figure in pairs[0][0]:
        mean = math.fsum(one[figure] + other[figure] for one, other in pairs) / len(pairs) / 2
        bounds = t_interval([one[figure] - other[figure] for one, other in pairs], 0.999)
        assert bounds is not None
        assert bounds[0] <= 0 <= bounds[1], figure
        assert bounds[1] - bounds[0] <= 2 * 0.12 * mean, figure


def test_one_network_has_a_formula_and_the_other_has_none() -> None:
    known, unknown = (recognise(scenario_of(network), "async") for network in NETWORKS.values())
    assert [told.system for told in known] == ["M/M/2", "M/M/2, then M/M/1"]
    assert unknown == ()

"""Who comes, and when: the same customers in both designs, simulated and for real."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from syncasync_sim.model import arrivals
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.traffic import Traffic


def random_streams(scenario: Scenario, seed: int, replication: int = 0) -> RandomStreams:
    """Return the random numbers of a run, the same in both designs, simulated and for real.

    Args:
        scenario: the scenario of the run.
        seed: the random seed.
        replication: the how many-th run with this seed.
    """
    return RandomStreams(seed, replication, scenario.traffic.paired)


def arrivals_us(traffic: Traffic, draws: RandomStreams) -> Iterator[int]:
    """Yield the arrival time of each customer in microseconds, in ascending order.

    Args:
        traffic: the traffic of the scenario.
        draws: the random numbers of the run.
    """
    if traffic.requests is not None:
        return iter([0] * traffic.requests)
    times_us = traffic.times_us
    if times_us is not None:
        return iter(times_us)
    if traffic.arrivals == "poisson":
        return chain.from_iterable(arrivals.poisson(traffic.segments, draws.gaps()))
    return arrivals.steady(traffic.segments)

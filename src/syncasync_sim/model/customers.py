"""Who comes, and when: the same customers in both designs, simulated and for real."""

from __future__ import annotations

from collections.abc import Iterator

from syncasync_sim.model import arrivals
from syncasync_sim.model.attempts import to_us
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.traffic import Traffic


def arrivals_us(traffic: Traffic, draws: RandomStreams) -> Iterator[int]:
    """Yield the arrival time of each customer in microseconds, in ascending order.

    Args:
        traffic: the traffic of the scenario.
        draws: the random numbers of the run.
    """
    if traffic.requests is not None:
        return iter([0] * traffic.requests)
    if traffic.at_s is not None:
        return iter(sorted(map(to_us, traffic.at_s)))
    if traffic.arrivals == "poisson":
        return arrivals.poisson(traffic.segments, draws.gaps())
    return arrivals.steady(traffic.segments)

"""Happy Simulator, as its own quick start has it."""

from __future__ import annotations

import random  # noqa: TID251 - the peer draws from the global generator

from contest import contest
from happysimulator import Instant, Server, Simulation, Sink, Source
from happysimulator.distributions import ExponentialLatency


def mmc(customers: int, servers: int, seed: int) -> float:
    """The mean wait: the time at the sink less the mean service time."""
    random.seed(seed)
    sink = Sink()
    server = Server("server", concurrency=servers, service_time=ExponentialLatency(1.0), downstream=sink)
    source = Source.poisson(rate=0.8 * servers, target=server)
    end = Instant.from_seconds(customers / (0.8 * servers))
    Simulation(sources=[source], entities=[server, sink], end_time=end).run()
    times: list[float] = list(sink.latencies_s)
    return sum(times) / len(times) - 1.0


if __name__ == "__main__":
    contest(mmc)

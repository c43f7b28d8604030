"""Ciw, with its records."""

from __future__ import annotations

import ciw
from contest import contest


def mmc(customers: int, servers: int, seed: int) -> float:
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=0.8 * servers)],
        service_distributions=[ciw.dists.Exponential(rate=1.0)],
        number_of_servers=[servers],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(customers, method="Finish")
    waits: list[float] = [record.waiting_time for record in simulation.get_all_records()]
    return sum(waits) / len(waits)


if __name__ == "__main__":
    contest(mmc)

"""simulus, a process per customer; waits kept."""

from __future__ import annotations

from random import Random  # noqa: TID251 - a plain program draws plainly

import simulus
from contest import contest


def mmc(customers: int, servers: int, seed: int) -> float:
    sim, draw, waits = simulus.simulator(), Random(seed).expovariate, list[float]()
    server = sim.resource(capacity=servers)

    def customer() -> None:
        arrived = sim.now
        server.acquire()
        waits.append(sim.now - arrived)
        sim.sleep(draw(1.0))
        server.release()

    def source() -> None:
        for _ in range(customers):
            sim.sleep(draw(0.8 * servers))
            sim.process(customer)

    sim.process(source)
    sim.run()
    return sum(waits) / len(waits)


if __name__ == "__main__":
    contest(mmc)

"""salabim, a component per customer; waits kept."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import salabim
from contest import contest


def mmc(customers: int, servers: int, seed: int) -> float:
    env = salabim.Environment(trace=False, random_seed=seed, yieldless=False)
    gap, service = salabim.Exponential(1 / (0.8 * servers)), salabim.Exponential(1)
    server = salabim.Resource(capacity=servers)
    waits: list[float] = []

    class Customer(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[Any, Any, None]:
            arrived = env.now()
            yield self.request(server)
            waits.append(env.now() - arrived)
            yield self.hold(service())
            self.release()

    class Source(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[Any, Any, None]:
            for _ in range(customers):
                yield self.hold(gap())
                Customer()

    Source()
    env.run()
    return sum(waits) / len(waits)


if __name__ == "__main__":
    contest(mmc)

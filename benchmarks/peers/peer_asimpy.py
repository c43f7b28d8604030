"""asimpy, a process per customer with `async` and `await`; waits kept."""

from __future__ import annotations

from random import Random  # noqa: TID251 - a plain program draws plainly

import asimpy
from contest import contest


def mmc(customers: int, servers: int, seed: int) -> float:
    env, draw, waits = asimpy.Environment(), Random(seed).expovariate, list[float]()
    server = asimpy.Resource(env, capacity=servers)

    class Customer(asimpy.Process):  # type: ignore[misc]
        async def run(self) -> None:
            arrived = self.now
            async with server:
                waits.append(self.now - arrived)
                await self.timeout(draw(1.0))

    class Source(asimpy.Process):  # type: ignore[misc]
        async def run(self) -> None:
            for _ in range(customers):
                await self.timeout(draw(0.8 * servers))
                Customer(env)

    Source(env)
    env.run()
    return sum(waits) / len(waits)


if __name__ == "__main__":
    contest(mmc)

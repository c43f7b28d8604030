"""SimPy with a process a server, not a customer: free ones wait at an event, and the queue is a deque."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from random import Random  # noqa: TID251 - a plain program draws plainly
from typing import Any

import simpy
from contest import contest

Steps = Generator[simpy.Event, Any, None]


def mmc(customers: int, servers: int, seed: int) -> float:
    env, draw, waits = simpy.Environment(), Random(seed).expovariate, list[float]()
    waiting: deque[float] = deque()
    free: deque[simpy.Event] = deque()

    def source() -> Steps:
        for _ in range(customers):
            yield env.timeout(draw(0.8 * servers))
            waiting.append(env.now)
            if free:
                free.popleft().succeed()

    def server() -> Steps:
        while True:
            while not waiting:
                free.append(env.event())
                yield free[-1]
            waits.append(env.now - waiting.popleft())
            yield env.timeout(draw(1.0))

    env.process(source())
    for _ in range(servers):
        env.process(server())
    env.run()
    return sum(waits) / len(waits)


if __name__ == "__main__":
    contest(mmc)

"""SimPy without processes: a callback is what an event does next, and the queue is a deque; waits kept."""

from __future__ import annotations

from collections import deque
from random import Random  # noqa: TID251 - a plain program draws plainly

import simpy
from contest import contest


def mmc(customers: int, servers: int, seed: int) -> float:
    env, draw, waits = simpy.Environment(), Random(seed).expovariate, list[float]()
    waiting: deque[float] = deque()
    came, free = 0, servers

    def arrives(_: simpy.Event) -> None:
        nonlocal came, free
        came += 1
        if came < customers:
            env.timeout(draw(0.8 * servers)).callbacks.append(arrives)
        if free:
            free -= 1
            begins(env.now)
        else:
            waiting.append(env.now)

    def begins(arrived: float) -> None:
        waits.append(env.now - arrived)
        env.timeout(draw(1.0)).callbacks.append(leaves)

    def leaves(_: simpy.Event) -> None:
        nonlocal free
        if waiting:
            begins(waiting.popleft())
        else:
            free += 1

    env.timeout(draw(0.8 * servers)).callbacks.append(arrives)
    env.run()
    return sum(waits) / len(waits)


if __name__ == "__main__":
    contest(mmc)

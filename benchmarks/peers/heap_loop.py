"""A bare event loop over a heap, no library: what Python itself allows for events; waits kept."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from random import Random  # noqa: TID251 - a plain program draws plainly

from contest import contest

ARRIVES, LEAVES = 0, 1


def mmc(customers: int, servers: int, seed: int) -> float:
    draw = Random(seed).expovariate
    rate, free, came, number = 0.8 * servers, servers, 0, 0
    waiting: deque[float] = deque()
    waits: list[float] = []
    events: list[tuple[float, int, int]] = [(draw(rate), number, ARRIVES)]
    while events:
        now, _, kind = heappop(events)
        if kind == ARRIVES:
            came += 1
            waiting.append(now)
            if came < customers:
                number += 1
                heappush(events, (now + draw(rate), number, ARRIVES))
        else:
            free += 1
        while free and waiting:
            free -= 1
            waits.append(now - waiting.popleft())
            number += 1
            heappush(events, (now + draw(1.0), number, LEAVES))
    return sum(waits) / len(waits)


if __name__ == "__main__":
    contest(mmc)

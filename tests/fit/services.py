"""Services whose threads and work are known, and the logs that they would write."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from contextlib import suppress
from random import Random  # noqa: TID251 - a service of its own, not a run of the program

from syncasync_sim.fit.log import Log

Times = list[tuple[int, int]]
"""(arrival, reply) of each request, in microseconds."""
START_US = 1_790_000_000_000_000


def arrivals(random: Random, count: int, rate_per_s: float) -> list[int]:
    now, times = float(START_US), []
    for _ in range(count):
        now += random.expovariate(rate_per_s) * 1e6
        times.append(round(now))
    return times


def first_come(times_us: Sequence[int], work_us: Sequence[int], threads: int) -> Times:
    """Threads that serve in the order of arrival."""
    free = [0] * threads
    calls = []
    for arrival, work in zip(times_us, work_us, strict=True):
        begin = max(arrival, free[0])
        heapq.heapreplace(free, begin + work)
        calls.append((arrival, begin + work))
    return calls


def shared_processor(times_us: Sequence[int], work_us: Sequence[int], cores: int) -> Times:
    """Every request runs at once, each at the speed of cores / requests if there are more than cores."""
    left: dict[int, float] = {}
    ends: dict[int, int] = {}
    now = float(times_us[0])
    upcoming = [*enumerate(times_us), (-1, 10**18)]
    for row, arrival in upcoming:
        while left:
            speed = min(1.0, cores / len(left))
            first = min(left, key=left.__getitem__)
            done = now + left[first] / speed
            if done > arrival:
                break
            left = {r: rest - (done - now) * speed for r, rest in left.items() if r != first}
            now, ends[first] = done, round(done)
        speed = min(1.0, cores / len(left)) if left else 1.0
        left = {r: rest - (arrival - now) * speed for r, rest in left.items()}
        now = float(arrival)
        if row >= 0:
            left[row] = float(work_us[row])
    return [(arrival, ends[row]) for row, arrival in enumerate(times_us)]


def closed_loop(work_us: Sequence[int], users: int, threads: int) -> Times:
    """Each user sends the next request just after the reply to the last one."""
    ready = [(START_US + user, user) for user in range(users)]
    heapq.heapify(ready)
    free = [0] * threads
    calls = []
    for work in work_us:
        arrival, user = heapq.heappop(ready)
        begin = max(arrival, free[0])
        heapq.heapreplace(free, begin + work)
        calls.append((arrival, begin + work))
        heapq.heappush(ready, (begin + work + 1_000, user))
    return calls


def exponential(random: Random, count: int, mean_s: float) -> list[int]:
    return [round(random.expovariate(1 / mean_s) * 1e6) for _ in range(count)]


def log_of(calls: Times, name: str = "csv") -> Log:
    """A log with a row for each call."""
    log = Log(name)
    for start, end in calls:
        with suppress(ValueError):  # one that ends before it starts is counted
            log.calls.add(start, end)
    log.calls.close()
    return log

"""SimPy as its own documentation writes it: a process and a Resource request per customer.

It keeps the waits, or the response times; the engine keeps a row of every request, attempt, message and
delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from random import Random  # noqa: TID251 - a plain program draws plainly
from typing import Any

import simpy
from contest import ARRIVALS_PER_S, CHECKOUT_S, EMAIL_S, THREADS, WORKERS, contest

Steps = Generator[simpy.Event, Any, None]


def mmc(customers: int, servers: int, seed: int) -> float:
    env, random, waits = simpy.Environment(), Random(seed), list[float]()
    server = simpy.Resource(env, servers)

    def customer() -> Steps:
        arrived = env.now
        with server.request() as turn:
            yield turn
            waits.append(env.now - arrived)
            yield env.timeout(random.expovariate(1.0))

    env.process(source(env, random, customers, 0.8 * servers, customer))
    env.run()
    return sum(waits) / len(waits)


def checkout(customers: int, design: str, seed: int) -> float:
    """With the email in the request, or on a Store."""
    env, random, responses = simpy.Environment(), Random(seed), list[float]()
    server, queue = simpy.Resource(env, THREADS), simpy.Store(env)
    background = design != "sync"
    means_s = [*CHECKOUT_S.values()] if background else [*CHECKOUT_S.values(), EMAIL_S]

    def customer() -> Steps:
        arrived = env.now
        with server.request() as turn:
            yield turn
            for mean_s in means_s:
                yield env.timeout(random.expovariate(1 / mean_s))
            if background:
                yield queue.put(arrived)
        responses.append(env.now - arrived)

    def worker() -> Steps:
        while True:
            yield queue.get()
            yield env.timeout(random.expovariate(1 / EMAIL_S))

    env.process(source(env, random, customers, ARRIVALS_PER_S, customer))
    for _ in range(WORKERS if background else 0):
        env.process(worker())
    env.run()
    return sum(responses) / len(responses)


def source(
    env: simpy.Environment, random: Random, customers: int, rate: float, customer: Callable[[], Steps]
) -> Steps:
    for _ in range(customers):
        yield env.timeout(random.expovariate(rate))
        env.process(customer())


if __name__ == "__main__":
    contest(mmc, checkout)

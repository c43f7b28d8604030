"""The same systems as anybody would write them in SimPy: one process and one Resource request per customer.

They keep only the response times; the engine keeps a row of every request, attempt, message and delivery.
"""

from __future__ import annotations

from collections.abc import Generator
from random import Random  # noqa: TID251 - a plain program draws plainly
from typing import Any

import simpy

Steps = Generator[simpy.Event, Any, None]
CHECKOUT_S = (0.2, 0.8, 0.05)
EMAIL_S = 1.5


def mm1(customers: int, arrivals_per_s: float = 8.0, service_s: float = 0.1) -> list[float]:
    """One server, exponential gaps and services; the response times in seconds."""
    env, random, responses = simpy.Environment(), Random(1), list[float]()
    server = simpy.Resource(env, 1)

    def customer() -> Steps:
        arrived = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(random.expovariate(1 / service_s))
        responses.append(env.now - arrived)

    def source() -> Steps:
        for _ in range(customers):
            yield env.timeout(random.expovariate(arrivals_per_s))
            env.process(customer())

    env.process(source())
    env.run()
    return responses


def checkout(customers: int, *, background: bool, threads: int = 16, workers: int = 8) -> list[float]:
    """The checkout with exponential steps at 4 customers/s; the email in the request or on a Store."""
    env, random, responses = simpy.Environment(), Random(1), list[float]()
    server, queue = simpy.Resource(env, threads), simpy.Store(env)

    def customer() -> Steps:
        arrived = env.now
        with server.request() as turn:
            yield turn
            for mean_s in CHECKOUT_S if background else (*CHECKOUT_S, EMAIL_S):
                yield env.timeout(random.expovariate(1 / mean_s))
            if background:
                yield queue.put(arrived)
        responses.append(env.now - arrived)

    def worker() -> Steps:
        while True:
            yield queue.get()
            yield env.timeout(random.expovariate(1 / EMAIL_S))

    def source() -> Steps:
        for _ in range(customers):
            yield env.timeout(random.expovariate(4.0))
            env.process(customer())

    env.process(source())
    for _ in range(workers if background else 0):
        env.process(worker())
    env.run()
    return responses

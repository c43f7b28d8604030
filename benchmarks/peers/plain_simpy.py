"""SimPy as its own documentation writes it: a process and a Resource request per customer.

It keeps the times of which the mean is taken; the engine keeps a row of every request, attempt, message and
delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from random import Random  # noqa: TID251 - a plain program draws plainly
from typing import Any

import simpy
from contest import (
    ARRIVALS_PER_S,
    ATTEMPTS,
    BUSY_PER_S,
    CHECKOUT_S,
    CLICK_AFTER_S,
    CLICKS_AGAIN,
    CRASH_EVERY_S,
    DELAY_S,
    EMAIL_S,
    FACTOR,
    FAILS,
    PATIENCE_S,
    RESTART_S,
    TELLERS,
    THREADS,
    WORKERS,
    contest,
    phases,
)

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


def checkout(customers: int, run: str, seed: int) -> float:
    return RUNS[run.partition(", ")[0]](customers, seed)


def answered(customers: int, seed: int, *, background: bool) -> float:
    """The checkout with the email in the request, or on a Store: the mean time until the answer."""
    env, random, responses = simpy.Environment(), Random(seed), list[float]()
    server, queue = simpy.Resource(env, THREADS), simpy.Store(env)

    def customer() -> Steps:
        arrived = env.now
        with server.request() as turn:
            yield turn
            for mean_s in [*CHECKOUT_S.values(), EMAIL_S]:
                yield env.timeout(random.expovariate(1 / mean_s))
        responses.append(env.now - arrived)

    def worker() -> Steps:
        while True:
            yield queue.get()
            yield env.timeout(random.expovariate(1 / EMAIL_S))

    if background:
        customer = partial(ordering, env, random, server, queue, responses)
    started(env, random, customers, customer, worker, WORKERS if background else 0)
    env.run()
    return sum(responses) / len(responses)


def email_fails(customers: int, seed: int) -> float:
    """With an email that is tried again: the mean time until it is sent."""
    env, random, sent = simpy.Environment(), Random(seed), list[float]()
    server, queue = simpy.Resource(env, THREADS), simpy.Store(env)

    def again(arrived: float, attempt: int) -> Steps:
        yield env.timeout(DELAY_S * FACTOR ** (attempt - 1))
        yield queue.put((arrived, attempt + 1))

    def worker() -> Steps:
        while True:
            arrived, attempt = yield queue.get()
            yield env.timeout(random.expovariate(1 / EMAIL_S))
            if random.random() >= FAILS:
                sent.append(env.now - arrived)
            elif attempt < ATTEMPTS:
                env.process(again(arrived, attempt))

    customer = partial(ordering, env, random, server, queue, [])
    started(env, random, customers, customer, worker)
    env.run()
    return sum(sent) / len(sent)


def no_time(customers: int, seed: int) -> float:
    """With a request that takes no time: the mean time until the email is sent."""
    env, random, sent = simpy.Environment(), Random(seed), list[float]()
    server, queue = simpy.Resource(env, THREADS), simpy.Store(env)

    def customer() -> Steps:
        with server.request() as turn:
            yield turn
            yield queue.put(env.now)

    def worker() -> Steps:
        while True:
            arrived = yield queue.get()
            yield env.timeout(random.expovariate(1 / EMAIL_S))
            sent.append(env.now - arrived)

    started(env, random, customers, customer, worker)
    env.run()
    return sum(sent) / len(sent)


def crashes(customers: int, seed: int) -> float:
    """With workers that crash, and put back what they had: the mean time until the email is sent."""
    env, random, sent = simpy.Environment(), Random(seed), list[float]()
    server, queue = simpy.Resource(env, THREADS), simpy.Store(env)

    def worker() -> Steps:
        while True:
            message = queue.get()
            try:
                arrived, _ = yield message
                yield env.timeout(random.expovariate(1 / EMAIL_S))
                sent.append(env.now - arrived)
            except simpy.Interrupt:
                if message.triggered:
                    queue.put(message.value)
                else:
                    message.cancel()
                yield env.timeout(RESTART_S)

    def crash() -> Steps:
        while len(sent) < customers:
            for process in workers:
                yield env.timeout(CRASH_EVERY_S)
                process.interrupt()

    customer = partial(ordering, env, random, server, queue, [])
    workers = started(env, random, customers, customer, worker)
    env.process(crash())
    env.run()
    return sum(sent) / len(sent)


def patience(customers: int, seed: int, *, clicks_again: int) -> float:
    """With customers who give up, and may click again: the mean time of a click until its answer or that."""
    env, random, times = simpy.Environment(), Random(seed), list[float]()
    server = simpy.Resource(env, TELLERS)

    def request() -> Steps:
        with server.request() as turn:
            yield turn
            yield env.timeout(random.expovariate(1.0))

    def customer() -> Steps:
        for click in range(1 + clicks_again):
            if click:
                yield env.timeout(CLICK_AFTER_S)
            clicked, answer = env.now, env.process(request())
            yield answer | env.timeout(PATIENCE_S)
            times.append(env.now - clicked)
            if answer.triggered:
                return

    def crowds() -> Steps:
        for rate, lasts_s in phases(customers):
            end = env.now + lasts_s
            while (comes := env.now + random.expovariate(rate)) < end:
                yield env.timeout(comes - env.now)
                env.process(customer())
            yield env.timeout(end - env.now)

    env.process(crowds() if clicks_again else source(env, random, customers, BUSY_PER_S, customer))
    env.run()
    return sum(times) / len(times)


def ordering(
    env: simpy.Environment,
    random: Random,
    server: simpy.Resource,
    queue: simpy.Store,
    responses: list[float],
) -> Steps:
    """A customer whose email is sent in the background."""
    arrived = env.now
    with server.request() as turn:
        yield turn
        for mean_s in CHECKOUT_S.values():
            yield env.timeout(random.expovariate(1 / mean_s))
        yield queue.put((arrived, 1))
    responses.append(env.now - arrived)


def started(
    env: simpy.Environment,
    random: Random,
    customers: int,
    customer: Callable[[], Steps],
    worker: Callable[[], Steps],
    workers: int = WORKERS,
) -> list[simpy.Process]:
    """Let the customers come and the workers begin, and return the workers."""
    env.process(source(env, random, customers, ARRIVALS_PER_S, customer))
    return [env.process(worker()) for _ in range(workers)]


def source(
    env: simpy.Environment, random: Random, customers: int, rate: float, customer: Callable[[], Steps]
) -> Steps:
    for _ in range(customers):
        yield env.timeout(random.expovariate(rate))
        env.process(customer())


RUNS: dict[str, Callable[[int, int], float]] = {
    "sync": partial(answered, background=False),
    "async": partial(answered, background=True),
    "email fails": email_fails,
    "no time in the request": no_time,
    "patience": partial(patience, clicks_again=0),
    "second clicks": partial(patience, clicks_again=CLICKS_AGAIN),
    "crashes": crashes,
}

if __name__ == "__main__":
    contest(mmc, checkout)

"""How fast a run by events is, beside a plain SimPy program that does the same, in one process.

    python benchmarks/event_path.py [--customers N] [--rounds N]

The asynchronous checkout whose email fails: the engine needs events for it, and none of the settings for
rarer faults (stops, freezes, restarts, poison and others) is on: whatever they cost a run without them shows
in the ratio. In each round both run once, in turn. The ratio is the median of the rounds' ratios, so that a
busy moment of the machine is in both of its numbers. The table goes into docs/performance.md.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Generator
from random import Random  # noqa: TID251 - a plain program draws plainly
from statistics import median
from typing import Any

import page
import simpy

from syncasync_sim.engine import simulate
from syncasync_sim.engine.fast_path import is_applicable
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import NEVER

ARRIVALS_PER_S, THREADS, WORKERS = 4.0, 16, 8
CHECKOUT_S, EMAIL_S = {"check payment": 0.2, "charge card": 0.8, "save order": 0.05}, 1.5
"""Means of the exponential steps, in seconds."""
FAILS, ATTEMPTS, DELAY_S, FACTOR = 0.1, 5, 1.0, 2.0
Contender = Callable[[int, int], float]
"""(customers, seed) to the mean time until the email is sent, in seconds."""


def ours(customers: int, seed: int) -> float:
    """This engine, with every row kept."""
    steps: list[dict[str, Any]] = [
        {"name": name, "duration": f"exponential(mean={mean}s)"} for name, mean in CHECKOUT_S.items()
    ]
    retry = {"attempts": ATTEMPTS, "delay": f"{DELAY_S:g}s", "factor": FACTOR}
    email = {"name": "email", "duration": f"exponential(mean={EMAIL_S}s)", "background": True}
    steps.append({**email, "failure_rate": FAILS, "retry": retry})
    lasts_s = customers / ARRIVALS_PER_S
    scenario = Scenario.model_validate(
        {
            "traffic": {"rate": f"{ARRIVALS_PER_S:g}/s", "for": f"{lasts_s:f}s", "arrivals": "poisson"},
            "server": {"threads": THREADS},
            "workers": {"count": WORKERS},
            "steps": steps,
        }
    )
    if is_applicable(scenario, "async"):
        raise SystemExit("this run needs no events, and says nothing about them")
    rows = simulate(scenario, "async", seed=seed).requests.columns("arrived", "completed")
    done_us = [completed - arrived for arrived, completed in rows if completed != NEVER]
    return sum(done_us) / len(done_us) / 1e6


Steps = Generator[simpy.Event, Any, None]


def plain(customers: int, seed: int) -> float:
    """SimPy as its documentation writes it: a process a customer, a Store of messages, the times kept."""
    env, random, done_s = simpy.Environment(), Random(seed), list[float]()
    server, queue = simpy.Resource(env, THREADS), simpy.Store(env)

    def customer() -> Steps:
        arrived = env.now
        with server.request() as turn:
            yield turn
            for mean_s in CHECKOUT_S.values():
                yield env.timeout(random.expovariate(1 / mean_s))
            yield queue.put((arrived, 1))

    def again(arrived: float, attempt: int) -> Steps:
        yield env.timeout(DELAY_S * FACTOR ** (attempt - 1))
        yield queue.put((arrived, attempt + 1))

    def worker() -> Steps:
        while True:
            arrived, attempt = yield queue.get()
            yield env.timeout(random.expovariate(1 / EMAIL_S))
            if random.random() >= FAILS:
                done_s.append(env.now - arrived)
            elif attempt < ATTEMPTS:
                env.process(again(arrived, attempt))

    env.process(_source(env, random, customers, customer))
    for _ in range(WORKERS):
        env.process(worker())
    env.run()
    return sum(done_s) / len(done_s)


def _source(env: simpy.Environment, random: Random, customers: int, customer: Callable[[], Steps]) -> Steps:
    for _ in range(customers):
        yield env.timeout(random.expovariate(ARRIVALS_PER_S))
        env.process(customer())


def timed(contender: Contender, customers: int, seed: int) -> tuple[float, float]:
    """Microseconds of processor time a customer, and the mean time until the email is sent."""
    start = time.process_time()
    mean_s = contender(customers, seed)
    return (time.process_time() - start) / customers * 1e6, mean_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    timed(ours, 100, 0), timed(plain, 100, 0)  # what is done once only
    contenders: dict[str, Contender] = {"plain SimPy": plain, "this engine": ours}
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for seed in range(1, options.rounds + 1):
        for name in sorted(contenders, reverse=bool(seed % 2)):
            runs[name].append(timed(contenders[name], options.customers, seed))
    ratios = [theirs / own for (theirs, _), (own, _) in zip(*runs.values(), strict=True)]
    rows = [
        [name, f"{median(us for us, _ in listed):.1f}", f"{median(s for _, s in listed):.2f}"]
        for name, listed in runs.items()
    ]
    text = (
        f"{options.customers:,} customers, median of {options.rounds} rounds, CPython "
        f"{platform.python_version()}, {page.machine()}:\n\n"
        f"{page.table(['', 'µs a customer', 'email sent after, s'], rows)}\n\n"
        f"Times as fast as plain SimPy: {median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f})."
    )
    print(text)
    page.write("event path", text)


if __name__ == "__main__":
    main()

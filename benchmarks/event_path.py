"""How fast a run is in which work fails, beside a plain SimPy program that does the same, in one process.

    python benchmarks/event_path.py [--customers N] [--rounds N]

The asynchronous checkout whose email fails, in one pass, with events of the workers, and event by event. None
of the settings for rarer faults (stops, freezes, restarts, poison and others) is on: whatever they cost a run
without them shows in the ratio. In each round all run once, in turn. A ratio is the median of the rounds'
ratios, so that a busy moment of the machine is in both of its numbers. The table goes into
docs/performance.md.
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

from syncasync_sim.engine import simulate, simulation
from syncasync_sim.engine.fast_path_rules import is_applicable
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import NEVER, Trace

ARRIVALS_PER_S, THREADS, WORKERS = 4.0, 16, 8
CHECKOUT_S, EMAIL_S = {"check payment": 0.2, "charge card": 0.8, "save order": 0.05}, 1.5
"""Means of the exponential steps, in seconds."""
FAILS, ATTEMPTS, DELAY_S, FACTOR = 0.1, 5, 1.0, 2.0
Contender = Callable[[int, int], float]
"""(customers, seed) to the mean time until the email is sent, in seconds."""


def in_one_pass(customers: int, seed: int) -> float:
    """This engine, with every row kept."""
    scenario = checkout(customers)
    if not is_applicable(scenario, "async"):
        raise SystemExit("this run needs events, and says nothing about the pass")
    return mean_s(simulate(scenario, "async", seed=seed))


def workers_by_events(customers: int, seed: int) -> float:
    """The same, with its threads in one pass and its workers event by event."""
    return mean_s(simulation.workers_by_events(checkout(customers), "async", RandomStreams(seed)))


def by_events(customers: int, seed: int) -> float:
    """The same, event by event."""
    return mean_s(simulation.simulate_events(checkout(customers), "async", RandomStreams(seed)))


def checkout(customers: int) -> Scenario:
    """The checkout whose email fails."""
    steps: list[dict[str, Any]] = [
        {"name": name, "duration": f"exponential(mean={mean}s)"} for name, mean in CHECKOUT_S.items()
    ]
    retry = {"attempts": ATTEMPTS, "delay": f"{DELAY_S:g}s", "factor": FACTOR}
    email = {"name": "email", "duration": f"exponential(mean={EMAIL_S}s)", "background": True}
    steps.append({**email, "failure_rate": FAILS, "retry": retry})
    lasts_s = customers / ARRIVALS_PER_S
    return Scenario.model_validate(
        {
            "traffic": {"rate": f"{ARRIVALS_PER_S:g}/s", "for": f"{lasts_s:f}s", "arrivals": "poisson"},
            "server": {"threads": THREADS},
            "workers": {"count": WORKERS},
            "steps": steps,
        }
    )


def mean_s(trace: Trace) -> float:
    """The mean time until the email is sent, in seconds."""
    rows = trace.requests.columns("arrived", "completed")
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
    contenders: dict[str, Contender] = {
        "plain SimPy": plain,
        "this engine, event by event": by_events,
        "this engine, events of the workers": workers_by_events,
        "this engine, in one pass": in_one_pass,
    }
    for contender in contenders.values():
        timed(contender, 100, 0)  # what is done once only
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for seed in range(1, options.rounds + 1):
        for name in sorted(contenders, reverse=bool(seed % 2)):
            runs[name].append(timed(contenders[name], options.customers, seed))
    rows = [
        [
            name,
            f"{median(us for us, _ in listed):.1f}",
            f"{median(s for _, s in listed):.2f}",
            _ratio(runs["plain SimPy"], listed),
        ]
        for name, listed in runs.items()
    ]
    text = (
        f"{options.customers:,} customers, median of {options.rounds} rounds, CPython "
        f"{platform.python_version()}, {page.machine()}:\n\n"
        f"{page.table(['', 'µs a customer', 'email sent after, s', 'times as fast (least, most)'], rows)}"
    )
    print(text)
    page.write("event path", text)


def _ratio(theirs: list[tuple[float, float]], own: list[tuple[float, float]]) -> str:
    """How many times as fast as the other, in the median round."""
    ratios = [other / us for (other, _), (us, _) in zip(theirs, own, strict=True)]
    return f"{median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})"


if __name__ == "__main__":
    main()

"""Whether a customer costs the same however large a system is: workers, partitions, clicks, prefetch, queues.

    python benchmarks/flat_cost.py
    python benchmarks/flat_cost.py --customers 100000 --rounds 1

All runs go event by event, in one process, in turn: the first round runs each size of each corner once, then
the next round. The table goes into docs/performance.md.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import page

from syncasync_sim.engine.simulation import simulate_events
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import summarise

USUAL = 10_000
"""Customers of a run, where their number is not what grows."""
Corner = tuple[Callable[[int], dict[str, Any]], tuple[int, ...]]


def background(customers: int = USUAL, workers: int = 20, rate: float = 20, **queue: Any) -> dict[str, Any]:
    """Customers whose only step is done by workers, and sometimes fails."""
    retry = {"attempts": 3, "delay": "1s"}
    step = {"name": "work", "duration": "exponential(mean=600ms)", "failure_rate": 0.01, "retry": retry}
    return {
        "traffic": {"rate": f"{rate}/s", "for": f"{customers / rate:f}s"},
        "workers": {"count": workers},
        "queue": queue,
        "steps": [{**step, "background": True}],
    }


def clicking(resubmits: int) -> dict[str, Any]:
    """About as many requests for each number of clicks: the service is down for ever."""
    customers = max(USUAL // 500, 5 * USUAL // (resubmits + 1))
    step = {
        "name": "pay",
        "duration": "exponential(mean=100ms)",
        "outages": [{"from": "0s", "for": "forever"}],
    }
    return {
        "traffic": {"rate": "10/s", "for": f"{customers / 10}s"},
        "customer": {"resubmits": resubmits, "resubmit_after": "1s"},
        "steps": [{**step, "failure_rate": 0.01}],
    }


def interrupted(outages: int) -> dict[str, Any]:
    """The service of the workers is down for 1 s in all, so many times."""
    data = background()
    data["traffic"]["arrivals"] = "poisson"  # else they come as often as the windows
    lasts_us = 1_000_000 // outages
    windows = [{"from": f"{500 * at / outages:f}s", "for": f"{lasts_us}us"} for at in range(outages)]
    data["steps"][0]["outages"] = windows
    return data


def corners(most_customers: int) -> dict[str, Corner]:
    """By name: the scenario of a size, and the sizes."""
    customers = tuple(size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= most_customers)
    workers = (1, 10, 100, 1_000, 10_000)
    thousands = (1, 10, 100, 1_000)
    return {
        "customers": (background, customers),
        "workers": (lambda size: background(workers=size), workers),
        "workers, `partitions: 1000`": (lambda size: background(workers=size, partitions=1_000), workers),
        "workers, `partitions: 1000`, `max_in_flight: 10`": (
            lambda size: background(workers=size, partitions=1_000, max_in_flight=10),
            workers,
        ),
        "partitions": (lambda size: background(partitions=size), thousands),
        "partitions, `assignment: locked`": (
            lambda size: background(partitions=size, assignment="locked"),
            thousands,
        ),
        "`capacity` of 100 partitions": (
            lambda size: background(rate=200, partitions=100, capacity=size),
            (10, 100, 1_000),
        ),
        "clicks again, a click": (clicking, (0, 9, 99, 499)),
        "outages of a service": (interrupted, (1, 100, 10_000)),
        "prefetch": (lambda size: background(prefetch=size), thousands),
    }


def measure(scenario: Scenario) -> float:
    """Microseconds of processor time a request: the asynchronous run by events, and its statistics."""
    gc.collect()
    start = time.process_time()
    trace = simulate_events(scenario, "async", random_streams(scenario, 1, 0))
    summarise(trace)
    return (time.process_time() - start) * 1e6 / len(trace.requests)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--customers", type=int, default=1_000_000, help="the longest run of all")
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    known = corners(asked.customers)
    costs: dict[tuple[str, int], list[float]] = {}
    for _ in range(asked.rounds):
        for name, (scenario_of, sizes) in known.items():
            for size in sizes:
                scenario = Scenario.model_validate(scenario_of(size))
                costs.setdefault((name, size), []).append(measure(scenario))
    rows = []
    for name, (_, sizes) in known.items():
        each = [statistics.median(costs[name, size]) for size in sizes]
        said = ", ".join(f"{size:,}: {cost:.1f}" for size, cost in zip(sizes, each, strict=True))
        rows.append([name, said, f"{max(each) / min(each):.2f}", f"{each[-1] / each[0]:.2f}"])
    heads = ["what grows", "µs a customer at each size", "dearest to cheapest", "largest to smallest"]
    text = (
        f"{USUAL:,} customers, median of {asked.rounds} rounds, CPython {sys.version.split()[0]}, "
        f"{page.machine()}:\n\n{page.table(heads, rows)}"
    )
    print(text)
    page.write("flat cost", text)


if __name__ == "__main__":
    main()

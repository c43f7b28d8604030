"""How fast the engine is, as a ratio to a plain SimPy program in the same process.

    python benchmarks/engine_speed.py [CUSTOMERS] [ROUNDS]

The two take turns; each figure is the median over the rounds of processor time. Seconds say something
about the machine, the ratio about the program.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import plain_simpy

from syncasync_sim.engine import simulate
from syncasync_sim.model.scenario import Mode, Scenario


def mm1(customers: int) -> Scenario:
    """M/M/1 at load 0.8, as many customers on average."""
    return Scenario.model_validate(
        {
            "traffic": {"rate": "8/s", "for": f"{customers / 8:f}s", "arrivals": "poisson"},
            "server": {"threads": 1},
            "steps": [{"name": "work", "duration": "exponential(mean=100ms)"}],
        }
    )


def checkout(customers: int) -> Scenario:
    """The checkout with exponential steps, 16 threads, 8 workers."""
    names = ("check payment", "charge card", "save order", "send email")
    means = (*plain_simpy.CHECKOUT_S, plain_simpy.EMAIL_S)
    steps: list[dict[str, Any]] = [
        {"name": name, "duration": f"exponential(mean={mean}s)"}
        for name, mean in zip(names, means, strict=True)
    ]
    steps[-1]["background"] = True
    return Scenario.model_validate(
        {
            "traffic": {"rate": "4/s", "for": f"{customers / 4:f}s", "arrivals": "poisson"},
            "server": {"threads": 16},
            "workers": {"count": 8},
            "steps": steps,
        }
    )


def ours(scenario: Scenario, mode: Mode) -> Callable[[], object]:
    return lambda: simulate(scenario, mode, seed=1)


def seconds(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    contests: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "M/M/1": (lambda: plain_simpy.mm1(customers), ours(mm1(customers), "sync")),
        "checkout, sync": (
            lambda: plain_simpy.checkout(customers, background=False),
            ours(checkout(customers), "sync"),
        ),
        "checkout, async": (
            lambda: plain_simpy.checkout(customers, background=True),
            ours(checkout(customers), "async"),
        ),
    }
    print(f"{customers} customers, {rounds} rounds, microseconds per customer (median)")
    print(f"{'':18}{'plain SimPy':>12}{'engine':>9}{'ratio':>8}")
    for name, (plain, engine) in contests.items():
        plain(), engine()  # once to warm up
        taken = [(seconds(plain), seconds(engine)) for _ in range(rounds)]
        plain_us, engine_us = (median(column) / customers * 1e6 for column in zip(*taken, strict=True))
        ratio = median(p / e for p, e in taken)
        print(f"{name:18}{plain_us:12.1f}{engine_us:9.1f}{ratio:8.2f}")


if __name__ == "__main__":
    main()

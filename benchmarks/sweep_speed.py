"""CellSettings much of a second processor a sweep can use, and what a tiny run costs.

    python benchmarks/sweep_speed.py [ROUNDS] [CUSTOMERS]

One process and two take turns over the same 40 cells, of so many customers each; the figures are medians.
The clock has start-up and end of the processes in it. On a machine that is busy with other things the clock
tells how busy; what two free processors would do is then worked out from processor times: the start of a
process, and the cells in their order, each by whichever of the two is free.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from syncasync_sim import Scenario, run_designs, sweep
from syncasync_sim.cli.executors import executor
from syncasync_sim.experiment import grid
from syncasync_sim.experiment.sweeping import CellSettings, run_cell

CELLS = {"workers.count": "1..8", "traffic.rate": "1/s..3/s:5"}
TINY_RUNS = 100


def shop(customers: int) -> Scenario:
    """The checkout of the scenarios with random arrivals, about so many customers at 2/s."""
    steps = [
        {"name": "check payment", "duration": "200ms"},
        {"name": "charge card", "duration": "exponential(mean=800ms)"},
        {"name": "send email", "duration": "exponential(mean=1500ms)", "background": True},
    ]
    traffic = {"rate": "2/s", "for": f"{customers // 2}s", "arrivals": "poisson"}
    return Scenario.model_validate({"traffic": traffic, "server": {"threads": 8}, "steps": steps})


def by(jobs: int, scenario: Scenario) -> None:
    """The sweep in that many processes."""
    with executor(jobs, None) as others:
        assert not sweep(scenario, CELLS, executor=others).partial


def worked_out(scenario: Scenario) -> float:
    """The clock of two free processors, in seconds."""
    start = seconds(
        lambda: subprocess.run([sys.executable, "-c", "import syncasync_sim.experiment"], check=True)
    )
    free = [start[1]] * 2
    _, cells = grid(scenario, CELLS)
    for cell in cells:
        now = free.index(min(free))
        free[now] += seconds(partial(run_cell, cell.scenario, CellSettings(1, 1)))[1]
    return max(free)


def processor_s() -> float:
    """Processor time so far, with that of the processes that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def seconds(job: Callable[[], object]) -> tuple[float, float]:
    """On the clock, and of processors."""
    start, used = time.perf_counter(), processor_s()
    job()
    return time.perf_counter() - start, processor_s() - used


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    rounds, customers = [*given, *(3, 20_000)[len(given) :]]
    scenario = shop(customers)
    jobs: dict[str, Callable[[], object]] = {
        "one process": lambda: by(1, scenario),
        "two processes": lambda: by(2, scenario),
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            taken[name].append(seconds(job))
    print(f"40 cells of about {customers:,} customers, medians of {rounds} rounds")
    print(f"{'':<20}  clock  times as fast  processors")
    for name, times in taken.items():
        clock, used = (median(column) for column in zip(*times, strict=True))
        ratio = median(one[0] / own[0] for one, own in zip(taken["one process"], times, strict=True))
        print(f"{name:<20} {clock:5.2f} s {ratio:14.2f} {used:9.2f} s")
    one, two = median(used for _, used in taken["one process"]), worked_out(scenario)
    print(f"{'two, worked out':<20} {two:5.2f} s {one / two:14.2f}")
    tiny = shop(2)
    each = median(seconds(lambda: [run_designs(tiny, seed=n) for n in range(TINY_RUNS)])[1] for _ in range(9))
    print(f"{TINY_RUNS} tiny runs in one process: {each * 1000:.0f} ms")


if __name__ == "__main__":
    main()

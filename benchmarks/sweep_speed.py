"""CellSettings much of a second processor a sweep can use, and what a tiny run costs.

    python benchmarks/sweep_speed.py [ROUNDS] [CUSTOMERS]

One process and two take turns over the same 40 cells, of so many customers each; the figures are medians.
The clock has start-up and end of the processes in it. On a machine that is busy with other things the clock
tells how busy; what two free processors would do is then worked out from processor times: the start of a
process, and the cells in their order, each by whichever of the two is free.

At the end it tells what a cell costs beside its runs, in sweeps of 100 to 10,000 cells, as a multiple of the
run of the same tiny cell. The file is on the disk of temporary files. Both tables go into
docs/performance.md.
"""

from __future__ import annotations

import io
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import page
from rich.console import Console

from syncasync_sim import Scenario, run_designs, sweep
from syncasync_sim.cli.executors import executor
from syncasync_sim.experiment import Sweep, grid, sweeping
from syncasync_sim.experiment.sweeping import CellSettings, run_cell
from syncasync_sim.files.sweep_csv import SweepFile
from syncasync_sim.files.varying import load_grid
from syncasync_sim.render.sweep_table import sweep_page

CELLS = {"workers.count": "1..8", "traffic.rate": "1/s..3/s:5"}
TINY_RUNS = 100
SWEEPS = (100, 1_000, 10_000)


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


def parts_of_a_sweep(cells: int) -> Iterator[tuple[str, float]]:
    """The processor time that each cell takes beside its runs, in microseconds."""
    result: list[Any] = []
    used = seconds(lambda: result.append(load_grid("checkout", (), [f"workers.count=1..{cells}"])))[1]
    yield "made", used / cells * 1e6
    ((scenario, axes, made),) = result
    grown = Sweep(scenario, axes, made, 1)
    figures = run_cell(scenario, CellSettings(1, 1))
    real, sweeping.run_cell = sweeping.run_cell, lambda *_: figures  # here only the rest is measured
    try:
        with tempfile.TemporaryDirectory() as folder:
            used = seconds(lambda: _to_file(grown, Path(folder) / "a.csv"))[1]
    finally:
        sweeping.run_cell = real
    yield "in the file", used / cells * 1e6
    console = Console(file=io.StringIO(), width=100, highlight=False)
    yield "in the table", seconds(lambda: console.print(sweep_page(grown)))[1] / cells * 1e6


def _to_file(grown: Sweep, path: Path) -> None:
    with SweepFile(path, grown, resumes=False) as file:
        for rows in grown.run():
            file.add(rows)
        file.put_in_order()


def cost_of_a_cell(rounds: int) -> str:
    """What a cell costs beside its runs, as a table."""
    scenario = load_grid("checkout", (), ["workers.count=1"])[0]
    settings = CellSettings(1, 1)
    run_us = median(
        seconds(lambda: [run_cell(scenario, settings) for _ in range(TINY_RUNS)])[1] / TINY_RUNS * 1e6
        for _ in range(9)
    )
    rows = []
    for cells in SWEEPS:
        taken = [dict(parts_of_a_sweep(cells)) for _ in range(rounds)]
        parts = {name: median(one[name] for one in taken) / run_us for name in taken[0]}
        rows.append(
            [f"{cells:,}", *(f"{ratio:.2f}" for ratio in parts.values()), f"{sum(parts.values()):.2f}"]
        )
    heads = ["cells", *parts, "together"]
    about = f"The runs of one cell with one customer take {run_us / 1000:.1f} ms. As multiples of this:"
    return f"{about}\n\n{page.table(heads, rows)}"


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
    rows = []
    for name, times in taken.items():
        clock, used = (median(column) for column in zip(*times, strict=True))
        ratio = median(one[0] / own[0] for one, own in zip(taken["one process"], times, strict=True))
        rows.append([name, f"{clock:.1f} s", f"{ratio:.2f}", f"{used:.1f} s"])
    one, two = median(used for _, used in taken["one process"]), worked_out(scenario)
    rows.append(["two free processors, computed", f"{two:.1f} s", f"{one / two:.2f}", ""])
    tiny = shop(2)
    each = median(seconds(lambda: [run_designs(tiny, seed=n) for n in range(TINY_RUNS)])[1] for _ in range(9))
    text = (
        f"{len(grid(scenario, CELLS)[1])} cells of about {customers:,} customers, median of {rounds} rounds, "
        f"CPython {platform.python_version()}, {page.machine()}:\n\n"
        f"{page.table(['', 'elapsed time', 'times as fast', 'processor time'], rows)}\n\n"
        f"{TINY_RUNS} runs of two customers in one process, processor time: {each * 1000:.0f} ms."
    )
    cells = cost_of_a_cell(rounds)
    print(f"{text}\n\n{cells}")
    page.write("sweeps", text)
    page.write("cells of a sweep", cells)


if __name__ == "__main__":
    main()

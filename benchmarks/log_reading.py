"""How fast a log is read and fitted, beside a plain loop over its rows, in one process.

    python benchmarks/log_reading.py [--rows N] [--rounds N]

The log is a CSV file of four threads, with arrivals and replies. The plain loop reads it with `csv` and turns
both stamps into floats: less cannot be done. `fit` reads them exactly, finds threads and work, and writes the
scenario and its data. In each round both run once, in turn. The table goes into docs/performance.md.
"""

from __future__ import annotations

import argparse
import csv
import platform
import resource
import time
from collections.abc import Callable
from heapq import heapreplace
from pathlib import Path
from random import Random  # noqa: TID251 - the log of a service of its own
from statistics import median
from tempfile import TemporaryDirectory

import page

from syncasync_sim.fit.fitted import fit_log
from syncasync_sim.fit.reading import read_sources
from syncasync_sim.fit.scenario_text import written
from syncasync_sim.fit.source import Source

THREADS, RATE_PER_S, WORK_S = 4, 9.0, 0.36


def make_log(path: Path, rows: int) -> None:
    """Write the log."""
    random, now, free = Random(1), 1.79e9, [1.79e9] * THREADS
    with path.open("w", encoding="utf-8") as file:
        file.write("start,end,status\n")
        for _ in range(rows):
            now += random.expovariate(RATE_PER_S)
            end = max(now, free[0]) + random.expovariate(1 / WORK_S)
            heapreplace(free, end)
            file.write(f"{now:.6f},{end:.6f},200\n")


def plain(path: Path) -> int:
    """The rows with both stamps as numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        return sum(float(end) >= float(start) for start, end, _ in reader)


def ours(path: Path) -> int:
    """Everything from the file to the text of the scenario and its data."""
    fit = fit_log(read_sources([Source(path)]))
    if fit.threads.count != THREADS:
        raise SystemExit(f"{fit.threads.count} threads found, not {THREADS}")
    return len(written(fit, "mine", [path.name]).data)


def timed(contender: Callable[[Path], int], path: Path) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    contender(path)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    contenders = {"csv and float": plain, "fit": ours}
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        make_log(path, options.rows)
        for number in range(options.rounds):
            for name in sorted(contenders, reverse=bool(number % 2)):
                runs[name].append(timed(contenders[name], path))
    ratios = [own / least for least, own in zip(*runs.values(), strict=True)]
    rows = [[name, f"{median(seconds):.1f}"] for name, seconds in runs.items()]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    text = (
        f"{options.rows:,} rows, median of {options.rounds} rounds, CPython {platform.python_version()}, "
        f"{page.machine()}, at most {memory_mb} MB:\n\n"
        f"{page.table(['', 'processor time, s'], rows)}\n\n"
        f"Times as long as the plain loop: {median(ratios):.1f} "
        f"(from {min(ratios):.1f} to {max(ratios):.1f})."
    )
    print(text)
    page.write("log reading", text)


if __name__ == "__main__":
    main()

"""What a customer costs as there are more of them, in time and in memory; each run in a process of its own.

python benchmarks/memory.py [CUSTOMERS ...]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

from engine_speed import checkout

from syncasync_sim.engine import simulate
from syncasync_sim.model.scenario import MODES, Mode, Scenario

SIZES = (10_000, 100_000, 1_000_000)


def overload(customers: int) -> Scenario:
    """Twice as much work as the threads and the workers can do: the lines grow to the end."""
    data = checkout(customers).to_data()
    return Scenario.model_validate(data | {"server": {"threads": 2}, "workers": {"count": 3}})


def one(kind: str, mode: Mode, customers: int) -> None:
    """Run once and print what it took, as JSON."""
    scenario = (overload if kind == "overload" else checkout)(customers)
    start = time.process_time()
    trace = simulate(scenario, mode, seed=1)
    took = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = trace.attempts.width * trace.attempts.data.itemsize
    print(json.dumps({"us": took / len(trace.requests) * 1e6, "peak_mb": peak, "row": row}))


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    print(f"{'':10}{'':7}{'customers':>10}{'us a customer':>15}{'peak MB':>9}{'bytes an attempt':>18}")
    for kind in ("checkout", "overload"):
        for mode in MODES:
            for customers in sizes:
                words = [sys.executable, __file__, "--one", kind, mode, str(customers)]
                told = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
                figures = f"{told['us']:15.2f}{told['peak_mb']:9.0f}{told['row']:18}"
                print(f"{kind:10}{mode:7}{customers:10}{figures}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], "sync" if sys.argv[3] == "sync" else "async", int(sys.argv[4]))
    else:
        main()

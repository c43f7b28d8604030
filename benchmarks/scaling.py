"""Whether a customer costs the same in a long run as in a short one, and how much memory that takes.

    python benchmarks/scaling.py

Each line is a scenario in both designs, run and summarised as the command `run` does it, in a fresh process
for each number of customers. The table goes into docs/performance.md.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import Any

import page

from syncasync_sim import run_designs
from syncasync_sim.model.scenario import Scenario

SIZES = (10_000, 100_000, 1_000_000)
CALM: dict[str, Any] = {"threads": 16, "workers": 8}
FLAKY = {"failure_rate": 0.1, "retry": {"attempts": 3, "delay": "1s"}}
SYSTEMS: dict[str, dict[str, Any]] = {
    "checkout": CALM,
    "checkout at load 2": {"threads": 5, "workers": 3},
    "checkout, flaky email": {**CALM, "email": FLAKY},
    "the same at load 2": {"threads": 5, "workers": 3, "email": FLAKY},
}


def scenario(system: str, customers: int) -> Scenario:
    """The checkout of the other benchmark, at 4 customers/s."""
    how = SYSTEMS[system]
    steps: list[dict[str, Any]] = [
        {"name": name, "duration": f"exponential(mean={mean})"}
        for name, mean in {"check": "200ms", "charge": "800ms", "save": "50ms", "email": "1500ms"}.items()
    ]
    steps[-1].update(background=True, **how.get("email", {}))
    return Scenario.model_validate(
        {
            "traffic": {"rate": "4/s", "for": f"{customers / 4:f}s", "arrivals": "poisson"},
            "server": {"threads": how["threads"]},
            "workers": {"count": how["workers"]},
            "steps": steps,
        }
    )


def measure(system: str, customers: int) -> None:
    """Run it once, here; prints JSON."""
    asked = scenario(system, customers)
    start = time.process_time()
    _, traces = run_designs(asked, seed=1)
    seconds = time.process_time() - start
    attempts = [trace.attempts for trace in traces.values()]
    columns = [rows.column(name) for rows in attempts for name in rows.kind.COLUMNS]
    per_row = sum(map(sys.getsizeof, columns)) / sum(map(len, attempts))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"us": seconds / customers * 1e6, "peak_mb": peak_mb, "row_bytes": per_row}))


def main() -> None:
    rows = []
    for system in SYSTEMS:
        words = [sys.executable, __file__, system]
        said = [json.loads(subprocess.check_output([*words, str(size)], text=True)) for size in SIZES]
        last = said[-1]
        costs = [f"{one['us']:.1f}" for one in said]
        rows.append([system, *costs, f"{last['peak_mb']:,.0f}", f"{last['row_bytes']:.0f}"])
        print(rows[-1], file=sys.stderr)
    heads = ["µs a customer, both designs", *(f"{size:,}" for size in SIZES), "peak MB", "bytes an attempt"]
    text = f"CPython {sys.version.split()[0]}, {page.machine()}:\n\n{page.table(heads, rows)}"
    print(text)
    page.write("scaling", text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        main()

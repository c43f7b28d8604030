"""What `warm_up: auto` is for: the mean of a queue that begins empty comes nearer to that of the long run.

`python tests/theory/test_warm_up.py` prints the table of docs/model.md.
"""

from __future__ import annotations

import sys
from statistics import fmean

from syncasync_sim import replicate
from syncasync_sim.errors import NotSettledError
from syncasync_sim.model.scenario import Scenario

Phases = list[tuple[int, int]]
"""Customers a second, and for how many seconds."""


def mean_s(phases: Phases, warm_up: str, *, replications: int, seed: int = 1) -> float:
    """The mean response time of a thread that can serve 10/s."""
    scenario = Scenario.model_validate(
        {
            "traffic": {
                "phases": [{"rate": f"{rate}/s", "for": f"{length}s"} for rate, length in phases],
                "arrivals": "poisson",
            },
            "server": {"threads": 1},
            "steps": [{"name": "work", "duration": "exponential(mean=100ms)"}],
            "warm_up": warm_up,
        }
    )
    result = replicate(scenario, replications, seed=seed, modes=("sync",))
    return float(result.modes["sync"]["response_time_s"]["mean"])


def test_the_mean_comes_nearer_to_the_long_run() -> None:
    without, auto = (mean_s([(9, 400)], warm_up, replications=300) for warm_up in ("0s", "auto"))
    assert abs(auto - 1.0) < 0.8 * abs(without - 1.0)


def table() -> str:
    """A line for each queue: 20 times 20 replications, without a warm-up and with one that is found."""
    lines = ["| load, customers | long run | without | auto | refused |", "|---|---|---|---|---|"]
    queues: dict[str, tuple[float, Phases]] = {
        "0.8, 5,000": (0.5, [(8, 625)]),
        "0.9, 5,000": (1.0, [(9, 556)]),
        "0.9, 1,000": (1.0, [(9, 111)]),
        "0.5, 5,000, after a jam of 20 s at load 2": (0.2, [(20, 20), (5, 920)]),
    }
    for name, (long_run_s, phases) in queues.items():
        pairs, refused = [], 0
        for seed in range(1, 21):
            try:
                auto = mean_s(phases, "auto", replications=20, seed=seed)
            except NotSettledError:
                refused += 1
                continue
            pairs.append((mean_s(phases, "0s", replications=20, seed=seed), auto))
        without, found = (fmean(side) for side in zip(*pairs, strict=True))
        lines.append(f"| {name} | {long_run_s} s | {without:.3f} s | {found:.3f} s | {refused} of 20 |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(f"{table()}\n")

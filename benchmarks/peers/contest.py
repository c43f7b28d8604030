"""What every contender does: run one system once, and print how long that took and what came out."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

ARRIVALS_PER_S, THREADS, WORKERS = 4.0, 16, 8
CHECKOUT_S, EMAIL_S = {"check payment": 0.2, "charge card": 0.8, "save order": 0.05}, 1.5
"""The checkout: means of its exponential steps, in seconds."""

Queue = Callable[[int, int, int], float]
Checkout = Callable[[int, str, int], float]


def contest(mmc: Queue, checkout: Checkout | None = None) -> None:
    """Run what the command line asks for, as `M/M/4 100000 1` or `sync 100000 1`; prints JSON.

    *mmc*(customers, servers, seed) gives the mean wait of an M/M/c at load 0.8 whose services take 1 s.
    *checkout*(customers, design, seed) gives the mean response time of the checkout in that design.
    `seconds` is processor time from an empty start to that mean, imports left out; `peak_mb` is the memory
    of the whole process.
    """
    system, customers, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    start = time.process_time()
    if system.startswith("M/M/"):
        mean_s = mmc(customers, int(system.removeprefix("M/M/")), seed)
    else:
        assert checkout is not None, f"{sys.argv[0]} has no checkout"
        mean_s = checkout(customers, system, seed)
    seconds = time.process_time() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps({"seconds": seconds, "mean_s": mean_s, "peak_mb": peak_mb}))

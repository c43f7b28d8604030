"""What every contender does: run one system once, and print how long that took and what came out.

The numbers of the checkouts are here, for the engine and for the plain program.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

ARRIVALS_PER_S, THREADS, WORKERS = 4.0, 16, 8
CHECKOUT_S, EMAIL_S = {"check payment": 0.2, "charge card": 0.8, "save order": 0.05}, 1.5
"""The checkout: means of its exponential steps, in seconds."""
FAILS, ATTEMPTS, DELAY_S, FACTOR = 0.1, 5, 1.0, 2.0
"""How often an email fails, where it does; and when it is tried again."""
CRASH_EVERY_S, RESTART_S = 10.0, 5.0
"""Where workers crash: one of them, in turn, every so often; and how long it is down."""
TELLERS, BUSY_PER_S, PATIENCE_S, CLICKS_AGAIN, CLICK_AFTER_S = 4, 3.8, 3.0, 2, 1.0
"""Where customers give up: threads, each with a service of 1 s on average, at load 0.95."""
CROWD, CALM = (8.0, 5.0), (0.8, 200.0)
"""Where they click again: arrivals per second and seconds, of a crowd and of the time until the next one."""

Queue = Callable[[int, int, int], float]
Checkout = Callable[[int, str, int], float]


def phases(customers: int) -> list[tuple[float, float]]:
    """Crowds, and calm between them, with about so many customers: arrivals per second, and seconds."""
    a_round = CROWD[0] * CROWD[1] + CALM[0] * CALM[1]
    return [CROWD, CALM] * max(1, round(customers / a_round))


def contest(mmc: Queue, checkout: Checkout | None = None) -> None:
    """Run what the command line asks for, as `M/M/4 100000 1` or `sync 100000 1`; prints JSON.

    *mmc*(customers, servers, seed) gives the mean wait of an M/M/c at load 0.8 whose services take 1 s.
    *checkout*(customers, run, seed) gives the mean of a run of the table of checkouts.
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

"""Write the access log of a small shop, as nginx writes it with $request_time and $msec.

Eight threads serve the requests, first come, first served. A request is 600 ms of work on average, and half
of that is the email at its end. `python make_log.py > access.log` gives the same log each time.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random  # noqa: TID251 - a service of its own, not a run of the program

REQUESTS = 3_000
RATE_PER_S = 11.0
THREADS = 8
MEAN_WORK_S = 0.6
FIRST_S = 1_790_000_000.0
"""In September 2026."""


def calls() -> Iterator[tuple[float, float]]:
    """Arrival and reply of each request, in seconds since 1970."""
    random = Random(1)
    free_s = [0.0] * THREADS
    arrival_s = FIRST_S
    for _ in range(REQUESTS):
        arrival_s += random.expovariate(RATE_PER_S)
        work_s = random.expovariate(1 / MEAN_WORK_S)
        reply_s = max(arrival_s, free_s[0]) + work_s
        heapq.heapreplace(free_s, reply_s)
        yield arrival_s, reply_s


def lines() -> Iterator[str]:
    """The lines in the order of the replies: nginx writes a line when it has answered."""
    for arrival_s, reply_s in sorted(calls(), key=lambda call: call[1]):
        local = datetime.fromtimestamp(reply_s, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        took_s = reply_s - arrival_s
        yield f'192.0.2.7 - - [{local}] "POST /order HTTP/1.1" 200 512 "-" "-" {took_s:.3f} {reply_s:.3f}'


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in lines())

"""NumPy without a simulator: Lindley's recursion for one server, a running sum less its running minimum."""

from __future__ import annotations

import numpy as np
from contest import contest


def mmc(customers: int, servers: int, seed: int) -> float:
    """The mean wait. A wait is the one before plus its service less the gap, but never below 0."""
    assert servers == 1, "the recursion is that of one server"
    random = np.random.default_rng(seed)
    gaps, services = random.exponential(1 / 0.8, customers), random.exponential(1.0, customers)
    steps = np.concatenate(([0.0], services[:-1] - gaps[1:]))
    walk = np.cumsum(steps)
    return float((walk - np.minimum.accumulate(walk)).mean())


if __name__ == "__main__":
    contest(mmc)

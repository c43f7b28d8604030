"""The engine of this package, with every row kept."""

from __future__ import annotations

from typing import Any

from contest import ARRIVALS_PER_S, CHECKOUT_S, EMAIL_S, THREADS, WORKERS, contest

from syncasync_sim.engine import simulate
from syncasync_sim.engine.simulation import simulate_events
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

BY_EVENTS = "async by events"
"""The asynchronous checkout as it goes where customers fail or leave: event by event."""


def mmc(customers: int, servers: int, seed: int) -> float:
    rate = 8 * servers
    scenario = Scenario.model_validate(
        {
            "traffic": {"rate": f"{rate}/10s", "for": f"{customers * 10 / rate:f}s", "arrivals": "poisson"},
            "server": {"threads": servers},
            "steps": [{"name": "work", "duration": "exponential(mean=1s)"}],
        }
    )
    return mean_s(simulate(scenario, "sync", seed=seed), "began")


def checkout(customers: int, design: str, seed: int) -> float:
    lasts_s = customers / ARRIVALS_PER_S
    steps: list[dict[str, Any]] = [
        {"name": name, "duration": f"exponential(mean={mean}s)"} for name, mean in CHECKOUT_S.items()
    ]
    steps.append({"name": "email", "duration": f"exponential(mean={EMAIL_S}s)", "background": True})
    scenario = Scenario.model_validate(
        {
            "traffic": {"rate": f"{ARRIVALS_PER_S:g}/s", "for": f"{lasts_s:f}s", "arrivals": "poisson"},
            "server": {"threads": THREADS},
            "workers": {"count": WORKERS},
            "steps": steps,
        }
    )
    if design == BY_EVENTS:
        return mean_s(simulate_events(scenario, "async", RandomStreams(seed)), "replied")
    return mean_s(simulate(scenario, "sync" if design == "sync" else "async", seed=seed), "replied")


def mean_s(trace: Trace, until: str) -> float:
    """Seconds from arrival until then, on average."""
    requests = trace.requests
    return (sum(requests.column(until)) - sum(requests.column("arrived"))) / len(requests) / 1e6


if __name__ == "__main__":
    contest(mmc, checkout)

"""The engine of this package, with every row kept: in one pass, or by events as the run's name says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contest import (
    ARRIVALS_PER_S,
    ATTEMPTS,
    BUSY_PER_S,
    CHECKOUT_S,
    CLICK_AFTER_S,
    CLICKS_AGAIN,
    CRASH_EVERY_S,
    DELAY_S,
    EMAIL_S,
    FACTOR,
    FAILS,
    PATIENCE_S,
    RESTART_S,
    TELLERS,
    THREADS,
    WORKERS,
    contest,
    phases,
)

from syncasync_sim.engine.fast_path_rules import is_applicable
from syncasync_sim.engine.simulation import one_pass, simulate_events, workers_by_events
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Trace

WAYS = {"by events": simulate_events, "with workers by events": workers_by_events}
"""How a run is computed whose name ends so, after a comma. Every other run is one pass, or it stops."""


@dataclass(frozen=True)
class Run:
    """A run of the checkouts: the parts of its scenario, and the column up to which its mean goes."""

    parts: dict[str, Any]
    until: str = "completed"
    mode: Mode = "async"


def exponential(name: str, mean_s: float, **more: Any) -> dict[str, Any]:
    """A step."""
    return {"name": name, "duration": f"exponential(mean={mean_s}s)", **more}


def poisson(customers: int, rate: float) -> dict[str, Any]:
    """The traffic of about so many customers."""
    return {"rate": f"{rate:g}/s", "for": f"{customers / rate:f}s", "arrivals": "poisson"}


def mmc(customers: int, servers: int, seed: int) -> float:
    parts = {
        "traffic": poisson(customers, 0.8 * servers),
        "server": {"threads": servers},
        "steps": [exponential("work", 1.0)],
    }
    return mean_s(trace(Run(parts, mode="sync"), seed), "began")


def checkout(customers: int, run: str, seed: int) -> float:
    name, _, way = run.partition(", ")
    wanted = runs(customers)[name]
    return mean_s(trace(wanted, seed, way), wanted.until)


def runs(customers: int) -> dict[str, Run]:
    """The runs of the checkouts, by name."""
    email = exponential("email", EMAIL_S, background=True)
    retry = {"attempts": ATTEMPTS, "delay": f"{DELAY_S:g}s", "factor": FACTOR}
    in_request = [exponential(name, mean) for name, mean in CHECKOUT_S.items()]
    base = {
        "traffic": poisson(customers, ARRIVALS_PER_S),
        "server": {"threads": THREADS},
        "workers": {"count": WORKERS},
        "steps": [*in_request, email],
    }
    tellers: dict[str, Any] = {
        "traffic": poisson(customers, BUSY_PER_S),
        "server": {"threads": TELLERS},
        "customer": {"patience": f"{PATIENCE_S:g}s"},
        "steps": [exponential("work", 1.0)],
    }
    crowds = [{"rate": f"{rate:g}/s", "for": f"{lasts_s:g}s"} for rate, lasts_s in phases(customers)]
    again = {"resubmits": CLICKS_AGAIN, "resubmit_after": f"{CLICK_AFTER_S:g}s"}
    crashes = [
        {
            "worker": number % WORKERS + 1,
            "at": f"{(number + 1) * CRASH_EVERY_S:g}s",
            "restart_after": f"{RESTART_S:g}s",
        }
        for number in range(int(customers / ARRIVALS_PER_S / CRASH_EVERY_S))
    ]
    return {
        "sync": Run(base, "replied", "sync"),
        "async": Run(base, "replied"),
        "email fails": Run(
            {**base, "steps": [*in_request, {**email, "failure_rate": FAILS, "retry": retry}]}
        ),
        "no time in the request": Run({**base, "steps": [email]}),
        "patience": Run(tellers, "replied", "sync"),
        "second clicks": Run(
            {
                **tellers,
                "traffic": {"phases": crowds, "arrivals": "poisson"},
                "customer": {**tellers["customer"], **again},
            },
            "replied",
            "sync",
        ),
        "crashes": Run(
            {**base, "queue": {"redelivery": "back"}, "workers": {"count": WORKERS, "crashes": crashes}}
        ),
    }


def trace(run: Run, seed: int, way: str = "") -> Trace:
    """What happened in that run."""
    scenario = Scenario.model_validate(run.parts)
    draws = random_streams(scenario, seed, 0)
    if way:
        return WAYS[way](scenario, run.mode, draws)
    if not is_applicable(scenario, run.mode):
        raise SystemExit("this run needs events, and says nothing about one pass")
    return one_pass(scenario, run.mode, draws)


def mean_s(trace: Trace, until: str) -> float:
    """Seconds from arrival until then, on average over the requests for which that came."""
    rows = trace.requests
    ends, arrivals = rows.column(until), rows.column("arrived")
    if NEVER in ends:
        pairs = [(end, arrived) for end, arrived in zip(ends, arrivals, strict=True) if end != NEVER]
        return sum(end - arrived for end, arrived in pairs) / len(pairs) / 1e6
    return (sum(ends) - sum(arrivals)) / len(rows) / 1e6


if __name__ == "__main__":
    contest(mmc, checkout)

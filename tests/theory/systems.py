"""Scenarios that are systems of queueing theory, as plain data: what the tests of this folder share."""

from __future__ import annotations

from typing import Any

from syncasync_sim.model.scenario import Scenario

Data = dict[str, Any]


def step(duration: str, name: str = "work", **more: object) -> Data:
    return {"name": name, "duration": duration, **more}


def exponential(mean_ms: float, name: str = "work", **more: object) -> Data:
    return step(f"exponential(mean={mean_ms:g}ms)", name, **more)


def email(mean_ms: float, **more: object) -> Data:
    """A step for the workers, of exponential length."""
    return exponential(mean_ms, "email", background=True, **more)


AT_ONCE: Data = {"attempts": "unlimited", "delay": "0", "in_request": True}
"""Retries without delay and without end."""


def poisson(
    rate_per_s: int, *steps: Data, customers: int = 3000, warm_up: int = 500, **parts: Any
) -> Scenario:
    """About so many customers at one rate; the first *warm_up* of them are not counted."""
    traffic = {"rate": f"{rate_per_s}/s", "for": f"{customers / rate_per_s:.3f}s", "arrivals": "poisson"}
    data = {"traffic": traffic, "steps": list(steps), "warm_up": f"{warm_up / rate_per_s:.3f}s", **parts}
    return Scenario.model_validate(data)


def threads(count: int, backlog: int | str = "unlimited") -> Data:
    return {"threads": count, "backlog": backlog}

"""A scenario in a few words, before it is run."""

from __future__ import annotations

from syncasync_sim.model.scenario import Scenario


def described(scenario: Scenario) -> str:
    """What it holds: its name, how many customers, how many steps."""
    expected = scenario.traffic.expected_customers
    prefix = "about " if scenario.traffic.arrivals == "poisson" else ""
    customers = f"{prefix}{_counted(round(expected), 'customer')}"
    return f"{scenario.name}, {customers}, {_counted(len(scenario.steps), 'step')}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

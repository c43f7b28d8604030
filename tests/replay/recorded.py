"""Runs as documents, for the tests of what shows them."""

from __future__ import annotations

from functools import cache
from typing import Any

from syncasync_sim import load_scenario, run_designs
from syncasync_sim.files import bundled
from syncasync_sim.replay.document import document

MODERATE = [name for name in bundled.names() if name not in ("ack-first", "flaky-email", "overload")]
"""Those with so few customers that looking at a run everywhere takes no time."""


@cache
def recorded(name: str, *sets: str) -> dict[str, Any]:
    """The document of a bundled scenario, run with its own seed; nobody changes it."""
    scenario = load_scenario(name, sets)
    return document(*run_designs(scenario, seed=scenario.seed))

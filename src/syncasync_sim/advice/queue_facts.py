"""What the rules look at in a queue: the scenario, and what its asynchronous design did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from syncasync_sim.model.quantities import parse_duration
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.worker_load import StationLoad
from syncasync_sim.trace.losses import LossCause

Changes = Mapping[str, Any]
"""Values by their paths, written as in a scenario file."""

ROOM = 2
"""A timeout is advised that is this many times what has to fit in it."""
ATTEMPTS = 5
"""How often a message is tried where a limit is advised: the default of `retry.attempts`."""
DAY_S = 86_400
ROUND = [
    "1s",
    "2s",
    "5s",
    "10s",
    "15s",
    "30s",
    "1m",
    "2m",
    "5m",
    "10m",
    "15m",
    "30m",
    "1h",
    "2h",
    "6h",
    "12h",
    "24h",
]


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What the rules look at: the scenario, and the figures of its asynchronous design as in the JSON.

    `overload` is what limits the work and cannot keep up, the workers or a service that they call, with its
    load at the height of the traffic; None where nothing is overloaded. `turned_away` are the messages that
    a full queue refused or dropped, `lost` all that were lost, by the cause, and `refused` those
    whose publish was refused.
    """

    scenario: Scenario
    figures: Mapping[str, Any]
    overload: StationLoad | None
    turned_away: float = 0.0
    lost: Mapping[LossCause, float] = field(default_factory=dict)
    refused: float = 0.0

    @property
    def messages(self) -> Iterator[Step]:
        """The steps on the queue."""
        return (step for step in self.scenario.steps if step.background)

    def count(self, group: str, part: str) -> float:
        """Return a figure that is a count; 0 if it was not measured.

        Args:
            group: the name of a group of figures, as `queue`.
            part: the name of the figure in the group.
        """
        return (self.figures[group] or {}).get(part) or 0

    @property
    def undelivered(self) -> float:
        """Messages that were given up after their last delivery: dead-lettered or lost."""
        return self.count("queue", "dead_lettered") + self.lost.get(LossCause.LAST_DELIVERY, 0)


def rounded_up(seconds: float) -> str:
    """The next round duration that is at least this long, as a scenario file writes it."""
    return next((text for text in ROUND if parse_duration(text) >= seconds), f"{ceil(seconds / DAY_S)}d")

"""Whether the machine kept up with the speed of a run: how late its own sleeps and answers were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncasync_sim.live.book import Book
from syncasync_sim.live.load import Click
from syncasync_sim.live.plan import Plan
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.records import Outcome

SHARE = 0.05
"""The machine's own delay may be this share of what a request takes."""
GRACE_S = 0.02
"""And so much more, in seconds of the scenario."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The machine's own part in what was measured, in seconds of the scenario.

    `delay_s`: what 19 of 20 requests stay below, from being sent late, from sleeping too long in each
    step, and from the way to the service and back. `request_s`: what a request's steps take by plan.
    """

    speed: float
    delay_s: float
    request_s: float

    @property
    def allowed_s(self) -> float:
        return SHARE * self.request_s + GRACE_S

    @property
    def keeps_up(self) -> bool:
        """Whether what was measured can be told from the machine's own delays."""
        return self.delay_s <= self.allowed_s

    @property
    def advised_speed(self) -> float:
        """A speed at which it would keep up: two digits at most, rounded down."""
        real_s = self.delay_s / self.speed
        speed = self.allowed_s / real_s
        return int(speed * 10) / 10 if speed < 10 else float(int(speed))


def pace_of(plan: Plan, book: Book, clicks: Sequence[Click], round_trip_s: float) -> Pace:
    """How the machine did in a run that is over."""
    late = [click.sent - click.due for click in clicks if click.sent is not None]
    over = """SELECT request, sum(ended - started - planned), sum(planned) FROM attempts
        WHERE by > 0 AND outcome IN (?, ?, ?) GROUP BY request"""
    ended = (int(Outcome.OK), int(Outcome.FAILED), int(Outcome.TIMED_OUT))
    rows = book.rows(over, *ended)
    delay = _p95(late) + _p95([row[1] for row in rows]) + round_trip_s * plan.speed * US_PER_S
    planned = [row[2] for row in rows]
    mean = sum(planned) / len(planned) if planned else 0.0
    return Pace(plan.speed, delay / US_PER_S, mean / US_PER_S)


def _p95(values: Sequence[int]) -> int:
    return sorted(values)[-(-len(values) * 95 // 100) - 1] if values else 0

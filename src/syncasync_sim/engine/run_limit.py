"""When a run is given up, as it does not seem to come to an end."""

from __future__ import annotations

from syncasync_sim.errors import RunTooLongError
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario

UNLIMITED_ATTEMPTS = 1_000
"""What an unlimited number of attempts counts for in the limit of events."""


class RunLimit:
    """Far more events than a run of a scenario can need if it comes to an end."""

    def __init__(self, scenario: Scenario) -> None:
        requests = scenario.traffic.expected_customers * (1 + scenario.customer.resubmits)
        tries = sum(min(s.retry.attempts or UNLIMITED_ATTEMPTS, UNLIMITED_ATTEMPTS) for s in scenario.steps)
        self.most_events = 1_000_000 + round(requests * (8 + 8 * tries))

    def check(self, events: int, now_us: int) -> None:
        """Stop a run that is too long.

        Args:
            events: the number of its events so far.
            now_us: the time in the run, in microseconds.

        Raises:
            RunTooLongError: there are more of them than the run can need.
        """
        if events > self.most_events:
            raise RunTooLongError(
                f"stopped after {events:,} events at {format_time(now_us / US_PER_S)}: "
                "this run does not seem to end; limit the attempts, or set stop_at"
            )

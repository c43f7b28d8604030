"""A web server that could be interrupted and never is does what the plain one does."""

from __future__ import annotations

from hypothesis import given, settings

from laws.scenarios import scenarios
from laws.test_laws import LAWS
from syncasync_sim.engine import simulate
from syncasync_sim.experiment import vary
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

LATE = {"server.timeout": "1h", "server.restarts": [{"at": "2h", "for": "1s"}]}
"""Long after the last event of these runs."""


def rows(trace: Trace) -> list[object]:
    """All rows; the attempts in order of time, as a plain server writes a stretch of them at once."""
    attempts = sorted(
        trace.attempts.columns("request", "step", "number", "by", "started", "ended", "outcome")
    )
    tables = (trace.requests, trace.messages, trace.deliveries, trace.crashes)
    return [trace.ended_at_us, trace.observed_us, attempts, *(list(table) for table in tables)]


@settings(LAWS, max_examples=100)
@given(scenarios())
def test_what_never_interrupts_changes_nothing(scenario: Scenario) -> None:
    outside = {"queue.in_process": False}  # else what nobody ever takes is lost in the end
    plain = vary(scenario, {"server.timeout": "none", "server.restarts": [], **outside})
    late = vary(scenario, LATE | outside)
    for mode in MODES:
        assert rows(simulate(plain, mode, seed=1)) == rows(simulate(late, mode, seed=1))

"""What the database of a live run counts in the world is what the trace's queries say of the same run."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given

from laws.scenarios import Data
from laws.test_laws import LAWS, runs, scenario_of
from laws.test_one_home import doubled_effects
from syncasync_sim.live.event_log import STARTED, EventLog, ended
from syncasync_sim.live.payload import Payload
from syncasync_sim.live.plan import Plan, wanted_of
from syncasync_sim.live.trace_builder import counted
from syncasync_sim.stats import summarise
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Trace

TWICE_IN_VAIN: Data = {
    "traffic": {"requests": 1},
    "customer": {"resubmits": 1, "resubmit_after": "100ms"},
    "steps": [
        {"name": "charge", "duration": "100ms", "effect": "charged", "idempotent": True},
        {"name": "check", "duration": "100ms", "failure_rate": "100%"},
    ],
}
"""Two error pages for a customer who was charged: two phantom errors, and one charge."""


@given(doubled_effects())
@example(TWICE_IN_VAIN)
@LAWS
def test_effects_are_counted_in_the_database_as_in_the_trace(data: Data) -> None:
    plain = {**data, "steps": [{**step, "on_timeout": "cancelled"} for step in data["steps"]]}
    for trace in runs(scenario_of(plain)).values():
        summary, event_log = summarise(trace), EventLog.new(Path(":memory:"))
        customers, clicks = trace.requests.column("customer"), trace.requests.column("click")
        rows = trace.attempts.columns("request", "step", "number", "by", "started", "ended", "outcome")
        for request, step, number, by, started, at, outcome in rows:
            event_log.write((STARTED, (request, step, number, by, started, 0)))
            if at != NEVER:
                body = Payload(request, customers[request], clicks[request], step)
                event_log.write(*ended(trace.scenario.steps[step], body, number, by, at, outcome))
        found = counted(plan_of(trace), event_log, trace)
        event_log.close()
        assert (found.effects, found.duplicates) == (summary.effects, summary.duplicates)
        assert found.phantom_errors == summary.phantom_errors


def plan_of(trace: Trace) -> Plan:
    return Plan(
        scenario=trace.scenario,
        mode=trace.mode,
        seed=trace.seed,
        replication=trace.replication,
        speed=1.0,
        url="",
        wanted=wanted_of(trace.scenario, "law", 1.0),
        folder=Path(),
    )

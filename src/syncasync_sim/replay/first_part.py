"""The first part of a run of too many customers for a picture: the same run, whose traffic ends earlier."""

from __future__ import annotations

from collections.abc import Mapping

from syncasync_sim.engine import simulate
from syncasync_sim.files import change_scenario
from syncasync_sim.model.modes import Mode
from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, FirstPart, came, cap_of
from syncasync_sim.trace.records import Trace

MARGINS = (450, 400)
"""So many are wanted if chance has brought more than a picture shows."""


def first_part(traces: Mapping[Mode, Trace]) -> tuple[Mapping[Mode, Trace], FirstPart | None]:
    """Return the runs that a picture shows, and which part of the whole they are; None if all is shown.

    With too many customers, the scenario is run again, with the same seed and shorter traffic. That needs
    runs that were simulated.
    """
    trace, customers = next(iter(traces.values())), came(traces)
    cap = None
    for most in (MOST_CUSTOMERS, *MARGINS):
        if came(traces) <= MOST_CUSTOMERS:
            break
        cap = cap_of(trace.scenario, most) or cap
        scenario = change_scenario(trace.scenario, [cap] if cap else [])
        traces = {
            mode: simulate(scenario, mode, seed=trace.seed, replication=trace.replication) for mode in traces
        }
    return traces, FirstPart.of_runs(traces, f"{customers:,}", cap) if cap else None

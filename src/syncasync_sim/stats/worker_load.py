"""The load of the workers in a run: the work of the messages that really were published."""

from __future__ import annotations

import math

from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.theory.demand import message_work_s, traffic_s, workers_station
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.series import busy_workers


def measured_worker_load(trace: Trace) -> float | None:
    """Return the work of the published messages over the capacity of the workers while customers come.

    The work of a message is the mean of the theory. Where outages make it unclear, or tries have no end, the
    work is the time that the workers were busy. None if no customers come over time, or if workers have
    nothing to do.
    """
    scenario = trace.scenario
    workers, lasts_s = workers_station(scenario), traffic_s(scenario.traffic)
    if workers is None or not lasts_s:
        return None
    lasts_us = min(round(lasts_s * US_PER_S), trace.observed_us) or 1
    work_s = message_work_s(scenario)
    if work_s is not None:
        work_us = math.fsum(work_s[step] * US_PER_S for step in _published(trace, lasts_us))
    else:
        has_an_end = math.isfinite(workers.busy_s)
        work_us = busy_workers(trace).area(trace.observed_us if has_an_end else lasts_us)
    return work_us / (workers.servers * lasts_us)


def _published(trace: Trace, lasts_us: int) -> list[int]:
    """The steps of the messages that came in as long a time as customers do, from the first message on."""
    published = trace.messages.column("published")
    before = min(published, default=0) + lasts_us
    steps = trace.messages.column("step")
    return [step for step, at in zip(steps, published, strict=True) if at < before]

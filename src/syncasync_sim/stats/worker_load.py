"""The load of the workers in a run, and of the services they call: the work that really was published."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import compress

from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.theory.demand import (
    Station,
    message_work_s,
    queue_bottleneck,
    traffic_s,
    workers_station,
)
from syncasync_sim.trace.columns import NEVER, have_happened
from syncasync_sim.trace.queries import was_cut
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.series import busy_workers


@dataclass(frozen=True, slots=True)
class StationLoad:
    """The work that came for a station over its capacity, while customers came."""

    station: Station
    load: float

    @property
    def is_too_much(self) -> bool:
        """Whether the station cannot keep up."""
        return self.load >= 1


def measured_worker_load(trace: Trace) -> float | None:
    """Return the load of the workers, as `measured_load`; None if they have nothing to do."""
    workers = workers_station(trace.scenario)
    return None if workers is None else measured_load(trace, workers)


def measured_bottleneck(trace: Trace) -> StationLoad | None:
    """Return the bottleneck of the work behind the queue, and its load; None if there is no such work.

    Where the time in a service is not known, it is the workers.
    """
    station = queue_bottleneck(trace.scenario)
    if station is not None and message_work_s(trace.scenario, station) is None:
        station = workers_station(trace.scenario)
    load = None if station is None else measured_load(trace, station)
    return None if station is None or load is None else StationLoad(station, load)


def measured_load(trace: Trace, station: Station) -> float | None:
    """Return the work of the published messages over the capacity of a station while customers come.

    The work of a message is the mean of the theory. Where outages make it unclear, or tries have no end, the
    load is the share of that time in which the workers were busy. None if no customers come over time.

    Args:
        trace: the trace of a run.
        station: the workers, or a service that they call.
    """
    scenario = trace.scenario
    lasts_s = traffic_s(scenario.traffic)
    if not lasts_s:
        return None
    lasts_us = round(lasts_s * US_PER_S)
    if was_cut(trace):
        lasts_us = min(lasts_us, trace.observed_us) or 1
    work_s = message_work_s(scenario, station)
    if work_s is not None:
        work_us_of = {step: seconds * US_PER_S for step, seconds in work_s.items()}
        work_us = math.fsum(map(work_us_of.__getitem__, _published(trace, lasts_us)))
    else:
        work_us = busy_workers(trace).area(lasts_us)
    return work_us / (station.servers * lasts_us)


def _published(trace: Trace, lasts_us: int) -> Iterator[int]:
    """The steps of the messages that came in as long a time as customers do, from the first message on."""
    published = trace.messages.column("published")
    before = min(compress(published, have_happened(published)), default=0) + lasts_us
    return compress(trace.messages.column("step"), (NEVER < at < before for at in published))

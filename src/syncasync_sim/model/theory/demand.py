"""What a station can do and what is asked of it: capacity, load, overload from one account of busy seconds.

A *station* is a group of servers that requests may have to wait for: the threads, the workers, and each
called service that takes only so many calls at once. Its demand is how many seconds one request keeps one
of its servers busy on average (service demand; Denning and Buzen, "The Operational Analysis of Queueing
Network Models", 1978). Everything that is said about capacity anywhere follows from it:

    capacity = servers / busy seconds a request,    load = requests per second / capacity.

What one request asks for is counted in `visits`, with second clicks after error pages.
Not counted: outages and slowdowns (they come and go), workers that crash, are stopped or stand still at
given moments, work done again after visibility timeouts. Where they make the capacity less, it is a bound
(`is_bound`).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from syncasync_sim.model.distributions import Constant
from syncasync_sim.model.late_work import late_work
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.visits import Visit, clicks, request_s, visits
from syncasync_sim.model.traffic import Traffic

StationKind = Literal["threads", "workers", "service"]


@dataclass(frozen=True, slots=True)
class Station:
    """Servers that requests may have to wait for, and what one request asks of them.

    *number* is how many servers there are; *servers* how many can share the work: fewer where partitions
    fall unevenly on workers. *busy_s* is how long one request keeps one of them busy. *behind_queue*: it
    only sees what the server lets through. *line_grows*: those beyond the capacity wait. *is_clear*: nothing
    makes the work shorter at times than it seems. *is_bound*: something makes it longer that is not counted.
    """

    kind: StationKind
    number: int
    servers: float
    busy_s: float
    behind_queue: bool
    line_grows: bool
    is_clear: bool
    is_bound: bool
    by_chance: bool
    step: str = ""

    @property
    def possible_per_s(self) -> float:
        """Requests per second that can be done for long."""
        return self.servers / self.busy_s


def stations(scenario: Scenario, mode: Mode) -> tuple[Station, ...]:
    """Return every station with work to do, those of the request first.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    request, messages = visits(scenario, mode)
    threads, backlog = scenario.server.threads, scenario.server.backlog
    line_grows = threads is None or (backlog is None and not _gives_up_in_line(scenario))
    refuses = bool(messages and scenario.queue.outages)
    front = _Side(scenario, request, behind_queue=False, line_grows=line_grows, refuses=refuses)
    line_grows = scenario.queue.capacity is None
    back = _Side(scenario, messages, behind_queue=True, line_grows=line_grows, refuses=refuses)
    listed = []
    held_s = request_s(scenario, mode)
    if threads is not None and held_s:
        listed.append(front.station("threads", threads, threads, held_s))
    listed += front.services(threads)
    work_s = math.fsum(visit.reached * visit.held_s for visit in messages)
    if scenario.workers.count and work_s:
        at_work = _at_work(scenario)
        listed.append(back.station("workers", at_work, _sharing(scenario), work_s))
        listed += back.services(at_work)
    return tuple(listed)


def capacity_per_s(scenario: Scenario, mode: Mode) -> float | None:
    """Return the requests per second that a design can serve in the long run; None without a limit.

    It is the capacity of the bottleneck station.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    return min((station.possible_per_s for station in stations(scenario, mode)), default=None)


def load(scenario: Scenario, mode: Mode) -> float | None:
    """Return the offered rate over the capacity of a design, on average while customers come; 1 is full.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.

    Returns:
        The ratio, without unit; None if customers come at given times, or if nothing limits the design.
    """
    offered, capacity = offered_per_s(scenario, mode), capacity_per_s(scenario, mode)
    if offered is None or capacity is None:
        return None
    return offered / capacity if capacity else math.inf


def worker_load(scenario: Scenario) -> float | None:
    """Return the work of the messages that will be published over the capacity of the workers.

    A message is published if all steps before it succeed and the server lets its request through. None
    without traffic or workers, and where outages make it unclear. For the messages that a run published see
    `measured_load`.
    """
    offered, workers = offered_per_s(scenario, "async"), workers_station(scenario)
    if offered is None or workers is None or not workers.is_clear:
        return None
    return _let_through_per_s(scenario, offered) / workers.possible_per_s


def peak_load(scenario: Scenario, station: Station) -> float:
    """Return what comes for a station behind the queue at the height of the traffic, over what it can do.

    It is 0 if customers come at given times.

    Args:
        scenario: the scenario.
        station: the workers, or a service that they call.
    """
    highest = (float(max(segment.first, segment.last)) for segment in scenario.traffic.segments)
    offered = max(highest, default=0.0) * clicks(scenario, "async")
    return _let_through_per_s(scenario, offered) / station.possible_per_s


def _let_through_per_s(scenario: Scenario, offered: float) -> float:
    """How many of the requests offered a second the server of the asynchronous design can answer."""
    front = (station.possible_per_s for station in stations(scenario, "async") if not station.behind_queue)
    return min([offered, *front])


def bottleneck(listed: Iterable[Station]) -> Station | None:
    """Return the station that can do the least; None if there is none.

    Of equals it is the service: more threads or workers would only wait for it.

    Args:
        listed: the stations to choose from.
    """
    return min(
        listed,
        key=lambda station: (round(station.possible_per_s, 9), station.kind != "service"),
        default=None,
    )


def queue_bottleneck(scenario: Scenario) -> Station | None:
    """Return the bottleneck of the work behind the queue: the workers, or a service that they call."""
    return bottleneck(station for station in stations(scenario, "async") if station.behind_queue)


def workers_station(scenario: Scenario) -> Station | None:
    """The workers of the asynchronous design; None where nothing is asked of them."""
    return next((station for station in stations(scenario, "async") if station.kind == "workers"), None)


def message_work_s(scenario: Scenario, station: Station) -> dict[int, float] | None:
    """Return the mean time in seconds for which one message keeps a station busy, by the index of its step.

    None if it is not known: outages come and go, workers die out, or tries have no end.

    Args:
        scenario: the scenario.
        station: the workers, or a service that they call.
    """
    _, messages = visits(scenario, "async")
    clear = not (_dies_out(scenario) or any(_is_shorter_at_times(visit.step) for visit in messages))
    if not (clear and all(math.isfinite(visit.held_s) for visit in messages)):
        return None
    indices = [index for index, step in enumerate(scenario.steps) if scenario.background(step, "async")]
    work_s = [visit.held_s for visit in messages]
    if station.kind == "service":
        calls_s = ((visit.step.name, visit.work_s) for visit in messages)
        work_s = [call_s if name == station.step else 0.0 for name, call_s in calls_s]
    return dict(zip(indices, work_s, strict=True))


def offered_per_s(scenario: Scenario, mode: Mode) -> float | None:
    """Return the offered requests per second, on average while customers come.

    Second clicks after error pages are included. It is None if customers come at given times.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    rate = arrival_rate_per_s(scenario.traffic)
    return None if rate is None else rate * clicks(scenario, mode)


def arrival_rate_per_s(traffic: Traffic) -> float | None:
    """Return the customers per second, on average while they come; None if they come at given times."""
    lasts_s = traffic_s(traffic)
    return traffic.expected_customers / lasts_s if lasts_s else None


def traffic_s(traffic: Traffic) -> float:
    """Return for how many seconds customers come; 0 if they come at given times."""
    return float(sum(segment.lasts_s for segment in traffic.segments))


def together_on_average(traffic: Traffic, request_s: float) -> float:
    """Return the mean number of requests in the server at once while customers come, by Little's law.

    It is rate times length (Little 1961); 0 if customers come at given times.

    Args:
        traffic: the traffic of the scenario.
        request_s: the length of a request, in seconds.
    """
    return (arrival_rate_per_s(traffic) or 0.0) * request_s


def together_at_most(traffic: Traffic, request_s: float) -> float:
    """Return the number of requests in the server at once at the peak of the traffic.

    It is the number that arrives within the length of a request.

    Args:
        traffic: the traffic of the scenario.
        request_s: the length of a request, in seconds.
    """
    if traffic.requests is not None:
        return traffic.requests
    if traffic.times_us is not None:
        times_s = [at / US_PER_S for at in traffic.times_us]
        return max(
            bisect_left(times_s, begin_s + request_s) - bisect_left(times_s, begin_s) or 1
            for begin_s in times_s
        )
    heights = (
        float(max(segment.first, segment.last)) * min(request_s, float(segment.lasts_s))
        for segment in traffic.segments
    )
    return max(heights, default=0.0)


@dataclass(frozen=True, slots=True)
class _Side:
    """The request, or the work *behind* the queue: who asks for what, and whether its line can grow.

    *refuses*: the broker is down at times, and what is published then fails.
    """

    scenario: Scenario
    asking: Sequence[Visit]
    behind_queue: bool
    line_grows: bool
    refuses: bool

    def station(self, kind: StationKind, number: int, servers: float, busy_s: float) -> Station:
        """The threads or the workers. A call that waits for a free slot holds them longer than counted."""
        slots = (visit.step.concurrency for visit in self.asking)
        waits = any(most is not None and most < number for most in slots)
        is_bound = waits or (kind == "workers" and self._is_less_at_times())
        return self._station(kind, number, servers, busy_s, is_bound, self.asking)

    def services(self, callers: int | None) -> Iterator[Station]:
        """The called services that take only so many calls at once. So many callers may be too few for it.

        They are enough where workers do nothing else than call it, and none of them is down.
        """
        for visit in self.asking:
            step, calls_s = visit.step, visit.work_s
            busy_s = visit.reached * calls_s
            if step.concurrency is not None and busy_s:
                slots = step.concurrency
                only_call = self.behind_queue and len(self.asking) == 1 and visit.held_s == calls_s
                is_exact = only_call and not self._is_less_at_times()
                is_bound = callers is not None and not (is_exact and callers >= slots)
                yield self._station("service", slots, slots, busy_s, is_bound, [visit])

    def _is_less_at_times(self) -> bool:
        """Whether workers are away by schedule, or may do work again after a visibility timeout."""
        workers = self.scenario.workers
        return bool(workers.crashes) or workers.may_pause or late_work(self.scenario) is not None

    def _station(
        self,
        kind: StationKind,
        number: int,
        servers: float,
        busy_s: float,
        is_bound: bool,
        asking: Sequence[Visit],
    ) -> Station:
        scenario = self.scenario
        met = scenario.steps if self.behind_queue else [visit.step for visit in self.asking]
        return Station(
            kind=kind,
            number=number,
            servers=servers,
            busy_s=busy_s,
            behind_queue=self.behind_queue,
            line_grows=self.line_grows,
            is_clear=not (
                self.refuses
                or scenario.server.interrupts
                or any(map(_is_shorter_at_times, met))
                or (self.behind_queue and _dies_out(scenario))
            ),
            is_bound=is_bound or any(visit.step.slowdowns for visit in asking),
            by_chance=scenario.traffic.arrivals == "poisson"
            or any(_is_random(visit.step) for visit in asking),
            step=asking[0].step.name if kind == "service" else "",
        )


def _gives_up_in_line(scenario: Scenario) -> bool:
    """Whether a customer who waits too long leaves the line without having been served."""
    return scenario.customer.patience_s is not None and scenario.server.drop_expired


def _is_shorter_at_times(step: Step) -> bool:
    return bool(step.outages) or any(slow.factor < 1 for slow in step.slowdowns)


def _dies_out(scenario: Scenario) -> bool:
    """Whether one worker after the other dies for good."""
    kills = any(step.background and step.poison and step.poison_kills for step in scenario.steps)
    return bool(scenario.workers.crash_rate or kills) and scenario.workers.restart_after_s is None


def _is_random(step: Step) -> bool:
    return 0 < step.failure_rate < 1 or not isinstance(step.duration, Constant)


def _at_work(scenario: Scenario) -> int:
    """Workers that can be busy at the same time: where each partition has one reader, no more than those."""
    queue, count = scenario.queue, scenario.workers.count
    if queue.max_in_flight is not None and queue.ack == "after":
        count = min(count, queue.max_in_flight)
    return min(count, queue.partitions) if isinstance(queue.partitions, int) else count


def _sharing(scenario: Scenario) -> float:
    """How many workers' worth of work is done before the busiest has no time left.

    5 owned partitions fall on 2 workers as 3 and 2: the one with 3 is full when 5/3 workers' worth comes.
    """
    queue, workers = scenario.queue, _at_work(scenario)
    if queue.assignment == "owned" and isinstance(queue.partitions, int):
        return queue.partitions / math.ceil(queue.partitions / workers)
    return float(workers)

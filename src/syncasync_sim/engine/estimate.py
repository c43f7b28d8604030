"""How long a run will be, before it is run: rows, seconds and memory, all of them about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import NamedTuple

from syncasync_sim.engine.fast_path_rules import is_applicable, serves_ahead
from syncasync_sim.model.attempts import delay_us
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.request_parts import Window
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import traffic_s
from syncasync_sim.model.theory.saturation import overloads
from syncasync_sim.model.theory.visits import Visit, clicks, request_s, visits
from syncasync_sim.trace.columns import Row, Rows
from syncasync_sim.trace.records import Attempt, Delivery, Message, Request

ROW_US: dict[type[Row], tuple[float, float]] = {
    Request: (1.3, 3.1),
    Attempt: (0.35, 0.8),
    Message: (1.0, 2.2),
    Delivery: (1.6, 3.4),
}
"""Microseconds a row in one pass and by events, statistics included (a small server, CPython 3.11)."""
RUN_US = 300.0
"""Microseconds that a run takes in which nearly nothing happens."""
WORKER_US, WORKER_BYTES = 6.0, 1_000
"""What a worker takes that does nothing: its start, and its line in the counts."""
CELL_US = 500.0
"""Microseconds that a cell of a sweep takes beside its runs: in the file, the table and the chart."""
START_BYTES, ROOM = 60e6, 1.9
"""What the program takes without a run, and over the rows what it takes to count them."""
MOST_TRIES = 1_000
"""Tries without end count as so many at most: the run is stopped when it does not seem to end."""
_ROW_BYTES: dict[type[Row], int] = {
    kind: Rows(kind).row_bytes for kind in (Request, Attempt, Message, Delivery)
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of all replications and designs together; the memory is the most at any time."""

    customers: int
    rows: int
    seconds: float
    memory_bytes: float


def estimate(
    scenario: Scenario, modes: Sequence[Mode], replications: int = 1, scenarios: int = 1
) -> Estimate:
    """Estimate the time and the memory that runs will need.

    Failures count if they are given as a rate, or come in an outage. A second click counts as often as there
    is time for it while customers are likely to be disappointed.

    Args:
        scenario: the scenario to run.
        modes: the designs to run.
        replications: the number of runs of each design.
        scenarios: the number of scenarios of about this size.
    """
    customers = scenario.traffic.expected_until(scenario.stop_at_s)
    rows, us, held_bytes = 0.0, 0.0, 0.0
    for mode in modes:
        times = clicks_ahead(scenario, mode)
        each = {kind: number * times for kind, number in rows_of_a_click(scenario, mode).items()}
        rows += sum(each.values())
        by_events = _made_by_events(scenario, mode)
        us += sum(number * ROW_US[kind][kind in by_events] for kind, number in each.items())
        held_bytes += sum(number * _ROW_BYTES[kind] for kind, number in each.items())
    runs = replications * scenarios
    held = 1 if runs == 1 else 2  # the first replication is kept, for the charts
    # In one pass a worker is a number.
    has_workers = "async" in modes and not is_applicable(scenario, "async")
    workers = scenario.workers.count if has_workers else 0
    memory_bytes = START_BYTES + held * (ROOM * held_bytes * customers + WORKER_BYTES * workers)
    seconds = (us * customers + RUN_US * len(modes) + WORKER_US * workers) * runs / 1e6
    return Estimate(round(customers), round(rows * customers * runs), seconds, memory_bytes)


def _made_by_events(scenario: Scenario, mode: Mode) -> Sequence[type[Row]]:
    """The kinds of the rows that events make."""
    if is_applicable(scenario, mode) and not _overruns(scenario):
        return ()
    return (Message, Delivery) if serves_ahead(scenario, mode) else tuple(ROW_US)


def _overruns(scenario: Scenario) -> bool:
    """Whether work takes longer on average than a visibility timeout that is never renewed."""
    timeout = None if scenario.workers.renew else scenario.queue.visibility_timeout
    lengths = (step.duration.mean_s for step in scenario.steps if scenario.background(step, "async"))
    return timeout is not None and max(lengths, default=0.0) > timeout.mean_s


def rows_of_a_click(scenario: Scenario, mode: Mode) -> dict[type[Row], float]:
    """Return the mean number of rows of each kind that one click makes.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    request, messages = visits(scenario, mode)
    threads = inf if scenario.server.threads is None else scenario.server.threads
    deliveries = sum(
        _tries(scenario, visit, scenario.attempts_on_queue(visit.step), scenario.workers.count)
        for visit in messages
    )
    attempts = sum(
        _tries(scenario, visit, visit.step.retry.attempts if visit.step.retry.in_request else 1, threads)
        for visit in request
    )
    published = sum(visit.reached for visit in messages)
    return {Request: 1, Attempt: attempts + deliveries, Message: published, Delivery: deliveries}


def _tries(scenario: Scenario, visit: Visit, most: int | None, servers: float) -> float:
    """Tries of one click at a step; those without end go on until the outage or the run is over.

    *servers*: the threads or workers, which try one at a time.
    """
    windows = [(0.0, inf)] if not isfinite(visit.tries) else [_to_window(it) for it in visit.step.outages]
    spared, tries = 1.0, 0.0
    for met in _met(scenario, windows):
        spared -= met.share
        possible = met.share + _each(scenario, met, servers, visit.attempt_s)
        tries += min(met.share * _tries_in(visit, met.rest_s, most), possible)
    return visit.reached * (tries + max(0.0, spared) * (visit.tries if isfinite(visit.tries) else 1.0))


def _each(scenario: Scenario, met: _Met, servers: float, one_s: float) -> float:
    """How much of what takes *one_s* all servers can do in a window, for each customer of the run."""
    customers = scenario.traffic.expected_until(scenario.stop_at_s)
    return servers * met.lasts_s / one_s / customers if one_s and customers else inf


def _tries_in(visit: Visit, rest_s: float, most: int | None) -> float:
    """How often a step is tried that fails for so long."""
    least, retry = min(MOST_TRIES, inf if most is None else most), visit.step.retry
    share = 0.5 if retry.jitter == "full" else 1.0
    tries, passed_s, each_s = 0, 0.0, 0.0
    while tries < least and passed_s < rest_s:
        tries += 1
        each_s = visit.attempt_s + share * delay_us(retry, tries) / US_PER_S
        passed_s += each_s
    if not isfinite(rest_s) or not each_s:
        return tries
    # The delays grow no more: the others take as long as the last.
    return min(tries + max(0.0, rest_s - passed_s) / each_s, inf if most is None else most)


class _Met(NamedTuple):
    """How customers meet a window of time.

    *share* is the part of them that comes in it, *rest_s* how much of it is left for them on average.
    """

    share: float
    rest_s: float
    lasts_s: float


def _met(scenario: Scenario, windows: Sequence[tuple[float, float]]) -> Iterator[_Met]:
    """The windows of time in which customers come."""
    stop_s = inf if scenario.stop_at_s is None else scenario.stop_at_s
    come_s = min(traffic_s(scenario.traffic) or max(scenario.traffic.at_s or (0.0,)), stop_s)
    for begin_s, until_s in windows:
        end_s = min(until_s, stop_s)
        last_s = min(end_s, come_s)
        if not come_s and begin_s < end_s:
            yield _Met(1.0, end_s - begin_s, end_s - begin_s)
        elif begin_s < last_s:
            yield _Met((last_s - begin_s) / come_s, end_s - (begin_s + last_s) / 2, end_s - begin_s)


def _to_window(window: Window) -> tuple[float, float]:
    """The (from, until) of a window, in seconds; until is infinite for `forever`."""
    return window.from_s, inf if window.until_s is None else window.until_s


def clicks_ahead(scenario: Scenario, mode: Mode) -> float:
    """Return how often one customer clicks: the mean after error pages, and as often as possible after worse.

    Worse is: a service or a broker that is down; more requests than can be done while customers give up or
    are rejected; and a page that takes longer than customers wait.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    customer = scenario.customer
    if not customer.resubmits:
        return 1.0
    takes_s = request_s(scenario, mode)
    timeout_s = inf if scenario.server.timeout_s is None else scenario.server.timeout_s
    patience_s = inf if customer.patience_s is None else customer.patience_s
    down = list(_down(scenario, mode))
    if (
        min(patience_s, timeout_s) < takes_s
        or (_may_fail_in_line(scenario) and _is_too_much(scenario, mode, behind_queue=False))
        or (_may_be_refused(scenario, mode) and _is_too_much(scenario, mode, behind_queue=True))
    ):
        down = [((0.0, inf), 0.0)]
    # A click in a row takes as long as it takes to be let down, and until the customer clicks again.
    row_s = customer.resubmit_after_s + min(takes_s, patience_s, timeout_s)
    threads = (
        inf if scenario.server.threads is None or _may_fail_in_line(scenario) else scenario.server.threads
    )
    more = 0.0
    for window, click_s in down:
        for met in _met(scenario, [window]):
            in_a_row = min(met.rest_s / row_s if row_s else inf, customer.resubmits)
            more += min(met.share * in_a_row, _each(scenario, met, threads, click_s))
    return min(clicks(scenario, mode) + more, 1 + customer.resubmits)


def _down(scenario: Scenario, mode: Mode) -> Iterator[tuple[tuple[float, float], float]]:
    """When every request ends with an error page, and how long it keeps a thread at least, in seconds."""
    request, _ = visits(scenario, mode)
    for visit in request:
        for outage in visit.step.outages:
            yield _to_window(outage), visit.attempt_s
    if _publishes(scenario, mode) and scenario.queue.publish_failure == "error":
        for outage in scenario.queue.outages:
            yield _to_window(outage), 0.0
    for restart in scenario.server.restarts:
        yield (restart.at_s, restart.at_s + restart.for_s), 0.0


def _publishes(scenario: Scenario, mode: Mode) -> bool:
    return any(scenario.background(step, mode) for step in scenario.steps)


def _may_be_refused(scenario: Scenario, mode: Mode) -> bool:
    """Whether a full queue makes somebody see an error page."""
    queue = scenario.queue
    is_limited = queue.capacity is not None and queue.when_full == "refuse"
    return is_limited and queue.publish_failure == "error" and _publishes(scenario, mode)


def _may_fail_in_line(scenario: Scenario) -> bool:
    """Whether a line that is long makes somebody see anything but the page."""
    return scenario.customer.patience_s is not None or scenario.server.backlog is not None


def _is_too_much(scenario: Scenario, mode: Mode, *, behind_queue: bool) -> bool:
    """Whether more comes for the threads, or *behind_queue*, than can be done, be it for a time."""
    endless = scenario.server.model_copy(update={"backlog": None, "drop_expired": False})
    unlimited = scenario.queue.model_copy(update={"capacity": None})
    patient = scenario.model_copy(update={"server": endless, "queue": unlimited})
    return any(overload.station.behind_queue == behind_queue for overload in overloads(patient, mode))

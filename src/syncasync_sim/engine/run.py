"""One run: put the pieces together, let the clock run, close the books."""

from __future__ import annotations

from collections.abc import Callable

import simpy.core

from syncasync_sim.engine import stations
from syncasync_sim.engine.clock import Clock, Happening
from syncasync_sim.engine.places import TakesNoTimeError
from syncasync_sim.engine.queue import Queue
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.engine.server import Server
from syncasync_sim.engine.service import Service
from syncasync_sim.engine.workers import Workers
from syncasync_sim.errors import RunTooLongError
from syncasync_sim.model.attempts import Attempts, to_us
from syncasync_sim.model.customers import arrivals_us
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

SLICE = 20_000
"""Events between two looks at whether somebody wants the run to stop."""
UNLIMITED_ATTEMPTS = 1_000
"""What an unlimited number of attempts counts for in the limit of events."""

Watch = Callable[[int, int], bool]
"""Called now and then with (requests arrived, requests expected); False stops the run there."""


def simulate(
    scenario: Scenario,
    mode: Mode,
    *,
    seed: int | None = None,
    replication: int = 0,
    draws: Draws | None = None,
    watch: Watch | None = None,
) -> Trace:
    """Run *scenario* in one design and return what happened.

    The same scenario, mode, seed and replication give the same trace, to the microsecond.

    Args:
        scenario: what to run.
        mode: the design, `sync` or `async`.
        seed: the random seed; by default the scenario's own.
        replication: the how many-th run with this seed, from 0; each has other random numbers.
        draws: the numbers already drawn, to share them with the run of the other design.
        watch: asked now and then whether to go on; where it says no, the trace is partial.

    Returns:
        Every request, attempt, message, delivery and crash of the run.

    Raises:
        RunTooLongError: the run does not come to an end.
        BooksError: its books do not balance (a bug).
    """
    draws = draws or Draws(scenario.seed if seed is None else seed, replication)
    trace = None
    if stations.are_enough(scenario, mode):
        trace = _by_stations(scenario, mode, draws, watch)
    return trace or by_clock(scenario, mode, draws, watch)


def by_clock(scenario: Scenario, mode: Mode, draws: Draws, watch: Watch | None = None) -> Trace:
    """The run event by event, whatever the scenario has in it."""
    clock, recorder = Clock(), Recorder()
    attempts = [Attempts(step, draws) for step in scenario.steps]
    services = [None if s.concurrency is None else Service(s.concurrency) for s in scenario.steps]
    queue = Queue(scenario, draws, clock, recorder, attempts)
    server = Server(
        *(scenario, mode, draws, clock, recorder, queue, attempts, services),
        enumerate(arrivals_us(scenario.traffic, draws)),
    )
    workers = Workers(scenario, draws, clock, recorder, queue, attempts, services)

    def take() -> None:
        if server.waiting:
            server.take()
        workers.take()

    clock.take = take if mode == "async" else server.take
    server.expect_next()
    stop_at = None if scenario.stop_at_s is None else to_us(scenario.stop_at_s)
    expected = round(scenario.traffic.expected_customers)
    partial = not _run(
        clock, stop_at, _most_events(scenario), lambda: not watch or watch(server.arrived, expected)
    )
    now = int(clock.now)
    cut_at = now if partial or stop_at is None else stop_at
    is_cut = server.is_open or workers.are_busy or queue.depth > 0 or queue.in_flight > 0
    if is_cut:
        workers.write_down_open(cut_at)
    return recorder.close(
        *(scenario, mode, draws.seed, draws.replication),
        arrived=server.arrived,
        waiting=queue.depth,
        in_flight=queue.in_flight,
        cut_at=cut_at if partial or (is_cut and stop_at is not None) else None,
        partial=partial,
    )


def _by_stations(
    scenario: Scenario, mode: Mode, draws: Draws, watch: Watch | None, stopped_at: int | None = None
) -> Trace | None:
    """The same run in one pass, or None if it takes the clock. *stopped_at*: where somebody stopped it."""
    expected = round(scenario.traffic.expected_customers)
    stop_at = stopped_at
    if stop_at is None and scenario.stop_at_s is not None:
        stop_at = to_us(scenario.stop_at_s)
    recorder = Recorder()
    run = stations.Stations(scenario, mode, draws, recorder, float("inf") if stop_at is None else stop_at)
    try:
        if not run.let_happen(
            arrivals_us(scenario.traffic, draws), lambda arrived: not watch or watch(arrived, expected)
        ):
            return _by_stations(scenario, mode, draws, None, stopped_at=run.last_arrival)
    except TakesNoTimeError:
        return None
    partial = stopped_at is not None
    return recorder.close(
        *(scenario, mode, draws.seed, draws.replication),
        arrived=run.arrived,
        waiting=run.waiting,
        in_flight=run.in_flight,
        cut_at=stop_at if partial or run.is_cut else None,
        partial=partial,
    )


class _StopHereError(Exception):
    """The clock has come to the scenario's stop_at."""


def _run(clock: Clock, stop_at: int | None, most_events: int, go_on: Callable[[], bool]) -> bool:
    """Let everything happen, up to and with *stop_at*; False if *go_on* said no before."""
    if stop_at is not None:
        clock.at(stop_at + 1, -1, Happening(), [_stop])
    step, events = clock.step, 0
    try:
        while True:
            for _ in range(SLICE):
                step()
            events += SLICE
            if not go_on():
                return False
            if events > most_events:
                raise RunTooLongError(
                    f"stopped after {events:,} events at {format_time(clock.now / US_PER_S)}: "
                    "this run does not seem to end; limit the attempts, or set stop_at"
                )
    except (simpy.core.EmptySchedule, _StopHereError):
        return True


def _stop(happening: Happening) -> None:
    del happening
    raise _StopHereError


def _most_events(scenario: Scenario) -> int:
    """Far more events than a run of this scenario can need if it comes to an end."""
    requests = scenario.traffic.expected_customers * (1 + scenario.customer.resubmits)
    tries = sum(min(s.retry.attempts or UNLIMITED_ATTEMPTS, UNLIMITED_ATTEMPTS) for s in scenario.steps)
    return 1_000_000 + round(requests * (8 + 8 * tries))

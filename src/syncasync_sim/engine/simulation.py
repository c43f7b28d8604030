"""One run: put the parts together, let the events happen, close the trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.delivery_pass import NeedsEventsError
from syncasync_sim.engine.environment import Environment
from syncasync_sim.engine.fast_path import FastPath
from syncasync_sim.engine.fast_path_rules import is_applicable, serves_ahead
from syncasync_sim.engine.in_process import InProcessFreezableWorkers, InProcessQueue, InProcessWorkers
from syncasync_sim.engine.interruptible_server import InterruptibleServer
from syncasync_sim.engine.message_queue import MessageQueue
from syncasync_sim.engine.outbox import Outbox
from syncasync_sim.engine.paused_workers import PausableWorkers
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.engine.restarts import Restarts
from syncasync_sim.engine.run_limit import RunLimit
from syncasync_sim.engine.served_ahead import ServedAhead
from syncasync_sim.engine.web_server import WebServer
from syncasync_sim.engine.worker_freezes import FreezableWorkers
from syncasync_sim.engine.worker_pool import WorkerPool
from syncasync_sim.model.customers import arrivals_us, random_streams
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Computed, Trace, Way

SLICE = 20_000
"""Events between two calls of `watch`."""

Watch = Callable[[int, int], bool]
"""Called repeatedly with how much is done of about how much: requests that have come, and deliveries to
workers. False stops the run there."""


def simulate(
    scenario: Scenario,
    mode: Mode,
    *,
    seed: int | None = None,
    replication: int = 0,
    draws: RandomStreams | None = None,
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
        watch: asked repeatedly whether to go on; where it says no, the trace is partial.

    Returns:
        Every request, attempt, message, delivery and crash of the run.

    Raises:
        RunTooLongError: the run does not come to an end.
        BooksError: its books do not balance (a bug).
    """
    draws = draws or random_streams(scenario, scenario.seed if seed is None else seed, replication)
    ways = {
        Way.ONE_PASS: (one_pass, is_applicable),
        Way.WORKERS_BY_EVENTS: (workers_by_events, serves_ahead),
    }
    because: list[str] = []
    for way, (run, is_possible) in ways.items():
        if is_possible(scenario, mode):
            try:
                return replace(run(scenario, mode, draws, watch), computed=Computed(way, tuple(because)))
            except NeedsEventsError as error:
                because.append(str(error))
    trace = simulate_events(scenario, mode, draws, watch)
    return replace(trace, computed=Computed(Way.BY_EVENTS, tuple(because)))


def simulate_events(
    scenario: Scenario, mode: Mode, draws: RandomStreams, watch: Watch | None = None
) -> Trace:
    """Run a scenario event by event; this works for every scenario.

    Args:
        scenario: the scenario to run.
        mode: the design, `sync` or `async`.
        draws: the random numbers of the run.
        watch: asked repeatedly whether to go on; after it says no, the trace is partial.
    """
    context = RunContext.of(scenario, mode, draws)
    parts, stop_at = _parts(context), _stop_at(scenario)
    is_finished = _happen(context, parts, watch, stop_at)
    return _close(context, parts, stop_at if is_finished else context.env.now_us, partial=not is_finished)


def workers_by_events(
    scenario: Scenario,
    mode: Mode,
    draws: RandomStreams,
    watch: Watch | None = None,
) -> Trace:
    """Run a scenario with its threads in one pass and its workers event by event.

    Args:
        scenario: the scenario to run; only the workers may need events.
        mode: the design, `sync` or `async`.
        draws: the random numbers of the run.
        watch: asked repeatedly whether to go on; after it says no, the trace is partial.

    Raises:
        NeedsEventsError: the threads need events, too.
        RunTooLongError: the run does not come to an end.
    """
    context = RunContext.of(scenario, mode, draws)
    stop_at = _stop_at(scenario)
    expected = _expected(scenario, mode)
    path = FastPath(scenario, mode, draws, context.recorder, float("inf") if stop_at is None else stop_at)
    arrivals = arrivals_us(scenario.traffic, draws)
    is_served = path.serve_all(arrivals, lambda done: not watch or watch(done, expected))
    if path.has_rounds:
        raise NeedsEventsError("a request ends or publishes at the instant of its begin")
    queue = MessageQueue(context)
    server = ServedAhead(context, queue, path.messages(), arrived=path.arrived, is_open=path.is_cut)
    parts = queue, None, server, _worker_pool(scenario)(context, queue)
    stop_at = stop_at if is_served else path.last_arrival
    is_finished = _happen(context, parts, watch, stop_at)
    cut_at = stop_at if is_finished else context.env.now_us
    return _close(context, parts, cut_at, partial=not (is_served and is_finished))


_Parts = tuple[MessageQueue, Outbox | None, WebServer | ServedAhead, WorkerPool]
"""The parts of the system."""


def _happen(context: RunContext, parts: _Parts, watch: Watch | None, stop_at: int | None) -> bool:
    """Let everything happen, up to and with *stop_at*; False if *watch* said no before."""
    queue, outbox, server, workers = parts
    if isinstance(server, ServedAhead):
        context.env.dispatch = workers.dispatch
    else:
        is_async = context.mode == "async"
        context.env.dispatch = _dispatch(queue, server, workers) if is_async else server.dispatch
        if outbox:
            outbox.follow(server)
    server.open()
    expected = _expected(context.scenario, context.mode)

    def go_on() -> bool:
        server.write_attempts()
        context.recorder.write_attempts()
        return not watch or watch(server.arrived + context.recorder.delivered, expected)

    return _run(context.env, stop_at, RunLimit(context.scenario), go_on)


def _dispatch(queue: MessageQueue, server: WebServer, workers: WorkerPool) -> Callable[[], None]:
    """A function that lets free threads and workers take what waits."""
    waiting, ready, has_group = server.waiting, queue.ready, workers.has_group

    def dispatch() -> None:
        if waiting:
            server.dispatch()
        if ready.length or has_group:
            workers.dispatch()

    return dispatch


def _close(context: RunContext, parts: _Parts, stop_at: int | None, *, partial: bool) -> Trace:
    """Write down what is left, and close the books."""
    queue, outbox, server, workers = parts
    cut_at = context.env.now_us if stop_at is None else stop_at
    in_outbox = outbox.length if outbox else 0
    is_cut = server.is_open or workers.are_busy or queue.depth + in_outbox > 0 or queue.in_flight > 0
    is_cut = is_cut or context.recorder.services_end > cut_at
    server.write_attempts()
    context.recorder.write_attempts()
    arrived = server.arrived
    if partial and isinstance(server, ServedAhead):
        arrived = context.recorder.arrived_until(cut_at)
    if is_cut:
        workers.record_open_attempts(cut_at)
    if outbox:
        outbox.record_rest()
    return context.recorder.close(
        context.scenario,
        context.mode,
        context.draws.seed,
        context.draws.replication,
        arrived=arrived,
        waiting=queue.depth + in_outbox,
        in_flight=queue.in_flight,
        cut_at=cut_at if partial or (is_cut and stop_at is not None) else None,
        partial=partial,
    )


def _expected(scenario: Scenario, mode: Mode) -> int:
    """How many requests and deliveries there will be, about."""
    messages = sum(scenario.background(step, mode) for step in scenario.steps)
    return round(scenario.traffic.expected_until(scenario.stop_at_s) * (1 + messages))


def _stop_at(scenario: Scenario) -> int | None:
    return None if scenario.stop_at_s is None else to_us(scenario.stop_at_s)


def _parts(context: RunContext) -> _Parts:
    """The parts of the system: plain ones, but where a setting needs more."""
    scenario, workers_of = context.scenario, _worker_pool(context.scenario)
    arrivals = arrivals_us(scenario.traffic, context.draws)
    if scenario.server.interrupts and scenario.queue.in_process:
        inside = InProcessQueue(context)
        threads_of = InProcessWorkers if workers_of is WorkerPool else InProcessFreezableWorkers
        server, threads = InterruptibleServer(context, inside, arrivals), threads_of(context, inside)
        Restarts(scenario.server.restarts, context.env, [server, threads])
        return inside, None, server, threads
    queue = MessageQueue(context)
    outbox = Outbox(context, queue) if context.mode == "async" and scenario.queue.has_outbox else None
    if not scenario.server.interrupts:
        return queue, outbox, WebServer(context, outbox or queue, arrivals), workers_of(context, queue)
    server = InterruptibleServer(context, outbox or queue, arrivals)
    Restarts(scenario.server.restarts, context.env, [server])
    return queue, outbox, server, workers_of(context, queue)


def _worker_pool(scenario: Scenario) -> type[WorkerPool]:
    """The simplest workers that can do what the scenario asks of them."""
    if scenario.workers.may_pause:
        return FreezableWorkers
    return PausableWorkers if scenario.queue.evicts else WorkerPool


def one_pass(
    scenario: Scenario,
    mode: Mode,
    draws: RandomStreams,
    watch: Watch | None = None,
) -> Trace:
    """Run a scenario in one pass; this works where no rule asks for events.

    Args:
        scenario: the scenario to run.
        mode: the design, `sync` or `async`.
        draws: the random numbers of the run.
        watch: asked repeatedly whether to go on; after it says no, the trace is partial.

    Raises:
        NeedsEventsError: something happens that only the events decide.
        RunTooLongError: the run does not come to an end.
    """
    expected = _expected(scenario, mode)
    stop_at = _stop_at(scenario)
    recorder = Recorder()
    path = FastPath(scenario, mode, draws, recorder, float("inf") if stop_at is None else stop_at)
    arrivals = arrivals_us(scenario.traffic, draws)
    partial = not path.run(arrivals, lambda done: not watch or watch(done, expected))
    return recorder.close(
        scenario,
        mode,
        draws.seed,
        draws.replication,
        arrived=recorder.arrived_until(path.stop_at) if partial else path.arrived,
        waiting=path.waiting,
        in_flight=path.in_flight,
        cut_at=int(path.stop_at) if path.stop_at < float("inf") and (partial or path.is_cut) else None,
        partial=partial,
    )


def _run(env: Environment, stop_at: int | None, limit: RunLimit, go_on: Callable[[], bool]) -> bool:
    """Let all events happen, up to and with *stop_at*; False if *go_on* said no before."""
    if stop_at is not None:
        env.end_after(stop_at)
    events = 0
    while env.happen(SLICE):
        events += SLICE
        if not go_on():
            env.finish_instant()
            return False
        limit.check(events, env.now_us)
    return True

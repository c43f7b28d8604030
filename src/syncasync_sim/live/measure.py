"""One design of a scenario for real: start everybody, let the customers come, write down what happens."""

from __future__ import annotations

import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from syncasync_sim.errors import LiveError, ScenarioError, masked
from syncasync_sim.live.abandoned_calls import IS_LEFT, AbandonedCalls
from syncasync_sim.live.child_process import trouble_in
from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.keep_up import Pace, Processors, pace_of
from syncasync_sim.live.load_generator import LoadGenerator
from syncasync_sim.live.overhead import Overhead
from syncasync_sim.live.plan import Clock, Plan, broker_at, reasons_against, threads_of, url_of, wanted_of
from syncasync_sim.live.protocol import BEGINNING, Broker, QueueRequirements, Server
from syncasync_sim.live.queue_monitor import ANSWER_S, QueueMonitor
from syncasync_sim.live.supervisor import Supervisor
from syncasync_sim.live.trace_builder import CountedMessages, build_trace, counted
from syncasync_sim.live.uninterrupted import uninterrupted
from syncasync_sim.live.warmup_requests import warm_up
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S, to_us
from syncasync_sim.model.queue_parts import Crash, Stop
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace, WorkStatus

TICK_S, LOOK_S = 0.002, 0.05
"""Real seconds between looks at crashes, and at whether all is over."""
START_S = 0.25
"""From everybody's being ready to the scenario's 0."""
QUIET_S = 3.0
"""When nothing is left that could still come, and nothing has happened for so long, the run is over."""

Watch = Callable[[int, int], bool]
"""Called now and then with (requests arrived, requests expected); False stops the run there."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one design for real.

    `server` is the broker that answered (None: the design has no queue). `trouble` says in one line why
    the run stopped before its end; the trace is then what had happened by then, and partial. `stalled`
    says why it was not waited for longer, where something was left to be done and nothing happened any more:
    that may be how the scenario ends. `left` says what of the run is left on the broker; empty: nothing.
    """

    trace: Trace
    server: Server | None
    counted: CountedMessages
    pace: Pace
    trouble: str = ""
    stalled: str = ""
    left: str = ""

    def beside(self, predicted: Trace) -> Measured:
        """The same result; partial, and with a remark, if it stalled where the prediction goes on."""
        left, expected = (
            list(t.requests.column("work")).count(WorkStatus.UNFINISHED) for t in (self.trace, predicted)
        )
        if not self.stalled or self.trouble or left <= expected:
            return self
        more = f"the work of {left} of {len(self.trace.requests)} requests is unfinished, and as predicted "
        more += f"of {expected}" if expected else "it is done"
        return replace(self, trace=replace(self.trace, partial=True), trouble=f"{more}: {self.stalled}")


def refuse(scenario: Scenario, mode: Mode, url: str, speed: float) -> None:
    """Check that a scenario can be run for real; nothing is started or connected.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
        url: the URL of the broker.
        speed: how many times as fast as the scenario it is to run.

    Raises:
        ScenarioError: it cannot; the error has all reasons.
        LiveError: a needed package is not installed.
    """
    if problems := reasons(scenario, mode, url, speed):
        raise ScenarioError(f"{scenario.name}: not for real: {'; '.join(problems)}")


def reasons(scenario: Scenario, mode: Mode, url: str, speed: float) -> Sequence[str]:
    """Return the reasons why a scenario cannot be run for real; empty if it can.

    Each reason names the field and the fault and, after a semicolon, a cure.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
        url: the URL of the broker.
        speed: how many times as fast as the scenario it is to run.

    Raises:
        LiveError: a needed package is not installed.
    """
    if sys.platform != "linux":
        raise LiveError("a run for real needs Linux: its processes share one clock, and die together")
    if find_spec("waitress") is None:
        raise LiveError("the web service needs waitress: pip install 'syncasync-sim[live]'")
    problems = list(reasons_against(scenario, mode))
    if mode == "async":
        url = url_of(scenario, url)
        problems += broker_at(url, wanted_of(scenario, "check", speed)).unsupported()
    return problems


def measure(
    scenario: Scenario,
    mode: Mode,
    *,
    seed: int,
    url: str = "sqlite:",
    speed: float = 1.0,
    replication: int = 0,
    watch: Watch | None = None,
) -> Measured:
    """Run a scenario in one design for real.

    The customers are those of the simulation, and every attempt takes as long and fails as it does there.
    Times of the trace are in seconds of the scenario: the measured ones times *speed*. Nothing is left
    behind.

    Args:
        scenario: the scenario to run.
        mode: the design, `sync` or `async`.
        seed: the random seed.
        url: the URL of the broker.
        speed: how many times as fast as the scenario it runs.
        replication: the number of the replication, from 0.
        watch: asked now and then whether to go on; after it says no, the trace is partial.

    Returns:
        The trace, and the remarks on the run.

    Raises:
        ScenarioError: the scenario cannot be run for real.
        BrokerError: the broker cannot be used from the start.
        RunStopped: the watch said no before the first customer came.
        LiveError: a process does not start, or a needed package is not installed.
    """
    refuse(scenario, mode, url, speed)
    from syncasync_sim.live.folders import folder_of  # here: there are no such locks on Windows

    name = f"{BEGINNING}{secrets.token_hex(6)}"
    with folder_of(name) as folder:
        wanted, url = wanted_of(scenario, name, speed), url_of(scenario, url)
        plan = Plan(scenario, mode, seed, replication, speed, url, wanted, folder)
        try:
            return _measured(plan, watch)
        except sqlite3.Error as error:
            raise LiveError(_cannot_write(folder, error)) from error


def _measured(plan: Plan, watch: Watch | None) -> Measured:
    plan.save()
    event_log = EventLog.new(plan.event_log)
    try:
        if plan.mode == "sync":
            return _Run(plan, event_log, None, None).go(watch)
        broker, left = plan.broker(), ""
        try:
            done = _Run(plan, event_log, broker, broker.create()).go(watch)
        finally:
            with uninterrupted():
                left = broker.remove()
        return replace(done, left=left)
    finally:
        event_log.close()


def _cannot_write(folder: Path, error: sqlite3.Error) -> str:
    return f"what happens cannot be written down in {folder}: {error}"


class _Run:
    """A run that is going on."""

    def __init__(self, plan: Plan, event_log: EventLog, broker: Broker | None, server: Server | None) -> None:
        self._plan, self._event_log, self._broker, self._server = plan, event_log, broker, server
        queue = plan.scenario.queue
        self._works_on = any(step.on_timeout == "works_on" for step in plan.scenario.steps)
        self._may_drop = queue.capacity is not None and queue.when_full == "drop_oldest"
        stop_at = plan.scenario.stop_at_s
        self._stop_at = None if stop_at is None else to_us(stop_at)
        self._expected = round(plan.scenario.traffic.expected_customers)
        self._silence_s = QUIET_S + longest_silence_s(plan.scenario, plan.wanted)
        self._changed_at, self._version = time.monotonic(), 0
        self._dropped, self._stalled = False, ""

    def go(self, watch: Watch | None) -> Measured:
        plan, event_log = self._plan, self._event_log
        with Supervisor(plan, event_log) as supervisor:
            port = supervisor.start(lambda: watch is None or watch(1, self._expected))
            warm_up(plan, event_log, port)
            clock = Clock(time.monotonic() + START_S, plan.speed)
            event_log.write(("INSERT INTO run VALUES (?)", (clock.began_at,)))
            supervisor.begin(clock)
            load = LoadGenerator(plan, clock, port, supervisor.service.downtimes)
            supervisor.service.sent = lambda: len(load.clicks)
            calls = AbandonedCalls(plan, EventLog(plan.event_log), clock) if self._works_on else None
            watcher = self._broker and QueueMonitor(self._broker.observer(), EventLog(plan.event_log), clock)
            processors = Processors()
            load.start()
            try:
                is_over, trouble = self._until_over(supervisor, load, clock, watcher or None, watch)
            finally:
                load.stop()
                if watcher:
                    watcher.close()
                if calls:
                    calls.close()
            ended_at, busy = clock.now_us(), processors.busy()
            supervisor.finish()
        partial = not is_over
        at_stop = self._stop_at is not None and ended_at >= self._stop_at
        trace = build_trace(
            *(plan, event_log, load.clicks),
            cut_at=ended_at if partial or at_stop else None,
            partial=partial and not at_stop,
            dropped=self._dropped,
        )
        pace = pace_of(plan.speed, Overhead(plan, event_log, load.clicks, threads_of(plan)), trace, busy)
        return Measured(trace, self._server, counted(plan, event_log, trace), pace, trouble, self._stalled)

    def _until_over(
        self,
        supervisor: Supervisor,
        load: LoadGenerator,
        clock: Clock,
        watcher: QueueMonitor | None,
        watch: Watch | None,
    ) -> tuple[bool, str]:
        """(whether it came to its end, what stopped it otherwise)."""
        look_at = 0.0
        while True:
            try:
                supervisor.tick(clock)
            except LiveError as error:
                return False, str(error)
            except sqlite3.Error as error:
                return False, _cannot_write(self._plan.folder, error)
            if self._stop_at is not None and clock.now_us() >= self._stop_at:
                return False, ""
            now = time.monotonic()
            if now >= look_at:
                look_at = now + LOOK_S
                is_silent = watcher is not None and watcher.waits_in_vain
                silence = f"{masked(self._plan.url)}: it has not answered for {ANSWER_S:.0f} s"
                if trouble := trouble_in(self._event_log) or load.trouble or silence * is_silent:
                    return False, trouble
                if watch is not None and not watch(max(1, len(load.clicks)), self._expected):
                    return False, ""
                if self._is_over(supervisor, load, watcher):
                    return True, ""
            time.sleep(TICK_S)

    def _is_over(self, supervisor: Supervisor, load: LoadGenerator, watcher: QueueMonitor | None) -> bool:
        """Whether nothing is left to happen."""
        event_log, version = self._event_log, self._event_log.has_changed()
        if version != self._version or not load.is_over or supervisor.faults:
            self._changed_at, self._version = time.monotonic(), version
        if not load.is_over or supervisor.faults:
            return False
        working = "SELECT count(*) FROM attempts WHERE ended IS NULL"
        if event_log.number(working) or event_log.number(IS_LEFT):
            self._changed_at = time.monotonic()
            return False
        served = event_log.number("SELECT count(*) FROM served WHERE ended IS NOT NULL")
        held = event_log.number("SELECT count(*) FROM deliveries WHERE ended IS NULL")
        left, untouched = event_log.open_messages()
        if served == len(load.clicks) and not held:
            if not left:
                return True
            if self._may_drop and left == untouched and watcher is not None and watcher.waiting == 0:
                self._dropped = True
                return True
        quiet_s = time.monotonic() - self._changed_at
        if quiet_s <= self._silence_s:
            return False
        self._stalled = f"nothing has happened for {quiet_s:.0f} s" + (
            f" (messages that were not taken, or did not come back: {left})" if left else ""
        )
        return True


def expected_s(predicted: Trace, speed: float) -> float:
    """Return about how many real seconds a run takes, from its first customer to its end.

    Args:
        predicted: the simulated trace.
        speed: how many times as fast as the scenario it runs.
    """
    scenario = predicted.scenario
    if scenario.stop_at_s is not None or WorkStatus.UNFINISHED not in predicted.requests.column("work"):
        return predicted.observed_us / US_PER_S / speed
    silence_s = longest_silence_s(scenario, wanted_of(scenario, "expected", speed))
    return predicted.observed_us / US_PER_S / speed + QUIET_S + silence_s


def longest_silence_s(scenario: Scenario, wanted: QueueRequirements) -> float:
    """Return the longest time without any event while more is to come, in real seconds.

    Args:
        scenario: the scenario.
        wanted: the requirements on the queue, with the speed.
    """
    queue, workers = scenario.queue, scenario.workers
    host = queue.host_crash_detection
    dead = [queue.crash_detection, None if isinstance(host, str) else host]
    # A worker that lives is seen to work meanwhile: only what the dead or the failed leave is waited for.
    waits_for_timeout = queue.failure == "timeout" or queue.crash_detection is None or host is None
    spans = [*dead, queue.visibility_timeout if waits_for_timeout else None]
    waits = [wanted.span_s(span)[1] for span in spans if span is not None]
    ends: tuple[Crash | Stop, ...] = (*workers.crashes, *workers.stops)
    restarts = [workers.restart_after_s, *(end.restart_after_s for end in ends)]
    restarts += [queue.outbox_every] if queue.has_outbox else []
    waits += [wanted.real_s(after) for after in restarts if after is not None]
    return max([*waits, *wanted.retry_delays_s], default=0.0)

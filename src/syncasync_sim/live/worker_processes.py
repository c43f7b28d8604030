"""The workers of a run: which process has which number, and who dies, freezes, stops and comes back."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable
from functools import partial

from syncasync_sim.errors import LiveError
from syncasync_sim.live.child_process import Process, trouble_in
from syncasync_sim.live.event_log import PAUSED, RESUMED_FROM, EventLog
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.schedule import Schedule
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.queue_parts import Crash, Freeze, Stop
from syncasync_sim.trace.records import PauseReason

STOPPED = 0
"""The exit code of a worker that has ended by itself, as it was asked to."""


class WorkerProcesses:
    """The workers by number, and spare processes that take the numbers of those that come back."""

    def __init__(
        self, plan: Plan, event_log: EventLog, schedule: Schedule, new: Callable[[str], Process]
    ) -> None:
        self._event_log, self._schedule, self._new = event_log, schedule, new
        workers = plan.scenario.workers
        self._count = workers.count if plan.has_worker_processes else 0
        self._in_turn = plan.scenario.queue.deals_in_turn
        self._restart_after = _us(workers.restart_after_s)
        is_deadly = any(step.poison and step.poison_kills for step in plan.scenario.steps)
        ends: tuple[Crash | Stop, ...] = (*workers.crashes, *workers.stops) if self._count else ()
        self._to_come = sum(end.restart_after_s is not None for end in ends)
        """How many spare processes may be needed: of those that are to end at given times."""
        self._is_mortal = bool(self._count and (workers.crash_rate or is_deadly))
        self._alive: dict[int, Process] = {}
        self._joins_at: dict[int, int] = {}  # of those that are back, or will be
        self._frozen_until: dict[int, int] = {}
        self._stopping: dict[int, Stop] = {}
        self._spares: deque[Process] = deque()
        if self._count:
            self._plan_faults(workers.crashes, workers.stops, workers.freezes)

    def _plan_faults(
        self, crashes: tuple[Crash, ...], stops: tuple[Stop, ...], freezes: tuple[Freeze, ...]
    ) -> None:
        for crash in sorted(crashes, key=lambda crash: crash.worker):
            self._schedule.at(to_us(crash.at_s), partial(self._crash, crash))
        for stop in sorted(stops, key=lambda stop: stop.worker):
            self._schedule.at(to_us(stop.at_s), partial(self._stop, stop))
        for freeze in sorted(freezes, key=lambda freeze: freeze.worker):
            self._schedule.at(to_us(freeze.at_s), partial(self._freeze, freeze))

    def begin_to_start(self) -> None:
        """Start all processes; this does not wait for them."""
        self._alive = {number: self._new("worker") for number in range(1, self._count + 1)}
        for _ in range(min(self._to_come, self._count) or self._is_mortal):
            self._start_spare()

    def _start_spare(self) -> None:
        """Start one in good time: at the moment of a return it would be late, and slow down the others."""
        self._to_come -= 1
        self._spares.append(self._new("worker"))

    def end_to_start(self, goes_on: Callable[[], bool]) -> None:
        """Give the processes their numbers, and wait until all are ready.

        Args:
            goes_on: asked now and then whether to go on waiting.

        Raises:
            LiveError: one of them does not start.
            RunStopped: it was not to go on.
        """
        # A broker that deals in turn goes by the order of the subscriptions; on Kafka they wait for all.
        for number, worker in self._alive.items():
            worker.expect("loaded", self._event_log, goes_on)
            worker.tell(f"{number} 0")
            if self._in_turn:
                worker.expect("ready", self._event_log, goes_on)
        for worker in () if self._in_turn else self._alive.values():
            worker.expect("ready", self._event_log, goes_on)
        for spare in self._spares:
            spare.expect("loaded", self._event_log, goes_on)

    def kill_all(self) -> None:
        """Kill those that live."""
        for process in self._alive.values():
            process.kill()

    def notice_ends(self, clock: Clock) -> None:
        """Notice processes that have ended on their own.

        Args:
            clock: the clock of the run.

        Raises:
            LiveError: one of them was not to end.
        """
        for number, worker in list(self._alive.items()):
            if worker.popen.poll() is not None:
                self._has_ended(number, worker, clock)

    def _is_up(self, number: int, clock: Clock) -> bool:
        return number in self._alive and clock.now_us() >= self._joins_at.get(number, 0)

    # -- crashes ----------------------------------------------------------------------------------

    def _crash(self, crash: Crash, clock: Clock) -> None:
        """Kill or freeze a worker; one that is down already cannot die."""
        if self._is_up(crash.worker, clock):
            self._kill(crash.worker, _us(crash.restart_after_s), clock, is_host=crash.kind == "host")

    def _kill(self, number: int, restart_after: int | None, clock: Clock, *, is_host: bool = False) -> None:
        worker = self._alive.pop(number)
        if is_host:
            with self._event_log.write_transaction():  # else it might be frozen while it holds it
                worker.freeze()
        else:
            worker.kill()
        at = clock.now_us()
        self._event_log.write(("INSERT INTO crashes (worker, at) VALUES (?, ?)", (number, at)))
        self._record_death(number, at, restart_after, clock)

    def _has_ended(self, number: int, worker: Process, clock: Clock) -> None:
        """By its own hand, as the scenario's crash_rate or a stop wants it; else something is wrong."""
        del self._alive[number]
        crash = "SELECT max(at) FROM crashes WHERE worker = ? AND back IS NULL"
        [(at,)] = self._event_log.rows(crash, number)
        if worker.popen.returncode == STOPPED and number in self._stopping:
            at = self._end_of_stop(number)
            assert at is not None
            self._come_back(number, at, _us(self._stopping.pop(number).restart_after_s), clock)
        elif at is not None and worker.popen.returncode == -signal.SIGKILL:
            self._record_death(number, at, self._restart_after, clock)
        else:
            raise LiveError(trouble_in(self._event_log) or f"worker {number} has died: {worker.last_words()}")

    def _record_death(self, number: int, at: int, restart_after: int | None, clock: Clock) -> None:
        """Write down what it leaves unfinished; a crash ends its freeze and its stop."""
        self._event_log.died(number, at)
        self._stopping.pop(number, None)
        self._frozen_until.pop(number, None)
        self._come_back(number, at, restart_after, clock)

    def _come_back(self, number: int, at: int, restart_after: int | None, clock: Clock) -> None:
        """Let a spare process take a number when it is time."""
        if restart_after is None:
            return
        successor = self._spares.popleft()
        self._joins_at[number] = at + restart_after
        successor.tell(f"{number} {clock.moment(at + restart_after)!r}")
        self._alive[number] = successor
        if not self._spares and (self._to_come > 0 or self._is_mortal):
            self._start_spare()

    # -- stops ------------------------------------------------------------------------------------

    def _stop(self, stop: Stop, clock: Clock) -> None:
        """Ask a worker to end; one that is down or stopping already is left alone."""
        if not self._is_up(stop.worker, clock) or stop.worker in self._stopping:
            return
        self._stopping[stop.worker] = stop
        self._event_log.write((PAUSED, (stop.worker, int(PauseReason.STOPPING), clock.now_us())))
        self._alive[stop.worker].ask_to_stop()
        if stop.grace_s is not None:
            end = clock.now_us() + to_us(stop.grace_s)
            self._schedule.at(end, partial(self._end_grace, stop))

    def _end_grace(self, stop: Stop, clock: Clock) -> None:
        """Kill the worker if it has not ended; what it has just written down is its end."""
        if self._stopping.get(stop.worker) is stop and self._end_of_stop(stop.worker) is None:
            self._kill(stop.worker, _us(stop.restart_after_s), clock)

    def _end_of_stop(self, number: int) -> int | None:
        """When a worker that is stopping has ended by itself, as it has written down; None if it has not."""
        sql = "SELECT max(at) FROM pauses WHERE worker = ? AND reason = ? AND until IS NULL"
        [(at,)] = self._event_log.rows(sql, number, int(PauseReason.STOPPED))
        return None if at is None else int(at)

    # -- freezes ----------------------------------------------------------------------------------

    def _freeze(self, freeze: Freeze, clock: Clock) -> None:
        """Let a worker that is up stand still; freezes that overlap are one."""
        number = freeze.worker
        if not self._is_up(number, clock):
            return
        if number not in self._frozen_until:
            with self._event_log.write_transaction():  # else it might be frozen while it holds it
                self._alive[number].freeze()
            self._event_log.write((PAUSED, (number, int(PauseReason.FROZEN), clock.now_us())))
        until = to_us(freeze.at_s) + to_us(freeze.for_s)
        self._frozen_until[number] = max(until, self._frozen_until.get(number, 0))
        self._schedule.at(until, partial(self._wake, number))

    def _wake(self, number: int, clock: Clock) -> None:
        until = self._frozen_until.get(number)
        if until is not None and clock.now_us() >= until:
            del self._frozen_until[number]
            # Before it wakes: it asks how long it has stood still.
            self._event_log.write((RESUMED_FROM, (clock.now_us(), number, int(PauseReason.FROZEN))))
            self._alive[number].wake()


def _us(seconds: float | None) -> int | None:
    return None if seconds is None else to_us(seconds)

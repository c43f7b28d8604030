"""The workers: they take messages, do the background steps, acknowledge, and sometimes die."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from syncasync_sim.engine.attempts import OK, Attempts, Chances, Lengths, to_us
from syncasync_sim.engine.clock import (
    FAULT_BEGINS,
    FAULT_ENDS,
    WORK_ENDS,
    WORKERS_AFTER_THREADS,
    Calls,
    Clock,
    Happening,
)
from syncasync_sim.engine.line import Delivery
from syncasync_sim.engine.queue import Queue
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.engine.service import Service
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.records import NEVER, Outcome, Result
from syncasync_sim.model.scenario import Scenario

_ENDS = WORK_ENDS + WORKERS_AFTER_THREADS
CRASHED, FAILED = int(Outcome.CRASHED), int(Result.FAILED)


class Worker:
    """One process: up or down, idle or with a delivery in hand."""

    __slots__ = ("delivery", "number", "up")

    def __init__(self, number: int) -> None:
        self.number, self.up = number, True
        self.delivery: Delivery | None = None


class Fault(Happening):
    """A worker's death, and its restart after that (None: never)."""

    __slots__ = ("restart_after", "worker")

    def __init__(self, worker: Worker, restart_after: int | None) -> None:
        self.worker, self.restart_after = worker, restart_after


class Workers:
    """All workers of a run. Idle ones take what is visible, lowest number first."""

    def __init__(
        self,
        scenario: Scenario,
        draws: Draws,
        clock: Clock,
        recorder: Recorder,
        queue: Queue,
        attempts: list[Attempts],
        services: list[Service | None],
    ) -> None:
        workers, steps = scenario.workers, scenario.steps
        self._clock, self._recorder, self._queue = clock, recorder, queue
        self._attempts, self._services = attempts, services
        deliver = [Lengths(scenario.queue.deliver, draws, "deliver", step.name) for step in steps]
        self._deliver = [None if lengths.constant == 0 else lengths for lengths in deliver]
        self._dies = [Chances(workers.crash_rate, draws, "crash", step.name) for step in steps]
        self._dies_before_work = bool(workers.crash_rate) and workers.crash_point == "before_work"
        self._dies_after_work = bool(workers.crash_rate) and workers.crash_point == "after_work"
        self._restart_after = None if workers.restart_after_s is None else to_us(workers.restart_after_s)
        self._acks_first = scenario.queue.ack == "before"
        self._all = [Worker(number) for number in range(1, workers.count + 1)]
        self._idle = [worker.number for worker in self._all]
        heapify(self._idle)
        self._ends: Calls = [self._end]
        self._asks: Calls = [self._ask]
        self._crashes: Calls = [self._crash]
        self._restarts: Calls = [self._restart]
        queue.idle_workers = lambda: len(self._idle)
        for crash in workers.crashes:
            restart = None if crash.restart_after_s is None else to_us(crash.restart_after_s)
            fault = Fault(self._all[crash.worker - 1], restart)
            clock.at(to_us(crash.at_s), FAULT_BEGINS + crash.worker, fault, self._crashes)

    def take(self) -> None:
        """Idle workers take what is visible, lowest number first."""
        while self._idle and self._queue.has_work():
            worker = self._all[heappop(self._idle) - 1]
            now = self._clock.now_us
            worker.delivery = delivery = self._queue.hand_over(worker.number, now)
            if self._dies_before_work and self._dies_of(delivery):
                self._die(worker, self._restart_after)
            else:
                self._begin(delivery, now)

    def _begin(self, delivery: Delivery, now: int) -> None:
        """Wait until the message is here, then do its step; the clock calls at the end."""
        message = delivery.message
        deliver = self._deliver[message.step]
        here = now if deliver is None else now + deliver(message.customer, message.click, delivery.number)
        if self._services[message.step] is not None:
            self._queue.watch_timeout(delivery)
            self._clock.at(here, _ENDS + delivery.worker, delivery, self._asks)
            return
        ends_at = self._start_at(delivery, here)
        if delivery.timeout_at is not None and delivery.timeout_at < ends_at:
            self._queue.watch_timeout(delivery)

    def _start_at(self, delivery: Delivery, at: int) -> int:
        """Begin the attempt at *at*; when it will end."""
        message = delivery.message
        attempt = self._attempts[message.step]
        length, delivery.outcome = attempt(message.customer, message.click, delivery.number, at)
        delivery.started = at
        self._clock.at(at + length, _ENDS + delivery.worker, delivery, self._ends)
        return at + length

    def _ask(self, delivery: Delivery) -> None:
        """Ask the called service for a slot, holding the message meanwhile."""
        self._service(delivery).ask(delivery, self._start)

    def _start(self, delivery: Delivery) -> None:
        self._start_at(delivery, self._clock.now_us)

    def _service(self, delivery: Delivery) -> Service:
        service = self._services[delivery.message.step]
        assert service is not None
        return service

    def _end(self, delivery: Delivery) -> None:
        """The attempt is over: acknowledge, or fail, or die before saying anything."""
        worker, now = self._all[delivery.worker - 1], self._clock.now_us
        self._write_down(delivery, now, delivery.outcome)
        if self._services[delivery.message.step] is not None:
            self._service(delivery).leave()
        dies = self._dies_after_work and self._dies_of(delivery)
        if not dies or self._acks_first:
            self._settle(worker, delivery, now)
        if dies:
            self._die(worker, self._restart_after)
        else:
            heappush(self._idle, worker.number)
        self._clock.take_soon()

    def _write_down(self, delivery: Delivery, now: int, outcome: int) -> None:
        message, start = delivery.message, delivery.started
        if start is not None and start <= now:
            number, by = delivery.number, -delivery.worker
            self._recorder.attempt(message.request, message.step, number, by, start, now, outcome)
            if outcome == OK:
                self._recorder.done(message.index, now)
        delivery.started = None

    def _settle(self, worker: Worker, delivery: Delivery, now: int) -> None:
        """Tell the queue how it went; the worker's hands are free."""
        worker.delivery = None
        if delivery.outcome == OK:
            result = self._queue.acknowledge(delivery, now)
        else:
            result = FAILED
            self._queue.fail(delivery, now)
        self._recorder.delivery_ended(delivery.index, now, result)

    # -- crashes ----------------------------------------------------------------------------------

    def _dies_of(self, delivery: Delivery) -> bool:
        message = delivery.message
        return self._dies[message.step](message.customer, message.click, delivery.number)

    def _crash(self, fault: Fault) -> None:
        """The crash of a moment; a worker that is down already cannot die."""
        if fault.worker.up:
            self._die(fault.worker, fault.restart_after)
            self._clock.take_soon()

    def _die(self, worker: Worker, restart_after: int | None) -> None:
        """A worker dies now: what it was doing is cut short, and nobody is told."""
        now = self._clock.now_us
        worker.up = False
        self._recorder.crash(worker.number, now, NEVER if restart_after is None else now + restart_after)
        if restart_after is not None:
            restart = Fault(worker, None)
            self._clock.at(now + restart_after, FAULT_ENDS + worker.number, restart, self._restarts)
        if worker.number in self._idle:
            self._idle.remove(worker.number)
            heapify(self._idle)
        if worker.delivery is not None:
            self._drop(worker, worker.delivery, now)

    def _drop(self, worker: Worker, delivery: Delivery, now: int) -> None:
        """Let go of the delivery in hand without a word."""
        worker.delivery = None
        delivery.cancel()
        service = self._services[delivery.message.step]
        if service is not None and not service.step_out(delivery) and delivery.started is not None:
            service.leave()
        self._write_down(delivery, now, CRASHED)
        self._recorder.delivery_ended(delivery.index, now, int(Result.CRASHED))
        self._queue.crashed(delivery, now)

    def _restart(self, fault: Fault) -> None:
        fault.worker.up = True
        heappush(self._idle, fault.worker.number)
        self._clock.take_soon()

    @property
    def are_busy(self) -> bool:
        """Whether one of them has a delivery in hand."""
        return any(worker.delivery is not None for worker in self._all)

    def write_down_open(self, now: int) -> None:
        """The attempts still going on where the run is cut."""
        for worker in self._all:
            delivery = worker.delivery
            if delivery is not None and delivery.started is not None and delivery.started <= now:
                message, by = delivery.message, -worker.number
                row = (delivery.number, by, delivery.started, NEVER, int(Outcome.OPEN))
                self._recorder.attempt(message.request, message.step, *row)

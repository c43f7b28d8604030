"""The workers: they take messages, do the background steps, acknowledge, and sometimes die."""

from __future__ import annotations

from syncasync_sim.engine.clock import (
    FAULT_BEGINS,
    FAULT_ENDS,
    VISIBLE_AGAIN,
    WORK_ENDS,
    WORKERS_AFTER_THREADS,
    Calls,
    Clock,
    Happening,
)
from syncasync_sim.engine.group import Group
from syncasync_sim.engine.line import Delivery
from syncasync_sim.engine.partitions import Owned
from syncasync_sim.engine.queue import Queue
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.engine.room import Room, Worker
from syncasync_sim.engine.service import Service
from syncasync_sim.model.attempts import OK, Attempts, Chances, Lengths, Outcome, to_us
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import NEVER, Result, by_worker

_ENDS = WORK_ENDS + WORKERS_AFTER_THREADS
CRASHED, FAILED = int(Outcome.CRASHED), int(Result.FAILED)


class Fault(Happening):
    """A worker's death, and its restart after that (None: never)."""

    __slots__ = ("host", "restart_after", "worker")

    def __init__(self, worker: Worker, restart_after: int | None, *, host: bool = False) -> None:
        self.worker, self.restart_after, self.host = worker, restart_after, host


class Workers:
    """All workers of a run. Who has room takes what is visible: who holds least first, then by number."""

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
        workers, steps, fields = scenario.workers, scenario.steps, scenario.queue
        self._clock, self._recorder, self._queue = clock, recorder, queue
        self._attempts, self._services = attempts, services
        deliver = [Lengths(fields.deliver, draws, "deliver", step.name) for step in steps]
        self._deliver = [None if lengths.constant == 0 else lengths for lengths in deliver]
        self._dies = [Chances(workers.crash_rate, draws, "crash", step.name) for step in steps]
        self._dies_before_work = bool(workers.crash_rate) and workers.crash_point == "before_work"
        self._dies_after_work = bool(workers.crash_rate) and workers.crash_point == "after_work"
        self._restart_after = None if workers.restart_after_s is None else to_us(workers.restart_after_s)
        process, host = fields.crash_detection, fields.host_crash_detection
        host = process if host == "as crash_detection" else host
        self._detection = {
            is_host: found and Lengths(found, draws, purpose, "")
            for is_host, purpose, found in (
                (False, "crash detection", process),
                (True, "host crash detection", host),
            )
        }
        self._renews = workers.renew
        self._acks_first = fields.ack == "before"
        self._room = Room(workers.count, fields.most_held)
        self._all = self._room.workers
        self._group: Group | None = None
        if isinstance(queue.line, Owned):
            self._group = Group(fields, workers.count, queue.line, clock)
            self._group.at_work = self._at_work
            queue.is_paused = self._group.is_paused
        queue.takers = self._room
        self._ends: Calls = [self._end]
        self._asks: Calls = [self._ask]
        self._retries: Calls = [self._retry]
        self._deaths: Calls = [self._die_of]
        self._crashes: Calls = [self._crash]
        self._restarts: Calls = [self._restart]
        for crash in workers.crashes:
            restart = None if crash.restart_after_s is None else to_us(crash.restart_after_s)
            fault = Fault(self._all[crash.worker - 1], restart, host=crash.kind == "host")
            clock.at(to_us(crash.at_s), FAULT_BEGINS + crash.worker, fault, self._crashes)

    # -- taking -----------------------------------------------------------------------------------

    def take(self) -> None:
        """Workers with room take what is visible.

        A member of a group for whom there is nothing stands aside until something comes: where workers are
        many and partitions few, asking each of them each time would be most of the run.
        """
        room, group = self._room, self._group
        if group is not None:
            for number in group.called():
                room.call(number)
        while room.turns and self._queue.has_work():
            worker = room.next()
            if worker is None:
                continue
            now = self._clock.now_us
            delivery = self._queue.hand_over(worker.number, now, to_hand=not worker.held)
            if delivery is not None:
                self._hold(worker, delivery, now)
            elif group is None:  # all that waits is locked, for everybody
                room.offer(worker)
                return

    def _hold(self, worker: Worker, delivery: Delivery, now: int) -> None:
        worker.held.append(delivery)
        self._room.places -= 1
        message = delivery.message
        deliver = self._deliver[message.step]
        if deliver is None:
            delivery.here_at = now
        else:
            delivery.here_at = now + deliver(message.customer, message.click, delivery.number)
        if len(worker.held) == 1:
            self._turn_to(delivery, now)
        else:
            self._queue.timeouts.watch(delivery)
        self._room.offer(worker)

    # -- working ----------------------------------------------------------------------------------

    def _turn_to(self, delivery: Delivery, now: int) -> None:
        """Its worker has it in hand: do its step as soon as it is here; the clock calls at the end."""
        if self._renews:
            self._queue.timeouts.renew(delivery)
        here = max(now, delivery.here_at)
        dies = self._dies_before_work and self._dies_of(delivery)
        if dies or self._services[delivery.message.step] is not None:
            self._queue.timeouts.watch(delivery)
            self._clock.at(here, _ENDS + delivery.worker, delivery, self._deaths if dies else self._asks)
            return
        ends_at = self._start_at(delivery, here)
        if delivery.timeout_at is not None and delivery.timeout_at < ends_at:
            self._queue.timeouts.watch(delivery)

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
        elif not delivery.waits:
            self._go_on(worker, now)
        self._clock.take_soon()

    def _write_down(self, delivery: Delivery, now: int, outcome: int) -> None:
        message, start = delivery.message, delivery.started
        if start is not None and start <= now:
            number, by = delivery.number, by_worker(delivery.worker)
            self._recorder.attempt(message.request, message.step, number, by, start, now, outcome)
            if outcome == OK:
                self._recorder.done(message.index, now)
        delivery.started = None

    def _settle(self, worker: Worker, delivery: Delivery, now: int) -> None:
        """Tell the queue how it went; unless the worker keeps it, its hands are free."""
        if delivery.outcome == OK:
            result = self._queue.acknowledge(delivery, now)
        else:
            result = FAILED
            wait = self._queue.fail(delivery, now)
            if wait is not None:
                delivery.waits = True
                order = VISIBLE_AGAIN + delivery.message.index
                self._clock.at(now + wait, order, delivery, self._retries)
                return
        self._recorder.delivery_ended(delivery.index, now, result)
        self._release(worker)

    def _release(self, worker: Worker) -> None:
        delivery = worker.held.popleft()
        self._room.places += 1
        if self._group is not None:
            self._group.let_go(delivery)

    def _go_on(self, worker: Worker, now: int) -> None:
        """Its hands are free: for the next it holds, and it has room for one more."""
        if self._group is not None:
            self._group.ended(worker.number)
        if worker.held:
            self._recorder.in_hand(worker.held[0].index, now)
            self._turn_to(worker.held[0], now)
        self._room.offer(worker)

    def _retry(self, delivery: Delivery) -> None:
        """The worker tries once more what it has kept: the next delivery, by the same worker."""
        worker, now = self._all[delivery.worker - 1], self._clock.now_us
        self._recorder.delivery_ended(delivery.index, now, FAILED)
        if delivery.message.delivery is not delivery:  # somebody's late acknowledgement has settled it
            self._release(worker)
            self._go_on(worker, now)
            self._clock.take_soon()
            return
        worker.held[0] = again = self._queue.deliver_again(delivery, now)
        self._turn_to(again, now)

    # -- crashes ----------------------------------------------------------------------------------

    def _dies_of(self, delivery: Delivery) -> bool:
        message = delivery.message
        return self._dies[message.step](message.customer, message.click, delivery.number)

    def _die_of(self, delivery: Delivery) -> None:
        """Its worker has it and would begin, and dies of it instead."""
        self._die(self._all[delivery.worker - 1], self._restart_after)
        self._clock.take_soon()

    def _crash(self, fault: Fault) -> None:
        """The crash of a moment; a worker that is down already cannot die."""
        if fault.worker.up:
            self._die(fault.worker, fault.restart_after, host=fault.host)
            self._clock.take_soon()

    def _die(self, worker: Worker, restart_after: int | None, *, host: bool = False) -> None:
        """A worker dies now: what it was doing is cut short, and nobody is told."""
        now = self._clock.now_us
        self._room.goes(worker)
        self._recorder.crash(worker.number, now, NEVER if restart_after is None else now + restart_after)
        if restart_after is not None:
            restart = Fault(worker, None)
            self._clock.at(now + restart_after, FAULT_ENDS + worker.number, restart, self._restarts)
        detection = self._detection[host]
        noticed_after = detection(worker.number, 0, worker.deaths + 1) if detection else None
        worker.deaths += 1
        while worker.held:
            self._drop(worker.held.popleft(), now, noticed_after)
        if self._group is not None:
            self._group.died(worker.number, noticed_after)

    def _drop(self, delivery: Delivery, now: int, noticed_after: int | None) -> None:
        """Let go of a delivery without a word."""
        delivery.cancel()
        if self._group is not None:
            self._group.let_go(delivery)
        service = self._services[delivery.message.step]
        if service is not None and not service.step_out(delivery) and delivery.started is not None:
            service.leave()
        self._write_down(delivery, now, CRASHED)
        self._recorder.delivery_ended(delivery.index, now, int(Result.CRASHED))
        self._queue.crashed(delivery, now, noticed_after)

    def _restart(self, fault: Fault) -> None:
        if self._group is not None:
            self._group.restarted(fault.worker.number)
        self._room.comes(fault.worker)
        self._clock.take_soon()

    @property
    def are_busy(self) -> bool:
        """Whether one of them has a message in its hands."""
        return any(worker.held for worker in self._all)

    def _at_work(self) -> set[int]:
        """Those with a message in their hands."""
        return {worker.number for worker in self._all if worker.held}

    def write_down_open(self, now: int) -> None:
        """The attempts still going on where the run is cut."""
        for worker in self._all:
            delivery = worker.held[0] if worker.held else None
            if delivery is not None and delivery.started is not None and delivery.started <= now:
                message, by = delivery.message, by_worker(worker.number)
                row = (delivery.number, by, delivery.started, NEVER, int(Outcome.OPEN))
                self._recorder.attempt(message.request, message.step, *row)

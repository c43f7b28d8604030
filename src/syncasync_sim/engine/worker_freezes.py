"""Workers that stand still for a time, and the queue that may take them for dead meanwhile."""

from __future__ import annotations

from typing import NamedTuple

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import (
    AFTER_LOWER_NUMBERS,
    FAULT_ENDS,
    FREEZE_BEGINS,
    MESSAGE_RETURNS,
    SERVICE_ENDS,
    TAKEN_FOR_DEAD,
    Callback,
    ProcessSteps,
)
from syncasync_sim.engine.free_workers import Worker
from syncasync_sim.engine.message_queue import MessageQueue
from syncasync_sim.engine.messages import Delivery
from syncasync_sim.engine.worker_stops import StoppableWorkers
from syncasync_sim.model.attempts import DurationSampler
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.queue_parts import Freeze
from syncasync_sim.trace.records import PauseReason

_WORK_ENDS = SERVICE_ENDS + AFTER_LOWER_NUMBERS


class _StandStill:
    """One time of standing still; freezes that overlap are one."""

    def __init__(self, since: int, until: int) -> None:
        self.since, self.until = since, until


class _Due(NamedTuple):
    """What a worker does *rest* after it wakes; it came due while the worker stood still."""

    rest: int
    priority: int
    delivery: Delivery
    callback: Callback


class FreezableWorkers(StoppableWorkers):
    """Workers that stand still at given times (`workers.freezes`).

    The end of an attempt is scheduled when it begins, as for all workers. Where the worker has stood still
    since, it is put off when it comes; whatever else the worker would do is put off until it wakes.
    """

    def __init__(self, context: RunContext, queue: MessageQueue) -> None:
        super().__init__(context, queue)
        self._frozen: dict[int, _StandStill] = {}
        self._due: dict[int, _Due] = {}
        self._moved_us: dict[int, int] = {}  # by how much the end of the attempt in hand has moved
        after = context.scenario.queue.host_detection
        self._missed_after = (
            None if after is None else DurationSampler(after, context.draws, "freeze detection", "")
        )
        self._freezes = [0] * len(self._workers)
        for freeze in context.scenario.workers.freezes:
            self._env.start(self._freeze(self._workers[freeze.worker - 1], freeze))

    # -- standing still -------------------------------------------------------------------------------

    def _freeze(self, worker: Worker, freeze: Freeze) -> ProcessSteps:
        """One freeze; it does nothing to a worker that is down."""
        yield self._env.until(to_us(freeze.at_s), FREEZE_BEGINS + worker.number)
        now, until = self._env.now_us, self._env.now_us + to_us(freeze.for_s)
        if not worker.is_up or until == now:
            return
        before = self._frozen.get(worker.number)
        if before is not None:
            before.until = max(before.until, until)
            return
        still = self._frozen[worker.number] = _StandStill(now, until)
        self._free.pause(worker, "frozen")
        self._recorder.paused(worker.number, PauseReason.FROZEN, now)
        for delivery in worker.held:
            self._queue.timeouts.stop_renewing(delivery, now)
        self._freezes[worker.number - 1] += 1
        if self._missed_after is not None:
            missed_at = now + self._missed_after(worker.number, 0, self._freezes[worker.number - 1])
            self._env.start(self._miss(worker, still, missed_at))
        while self._env.now_us < still.until:
            yield self._env.until(still.until, FAULT_ENDS + worker.number)
        if self._frozen.get(worker.number) is still:
            self._wake(worker, still)
            self._env.request_dispatch()

    def _miss(self, worker: Worker, still: _StandStill, at: int) -> ProcessSteps:
        """The queue takes the worker for dead, if it still stands still."""
        yield self._env.until(at, TAKEN_FOR_DEAD + worker.number)
        if self._frozen.get(worker.number) is still:
            self._remove(worker, PauseReason.TAKEN_FOR_DEAD)

    def _wake(self, worker: Worker, still: _StandStill) -> None:
        """It goes on with what it has in hand."""
        number, now = worker.number, self._env.now_us
        del self._frozen[number]
        self._recorder.resumed(number, now, PauseReason.FROZEN)
        due = self._due.pop(number, None)
        first = worker.held[0] if worker.held else None
        if due is not None:
            self._env.schedule_at(now + due.rest, due.priority, due.delivery, due.callback)
        elif first is not None and first.started is not None:
            stood = now - max(still.since, first.started)
            self._moved_us[number] = self._moved_us.get(number, 0) + stood
        if first is not None and (self._renews or first.waits_for_retry):
            self._queue.timeouts.renew(first)
        if number in self._stopping:
            super()._wind_down(worker)
        elif number in self._removed and first is None:
            self._join_again(worker)
        if worker.is_up:
            self._free.resume(worker, "frozen")
            if self._group is not None:
                self._group.has_room(number)

    def _wind_down(self, worker: Worker) -> None:
        if worker.number not in self._frozen:
            super()._wind_down(worker)

    def _die(self, worker: Worker, restart_after: int | None, *, is_host: bool = False) -> None:
        for of_worker in (self._frozen, self._due, self._moved_us):
            of_worker.pop(worker.number, None)
        super()._die(worker, restart_after, is_host=is_host)

    # -- what is put off --------------------------------------------------------------------------------

    def _is_put_off(self, delivery: Delivery, priority: int, callback: Callback, rest: int = 0) -> bool:
        """Put something off until its worker wakes, if it stands still."""
        if delivery.worker not in self._frozen:
            return False
        self._due[delivery.worker] = _Due(rest, priority, delivery, callback)
        return True

    def _end_work(self, delivery: Delivery) -> None:
        number, now = delivery.worker, self._env.now_us
        moved_us, still = self._moved_us.pop(number, 0), self._frozen.get(number)
        priority = _WORK_ENDS + number
        if still is not None and delivery.started is not None:
            rest = now - max(still.since, delivery.started) + moved_us
            self._is_put_off(delivery, priority, self._end_work, rest)
        elif moved_us:
            self._env.schedule_at(now + moved_us, priority, delivery, self._end_work)
        else:
            super()._end_work(delivery)

    def _begin_work(self, delivery: Delivery, now: int) -> None:
        """What is still on its way begins when it is there, unless the worker stands still then."""
        if delivery.arrives_at <= now:
            super()._begin_work(delivery, now)
            return
        if self._renews:
            self._queue.timeouts.renew(delivery)
        self._queue.timeouts.schedule(delivery)
        self._env.schedule_at(delivery.arrives_at, _WORK_ENDS + delivery.worker, delivery, self._arrive)

    def _arrive(self, delivery: Delivery) -> None:
        if not self._is_put_off(delivery, _WORK_ENDS + delivery.worker, self._arrive):
            super()._begin_work(delivery, self._env.now_us)

    def _request_slot(self, delivery: Delivery) -> None:
        if not self._is_put_off(delivery, _WORK_ENDS + delivery.worker, self._request_slot):
            super()._request_slot(delivery)

    def _die_of(self, delivery: Delivery) -> None:
        if not self._is_put_off(delivery, _WORK_ENDS + delivery.worker, self._die_of):
            super()._die_of(delivery)

    def _retry(self, delivery: Delivery) -> None:
        if not self._is_put_off(delivery, MESSAGE_RETURNS + delivery.message.index, self._retry):
            super()._retry(delivery)

"""Workers that live and take nothing for a time, and those that the queue has removed."""

from __future__ import annotations

from typing import Literal

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.free_workers import FreeWorkers, Worker
from syncasync_sim.engine.message_queue import MessageQueue
from syncasync_sim.engine.messages import Delivery
from syncasync_sim.engine.worker_pool import WorkerPool
from syncasync_sim.model.attempts import OK
from syncasync_sim.model.queue_parts import Queue
from syncasync_sim.trace.records import DeliveryOutcome, PauseReason

Reason = Literal["removed", "stopping", "frozen"]
_NOT_BEGUN = int(DeliveryOutcome.NOT_BEGUN)
_IGNORED = int(DeliveryOutcome.IGNORED)


class PausableFreeWorkers(FreeWorkers):
    """The workers with a free slot, but for those that are paused: these have no slots."""

    def __init__(self, count: int, queue: Queue) -> None:
        self._reasons: dict[int, set[Reason]] = {}  # of those that are paused
        super().__init__(count, queue)

    def is_paused(self, worker: Worker) -> bool:
        """Whether the worker takes nothing for some reason, though it is up."""
        return worker.number in self._reasons

    def pause(self, worker: Worker, reason: Reason) -> None:
        """Let a worker that is up take nothing, until `resume` for every reason.

        Args:
            worker: the worker.
            reason: why it takes nothing.
        """
        if not self.is_paused(worker):
            super().remove(worker)
            worker.is_up = True
        self._reasons.setdefault(worker.number, set()).add(reason)

    def resume(self, worker: Worker, reason: Reason) -> None:
        """Let a worker take again, if no other reason is left.

        Args:
            worker: the worker.
            reason: what is over.
        """
        reasons = self._reasons.pop(worker.number, set()) - {reason}
        if reasons:
            self._reasons[worker.number] = reasons
        else:
            self.free_slots += self.prefetch - len(worker.held)
            self.add(worker)

    def add(self, worker: Worker) -> None:
        if worker.number not in self._reasons:
            super().add(worker)

    def remove(self, worker: Worker) -> None:
        if self.is_paused(worker):
            del self._reasons[worker.number]
            worker.is_up = False
        else:
            super().remove(worker)

    def free_slots_of(self, number: int) -> int:
        return 0 if number in self._reasons else super().free_slots_of(number)


class PausableWorkers(WorkerPool):
    """Workers that may be removed while they live: evicted from their group, or taken for dead.

    All that a removed worker holds comes back, and nobody waits for it. It ends its current message,
    drops the others, and joins again. What was acknowledged before does not come back: it works that off
    first.
    """

    free_workers = PausableFreeWorkers
    _free: PausableFreeWorkers

    def __init__(self, context: RunContext, queue: MessageQueue) -> None:
        super().__init__(context, queue)
        self._removed: set[int] = set()
        self._void: set[int] = set()  # deliveries whose acknowledgement does not count
        if context.scenario.queue.evicts:
            queue.evicts = self._evict

    def _evict(self, delivery: Delivery) -> bool:
        """Remove the worker of a delivery that has timed out, if it lives and still holds the message."""
        worker = self._workers[delivery.worker - 1]
        if not worker.is_up or delivery not in worker.held:
            return False
        self._void.update(held.index for held in worker.held)
        self._remove(worker, PauseReason.EVICTED)
        return True

    def _remove(self, worker: Worker, why: PauseReason) -> None:
        """The queue removes a living worker from its consumers, if it has not done so before."""
        if worker.number in self._removed:
            return
        self._removed.add(worker.number)
        self._free.pause(worker, "removed")
        self._recorder.paused(worker.number, why, self._env.now_us)
        if self._group is not None:
            self._group.worker_left(worker.number, worker.held)
        if not self._acks_first:
            self._queue.give_back(worker.held)
        self._env.request_dispatch()

    def _join_again(self, worker: Worker) -> None:
        """A removed worker has ended what it had in hand."""
        self._removed.discard(worker.number)
        now = self._env.now_us
        self._recorder.resumed(worker.number, now, PauseReason.EVICTED, PauseReason.TAKEN_FOR_DEAD)
        if self._group is not None:
            self._group.worker_joined(worker.number)
        self._free.resume(worker, "removed")

    def _drop_not_begun(self, worker: Worker, begun: int, now: int) -> list[Delivery]:
        """The worker holds only the first *begun* deliveries any more; the others, which it gives up."""
        dropped = list(worker.held)[begun:]
        for delivery in dropped:
            worker.held.pop()
            self._recorder.delivery_ended(delivery.index, now, _NOT_BEGUN)
            if self._group is not None:
                self._group.release(delivery)
        return dropped

    def _go_on(self, worker: Worker, now: int) -> None:
        if worker.number in self._removed:
            if not self._acks_first:
                self._drop_not_begun(worker, 0, now)
            if not worker.held:
                self._join_again(worker)
        super()._go_on(worker, now)

    def _settle(self, worker: Worker, delivery: Delivery, now: int) -> None:
        if delivery.index in self._void and delivery.outcome == OK:
            self._recorder.delivery_ended(delivery.index, now, _IGNORED)
            self._release(worker)
        else:
            super()._settle(worker, delivery, now)

    def _release(self, worker: Worker) -> None:
        super()._release(worker)
        if self._free.is_paused(worker):
            self._free.free_slots -= 1

    def _die(self, worker: Worker, restart_after: int | None, *, is_host: bool = False) -> None:
        super()._die(worker, restart_after, is_host=is_host)
        self._removed.discard(worker.number)
        self._recorder.resumed(worker.number, self._env.now_us)

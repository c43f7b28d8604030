"""A queue and workers that live in the web server (`queue.in_process`): a restart takes them with it."""

from __future__ import annotations

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import FAULT_ENDS, ProcessSteps
from syncasync_sim.engine.free_workers import Worker
from syncasync_sim.engine.message_queue import MessageQueue
from syncasync_sim.engine.messages import IN_FLIGHT, Delivery, Message
from syncasync_sim.engine.worker_freezes import FreezableWorkers
from syncasync_sim.engine.worker_pool import WorkerPool
from syncasync_sim.trace.records import MessageStatus

_LOST = int(MessageStatus.LOST)
_NEVER_DETECTED = None
_FEW = 1_000


class InProcessQueue(MessageQueue):
    """A queue that knows which messages are in flight, as it may lose them."""

    def __init__(self, context: RunContext) -> None:
        super().__init__(context)
        # By row: those with a worker, or with one that is dead; and others, which are left out now and then.
        self._taken: dict[int, Message] = {}

    def deliver(self, message: Message, worker: int, now: int, in_hand: int) -> Delivery:
        """Deliver a message that is out of the ready queue; its visibility timeout begins.

        Args:
            message: the message.
            worker: the number of the worker.
            now: the time, in microseconds.
            in_hand: the same, if the worker begins it at once; NEVER if it is prefetched.
        """
        if len(self._taken) > 2 * self.in_flight + _FEW:
            self._taken = {message.index: message for message in self._in_flight()}
        self._taken[message.index] = message
        return super().deliver(message, worker, now, in_hand)

    def _in_flight(self) -> list[Message]:
        return [message for message in self._taken.values() if message.state == IN_FLIGHT]

    def lose_all(self) -> None:
        """Lose every message that is not gone, wherever it is."""
        for message in [*self._backlog.messages(), *self._in_flight()]:
            self._end(message, self._env.now_us, _LOST)


class InProcessWorkers(WorkerPool):
    """Workers that are threads of the web server: all are gone with it, and all are back with it.

    That is no crash: nobody has to detect it, and no partition moves.
    """

    def __init__(self, context: RunContext, queue: InProcessQueue) -> None:
        super().__init__(context, queue)
        self._in_process_queue = queue
        self._times_down = 0

    def go_down(self) -> None:
        """Lose all messages, and cut all work on them."""
        now = self._env.now_us
        self._times_down += 1
        self._in_process_queue.lose_all()
        for worker in self._workers:  # all of them, before a place at a service is free for the next in line
            for delivery in worker.held:
                service = self._services[delivery.message.step]
                if service is not None:
                    service.cancel(delivery)
        for worker in self._workers:
            if worker.is_up:
                self._free.remove(worker)
            while worker.held:
                self._drop(worker.held.popleft(), now, _NEVER_DETECTED)
        if self._group is not None:
            self._group.begin_anew()

    def open_again(self) -> None:
        """All are back, whatever befell them before."""
        for worker in self._workers:
            self._free.restore(worker)

    def _restart(self, worker: Worker, at: int) -> ProcessSteps:
        times_down = self._times_down
        yield self._env.until(at, FAULT_ENDS + worker.number)
        if times_down == self._times_down:  # else it came back with the web server
            self._come_back(worker)


class InProcessFreezableWorkers(InProcessWorkers, FreezableWorkers):
    """The same, of workers that may stand still or be stopped: a restart ends that, too."""

    def go_down(self) -> None:
        super().go_down()
        for of_workers in (self._frozen, self._due, self._moved_us, self._stopping, self._removed):
            of_workers.clear()
        for worker in self._workers:
            self._recorder.resumed(worker.number, self._env.now_us)

"""Orderly stops of workers, as in a deployment: give back, end what is in hand, or be killed."""

from __future__ import annotations

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import STOP_BEGINS, ProcessSteps
from syncasync_sim.engine.free_workers import Worker
from syncasync_sim.engine.message_queue import MessageQueue
from syncasync_sim.engine.paused_workers import PausableWorkers
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.queue_parts import Stop
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import PauseReason


class StoppableWorkers(PausableWorkers):
    """Workers that are stopped at given times (`workers.stops`)."""

    def __init__(self, context: RunContext, queue: MessageQueue) -> None:
        super().__init__(context, queue)
        self._stopping: dict[int, Stop] = {}
        for stop in context.scenario.workers.stops:
            self._env.start(self._stop(self._workers[stop.worker - 1], stop))

    def _stop(self, worker: Worker, stop: Stop) -> ProcessSteps:
        """One stop; a worker that is down or stopping already is left alone."""
        yield self._env.until(to_us(stop.at_s), STOP_BEGINS + worker.number)
        if not worker.is_up or worker.number in self._stopping:
            return
        self._stopping[worker.number] = stop
        self._free.pause(worker, "stopping")
        self._recorder.paused(worker.number, PauseReason.STOPPING, self._env.now_us)
        self._wind_down(worker)
        if stop.grace_s is not None and worker.number in self._stopping:
            self._env.start(self._kill(worker, stop, self._env.now_us + to_us(stop.grace_s)))
        self._env.request_dispatch()

    def _wind_down(self, worker: Worker) -> None:
        """Give back what it only holds; with nothing in hand, that is the end."""
        self._queue.give_back(self._drop_not_begun(worker, 1, self._env.now_us))
        if not worker.held:
            self._end_stop(worker)

    def _end_stop(self, worker: Worker) -> None:
        """It ends by itself, and says so to its group."""
        stop = self._stopping.pop(worker.number)
        self._free.remove(worker)
        if self._group is not None and worker.number not in self._removed:
            self._group.worker_left(worker.number)
        self._removed.discard(worker.number)
        now = self._env.now_us
        back = NEVER if stop.restart_after_s is None else now + to_us(stop.restart_after_s)
        self._recorder.resumed(worker.number, now)
        self._recorder.paused(worker.number, PauseReason.STOPPED, now, back)
        if back != NEVER:
            self._env.start(self._restart(worker, back))

    def _kill(self, worker: Worker, stop: Stop, at: int) -> ProcessSteps:
        """The end of its grace, if it has not ended before."""
        yield self._env.until(at, STOP_BEGINS + worker.number)
        if self._stopping.get(worker.number) is stop:
            self._die(worker, None if stop.restart_after_s is None else to_us(stop.restart_after_s))
            self._env.request_dispatch()

    def _join_again(self, worker: Worker) -> None:
        if worker.number not in self._stopping:
            super()._join_again(worker)

    def _go_on(self, worker: Worker, now: int) -> None:
        super()._go_on(worker, now)
        if worker.number in self._stopping and not worker.held:
            self._end_stop(worker)

    def _die(self, worker: Worker, restart_after: int | None, *, is_host: bool = False) -> None:
        self._stopping.pop(worker.number, None)
        super()._die(worker, restart_after, is_host=is_host)

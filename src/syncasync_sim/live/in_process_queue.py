"""A queue in the memory of the web service, and its workers as threads there: `queue.in_process`.

There is no broker. All ends are in one process, and what is in its memory is gone with it.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from syncasync_sim.live.adapter_base import Fixed, refusals
from syncasync_sim.live.event_log import BACK, EventLog, Statement
from syncasync_sim.live.plan import Plan
from syncasync_sim.live.process_start import writing_down
from syncasync_sim.live.protocol import Delivery, Message, QueueRequirements, Server
from syncasync_sim.live.worker import Worker
from syncasync_sim.model.quantities import to_us

_MESSAGES = SimpleQueue[Message]()
"""Of this process."""
_FIXED: Fixed = {
    "in_process": ((True,), "the queue is in the web server's memory"),
    "ack": (("before",), "a thread takes its message out of the memory"),
    "failure": (("requeue",), "what has failed is not kept"),
    "max_deliveries": ((1,), "what is taken is gone"),
    "capacity": (("unlimited",), "memory has no limit here"),
    "partitions": (("none",), "threads take what comes next"),
    "deal": (("least_held",), "a thread that is free asks for a message"),
    "prefetch": ((1,), "a thread has one message in hand"),
}


class InProcessQueue:
    """The queue, and its three ends."""

    preset = "in-process"
    extra = ""

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        del url
        self._wanted = wanted

    def unsupported(self) -> Sequence[str]:
        return refusals(self._wanted, "a queue in memory", _FIXED)

    def create(self) -> Server:
        return Server("Python", platform.python_version(), "a queue in the web server's memory, no broker")

    def publisher(self) -> _End:
        """A new publisher."""
        return _End()

    def consumer(self, worker: int = 1) -> _End:  # noqa: ARG002 - all alike
        """A new consumer."""
        return _End()

    def observer(self) -> _End:
        """A new observer, which sees nothing: the queue is in another process."""
        return _End()

    def remove(self) -> str:
        """Do nothing: nothing is left."""
        return ""


class _End:
    """It publishes, takes or watches."""

    def publish(self, message: Message) -> None:
        _MESSAGES.put(message)

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        try:
            message = _MESSAGES.get(timeout=wait_s)
        except Empty:
            return ()
        return [Delivery(message, time.monotonic(), None, 1)]

    def work(self, delivery: Delivery, seconds: float) -> None:
        del delivery
        time.sleep(seconds)

    def acknowledge(self, delivery: Delivery) -> bool:
        del delivery
        return True

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        """Do nothing: it was acknowledged before the work."""

    def stop_taking(self) -> Sequence[Delivery]:
        """Return nothing: only who asks for a message gets one."""
        return ()

    def give_back(self, delivery: Delivery) -> None:
        """Do nothing: it was acknowledged before the work."""

    def dead_letters(self) -> Sequence[Message]:
        return ()

    def waiting(self) -> int | None:
        return None

    def close(self) -> None:
        """Do nothing."""


class _ThreadDiedError(Exception):
    """The end of a thread."""


class WorkerThread(Worker):
    """A worker in the web service: its death is that of its thread, and another thread takes its place."""

    def work_for_ever(self, restart_after_s: float | None) -> None:
        """Work until the process ends; without a restart, until this worker dies.

        Args:
            restart_after_s: the time from its death until it is back, in seconds of the scenario.
        """
        with writing_down():
            died_at = self._work_until_death()
            while restart_after_s is not None:
                back_at = died_at + to_us(restart_after_s)
                time.sleep(max(0.0, self.clock.moment(back_at) - time.monotonic()))
                self._event_log.write((BACK, (self.clock.now_us(), self.number)))
                died_at = self._work_until_death()

    def _work_until_death(self) -> int:
        """Work until this worker dies; return when, in microseconds of the scenario."""
        with suppress(_ThreadDiedError):
            self.run()
        at = self.clock.now_us()
        self._event_log.died(self.number, at)
        self._held.clear()
        return at

    def _die(self, *before: Statement) -> None:
        self._event_log.write(*before, self._crash())
        raise _ThreadDiedError


def start_worker_threads(plan: Plan) -> None:
    """Start the workers of a run in this process.

    Args:
        plan: the plan of the run.
    """
    workers, broker = plan.scenario.workers, plan.broker()
    for number in range(1, workers.count + 1):
        worker = WorkerThread(plan, EventLog(plan.event_log), number, broker.consumer(number))
        Thread(target=worker.work_for_ever, args=(workers.restart_after_s,), daemon=True).start()

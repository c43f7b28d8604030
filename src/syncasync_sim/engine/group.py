"""The consumer group of a queue with owned partitions: who is a member, and the pause when that changes."""

from __future__ import annotations

from collections.abc import Callable

from syncasync_sim.engine.clock import (
    FAULT_ENDS,
    VISIBLE_AGAIN,
    WORKERS_AFTER_THREADS,
    Calls,
    Clock,
    Happening,
)
from syncasync_sim.engine.line import Delivery
from syncasync_sim.engine.partitions import NOBODY, Owned
from syncasync_sim.model.attempts import to_us
from syncasync_sim.model.queue import Queue

_AFTER_MESSAGES = WORKERS_AFTER_THREADS


class Detection(Happening):
    """The broker finds out about a worker's death."""

    __slots__ = ("worker",)

    def __init__(self, worker: int) -> None:
        self.worker = worker


class Group:
    """The workers as the broker sees them. A death not noticed yet leaves a member who reads nothing.

    A worker that is back before its death was noticed takes again only after that; one that comes back later
    joins. Each join and each leave deals the partitions anew and begins a pause of all deliveries.
    """

    def __init__(self, queue: Queue, workers: int, partitions: Owned, clock: Clock) -> None:
        self._clock, self._partitions = clock, partitions
        self._until_idle = queue.rebalance == "until_idle"
        self._pause = 0 if queue.rebalance == "until_idle" else to_us(queue.rebalance)
        self._members = set(range(1, workers + 1))
        self._up = set(self._members)
        self._unnoticed: dict[int, int] = {}  # worker -> deaths that the broker does not know of
        self._paused_until = 0
        self._awaited: set[int] = set()  # workers with the message they had when an `until_idle` pause began
        self.at_work: Callable[[], set[int]] = set
        self._noticed: Calls = [self._notice]
        self._pause_ends: Calls = [self._pause_over]
        partitions.deal(sorted(self._members))

    def is_paused(self) -> bool:
        """Whether nothing is delivered now."""
        return bool(self._awaited) or self._clock.now_us < self._paused_until

    def died(self, worker: int, noticed_after: int | None) -> None:
        """A death; the broker notices it so many microseconds later (None: never)."""
        self._up.discard(worker)
        self._awaited.discard(worker)
        self._unnoticed[worker] = self._unnoticed.get(worker, 0) + 1
        self._partitions.silent.add(worker)
        if noticed_after is not None:
            at = self._clock.now_us + noticed_after
            self._clock.at(at, VISIBLE_AGAIN + _AFTER_MESSAGES + worker, Detection(worker), self._noticed)

    def restarted(self, worker: int) -> None:
        """It is back: it joins, unless the broker still takes it for the one that died."""
        self._up.add(worker)
        if not self._unnoticed.get(worker):
            self._rebalance()

    def ended(self, worker: int) -> None:
        """A worker is done with the message in its hands."""
        self._awaited.discard(worker)

    def called(self) -> list[int]:
        """Members for whom something has come to the front of a partition since this was last asked."""
        readers = self._partitions.called
        members = [reader for reader in readers if reader != NOBODY]
        readers.clear()
        return members

    def let_go(self, delivery: Delivery) -> None:
        """A worker's hands are off this copy; its partition's new owner may have waited for that."""
        self._partitions.let_go(delivery)

    def _notice(self, detection: Detection) -> None:
        worker = detection.worker
        self._unnoticed[worker] -= 1
        if not self._unnoticed[worker]:
            self._partitions.silent.discard(worker)
            self._rebalance()
        self._clock.take_soon()

    def _rebalance(self) -> None:
        """Somebody joins or leaves: the partitions are dealt anew, and deliveries pause."""
        self._members = self._up | {worker for worker, deaths in self._unnoticed.items() if deaths}
        self._partitions.deal(sorted(self._members))
        if self._until_idle:
            self._awaited |= self.at_work()
        elif self._pause:
            self._paused_until = self._clock.now_us + self._pause
            self._clock.at(self._paused_until, FAULT_ENDS + _AFTER_MESSAGES, Happening(), self._pause_ends)

    def _pause_over(self, happening: Happening) -> None:
        del happening
        self._clock.take_soon()

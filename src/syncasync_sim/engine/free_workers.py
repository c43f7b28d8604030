"""The workers, and which of them are free: who gets the next message."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

from syncasync_sim.engine.messages import Delivery
from syncasync_sim.model.queue_parts import Queue
from syncasync_sim.trace.records import by_worker

_NO_PRIORITY = -1
_UNLIMITED = 1 << 40
"""Messages that a worker with unlimited prefetch may hold."""
_NUMBER_BITS = 32
_NUMBER_MASK = (1 << _NUMBER_BITS) - 1


class Worker:
    """One process: up or down, with the deliveries that it holds; it works on the first of them."""

    __slots__ = ("by", "deaths", "held", "is_up", "number", "priority")

    def __init__(self, number: int) -> None:
        self.number = number
        self.by = by_worker(number)
        self.is_up = True
        self.deaths = 0
        self.held: deque[Delivery] = deque()
        self.priority = _NO_PRIORITY


class FreeWorkers:
    """The workers with a free prefetch slot, in the order in which they get messages (`queue.deal`).

    A heap of priorities, packed into one whole number: what `deal` says, then the worker's number. Deletion
    is lazy: an entry that differs from its worker's priority is stale and skipped.

    In turn, the first part counts. With `round_robin` it counts the rounds: a worker that the present round
    has passed comes in the next one. With `rotation` it counts the places: a worker keeps its place until it
    gets a message or is full or down, and its next place is the last. So the order of those in the heap never
    changes.
    """

    def __init__(self, count: int, queue: Queue) -> None:
        most = queue.most_held
        self.prefetch = _UNLIMITED if most is None else most
        self._by_held, self._rotates = queue.deal == "least_held", queue.deal == "rotation"
        self.in_turn = queue.deals_in_turn
        self._has_order = self._by_held or self.in_turn
        self._round = self._last = 0
        self.workers = [Worker(number) for number in range(1, count + 1)]
        self.heap: list[int] = []
        self._in_heap: set[int] = set()
        self.free_slots = self.prefetch * count
        for worker in self.workers:
            self.add(worker)

    def pop(self) -> Worker | None:
        """Take out the first free worker, until `add`; None for a stale entry of the heap."""
        priority = heappop(self.heap)
        self._in_heap.discard(priority)
        worker = self.workers[(priority & _NUMBER_MASK) - 1]
        return worker if priority == worker.priority else None

    def add(self, worker: Worker) -> None:
        """Add a worker, if it has a free slot."""
        held = len(worker.held)
        if held >= self.prefetch:
            worker.priority = _NO_PRIORITY
            return
        first = (held if self._by_held else self._turn(worker)) if self._has_order else 0
        worker.priority = priority = first << _NUMBER_BITS | worker.number
        if priority not in self._in_heap:
            self._in_heap.add(priority)
            heappush(self.heap, priority)

    def _turn(self, worker: Worker) -> int:
        """The round in which it is the worker's turn, or its place in the rotation."""
        if not self._rotates:
            return self._round + (worker.number <= self._last)
        if worker.priority == _NO_PRIORITY:
            self._last += 1
            return self._last
        return worker.priority >> _NUMBER_BITS

    def dealt(self, worker: Worker) -> None:
        """Take note that it was a worker's turn: the next is that of the one after it."""
        if self._rotates:
            worker.priority = _NO_PRIORITY
        else:
            self._round, self._last = self._turn(worker), worker.number

    def wake(self, number: int) -> None:
        """Add a worker again that was asked before and got no message."""
        worker = self.workers[number - 1]
        if worker.is_up:
            self.add(worker)

    def remove(self, worker: Worker) -> None:
        """Remove a worker that is down, with all its slots."""
        worker.is_up = False
        worker.priority = _NO_PRIORITY
        self.free_slots -= self.prefetch - len(worker.held)

    def restore(self, worker: Worker) -> None:
        """Add a worker that is up again and holds nothing."""
        worker.is_up = True
        self.free_slots += self.prefetch
        self.add(worker)

    def free_slots_of(self, number: int) -> int:
        """Return the free slots of one worker; 0 if it takes nothing now."""
        worker = self.workers[number - 1]
        return self.prefetch - len(worker.held) if worker.is_up else 0

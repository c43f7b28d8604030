"""Who has room for one more message, and in which order they take."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

from syncasync_sim.engine.line import Delivery

NOBODY = -1
_UNLIMITED = 1 << 40
"""Messages that a worker with unlimited prefetch may hold."""
_HELD = 32
_NUMBER = (1 << _HELD) - 1


class Worker:
    """One process: up or down, with the deliveries it holds; the first of them is in its hands."""

    __slots__ = ("deaths", "held", "number", "turn", "up")

    def __init__(self, number: int) -> None:
        self.number, self.up, self.deaths = number, True, 0
        self.held: deque[Delivery] = deque()
        self.turn = NOBODY


class Room:
    """The workers with room: who holds least takes first, and among equals the lowest number.

    A worker's turn is how many it holds, then its number, in one whole number. Turns stand in a heap; one
    that is no longer its worker's own is passed over.
    """

    def __init__(self, count: int, prefetch: int | None) -> None:
        self._prefetch = _UNLIMITED if prefetch is None else prefetch
        self.workers = [Worker(number) for number in range(1, count + 1)]
        self.turns: list[int] = []
        self._standing: set[int] = set()
        self.places = self._prefetch * count
        for worker in self.workers:
            self.offer(worker)

    def next(self) -> Worker | None:
        """The first one in turn, who stands aside until `offer`; None for a turn that is past."""
        turn = heappop(self.turns)
        self._standing.discard(turn)
        worker = self.workers[(turn & _NUMBER) - 1]
        return worker if turn == worker.turn else None

    def offer(self, worker: Worker) -> None:
        """Let *worker* take its turn, if it has room."""
        held = len(worker.held)
        if held >= self._prefetch:
            worker.turn = NOBODY
            return
        worker.turn = turn = held << _HELD | worker.number
        if turn not in self._standing:
            self._standing.add(turn)
            heappush(self.turns, turn)

    def call(self, number: int) -> None:
        """There is something for a worker who may have been asked in vain before."""
        worker = self.workers[number - 1]
        if worker.up:
            self.offer(worker)

    def goes(self, worker: Worker) -> None:
        """It is down, with all its room."""
        worker.up, worker.turn = False, NOBODY
        self.places -= self._prefetch - len(worker.held)

    def comes(self, worker: Worker) -> None:
        """It is up again, holding nothing."""
        worker.up = True
        self.places += self._prefetch
        self.offer(worker)

    def rooms(self) -> dict[int, int]:
        """The free places of each worker that is up."""
        return {w.number: self._prefetch - len(w.held) for w in self.workers if w.up}

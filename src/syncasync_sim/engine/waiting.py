"""What waits in the queue, and how much of it there may be."""

from __future__ import annotations

from syncasync_sim.engine.line import Line, Message, Takers
from syncasync_sim.engine.partitions import ASSIGNMENTS, Locked, Owned
from syncasync_sim.model.queue import Queue


class Nobody:
    """The workers of a queue that delivers nothing just now."""

    places = 0

    def rooms(self) -> dict[int, int]:
        return {}


class Waiting:
    """The visible messages, in line, and those that wait for a retry delay; together they are the depth."""

    def __init__(self, queue: Queue) -> None:
        self.line: Line | Locked | Owned
        if queue.partitions is None:
            self.line = Line(queue.redelivery)
        else:
            self.line = ASSIGNMENTS[queue.assignment](queue)
        self.delayed: dict[int, Message] = {}
        self._capacity = queue.capacity

    @property
    def depth(self) -> int:
        return self.line.length + len(self.delayed)

    def is_full(self, customer: int, takers: Takers) -> bool:
        """Whether one more would have to wait beyond the greatest depth.

        What the workers take as soon as all else at this instant is done does not wait.
        """
        if self._capacity is None:
            return False
        others, new = self.line.beyond(takers, customer)
        return new and others + len(self.delayed) >= self._capacity

    def oldest(self, takers: Takers) -> Message | None:
        """The front of what goes on waiting: the visible ones, else those waiting for a retry."""
        return self.line.oldest_beyond(takers) or (self.delayed[min(self.delayed)] if self.delayed else None)

    def all(self) -> list[Message]:
        return [*self.line.all(), *self.delayed.values()]

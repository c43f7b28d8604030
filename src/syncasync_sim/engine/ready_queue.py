"""The ready queue: the visible messages in order, for any worker."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Protocol

from syncasync_sim.engine.messages import VISIBLE, Message


class ConsumerCapacity(Protocol):
    """How many more messages the workers would hold."""

    free_slots: int
    """Of all workers that are up."""

    def free_slots_by_worker(self) -> dict[int, int]:
        """The free slots of each worker that is up, by its number."""
        ...


class NoConsumers:
    """The workers of a queue that delivers nothing at the moment."""

    free_slots = 0

    def free_slots_by_worker(self) -> dict[int, int]:
        return {}


class ReadyQueue:
    """The visible messages, first in, first out. A returning one goes to its old position, or to the back.

    Deletion is lazy: a message that goes meanwhile stays where it is, and is skipped when its turn comes.
    """

    def __init__(self, redelivery: str) -> None:
        self._to_old_position = redelivery == "original"
        self._in_order: deque[Message] = deque()
        self._returned: list[tuple[int, Message]] = []  # a heap by order of publishing
        self.length = 0

    def add(self, message: Message, *, returning: bool) -> None:
        """A message gets visible, for the first time or because it is *returning*."""
        self.length += 1
        if returning and self._to_old_position:
            heappush(self._returned, (message.index, message))
        else:
            self._in_order.append(message)

    def take(self, worker: int = 0) -> Message:
        """Take out the first message; any *worker* may have any message."""
        del worker
        while True:
            returned, in_order = self._returned, self._in_order
            if returned and (not in_order or returned[0][0] < in_order[0].index):
                message = heappop(returned)[1]
            else:
                message = in_order.popleft()
            if message.state == VISIBLE:
                self.length -= 1
                return message

    def left_after_dispatch(self, consumers: ConsumerCapacity, customer: int) -> tuple[int, bool]:
        """The backlog once each free slot of a worker has taken a message.

        Returns:
            (messages left, whether one more message, of *customer*, would be left as well)
        """
        del customer
        return max(0, self.length - consumers.free_slots), self.length >= consumers.free_slots

    def oldest_after_dispatch(self, consumers: ConsumerCapacity) -> Message | None:
        """The first of the messages that would be left; all stay where they are."""
        if self.length <= consumers.free_slots:
            return None
        front = [self.take() for _ in range(consumers.free_slots + 1)]
        self._in_order.extendleft(reversed(front))
        self.length += len(front)
        return front[-1]

    def messages(self) -> list[Message]:
        """Every visible message."""
        both = [*(message for _, message in self._returned), *self._in_order]
        return [message for message in both if message.state == VISIBLE]

    def discard(self, message: Message) -> None:
        """A visible message is gone."""
        del message
        self.length -= 1

    def unlock(self, message: Message) -> None:
        """A message is no longer in flight, nor waiting for a retry delay: nothing depends on that here."""

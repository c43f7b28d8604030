"""The ready queue: the visible messages in order, for any worker."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Protocol

from syncasync_sim.engine.messages import VISIBLE, Message


class ConsumerCapacity(Protocol):
    """How many more messages the workers would hold."""

    free_slots: int
    """Of all workers together: no more are taken, even if each has room."""

    def free_slots_of(self, worker: int) -> int:
        """Return the free slots of one worker, given by its number; 0 if it takes nothing now."""
        ...


class FewerConsumers:
    """The workers of a queue where they may take fewer messages than they have room for."""

    def __init__(self, consumers: ConsumerCapacity, free_slots: int) -> None:
        self._consumers = consumers
        self.free_slots = free_slots

    def free_slots_of(self, worker: int) -> int:
        """Return the free slots of one worker, given by its number; 0 if it takes nothing now."""
        return self._consumers.free_slots_of(worker)


class NoConsumers:
    """The workers of a queue that delivers nothing at the moment."""

    free_slots = 0

    def free_slots_of(self, worker: int) -> int:
        """Return no slots: nobody consumes."""
        del worker
        return 0


class ReadyQueue:
    """The visible messages, first in, first out.

    A message that returns goes to its old position, or to the back.

    Deletion is lazy: a message that is gone meanwhile keeps its entry, which is skipped when its turn comes.
    """

    def __init__(self, redelivery: str) -> None:
        self._to_old_position = redelivery == "original"
        self._in_order: deque[Message] = deque()
        self._returned: list[tuple[int, Message]] = []  # a heap by order of publishing
        # Before all of these: what the free slots will take, set aside to find what comes after it.
        self._set_aside: deque[Message] = deque()
        self._oldest_left: Message | None = None
        self.length = 0

    def add(self, message: Message, *, returning: bool) -> None:
        """Make a message visible.

        Args:
            message: the message.
            returning: whether it was delivered before and comes back.
        """
        self.length += 1
        if returning and self._to_old_position:
            self._put_back()
            heappush(self._returned, (message.index, message))
        else:
            self._in_order.append(message)

    def take(self, worker: int = 0) -> Message:
        """Take out the first message; any *worker* may have any message."""
        del worker
        if self._set_aside:
            self._put_back()
        while True:
            returned, in_order = self._returned, self._in_order
            if returned and (not in_order or returned[0][0] < in_order[0].index):
                message = heappop(returned)[1]
            else:
                message = in_order.popleft()
            if message.state == VISIBLE:  # lazy deletion: the entry of a message that is gone is skipped
                self.length -= 1
                return message

    def left_after_dispatch(self, consumers: ConsumerCapacity, customer: int) -> tuple[int, bool]:
        """Compute the backlog after each free slot of a worker has taken a message.

        Args:
            consumers: the free slots of the workers.
            customer: the customer of one more message.

        Returns:
            The number of messages left, and whether the message of *customer* would be left as well.
        """
        del customer
        return max(0, self.length - consumers.free_slots), self.length >= consumers.free_slots

    def oldest_after_dispatch(self, consumers: ConsumerCapacity) -> Message | None:
        """The first message that would be left after a dispatch; nothing is taken out."""
        if self.length <= consumers.free_slots:
            return None
        if len(self._set_aside) != consumers.free_slots:
            self._put_back()
            front = [self.take() for _ in range(consumers.free_slots)]
            self._set_aside.extend(front)
            self.length += len(front)
        aside, self._set_aside = self._set_aside, deque()
        self._oldest_left = oldest = self.take()
        self._in_order.appendleft(oldest)
        self._set_aside = aside
        self.length += 1
        return oldest

    def _put_back(self) -> None:
        self._in_order.extendleft(reversed(self._set_aside))
        self._set_aside.clear()

    def messages(self) -> list[Message]:
        """Return every visible message: those that came back, then the others."""
        self._put_back()
        both = [*(message for _, message in self._returned), *self._in_order]
        return [message for message in both if message.state == VISIBLE]

    def discard(self, message: Message) -> None:
        """Remove a visible message from the count; its entry is skipped later."""
        if message is not self._oldest_left:  # it may be one of those that are set aside
            self._put_back()
        self.length -= 1

    def unlock(self, message: Message) -> None:
        """Do nothing: here no message waits for another one in flight."""

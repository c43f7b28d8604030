"""Messages, deliveries, and the line in which visible messages stand."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush

from syncasync_sim.engine.clock import Happening

VISIBLE, DELAYED, IN_FLIGHT, GONE = range(4)


class Message(Happening):
    """One message while the run goes on: visible, waiting for a retry delay, in flight, or gone."""

    __slots__ = ("click", "customer", "deliveries", "delivery", "index", "request", "state", "step")

    def __init__(self, index: int, request: int, customer: int, click: int, step: int) -> None:
        self.index, self.request, self.customer, self.click, self.step = index, request, customer, click, step
        self.deliveries = 0
        self.delivery: Delivery | None = None  # the one that holds it, while it is in flight
        self.state = VISIBLE


class Delivery(Happening):
    """A message in a worker's hands. It may outlive its hold on the message: the worker is only slow."""

    __slots__ = ("index", "message", "number", "outcome", "started", "timeout_at", "worker")

    def __init__(self, index: int, message: Message, worker: int) -> None:
        self.index, self.message, self.worker = index, message, worker
        self.number = message.deliveries
        self.started: int | None = None  # when its attempt began, or will
        self.outcome = 0
        self.timeout_at: int | None = None  # when its visibility timeout is over; None: never


class Return(Happening):
    """The moment a delivery loses its hold on the message, unless it is settled before."""

    __slots__ = ("delivery",)

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery


class Line:
    """The visible messages in order. New ones come at the back; returning ones to their place, or the back.

    A message that goes while it stands here is left where it is and passed over when its turn comes.
    """

    def __init__(self, redelivery: str) -> None:
        self._to_own_place = redelivery == "original"
        self._in_order: deque[Message] = deque()
        self._returned: list[tuple[int, Message]] = []  # a heap by publish order
        self.length = 0

    def add(self, message: Message, *, returning: bool) -> None:
        self.length += 1
        if returning and self._to_own_place:
            heappush(self._returned, (message.index, message))
        else:
            self._in_order.append(message)

    def pop(self) -> Message:
        """Take out the one at the front."""
        while True:
            returned, in_order = self._returned, self._in_order
            if returned and (not in_order or returned[0][0] < in_order[0].index):
                message = heappop(returned)[1]
            else:
                message = in_order.popleft()
            if message.state == VISIBLE:
                self.length -= 1
                return message

    def behind(self, others: int) -> Message:
        """The one behind the *others* at the front; all stay where they are."""
        front = [self.pop() for _ in range(others + 1)]
        self._in_order.extendleft(reversed(front))
        self.length += len(front)
        return front[-1]

    def forget(self) -> None:
        """One of the visible messages is gone."""
        self.length -= 1

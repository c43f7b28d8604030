"""Messages, deliveries, and the line in which visible messages stand."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Protocol

from syncasync_sim.engine.clock import Happening

VISIBLE, DELAYED, IN_FLIGHT, GONE = range(4)


class Message(Happening):
    """One message while the run goes on: visible, waiting for a retry delay, in flight, or gone."""

    __slots__ = (
        *("click", "customer", "deliveries", "delivery", "index", "place", "request", "state", "step"),
        "uncounted",
    )

    def __init__(self, index: int, request: int, customer: int, click: int, step: int) -> None:
        self.index, self.request, self.customer, self.click, self.step = index, request, customer, click, step
        self.place = index  # in the line: the lower is before the higher
        self.deliveries = self.uncounted = 0  # and how many of them the broker's own limit does not count
        self.delivery: Delivery | None = None  # the one that holds it, while it is in flight
        self.state = VISIBLE


class Delivery(Happening):
    """A message that a worker holds. It may outlive its hold on the message: the worker is only slow."""

    __slots__ = (
        *("here_at", "index", "message", "number", "outcome", "started"),
        *("timeout", "timeout_at", "waits", "watched", "worker"),
    )

    def __init__(self, index: int, message: Message, worker: int) -> None:
        self.index, self.message, self.worker = index, message, worker
        self.number = message.deliveries
        self.here_at = 0  # when the worker has it, `deliver` after the taking
        self.started: int | None = None  # when its attempt began, or will
        self.outcome = 0
        self.waits = False  # it has failed, and its worker keeps it for another try
        self.timeout: int | None = None  # the length of its visibility timeout, if it has one
        self.timeout_at: int | None = None  # when that is over; None: never, as things stand
        self.watched = False  # whether the clock will call then


class Return(Happening):
    """The moment a delivery loses its hold on the message, unless it is settled before."""

    __slots__ = ("delivery",)

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery


class Takers(Protocol):
    """What a line asks of the workers: how many more messages they would hold."""

    places: int
    """Free places of all that are up."""

    def rooms(self) -> dict[int, int]:
        """The free places of each that is up, by its number."""
        ...


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

    def take(self, worker: int = 0) -> Message:
        """Take out the one at the front, whoever the *worker* is."""
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

    def beyond(self, takers: Takers, customer: int) -> tuple[int, bool]:
        """(how many go on waiting when free workers have taken theirs, whether a new one would as well)."""
        del customer
        return max(0, self.length - takers.places), self.length >= takers.places

    def oldest_beyond(self, takers: Takers) -> Message | None:
        """The front of what goes on waiting; all stay where they are."""
        if self.length <= takers.places:
            return None
        front = [self.take() for _ in range(takers.places + 1)]
        self._in_order.extendleft(reversed(front))
        self.length += len(front)
        return front[-1]

    def all(self) -> list[Message]:
        """Every visible message."""
        both = (*(message for _, message in self._returned), *self._in_order)
        return [message for message in both if message.state == VISIBLE]

    def forget(self, message: Message) -> None:
        """One of the visible messages is gone."""
        del message
        self.length -= 1

    def freed(self, message: Message) -> None:
        """It is no longer in flight, nor waiting for a retry delay."""

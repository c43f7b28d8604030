"""Messages and deliveries while a run goes on."""

from __future__ import annotations

from syncasync_sim.engine.environment import Event

VISIBLE, DELAYED, IN_FLIGHT, GONE = range(4)
"""The states of a message: ready, waiting for a retry delay, with a worker, off the queue."""


class Message(Event):
    """One message; as an event, the end of its retry delay."""

    __slots__ = (
        "click",
        "customer",
        "deliveries",
        "delivery",
        "index",
        "position",
        "request",
        "state",
        "step",
        "uncounted",
    )

    def __init__(self, index: int, request: int, customer: int, click: int, step: int) -> None:
        self.index = index
        self.request = request
        self.customer = customer
        self.click = click
        self.step = step
        self.position = index  # in the ready queue: the lower is taken first
        self.deliveries = 0
        self.uncounted = 0  # deliveries that the broker's own limit does not count
        self.delivery: Delivery | None = None  # the one that holds it, while it is in flight
        self.state = VISIBLE


class Delivery(Event):
    """A message that a worker holds; as an event, what its worker does next with it.

    It may outlive its hold on the message: the worker is only slow, and the visibility timeout is over.
    """

    __slots__ = (
        "arrives_at",
        "index",
        "is_timeout_scheduled",
        "message",
        "number",
        "outcome",
        "started",
        "timeout",
        "timeout_at",
        "waits_for_retry",
        "worker",
    )

    timeout: int | None
    """The length of its visibility timeout, if it has one."""
    timeout_at: int | None
    """When that is over; None: never, as things stand."""
    is_timeout_scheduled: bool

    def __init__(self, index: int, message: Message, worker: int, taken: int) -> None:
        self.index = index
        self.message = message
        self.worker = worker
        self.number = message.deliveries
        self.arrives_at = taken  # at the worker, or `deliver` later
        self.started: int | None = None  # when its attempt began, or will
        self.outcome = 0
        self.waits_for_retry = False  # it has failed, and its worker keeps it for another try


class HoldEnds(Event):
    """The moment at which a delivery loses its hold on the message, unless it is settled before."""

    __slots__ = ("delivery",)

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

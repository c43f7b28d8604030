"""Visibility timeouts: how long a worker has for a message before the queue gives it to another."""

from __future__ import annotations

from collections.abc import Callable

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import MESSAGE_RETURNS
from syncasync_sim.engine.messages import Delivery, HoldEnds
from syncasync_sim.model.attempts import DurationSampler


class VisibilityTimeouts:
    """One for each delivery, from the moment a worker takes the message; a living worker may extend it.

    An event is scheduled only where a timeout can matter; most work is over long before.
    """

    def __init__(self, context: RunContext, on_expiry: Callable[[Delivery], None]) -> None:
        timeout = context.scenario.queue.visibility_timeout
        self.are_on = timeout is not None and context.scenario.queue.ack == "after"
        """Whether deliveries have one: what is acknowledged at the taking has none."""
        self._lengths = [
            DurationSampler(timeout, context.draws, "visibility timeout", step.name)
            for step in context.scenario.steps
            if timeout is not None
        ]
        self._env = context.env
        self._on_expiry = on_expiry

    def begin(self, delivery: Delivery, now: int) -> None:
        """Start the visibility timeout of a message that a worker has taken.

        Args:
            delivery: the delivery.
            now: the time, in microseconds.
        """
        message = delivery.message
        length = self._lengths[message.step](message.customer, message.click, message.deliveries)
        delivery.timeout = length
        delivery.timeout_at = now + length
        delivery.is_timeout_scheduled = False

    def schedule(self, delivery: Delivery) -> None:
        """Schedule the end of a delivery's visibility timeout, if it has one that is not scheduled yet."""
        if self.are_on and delivery.timeout_at is not None and not delivery.is_timeout_scheduled:
            delivery.is_timeout_scheduled = True
            priority = MESSAGE_RETURNS + delivery.message.index
            self._env.schedule_at(delivery.timeout_at, priority, HoldEnds(delivery), self._expire)

    def renew(self, delivery: Delivery) -> None:
        """Let the worker renew the timeout from now on, if the message still belongs to this delivery."""
        if self.are_on and delivery.message.delivery is delivery:
            delivery.timeout_at = None
            delivery.is_timeout_scheduled = False

    def stop_renewing(self, delivery: Delivery, now: int) -> None:
        """Stop the renewal of a visibility timeout: one full length is left from now on.

        Args:
            delivery: the delivery.
            now: the time, in microseconds.
        """
        if self.are_on and delivery.timeout is not None and delivery.timeout_at is None:
            delivery.timeout_at = now + delivery.timeout
        self.schedule(delivery)

    def _expire(self, event: HoldEnds) -> None:
        if event.delivery.timeout_at == self._env.now_us:  # else it was extended meanwhile
            self._on_expiry(event.delivery)

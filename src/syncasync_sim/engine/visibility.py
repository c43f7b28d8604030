"""Visibility timeouts: how long a worker has for a message before the queue gives it to another."""

from __future__ import annotations

from collections.abc import Callable

from syncasync_sim.engine.clock import VISIBLE_AGAIN, Calls, Clock
from syncasync_sim.engine.line import Delivery, Return
from syncasync_sim.model.attempts import Lengths
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.scenario import Scenario


class VisibilityTimeouts:
    """One for each delivery, from the moment a worker takes the message; a living worker may extend it.

    The clock is asked to call only where a timeout can matter; most work is over long before.
    """

    def __init__(
        self, scenario: Scenario, draws: Draws, clock: Clock, is_over: Callable[[Delivery], None]
    ) -> None:
        timeout = scenario.queue.visibility_timeout
        self._lengths = timeout and [
            Lengths(timeout, draws, "visibility timeout", step.name) for step in scenario.steps
        ]
        self._clock, self._is_over = clock, is_over
        self._calls: Calls = [self._ring]

    def begin(self, delivery: Delivery, now: int) -> None:
        """A worker has taken the message."""
        if self._lengths:
            message = delivery.message
            length = self._lengths[message.step](message.customer, message.click, message.deliveries)
            delivery.timeout, delivery.timeout_at = length, now + length

    def watch(self, delivery: Delivery) -> None:
        """Let the clock call when it is over."""
        if delivery.timeout_at is not None and not delivery.watched:
            delivery.watched = True
            order = VISIBLE_AGAIN + delivery.message.index
            self._clock.at(delivery.timeout_at, order, Return(delivery), self._calls)

    def renew(self, delivery: Delivery) -> None:
        """From now on the worker keeps extending it, if the message is still its own."""
        if delivery.message.delivery is delivery:
            delivery.timeout_at, delivery.watched = None, False

    def stop_renewing(self, delivery: Delivery, now: int) -> None:
        """The last extension was now: one full visibility timeout is left."""
        if delivery.timeout is not None and delivery.timeout_at is None:
            delivery.timeout_at = now + delivery.timeout
        self.watch(delivery)

    def _ring(self, event: Return) -> None:
        if event.delivery.timeout_at == self._clock.now_us:  # else it was extended meanwhile
            self._is_over(event.delivery)

"""The web server of a run in which only the workers need events: what its threads do is known ahead."""

from __future__ import annotations

from collections.abc import Iterable

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import PUBLISH_ENDS, Event
from syncasync_sim.engine.message_queue import MessageQueue


class ServedAhead(Event):
    """All requests have gone through the threads, and are written down; their messages come in time.

    As an event it is the end of the next publishing.
    """

    __slots__ = ("_env", "_messages", "_queue", "_request", "_step", "arrived", "is_open")

    def __init__(
        self,
        context: RunContext,
        queue: MessageQueue,
        messages: Iterable[tuple[int, int, int]],
        *,
        arrived: int,
        is_open: bool,
    ) -> None:
        """The messages, and how many have arrived.

        Args:
            context: what the parts of the run share.
            queue: where the messages go.
            messages: when each is published, in microseconds, its request and its step, in order.
            arrived: the number of requests; each is the first click of the customer with its number.
            is_open: whether one of them is not over at the end of the run.
        """
        self._env, self._queue, self._messages = context.env, queue, iter(messages)
        self.arrived, self.is_open = arrived, is_open
        self._request = self._step = 0

    def open(self) -> None:
        """Let the first message come."""
        self._schedule_next()

    def write_attempts(self) -> None:
        """Do nothing: they are written down."""

    def _schedule_next(self) -> None:
        message = next(self._messages, None)
        if message is not None:
            at, self._request, self._step = message
            self._env.schedule_at(at, PUBLISH_ENDS + self._request, self, self._publish)

    def _publish(self, _: Event) -> None:
        request = self._request
        self._queue.publish(request, request, 0, self._step, self._env.now_us)
        self._schedule_next()
        self._env.request_dispatch()

"""The outbox: a table in the database for messages, and the relay that publishes them."""

from __future__ import annotations

from collections import deque

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import RELAY_LOOKS, RELAY_PUBLISH_ENDS, Event
from syncasync_sim.engine.message_queue import MessageQueue
from syncasync_sim.engine.web_server import WebServer
from syncasync_sim.model.attempts import DurationSampler
from syncasync_sim.model.quantities import to_us
from syncasync_sim.trace.columns import NEVER


class OutboxRow(Event):
    """A message in the outbox; as an event, the end of its publishing by the relay."""

    __slots__ = ("click", "customer", "request", "step", "tries")

    def __init__(self, request: int, customer: int, click: int, step: int) -> None:
        self.request = request
        self.customer = customer
        self.click = click
        self.step = step
        self.tries = 0


class Outbox:
    """Takes the messages of the web server in the broker's place, and publishes them at its looks.

    A look is only scheduled where it can find something, at a multiple of `outbox_every`.
    """

    def __init__(self, context: RunContext, queue: MessageQueue) -> None:
        scenario = context.scenario
        self._env = context.env
        self._recorder = context.recorder
        self._queue = queue
        self._every = to_us(scenario.queue.outbox_every)
        self._over_at = float("inf") if scenario.stop_at_s is None else to_us(scenario.stop_at_s) + 1
        self._publish_us = [
            DurationSampler(scenario.queue.publish, context.draws, "publish", step.name)
            for step in scenario.steps
        ]
        # Where one at the same instant is refused, all others are: nobody has to try them one by one.
        self._is_instant = all(lengths.constant == 0 for lengths in self._publish_us)
        self._are_alike = scenario.queue.partitions is None
        # In order of writing: what this look tried in vain, what it publishes now, and the others.
        self._refused: list[OutboxRow] = []
        self._in_publishing: OutboxRow | None = None
        self._rows: deque[OutboxRow] = deque()
        self._to_publish = 0  # so many of the others
        self._passed = NEVER  # the looks up to this time are over
        self._is_active = False  # a look is scheduled or going on
        self._is_alone = False  # when it looked, nothing else was left to happen
        self._is_in_vain = False  # nothing of what it found has been published so far

    @property
    def length(self) -> int:
        """The messages that the broker does not have yet."""
        return len(self._in_order())

    def _in_order(self) -> list[OutboxRow]:
        now = [] if self._in_publishing is None else [self._in_publishing]
        return [*self._refused, *now, *self._rows]

    def is_down(self, at: int) -> bool:
        """Whether a request cannot write its message at a time: never.

        Args:
            at: the time, in microseconds.
        """
        del at
        return False

    def publish(self, request: int, customer: int, click: int, step: int, now: int) -> bool:
        """Write a message into the outbox; this always returns True.

        Args:
            request: the row of the request.
            customer: the number of the customer.
            click: the number of the click, from 0.
            step: the index of the step.
            now: the time, in microseconds.
        """
        self._rows.append(OutboxRow(request, customer, click, step))
        if not self._is_active:
            self._schedule_look(now)
        return True

    def forget(self, request: int, step: int, now: int) -> bool:
        """Whether a request goes on without a refused message; none is refused here.

        Args:
            request: the row of the request.
            step: the index of the step.
            now: the time, in microseconds.
        """
        del request, step, now
        return False

    def follow(self, server: WebServer) -> None:
        """Note from now on when a look at the same instant would be over.

        It is over when a customer arrives, or when what is free takes what waits.

        Args:
            server: the web server, at which the customers arrive.
        """
        server.before_arrivals(self._pass_look)
        dispatch = self._env.dispatch

        def dispatch_after_look() -> None:
            self._pass_look()
            dispatch()

        self._env.dispatch = dispatch_after_look

    def _pass_look(self) -> None:
        self._passed = self._env.now_us

    def record_rest(self) -> None:
        """Record what still stands in the outbox at the end of the run."""
        for row in self._in_order():
            self._recorder.unpublished(row.request, row.step)

    def _schedule_look(self, at: int) -> None:
        """Schedule the first look that is not over, at *at* or later."""
        self._is_active = True
        look_at = -(-at // self._every) * self._every
        if look_at <= self._passed:
            look_at += self._every
        self._env.schedule_at(look_at, RELAY_LOOKS, Event(), self._look)

    def _look(self, _: Event) -> None:
        self._pass_look()
        self._is_alone = self._env.peek() >= self._over_at
        self._is_in_vain = True
        self._to_publish = len(self._rows)
        self._go_on()

    def _end_publish(self, row: OutboxRow) -> None:
        self._in_publishing = None
        self._go_on(is_accepted=self._settle(row))

    def _settle(self, row: OutboxRow) -> bool:
        """Whether the broker has it now; it refuses it if the queue is full."""
        is_accepted = self._queue.publish(row.request, row.customer, row.click, row.step, self._env.now_us)
        if is_accepted:
            self._is_in_vain = False
        else:
            self._refuse(row, and_others=self._are_alike)
        return is_accepted

    def _refuse(self, row: OutboxRow, *, and_others: bool) -> None:
        """It stays in the outbox; *and_others*: so does all else that is published at this instant."""
        self._refused.append(row)
        if and_others and self._is_instant:
            self._to_publish = 0

    def _go_on(self, *, is_accepted: bool = False) -> None:
        """Publish the rest of what the look has found, up to the next publishing that takes time.

        One that begins while the broker is down is refused, whatever happens meanwhile: it needs no event.
        """
        now = at = self._env.now_us
        while self._to_publish:
            self._to_publish -= 1
            row = self._rows.popleft()
            row.tries += 1
            is_refused = self._queue.is_down(at)
            at += self._publish_us[row.step](row.customer, row.click, row.tries)
            if is_refused:
                self._refuse(row, and_others=True)
                continue
            if at > now:
                self._in_publishing = row
                self._env.schedule_at(at, RELAY_PUBLISH_ENDS, row, self._end_publish)
                break
            is_accepted |= self._settle(row)
        else:
            self._is_active = False
            self._rows.extendleft(reversed(self._refused))
            self._refused.clear()
            if self._rows and not (self._is_alone and self._is_in_vain):  # else it would be refused for ever
                self._schedule_look(at)
        if is_accepted:
            self._env.request_dispatch()

"""The message queue: what is visible, in flight and gone; capacity, redelivery, dead letters, late acks."""

from __future__ import annotations

from collections.abc import Callable

from syncasync_sim.engine.attempts import Attempts, Lengths, is_in, to_windows
from syncasync_sim.engine.clock import (
    FAULT_BEGINS,
    FAULT_ENDS,
    VISIBLE_AGAIN,
    WORKERS_AFTER_THREADS,
    Calls,
    Clock,
    Happening,
)
from syncasync_sim.engine.line import DELAYED, GONE, IN_FLIGHT, VISIBLE, Delivery, Line, Message, Return
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.records import Fate, Result
from syncasync_sim.model.scenario import Scenario

_BROKER_AFTER_WORKERS = WORKERS_AFTER_THREADS
_ACKNOWLEDGED, _DEAD_LETTERED, _LOST = int(Fate.ACKNOWLEDGED), int(Fate.DEAD_LETTERED), int(Fate.LOST)
_ACKED, _IGNORED = int(Result.ACKNOWLEDGED), int(Result.IGNORED)


class Queue:
    """Holds messages between the server that publishes and the workers that take."""

    def __init__(
        self, scenario: Scenario, draws: Draws, clock: Clock, recorder: Recorder, attempts: list[Attempts]
    ) -> None:
        queue = scenario.queue
        self._queue, self._clock, self._recorder, self._attempts = queue, clock, recorder, attempts
        self._at_least_once = queue.ack == "after"
        names = [step.name for step in scenario.steps]
        timeout, detection = queue.visibility_timeout, queue.crash_detection
        self._timeout = timeout and [Lengths(timeout, draws, "visibility timeout", n) for n in names]
        self._detection = detection and [Lengths(detection, draws, "crash detection", n) for n in names]
        limits = [step.retry.attempts for step in scenario.steps]
        self._most_deliveries = [
            min((limit for limit in (own, queue.max_deliveries) if limit is not None), default=None)
            for own in limits
        ]
        self._outages = to_windows(queue.outages)
        self._line = Line(queue.redelivery)
        self._delayed: dict[int, Message] = {}
        self.in_flight = 0
        self.idle_workers: Callable[[], int] = lambda: 0
        self._returns: Calls = [self._come_back]
        self._delays: Calls = [self._delay_over]
        for begin, end in self._outages:
            if begin == end:
                continue
            if not queue.durable:
                clock.at(begin, FAULT_BEGINS + _BROKER_AFTER_WORKERS, Happening(), [self._lose_all])
            if end != float("inf"):
                clock.at(int(end), FAULT_ENDS + _BROKER_AFTER_WORKERS, Happening(), [self._is_back])

    @property
    def depth(self) -> int:
        """Messages that wait: the visible ones and those waiting for a retry delay."""
        return self._line.length + len(self._delayed)

    def is_down(self, at: int) -> bool:
        """Whether the broker is in an outage."""
        return bool(self._outages) and is_in(self._outages, at)

    # -- publishing -------------------------------------------------------------------------------

    def offer(self, request: int, customer: int, click: int, step: int, now: int) -> bool:
        """A message at the end of its publishing; False if the queue refuses it."""
        is_full = self._queue.capacity is not None and self._would_exceed(self._queue.capacity)
        if is_full and self._queue.when_full == "refuse":
            return False
        oldest = self._oldest() if is_full else None
        message = Message(self._recorder.message(request, step, now), request, customer, click, step)
        self._line.add(message, returning=False)
        if is_full:
            self._end(oldest or message, now, _LOST)
        return True

    def _about_to_be_taken(self) -> int:
        """How many visible messages the idle workers take as soon as all else at this instant is done."""
        return 0 if self.is_down(self._clock.now_us) else self.idle_workers()

    def _would_exceed(self, capacity: int) -> bool:
        """Whether one more would have to wait beyond the greatest depth."""
        idle = self._about_to_be_taken()
        return self._line.length >= idle and self.depth - idle >= capacity

    def _oldest(self) -> Message | None:
        """The front of what goes on waiting: the visible ones, else those waiting for a retry."""
        idle = self._about_to_be_taken()
        if self._line.length > idle:
            return self._line.behind(idle)
        return self._delayed[min(self._delayed)] if self._delayed else None

    # -- taking -----------------------------------------------------------------------------------

    def has_work(self) -> bool:
        """Whether a worker would get a message now."""
        return self._line.length > 0 and not (self._outages and self.is_down(self._clock.now_us))

    def hand_over(self, worker: int, now: int) -> Delivery:
        """The message at the front goes to *worker*; its visibility timeout begins."""
        message = self._line.pop()
        message.state = IN_FLIGHT
        message.deliveries += 1
        self.in_flight += 1
        index = self._recorder.delivery(message.index, message.deliveries, worker, now)
        message.delivery = delivery = Delivery(index, message, worker)
        if self._timeout and self._at_least_once:
            length = self._timeout[message.step](message.customer, message.click, message.deliveries)
            delivery.timeout_at = now + length
        return delivery

    def watch_timeout(self, delivery: Delivery) -> None:
        """Let the clock call when the visibility timeout of *delivery* is over."""
        if delivery.timeout_at is not None:
            order = VISIBLE_AGAIN + delivery.message.index
            self._clock.at(delivery.timeout_at, order, Return(delivery), self._returns)

    # -- how a delivery ends ----------------------------------------------------------------------

    def acknowledge(self, delivery: Delivery, now: int) -> int:
        """The worker is done with it. Whether a late acknowledgement counts is the broker's way."""
        message = delivery.message
        in_time = message.delivery is delivery
        if not in_time and (message.state == GONE or not self._takes_late_ack(message)):
            return _IGNORED
        self._end(message, now, _ACKNOWLEDGED)
        return _ACKED

    def _takes_late_ack(self, message: Message) -> bool:
        late_ack = self._queue.late_ack
        return late_ack == "accepted" or (late_ack == "until_retaken" and message.state != IN_FLIGHT)

    def fail(self, delivery: Delivery, now: int) -> None:
        """The work failed: retry later, dead-letter, or (at-most-once) lose the message.

        A worker that only fails after its visibility timeout has no say any more.
        """
        message = delivery.message
        if message.delivery is not delivery:
            return
        if not self._at_least_once:
            self._end(message, now, _LOST)
        elif self._queue.failure == "timeout":
            self.watch_timeout(delivery)
        elif self._is_last(message):
            self._dead_letter(message, now)
        else:
            attempts = self._attempts[message.step]
            delay = attempts.retry_delay(message.customer, message.click, message.deliveries)
            self._leave_flight(message)
            message.state = DELAYED
            self._delayed[message.index] = message
            self._recorder.returned(delivery.index, now, now + delay)
            self._clock.at(now + delay, VISIBLE_AGAIN + message.index, message, self._delays)

    def crashed(self, delivery: Delivery, now: int) -> None:
        """The worker died with it: back when the queue notices, or when the visibility timeout is over."""
        message = delivery.message
        if message.delivery is not delivery:
            return
        if not self._at_least_once:
            self._end(message, now, _LOST)
            return
        self.watch_timeout(delivery)
        if self._detection:
            after = self._detection[message.step](message.customer, message.click, message.deliveries)
            self._clock.at(now + after, VISIBLE_AGAIN + message.index, Return(delivery), self._returns)

    def _come_back(self, event: Return) -> None:
        """Visible again, unless something else has settled the delivery before."""
        delivery, message, now = event.delivery, event.delivery.message, self._clock.now_us
        if message.delivery is not delivery:
            return
        if self._is_last(message):
            self._dead_letter(message, now)
            return
        self._leave_flight(message)
        self._recorder.returned(delivery.index, now, now)
        self._become_visible(message)

    def _delay_over(self, message: Message) -> None:
        if message.state == DELAYED:
            del self._delayed[message.index]
            self._become_visible(message)

    def _become_visible(self, message: Message) -> None:
        message.state = VISIBLE
        self._line.add(message, returning=True)
        self._clock.take_soon()

    def _is_last(self, message: Message) -> bool:
        most = self._most_deliveries[message.step]
        return most is not None and message.deliveries >= most

    def _dead_letter(self, message: Message, now: int) -> None:
        self._end(message, now, _DEAD_LETTERED if self._queue.dead_letter else _LOST)

    def _leave_flight(self, message: Message) -> None:
        message.delivery = None
        self.in_flight -= 1

    def _end(self, message: Message, now: int, fate: int) -> None:
        """The message is gone, from wherever it is."""
        if message.state == IN_FLIGHT:
            self._leave_flight(message)
        elif message.state == DELAYED:
            self._delayed.pop(message.index, None)
        elif message.state == VISIBLE:
            self._line.forget()
        message.state = GONE
        self._recorder.gone(message.index, now, fate)

    # -- the broker's own outages -----------------------------------------------------------------

    def _lose_all(self, happening: Happening) -> None:
        """What waits is lost when a queue that is not durable goes down."""
        del happening
        now = self._clock.now_us
        while self._line.length:
            self._end(self._line.behind(0), now, _LOST)
        for message in list(self._delayed.values()):
            self._end(message, now, _LOST)

    def _is_back(self, happening: Happening) -> None:
        del happening
        self._clock.take_soon()

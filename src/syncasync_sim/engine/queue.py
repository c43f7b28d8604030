"""The message queue: what is visible, in flight and gone; capacity, redelivery, dead letters, late acks."""

from __future__ import annotations

from collections.abc import Callable

from syncasync_sim.engine.clock import (
    FAULT_BEGINS,
    FAULT_ENDS,
    VISIBLE_AGAIN,
    WORKERS_AFTER_THREADS,
    Calls,
    Clock,
    Happening,
)
from syncasync_sim.engine.line import DELAYED, GONE, IN_FLIGHT, VISIBLE, Delivery, Message, Return, Takers
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.engine.visibility import VisibilityTimeouts
from syncasync_sim.engine.waiting import Nobody, Waiting
from syncasync_sim.model.attempts import Attempts, is_in, to_windows
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import NEVER, Fate, Result

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
        self._most_tries = [step.retry.attempts for step in scenario.steps]
        self._outages = to_windows(queue.outages)
        self._waiting = Waiting(queue)
        self.line, self._delayed = self._waiting.line, self._waiting.delayed
        self._is_partitioned = queue.partitions is not None
        self.timeouts = VisibilityTimeouts(scenario, draws, clock, self._timed_out)
        self._has_timeouts = queue.visibility_timeout is not None and self._at_least_once
        self.in_flight = 0
        self.takers: Takers = Nobody()
        self.is_paused: Callable[[], bool] = lambda: False
        self._may_pause = bool(queue.outages) or self._is_partitioned
        self._returns: Calls = [self._noticed]
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
        return self._waiting.depth

    def is_down(self, at: int) -> bool:
        """Whether the broker is in an outage."""
        return bool(self._outages) and is_in(self._outages, at)

    # -- publishing -------------------------------------------------------------------------------

    def offer(self, request: int, customer: int, click: int, step: int, now: int) -> bool:
        """A message at the end of its publishing; False if the queue refuses it."""
        takers = self.takers if self._delivers() else Nobody()
        is_full = self._waiting.is_full(customer, takers)
        if is_full and self._queue.when_full == "refuse":
            return False
        oldest = self._waiting.oldest(takers) if is_full else None
        message = Message(self._recorder.message(request, step, now), request, customer, click, step)
        self.line.add(message, returning=False)
        if is_full:
            self._end(oldest or message, now, _LOST)
        return True

    # -- taking -----------------------------------------------------------------------------------

    def has_work(self) -> bool:
        """Whether a message waits and may be delivered now."""
        return self.line.length > 0 and (not self._may_pause or self._delivers())

    def _delivers(self) -> bool:
        return not self.is_down(self._clock.now_us) and not self.is_paused()

    def hand_over(self, worker: int, now: int, *, to_hand: bool) -> Delivery | None:
        """The first message that *worker* may have goes to it, *to_hand* or to those it holds, if any."""
        message = self.line.take(worker)
        if message is None:
            return None
        message.state = IN_FLIGHT
        self.in_flight += 1
        return self._deliver(message, worker, now, now if to_hand else NEVER)

    def _deliver(self, message: Message, worker: int, now: int, in_hand: int) -> Delivery:
        """One more delivery of a message in flight; its visibility timeout begins."""
        message.deliveries += 1
        index = self._recorder.delivery(message.index, message.deliveries, worker, now, in_hand)
        message.delivery = delivery = Delivery(index, message, worker)
        if self._has_timeouts:
            self.timeouts.begin(delivery, now)
        return delivery

    def deliver_again(self, delivery: Delivery, now: int) -> Delivery:
        """The worker that kept a failed message tries it once more: the next delivery, without a taking."""
        self._recorder.returned(delivery.index, now, now)
        return self._deliver(delivery.message, delivery.worker, now, now)

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

    def fail(self, delivery: Delivery, now: int) -> int | None:
        """The work failed: retry later, dead-letter, or (at-most-once) lose the message.

        Where the worker keeps it (`failure: in_place`): how long until it tries again. A worker that only
        fails after its visibility timeout has no say any more.
        """
        message = delivery.message
        if message.delivery is not delivery:
            return None
        if not self._at_least_once:
            self._end(message, now, _LOST)
        elif self._queue.failure == "timeout":
            self.timeouts.stop_renewing(delivery, now)
        elif self._is_last(message):
            self._dead_letter(message, now)
        else:
            attempts = self._attempts[message.step]
            delay = attempts.retry_delay(message.customer, message.click, message.deliveries)
            if self._queue.failure == "in_place":
                self.timeouts.renew(delivery)
                return delay
            self._wait_for_retry(delivery, now, delay)
        return None

    def _wait_for_retry(self, delivery: Delivery, now: int, delay: int) -> None:
        message = delivery.message
        self._leave_flight(message)
        message.state = DELAYED
        self._delayed[message.index] = message
        self._recorder.returned(delivery.index, now, now + delay)
        self._clock.at(now + delay, VISIBLE_AGAIN + message.index, message, self._delays)

    def crashed(self, delivery: Delivery, now: int, noticed_after: int | None) -> None:
        """The worker died with it: back when the queue notices (in so many microseconds, or never), or when
        the visibility timeout is over."""
        message = delivery.message
        if message.delivery is not delivery:
            return
        if not self._at_least_once:
            self._end(message, now, _LOST)
            return
        self.timeouts.stop_renewing(delivery, now)
        if noticed_after is not None:
            at = now + noticed_after
            self._clock.at(at, VISIBLE_AGAIN + message.index, Return(delivery), self._returns)

    def _noticed(self, event: Return) -> None:
        self._come_back(event.delivery)

    def _timed_out(self, delivery: Delivery) -> None:
        """Its visibility timeout is over; some brokers do not count such a delivery towards their limit."""
        if delivery.message.delivery is delivery:
            delivery.message.uncounted += self._queue.limit_counts == "failures"
            self._come_back(delivery)

    def _come_back(self, delivery: Delivery) -> None:
        """Visible again, unless something else has settled the delivery before."""
        message, now = delivery.message, self._clock.now_us
        if message.delivery is not delivery:
            return
        if self._is_last(message):
            self._dead_letter(message, now)
            self._clock.take_soon()  # its partition may be free for the next
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
        self.line.add(message, returning=True)
        self._clock.take_soon()

    def _is_last(self, message: Message) -> bool:
        tries, most = self._most_tries[message.step], self._queue.max_deliveries
        if tries is not None and message.deliveries >= tries:
            return True
        return most is not None and message.deliveries - message.uncounted >= most

    def _dead_letter(self, message: Message, now: int) -> None:
        self._end(message, now, _DEAD_LETTERED if self._queue.dead_letter else _LOST)

    def _leave_flight(self, message: Message) -> None:
        message.delivery = None
        self.in_flight -= 1

    def _end(self, message: Message, now: int, fate: int) -> None:
        """The message is gone, from wherever it is."""
        before, message.state = message.state, GONE
        if before == VISIBLE:
            self.line.forget(message)
        else:
            if before == IN_FLIGHT:
                self._leave_flight(message)
            else:
                self._delayed.pop(message.index, None)
            if self._is_partitioned:
                self.line.freed(message)
        self._recorder.gone(message.index, now, fate)

    # -- the broker's own outages -----------------------------------------------------------------

    def _lose_all(self, happening: Happening) -> None:
        """What waits is lost when a queue that is not durable goes down."""
        del happening
        now = self._clock.now_us
        for message in self._waiting.all():
            self._end(message, now, _LOST)

    def _is_back(self, happening: Happening) -> None:
        del happening
        self._clock.take_soon()

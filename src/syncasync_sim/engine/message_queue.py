"""The message queue: what is visible, in flight and gone; capacity, redelivery, dead letters, late acks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import (
    AFTER_LOWER_NUMBERS,
    FAULT_BEGINS,
    FAULT_ENDS,
    MESSAGE_RETURNS,
    ProcessSteps,
)
from syncasync_sim.engine.messages import DELAYED, GONE, IN_FLIGHT, VISIBLE, Delivery, HoldEnds, Message
from syncasync_sim.engine.partitions import ASSIGNMENTS, MessageGroups, PartitionAssignment
from syncasync_sim.engine.ready_queue import ConsumerCapacity, FewerConsumers, NoConsumers, ReadyQueue
from syncasync_sim.engine.visibility_timeouts import VisibilityTimeouts
from syncasync_sim.model.queue_parts import Queue
from syncasync_sim.model.windows import Windows, to_windows
from syncasync_sim.trace.records import DeliveryOutcome, MessageStatus

_ACKNOWLEDGED = int(MessageStatus.ACKNOWLEDGED)
_DEAD_LETTERED = int(MessageStatus.DEAD_LETTERED)
_LOST = int(MessageStatus.LOST)
_ACKED = int(DeliveryOutcome.ACKNOWLEDGED)
_IGNORED = int(DeliveryOutcome.IGNORED)
NO_LIMIT = 1 << 60
"""More messages than any run has."""


class Backlog:
    """The visible messages and those that wait for a retry delay; together they are the depth."""

    def __init__(self, queue: Queue) -> None:
        self.ready: ReadyQueue | MessageGroups | PartitionAssignment
        if queue.partitions is None:
            self.ready = ReadyQueue(queue.redelivery)
        else:
            self.ready = ASSIGNMENTS[queue.assignment](queue)
        self.delayed: dict[int, Delivery] = {}
        """Per message that waits for a retry delay, by its row: the delivery that failed."""
        self._capacity = queue.capacity
        self._drops = queue.capacity is not None and queue.when_full == "drop_oldest"
        self._by_row: list[int] = []  # a heap of the delayed; those that are back are skipped

    @property
    def depth(self) -> int:
        return self.ready.length + len(self.delayed)

    def is_full(self, customer: int, consumers: ConsumerCapacity) -> bool:
        """Whether one more message would wait beyond the capacity of the queue.

        A message that a free worker takes at this instant does not wait.

        Args:
            customer: the customer of the new message, which selects its partition.
            consumers: the free slots of the workers.
        """
        if self._capacity is None:
            return False
        left, is_new_one_left = self.ready.left_after_dispatch(consumers, customer)
        return is_new_one_left and left + len(self.delayed) >= self._capacity

    def oldest(self, consumers: ConsumerCapacity) -> Message | None:
        """The first message that goes on waiting: a visible one, or else one that waits for a retry."""
        oldest = self.ready.oldest_after_dispatch(consumers)
        if oldest is None and self.delayed:
            while self._by_row[0] not in self.delayed:
                heappop(self._by_row)
            oldest = self.delayed[self._by_row[0]].message
        return oldest

    def delay(self, delivery: Delivery) -> None:
        """Let the message of a failed delivery wait for its retry delay."""
        row = delivery.message.index
        self.delayed[row] = delivery
        if self._drops:
            heappush(self._by_row, row)

    def messages(self) -> list[Message]:
        """Return the messages that wait: those that are visible, then those that are delayed."""
        return [*self.ready.messages(), *(delivery.message for delivery in self.delayed.values())]


class MessageQueue:
    """Holds messages between the server that publishes and the workers that take."""

    def __init__(self, context: RunContext) -> None:
        queue = context.scenario.queue
        self._queue = queue
        self._env = context.env
        self._recorder = context.recorder
        self._attempts = context.attempts
        self._at_least_once = queue.ack == "after"
        self._most_tries = [step.retry.attempts for step in context.scenario.steps]
        self._outages = Windows(queue.outages)
        self._backlog = Backlog(queue)
        self.ready = self._backlog.ready
        self._delayed = self._backlog.delayed
        self._has_capacity = queue.capacity is not None
        self._is_partitioned = queue.partitions is not None
        self.timeouts = VisibilityTimeouts(context, on_expiry=self._time_out)
        self.in_flight = 0
        # What is acknowledged before the work is off the queue when it is taken, and is not in flight there.
        most = queue.max_in_flight if self._at_least_once else None
        self.is_limited_in_flight = most is not None
        self._most_in_flight = NO_LIMIT if most is None else most
        self.consumers: ConsumerCapacity = NoConsumers()
        self.evicts: Callable[[Delivery], bool] = lambda _: False
        """Whether the worker of a delivery that has timed out was evicted, and all that it held is back."""
        self.is_paused: Callable[[], bool] = lambda: False
        self._may_pause = bool(queue.outages) or self._is_partitioned
        for begin, end in to_windows(queue.outages):
            if begin != end:
                self._env.start(self._outage(begin, end))

    @property
    def depth(self) -> int:
        """Messages that wait: the visible ones and those waiting for a retry delay."""
        return self._backlog.depth

    def is_down(self, at: int) -> bool:
        """Whether the broker is in an outage."""
        return at in self._outages

    def _outage(self, begin: int, end: float) -> ProcessSteps:
        """One outage of the broker: what waits is lost if the queue is not durable; then all goes on."""
        yield self._env.until(begin, FAULT_BEGINS)
        if not self._queue.durable:
            for message in self._backlog.messages():
                self._end(message, begin, _LOST)
        if end != float("inf"):
            yield self._env.until(int(end), FAULT_ENDS + AFTER_LOWER_NUMBERS)
            self._env.request_dispatch()

    # -- publishing -------------------------------------------------------------------------------

    def publish(self, request: int, customer: int, click: int, step: int, now: int) -> bool:
        """Accept a message at the end of its publishing; False if the queue refuses it.

        Args:
            request: the row of the request.
            customer: the number of the customer.
            click: the number of the click, from 0.
            step: the index of the step.
            now: the time, in microseconds.
        """
        is_full = self._has_capacity and self._backlog.is_full(customer, self._takers())
        if is_full and self._queue.when_full == "refuse":
            return False
        oldest = self._backlog.oldest(self._takers()) if is_full else None
        message = Message(self._recorder.message(request, step, now), request, customer, click, step)
        self.ready.add(message, returning=False)
        if is_full:
            self._end(oldest or message, now, _LOST)
        return True

    def _takers(self) -> ConsumerCapacity:
        """The workers, as far as they would take messages now."""
        consumers = self.consumers if self._delivers() else NoConsumers()
        room = self._most_in_flight - self.in_flight
        if room < consumers.free_slots:
            consumers = FewerConsumers(consumers, room)
        return consumers

    def forget(self, request: int, step: int, now: int) -> bool:
        """Lose a message that was refused, if its publisher ignores that; False if it does not.

        Args:
            request: the row of the request.
            step: the index of the step.
            now: the time, in microseconds.
        """
        is_ignored = self._queue.publish_failure == "ignore"
        if is_ignored:
            self._recorder.unpublished(request, step, lost_at=now)
        return is_ignored

    # -- taking -----------------------------------------------------------------------------------

    def may_deliver(self) -> bool:
        """Whether a visible message may be delivered now."""
        return self.in_flight < self._most_in_flight and (not self._may_pause or self._delivers())

    def _delivers(self) -> bool:
        return not self.is_down(self._env.now_us) and not self.is_paused()

    def deliver(self, message: Message, worker: int, now: int, in_hand: int) -> Delivery:
        """Deliver a message that is out of the ready queue; its visibility timeout begins.

        Args:
            message: the message.
            worker: the number of the worker.
            now: the time, in microseconds.
            in_hand: the same, if the worker begins it at once; NEVER if it is prefetched.
        """
        message.state = IN_FLIGHT
        self.in_flight += 1
        message.deliveries += 1
        index = self._recorder.delivery(message.index, message.deliveries, worker, now, in_hand)
        message.delivery = delivery = Delivery(index, message, worker, now)
        if self.timeouts.are_on:
            self.timeouts.begin(delivery, now)
        return delivery

    def deliver_again(self, delivery: Delivery, now: int) -> Delivery:
        """Deliver a failed message again to the worker that kept it.

        Args:
            delivery: the delivery that failed.
            now: the time, in microseconds.
        """
        self._leave_flight(delivery.message)
        self._recorder.returned(delivery.index, now)
        self._recorder.visible(delivery.index, now)
        return self.deliver(delivery.message, delivery.worker, now, now)

    # -- how a delivery ends ----------------------------------------------------------------------

    def acknowledge(self, delivery: Delivery, now: int) -> int:
        """Acknowledge a message after its work.

        Whether a late acknowledgement counts depends on the broker.

        Args:
            delivery: the delivery of the message.
            now: the time, in microseconds.

        Returns:
            The code of the delivery's result: acknowledged or ignored.
        """
        message = delivery.message
        in_time = message.delivery is delivery
        if not in_time and (message.state == GONE or not self._accepts_late_ack(message)):
            return _IGNORED
        self._end(message, now, _ACKNOWLEDGED)
        return _ACKED

    def _accepts_late_ack(self, message: Message) -> bool:
        late_ack = self._queue.late_ack
        return late_ack == "accepted" or (late_ack == "until_retaken" and message.state != IN_FLIGHT)

    def fail(self, delivery: Delivery, now: int) -> int | None:
        """Handle failed work: retry later, dead-letter, or (at-most-once) lose the message.

        Nothing changes if the worker fails after its visibility timeout has ended.

        Args:
            delivery: the delivery that failed.
            now: the time, in microseconds.

        Returns:
            Microseconds until the worker itself tries again (`failure: in_place`); None if it does not keep
            the message.
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
            self._delay(delivery, now, delay)
        return None

    def _delay(self, delivery: Delivery, now: int, delay: int) -> None:
        message = delivery.message
        self._leave_flight(message)
        message.state = DELAYED
        self._backlog.delay(delivery)
        self._recorder.returned(delivery.index, now)
        self._env.schedule_at(now + delay, MESSAGE_RETURNS + message.index, message, self._return_after_delay)

    def worker_died(self, delivery: Delivery, now: int, noticed_after: int | None) -> None:
        """Handle a message whose worker died.

        The message returns when the queue notices the death, or when its visibility timeout ends.

        Args:
            delivery: the delivery to the worker that died.
            now: the time, in microseconds.
            noticed_after: the microseconds until the queue notices the death; None if it never does.
        """
        message = delivery.message
        if message.delivery is not delivery:
            return
        if not self._at_least_once:
            self._end(message, now, _LOST)
            return
        self.timeouts.stop_renewing(delivery, now)
        if noticed_after is not None:
            priority = MESSAGE_RETURNS + message.index
            self._env.schedule_at(
                now + noticed_after, priority, HoldEnds(delivery), self._return_after_failure
            )

    def _return_after_failure(self, event: HoldEnds) -> None:
        self._return(event.delivery)

    def _time_out(self, delivery: Delivery) -> None:
        """Its visibility timeout is over; some brokers do not count such a delivery towards their limit."""
        if delivery.message.delivery is delivery and not self.evicts(delivery):
            delivery.message.uncounted += self._queue.limit_counts == "failures"
            self._return(delivery)

    def give_back(self, deliveries: Iterable[Delivery]) -> None:
        """Take back messages whose worker will not work on them, to be delivered at the next dispatch.

        Each is visible at once, or dead-lettered if this was its last delivery. At-most-once loses it.

        Args:
            deliveries: the deliveries to the worker.
        """
        for delivery in deliveries:
            if self._at_least_once:
                self._take_back(delivery)
            elif delivery.message.delivery is delivery:
                self._end(delivery.message, self._env.now_us, _LOST)

    def _return(self, delivery: Delivery) -> None:
        if self._take_back(delivery):
            self._env.request_dispatch()

    def _take_back(self, delivery: Delivery) -> bool:
        """Visible again, or given up; False if something else has settled the delivery before."""
        message, now = delivery.message, self._env.now_us
        if message.delivery is not delivery:
            return False
        if self._is_last(message):
            self._dead_letter(message, now)
        else:
            self._leave_flight(message)
            self._recorder.returned(delivery.index, now)
            self._become_visible(delivery)
        return True

    def _return_after_delay(self, message: Message) -> None:
        if message.state == DELAYED:  # else it was lost or acknowledged meanwhile
            self._become_visible(self._delayed.pop(message.index))
            self._env.request_dispatch()

    def _become_visible(self, delivery: Delivery) -> None:
        message = delivery.message
        message.state = VISIBLE
        self._recorder.visible(delivery.index, self._env.now_us)
        self.ready.add(message, returning=True)

    def _is_last(self, message: Message) -> bool:
        """Whether its step's attempts or the broker's limit of deliveries are used up."""
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
            self.ready.discard(message)
        else:
            if before == IN_FLIGHT:
                message.delivery = None
                self.in_flight -= 1
            else:
                self._delayed.pop(message.index, None)
            if self._is_partitioned:
                self.ready.unlock(message)
        self._recorder.gone(message.index, now, fate)

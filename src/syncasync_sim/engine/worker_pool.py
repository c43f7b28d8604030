"""The workers: they take messages, do the background steps, acknowledge, and sometimes die."""

from __future__ import annotations

from syncasync_sim.engine.abandoned_calls import AbandonedCalls
from syncasync_sim.engine.called_service import CalledService
from syncasync_sim.engine.consumer_group import ConsumerGroup
from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import (
    AFTER_LOWER_NUMBERS,
    FAULT_BEGINS,
    FAULT_ENDS,
    MESSAGE_RETURNS,
    SERVICE_ENDS,
    ProcessSteps,
)
from syncasync_sim.engine.free_workers import FreeWorkers, Worker
from syncasync_sim.engine.message_queue import MessageQueue
from syncasync_sim.engine.messages import Delivery, Message
from syncasync_sim.engine.partitions import PartitionAssignment
from syncasync_sim.model.attempts import OK, TIMED_OUT, AttemptOutcome, BernoulliSampler, DurationSampler
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.queue_parts import Crash, Queue
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import DeliveryOutcome, by_worker

_WORK_ENDS = SERVICE_ENDS + AFTER_LOWER_NUMBERS
_CRASHED, _OPEN = int(AttemptOutcome.CRASHED), int(AttemptOutcome.OPEN)
_FAILED = int(DeliveryOutcome.FAILED)


class WorkerPool:
    """All workers of a run, from taking a message to acknowledging it."""

    free_workers = FreeWorkers

    def __init__(self, context: RunContext, queue: MessageQueue) -> None:
        scenario, draws = context.scenario, context.draws
        workers, steps, fields = scenario.workers, scenario.steps, scenario.queue
        self._env = context.env
        self._recorder = context.recorder
        self._add_attempt = context.recorder.add_attempt
        self._attempts = context.attempts
        self._services = context.services
        self._queue = queue
        deliver = [DurationSampler(fields.deliver, draws, "deliver", step.name) for step in steps]
        self._deliver = [None if lengths.constant == 0 else lengths for lengths in deliver]
        self._crashes = [BernoulliSampler(workers.crash_rate, draws, "crash", step.name) for step in steps]
        self._crashes_before_work = bool(workers.crash_rate) and workers.crash_point == "before_work"
        self._crashes_after_work = bool(workers.crash_rate) and workers.crash_point == "after_work"
        self._poison_kills = [bool(step.poison) and step.poison_kills for step in steps]
        self._may_die_after_work = self._crashes_after_work or any(self._poison_kills)
        self._abandoned_calls = AbandonedCalls(context)
        self._restart_after = None if workers.restart_after_s is None else to_us(workers.restart_after_s)
        self._detection = _detection_times(fields, context)
        self._renews = workers.renew and queue.timeouts.are_on
        self._has_timeouts = queue.timeouts.are_on
        self._acks_first = fields.ack == "before"
        self._free = self.free_workers(workers.count, fields)
        self._workers = self._free.workers
        self._group: ConsumerGroup | None = None
        if isinstance(queue.ready, PartitionAssignment):
            self._group = ConsumerGroup(fields, workers.count, queue.ready, context.env)
            queue.is_paused = self._group.is_paused
        queue.consumers = self._free
        for crash in workers.crashes:
            self._env.start(self._crash(self._workers[crash.worker - 1], crash))

    # -- taking -----------------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Give visible messages to workers with a free slot.

        A member of a group without a message is asked again only when a message comes for it: with many
        workers and few partitions, asking all of them each time would take most of the run.
        """
        free, queue, group = self._free, self._queue, self._group
        if group is not None:
            for number in group.announced_members():
                free.wake(number)
            if queue.is_limited_in_flight:
                self._dispatch_in_line(group)
                return
        ready, now = queue.ready, self._env.now_us
        while free.heap and ready.length and queue.may_deliver():
            worker = free.pop()
            if worker is None:
                continue
            message = ready.take(worker.number)
            if message is not None:
                self._hold(worker, message, now)
            elif group is None:  # every message group with a visible message is locked, for everybody
                free.add(worker)
                return

    @property
    def has_group(self) -> bool:
        """Whether they are the members of a consumer group."""
        return self._group is not None

    def _dispatch_in_line(self, group: ConsumerGroup) -> None:
        """Give messages to the members of a group where not all may have one: first those that come first."""
        while self._queue.ready.length and self._queue.may_deliver():
            while self._free.heap:
                free = self._free.pop()
                if free is not None:
                    group.stand_in_line(free.number)
            number = group.next_reader(self._free)
            if number is None:
                return
            message = self._queue.ready.take(number)
            assert message is not None
            self._hold(self._workers[number - 1], message, self._env.now_us)

    def _hold(self, worker: Worker, message: Message, now: int) -> None:
        free, held = self._free, worker.held
        delivery = self._queue.deliver(message, worker.number, now, NEVER if held else now)
        held.append(delivery)
        free.free_slots -= 1
        if free.in_turn:
            free.dealt(worker)
        deliver = self._deliver[message.step]
        if deliver is not None:
            delivery.arrives_at += deliver(message.customer, message.click, delivery.number)
        if len(held) == 1:
            self._begin_work(delivery, now)
        else:
            self._queue.timeouts.schedule(delivery)
        if len(held) < free.prefetch:
            free.add(worker)

    # -- working ----------------------------------------------------------------------------------

    def _begin_work(self, delivery: Delivery, now: int) -> None:
        """Its worker has it in hand: do its step as soon as it is there; an event marks the end."""
        if self._renews:
            self._queue.timeouts.renew(delivery)
        arrives_at = delivery.arrives_at if delivery.arrives_at > now else now
        dies = self._crashes_before_work and self._dies_of(delivery)
        if dies or self._services[delivery.message.step] is not None:
            self._queue.timeouts.schedule(delivery)
            callback = self._die_of if dies else self._request_slot
            self._env.schedule_at(arrives_at, _WORK_ENDS + delivery.worker, delivery, callback)
            return
        ends_at = self._start_attempt(delivery, arrives_at)
        if self._has_timeouts and delivery.timeout_at is not None and delivery.timeout_at < ends_at:
            self._queue.timeouts.schedule(delivery)

    def _start_attempt(self, delivery: Delivery, at: int) -> int:
        """Begin the attempt at *at*; when it will end."""
        message = delivery.message
        attempt = self._attempts[message.step]
        length, delivery.outcome = attempt(message.customer, message.click, delivery.number, at)
        delivery.started = at
        self._env.schedule_at(at + length, _WORK_ENDS + delivery.worker, delivery, self._end_work)
        return at + length

    def _request_slot(self, delivery: Delivery) -> None:
        """Request a slot of the called service, holding the message meanwhile."""
        self._service(delivery).request(delivery, self._start_in_slot)

    def _start_in_slot(self, delivery: Delivery) -> None:
        self._start_attempt(delivery, self._env.now_us)

    def _service(self, delivery: Delivery) -> CalledService:
        service = self._services[delivery.message.step]
        assert service is not None
        return service

    def _end_work(self, delivery: Delivery) -> None:
        """The attempt is over: acknowledge, or fail, or die before either."""
        worker, now = self._workers[delivery.worker - 1], self._env.now_us
        message, started, outcome = delivery.message, delivery.started, delivery.outcome
        assert started is not None
        delivery.started, step = None, message.step
        self._add_attempt((message.request, step, delivery.number, worker.by, started, now, outcome))
        if outcome == OK:
            self._recorder.done(message.index, now)
        if outcome == TIMED_OUT and self._attempts[step].service_works_on:
            self._give_up(delivery, started)
        elif self._services[step] is not None:
            self._service(delivery).release()
        dies = self._may_die_after_work and self._dies_after_work(delivery)
        if not dies or self._acks_first:
            self._settle(worker, delivery, now)
        if dies:
            self._die(worker, self._restart_after)
        elif not delivery.waits_for_retry:
            self._go_on(worker, now)
        self._env.request_dispatch()

    def _give_up(self, delivery: Delivery, started: int) -> None:
        """The attempt is cut at its time-out, and its service works on."""
        message = delivery.message
        call = message.customer, message.click, delivery.number
        attempt, step = self._recorder.last_attempt, message.step
        late = self._env.now_us - started - self._attempts[step].timeout_us
        self._abandoned_calls.begin(attempt, step, call, started, self._services[step], late)

    def _settle(self, worker: Worker, delivery: Delivery, now: int) -> None:
        """Tell the queue how it went; unless the worker keeps the message, it holds one fewer."""
        if delivery.outcome == OK:
            result = self._queue.acknowledge(delivery, now)
        else:
            result = _FAILED
            wait = self._queue.fail(delivery, now)
            if wait is not None:
                delivery.waits_for_retry = True
                priority = MESSAGE_RETURNS + delivery.message.index
                self._env.schedule_at(now + wait, priority, delivery, self._retry)
                return
        self._recorder.delivery_ended(delivery.index, now, result)
        self._release(worker)

    def _release(self, worker: Worker) -> None:
        delivery = worker.held.popleft()
        self._free.free_slots += 1
        if self._group is not None:
            self._group.release(delivery)

    def _go_on(self, worker: Worker, now: int) -> None:
        """The worker is done: it begins the next message that it holds, and may take one more."""
        if self._group is not None:
            self._group.work_ended(worker.number)
        if worker.held:
            self._recorder.in_hand(worker.held[0].index, now)
            self._begin_work(worker.held[0], now)
        self._free.add(worker)

    def _retry(self, delivery: Delivery) -> None:
        """The worker tries once more what it has kept: the next delivery, by the same worker."""
        worker, now = self._workers[delivery.worker - 1], self._env.now_us
        self._recorder.delivery_ended(delivery.index, now, _FAILED)
        if delivery.message.delivery is not delivery:  # another worker's late acknowledgement has settled it
            self._release(worker)
            self._go_on(worker, now)
            self._env.request_dispatch()
            return
        worker.held[0] = again = self._queue.deliver_again(delivery, now)
        self._begin_work(again, now)

    # -- crashes ----------------------------------------------------------------------------------

    def _dies_of(self, delivery: Delivery) -> bool:
        message = delivery.message
        return self._crashes[message.step](message.customer, message.click, delivery.number)

    def _dies_after_work(self, delivery: Delivery) -> bool:
        message = delivery.message
        if self._poison_kills[message.step] and self._attempts[message.step].is_poison(message.customer):
            return True
        return self._crashes_after_work and self._dies_of(delivery)

    def _die_of(self, delivery: Delivery) -> None:
        """Its worker has it and would begin, and dies of it instead."""
        self._die(self._workers[delivery.worker - 1], self._restart_after)
        self._env.request_dispatch()

    def _crash(self, worker: Worker, crash: Crash) -> ProcessSteps:
        """A crash of the schedule; a worker that is down already cannot die."""
        yield self._env.until(to_us(crash.at_s), FAULT_BEGINS + worker.number)
        if worker.is_up:
            restart_after = None if crash.restart_after_s is None else to_us(crash.restart_after_s)
            self._die(worker, restart_after, is_host=crash.kind == "host")
            self._env.request_dispatch()

    def _die(self, worker: Worker, restart_after: int | None, *, is_host: bool = False) -> None:
        """A worker dies now: what it was doing is cut short, and nobody knows of it at once."""
        now = self._env.now_us
        self._free.remove(worker)
        self._recorder.crash(worker.number, now, NEVER if restart_after is None else now + restart_after)
        if restart_after is not None:
            self._env.start(self._restart(worker, now + restart_after))
        detection = self._detection[is_host]
        detected_after = detection(worker.number, 0, worker.deaths + 1) if detection else None
        worker.deaths += 1
        while worker.held:
            self._drop(worker.held.popleft(), now, detected_after)
        if self._group is not None:
            self._group.worker_died(worker.number, detected_after)

    def _drop(self, delivery: Delivery, now: int, detected_after: int | None) -> None:
        """End a delivery of a dead worker, without a word to anybody."""
        delivery.cancel()
        if self._group is not None:
            self._group.release(delivery)
        message, started = delivery.message, delivery.started
        service = self._services[message.step]
        if service is not None and not service.cancel(delivery) and started is not None:
            service.release()
        if started is not None and started <= now:
            by = by_worker(delivery.worker)
            self._add_attempt((message.request, message.step, delivery.number, by, started, now, _CRASHED))
        delivery.started = None
        self._recorder.delivery_ended(delivery.index, now, int(DeliveryOutcome.CRASHED))
        self._queue.worker_died(delivery, now, detected_after)

    def _restart(self, worker: Worker, at: int) -> ProcessSteps:
        yield self._env.until(at, FAULT_ENDS + worker.number)
        self._come_back(worker)

    def _come_back(self, worker: Worker) -> None:
        if self._group is not None:
            self._group.worker_joined(worker.number)
        self._free.restore(worker)
        self._env.request_dispatch()

    # -- the end of the run -----------------------------------------------------------------------

    @property
    def are_busy(self) -> bool:
        """Whether one of them holds a message."""
        return any(worker.held for worker in self._workers)

    def record_open_attempts(self, now: int) -> None:
        """Record the attempts that are still open when the run is stopped."""
        for worker in self._workers:
            delivery = worker.held[0] if worker.held else None
            if delivery is not None and delivery.started is not None and delivery.started <= now:
                message = delivery.message
                started, by = delivery.started, worker.by
                self._add_attempt((message.request, message.step, delivery.number, by, started, NEVER, _OPEN))


def _detection_times(queue: Queue, context: RunContext) -> dict[bool, DurationSampler | None]:
    """How long the broker takes to detect a death, by whether it is the host's; None: it never does."""
    process, host = queue.crash_detection, queue.host_crash_detection
    if host == "as crash_detection":
        host = process
    purposes = {False: ("crash detection", process), True: ("host crash detection", host)}
    return {
        is_host: DurationSampler(after, context.draws, purpose, "") if after is not None else None
        for is_host, (purpose, after) in purposes.items()
    }

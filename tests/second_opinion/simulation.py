"""One run: one heap of what is to happen, and the clock that goes from one instant to the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Any

from second_opinion.records import Attempt, Course, Delivery, Message, Reading, Request, Worker
from second_opinion.rules import (
    arrival_times,
    constant,
    course_of,
    inside,
    owner,
    retry_delay,
    stands_still,
    us,
)
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.queue_parts import Stop
from syncasync_sim.model.scenario import Scenario

WORK_ENDS, PUBLISH_ENDS, KILL, GIVES_UP, FAULT, VISIBLE, ARRIVES = range(7)
ALIVE = ("visible", "retrying", "in flight")
ENDS, BEGINS = 0, 1  # the order of faults
SERVER = -1  # before the broker and the workers
OUTAGE, CRASH, STOP, FREEZE = range(4)  # of those that begin
MISSED = -1  # before every message
BROKER = 1 << 40  # after every worker
LAST_OF_ALL = (BROKER, BROKER)


class Run:
    """One run of one design, from the first arrival until nothing is left to happen or the run is cut."""

    def __init__(self, scenario: Scenario, mode: Mode) -> None:
        self.scenario, self.mode = scenario, mode
        self.now, self.last = 0, 0
        self.heap: list[Any] = []
        self.serial = count()
        self.requests: list[Request] = []
        self.waiting: deque[Request] = deque()
        self.busy_threads = 0
        self.messages: list[Message] = []
        self.forgotten: list[Request] = []  # one entry per message that was refused and ignored
        self.outbox: list[tuple[Request, int]] = []  # (request, step), in order of writing
        self.places = count()
        self.deliveries: list[Delivery] = []
        self.workers = [Worker(n) for n in range(1, scenario.workers.count + 1)] if mode == "async" else []
        self.crashes = 0
        self.pause_until = 0
        self.dealt_last: Worker | None = None
        self.joins = count(1)
        self.awaited: set[Worker] = set()  # an `until_idle` pause lasts until each is done with its message
        self.attempts: list[Attempt] = []
        self.at_service: list[set[Attempt]] = [set() for _ in scenario.steps]
        self.lines: list[deque[Attempt]] = [deque() for _ in scenario.steps]
        self.for_nobody: set[Attempt] = set()  # whose service works on after the caller's time-out
        self.happened: dict[tuple[str, int], int] = {}  # (effect, customer) -> times
        self.done_for: set[tuple[int, int]] = set()  # (step, customer)
        self.readings: list[Reading] = []
        for customer, at in enumerate(arrival_times(scenario)):
            self.schedule(at, ARRIVES, (customer,), lambda c=customer: self.arrive(c, 0))  # type: ignore[misc]
        self.schedule_restarts()
        if mode == "async":
            self.schedule_faults()
            if scenario.queue.publish_failure == "outbox":
                self.schedule(0, VISIBLE, LAST_OF_ALL, lambda: self.look(0))
        self.run()

    # The clock ------------------------------------------------------------------------------------------

    def schedule(
        self,
        at: int,
        phase: int,
        rank: tuple[int, ...],
        action: Callable[[], None],
        still: Callable[[], bool] = lambda: True,
    ) -> None:
        heappush(self.heap, (at, phase, rank, next(self.serial), action, still))

    def run(self) -> None:
        stop = None if self.scenario.stop_at_s is None else us(self.scenario.stop_at_s)
        while self.heap and (stop is None or self.heap[0][0] <= stop):
            self.now = self.heap[0][0]
            taken = True
            while taken:
                while self.heap and self.heap[0][0] == self.now:
                    *_, action, still = heappop(self.heap)
                    if still():
                        action()
                taken = self.threads_take() | self.workers_take()
            held = sum(len(worker.holds) for worker in self.workers)
            queued, waiting = tuple(self.depth()), len(self.waiting)
            self.readings.append(Reading(self.now, queued, waiting, self.busy_threads, held))
        self.end = stop if stop is not None and self.is_open() else self.last

    def is_open(self) -> bool:
        """Whether somebody is still to come or to be answered, or something still to be done."""
        to_come = any(phase == ARRIVES for _, phase, *_ in self.heap)
        at_work = self.busy_threads or self.outbox or any(worker.holds for worker in self.workers)
        at_work = at_work or bool(self.for_nobody)
        return bool(to_come or self.waiting or at_work or any(m.state in ALIVE for m in self.messages))

    # Customers and the server ---------------------------------------------------------------------------

    def arrive(self, customer: int, click: int) -> None:
        request = Request(len(self.requests), customer, click, self.now)
        self.requests.append(request)
        server, patience = self.scenario.server, self.scenario.customer.patience_s
        if self.is_closed_door():
            request.ended = self.now
            return self.answer(request, "error")
        if server.threads is not None and server.backlog is not None:
            free = server.threads - self.busy_threads
            if len(self.waiting) >= free + server.backlog:
                request.ended = self.now
                return self.answer(request, "rejected")
        self.waiting.append(request)
        if patience is not None:
            still = lambda: request.response == "none"  # noqa: E731
            at = self.now + us(patience)
            self.schedule(at, GIVES_UP, (request.number,), lambda: self.answer(request, "timed_out"), still)
        return None

    def answer(self, request: Request, response: str) -> None:
        request.response, request.replied, self.last = response, self.now, self.now
        customer = self.scenario.customer
        if response != "ok" and request.click < customer.resubmits:
            again = lambda: self.arrive(request.customer, request.click + 1)  # noqa: E731
            self.schedule(self.now + us(customer.resubmit_after_s), ARRIVES, (request.customer,), again)

    def threads_take(self) -> bool:
        taken, server = False, self.scenario.server
        while self.waiting and (server.threads is None or self.busy_threads < server.threads):
            request, taken = self.waiting.popleft(), True
            if server.drop_expired and request.response == "timed_out":
                request.ended = self.now
            else:
                request.began = self.now
                self.busy_threads += 1
                if server.timeout_s is not None:
                    at = self.now + us(server.timeout_s)
                    self.schedule_for(request, at, KILL, lambda r=request: self.interrupt(r, timed_out=True))  # type: ignore[misc]
                self.next_step(request)
        return taken

    def next_step(self, request: Request) -> None:
        request.step, request.tries = request.step + 1, 0
        if request.step == len(self.scenario.steps):
            self.end_request(request, "ok")
        elif self.scenario.background(self.scenario.steps[request.step], self.mode):
            in_request = self.scenario.queue.publish_failure != "outbox"
            at = self.now + (constant(self.scenario.queue.publish) if in_request else 0)
            started = self.now
            self.schedule_for(request, at, PUBLISH_ENDS, lambda: self.published(request, started))
        else:
            self.ask(Attempt(request, request.step))

    def end_request(self, request: Request, response: str) -> None:
        """The reply is sent and the thread is free, whether or not the customer is still there."""
        request.ended, self.last = self.now, self.now
        request.went_wrong |= response == "error"
        self.busy_threads -= 1
        if request.response == "none":
            self.answer(request, response)

    def schedule_for(self, request: Request, at: int, phase: int, action: Callable[[], None]) -> None:
        """Something that happens only if the server has not ended the request before."""
        self.schedule(at, phase, (request.number,), action, lambda: request.ended is None)

    def interrupt(self, request: Request, *, timed_out: bool = False) -> None:
        """The server ends a request that it has, whatever it was doing."""
        if request.began is None:
            self.waiting.remove(request)
            request.ended = self.now
            return None if request.response != "none" else self.answer(request, "error")
        attempt = request.attempt
        if attempt is not None and attempt.ended is None:
            if timed_out and attempt.course and self.works_on(attempt):
                self.work_on(attempt, attempt.course)
            else:
                self.leave(attempt)
        return self.end_request(request, "error")

    # Attempts at a step ---------------------------------------------------------------------------------

    def ask(self, attempt: Attempt) -> None:
        attempt.owner.attempt = attempt
        self.lines[attempt.step].append(attempt)
        self.serve(attempt.step)

    def serve(self, step: int) -> None:
        most, line, busy = self.scenario.steps[step].concurrency, self.lines[step], self.at_service[step]
        while line and (most is None or len(busy) < most):
            attempt = line.popleft()
            busy.add(attempt)
            self.start(attempt)

    def start(self, attempt: Attempt) -> None:
        course = course_of(self.scenario, attempt, self.now)
        attempt.started, attempt.course, attempt.ends = self.now, course, self.now + course.caller
        self.attempts.append(attempt)
        self.schedule_end(attempt)

    def schedule_end(self, attempt: Attempt) -> None:
        """At the end it has as things stand; while its worker stands still, nothing ends."""
        still = lambda: attempt.ended is None and attempt.ends == self.now and not attempt.stands  # noqa: E731
        self.schedule(attempt.ends, WORK_ENDS, attempt.rank, lambda: self.end_attempt(attempt), still)

    def end_attempt(self, attempt: Attempt) -> None:
        course = attempt.course
        assert course is not None
        if course.is_cut and self.works_on(attempt):
            self.work_on(attempt, course)
        else:
            self.leave(attempt)
            if course.happens and not course.is_cut:
                self.happen(attempt.request, attempt.step)
        if course.success:
            attempt.request.succeeded.setdefault(attempt.step, self.now)
        if isinstance(attempt.owner, Delivery):
            self.end_work(attempt.owner, course.success)
        elif course.success:
            self.next_step(attempt.owner)
        else:
            self.retry_in_request(attempt.owner)

    def works_on(self, attempt: Attempt) -> bool:
        return self.scenario.steps[attempt.step].on_timeout == "works_on"

    def work_on(self, attempt: Attempt, course: Course) -> None:
        """The caller has given up; the service has not, and its place is taken until it is done."""
        attempt.ended = self.last = self.now
        self.for_nobody.add(attempt)
        assert attempt.started is not None

        def done() -> None:
            self.for_nobody.discard(attempt)
            self.at_service[attempt.step].discard(attempt)
            self.last = self.now
            if course.happens:
                self.happen(attempt.request, attempt.step)
            self.serve(attempt.step)

        moved = attempt.ends - attempt.started - course.caller  # as its worker stood still
        self.schedule(attempt.started + course.service + moved, WORK_ENDS, (2, 0), done)

    def leave(self, attempt: Attempt) -> None:
        """The attempt is over, or will never be: its place goes to the next in line."""
        attempt.ended = self.now
        if attempt.started is not None:
            self.last = self.now
        if attempt in self.lines[attempt.step]:
            self.lines[attempt.step].remove(attempt)
        self.at_service[attempt.step].discard(attempt)
        self.serve(attempt.step)

    def happen(self, request: Request, place: int) -> None:
        """What the step is for happens in the world, whoever knows of it."""
        step, customer = self.scenario.steps[place], request.customer
        request.done.add(place)
        if step.effect is not None and not (step.idempotent and (place, customer) in self.done_for):
            key = (step.effect, customer)
            self.happened[key] = self.happened.get(key, 0) + 1
        self.done_for.add((place, customer))

    def retry_in_request(self, request: Request) -> None:
        step = self.scenario.steps[request.step]
        request.tries += 1
        most = step.retry.attempts if step.retry.in_request else 1
        if most is not None and request.tries >= most:
            if step.on_failure == "error":
                return self.end_request(request, "error")
            request.went_wrong = request.went_on = True
            return self.next_step(request)
        at = self.now + retry_delay(step, request.tries)
        again = lambda: self.ask(Attempt(request, request.step))  # noqa: E731
        still = lambda: request.ended is None  # noqa: E731
        return self.schedule(at, WORK_ENDS, (0, request.number), again, still)

    # The queue ------------------------------------------------------------------------------------------

    def visible(self) -> list[Message]:
        return sorted((m for m in self.messages if m.state == "visible"), key=lambda m: m.place)

    def depth(self) -> list[Message]:
        """What waits, in the order in which it would go: visible messages, then those before a retry."""
        return self.visible() + [m for m in self.messages if m.state == "retrying"]

    def broker_down(self, at: int) -> bool:
        return any(inside(window, at) for window in self.scenario.queue.outages)

    def partition(self, message: Message) -> int:
        partitions, customer = self.scenario.queue.partitions, message.request.customer
        return customer % partitions if isinstance(partitions, int) else customer

    @property
    def locked(self) -> bool:
        return self.scenario.queue.partitions is not None and self.scenario.queue.assignment == "locked"

    @property
    def owned(self) -> bool:
        return self.scenario.queue.partitions is not None and self.scenario.queue.assignment == "owned"

    def plan(self, line: list[Message]) -> list[tuple[Worker, Message]]:
        """Who would take what of this line, as things stand, in the order of taking."""
        if self.broker_down(self.now) or self.now < self.pause_until or self.awaited:
            return []
        plan: list[tuple[Worker, Message]] = []
        most = self.scenario.queue.prefetch
        for message in line:
            if len(plan) >= self.may_still_fly():
                break
            room = []
            for worker in self.workers:
                holds = len(worker.holds) + sum(taker is worker for taker, _ in plan)
                if worker.takes and (most is None or holds < most) and self.may_read(worker, message):
                    room.append((holds, worker.number, worker))
            if room and not (self.locked and self.is_closed(message, [m for _, m in plan])):
                plan.append((self.chosen(room, [taker for taker, _ in plan]), message))
        return plan

    def may_still_fly(self) -> float:
        """How many more messages may be in flight, as the queue counts them."""
        queue = self.scenario.queue
        if queue.max_in_flight is None or queue.ack == "before":
            return inf
        return queue.max_in_flight - sum(m.state == "in flight" for m in self.messages)

    def chosen(self, room: list[tuple[int, int, Worker]], before: list[Worker]) -> Worker:
        """Who of those with room (messages held, number, worker) takes next, after those *before*."""
        deal, last = self.scenario.queue.deal, before[-1] if before else self.dealt_last
        if deal == "least_held":
            return min(room)[2]
        if deal == "rotation":
            place = {worker: turn for turn, worker in enumerate(before, 1)}  # the end of the line, once more
            return min((place.get(worker, 0), worker.joined, number, worker) for _, number, worker in room)[3]
        in_order = sorted((worker for _, _, worker in room), key=lambda worker: worker.number)
        if deal == "greedy" or last is None:
            return in_order[0]
        return next((worker for worker in in_order if worker.number > last.number), in_order[0])

    def is_closed(self, message: Message, planned: list[Message]) -> bool:
        """Locked partitions: another message of this one is in flight, or would be, or waits for a retry.

        What was acknowledged at the taking is not in flight any more.
        """
        if self.scenario.queue.ack == "before":
            return False
        away = [m for m in self.messages if m.state in ("in flight", "retrying")]
        return any(self.partition(m) == self.partition(message) for m in away + planned)

    def may_read(self, worker: Worker, message: Message) -> bool:
        """Owned partitions: it is this worker's, and nobody else still holds a copy of a message of it."""
        if not self.owned:
            return True
        partition, members = self.partition(message), [w for w in self.workers if w.member]
        if worker.unnoticed or owner(self.scenario, members, partition) is not worker:
            return False
        others = [d for w in self.workers if w is not worker and not w.removed for d in w.holds]
        return not any(self.partition(d.message) == partition for d in others)

    def published(self, request: Request, started: int) -> None:
        how = self.scenario.queue.publish_failure
        if how == "outbox":
            self.outbox.append((request, request.step))
        elif not self.accepts(request, request.step, started):
            if how == "error":
                return self.end_request(request, "error")
            self.forgotten.append(request)
            self.last = self.now
        return self.next_step(request)

    def accepts(self, request: Request, step: int, started: int) -> bool:
        """Whether the broker takes the message whose publishing ends now."""
        queue = self.scenario.queue
        message = Message(len(self.messages), request, step, self.now, next(self.places))
        planned = [m for _, m in self.plan([*self.visible(), message])]
        still_waiting = [m for m in self.depth() if m not in planned]
        full = queue.capacity is not None and len(still_waiting) >= queue.capacity
        full = full and message not in planned
        if self.broker_down(started) or (full and queue.when_full == "refuse"):
            return False
        self.messages.append(message)
        if full:
            self.gone([*still_waiting, message][0], "lost")
        return True

    # The relay ------------------------------------------------------------------------------------------

    def look(self, looked: int) -> None:
        """At a multiple of `outbox_every`: what stands there now is published, each after the other."""
        self.relay(list(self.outbox), looked, changes=bool(self.heap or self.waiting or self.would_take()))

    def would_take(self) -> bool:
        return bool(self.plan(self.visible()))

    def relay(self, found: list[tuple[Request, int]], looked: int, changes: bool) -> None:
        """The rest of what a look has *found*; *changes*: something else goes on, or was published."""
        if found:
            at, started = self.now + constant(self.scenario.queue.publish), self.now
            rank = (BROKER, len(self.outbox))
            self.schedule(at, PUBLISH_ENDS, rank, lambda: self.relayed(found, looked, changes, started))
        elif changes:
            every = us(self.scenario.queue.outbox_every)
            following = looked + every
            while following < self.now:
                following += every
            self.schedule(following, VISIBLE, LAST_OF_ALL, lambda: self.look(following))

    def relayed(self, found: list[tuple[Request, int]], looked: int, changes: bool, started: int) -> None:
        row, *rest = found
        if self.accepts(*row, started):
            self.outbox.remove(row)
            changes = True
        self.relay(rest, looked, changes)

    def gone(self, message: Message, how: str) -> None:
        if message.state in ALIVE:
            message.state, message.held_by, self.last = how, None, self.now

    def was_last(self, message: Message) -> bool:
        queue, attempts = self.scenario.queue, self.scenario.steps[message.step].retry.attempts
        counted = message.deliveries - (message.timed_out if queue.limit_counts == "failures" else 0)
        tried_enough = attempts is not None and message.deliveries >= attempts
        return tried_enough or (queue.max_deliveries is not None and counted >= queue.max_deliveries)

    def give_up(self, message: Message) -> None:
        self.gone(message, "dead_lettered" if self.scenario.queue.dead_letter else "lost")

    def come_back(self, message: Message) -> None:
        """A retry delay, a visibility timeout or the detection of a crash is over."""
        if self.was_last(message):
            return self.give_up(message)
        message.state, message.held_by = "visible", None
        if self.scenario.queue.redelivery == "back":
            message.place = next(self.places)
        return None

    def comes_back_from(self, delivery: Delivery, at: int) -> None:
        message = delivery.message
        still = lambda: message.held_by is delivery  # noqa: E731
        self.schedule(at, VISIBLE, (message.number,), lambda: self.come_back(message), still)

    def fresh_timeout(self, delivery: Delivery) -> None:
        """From now on the visibility timeout runs, in full."""
        queue, message = self.scenario.queue, delivery.message
        if queue.visibility_timeout is None or queue.ack == "before":
            return
        out = delivery.out = self.now + constant(queue.visibility_timeout)
        still = lambda: message.held_by is delivery and delivery.out == out  # noqa: E731
        self.schedule(out, VISIBLE, (message.number,), lambda: self.time_out(delivery), still)

    def time_out(self, delivery: Delivery) -> None:
        message, worker = delivery.message, delivery.worker
        if self.owned and self.scenario.queue.on_overrun == "evict" and delivery in worker.holds:
            return self.remove(worker, void=True)
        message.timed_out += 1
        return self.come_back(message)

    # Workers --------------------------------------------------------------------------------------------

    def workers_take(self) -> bool:
        taken = False
        while plan := self.plan(self.visible()):
            worker, message = plan[0]
            self.deliver(worker, message, len(worker.holds), constant(self.scenario.queue.deliver))
            self.dealt_last, worker.joined = worker, next(self.joins)
            taken = True
        return taken

    def deliver(self, worker: Worker, message: Message, place: int, lasts: int) -> None:
        """The worker holds the message from now on, at this place among what it holds."""
        message.deliveries += 1
        delivery = Delivery(message, worker, message.deliveries, self.now + lasts)
        self.deliveries.append(delivery)
        message.state, message.held_by = "in flight", delivery
        worker.holds.insert(place, delivery)
        if message.first_taken is None:
            message.first_taken = self.now
        self.fresh_timeout(delivery)
        if worker.holds[0] is delivery:
            self.turn(delivery)

    def turn(self, delivery: Delivery) -> None:
        """It is in the worker's hands now; the work begins when it has been delivered as well."""
        delivery.turn = self.now
        if self.scenario.workers.renew and delivery.message.held_by is delivery:
            delivery.out = None
        still = lambda: delivery.ended is None  # noqa: E731
        at = max(self.now, delivery.there)
        self.schedule(at, WORK_ENDS, (1, delivery.worker.number), lambda: self.begin(delivery), still)

    def begin(self, delivery: Delivery) -> None:
        workers = self.scenario.workers
        if stands_still(delivery.worker):
            delivery.put_off = "begin"
        elif workers.crash_rate == 1 and workers.crash_point == "before_work":
            self.crash(delivery.worker, workers.restart_after_s, "process")
        else:
            self.ask(Attempt(delivery, delivery.message.step))

    def end_work(self, delivery: Delivery, success: bool) -> None:
        queue, workers, message = self.scenario.queue, self.scenario.workers, delivery.message
        if queue.ack == "before":
            self.gone(message, "acknowledged" if success else "lost")
        step = self.scenario.steps[message.step]
        is_deadly = step.poison == 1 and step.poison_kills
        if is_deadly or (workers.crash_rate == 1 and workers.crash_point == "after_work"):
            return self.crash(delivery.worker, workers.restart_after_s, "process")
        if queue.ack == "after":
            if not success and self.stays_in_hands(delivery):
                return self.wait_in_place(delivery)
            self.acknowledge(delivery) if success else self.fail(delivery)
        return self.let_go(delivery)

    def let_go(self, delivery: Delivery) -> None:
        worker, delivery.ended = delivery.worker, self.now
        self.awaited.discard(worker)
        if len(worker.holds) == self.scenario.queue.prefetch:  # it was out of the rotation
            worker.joined = next(self.joins)
        worker.holds.remove(delivery)
        if worker.removed and self.scenario.queue.ack == "after":
            self.drop(worker, 0)
        if worker.holds:
            self.turn(worker.holds[0])
        elif worker.stopping:
            self.end_stop(worker)
        elif worker.removed:
            self.join_again(worker)

    def acknowledge(self, delivery: Delivery) -> None:
        if delivery.void:
            return
        message, late_ack = delivery.message, self.scenario.queue.late_ack
        in_time, in_flight = message.held_by is delivery, message.held_by is not None
        if in_time or late_ack == "accepted" or (late_ack == "until_retaken" and not in_flight):
            self.gone(message, "acknowledged")

    def fail(self, delivery: Delivery) -> None:
        message = delivery.message
        if message.held_by is not delivery:
            return None  # too late to matter
        if self.scenario.queue.failure == "timeout":  # which will bring it back
            return self.fresh_timeout(delivery) if delivery.out is None else None
        if self.was_last(message):
            return self.give_up(message)
        message.state, message.held_by = "retrying", None
        at = self.now + retry_delay(self.scenario.steps[message.step], message.deliveries)
        still = lambda: message.state == "retrying"  # noqa: E731
        return self.schedule(at, VISIBLE, (message.number,), lambda: self.come_back(message), still)

    def stays_in_hands(self, delivery: Delivery) -> bool:
        message, in_place = delivery.message, self.scenario.queue.failure == "in_place"
        return in_place and message.held_by is delivery and not self.was_last(message)

    def wait_in_place(self, delivery: Delivery) -> None:
        message, delivery.out, delivery.between_tries = delivery.message, None, True
        at = self.now + retry_delay(self.scenario.steps[message.step], message.deliveries)
        still = lambda: delivery.ended is None  # noqa: E731
        self.schedule(at, VISIBLE, (message.number,), lambda: self.try_in_place(delivery), still)

    def try_in_place(self, delivery: Delivery) -> None:
        worker, message = delivery.worker, delivery.message
        if stands_still(worker):
            delivery.put_off = "try"
            return None
        if message.held_by is not delivery:
            return self.let_go(delivery)
        delivery.ended = self.now
        worker.holds.remove(delivery)
        return self.deliver(worker, message, 0, 0)

    # Faults ---------------------------------------------------------------------------------------------

    def is_closed_door(self) -> bool:
        """Whether the web server is down: asked of the windows."""
        starts = [(us(r.at_s), us(r.for_s)) for r in self.scenario.server.restarts]
        return any(start <= self.now < start + lasts for start, lasts in starts)

    def schedule_restarts(self) -> None:
        for restart in self.scenario.server.restarts:
            lasts = us(restart.for_s)
            go_down = lambda lasts=lasts: self.server_goes_down(self.now + lasts)  # noqa: E731
            self.schedule(us(restart.at_s), FAULT, (BEGINS, SERVER), go_down)

    def server_goes_down(self, until: int) -> None:
        self.schedule(until, FAULT, (ENDS, SERVER), self.server_is_back)
        for request in [r for r in self.requests if r.ended is None]:
            self.interrupt(request)
        if self.scenario.queue.in_process:
            for message in self.messages:
                self.gone(message, "lost")
            self.awaited, self.pause_until = set(), self.now
            for worker in self.workers:
                worker.up, worker.ups = False, worker.ups + 1
                worker.member, worker.unnoticed, worker.noticed_at = True, False, 0
                held, worker.holds = worker.holds, []
                worker.stopping, worker.still_since, worker.removed = False, None, False
                for delivery in held:
                    self.cut(delivery)

    def server_is_back(self) -> None:
        if self.scenario.queue.in_process and not self.is_closed_door():
            for worker in self.workers:
                worker.up, worker.joined = True, next(self.joins)

    def schedule_faults(self) -> None:
        for crash in self.scenario.workers.crashes:
            worker, after = self.workers[crash.worker - 1], crash.restart_after_s
            action = lambda w=worker, a=after, kind=crash.kind: self.crash(w, a, kind)  # noqa: E731
            self.schedule(us(crash.at_s), FAULT, (BEGINS, CRASH, worker.number), action)
        self.schedule_pauses()
        for window in self.scenario.queue.outages:
            if window.for_s == 0:
                continue
            self.schedule(us(window.from_s), FAULT, (BEGINS, OUTAGE), self.broker_goes_down)
            if window.for_s is not None:
                until = us(window.from_s) + us(window.for_s)
                self.schedule(until, FAULT, (ENDS, BROKER), lambda: None)  # now workers take again

    def schedule_pauses(self) -> None:
        for stop in self.scenario.workers.stops:
            worker = self.workers[stop.worker - 1]
            begin = lambda w=worker, s=stop: self.stop(w, s)  # noqa: E731
            self.schedule(us(stop.at_s), FAULT, (BEGINS, STOP, worker.number), begin)
        for freeze in self.scenario.workers.freezes:
            worker = self.workers[freeze.worker - 1]
            begin = lambda w=worker, freeze=freeze: self.freeze(w, us(freeze.for_s))  # noqa: E731
            self.schedule(us(freeze.at_s), FAULT, (BEGINS, FREEZE, worker.number), begin)

    def broker_goes_down(self) -> None:
        if not self.scenario.queue.durable:
            for message in self.depth():
                self.gone(message, "lost")

    def detection(self, kind: str) -> int | None:
        queue = self.scenario.queue
        detection = queue.crash_detection
        if kind == "host" and queue.host_crash_detection != "as crash_detection":
            detection = queue.host_crash_detection
        return None if detection is None else constant(detection)

    def crash(self, worker: Worker, restart_after_s: float | None, kind: str) -> None:
        if not worker.up:
            return
        worker.up, detection = False, self.detection(kind)
        self.crashes += 1
        self.awaited.discard(worker)
        if restart_after_s is not None:
            at = self.now + us(restart_after_s)
            ups = worker.ups
            still = lambda: worker.ups == ups  # noqa: E731
            self.schedule(at, FAULT, (ENDS, worker.number), lambda: self.restart(worker), still)
        if self.owned and not worker.removed:
            self.unnoticed_death(worker, detection)
        worker.stopping, worker.still_since, worker.removed = False, None, False
        held, worker.holds = worker.holds, []
        for delivery in held:
            self.cut_short(delivery, detection)

    def cut_short(self, delivery: Delivery, detection: int | None) -> None:
        """The worker died that held it."""
        self.cut(delivery)
        if self.scenario.queue.ack == "before":
            return self.gone(delivery.message, "lost")
        if delivery.out is None:  # it was renewed, or waited in place
            self.fresh_timeout(delivery)
        return None if detection is None else self.comes_back_from(delivery, self.now + detection)

    def cut(self, delivery: Delivery) -> None:
        """Its worker is gone, and the attempt with it."""
        delivery.ended = self.now
        if delivery.attempt is not None and delivery.attempt.ended is None:
            self.leave(delivery.attempt)

    def restart(self, worker: Worker) -> None:
        worker.up, worker.joined = True, next(self.joins)
        if self.owned and not worker.member:
            worker.member = True
            self.rebalance()

    # Stops ----------------------------------------------------------------------------------------------

    def stop(self, worker: Worker, stop: Stop) -> None:
        if not worker.up or worker.stopping:
            return
        worker.stopping, worker.back_after_s, worker.stops = True, stop.restart_after_s, worker.stops + 1
        number = worker.stops
        if stop.grace_s is not None:
            still = lambda: worker.stopping and worker.stops == number  # noqa: E731
            kill = lambda: self.crash(worker, stop.restart_after_s, "process")  # noqa: E731
            at = self.now + us(stop.grace_s)
            self.schedule(at, FAULT, (BEGINS, STOP, worker.number), kill, still)
        if not stands_still(worker):
            self.give_back(worker)

    def give_back(self, worker: Worker) -> None:
        """All but what it has in hand; one that has nothing in hand is done."""
        for delivery in self.drop(worker, 1):
            if self.scenario.queue.ack == "before":
                self.gone(delivery.message, "lost")
            elif delivery.message.held_by is delivery:
                self.come_back(delivery.message)
        if not worker.holds:
            self.end_stop(worker)

    def drop(self, worker: Worker, keeps: int) -> list[Delivery]:
        """It does not hold more than so many any longer."""
        dropped, worker.holds = worker.holds[keeps:], worker.holds[:keeps]
        for delivery in dropped:
            delivery.ended = self.now
        return dropped

    def end_stop(self, worker: Worker) -> None:
        worker.up = worker.stopping = False
        if not worker.removed:
            self.leave_group(worker)
        worker.removed = False
        if worker.back_after_s is not None:
            at, ups = self.now + us(worker.back_after_s), worker.ups
            still = lambda: worker.ups == ups  # noqa: E731
            self.schedule(at, FAULT, (ENDS, worker.number), lambda: self.restart(worker), still)

    # Freezes, and workers that are removed ---------------------------------------------------------------

    def freeze(self, worker: Worker, lasts: int) -> None:
        if not worker.up or not lasts:
            return
        until = self.now + lasts
        wakes = lambda: worker.still_since is not None and worker.still_until == self.now  # noqa: E731
        self.schedule(until, FAULT, (ENDS, worker.number), lambda: self.wake(worker), wakes)
        if worker.still_since is not None:
            worker.still_until = max(worker.still_until, until)
            return
        worker.still_since, worker.still_until, since = self.now, until, self.now
        for delivery in worker.holds:
            if delivery.out is None:  # it was renewed, or waits in place
                self.fresh_timeout(delivery)
        detection = self.detection("host")
        if detection is not None:
            missed = lambda: worker.still_since == since  # noqa: E731
            remove = lambda: self.remove(worker, void=False)  # noqa: E731
            self.schedule(self.now + detection, VISIBLE, (MISSED, worker.number), remove, missed)

    def wake(self, worker: Worker) -> None:
        since, worker.still_since, worker.joined = worker.still_since, None, next(self.joins)
        assert since is not None
        if worker.holds:
            self.go_on(worker.holds[0], since)
        if worker.stopping:
            self.give_back(worker)
        elif worker.removed and not worker.holds:
            self.join_again(worker)

    def go_on(self, delivery: Delivery, since: int) -> None:
        """What the worker had in hand when it stood still."""
        attempt, renews = delivery.attempt, self.scenario.workers.renew
        if attempt is not None and attempt.started is not None and attempt.ended is None:
            attempt.ends += self.now - max(since, attempt.started)
            self.schedule_end(attempt)
        if delivery.message.held_by is delivery and (renews or delivery.between_tries):
            delivery.out = None
        rank, put_off, delivery.put_off = delivery.worker.number, delivery.put_off, ""
        still = lambda: delivery.ended is None  # noqa: E731
        if put_off == "begin":
            self.schedule(self.now, WORK_ENDS, (1, rank), lambda: self.begin(delivery), still)
        elif put_off == "try":
            number = delivery.message.number
            self.schedule(self.now, VISIBLE, (number,), lambda: self.try_in_place(delivery), still)

    def remove(self, worker: Worker, void: bool) -> None:
        """Taken for dead, or evicted (*void*): all it holds comes back, and it leaves."""
        if worker.removed:
            return
        worker.removed = True
        for delivery in worker.holds:
            delivery.void = void
            if self.scenario.queue.ack == "after" and delivery.message.held_by is delivery:
                self.come_back(delivery.message)
        self.leave_group(worker)

    def join_again(self, worker: Worker) -> None:
        worker.removed, worker.joined = False, next(self.joins)
        if self.owned and not worker.unnoticed:
            worker.member = True
            self.rebalance()

    # The group that owns the partitions -----------------------------------------------------------------

    def unnoticed_death(self, worker: Worker, detection: int | None) -> None:
        worker.unnoticed = True
        worker.noticed_at = max(worker.noticed_at, inf if detection is None else self.now + detection)
        if detection is None or worker.noticed_at == inf:
            return
        at = int(worker.noticed_at)
        still = lambda: worker.unnoticed and worker.noticed_at == self.now  # noqa: E731
        self.schedule(at, VISIBLE, (BROKER, worker.number), lambda: self.notice(worker), still)

    def leave_group(self, worker: Worker) -> None:
        self.awaited.discard(worker)
        if self.owned and not worker.unnoticed:
            worker.member = False
            self.rebalance()

    def notice(self, worker: Worker) -> None:
        worker.unnoticed, worker.member = False, worker.up and not worker.removed
        self.rebalance()

    def rebalance(self) -> None:
        pause = self.scenario.queue.rebalance
        if pause == "until_idle":
            self.awaited |= {worker for worker in self.workers if worker.holds and not worker.removed}
        else:
            self.pause_until = max(self.pause_until, self.now + us(pause))
            self.schedule(self.pause_until, FAULT, (ENDS, BROKER), lambda: None)  # now workers take again

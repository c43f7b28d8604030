"""A second opinion: the model read once more, plainly, by somebody who has not seen the engine.

It answers scenarios in which nothing is left to chance (constant durations, rates of 0 or 100 %, steady
arrivals, no jitter) with the same figures as the library. Slow and simple on purpose: one heap of what is
to happen, whole microseconds, nothing shared with the engine or its statistics. Read it beside docs/model.md.

Readings, where the text leaves two:

 1. Work that takes no time ends at the instant it starts, in a further round of the same instant. So a
    customer whose patience is over is gone before a thread that is free only now takes the request.
 2. The end of `deliver`, of a publish and of a retry's pause in the request are ends of work (phase 1);
    publishes come last among them. A request that publishes twice in no time does so in one go.
 3. A place at a called service goes to the next in its line at the moment it is free. A crash of the
    worker gives its place free at once, or takes it out of the line.
 4. A window of no length holds no instant: it is no outage.
 5. Whether the broker is down at an instant is asked of the windows. While it is down no worker counts as
    idle for `capacity`, and a publish that began earlier may still end well.
 6. `drop_oldest` drops the front of what would go on waiting: what the idle workers are about to take is
    left to them; then come messages waiting for a retry; the new message is the last candidate.
 7. What waits in the queue when a broker that is not durable goes down is what its depth counts.
 8. The retry delay of a message counts its deliveries, crashes included.
 9. `until_retaken` asks where the message is when the acknowledgement comes, not where it has been.
10. With `ack: before` the work's outcome is known before a crash `after_work`: a success is acknowledged.
11. Idempotent is a property of a step: it looks at the customer's earlier successes of that step.
12. The time-out page is an answer: at its moment `replied` is read, and it counts for `ended_at_s`, as does
    the reply that nobody waits for any more. The end of work is the end of an attempt, if by a crash.
    `error_time_s` is over `error`.
13. A list of arrival times is taken in order of time: customers are numbered as they come.
14. Something is left to happen at `stop_at` when somebody is still to come or to be answered, a worker has
    something in hand, or a message is not gone, even one that would wait for ever.
15. Peaks are read, like depth, after everything at an instant has happened, also when a message becomes
    visible after the last end of anything. `peak_depth_at_s` is null while the peak is 0. Nothing to divide
    by gives null.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush
from itertools import count, pairwise
from math import ceil, isqrt
from typing import Any

from syncasync_sim.model.distributions import Constant, Distribution
from syncasync_sim.model.parts import Step, Window
from syncasync_sim.model.scenario import Mode, Scenario

WORK_ENDS, PUBLISH_ENDS, GIVES_UP, FAULT, VISIBLE, ARRIVES = range(6)
ALIVE = ("visible", "retrying", "in flight")
ENDS, BEGINS = 0, 1  # the order of faults
BROKER = 1 << 40  # after every worker
PERCENTILES = {
    "p50": Fraction(50, 100),
    "p90": Fraction(90, 100),
    "p95": Fraction(95, 100),
    "p99": Fraction(99, 100),
}
Figures = dict[str, Any]
Answer = tuple[str, int | None, int | None, str]


def us(seconds: float) -> int:
    return round(seconds * 1_000_000)


def constant(distribution: Distribution) -> int:
    assert isinstance(distribution, Constant), "a second opinion is for scenarios without chance"
    return us(distribution.value_s)


def inside(window: Window, now: int) -> bool:
    start = us(window.from_s)
    return start <= now and (window.for_s is None or now < start + us(window.for_s))


@dataclass(eq=False)
class Request:
    number: int
    customer: int
    click: int
    arrived: int
    step: int = -1
    tries: int = 0
    began: int | None = None
    ended: int | None = None
    response: str = "none"
    replied: int | None = None
    went_wrong: bool = False  # a step in the request failed for good, or a publish was refused
    succeeded: dict[int, int] = field(default_factory=dict)  # step -> its first success


@dataclass(eq=False)
class Message:
    number: int
    request: Request
    step: int
    published: int
    place: int
    state: str = "visible"  # visible | retrying | in flight | acknowledged | dead_lettered | lost
    deliveries: int = 0
    first_taken: int | None = None
    held_by: Delivery | None = None


@dataclass(eq=False)
class Worker:
    number: int
    up: bool = True
    hands: Delivery | None = None


@dataclass(eq=False)
class Delivery:
    message: Message
    worker: Worker
    number: int
    taken: int
    ended: int | None = None
    attempt: Attempt | None = None


@dataclass(eq=False)
class Attempt:
    owner: Request | Delivery
    step: int
    started: int | None = None
    ended: int | None = None

    @property
    def request(self) -> Request:
        return self.owner if isinstance(self.owner, Request) else self.owner.message.request

    @property
    def rank(self) -> tuple[int, int]:
        return (0, self.owner.number) if isinstance(self.owner, Request) else (1, self.owner.worker.number)


class Simulation:
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
        self.places = count()
        self.deliveries: list[Delivery] = []
        self.workers = [Worker(n) for n in range(1, scenario.workers.count + 1)] if mode == "async" else []
        self.crashes = 0
        self.attempts: list[Attempt] = []
        self.at_service: list[set[Attempt]] = [set() for _ in scenario.steps]
        self.lines: list[deque[Attempt]] = [deque() for _ in scenario.steps]
        self.happened: dict[tuple[str, int], int] = {}  # (effect, customer) -> times
        self.done_for: set[tuple[int, int]] = set()  # (step, customer)
        self.readings: list[tuple[int, int, int, int]] = []  # instant, depth, waiting, busy threads
        for customer, at in enumerate(arrival_times(scenario)):
            self.schedule(at, ARRIVES, (customer,), lambda c=customer: self.arrive(c, 0))  # type: ignore[misc]
        if mode == "async":
            self.schedule_faults()
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
            self.readings.append((self.now, len(self.depth()), len(self.waiting), self.busy_threads))
        self.end = stop if stop is not None and self.is_open() else self.last

    def is_open(self) -> bool:
        """Whether somebody is still to come or to be answered, or something still to be done."""
        to_come = any(phase == ARRIVES for _, phase, *_ in self.heap)
        at_work = self.busy_threads or any(worker.hands for worker in self.workers)
        return bool(to_come or self.waiting or at_work or any(m.state in ALIVE for m in self.messages))

    # Customers and the server ---------------------------------------------------------------------------

    def arrive(self, customer: int, click: int) -> None:
        request = Request(len(self.requests), customer, click, self.now)
        self.requests.append(request)
        server, patience = self.scenario.server, self.scenario.customer.patience_s
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
                self.next_step(request)
        return taken

    def next_step(self, request: Request) -> None:
        request.step, request.tries = request.step + 1, 0
        if request.step == len(self.scenario.steps):
            self.end_request(request, "ok")
        elif self.scenario.background(self.scenario.steps[request.step], self.mode):
            at, started = self.now + constant(self.scenario.queue.publish), self.now
            self.schedule(at, PUBLISH_ENDS, (request.number,), lambda: self.published(request, started))
        else:
            self.ask(Attempt(request, request.step))

    def end_request(self, request: Request, response: str) -> None:
        """The reply is sent and the thread is free, whether or not the customer is still there."""
        request.ended, request.went_wrong, self.last = self.now, response == "error", self.now
        self.busy_threads -= 1
        if request.response == "none":
            self.answer(request, response)

    # Attempts at a step ---------------------------------------------------------------------------------

    def ask(self, attempt: Attempt) -> None:
        if isinstance(attempt.owner, Delivery):
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
        length, succeeds = length_of_attempt(self.scenario.steps[attempt.step], self.now)
        attempt.started = self.now
        self.attempts.append(attempt)
        still = lambda: attempt.ended is None  # noqa: E731
        at = self.now + length
        self.schedule(at, WORK_ENDS, attempt.rank, lambda: self.end_attempt(attempt, succeeds), still)

    def end_attempt(self, attempt: Attempt, succeeds: bool) -> None:
        self.leave(attempt)
        if succeeds:
            self.succeed(attempt.request, attempt.step)
        if isinstance(attempt.owner, Delivery):
            self.end_work(attempt.owner, succeeds)
        elif succeeds:
            self.next_step(attempt.owner)
        else:
            self.retry_in_request(attempt.owner)

    def leave(self, attempt: Attempt) -> None:
        """The attempt is over, or will never be: its place goes to the next in line."""
        attempt.ended = self.now
        if attempt.started is not None:
            self.last = self.now
        if attempt in self.lines[attempt.step]:
            self.lines[attempt.step].remove(attempt)
        self.at_service[attempt.step].discard(attempt)
        self.serve(attempt.step)

    def succeed(self, request: Request, place: int) -> None:
        step, customer = self.scenario.steps[place], request.customer
        request.succeeded.setdefault(place, self.now)
        if step.effect is not None and not (step.idempotent and (place, customer) in self.done_for):
            key = (step.effect, customer)
            self.happened[key] = self.happened.get(key, 0) + 1
        self.done_for.add((place, customer))

    def retry_in_request(self, request: Request) -> None:
        step = self.scenario.steps[request.step]
        request.tries += 1
        most = step.retry.attempts if step.retry.in_request else 1
        if most is not None and request.tries >= most:
            return self.end_request(request, "error")
        at = self.now + retry_delay(step, request.tries)
        again = lambda: self.ask(Attempt(request, request.step))  # noqa: E731
        return self.schedule(at, WORK_ENDS, (0, request.number), again)

    # The queue ------------------------------------------------------------------------------------------

    def visible(self) -> list[Message]:
        return sorted((m for m in self.messages if m.state == "visible"), key=lambda m: m.place)

    def depth(self) -> list[Message]:
        """What waits, in the order in which it would go: visible messages, then those before a retry."""
        return self.visible() + [m for m in self.messages if m.state == "retrying"]

    def broker_down(self, at: int) -> bool:
        return any(inside(window, at) for window in self.scenario.queue.outages)

    def idle(self) -> list[Worker]:
        return [] if self.broker_down(self.now) else [w for w in self.workers if w.up and w.hands is None]

    def published(self, request: Request, started: int) -> None:
        queue, idle = self.scenario.queue, len(self.idle())
        full = queue.capacity is not None and len(self.depth()) - idle >= queue.capacity
        full = full and len(self.visible()) >= idle
        if self.broker_down(started) or (full and queue.when_full == "refuse"):
            return self.end_request(request, "error")
        message = Message(len(self.messages), request, request.step, self.now, next(self.places))
        still_waiting = [*self.visible()[idle:], *self.depth()[len(self.visible()) :], message]
        self.messages.append(message)
        if full:
            self.gone(still_waiting[0], "lost")
        return self.next_step(request)

    def gone(self, message: Message, how: str) -> None:
        if message.state in ALIVE:
            message.state, message.held_by, self.last = how, None, self.now

    def was_last(self, message: Message) -> bool:
        limits = self.scenario.steps[message.step].retry.attempts, self.scenario.queue.max_deliveries
        return any(limit is not None and message.deliveries >= limit for limit in limits)

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

    # Workers --------------------------------------------------------------------------------------------

    def workers_take(self) -> bool:
        taken = False
        for worker, message in zip(self.idle(), self.visible(), strict=False):
            self.take(worker, message)
            taken = True
        return taken

    def take(self, worker: Worker, message: Message) -> None:
        queue, workers = self.scenario.queue, self.scenario.workers
        message.deliveries += 1
        delivery = Delivery(message, worker, message.deliveries, self.now)
        self.deliveries.append(delivery)
        message.state, message.held_by, worker.hands = "in flight", delivery, delivery
        if message.first_taken is None:
            message.first_taken = self.now
        if queue.visibility_timeout is not None and queue.ack == "after":
            self.comes_back_from(delivery, self.now + constant(queue.visibility_timeout))
        if workers.crash_rate == 1 and workers.crash_point == "before_work":
            return self.crash(worker, workers.restart_after_s)
        begin = lambda: self.ask(Attempt(delivery, message.step))  # noqa: E731
        still = lambda: delivery.ended is None  # noqa: E731
        at = self.now + constant(queue.deliver)
        return self.schedule(at, WORK_ENDS, (1, worker.number), begin, still)

    def end_work(self, delivery: Delivery, success: bool) -> None:
        queue, workers, message = self.scenario.queue, self.scenario.workers, delivery.message
        if queue.ack == "before":
            self.gone(message, "acknowledged" if success else "lost")
        if workers.crash_rate == 1 and workers.crash_point == "after_work":
            return self.crash(delivery.worker, workers.restart_after_s)
        self.let_go(delivery)
        if queue.ack == "after":
            return self.acknowledge(delivery) if success else self.fail(delivery)
        return None

    def let_go(self, delivery: Delivery) -> None:
        delivery.ended, delivery.worker.hands = self.now, None

    def acknowledge(self, delivery: Delivery) -> None:
        message, late_ack = delivery.message, self.scenario.queue.late_ack
        in_time, in_flight = message.held_by is delivery, message.held_by is not None
        if in_time or late_ack == "accepted" or (late_ack == "until_retaken" and not in_flight):
            self.gone(message, "acknowledged")

    def fail(self, delivery: Delivery) -> None:
        message = delivery.message
        if message.held_by is not delivery or self.scenario.queue.failure == "timeout":
            return None  # too late to matter, or the visibility timeout will bring it back
        if self.was_last(message):
            return self.give_up(message)
        message.state, message.held_by = "retrying", None
        at = self.now + retry_delay(self.scenario.steps[message.step], message.deliveries)
        still = lambda: message.state == "retrying"  # noqa: E731
        return self.schedule(at, VISIBLE, (message.number,), lambda: self.come_back(message), still)

    # Faults ---------------------------------------------------------------------------------------------

    def schedule_faults(self) -> None:
        for crash in self.scenario.workers.crashes:
            worker, after = self.workers[crash.worker - 1], crash.restart_after_s
            action = lambda w=worker, a=after: self.crash(w, a)  # noqa: E731
            self.schedule(us(crash.at_s), FAULT, (BEGINS, worker.number), action)
        for window in self.scenario.queue.outages:
            if window.for_s == 0:
                continue
            self.schedule(us(window.from_s), FAULT, (BEGINS, BROKER), self.broker_goes_down)
            if window.for_s is not None:
                until = us(window.from_s) + us(window.for_s)
                self.schedule(until, FAULT, (ENDS, BROKER), lambda: None)  # now workers take again

    def broker_goes_down(self) -> None:
        if not self.scenario.queue.durable:
            for message in self.depth():
                self.gone(message, "lost")

    def crash(self, worker: Worker, restart_after_s: float | None) -> None:
        if not worker.up:
            return
        worker.up, delivery, queue = False, worker.hands, self.scenario.queue
        self.crashes += 1
        if restart_after_s is not None:
            back = lambda: setattr(worker, "up", True)  # noqa: E731
            self.schedule(self.now + us(restart_after_s), FAULT, (ENDS, worker.number), back)
        if delivery is None:
            return
        self.let_go(delivery)
        if delivery.attempt is not None and delivery.attempt.ended is None:
            self.leave(delivery.attempt)
        if queue.ack == "before":
            self.gone(delivery.message, "lost")
        elif queue.crash_detection is not None:
            self.comes_back_from(delivery, self.now + constant(queue.crash_detection))

    # What is counted ------------------------------------------------------------------------------------

    def work(self, request: Request) -> str:
        states = {m.state for m in self.messages if m.request is request}
        if len(request.succeeded) == len(self.scenario.steps):
            return "completed"
        if request.went_wrong or request.began is None:
            return "failed"
        return next((fate for fate in ("lost", "dead_lettered") if fate in states), "unfinished")

    def answers(self) -> dict[tuple[int, int], Answer]:
        """Per (customer, click): response, when it came, when all was done, what became of the work."""
        table: dict[tuple[int, int], Answer] = {}
        for r in self.requests:
            work = self.work(r)
            completed = max(r.succeeded.values()) if work == "completed" else None
            table[r.customer, r.click] = (r.response, r.replied, completed, work)
        return table

    def figures(self) -> Figures:
        """The figures of one design, under the names of the JSON."""
        start = us(self.scenario.warm_up_s)
        counted = {r.customer for r in self.requests if r.click == 0 and r.arrived >= start}
        requests = [r for r in self.requests if r.customer in counted]
        answers = self.answers()
        of = {r.number: answers[r.customer, r.click] for r in requests}
        works, responses = [a[3] for a in of.values()], [r.response for r in requests]
        effects = {s.effect: 0 for s in self.scenario.steps if s.effect is not None}
        duplicates = dict(effects)
        for (effect, customer), times in self.happened.items():
            if customer in counted:
                effects[effect] += times
                duplicates[effect] += times - 1
        service = sum(
            (self.end if a.ended is None else a.ended) - a.started
            for a in self.attempts
            if a.request.customer in counted and a.started is not None
        )
        threads = self.scenario.server.threads
        intervals = [(r.began, r.ended) for r in self.requests if r.began is not None]
        return {
            "requests": len(requests),
            "customers": len(counted),
            "responses": {n: responses.count(n) for n in ("ok", "error", "timed_out", "rejected", "none")},
            "work": {
                n: works.count(n) for n in ("completed", "failed", "dead_lettered", "lost", "unfinished")
            },
            "response_time_s": stats(
                [r.replied - r.arrived for r in requests if r.replied is not None and r.response == "ok"]
            ),
            "error_time_s": stats(
                [r.replied - r.arrived for r in requests if r.replied is not None and r.response == "error"]
            ),
            "completion_time_s": stats(
                [done - r.arrived for r in requests if (done := of[r.number][2]) is not None]
            ),
            "phantom_errors": sum(
                r.response in ("error", "timed_out", "rejected")
                and any(self.scenario.steps[step].effect is not None for step in r.succeeded)
                for r in requests
            ),
            "effects": effects,
            "duplicates": duplicates,
            "service_time_s": service / 1e6,
            "server": {
                "threads": threads,
                "utilisation": self.utilisation(intervals, threads or 0),
                "peak_waiting": max((level for _, level in self.levels(2)), default=0),
                "peak_busy": max((level for _, level in self.levels(3)), default=0),
            },
            "queue": self.queue_figures(counted) if self.mode == "async" else None,
            "workers": self.worker_figures() if self.mode == "async" else None,
            "ended_at_s": self.last / 1e6,
        }

    def queue_figures(self, counted: set[int]) -> Figures:
        messages = [m for m in self.messages if m.request.customer in counted]
        deliveries = [d for d in self.deliveries if d.message.request.customer in counted]
        levels = self.levels(1)
        peak = max((level for _, level in levels), default=0)
        first = next((at for at, level in levels if level == peak and peak), None)
        fell = [at for (_, before), (at, level) in pairwise(levels) if before and not level]
        waits = [m.first_taken - m.published for m in messages if m.first_taken is not None]
        steps = pairwise([*levels, (self.end, 0)])  # what happens after the end weighs nothing
        area = sum(level * (min(until, self.end) - min(at, self.end)) for (at, level), (until, _) in steps)
        observed = self.end - us(self.scenario.warm_up_s)
        return {
            "published": len(messages),
            "delivered": len(deliveries),
            "redelivered": sum(d.number > 1 for d in deliveries),
            "dead_lettered": sum(m.state == "dead_lettered" for m in messages),
            "lost": sum(m.state == "lost" for m in messages),
            "peak_depth": peak,
            "peak_depth_at_s": None if first is None else first / 1e6,
            "mean_depth": area / observed if observed > 0 else None,
            "empty_at_s": fell[-1] / 1e6 if fell else None,
            "max_wait_s": max(waits) / 1e6 if waits else None,
        }

    def worker_figures(self) -> Figures:
        intervals = [(d.taken, d.ended) for d in self.deliveries]
        size = len(self.workers)
        return {"count": size, "utilisation": self.utilisation(intervals, size), "crashes": self.crashes}

    def utilisation(self, intervals: list[tuple[int, int | None]], size: int) -> float | None:
        start = us(self.scenario.warm_up_s)
        clipped = [max((self.end if to is None else to) - max(begin, start), 0) for begin, to in intervals]
        return sum(clipped) / (size * (self.end - start)) if size and self.end > start else None

    def levels(self, which: int) -> list[tuple[int, int]]:
        """The readings of one level from the end of the warm-up on, the one it begins with first."""
        start = us(self.scenario.warm_up_s)
        if start > self.end:
            return []
        before = [reading[which] for reading in self.readings if reading[0] <= start]
        after = [(reading[0], reading[which]) for reading in self.readings if start < reading[0]]
        return [(start, before[-1] if before else 0), *after]


def length_of_attempt(step: Step, start: int) -> tuple[int, bool]:
    """How long an attempt that starts now takes, and whether it succeeds."""
    factor = 1.0
    for slowdown in step.slowdowns:
        if inside(slowdown, start):
            factor *= slowdown.factor
    length = round(constant(step.duration) * factor)
    fails = step.failure_rate == 1 or any(inside(outage, start) for outage in step.outages)
    if fails and step.fails_after_s is not None:
        length = us(step.fails_after_s)
    if step.timeout_s is not None and length > us(step.timeout_s):
        return us(step.timeout_s), False
    return length, not fails


def retry_delay(step: Step, tries: int) -> int:
    retry = step.retry
    return us(min(retry.delay_s * retry.factor ** (tries - 1), retry.max_delay_s))


def arrival_times(scenario: Scenario) -> Iterator[int]:
    """Customer k comes when the cumulative rate has reached k."""
    traffic = scenario.traffic
    if traffic.requests is not None:
        yield from [0] * traffic.requests
    elif traffic.at_s is not None:
        yield from sorted(map(us, traffic.at_s))
    elif traffic.rate_per_s is not None and traffic.for_s is not None:
        yield from at_rates([(traffic.rate_per_s, traffic.rate_per_s, us(traffic.for_s))])
    else:
        phases = traffic.phases or ()
        rates = [p.ramp_per_s or (p.rate_per_s or Fraction(0),) * 2 for p in phases]
        yield from at_rates([(r[0], r[1], us(p.for_s)) for r, p in zip(rates, phases, strict=True)])


def at_rates(phases: list[tuple[Fraction, Fraction, int]]) -> Iterator[int]:
    begin, reached, customer = 0, Fraction(0), 0
    for first, last, lasts in phases:
        grows = (first + last) / 2 * Fraction(lasts, 1_000_000)
        while customer < reached + grows:
            more, slope = customer - reached, (last - first) * 1_000_000 / lasts  # per second, per second
            if slope == 0:
                seconds = more / first
            else:  # the root of first x + slope x^2 / 2 = more
                seconds = (square_root(first**2 + 2 * slope * more) - first) / slope
            yield begin + round(seconds * 1_000_000)
            customer += 1
        begin, reached = begin + lasts, reached + grows


def square_root(value: Fraction) -> Fraction:
    """To far more digits than a microsecond needs."""
    scale = 10**20
    return Fraction(isqrt(value.numerator * scale**2 // value.denominator), scale)


def stats(times: list[int]) -> Figures | None:
    if not times:
        return None
    ordered, n = sorted(times), len(times)
    nearest = {name: ordered[ceil(p * n) - 1] / 1e6 for name, p in PERCENTILES.items()}
    ends = {"min": ordered[0] / 1e6, "max": ordered[-1] / 1e6}
    return {"count": n, "mean": sum(times) / n / 1e6, **ends, **nearest}

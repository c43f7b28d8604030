"""The web server and its customers: arrivals, threads, a request's steps, responses, second clicks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count, takewhile
from typing import Protocol

from syncasync_sim.engine.abandoned_calls import AbandonedCalls
from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import (
    ABANDONMENT,
    ARRIVAL,
    PUBLISH_ENDS,
    SERVICE_ENDS,
    Event,
)
from syncasync_sim.engine.sure_steps import SureSteps
from syncasync_sim.model.attempts import OK, TIMED_OUT, AttemptSampler, DurationSampler
from syncasync_sim.model.quantities import to_us
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, ServerOutcome

_DONE = int(ServerOutcome.DONE)
_FAILED = int(ServerOutcome.FAILED)
_REFUSED = int(ServerOutcome.REFUSED)
_RESPONSE_OK = int(ResponseStatus.OK)
_RESPONSE_ERROR = int(ResponseStatus.ERROR)


class Arrival(Event):
    """A customer's first click, or a further one, that is still to come."""

    __slots__ = ("click", "customer")

    def __init__(self, customer: int, click: int) -> None:
        self.customer = customer
        self.click = click


class ActiveRequest(Event):
    """One request while it is open: where it is in the steps, and whether its customer still waits."""

    __slots__ = (
        "abandoned",
        "answered",
        "attempt",
        "click",
        "customer",
        "end",
        "index",
        "refused",
        "step",
        "thread",
    )

    def __init__(self, index: int, customer: int, click: int) -> None:
        self.index = index
        self.customer = customer
        self.click = click
        self.step = 0
        self.attempt = 1
        self.thread = 0
        self.end = _DONE
        self.answered = False
        self.refused = False
        self.abandoned = NEVER  # the row of the attempt in hand, if its service will work on for nobody


class Abandonment(Event):
    """The moment at which a customer's patience with a request is over."""

    __slots__ = ("request",)

    def __init__(self, request: ActiveRequest) -> None:
        self.request = request


class Publishing(Protocol):
    """Where the web server's messages go: the queue, or the outbox."""

    def is_down(self, at: int) -> bool:
        """Whether a message whose publishing begins at a time is refused, whatever happens.

        Args:
            at: the time, in microseconds.
        """
        ...

    def publish(self, request: int, customer: int, click: int, step: int, now: int) -> bool:
        """Accept a message at the end of its publishing; False if it is refused.

        Args:
            request: the row of the request.
            customer: the number of the customer.
            click: the number of the click, from 0.
            step: the index of the step.
            now: the time, in microseconds.
        """
        ...

    def forget(self, request: int, step: int, now: int) -> bool:
        """Whether the request goes on without its refused message.

        Args:
            request: the row of the request.
            step: the index of the step.
            now: the time, in microseconds.
        """
        ...


class WebServer:
    """Takes requests first in, first out, one thread each, and does the steps that belong to the request."""

    def __init__(self, context: RunContext, queue: Publishing, arrivals: Iterator[int]) -> None:
        """*queue*: where its messages go; *arrivals*: when each customer comes, in microseconds."""
        scenario, mode = context.scenario, context.mode
        self._env = context.env
        self._recorder = context.recorder
        self._attempts = context.attempts
        self._services = context.services
        self._abandoned_calls = AbandonedCalls(context)
        self._goes_on = [step.on_failure == "continue" for step in scenario.steps]
        self._queue = queue
        self._arrivals = arrivals
        self._may_be_down = mode == "async" and bool(scenario.queue.outages)
        is_published = [scenario.background(step, mode) for step in scenario.steps]
        self._publish_us = [
            DurationSampler(scenario.queue.publish_in_request, context.draws, "publish", step.name)
            if published
            else None
            for published, step in zip(is_published, scenario.steps, strict=True)
        ]
        self._last = len(scenario.steps)
        # A thread does these steps without meeting anybody.
        self._is_uncontended = [
            not published and service is None
            for published, service in zip(is_published, self._services, strict=True)
        ] + [False]
        self._sure_steps = SureSteps(self._first_that_never_fail(), self._recorder)
        self._threads = float("inf") if scenario.server.threads is None else scenario.server.threads
        self._backlog = float("inf") if scenario.server.backlog is None else scenario.server.backlog
        self._drop_expired = scenario.server.drop_expired
        patience = scenario.customer.patience_s
        self._patience = None if patience is None else to_us(patience)
        self._stop_at = float("inf") if scenario.stop_at_s is None else to_us(scenario.stop_at_s)
        self._resubmits = scenario.customer.resubmits
        self._resubmit_after = to_us(scenario.customer.resubmit_after_s)
        self.waiting: deque[ActiveRequest] = deque()
        self._busy = 0
        self._free_threads: list[int] = []  # a heap of numbers that were used before and are free again
        self._new_thread = count(1)
        self.arrived = 0
        self._next_first_click = Arrival(-1, 0)
        self._scheduled_arrivals = 0
        self._arrives: Callable[[Arrival], None] = self._arrive

    def _first_that_never_fail(self) -> list[AttemptSampler]:
        """The first steps, as far as none can fail or meets anybody."""
        if any(attempt.service_works_on for attempt in self._attempts):
            return []  # what works on names its attempt by the row: each is written down at once
        steps = zip(self._attempts, self._is_uncontended, strict=False)
        sure = takewhile(lambda step: step[0].never_fails and step[1], steps)
        return [attempt for attempt, _ in sure]

    @property
    def is_open(self) -> bool:
        """Whether a customer is still to come, waits, or is being served."""
        return bool(self._scheduled_arrivals or self.waiting or self._busy)

    def before_arrivals(self, callback: Callable[[], None]) -> None:
        """Let something happen before each click arrives.

        Args:
            callback: what is called each time.
        """
        arrives = self._arrives

        def arrives_after(arrival: Arrival) -> None:
            callback()
            arrives(arrival)

        self._arrives = arrives_after

    # -- arriving ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Let the first customer come."""
        self._scheduled_arrivals += self._schedule_next_customer()

    def _schedule_next_customer(self) -> bool:
        """Schedule the first click of the next customer; False if there is none."""
        at = next(self._arrivals, None)
        if at is None:
            return False
        arrival = self._next_first_click
        arrival.customer += 1
        self._env.schedule_at(at, ARRIVAL + arrival.customer, arrival, self._arrives)
        return True

    def _arrive(self, arrival: Arrival) -> None:
        now = self._env.now_us
        customer, click = arrival.customer, arrival.click
        self._note_arrival(click)
        request = ActiveRequest(self._recorder.request(customer, click, now), customer, click)
        # Rejected: as many wait as there are free threads plus slots in the backlog.
        if len(self.waiting) >= self._threads - self._busy + self._backlog:
            self._recorder.ended(request.index, now, ServerOutcome.REJECTED)
            self._respond_with_failure(request, now, ResponseStatus.REJECTED)
            self._env.request_dispatch()
            return
        if self._patience is not None:
            priority = ABANDONMENT + request.index
            self._env.schedule_at(now + self._patience, priority, Abandonment(request), self._abandon)
        if not self.waiting and self._busy < self._threads and self._env.is_quiet():
            self._begin(request, now)
        else:
            self.waiting.append(request)
            self._env.request_dispatch()

    def _note_arrival(self, click: int) -> None:
        self.arrived += 1
        if click or not self._schedule_next_customer():
            self._scheduled_arrivals -= 1

    def dispatch(self) -> None:
        """Give waiting requests to free threads: first in, first out, the lowest thread number first."""
        while self.waiting and self._busy < self._threads:
            request = self.waiting.popleft()
            if request.answered and self._drop_expired:
                self._recorder.ended(request.index, self._env.now_us, ServerOutcome.EXPIRED)
            else:
                self._begin(request, self._env.now_us)

    def _begin(self, request: ActiveRequest, now: int) -> None:
        self._busy += 1
        request.thread = heappop(self._free_threads) if self._free_threads else next(self._new_thread)
        self._recorder.began(request.index, now, request.thread)
        if self._sure_steps.count and not request.click:
            request.step = self._sure_steps.count
            now += self._sure_steps.begin(request.index, request.customer)
        self._go_on(request, now)

    def write_attempts(self) -> None:
        """Write down the attempts that were settled ahead."""
        self._sure_steps.write_attempts()

    # -- the steps of a request -------------------------------------------------------------------

    def _go_on(self, request: ActiveRequest, at: int) -> None:
        """Do, from *at* on, all steps up to the next contention, and schedule that."""
        if self._is_uncontended[request.step]:
            at = self._do_uncontended(request, at)
        step = request.step
        if step == self._last or at > self._stop_at:
            self._env.schedule_at(at, SERVICE_ENDS + request.index, request, self._respond)
        elif (publish_us := self._publish_us[step]) is not None:
            if self._may_be_down:
                request.refused = self._queue.is_down(at)
            if publish_us.constant != 0:
                at += publish_us(request.customer, request.click, 1)
            self._env.schedule_at(at, PUBLISH_ENDS + request.index, request, self._end_publish)
        else:
            self._env.schedule_at(at, SERVICE_ENDS + request.index, request, self._request_slot)

    def _do_uncontended(self, request: ActiveRequest, at: int) -> int:
        """Do, from *at* on, the steps in which a thread meets nobody, and return when they are over.

        Nothing can interrupt a thread in such a stretch, so its attempts are recorded at once.
        """
        record, customer, step = self._recorder.add_attempt, request.customer, request.step
        while self._is_uncontended[step] and at <= self._stop_at:
            attempt = self._attempts[step]
            length, outcome = attempt(customer, request.click, request.attempt, at)
            end = at + length
            record((request.index, step, request.attempt, request.thread, at, end, outcome))
            if outcome == OK:
                step += 1
                request.attempt = 1
            else:
                if outcome == TIMED_OUT and attempt.service_works_on:
                    self._give_up(request, self._recorder.last_attempt, step, at)
                if (delay := self._retry_delay(request, step)) is None:
                    step = self._step_after_failure(request, step)
                else:
                    end += delay
            at = end
        request.step = step
        return at

    def _retry_delay(self, request: ActiveRequest, step: int) -> int | None:
        """After a failed attempt: microseconds until the next; None if the request has failed with it."""
        delay = self._attempts[step].delay_in_request(request.customer, request.click, request.attempt)
        if delay is None:
            request.end = _FAILED
        else:
            request.attempt += 1
        return delay

    def _step_after_failure(self, request: ActiveRequest, step: int) -> int:
        """The step that comes when this one has failed for good; none, if that ends the request."""
        if not self._goes_on[step]:
            return self._last
        request.end, request.attempt = _DONE, 1
        return step + 1

    def _give_up(self, request: ActiveRequest, attempt: int, step: int, started: int) -> None:
        """The attempt is cut at its time-out, and its service works on."""
        call = request.customer, request.click, request.attempt
        self._abandoned_calls.begin(attempt, step, call, started, self._services[step])

    def _request_slot(self, request: ActiveRequest) -> None:
        """Request a slot of the called service; the attempt starts when there is one."""
        service = self._services[request.step]
        assert service is not None
        service.request(request, self._start_in_slot)

    def _start_in_slot(self, request: ActiveRequest) -> None:
        """An attempt at a called service, in its slot."""
        now = self._env.now_us
        attempt = self._attempts[request.step]
        length, outcome = attempt(request.customer, request.click, request.attempt, now)
        end = now + length
        self._recorder.add_attempt(
            (request.index, request.step, request.attempt, request.thread, now, end, outcome)
        )
        request.end = _DONE if outcome == OK else _FAILED
        if outcome == TIMED_OUT and attempt.service_works_on:
            request.abandoned = self._recorder.last_attempt
        self._env.schedule_at(end, SERVICE_ENDS + request.index, request, self._end_service)

    def _end_service(self, request: ActiveRequest) -> None:
        """An attempt at a called service is over: its slot is free for the next caller, or will be."""
        service = self._services[request.step]
        assert service is not None
        now = self._env.now_us
        if request.abandoned == NEVER:
            service.release()
        else:
            started = now - self._attempts[request.step].timeout_us
            self._give_up(request, request.abandoned, request.step, started)
            request.abandoned = NEVER
        if request.end == _DONE:
            request.step += 1
            request.attempt = 1
            self._go_on(request, now)
        elif (delay := self._retry_delay(request, request.step)) is not None:
            request.end = _DONE
            self._go_on(request, now + delay)
        else:
            request.step = self._step_after_failure(request, request.step)
            if request.step == self._last:
                self._respond(request)
            else:
                self._go_on(request, now)

    def _end_publish(self, request: ActiveRequest) -> None:
        """The broker has answered the publisher."""
        now = self._env.now_us
        is_published = not request.refused and self._queue.publish(
            request.index, request.customer, request.click, request.step, now
        )
        if not is_published and not self._queue.forget(request.index, request.step, now):
            request.end = _REFUSED
            self._respond(request)
            return
        request.step += 1
        if request.step == self._last:
            self._respond(request)
        else:
            self._go_on(request, now)
            self._env.request_dispatch()

    # -- answering --------------------------------------------------------------------------------

    def _respond(self, request: ActiveRequest) -> None:
        """The thread is done with the request: it responds, if its customer still waits, and is free."""
        now = self._env.now_us
        self._busy -= 1
        heappush(self._free_threads, request.thread)
        if request.answered:
            self._recorder.ended(request.index, now, request.end)
        elif request.end == _DONE:
            request.answered = True
            self._recorder.answered(request.index, now, _RESPONSE_OK, _DONE)
        else:
            self._recorder.ended(request.index, now, request.end)
            self._respond_with_failure(request, now, _RESPONSE_ERROR)
        self._env.request_dispatch()

    def _abandon(self, abandonment: Abandonment) -> None:
        if not abandonment.request.answered:
            self._respond_with_failure(abandonment.request, self._env.now_us, ResponseStatus.TIMED_OUT)

    def _respond_with_failure(self, request: ActiveRequest, now: int, response: int) -> None:
        """The customer sees anything but success, and clicks again, if they may."""
        request.answered = True
        self._recorder.replied(request.index, now, response)
        if request.click < self._resubmits:
            next_click = Arrival(request.customer, request.click + 1)
            self._scheduled_arrivals += 1
            priority = ARRIVAL + request.customer
            self._env.schedule_at(now + self._resubmit_after, priority, next_click, self._arrives)

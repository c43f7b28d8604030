"""The web server and the customers before it: arrivals, threads, a request's steps, replies, clicks."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from syncasync_sim.engine.clock import ARRIVES, GIVES_UP, PUBLISHED, WORK_ENDS, Calls, Clock, Happening
from syncasync_sim.engine.queue import Queue
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.engine.service import Service
from syncasync_sim.errors import RunTooLongError
from syncasync_sim.model.attempts import OK, Attempts, Lengths, to_us
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import End, Response

MOST_ATTEMPTS = 100_000
"""A step tried this often in one request will not come to an end in a lesson."""
_DONE, _FAILED, _REFUSED = int(End.DONE), int(End.FAILED), int(End.REFUSED)
_REPLY_OK, _REPLY_ERROR = int(Response.OK), int(Response.ERROR)


class Arrival(Happening):
    """A customer's first click, or a further one, that is still to come."""

    __slots__ = ("click", "customer")

    def __init__(self, customer: int, click: int) -> None:
        self.customer, self.click = customer, click


class Click(Happening):
    """One request while it is alive: where it is in the steps, and whether its customer still waits."""

    __slots__ = ("answered", "attempt", "click", "customer", "end", "index", "refused", "step", "thread")

    def __init__(self, index: int, customer: int, click: int) -> None:
        self.index, self.customer, self.click = index, customer, click
        self.step, self.attempt, self.thread = 0, 1, 0
        self.end, self.answered, self.refused = _DONE, False, False


class Patience(Happening):
    """The moment a customer gives up on a click."""

    __slots__ = ("click",)

    def __init__(self, click: Click) -> None:
        self.click = click


class Server:
    """Takes requests in FIFO order, one thread each, and does the steps that belong to the request."""

    def __init__(
        self,
        scenario: Scenario,
        mode: Mode,
        draws: Draws,
        clock: Clock,
        recorder: Recorder,
        queue: Queue,
        attempts: list[Attempts],
        services: list[Service | None],
        arrivals: Iterator[tuple[int, int]],
    ) -> None:
        self._clock, self._recorder, self._queue = clock, recorder, queue
        self._attempts, self._services, self._arrivals = attempts, services, arrivals
        publishes = [scenario.background(step, mode) for step in scenario.steps]
        self._publish_us = [
            Lengths(scenario.queue.publish, draws, "publish", step.name) if publishes[place] else None
            for place, step in enumerate(scenario.steps)
        ]
        # A thread goes through these steps on its own, without meeting anybody.
        self._alone = [not p and s is None for p, s in zip(publishes, services, strict=True)]
        self._threads = float("inf") if scenario.server.threads is None else scenario.server.threads
        self._backlog = float("inf") if scenario.server.backlog is None else scenario.server.backlog
        self._drop_expired = scenario.server.drop_expired
        patience = scenario.customer.patience_s
        self._patience = None if patience is None else to_us(patience)
        self._stop_at = float("inf") if scenario.stop_at_s is None else to_us(scenario.stop_at_s)
        self._resubmits = scenario.customer.resubmits
        self._resubmit_after = to_us(scenario.customer.resubmit_after_s)
        self.waiting: deque[Click] = deque()
        self._busy = 0
        self._free_threads: list[int] = []  # numbers once used and free again, as a heap
        self._new_thread = count(1)
        self.arrived = 0
        self._to_come = 0  # arrivals on the clock
        self._arrives: Calls = [self._arrive]
        self._replies: Calls = [self._reply]
        self._publishes: Calls = [self._published]
        self._asks: Calls = [self._ask]
        self._leaves: Calls = [self._leave]
        self._gives_up: Calls = [self._give_up]

    @property
    def is_open(self) -> bool:
        """Whether somebody is still to come, waits, or is being served."""
        return bool(self._to_come or self.waiting or self._busy)

    # -- arriving ---------------------------------------------------------------------------------

    def expect_next(self) -> None:
        """Let the clock call when the next customer comes."""
        for customer, at in self._arrivals:
            self._expect(Arrival(customer, 0), at)
            return

    def _expect(self, arrival: Arrival, at: int) -> None:
        self._to_come += 1
        self._clock.at(at, ARRIVES + arrival.customer, arrival, self._arrives)

    def _arrive(self, arrival: Arrival) -> None:
        if not arrival.click:
            self.expect_next()
        now = self._clock.now_us
        self.arrived += 1
        self._to_come -= 1
        customer, number = arrival.customer, arrival.click
        click = Click(self._recorder.request(customer, number, now), customer, number)
        # Rejected: as many wait as there are free threads plus places in the backlog.
        if len(self.waiting) >= self._threads - self._busy + self._backlog:
            self._recorder.ended(click.index, now, End.REJECTED)
            self._let_down(click, now, Response.REJECTED)
            self._clock.take_soon()
            return
        if self._patience is not None:
            self._clock.at(now + self._patience, GIVES_UP + click.index, Patience(click), self._gives_up)
        if not self.waiting and self._busy < self._threads and self._clock.is_quiet():
            self._begin(click, now)
        else:
            self.waiting.append(click)
            self._clock.take_soon()

    def take(self) -> None:
        """Free threads take what waits, in FIFO order, lowest number first."""
        while self.waiting and self._busy < self._threads:
            click = self.waiting.popleft()
            if click.answered and self._drop_expired:
                self._recorder.ended(click.index, self._clock.now_us, End.EXPIRED)
            else:
                self._begin(click, self._clock.now_us)

    def _begin(self, click: Click, now: int) -> None:
        self._busy += 1
        click.thread = heappop(self._free_threads) if self._free_threads else next(self._new_thread)
        self._recorder.began(click.index, now, click.thread)
        self._go_on(click, now)

    # -- the steps of a request -------------------------------------------------------------------

    def _go_on(self, click: Click, at: int) -> None:
        """Do, from *at* on, all that the thread can do on its own; the clock calls when it meets others.

        Nothing can strike a thread inside such a stretch, so its attempts are written down at once.
        """
        alone, attempts = self._alone, self._attempts
        write_down, pack = self._recorder.add_attempt, self._recorder.pack_attempt
        customer, step, last = click.customer, click.step, len(alone)
        while step < last and alone[step] and at <= self._stop_at:
            doing = attempts[step]
            if doing.never_fails:
                length, outcome = doing.length(customer, click.click, click.attempt), OK
            else:
                length, outcome = doing(customer, click.click, click.attempt, at)
            end = at + length
            write_down(pack(click.index, step, click.attempt, click.thread, at, end, outcome))
            at = end
            if outcome == OK:
                step += 1
                click.attempt = 1
            elif (delay := self._retry_delay(click, step)) is None:
                step = last
            else:
                at += delay
        click.step = step
        if step == last or at > self._stop_at:
            self._clock.at(at, WORK_ENDS + click.index, click, self._replies)
        elif (publish_us := self._publish_us[step]) is not None:
            click.refused = self._queue.is_down(at)
            at += publish_us(customer, click.click, 1)
            self._clock.at(at, PUBLISHED + click.index, click, self._publishes)
        else:
            self._clock.at(at, WORK_ENDS + click.index, click, self._asks)

    def _retry_delay(self, click: Click, step: int) -> int | None:
        """After a failed attempt: how long until the next; None, if the request has failed with it."""
        attempts = self._attempts[step]
        if not attempts.retry.in_request or attempts.is_last(click.attempt):
            click.end = _FAILED
            return None
        if click.attempt >= MOST_ATTEMPTS:
            raise RunTooLongError(f"a step was tried {MOST_ATTEMPTS:,} times in one request")
        click.attempt += 1
        return attempts.retry_delay(click.customer, click.click, click.attempt - 1)

    def _ask(self, click: Click) -> None:
        """Ask the called service for a slot; the attempt starts when there is one."""
        service = self._services[click.step]
        assert service is not None
        service.ask(click, self._start)

    def _start(self, click: Click) -> None:
        """An attempt at a called service, in its slot."""
        now = self._clock.now_us
        length, outcome = self._attempts[click.step](click.customer, click.click, click.attempt, now)
        end = now + length
        self._recorder.attempt(click.index, click.step, click.attempt, click.thread, now, end, outcome)
        click.end = _DONE if outcome == OK else _FAILED
        self._clock.at(end, WORK_ENDS + click.index, click, self._leaves)

    def _leave(self, click: Click) -> None:
        """An attempt at a called service is over: its slot is free for the next in line."""
        service = self._services[click.step]
        assert service is not None
        service.leave()
        now = self._clock.now_us
        if click.end == _DONE:
            click.step, click.attempt = click.step + 1, 1
            self._go_on(click, now)
        elif (delay := self._retry_delay(click, click.step)) is None:
            self._reply(click)
        else:
            click.end = _DONE
            self._go_on(click, now + delay)

    def _published(self, click: Click) -> None:
        """The broker has answered the publisher."""
        now = self._clock.now_us
        if click.refused or not self._queue.offer(click.index, click.customer, click.click, click.step, now):
            click.end = _REFUSED
            self._reply(click)
            return
        click.step += 1
        if click.step == len(self._alone):
            self._reply(click)
        else:
            self._go_on(click, now)
            self._clock.take_soon()

    # -- answering --------------------------------------------------------------------------------

    def _reply(self, click: Click) -> None:
        """The thread is done with the request: it replies, if somebody still waits, and is free."""
        now = self._clock.now_us
        self._busy -= 1
        heappush(self._free_threads, click.thread)
        if click.answered:
            self._recorder.ended(click.index, now, click.end)
        elif click.end == _DONE:
            click.answered = True
            self._recorder.answered(click.index, now, _REPLY_OK, _DONE)
        else:
            self._recorder.ended(click.index, now, click.end)
            self._let_down(click, now, _REPLY_ERROR)
        self._clock.take_soon()

    def _give_up(self, patience: Patience) -> None:
        if not patience.click.answered:
            self._let_down(patience.click, self._clock.now_us, Response.TIMED_OUT)

    def _let_down(self, click: Click, now: int, response: int) -> None:
        """The customer sees anything but success, and clicks again, if they may."""
        click.answered = True
        self._recorder.replied(click.index, now, response)
        if click.click < self._resubmits:
            self._expect(Arrival(click.customer, click.click + 1), now + self._resubmit_after)

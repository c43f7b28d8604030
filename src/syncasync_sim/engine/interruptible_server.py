"""The web server that ends requests before they end by themselves: at its time-out, and when it goes down."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappush
from sys import maxsize

from syncasync_sim.engine.called_service import CalledService
from syncasync_sim.engine.context import RunContext
from syncasync_sim.engine.environment import KILL, Event
from syncasync_sim.engine.sure_steps import SureSteps
from syncasync_sim.engine.web_server import ActiveRequest, Arrival, Publishing, WebServer
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.quantities import to_us
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, ServerOutcome

_CLOSED, _CUT, _KILLED = int(ServerOutcome.CLOSED), int(ServerOutcome.CUT), int(ServerOutcome.KILLED)
_CRASHED, _TIMED_OUT = int(AttemptOutcome.CRASHED), int(AttemptOutcome.TIMED_OUT)
_ERROR = int(ResponseStatus.ERROR)
_NO_ATTEMPT = -1


class Kill(Event):
    """The moment at which the server's time-out for a request is over."""

    __slots__ = ("request",)

    def __init__(self, request: ActiveRequest) -> None:
        self.request = request


class InterruptibleServer(WebServer):
    """A web server that does one attempt after the other, so that each may be cut.

    The plain server writes down a stretch of attempts at once. Here every step has a called service, one
    without a limit where the scenario names none: then each attempt is an event of its own.
    """

    def __init__(self, context: RunContext, queue: Publishing, arrivals: Iterator[int]) -> None:
        """*queue*: where its messages go; *arrivals*: when each customer comes, in microseconds."""
        super().__init__(context, queue, arrivals)
        self._is_uncontended = [False] * len(self._is_uncontended)
        self._sure_steps = SureSteps([], self._recorder)
        self._services = tuple(service or CalledService(maxsize) for service in self._services)
        timeout = context.scenario.server.timeout_s
        self._timeout = None if timeout is None else to_us(timeout)
        self._is_down = False
        self._attempts_in_hand: dict[ActiveRequest, int] = {}
        """Per request in a thread: the row of the attempt that goes on."""

    def _arrive(self, arrival: Arrival) -> None:
        if self._is_down:
            self._turn_away(arrival)
        else:
            super()._arrive(arrival)

    def _turn_away(self, arrival: Arrival) -> None:
        """Nobody is there: an error page at once."""
        now = self._env.now_us
        customer, click = arrival.customer, arrival.click
        self._note_arrival(click)
        index = self._recorder.request(customer, click, now)
        self._recorder.ended(index, now, _CLOSED)
        request = ActiveRequest(index, customer, click)
        self._respond_with_failure(request, now, _ERROR)
        self._env.request_dispatch()

    # -- a request in a thread --------------------------------------------------------------------

    def _begin(self, request: ActiveRequest, now: int) -> None:
        self._attempts_in_hand[request] = _NO_ATTEMPT
        if self._timeout is not None:
            self._env.schedule_at(now + self._timeout, KILL + request.index, Kill(request), self._kill)
        super()._begin(request, now)

    def _start_in_slot(self, request: ActiveRequest) -> None:
        super()._start_in_slot(request)
        self._attempts_in_hand[request] = self._recorder.last_attempt

    def _end_service(self, request: ActiveRequest) -> None:
        self._attempts_in_hand[request] = _NO_ATTEMPT
        super()._end_service(request)

    def _respond(self, request: ActiveRequest) -> None:
        del self._attempts_in_hand[request]
        super()._respond(request)

    # -- interruptions ----------------------------------------------------------------------------

    def _kill(self, kill: Kill) -> None:
        """The time-out is over: if the request is still in its thread, it ends now."""
        request = kill.request
        if request in self._attempts_in_hand:
            self._leave_line(request)
            self._cut_attempt(request, _TIMED_OUT)  # for the called service as the step's own time-out
            self._end(request, _KILLED)
            self._env.request_dispatch()

    def go_down(self) -> None:
        """Lose every request: the customers who still wait see an error page now."""
        self._is_down = True
        begun = sorted(self._attempts_in_hand, key=lambda request: request.index)
        for request in begun:  # all of them, before a place at a service is free for the next in line
            self._leave_line(request)
        for request in begun:
            self._cut_attempt(request, _CRASHED)
            self._end(request, _CUT)
        while self.waiting:
            self._fail(self.waiting.popleft(), _CUT)

    def open_again(self) -> None:
        """Take requests again, with all threads free."""
        self._is_down = False

    def _leave_line(self, request: ActiveRequest) -> None:
        """Nothing of what the request was about to do happens: it may wait, publish, or stand in line."""
        request.cancel()
        if request.step < len(self._services):
            self._service(request).cancel(request)

    def _cut_attempt(self, request: ActiveRequest, outcome: int) -> None:
        """End the attempt in hand, if there is one: its place is free, unless the service works on."""
        attempt = self._attempts_in_hand[request]
        if attempt == _NO_ATTEMPT:
            return
        started = self._recorder.cut_attempt(attempt, self._env.now_us, outcome)
        request.abandoned = NEVER
        if outcome == _TIMED_OUT and self._attempts[request.step].service_works_on:
            self._give_up(request, attempt, request.step, started)
        else:
            self._service(request).release()

    def _service(self, request: ActiveRequest) -> CalledService:
        service = self._services[request.step]
        assert service is not None
        return service

    def _end(self, request: ActiveRequest, end: int) -> None:
        """Take the request out of its thread."""
        del self._attempts_in_hand[request]
        self._busy -= 1
        heappush(self._free_threads, request.thread)
        self._fail(request, end)

    def _fail(self, request: ActiveRequest, end: int) -> None:
        now = self._env.now_us
        self._recorder.ended(request.index, now, end)
        if not request.answered:
            self._respond_with_failure(request, now, _ERROR)

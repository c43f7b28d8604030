"""The customers: each click comes at its own moment, whatever became of the others (an open loop).

What a customer waits is counted from the moment the click was meant to come, not from when it was sent.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from http.client import HTTPConnection, HTTPException
from threading import Condition, Thread

from syncasync_sim.errors import LiveError
from syncasync_sim.live.event_log import SERVED, EventLog, ImmediateWriter
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.service_process import Downtime
from syncasync_sim.model.customers import arrivals_us
from syncasync_sim.model.quantities import to_us
from syncasync_sim.trace.records import ResponseStatus, ServerOutcome

EARLY_S = 0.1
"""So long before its moment a click's thread is started, to sleep the rest itself."""
CONNECT_S = 30.0
"""So long the service has to accept a connection."""
CONNECT_AGAIN_S = 0.002
"""Between two tries at a service that opens in a moment."""
_RESPONSES = {200: ResponseStatus.OK, 503: ResponseStatus.REJECTED}


@dataclass(slots=True)
class SentRequest:
    """One request from the customer's side; times are the scenario's microseconds."""

    index: int
    customer: int
    number: int
    due: int
    replied: int | None = None
    response: ResponseStatus = ResponseStatus.NONE


class LoadGenerator:
    """Sends the clicks of all customers to the service on *port*."""

    def __init__(self, plan: Plan, clock: Clock, port: int, downtimes: Sequence[Downtime] = ()) -> None:
        self._clock, self._port, self._downtimes = clock, port, downtimes
        has_restarts = bool(plan.scenario.server.restarts)
        self._writer = ImmediateWriter(EventLog(plan.event_log)) if has_restarts else None
        patience, customer = plan.scenario.customer.patience_s, plan.scenario.customer
        self._patience = None if patience is None else to_us(patience)
        self._resubmits, self._resubmit_after = customer.resubmits, to_us(customer.resubmit_after_s)
        self._first: Iterator[tuple[int, int]] = enumerate(arrivals_us(plan.scenario.traffic, plan.draws()))
        self.clicks: list[SentRequest] = []
        self.trouble = ""
        """Why the service could not be reached; empty: it could."""
        self._due: list[tuple[int, int, int]] = []  # a heap of (moment, customer, click)
        self._open = 0  # clicks that are under way
        self._changed, self._stopped = Condition(), False
        self._expect_next()

    def start(self) -> None:
        """Start to send clicks, in a thread of its own."""
        Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Send no further click."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether every customer has seen the last of their answers."""
        with self._changed:
            return not self._due and not self._open

    def _expect_next(self) -> None:
        for customer, at in self._first:
            heappush(self._due, (at, customer, 0))
            return

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and not (self._due and self._wait_s() <= 0):
                    self._changed.wait(self._wait_s() if self._due else None)
                if self._stopped:
                    return
                due, customer, number = heappop(self._due)
                if not number:
                    self._expect_next()
                click = SentRequest(len(self.clicks), customer, number, due)
                self.clicks.append(click)
                self._open += 1
            Thread(target=self._click, args=(click,), daemon=True).start()

    def _wait_s(self) -> float:
        """Until the next click's thread has to be started."""
        return self._clock.moment(self._due[0][0]) - EARLY_S - time.monotonic()

    def _click(self, click: SentRequest) -> None:
        """One request, from its moment to the answer, or to the end of the customer's patience."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=CONNECT_S)
        try:
            if self._writer is None:
                connection.connect()  # before the moment comes, like a browser that shows the page before
            time.sleep(max(0.0, self._clock.moment(click.due) - time.monotonic()))
            if self._writer is not None:
                self._connect(connection)
            response = self._ask(click, connection)
        except TimeoutError:
            response = ResponseStatus.TIMED_OUT
        except (OSError, HTTPException) as error:
            response = self._without_answer(click, error)
        finally:
            connection.close()
        with self._changed:
            if response and not self._stopped:
                click.replied, click.response = self._clock.now_us(), response
            self._open -= 1
            if click.replied and response != ResponseStatus.OK and click.number < self._resubmits:
                again = (click.replied + self._resubmit_after, click.customer, click.number + 1)
                heappush(self._due, again)
            self._changed.notify_all()

    def _connect(self, connection: HTTPConnection) -> None:
        """Connect to a service that may be down.

        One that should be open again and takes a moment to be is waited for: a door that is late is no door
        that is closed.
        """
        while True:
            try:
                connection.connect()
            except ConnectionRefusedError:
                if not (self._downtimes and self._downtimes[-1].is_late(self._clock.now_us())):
                    raise
                time.sleep(CONNECT_AGAIN_S)
            else:
                return

    def _without_answer(self, click: SentRequest, error: Exception) -> ResponseStatus:
        """What the customer sees of a broken connection: an error page, if the service was to be down."""
        if any(down.back is None or down.back >= click.due for down in self._downtimes):
            if isinstance(error, ConnectionRefusedError) and self._writer is not None:
                row = (click.index, None, None, self._clock.now_us(), int(ServerOutcome.CLOSED))
                self._writer.write((SERVED, row))
            return ResponseStatus.ERROR
        if not self._stopped:
            self.trouble = f"the web service does not answer: {error or type(error).__name__}"
        return ResponseStatus.NONE

    def _ask(self, click: SentRequest, connection: HTTPConnection) -> ResponseStatus:
        deadline = None if self._patience is None else self._clock.moment(click.due + self._patience)
        headers = {
            **{"X-Request": str(click.index), "X-Customer": str(click.customer)},
            **{"X-Click": str(click.number), "X-Arrived": str(click.due), "Connection": "close"},
        }
        connection.sock.settimeout(_left(deadline))
        connection.request("POST", "/checkout", headers=headers)
        connection.sock.settimeout(_left(deadline))
        return _RESPONSES.get(connection.getresponse().status, ResponseStatus.ERROR)


def _left(deadline: float | None) -> float | None:
    """Seconds until *deadline*, as a socket wants them. Raises TimeoutError when it has passed."""
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def get(port: int, path: str) -> int:
    """Return the HTTP status of a page of the web service.

    Args:
        port: the port of the web service.
        path: the path of the page.

    Raises:
        LiveError: the web service does not answer.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise LiveError(f"the web service does not answer: {error or type(error).__name__}") from None
    finally:
        connection.close()

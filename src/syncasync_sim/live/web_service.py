"""The checkout as a web service, a process of its own: WSGI on waitress, with the scenario's threads.

Run as `python -m syncasync_sim.live.web_service PLAN PARENT`. It says `loaded`, and on `PORT MOMENT` on its
standard input it listens on that port (0: any) from that moment on, and says `ready PORT`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from itertools import count
from queue import SimpleQueue
from threading import local
from typing import Any

from syncasync_sim.live import process_start
from syncasync_sim.live.admission import Dispatcher, is_refused_at_admission, serve
from syncasync_sim.live.event_log import (
    ASKED,
    IGNORED,
    PUBLISHED,
    REFUSED,
    SERVED,
    STARTED,
    TROUBLE,
    BackgroundWriter,
    EventLog,
    ImmediateWriter,
    Writer,
    abandoned,
    ended,
)
from syncasync_sim.live.in_process_queue import start_worker_threads
from syncasync_sim.live.payload import Payload, warm_up
from syncasync_sim.live.plan import Clock, Plan, threads_of
from syncasync_sim.live.protocol import BrokerError, Message, Publisher, RefusedError
from syncasync_sim.model.attempts import OK
from syncasync_sim.model.quantities import to_us
from syncasync_sim.trace.records import ServerOutcome

CHECKOUT, WARM_UP = "/checkout", "/warm-up"
PUBLISHERS = 16
"""Connections to the broker that the threads share."""
STATUS = {
    ServerOutcome.DONE: "200 OK",
    ServerOutcome.FAILED: "500 Internal Server Error",
    ServerOutcome.REFUSED: "502 Bad Gateway",
    ServerOutcome.EXPIRED: "408 Request Timeout",
    ServerOutcome.REJECTED: "503 Service Unavailable",
}
FLUSH_S = 5.0
OUTBOX = "INSERT INTO outbox (request, step, body, key) VALUES (?, ?, ?, ?)"

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Checkout:
    """The WSGI application: the steps of one request, done in order, asleep for as long as each takes."""

    def __init__(self, plan: Plan, event_log: EventLog, writer: Writer) -> None:
        self._plan, self._event_log, self._writer = plan, event_log, writer
        self._scenario, self._attempts = plan.scenario, plan.attempts()
        self._publishers = SimpleQueue[Publisher]()
        self._publish_failure = plan.scenario.queue.publish_failure
        self._fatal = fatal_delivery(plan)
        self._thread, self._numbers = local(), count(1)
        self._clock: Clock | None = None

    def connect(self, threads: int) -> None:
        """Open the connections to the broker, if there are steps to publish."""
        if any(self._scenario.background(step, self._plan.mode) for step in self._scenario.steps):
            broker = self._plan.broker()
            for _ in range(min(threads, PUBLISHERS)):
                self._publishers.put(broker.publisher())

    @property
    def clock(self) -> Clock:
        if self._clock is None:
            self._clock = Clock(self._event_log.rows("SELECT began_at FROM run")[0][0], self._plan.speed)
        return self._clock

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        end = ServerOutcome.DONE
        if environ["PATH_INFO"] == WARM_UP:
            end = (
                ServerOutcome.DONE
                if self._put(warm_up(int(environ["QUERY_STRING"])))
                else ServerOutcome.REFUSED
            )
        elif environ["PATH_INFO"] == CHECKOUT:
            request, customer, click = (
                int(environ[f"HTTP_X_{name}"]) for name in ("REQUEST", "CUSTOMER", "CLICK")
            )
            end = self._serve(request, customer, click, int(environ["HTTP_X_ARRIVED"]))
        page = str(end).encode()
        start_response(STATUS[end], [("Content-Length", str(len(page)))])
        return [page]

    def _serve(self, request: int, customer: int, click: int, arrived: int) -> ServerOutcome:
        began, thread = self.clock.now_us(), self._number()
        end, began_or_not = self._turned_away(arrived, began), None
        if end is None:
            began_or_not = began
            self._writer.write((SERVED, (request, began, thread, None, None)))
            end = self._steps(request, customer, click, thread)
        row = (request, began_or_not, thread if began_or_not is not None else None, self.clock.now_us())
        self._writer.write((SERVED, (*row, int(end))))
        return end

    def _turned_away(self, arrived: int, now: int) -> ServerOutcome | None:
        """Rejected at the door, or skipped because the customer has given up; None: its turn has come."""
        if is_refused_at_admission():
            return ServerOutcome.REJECTED
        patience = self._scenario.customer.patience_s
        if self._scenario.server.drop_expired and patience is not None and now > arrived + to_us(patience):
            return ServerOutcome.EXPIRED
        return None

    def _number(self) -> int:
        """The number of this thread, counted from 1."""
        if not hasattr(self._thread, "number"):
            self._thread.number = next(self._numbers)
        number: int = self._thread.number
        return number

    def _steps(self, request: int, customer: int, click: int, thread: int) -> ServerOutcome:
        for index, step in enumerate(self._scenario.steps):
            body = Payload(request, customer, click, index)
            if self._scenario.background(step, self._plan.mode):
                if not self._publish(body):
                    return ServerOutcome.REFUSED
            elif not self._do(body, thread) and step.on_failure == "error":
                return ServerOutcome.FAILED
        return ServerOutcome.DONE

    def _do(self, body: Payload, thread: int) -> bool:
        """A step in the request, with its retries where they are allowed; whether it succeeded."""
        attempts, step, number = self._attempts[body.step], self._scenario.steps[body.step], 1
        while True:
            start = self.clock.now_us()
            length, outcome = attempts(body.customer, body.click, number, start)
            row = (body.request, body.step, number, thread)
            self._writer.write((STARTED, (*row, start, length)))
            self._sleep_until(start + length)
            self._writer.write(
                *ended(step, body, number, thread, self.clock.now_us(), outcome),
                *abandoned(attempts, body, number, thread, start, outcome),
            )
            if outcome == OK:
                return True
            if not attempts.retry.in_request or attempts.is_last(number):
                return False
            delay = attempts.retry_delay(body.customer, body.click, number)
            self._sleep_until(self.clock.now_us() + delay)
            number += 1

    def _sleep_until(self, us: int) -> None:
        time.sleep(max(0.0, self.clock.moment(us) - time.monotonic()))

    def _publish(self, body: Payload) -> bool:
        """Put a step on the queue; False if the queue refuses it, and that is not ignored.

        The row is written before: the service may be killed while it publishes.
        """
        key = body.request, body.step
        asked = (ASKED, (*key, self.clock.now_us(), self._fatal[body.step]))
        if self._publish_failure == "outbox":
            self._writer.write(asked, (OUTBOX, (*key, body.write(), body.customer)))
            return True
        self._writer.write(asked)
        if self._put(body):
            self._writer.write((PUBLISHED, (self.clock.now_us(), *key)))
            return True
        is_ignored = self._publish_failure == "ignore"
        self._writer.write((IGNORED, (self.clock.now_us(), *key)) if is_ignored else (REFUSED, key))
        return is_ignored

    def _put(self, body: Payload) -> bool:
        publisher = self._publishers.get()
        try:
            publisher.publish(Message(body.write(), body.customer))
        except RefusedError:
            return False
        except BrokerError as error:
            self._writer.write((TROUBLE, (str(error),)))
            return False
        finally:
            self._publishers.put(publisher)
        return True


def fatal_delivery(plan: Plan) -> list[int | None]:
    """Return for each step the number of the delivery whose failure loses the message; None without one.

    It is the first one with acknowledgement before the work, and the last one without dead letters.
    """
    queue, steps = plan.scenario.queue, plan.scenario.steps
    if queue.ack == "before":
        return [1] * len(steps)
    return [None if queue.dead_letter else plan.scenario.most_deliveries(step) for step in steps]


def main() -> None:
    """Run the web service of a live run until the runner ends it.

    Raises:
        SystemExit: the connections to the broker cannot be opened; the error is in the event log.
    """
    plan = process_start.begin()
    event_log = EventLog(plan.event_log)
    # Of a service that is killed, and for a relay that reads it, all has to be written at once.
    at_once = bool(plan.scenario.server.restarts) or plan.has_relay
    writer: Writer = ImmediateWriter(event_log) if at_once else BackgroundWriter(event_log)
    threads = threads_of(plan)

    def leave(*_: object) -> None:
        writer.flush(FLUSH_S)
        os._exit(0)  # threads may be asleep in the middle of a step

    signal.signal(signal.SIGTERM, leave)
    app = Checkout(plan, event_log, writer)
    try:
        app.connect(threads)
    except BrokerError as error:
        event_log.write((TROUBLE, (str(error),)))
        raise SystemExit(1) from None
    dispatcher = Dispatcher(threads, plan.scenario.server.backlog)
    process_start.tell("loaded")
    port, moment = sys.stdin.readline().split()
    time.sleep(max(0.0, float(moment) - time.monotonic()))
    if plan.has_worker_threads:
        start_worker_threads(plan)
    serve(app, int(port), dispatcher, lambda bound: process_start.tell(f"ready {bound}"))


if __name__ == "__main__":
    with process_start.writing_down():
        main()

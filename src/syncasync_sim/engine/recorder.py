"""Writes down what happens, once, as flat rows; closes the books at the end of a run."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from itertools import compress

from syncasync_sim.engine.cut import cut
from syncasync_sim.engine.new_rows import SLICE, NewRows
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace import invariants
from syncasync_sim.trace.columns import NEVER, Row, Rows, have_happened, is_one_missing
from syncasync_sim.trace.failed_steps import went_on_after_failure
from syncasync_sim.trace.records import (
    Attempt,
    Crash,
    Delivery,
    DeliveryOutcome,
    Message,
    MessageStatus,
    Pause,
    PauseReason,
    Request,
    ResponseStatus,
    ServerOutcome,
    Trace,
    WorkedOn,
    WorkStatus,
)

_NO_RESPONSE = int(ResponseStatus.NONE)
_OPEN = int(ServerOutcome.OPEN)
_UNFINISHED = int(WorkStatus.UNFINISHED)
_WAITING = int(MessageStatus.WAITING)
_LOST = int(MessageStatus.LOST)
_NO_RESULT = int(DeliveryOutcome.OPEN)

_WRITTEN_LATER: dict[type[Row], dict[str, int]] = {
    Request: {
        **dict.fromkeys(("began", "thread", "ended", "replied", "completed"), NEVER),
        **{"response": _NO_RESPONSE, "end": _OPEN, "work": _UNFINISHED},
    },
    Message: {"done": NEVER, "gone": NEVER, "fate": _WAITING},
    Delivery: {
        **dict.fromkeys(("in_hand", "ended", "returned", "visible"), NEVER),
        "result": _NO_RESULT,
    },
}
"""The columns of a new row that are not known yet, and what they hold until they are."""


class Recorder:
    """The rows of a run in progress; times are whole microseconds."""

    def __init__(self) -> None:
        self.requests = Rows(Request)
        self.attempts = Rows(Attempt)
        self.messages = Rows(Message)
        self.deliveries = Rows(Delivery)
        self.crashes = Rows(Crash)
        self.abandoned_calls = Rows(WorkedOn)
        self.pauses = Rows(Pause)
        self._last_pauses: dict[int, dict[PauseReason, int]] = {}  # by worker, the row
        # The columns and their methods by name: a row is written for every event.
        request, message, delivery = self.requests.column, self.messages.column, self.deliveries.column
        self._began, self._threads = request("began"), request("thread")
        self._ended, self._ends = request("ended"), request("end")
        self._replied, self._responses = request("replied"), request("response")
        self._done, self._gone, self._fates = message("done"), message("gone"), message("fate")
        self._in_hand = delivery("in_hand")
        self._delivery_ended, self._results = delivery("ended"), delivery("result")
        self._returned, self._visible = delivery("returned"), delivery("visible")
        self._new_requests = NewRows(self.requests, _WRITTEN_LATER[Request])
        self._new_messages = NewRows(self.messages, _WRITTEN_LATER[Message])
        self._new_deliveries = NewRows(self.deliveries, _WRITTEN_LATER[Delivery])
        self._new_attempts: list[int] = []  # rows, one after the other, until they are put into columns
        self.add_attempt = self._new_attempts.extend
        """Record one attempt at a step, given by the numbers of its columns, in their order."""

    def request(self, customer: int, click: int, at: int) -> int:
        """Record the arrival of a click, and return the row of the request.

        Args:
            customer: the number of the customer, from 0.
            click: the number of the click, from 0.
            at: the time, in microseconds.

        Returns:
            The index of the new row.
        """
        new = self._new_requests
        row = new.next_row()
        if not row % SLICE:
            new.make_room()
        new.add((customer, click, at))
        return row

    def arrived_until(self, at: float) -> int:
        """Return how many of the requests written down ahead of their time have come up to a time.

        Args:
            at: the time, in microseconds.
        """
        return bisect_right(self.requests.column("arrived"), at)

    def began(self, request: int, at: int, thread: int) -> None:
        """Record that a thread began a request.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            thread: the number of the thread, from 1.
        """
        self._began[request] = at
        self._threads[request] = thread

    def ended(self, request: int, at: int, end: int) -> None:
        """Record that the server is done with a request.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            end: the code of its `ServerOutcome`.
        """
        self._ended[request] = at
        self._ends[request] = end

    def replied(self, request: int, at: int, response: int) -> None:
        """Record the response to a request.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            response: the code of its `ResponseStatus`.
        """
        self._replied[request] = at
        self._responses[request] = response

    def answered(self, request: int, at: int, response: int, end: int) -> None:
        """Record that the server is done with a request whose customer still waited for the response.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            response: the code of its `ResponseStatus`.
            end: the code of its `ServerOutcome`.
        """
        self._ended[request] = self._replied[request] = at
        self._responses[request] = response
        self._ends[request] = end

    @property
    def last_attempt(self) -> int:
        """The row of the attempt that was recorded last."""
        return len(self.attempts) + len(self._new_attempts) // len(Attempt.COLUMNS) - 1

    def write_attempts(self) -> None:
        """Put the attempts since the last call into columns, which is faster for many together."""
        width = len(Attempt.COLUMNS)
        self.attempts.extend(*(self._new_attempts[column::width] for column in range(width)))
        self._new_attempts.clear()

    def worked_on(self, attempt: int, ended: int, outcome: int) -> None:
        """Record what a called service does after its caller has given up.

        Args:
            attempt: the row of the attempt that the caller's time-out has cut.
            ended: the time at which the service is done, in microseconds.
            outcome: the code of its `AttemptOutcome`.
        """
        self.abandoned_calls.append(attempt, ended, outcome)

    def paused(self, worker: int, reason: PauseReason, at: int, until: int = NEVER) -> None:
        """Record that a worker takes nothing from now on, though it did not crash.

        Args:
            worker: the number of the worker, from 1.
            reason: why.
            at: the time, in microseconds.
            until: the time at which that will be over, if it is known, in microseconds.
        """
        self._last_pauses.setdefault(worker, {})[reason] = len(self.pauses)
        self.pauses.append(worker, reason, at, until)

    def resumed(self, worker: int, at: int, *reasons: PauseReason) -> None:
        """Record that the reasons for a pause of a worker are over.

        Args:
            worker: the number of the worker, from 1.
            at: the time, in microseconds.
            *reasons: the reasons; all, if none is given.
        """
        last, ends = self._last_pauses.get(worker, {}), self.pauses.column("until")
        for reason in reasons or list(last):
            row = last.pop(reason, None)
            if row is not None and not NEVER < ends[row] <= at:
                ends[row] = at

    def cut_attempt(self, attempt: int, at: int, outcome: int) -> int:
        """Change the end of an attempt that was recorded at its begin, as it ends earlier than foreseen.

        Args:
            attempt: the row of the attempt.
            at: the time, in microseconds.
            outcome: the code of its `AttemptOutcome`.

        Returns:
            The time at which it began, in microseconds.
        """
        self.write_attempts()
        self.attempts.column("ended")[attempt] = at
        self.attempts.column("outcome")[attempt] = outcome
        return self.attempts.column("started")[attempt]

    def message(self, request: int, step: int, at: int) -> int:
        """Record that a message became visible for the first time, and return its row.

        Args:
            request: the row of the request.
            step: the index of the step.
            at: the time, in microseconds.

        Returns:
            The index of the new row.
        """
        new = self._new_messages
        row = new.next_row()
        if not row % SLICE:
            new.make_room()
        new.add((request, step, at))
        return row

    def unpublished(self, request: int, step: int, lost_at: int = NEVER) -> None:
        """Record a message that the broker never had.

        Args:
            request: the row of the request.
            step: the index of the step.
            lost_at: the time of its loss, in microseconds; NEVER if it is still to be published.
        """
        row = self.message(request, step, NEVER)
        if lost_at != NEVER:
            self.gone(row, lost_at, _LOST)

    def done(self, message: int, at: int) -> None:
        """Record the first success of the work of a message; a later one changes nothing.

        Args:
            message: the row of the message.
            at: the time, in microseconds.
        """
        if self._done[message] == NEVER:
            self._done[message] = at

    def gone(self, message: int, at: int, fate: int) -> None:
        """Record that a message left the queue for good.

        Args:
            message: the row of the message.
            at: the time, in microseconds.
            fate: the code of its `MessageStatus`.
        """
        self._gone[message] = at
        self._fates[message] = fate

    def delivery(self, message: int, number: int, worker: int, at: int, in_hand: int) -> int:
        """Record the delivery of a message to a worker, and return its row.

        Args:
            message: the row of the message.
            number: the number of the delivery, from 1.
            worker: the number of the worker, from 1.
            at: the time, in microseconds.
            in_hand: the time at which the worker begins it, in microseconds; NEVER if it is prefetched.

        Returns:
            The index of the new row.
        """
        new = self._new_deliveries
        row = new.next_row()
        if not row % SLICE:
            new.make_room()
        new.add((message, number, worker, at))
        if in_hand != NEVER:
            self._in_hand[row] = in_hand
        return row

    @property
    def delivered(self) -> int:
        """How many deliveries there are so far."""
        return len(self._new_deliveries)

    def in_hand(self, delivery: int, at: int) -> None:
        """Record that a worker begins a message that it had prefetched.

        Args:
            delivery: the row of the delivery.
            at: the time, in microseconds.
        """
        self._in_hand[delivery] = at

    def delivery_ended(self, delivery: int, at: int, result: int) -> None:
        """Record the end of a delivery.

        Args:
            delivery: the row of the delivery.
            at: the time, in microseconds.
            result: the code of its `DeliveryOutcome`.
        """
        self._delivery_ended[delivery] = at
        self._results[delivery] = result

    def returned(self, delivery: int, at: int) -> None:
        """Record the return of a message to the queue.

        Args:
            delivery: the row of the delivery.
            at: the time, in microseconds.
        """
        self._returned[delivery] = at

    def visible(self, delivery: int, at: int) -> None:
        """Record that a message is visible again, at its return or after its retry delay.

        Args:
            delivery: the row of the delivery after which the message returned.
            at: the time, in microseconds.
        """
        self._visible[delivery] = at

    def crash(self, worker: int, at: int, back: int) -> None:
        """Record the crash of a worker.

        Args:
            worker: the number of the worker, from 1.
            at: the time, in microseconds.
            back: the time at which it is back, in microseconds; NEVER if it stays down.
        """
        self.crashes.append(worker, at, back)

    def close(
        self,
        scenario: Scenario,
        mode: Mode,
        seed: int,
        replication: int,
        *,
        arrived: int,
        waiting: int,
        in_flight: int,
        cut_at: int | None,
        partial: bool,
    ) -> Trace:
        """Close the record, and return the finished trace.

        Args:
            scenario: the scenario of the run.
            mode: the design, `sync` or `async`.
            seed: the random seed.
            replication: the number of the replication, from 0.
            arrived: the number of requests that the server counted.
            waiting: the number of messages that the queue, and the outbox, counted as waiting.
            in_flight: the number of messages that the queue counted as in flight.
            cut_at: the time, in microseconds, at which the run was stopped before its last event; None if it
                was not.
            partial: whether the user stopped the run.
        """
        for new in (self._new_requests, self._new_messages, self._new_deliveries):
            new.close()
        self.write_attempts()
        if cut_at is not None:
            cut(
                (
                    self.requests,
                    self.attempts,
                    self.messages,
                    self.deliveries,
                    self.crashes,
                    self.pauses,
                    self.abandoned_calls,
                ),
                cut_at,
            )
        invariants.mark_in_flight(self.messages, self.deliveries)
        failed = went_on_after_failure(scenario, mode, self.attempts)
        invariants.finalise(self.requests, self.messages, failed)
        invariants.check_invariants(
            self.requests,
            self.messages,
            self.deliveries,
            arrived=arrived,
            waiting=waiting,
            in_flight=in_flight,
            cut=cut_at is not None,
        )
        ended = self._last_end()
        return Trace(
            scenario,
            mode,
            seed,
            replication,
            "simulated",
            self.requests,
            self.attempts,
            self.messages,
            self.deliveries,
            self.crashes,
            ended_at_us=ended,
            observed_us=ended if cut_at is None else cut_at,
            partial=partial,
            worked_on=self.abandoned_calls,
            pauses=self.pauses,
        )

    @property
    def services_end(self) -> int:
        """When the last called service is done that works on for nobody, in microseconds; 0 without any."""
        return max(self.abandoned_calls.column("ended"), default=0)

    def _last_end(self) -> int:
        """The last reply, end of work, also of a service that works on for nobody, or end of a message."""
        requests, began = self.requests, self.requests.column("began")
        ends = requests.column("ended")
        if is_one_missing(began):
            ends = array("q", compress(ends, have_happened(began)))
        columns = (requests.column("replied"), self.attempts.column("ended"), self.messages.column("gone"))
        return max(self.services_end, *(max(column, default=0) for column in (ends, *columns)))

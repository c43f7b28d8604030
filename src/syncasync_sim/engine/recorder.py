"""Writes down what happens, once, as flat rows; closes the books at the end of a run."""

from __future__ import annotations

from array import array

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace import invariants
from syncasync_sim.trace.failed_steps import went_on_after_failure
from syncasync_sim.trace.records import (
    NEVER,
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
    Row,
    Rows,
    ServerOutcome,
    Trace,
    WorkedOn,
    WorkStatus,
)


def _offsets(kind: type[Row]) -> dict[str, int]:
    """Where each column stands in a row."""
    return {name: offset for offset, name in enumerate(kind.COLUMNS)}


# Plain numbers, as a row is written for every event.
_REQUEST = _offsets(Request)
_REQUEST_WIDTH = len(Request.COLUMNS)
_BEGAN = _REQUEST["began"]  # and the thread behind it
_ENDED = _REQUEST["ended"]
_REPLIED = _REQUEST["replied"]  # and the response behind it
_RESPONSE = _REQUEST["response"]
_END = _REQUEST["end"]
_ATTEMPT = _offsets(Attempt)
_ATTEMPT_WIDTH = len(Attempt.COLUMNS)
_MESSAGE = _offsets(Message)
_MESSAGE_WIDTH = len(Message.COLUMNS)
_DONE = _MESSAGE["done"]
_GONE = _MESSAGE["gone"]  # and the fate behind it
_DELIVERY = _offsets(Delivery)
_DELIVERY_WIDTH = len(Delivery.COLUMNS)
_IN_HAND = _DELIVERY["in_hand"]
_UNTIL = _offsets(Pause)["until"]
_DELIVERY_ENDED = _DELIVERY["ended"]
_RESULT = _DELIVERY["result"]
_RETURNED = _DELIVERY["returned"]
_VISIBLE = _DELIVERY["visible"]
_NO_RESPONSE = int(ResponseStatus.NONE)
_OPEN = int(ServerOutcome.OPEN)
_UNFINISHED = int(WorkStatus.UNFINISHED)
_WAITING = int(MessageStatus.WAITING)
_LOST = int(MessageStatus.LOST)
_NO_RESULT = int(DeliveryOutcome.OPEN)


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
        self._last_pauses: dict[int, dict[PauseReason, int]] = {}  # by worker, where the row begins
        self._requests = self.requests.data
        self._messages = self.messages.data
        self._deliveries = self.deliveries.data
        self._crashes = self.crashes.data
        # Packed bytes added at the end: the fastest way to add a row to an array.
        self._pack_request = self.requests.packer()
        self._add_request = self._requests.frombytes
        self._pack_message = self.messages.packer()
        self._add_message = self._messages.frombytes
        self._pack_delivery = self.deliveries.packer()
        self._add_delivery = self._deliveries.frombytes
        self.pack_attempt = self.attempts.packer()
        self.add_attempt = self.attempts.data.frombytes

    def request(self, customer: int, click: int, at: int) -> int:
        """Record the arrival of a click, and return the row of the request.

        Args:
            customer: the number of the customer, from 0.
            click: the number of the click, from 0.
            at: the time, in microseconds.

        Returns:
            The index of the new row.
        """
        self._add_request(
            self._pack_request(customer, click, at, -1, -1, -1, -1, _NO_RESPONSE, _OPEN, -1, _UNFINISHED)
        )
        return len(self._requests) // _REQUEST_WIDTH - 1

    def began(self, request: int, at: int, thread: int) -> None:
        """Record that a thread began a request.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            thread: the number of the thread, from 1.
        """
        base = request * _REQUEST_WIDTH + _BEGAN
        self._requests[base] = at
        self._requests[base + 1] = thread

    def ended(self, request: int, at: int, end: int) -> None:
        """Record that the server is done with a request.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            end: the code of its `ServerOutcome`.
        """
        base = request * _REQUEST_WIDTH
        self._requests[base + _ENDED] = at
        self._requests[base + _END] = end

    def replied(self, request: int, at: int, response: int) -> None:
        """Record the response to a request.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            response: the code of its `ResponseStatus`.
        """
        base = request * _REQUEST_WIDTH + _REPLIED
        self._requests[base] = at
        self._requests[base + 1] = response

    def answered(self, request: int, at: int, response: int, end: int) -> None:
        """Record that the server is done with a request whose customer still waited for the response.

        Args:
            request: the row of the request.
            at: the time, in microseconds.
            response: the code of its `ResponseStatus`.
            end: the code of its `ServerOutcome`.
        """
        base = request * _REQUEST_WIDTH
        data = self._requests
        data[base + _ENDED] = data[base + _REPLIED] = at
        data[base + _RESPONSE] = response
        data[base + _END] = end

    def attempt(
        self, request: int, step: int, number: int, by: int, start: int, end: int, outcome: int
    ) -> None:
        """Record one attempt at a step.

        Args:
            request: the row of the request.
            step: the index of the step.
            number: the number of the attempt, from 1.
            by: the number of a thread, or minus the number of a worker.
            start: the time of its begin, in microseconds.
            end: the time of its end, in microseconds.
            outcome: the code of its `AttemptOutcome`.
        """
        self.add_attempt(self.pack_attempt(request, step, number, by, start, end, outcome))

    def worked_on(self, attempt: int, ended: int, outcome: int) -> None:
        """Record what a called service does after its caller has given up.

        Args:
            attempt: the row of the attempt that the caller's time-out has cut.
            ended: the time at which the service is done, in microseconds.
            outcome: the code of its `AttemptOutcome`.
        """
        self.abandoned_calls.data.extend((attempt, ended, outcome))

    def paused(self, worker: int, reason: PauseReason, at: int, until: int = NEVER) -> None:
        """Record that a worker takes nothing from now on, though it did not crash.

        Args:
            worker: the number of the worker, from 1.
            reason: why.
            at: the time, in microseconds.
            until: the time at which that will be over, if it is known, in microseconds.
        """
        self._last_pauses.setdefault(worker, {})[reason] = len(self.pauses.data)
        self.pauses.data.extend((worker, reason, at, until))

    def resumed(self, worker: int, at: int, *reasons: PauseReason) -> None:
        """Record that the reasons for a pause of a worker are over.

        Args:
            worker: the number of the worker, from 1.
            at: the time, in microseconds.
            *reasons: the reasons; all, if none is given.
        """
        last, data = self._last_pauses.get(worker, {}), self.pauses.data
        for reason in reasons or list(last):
            row = last.pop(reason, None)
            if row is not None and not NEVER < data[row + _UNTIL] <= at:
                data[row + _UNTIL] = at

    def cut_attempt(self, attempt: int, at: int, outcome: int) -> int:
        """Change the end of an attempt that was recorded at its begin, as it ends earlier than foreseen.

        Args:
            attempt: the row of the attempt.
            at: the time, in microseconds.
            outcome: the code of its `AttemptOutcome`.

        Returns:
            The time at which it began, in microseconds.
        """
        base = attempt * _ATTEMPT_WIDTH
        self.attempts.data[base + _ATTEMPT["ended"]] = at
        self.attempts.data[base + _ATTEMPT["outcome"]] = outcome
        return self.attempts.data[base + _ATTEMPT["started"]]

    def message(self, request: int, step: int, at: int) -> int:
        """Record that a message became visible for the first time, and return its row.

        Args:
            request: the row of the request.
            step: the index of the step.
            at: the time, in microseconds.

        Returns:
            The index of the new row.
        """
        self._add_message(self._pack_message(request, step, at, -1, -1, _WAITING))
        return len(self._messages) // _MESSAGE_WIDTH - 1

    def unpublished(self, request: int, step: int, lost_at: int = NEVER) -> None:
        """Record a message that the broker never had.

        Args:
            request: the row of the request.
            step: the index of the step.
            lost_at: the time of its loss, in microseconds; NEVER if it is still to be published.
        """
        fate = _WAITING if lost_at == NEVER else _LOST
        self._add_message(self._pack_message(request, step, NEVER, NEVER, lost_at, fate))

    def done(self, message: int, at: int) -> None:
        """Record the first success of the work of a message; a later one changes nothing.

        Args:
            message: the row of the message.
            at: the time, in microseconds.
        """
        base = message * _MESSAGE_WIDTH + _DONE
        if self._messages[base] == NEVER:
            self._messages[base] = at

    def gone(self, message: int, at: int, fate: int) -> None:
        """Record that a message left the queue for good.

        Args:
            message: the row of the message.
            at: the time, in microseconds.
            fate: the code of its `MessageStatus`.
        """
        base = message * _MESSAGE_WIDTH + _GONE
        self._messages[base] = at
        self._messages[base + 1] = fate

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
        self._add_delivery(self._pack_delivery(message, number, worker, at, in_hand, -1, -1, -1, _NO_RESULT))
        return len(self._deliveries) // _DELIVERY_WIDTH - 1

    def in_hand(self, delivery: int, at: int) -> None:
        """Record that a worker begins a message that it had prefetched.

        Args:
            delivery: the row of the delivery.
            at: the time, in microseconds.
        """
        self._deliveries[delivery * _DELIVERY_WIDTH + _IN_HAND] = at

    def delivery_ended(self, delivery: int, at: int, result: int) -> None:
        """Record the end of a delivery.

        Args:
            delivery: the row of the delivery.
            at: the time, in microseconds.
            result: the code of its `DeliveryOutcome`.
        """
        base = delivery * _DELIVERY_WIDTH
        self._deliveries[base + _DELIVERY_ENDED] = at
        self._deliveries[base + _RESULT] = result

    def returned(self, delivery: int, at: int) -> None:
        """Record the return of a message to the queue.

        Args:
            delivery: the row of the delivery.
            at: the time, in microseconds.
        """
        self._deliveries[delivery * _DELIVERY_WIDTH + _RETURNED] = at

    def visible(self, delivery: int, at: int) -> None:
        """Record that a message is visible again, at its return or after its retry delay.

        Args:
            delivery: the row of the delivery after which the message returned.
            at: the time, in microseconds.
        """
        self._deliveries[delivery * _DELIVERY_WIDTH + _VISIBLE] = at

    def crash(self, worker: int, at: int, back: int) -> None:
        """Record the crash of a worker.

        Args:
            worker: the number of the worker, from 1.
            at: the time, in microseconds.
            back: the time at which it is back, in microseconds; NEVER if it stays down.
        """
        self._crashes.extend((worker, at, back))

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
        if cut_at is not None:
            self._cut(cut_at)
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

    def _cut(self, at: int) -> None:
        """Take back what was foreseen beyond the cut: work, services that work on, returns of workers."""
        calls = [row for row in self.abandoned_calls.columns(*WorkedOn.COLUMNS) if row[1] <= at]
        self.abandoned_calls.data[:] = array("q", [number for row in calls for number in row])
        data, width = self.attempts.data, len(Attempt.COLUMNS)
        kept = array("q")
        for base in range(0, len(data), width):
            row = data[base : base + width]
            if row[_ATTEMPT["ended"]] > at:
                row[_ATTEMPT["ended"]] = NEVER
                row[_ATTEMPT["outcome"]] = AttemptOutcome.OPEN
            if row[_ATTEMPT["started"]] <= at:
                kept.extend(row)
        data[:] = kept
        for rows, column in ((self.crashes, "back"), (self.pauses, "until")):
            for index in range(rows.kind.COLUMNS.index(column), len(rows.data), rows.width):
                if rows.data[index] > at:
                    rows.data[index] = NEVER

    def _last_end(self) -> int:
        """The last reply, end of work, also of a service that works on for nobody, or end of a message."""
        requests = self.requests
        replies = (ended for began, ended in requests.columns("began", "ended") if began != NEVER)
        columns = (requests.column("replied"), self.attempts.column("ended"), self.messages.column("gone"))
        return max(self.services_end, *(max(column, default=0) for column in (replies, *columns)))

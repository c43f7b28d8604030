"""Writes down what happens, once, as flat rows; closes the books at the end of a run."""

from __future__ import annotations

from array import array

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace import invariants
from syncasync_sim.trace.records import (
    NEVER,
    Attempt,
    Crash,
    Delivery,
    DeliveryOutcome,
    Message,
    MessageStatus,
    Request,
    ResponseStatus,
    Row,
    Rows,
    ServerOutcome,
    Trace,
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
_MESSAGE = _offsets(Message)
_MESSAGE_WIDTH = len(Message.COLUMNS)
_DONE = _MESSAGE["done"]
_GONE = _MESSAGE["gone"]  # and the fate behind it
_DELIVERY = _offsets(Delivery)
_DELIVERY_WIDTH = len(Delivery.COLUMNS)
_IN_HAND = _DELIVERY["in_hand"]
_DELIVERY_ENDED = _DELIVERY["ended"]
_RESULT = _DELIVERY["result"]
_RETURNED = _DELIVERY["returned"]  # and the time of being visible behind it
_NO_RESPONSE = int(ResponseStatus.NONE)
_OPEN = int(ServerOutcome.OPEN)
_UNFINISHED = int(WorkStatus.UNFINISHED)
_WAITING = int(MessageStatus.WAITING)
_NO_RESULT = int(DeliveryOutcome.OPEN)


class Recorder:
    """The rows of a run that is going on. Times are whole microseconds."""

    def __init__(self) -> None:
        self.requests = Rows(Request)
        self.attempts = Rows(Attempt)
        self.messages = Rows(Message)
        self.deliveries = Rows(Delivery)
        self.crashes = Rows(Crash)
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
        """A click arrives; its row's number."""
        self._add_request(
            self._pack_request(customer, click, at, -1, -1, -1, -1, _NO_RESPONSE, _OPEN, -1, _UNFINISHED)
        )
        return len(self._requests) // _REQUEST_WIDTH - 1

    def began(self, request: int, at: int, thread: int) -> None:
        base = request * _REQUEST_WIDTH + _BEGAN
        self._requests[base] = at
        self._requests[base + 1] = thread

    def ended(self, request: int, at: int, end: int) -> None:
        base = request * _REQUEST_WIDTH
        self._requests[base + _ENDED] = at
        self._requests[base + _END] = end

    def replied(self, request: int, at: int, response: int) -> None:
        base = request * _REQUEST_WIDTH + _REPLIED
        self._requests[base] = at
        self._requests[base + 1] = response

    def answered(self, request: int, at: int, response: int, end: int) -> None:
        """The thread is done with the request, and somebody was there to get the reply."""
        base = request * _REQUEST_WIDTH
        data = self._requests
        data[base + _ENDED] = data[base + _REPLIED] = at
        data[base + _RESPONSE] = response
        data[base + _END] = end

    def attempt(
        self, request: int, step: int, number: int, by: int, start: int, end: int, outcome: int
    ) -> None:
        """One attempt; *by* is the number of a thread, or minus the number of a worker."""
        self.add_attempt(self.pack_attempt(request, step, number, by, start, end, outcome))

    def message(self, request: int, step: int, at: int) -> int:
        """A message becomes visible for the first time; its row's number."""
        self._add_message(self._pack_message(request, step, at, -1, -1, _WAITING))
        return len(self._messages) // _MESSAGE_WIDTH - 1

    def done(self, message: int, at: int) -> None:
        """The work of a message succeeded; only the first time counts."""
        base = message * _MESSAGE_WIDTH + _DONE
        if self._messages[base] == NEVER:
            self._messages[base] = at

    def gone(self, message: int, at: int, fate: int) -> None:
        base = message * _MESSAGE_WIDTH + _GONE
        self._messages[base] = at
        self._messages[base + 1] = fate

    def delivery(self, message: int, number: int, worker: int, at: int, in_hand: int) -> int:
        """A worker takes a message; the delivery's row's number."""
        self._add_delivery(self._pack_delivery(message, number, worker, at, in_hand, -1, -1, -1, _NO_RESULT))
        return len(self._deliveries) // _DELIVERY_WIDTH - 1

    def in_hand(self, delivery: int, at: int) -> None:
        """The worker turns to one that it has held for a while."""
        self._deliveries[delivery * _DELIVERY_WIDTH + _IN_HAND] = at

    def delivery_ended(self, delivery: int, at: int, result: int) -> None:
        base = delivery * _DELIVERY_WIDTH
        self._deliveries[base + _DELIVERY_ENDED] = at
        self._deliveries[base + _RESULT] = result

    def returned(self, delivery: int, at: int, visible: int) -> None:
        base = delivery * _DELIVERY_WIDTH + _RETURNED
        self._deliveries[base] = at
        self._deliveries[base + 1] = visible

    def crash(self, worker: int, at: int, back: int) -> None:
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
        """The finished trace; *cut_at* is where the run was cut with something left to happen, or None."""
        if cut_at is not None:
            self._cut(cut_at)
        invariants.mark_in_flight(self.messages, self.deliveries)
        invariants.finalise(self.requests, self.messages)
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
        )

    def _cut(self, at: int) -> None:
        """Take back what was foreseen beyond the cut: stretches of work, retry delays, restarts."""
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
        for rows, name in ((self.deliveries, "visible"), (self.crashes, "back")):
            first = rows.kind.COLUMNS.index(name)
            for index in range(first, len(rows.data), rows.width):
                if rows.data[index] > at:
                    rows.data[index] = NEVER

    def _last_end(self) -> int:
        """The last reply, end of work, or end of a message."""
        requests = self.requests
        replies = (ended for began, ended in requests.columns("began", "ended") if began != NEVER)
        columns = (requests.column("replied"), self.attempts.column("ended"), self.messages.column("gone"))
        return max(0, *(max(column, default=0) for column in (replies, *columns)))

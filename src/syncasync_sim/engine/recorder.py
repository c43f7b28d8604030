"""Writes down what happens, once, as flat rows; closes the books at the end of a run."""

from __future__ import annotations

from array import array

from syncasync_sim.model.attempts import Outcome
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace import books
from syncasync_sim.trace.records import (
    NEVER,
    Attempt,
    Crash,
    Delivery,
    End,
    Fate,
    Message,
    Request,
    Response,
    Result,
    Row,
    Rows,
    Trace,
    Work,
)


def _places(kind: type[Row]) -> dict[str, int]:
    return {name: place for place, name in enumerate(kind.COLUMNS)}


_R, _A, _M, _D = map(_places, (Request, Attempt, Message, Delivery))
_NO_RESPONSE, _OPEN, _UNFINISHED = int(Response.NONE), int(End.OPEN), int(Work.UNFINISHED)
_AT_DONE, _AT_GONE = _M["done"], _M["gone"]
_AT_IN_HAND, _AT_DELIVERY_ENDED, _AT_RESULT = _D["in_hand"], _D["ended"], _D["result"]
_WAITING, _NO_RESULT = int(Fate.WAITING), int(Result.OPEN)
_WIDTH = {kind: len(kind.COLUMNS) for kind in (Request, Message, Delivery, Crash)}
_W_REQUEST, _W_MESSAGE, _W_DELIVERY, _W_CRASH = _WIDTH.values()
_AT_BEGAN, _AT_ENDED, _AT_REPLIED, _AT_END = _R["began"], _R["ended"], _R["replied"], _R["end"]
_AT_RESPONSE = _R["response"]


class Recorder:
    """The rows of a run that is going on. Times are whole microseconds."""

    def __init__(self) -> None:
        self.requests, self.attempts = Rows(Request), Rows(Attempt)
        self.messages, self.deliveries, self.crashes = Rows(Message), Rows(Delivery), Rows(Crash)
        self._requests, self._messages = self.requests.data, self.messages.data
        self._deliveries, self._crashes = self.deliveries.data, self.crashes.data
        self._pack_request, self._pack_message = self.requests.packer(), self.messages.packer()
        self._pack_delivery = self.deliveries.packer()
        self._add_request, self._add_message = self._requests.frombytes, self._messages.frombytes
        self._add_delivery = self._deliveries.frombytes
        self.add_attempt, self.pack_attempt = self.attempts.data.frombytes, self.attempts.packer()

    def request(self, customer: int, click: int, at: int) -> int:
        """A click arrives; its row's number."""
        self._add_request(
            self._pack_request(customer, click, at, -1, -1, -1, -1, _NO_RESPONSE, _OPEN, -1, _UNFINISHED)
        )
        return len(self._requests) // _W_REQUEST - 1

    def began(self, request: int, at: int, thread: int) -> None:
        base = request * _W_REQUEST + _AT_BEGAN
        self._requests[base] = at
        self._requests[base + 1] = thread

    def ended(self, request: int, at: int, end: int) -> None:
        base = request * _W_REQUEST
        self._requests[base + _AT_ENDED] = at
        self._requests[base + _AT_END] = end

    def replied(self, request: int, at: int, response: int) -> None:
        base = request * _W_REQUEST + _AT_REPLIED
        self._requests[base] = at
        self._requests[base + 1] = response

    def answered(self, request: int, at: int, response: int, end: int) -> None:
        """The thread is done with the request, and somebody was there to get the reply."""
        base = request * _W_REQUEST
        data = self._requests
        data[base + _AT_ENDED] = data[base + _AT_REPLIED] = at
        data[base + _AT_RESPONSE] = response
        data[base + _AT_END] = end

    def attempt(
        self, request: int, step: int, number: int, by: int, start: int, end: int, outcome: int
    ) -> None:
        """One attempt; *by* is the number of a thread, or minus the number of a worker."""
        self.add_attempt(self.pack_attempt(request, step, number, by, start, end, outcome))

    def message(self, request: int, step: int, at: int) -> int:
        """A message becomes visible for the first time; its row's number."""
        self._add_message(self._pack_message(request, step, at, -1, -1, _WAITING))
        return len(self._messages) // _W_MESSAGE - 1

    def done(self, message: int, at: int) -> None:
        """The work of a message succeeded; only the first time counts."""
        base = message * _W_MESSAGE + _AT_DONE
        if self._messages[base] == NEVER:
            self._messages[base] = at

    def gone(self, message: int, at: int, fate: int) -> None:
        base = message * _W_MESSAGE + _AT_GONE
        self._messages[base] = at
        self._messages[base + 1] = fate

    def delivery(self, message: int, number: int, worker: int, at: int, in_hand: int) -> int:
        """A worker takes a message; the delivery's row's number."""
        self._add_delivery(self._pack_delivery(message, number, worker, at, in_hand, -1, -1, -1, _NO_RESULT))
        return len(self._deliveries) // _W_DELIVERY - 1

    def in_hand(self, delivery: int, at: int) -> None:
        """The worker turns to one that it has held for a while."""
        self._deliveries[delivery * _W_DELIVERY + _AT_IN_HAND] = at

    def delivery_ended(self, delivery: int, at: int, result: int) -> None:
        base = delivery * _W_DELIVERY
        self._deliveries[base + _AT_DELIVERY_ENDED] = at
        self._deliveries[base + _AT_RESULT] = result

    def returned(self, delivery: int, at: int, visible: int) -> None:
        base = delivery * _W_DELIVERY + _D["returned"]
        self._deliveries[base], self._deliveries[base + 1] = at, visible

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
        books.mark_in_flight(self.messages, self.deliveries)
        books.settle(self.requests, self.messages)
        books.check(
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
            *(scenario, mode, seed, replication, "simulated"),
            *(self.requests, self.attempts, self.messages, self.deliveries, self.crashes),
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
            if row[_A["ended"]] > at:
                row[_A["ended"]], row[_A["outcome"]] = NEVER, Outcome.OPEN
            if row[_A["started"]] <= at:
                kept.extend(row)
        data[:] = kept
        for rows, name in ((self.deliveries, "visible"), (self.crashes, "back")):
            width, place = rows.width, rows.kind.COLUMNS.index(name)
            for base in range(place, len(rows.data), width):
                if rows.data[base] > at:
                    rows.data[base] = NEVER

    def _last_end(self) -> int:
        """The last reply, end of work, or end of a message."""
        requests = self.requests
        replies = (ended for began, ended in requests.columns("began", "ended") if began != NEVER)
        columns = (requests.column("replied"), self.attempts.column("ended"), self.messages.column("gone"))
        return max(0, *(max(column, default=0) for column in (replies, *columns)))

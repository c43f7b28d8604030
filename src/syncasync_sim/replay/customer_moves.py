"""The moves of the customers: the wait, the thread, the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.items import Writer, moment
from syncasync_sim.trace.records import Attempt, Request, ResponseStatus, ServerOutcome

_ANSWER = {
    ResponseStatus.OK: ("page", EventKind.PAGE),
    ResponseStatus.ERROR: ("error", EventKind.ERROR),
    ResponseStatus.REJECTED: ("rejected", EventKind.REJECTED),
}


class _Stay(NamedTuple):
    """Where a request's work is from when on, whether or not anybody still waits for it."""

    at_s: float
    box: str
    mark: EventKind
    slot: int = -1
    step: int = -1
    attempt: int = 0


class Customers(Writer):
    """The customers' side: wait, thread, answer."""

    def write(self) -> None:
        """Write the moves of all customers."""
        attempts: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in self.trace.attempts:
            if attempt.thread is not None:
                attempts[attempt.request].append(attempt)
        self._published: dict[int, list[float]] = defaultdict(list)
        for message in self.trace.messages:
            self._published[message.request].append(message.published_s)
        for request in self.trace.requests:
            stays = list(self._work(request, attempts[request.index]))
            if request.response is ResponseStatus.TIMED_OUT and request.replied_s is not None:
                self._left(request, stays, request.replied_s)
            else:
                self._stayed(request, stays)

    def _work(self, request: Request, attempts: list[Attempt]) -> Iterator[_Stay]:
        """The wait for a thread and the steps in it, without the end."""
        if request.began_s is None or request.began_s > request.arrived_s:
            mark = EventKind.CLICKS_AGAIN if request.click else EventKind.CLICKS
            if request.response is not ResponseStatus.REJECTED:
                yield _Stay(request.arrived_s, "wait", mark)
        if request.began_s is None or request.thread is None or request.end is ServerOutcome.EXPIRED:
            return
        slot, free_s = request.thread - 1, request.began_s
        for index, attempt in enumerate(attempts):
            yield from self._gap(request, free_s, attempt.started_s, attempt)
            mark = (
                EventKind.TRIES_AGAIN if attempt.number > 1 else EventKind.STEP if index else EventKind.BEGINS
            )
            yield _Stay(attempt.started_s, "threads", mark, slot, attempt.step, attempt.number)
            free_s = moment(attempt.ended_s)
        if not attempts or free_s < moment(request.ended_s):
            yield from self._gap(request, free_s, moment(request.ended_s), None)

    def _gap(self, request: Request, begin_s: float, end_s: float, then: Attempt | None) -> Iterator[_Stay]:
        """What a thread is at between two attempts, or before the first: it publishes, or it waits."""
        assert request.thread is not None, "asked only of one that has begun"
        slot = request.thread - 1
        if begin_s == end_s and then is not None:
            return
        if then is None or any(begin_s < at_s <= end_s for at_s in self._published[request.index]):
            yield _Stay(begin_s, "threads", EventKind.PUBLISHES, slot)
        else:
            mark = EventKind.FAILED_WAITS if then.number > 1 else EventKind.WAITS_FOR_PLACE
            yield _Stay(begin_s, "threads", mark, slot, then.step, then.number)

    def _stayed(self, request: Request, stays: list[_Stay]) -> None:
        """Somebody who is there until the answer comes, or until the run is cut."""
        item = self.item("customer", request)
        for stay in stays:
            self.move(stay.at_s, item, stay.box, stay.mark, stay.slot, stay.step, stay.attempt)
        if request.replied_s is not None and request.response in _ANSWER:
            box, mark = _ANSWER[request.response]
            self.move(request.replied_s, item, box, mark)

    def _left(self, request: Request, stays: list[_Stay], left_s: float) -> None:
        """Somebody who gives up; the work goes on without them, until a thread finds that out or is done."""
        item, rest = self.item("customer", request), [stay for stay in stays if stay.at_s >= left_s]
        for stay in stays[: len(stays) - len(rest)]:
            self.move(stay.at_s, item, stay.box, stay.mark, stay.slot, stay.step, stay.attempt)
        self.move(left_s, item, "left", EventKind.GAVE_UP)
        if request.ended_s is not None and request.ended_s <= left_s:
            return
        orphan, last = self.item("orphan", request), stays[len(stays) - len(rest) - 1]
        self.move(left_s, orphan, last.box, EventKind.WORKS_ON, last.slot, last.step, last.attempt)
        for stay in rest:
            self.move(stay.at_s, orphan, stay.box, EventKind.WORKS_ON, stay.slot, stay.step, stay.attempt)
        if request.ended_s is not None:
            mark = EventKind.SKIPPED if request.end is ServerOutcome.EXPIRED else EventKind.THROWN_AWAY
            self.move(request.ended_s, orphan, "", mark)

"""The moves of the customers: the wait, the thread, the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.items import Writer, moment
from syncasync_sim.trace.failed_steps import failed_for_good
from syncasync_sim.trace.publishing import handed_over_us
from syncasync_sim.trace.records import NEVER, ResponseStatus, ServerOutcome, is_worker

_ANSWER: Mapping[int, tuple[str, EventKind]] = {
    ResponseStatus.OK: ("page", EventKind.PAGE),
    ResponseStatus.ERROR: ("error", EventKind.ERROR),
    ResponseStatus.REJECTED: ("rejected", EventKind.REJECTED),
}
_INTERRUPTED: Mapping[int, EventKind] = {
    ServerOutcome.KILLED: EventKind.KILLED,
    ServerOutcome.CUT: EventKind.CUT,
    ServerOutcome.CLOSED: EventKind.CLOSED,
}
_LEFT_BEHIND: Mapping[int, EventKind] = {ServerOutcome.EXPIRED: EventKind.SKIPPED, **_INTERRUPTED}
"""The ends of a request that nobody waits for any more; of all others: thrown away."""
_TURNED_AWAY = frozenset(end for end in ServerOutcome if end.was_turned_away)


class _Request(NamedTuple):
    """The columns of a request that its moves need."""

    customer: int
    click: int
    arrived: int
    began: int
    thread: int
    ended: int
    replied: int
    response: int
    end: int


class _Attempt(NamedTuple):
    """Those of an attempt, and whether its step failed for good with it and the request went on."""

    request: int
    step: int
    number: int
    by: int
    started: int
    ended: int
    went_on: bool


class _Stay(NamedTuple):
    """Where a request's work is from when on, whether or not anybody still waits for it."""

    at_us: int
    box: str
    mark: EventKind
    slot: int = -1
    step: int = -1
    attempt: int = 0


class Customers(Writer):
    """The customers' side: wait, thread, answer."""

    def write(self) -> None:
        """Write the moves of all customers."""
        attempts: dict[int, list[_Attempt]] = defaultdict(list)
        failed = failed_for_good(self.trace.scenario, self.trace.mode, self.trace.attempts)
        for row, numbers in enumerate(self.trace.attempts.columns(*_Attempt._fields[:-1])):
            attempt = _Attempt._make((*numbers, row in failed))
            if not is_worker(attempt.by):
                attempts[attempt.request].append(attempt)
        published: dict[int, list[int]] = defaultdict(list)
        requests = self.trace.messages.column("request")
        for request, at_us in zip(requests, handed_over_us(self.trace), strict=True):
            published[request].append(at_us)
        rows = map(_Request._make, self.trace.requests.columns(*_Request._fields))
        for number, click in enumerate(rows):
            stays = list(_work(click, attempts[number], published[number]))
            if click.response == ResponseStatus.TIMED_OUT and click.replied != NEVER:
                self._left(click, stays)
            else:
                self._stayed(click, stays)

    def _stayed(self, request: _Request, stays: list[_Stay]) -> None:
        """Somebody who is there until the answer comes, or until the run is cut."""
        item = self.item("customer", request.customer, request.click)
        for stay in stays:
            self.move(stay.at_us, item, stay.box, stay.mark, stay.slot, stay.step, stay.attempt)
        if request.replied != NEVER and request.response in _ANSWER:
            box, mark = _ANSWER[request.response]
            self.move(request.replied, item, box, _INTERRUPTED.get(request.end, mark))

    def _left(self, request: _Request, stays: list[_Stay]) -> None:
        """Somebody who gives up; the work goes on without them, until a thread finds that out or is done."""
        left_us, rest = request.replied, [stay for stay in stays if stay.at_us >= request.replied]
        item = self.item("customer", request.customer, request.click)
        for stay in stays[: len(stays) - len(rest)]:
            self.move(stay.at_us, item, stay.box, stay.mark, stay.slot, stay.step, stay.attempt)
        self.move(left_us, item, "left", EventKind.GAVE_UP)
        if moment(request.ended) <= left_us:
            return
        orphan = self.item("orphan", request.customer, request.click)
        last = stays[len(stays) - len(rest) - 1]
        self.move(left_us, orphan, last.box, EventKind.WORKS_ON, last.slot, last.step, last.attempt)
        for stay in rest:
            self.move(stay.at_us, orphan, stay.box, EventKind.WORKS_ON, stay.slot, stay.step, stay.attempt)
        if request.ended != NEVER:
            self.move(request.ended, orphan, "", _LEFT_BEHIND.get(request.end, EventKind.THROWN_AWAY))


def _work(request: _Request, attempts: list[_Attempt], published: list[int]) -> Iterator[_Stay]:
    """The wait for a thread and the steps in it, without the end."""
    if request.began == NEVER or request.began > request.arrived:
        mark = EventKind.CLICKS_AGAIN if request.click else EventKind.CLICKS
        if request.end not in _TURNED_AWAY:
            yield _Stay(request.arrived, "wait", mark)
    if NEVER in (request.began, request.thread) or request.end == ServerOutcome.EXPIRED:
        return
    slot, free_us = request.thread - 1, request.began
    for index, attempt in enumerate(attempts):
        if attempt.started != free_us:
            yield _gap(slot, free_us, attempt, published)
        mark = EventKind.TRIES_AGAIN if attempt.number > 1 else EventKind.STEP if index else EventKind.BEGINS
        yield _Stay(attempt.started, "threads", mark, slot, attempt.step, attempt.number)
        free_us = attempt.ended
        if attempt.went_on:
            yield _Stay(free_us, "threads", EventKind.WENT_ON, slot, attempt.step, attempt.number)
    if not attempts or moment(free_us) < moment(request.ended):
        yield _Stay(free_us, "threads", EventKind.PUBLISHES, slot)


def _gap(slot: int, begin_us: int, attempt: _Attempt, published: list[int]) -> _Stay:
    """What a thread is at before an attempt that does not begin at once: it publishes, or it waits."""
    if any(begin_us < at_us <= attempt.started for at_us in published):
        return _Stay(begin_us, "threads", EventKind.PUBLISHES, slot)
    mark = EventKind.FAILED_WAITS if attempt.number > 1 else EventKind.WAITS_FOR_PLACE
    return _Stay(begin_us, "threads", mark, slot, attempt.step, attempt.number)

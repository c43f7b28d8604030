"""The moves of the customers: the wait, the thread, the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.items import Move, Writer, moment
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.failed_steps import failed_for_good
from syncasync_sim.trace.publishing import handed_over_us
from syncasync_sim.trace.records import ResponseStatus, ServerOutcome, is_worker

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
            item = self.item("customer", click.customer, click.click)
            stays = list(self._work(item, click, attempts[number], published[number]))
            if click.response == ResponseStatus.TIMED_OUT and click.replied != NEVER:
                self._left(item, click, stays)
            else:
                self._stayed(item, click, stays)

    def _stayed(self, item: int, request: _Request, stays: list[Move]) -> None:
        """Somebody who is there until the answer comes, or until the run is cut."""
        self.lane.moves += stays
        if request.replied != NEVER and request.response in _ANSWER:
            box, mark = _ANSWER[request.response]
            self.move(request.replied, item, box, _INTERRUPTED.get(request.end, mark))

    def _left(self, item: int, request: _Request, stays: list[Move]) -> None:
        """Somebody who gives up; the work goes on without them, until a thread finds that out or is done."""
        left_us, rest = request.replied, [stay for stay in stays if stay.t >= request.replied]
        before = stays[: len(stays) - len(rest)]
        self.lane.moves += before
        self.move(left_us, item, "left", EventKind.GAVE_UP)
        if moment(request.ended) <= left_us:
            return
        orphan = self.item("orphan", request.customer, request.click)
        last = stays[len(before) - 1]
        self.lane.moves.append(replace(last, t=left_us, item=orphan, mark=EventKind.WORKS_ON))
        self.lane.moves += [replace(stay, item=orphan, mark=EventKind.WORKS_ON) for stay in rest]
        if request.ended != NEVER:
            self.move(request.ended, orphan, "", _LEFT_BEHIND.get(request.end, EventKind.THROWN_AWAY))

    def _work(
        self, item: int, request: _Request, attempts: list[_Attempt], published: list[int]
    ) -> Iterator[Move]:
        """The wait for a thread and the steps in it, without the end."""
        if request.began == NEVER or request.began > request.arrived:
            mark = EventKind.CLICKS_AGAIN if request.click else EventKind.CLICKS
            if request.end not in _TURNED_AWAY:
                yield Move(request.arrived, item, self.boxes["wait"], -1, -1, mark, 0)
        if NEVER in (request.began, request.thread) or request.end == ServerOutcome.EXPIRED:
            return
        threads, slot, free_us = self.boxes["threads"], request.thread - 1, request.began
        for index, attempt in enumerate(attempts):
            step, number = attempt.step, attempt.number
            if attempt.started != free_us:
                gap, is_before = _gap(free_us, attempt, published)
                numbers = (step, gap, number) if is_before else (-1, gap, 0)
                yield Move(free_us, item, threads, slot, *numbers)
            mark = EventKind.TRIES_AGAIN if number > 1 else EventKind.STEP if index else EventKind.BEGINS
            yield Move(attempt.started, item, threads, slot, step, mark, number)
            free_us = attempt.ended
            if attempt.went_on:
                yield Move(free_us, item, threads, slot, step, EventKind.WENT_ON, number)
        if not attempts or moment(free_us) < moment(request.ended):
            yield Move(free_us, item, threads, slot, -1, EventKind.PUBLISHES, 0)


def _gap(begin_us: int, attempt: _Attempt, published: list[int]) -> tuple[EventKind, bool]:
    """What a thread does before an attempt that begins later, and whether that is about its step."""
    if any(begin_us < at_us <= attempt.started for at_us in published):
        return EventKind.PUBLISHES, False
    return (EventKind.FAILED_WAITS if attempt.number > 1 else EventKind.WAITS_FOR_PLACE), True

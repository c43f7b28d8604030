"""A trace as moves between places: who was where from when on, in the order in which it happened.

An item is in one place at a time. Customers are items, one a click, and so are messages. Where there are two
of a kind at once there are two items: the work for somebody who has given up goes on without them, and a
worker can be at a message that is visible to others again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.records import (
    NEVER,
    Attempt,
    Delivery,
    End,
    Fate,
    Message,
    Request,
    Response,
    Result,
    Trace,
)
from syncasync_sim.replay.places import ALWAYS, GONE, Place, places_of
from syncasync_sim.replay.words import Mark

ItemKind = Literal["customer", "orphan", "message", "copy"]
KINDS: tuple[ItemKind, ...] = ("customer", "orphan", "message", "copy")
COLUMNS = ("t", "item", "place", "slot", "step", "mark", "attempt")
_RANK = {"queue": 0, "delay": 0, "sink": 1, "slots": 2}
"""At one instant: what joins a line, then what ends, then what begins."""


@dataclass(frozen=True, slots=True)
class Item:
    """Whose it is (counted from 0), which click, and which step a message is about (-1: none)."""

    kind: ItemKind
    customer: int
    click: int
    step: int


@dataclass(frozen=True, slots=True)
class Move:
    """An item enters a place. `slot` counts from 0, -1 is none; `attempt` is the number of the try."""

    t: int
    item: int
    place: int
    slot: int
    step: int
    mark: Mark
    attempt: int

    def numbers(self) -> list[int]:
        """In the order of COLUMNS."""
        return [self.t, self.item, self.place, self.slot, self.step, int(self.mark), self.attempt]


@dataclass(slots=True)
class Lane:
    """One design's run as moves between places."""

    trace: Trace
    places: tuple[Place, ...]
    items: list[Item] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


def lane_of(trace: Trace) -> Lane:
    """The moves of a run, times never falling; what is earlier in the list happened first."""
    lane = Lane(trace, places_of(trace))
    _Requests(lane).write()
    _Messages(lane).write()
    lane.moves = _in_order(lane)
    used = {move.place for move in lane.moves}
    kept = [number for number, place in enumerate(lane.places) if number in used or place.id in ALWAYS]
    renumbered = {GONE: GONE, **{before: number for number, before in enumerate(kept)}}
    lane.places = tuple(lane.places[number] for number in kept)
    lane.moves = [replace(move, place=renumbered[move.place]) for move in lane.moves]
    return lane


def _in_order(lane: Lane) -> list[Move]:
    """By time; at one instant by cause, but never against the order of an item's own moves."""
    keys: list[tuple[int, int]] = []
    last: dict[int, tuple[int, int]] = {}
    for move in lane.moves:
        rank = 1 if move.place == GONE else _RANK[lane.places[move.place].kind]
        before = last.get(move.item, (NEVER, 0))
        rank = max(rank, before[1]) if before[0] == move.t else rank
        last[move.item] = (move.t, rank)
        keys.append((move.t, rank))
    return [lane.moves[i] for i in sorted(range(len(keys)), key=keys.__getitem__)]


class _Writer:
    """Adds items and moves to a lane; places by their names."""

    def __init__(self, lane: Lane) -> None:
        self.lane, self.trace = lane, lane.trace
        self._places = {place.id: number for number, place in enumerate(lane.places)}

    def item(self, kind: ItemKind, request: Request, step: int = -1) -> int:
        self.lane.items.append(Item(kind, request.customer, request.click, step))
        return len(self.lane.items) - 1

    def move(
        self, at_s: float, item: int, place: str, mark: Mark, slot: int = -1, step: int = -1, attempt: int = 0
    ) -> None:
        number = self._places[place] if place else GONE
        self.lane.moves.append(Move(round(at_s * US_PER_S), item, number, slot, step, mark, attempt))


@dataclass(frozen=True, slots=True)
class _Stay:
    """Where a request's work is from when on, whether or not anybody still waits for it."""

    at_s: float
    place: str
    mark: Mark
    slot: int = -1
    step: int = -1
    attempt: int = 0


class _Requests(_Writer):
    """The customers' side: wait, thread, answer."""

    def write(self) -> None:
        attempts: dict[int, list[Attempt]] = defaultdict(list)
        for attempt in self.trace.attempts:
            if attempt.thread is not None:
                attempts[attempt.request].append(attempt)
        self._published: dict[int, list[float]] = defaultdict(list)
        for message in self.trace.messages:
            self._published[message.request].append(message.published_s)
        for request in self.trace.requests:
            stays = list(self._work(request, attempts[request.index]))
            if request.response is Response.TIMED_OUT and request.replied_s is not None:
                self._left(request, stays, request.replied_s)
            else:
                self._stayed(request, stays)

    def _work(self, request: Request, attempts: list[Attempt]) -> Iterator[_Stay]:
        """The wait for a thread and the steps in it, without the end."""
        if request.began_s is None or request.began_s > request.arrived_s:
            mark = Mark.CLICKS_AGAIN if request.click else Mark.CLICKS
            if request.response is not Response.REJECTED:
                yield _Stay(request.arrived_s, "wait", mark)
        if request.began_s is None or request.thread is None or request.end is End.EXPIRED:
            return
        slot, free_s = request.thread - 1, request.began_s
        for place, attempt in enumerate(attempts):
            yield from self._gap(request, free_s, attempt.started_s, attempt)
            mark = Mark.TRIES_AGAIN if attempt.number > 1 else Mark.STEP if place else Mark.BEGINS
            yield _Stay(attempt.started_s, "threads", mark, slot, attempt.step, attempt.number)
            free_s = _at(attempt.ended_s)
        if not attempts or free_s < _at(request.ended_s):
            yield from self._gap(request, free_s, _at(request.ended_s), None)

    def _gap(self, request: Request, begin_s: float, end_s: float, then: Attempt | None) -> Iterator[_Stay]:
        """What a thread is at between two attempts, or before the first: it publishes, or it waits."""
        assert request.thread is not None, "asked only of one that has begun"
        slot = request.thread - 1
        if begin_s == end_s and then is not None:
            return
        if then is None or any(begin_s < at_s <= end_s for at_s in self._published[request.index]):
            yield _Stay(begin_s, "threads", Mark.PUBLISHES, slot)
        else:
            mark = Mark.FAILED_WAITS if then.number > 1 else Mark.WAITS_FOR_PLACE
            yield _Stay(begin_s, "threads", mark, slot, then.step, then.number)

    def _stayed(self, request: Request, stays: list[_Stay]) -> None:
        """Somebody who is there until the answer comes, or until the run is cut."""
        item = self.item("customer", request)
        for stay in stays:
            self.move(stay.at_s, item, stay.place, stay.mark, stay.slot, stay.step, stay.attempt)
        if request.replied_s is not None and request.response in _ANSWER:
            place, mark = _ANSWER[request.response]
            self.move(request.replied_s, item, place, mark)

    def _left(self, request: Request, stays: list[_Stay], left_s: float) -> None:
        """Somebody who gives up; the work goes on without them, until a thread finds that out or is done."""
        item, rest = self.item("customer", request), [stay for stay in stays if stay.at_s >= left_s]
        for stay in stays[: len(stays) - len(rest)]:
            self.move(stay.at_s, item, stay.place, stay.mark, stay.slot, stay.step, stay.attempt)
        self.move(left_s, item, "left", Mark.GAVE_UP)
        if request.ended_s is not None and request.ended_s <= left_s:
            return
        orphan, last = self.item("orphan", request), stays[len(stays) - len(rest) - 1]
        self.move(left_s, orphan, last.place, Mark.WORKS_ON, last.slot, last.step, last.attempt)
        for stay in rest:
            self.move(stay.at_s, orphan, stay.place, Mark.WORKS_ON, stay.slot, stay.step, stay.attempt)
        if request.ended_s is not None:
            mark = Mark.SKIPPED if request.end is End.EXPIRED else Mark.THROWN_AWAY
            self.move(request.ended_s, orphan, "", mark)


_ANSWER = {
    Response.OK: ("page", Mark.PAGE),
    Response.ERROR: ("error", Mark.ERROR),
    Response.REJECTED: ("rejected", Mark.REJECTED),
}
_FATE = {
    Fate.ACKNOWLEDGED: ("done", Mark.DONE),
    Fate.DEAD_LETTERED: ("dead", Mark.DEAD),
    Fate.LOST: ("lost", Mark.LOST),
}
_COPY_ENDS = {Result.CRASHED: Mark.DIED, Result.FAILED: Mark.ALSO_FAILED}


class _Messages(_Writer):
    """The workers' side: queue, hands, end."""

    def write(self) -> None:
        deliveries: dict[int, list[Delivery]] = defaultdict(list)
        for delivery in self.trace.deliveries:
            deliveries[delivery.message].append(delivery)
        requests = self.trace.requests
        for message in self.trace.messages:
            self._message(message, requests[message.request], deliveries[message.index])

    def _message(self, message: Message, request: Request, deliveries: list[Delivery]) -> None:
        item = self.item("message", request, message.step)
        self.move(message.published_s, item, "queue", Mark.QUEUED, -1, message.step)
        for place, delivery in enumerate(deliveries):
            following = deliveries[place + 1] if place + 1 < len(deliveries) else None
            self._delivery(message, request, item, delivery, following)
        if message.gone_s is not None:
            where, mark = _FATE[message.fate]
            self.move(message.gone_s, item, where, mark, -1, message.step)

    def _delivery(
        self, message: Message, request: Request, item: int, d: Delivery, following: Delivery | None
    ) -> None:
        """From the taking until the message leaves the hands; what the worker then still does is a copy."""
        step, slot = message.step, d.worker - 1
        until = min(
            _at(d.returned_s), _at(message.gone_s), _at(None if following is None else following.taken_s)
        )
        self._taken(item, d, step, until)
        if d.ended_s is not None and d.ended_s < until:
            kept = following is not None and d.returned_s is None
            mark = Mark.DIED if d.result is Result.CRASHED else Mark.KEPT if kept else Mark.FAILED_LATER
            self.move(d.ended_s, item, "workers" if kept else "later", mark, slot, step, d.number)
        elif d.in_hand_s is not None and _at(d.ended_s) > until:
            self._copy(request, d, step, until)
        if d.returned_s is not None:
            self._returned(item, d, step)

    def _taken(self, item: int, d: Delivery, step: int, until: float) -> None:
        again = Mark.TAKEN_AGAIN if d.number > 1 else Mark.TAKEN
        held = d.in_hand_s is None or d.in_hand_s > d.taken_s
        place, mark = ("held", Mark.HELD) if held else ("workers", again)
        self.move(d.taken_s, item, place, mark, d.worker - 1, step, d.number)
        if d.in_hand_s is not None and d.taken_s < d.in_hand_s < until:
            self.move(d.in_hand_s, item, "workers", Mark.TURNS_TO, d.worker - 1, step, d.number)

    def _copy(self, request: Request, d: Delivery, step: int, left_s: float) -> None:
        assert d.in_hand_s is not None, "only what a worker has begun goes on"
        copy = self.item("copy", request, step)
        begun_s = max(d.in_hand_s, left_s)
        self.move(begun_s, copy, "workers", Mark.STILL_AT_IT, d.worker - 1, step, d.number)
        if d.ended_s is not None:
            self.move(
                d.ended_s, copy, "", _COPY_ENDS.get(d.result, Mark.ALSO_DONE), d.worker - 1, step, d.number
            )

    def _returned(self, item: int, d: Delivery, step: int) -> None:
        assert d.returned_s is not None, "asked only of one that came back"
        if d.visible_s != d.returned_s:
            self.move(d.returned_s, item, "later", Mark.FAILED_LATER, -1, step, d.number)
        if d.visible_s is not None:
            mark = Mark.TIMEOUT_OVER if _at(d.ended_s) > d.visible_s else Mark.VISIBLE
            self.move(d.visible_s, item, "queue", mark, -1, step, d.number)


def _at(moment_s: float | None) -> float:
    return float("inf") if moment_s is None else moment_s

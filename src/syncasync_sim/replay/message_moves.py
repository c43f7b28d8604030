"""The moves of the messages: the queue, the workers' hands, the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import zip_longest
from typing import NamedTuple

from syncasync_sim.replay.captions import LOST_BY, EventKind
from syncasync_sim.replay.items import Writer, moment
from syncasync_sim.replay.processes import freezes
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.losses import lost_messages
from syncasync_sim.trace.publishing import handed_over_us
from syncasync_sim.trace.records import DeliveryOutcome, MessageStatus

_ENDS: Mapping[int, tuple[str, EventKind]] = {
    MessageStatus.ACKNOWLEDGED: ("done", EventKind.DONE),
    MessageStatus.DEAD_LETTERED: ("dead", EventKind.DEAD),
}
_COPY_ENDS: Mapping[int, EventKind] = {
    DeliveryOutcome.CRASHED: EventKind.DIED,
    DeliveryOutcome.FAILED: EventKind.ALSO_FAILED,
}


class _Delivery(NamedTuple):
    """The columns of a delivery that the moves need."""

    message: int
    number: int
    worker: int
    taken: int
    in_hand: int
    ended: int
    returned: int
    visible: int
    result: int


class _Origin(NamedTuple):
    """Of which customer and click a message is, and about which step."""

    customer: int
    click: int
    step: int


class Messages(Writer):
    """The workers' side: queue, hands, end."""

    def write(self) -> None:
        """Write the moves of all messages."""
        deliveries: dict[int, list[_Delivery]] = defaultdict(list)
        for delivery in map(_Delivery._make, self.trace.deliveries.columns(*_Delivery._fields)):
            deliveries[delivery.message].append(delivery)
        clicks = list(self.trace.requests.columns("customer", "click"))
        lost = {number: ("lost", LOST_BY[cause]) for number, cause in lost_messages(self.trace).items()}
        rows = self.trace.messages.columns("request", "step", "published", "gone", "fate")
        self._freezes = freezes(self.trace)
        handed_over, has_outbox = handed_over_us(self.trace), self.trace.scenario.queue.has_outbox
        for number, (request, step, published, gone, fate) in enumerate(rows):
            customer, click = clicks[request]
            origin = _Origin(customer, click, step)
            item = self.item("message", *origin)
            if has_outbox:
                self.move(handed_over[number], item, "outbox", EventKind.IN_OUTBOX, -1, step)
            if published != NEVER:
                mark = EventKind.RELAYED if has_outbox else EventKind.QUEUED
                self.move(published, item, "queue", mark, -1, step)
            for delivery, following in zip_longest(deliveries[number], deliveries[number][1:]):
                self._delivery(origin, item, gone, delivery, following)
            if gone != NEVER:
                self.move(gone, item, *(lost.get(number) or _ENDS[fate]), -1, step)

    def _delivery(
        self, origin: _Origin, item: int, gone_us: int, d: _Delivery, following: _Delivery | None
    ) -> None:
        """From the taking until the message leaves the hands; what the worker then still does is a copy."""
        step, slot = origin.step, d.worker - 1
        until = min(moment(d.returned), moment(gone_us), moment(following.taken if following else NEVER))
        self._taken(item, d, step, until)
        if moment(d.ended) < until:
            kept = following is not None and d.returned == NEVER
            mark = (
                EventKind.DIED
                if d.result == DeliveryOutcome.CRASHED
                else EventKind.KEPT
                if kept
                else EventKind.FAILED_LATER
            )
            self.move(d.ended, item, "workers" if kept else "later", mark, slot, step, d.number)
        elif d.in_hand != NEVER and moment(d.ended) > until:
            self._copy(origin, d, until)
        if d.returned != NEVER:
            self._returned(item, d, step)

    def _taken(self, item: int, d: _Delivery, step: int, until: float) -> None:
        again = EventKind.TAKEN_AGAIN if d.number > 1 else EventKind.TAKEN
        held = moment(d.in_hand) > d.taken
        box_id, mark = ("held", EventKind.HELD) if held else ("workers", again)
        self.move(d.taken, item, box_id, mark, d.worker - 1, step, d.number)
        if d.taken < d.in_hand < until:
            self.move(d.in_hand, item, "workers", EventKind.TURNS_TO, d.worker - 1, step, d.number)
        if d.in_hand != NEVER:
            self._stands_still(item, d, step, d.in_hand, min(until, moment(d.ended)), EventKind.GOES_ON)

    def _stands_still(
        self, item: int, d: _Delivery, step: int, begin: int, until: float, then: EventKind
    ) -> None:
        """What a worker has in hand from *begin* to *until*, as long as it stands still meanwhile."""
        for at_us, woke_us in self._freezes.get(d.worker, ()):
            still_us = max(at_us, begin)
            if still_us < min(until, moment(woke_us)):
                self.move(still_us, item, "workers", EventKind.STANDS_STILL, d.worker - 1, step, d.number)
                if begin < moment(woke_us) < until:
                    self.move(woke_us, item, "workers", then, d.worker - 1, step, d.number)

    def _copy(self, origin: _Origin, d: _Delivery, left_us: float) -> None:
        copy, step = self.item("copy", *origin), origin.step
        begun_us = int(max(d.in_hand, left_us))
        if not any(at <= begun_us < moment(woke) for at, woke in self._freezes.get(d.worker, ())):
            self.move(begun_us, copy, "workers", EventKind.STILL_AT_IT, d.worker - 1, step, d.number)
        self._stands_still(copy, d, step, begun_us, moment(d.ended), EventKind.STILL_AT_IT)
        if d.ended != NEVER:
            self.move(
                d.ended,
                copy,
                "",
                _COPY_ENDS.get(d.result, EventKind.ALSO_DONE),
                d.worker - 1,
                step,
                d.number,
            )

    def _returned(self, item: int, d: _Delivery, step: int) -> None:
        if d.visible != d.returned:
            self.move(d.returned, item, "later", EventKind.FAILED_LATER, -1, step, d.number)
        if d.visible != NEVER:
            mark = EventKind.TIMEOUT_OVER if moment(d.ended) > d.visible else EventKind.VISIBLE
            self.move(d.visible, item, "queue", mark, -1, step, d.number)

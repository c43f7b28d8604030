"""The moves of the messages: the queue, the workers' hands, the end."""

from __future__ import annotations

from collections import defaultdict

from syncasync_sim.replay.captions import LOST_BY, EventKind
from syncasync_sim.replay.items import Writer, moment
from syncasync_sim.trace.losses import lost_messages
from syncasync_sim.trace.records import Delivery, DeliveryOutcome, Message, MessageStatus, Request

_ENDS = {
    MessageStatus.ACKNOWLEDGED: ("done", EventKind.DONE),
    MessageStatus.DEAD_LETTERED: ("dead", EventKind.DEAD),
}
_COPY_ENDS = {DeliveryOutcome.CRASHED: EventKind.DIED, DeliveryOutcome.FAILED: EventKind.ALSO_FAILED}


class Messages(Writer):
    """The workers' side: queue, hands, end."""

    def write(self) -> None:
        """Write the moves of all messages."""
        deliveries: dict[int, list[Delivery]] = defaultdict(list)
        for delivery in self.trace.deliveries:
            deliveries[delivery.message].append(delivery)
        requests, lost = self.trace.requests, lost_messages(self.trace)
        self._ends = {index: ("lost", LOST_BY[cause]) for index, cause in lost.items()}
        for message in self.trace.messages:
            self._message(message, requests[message.request], deliveries[message.index])

    def _message(self, message: Message, request: Request, deliveries: list[Delivery]) -> None:
        item = self.item("message", request, message.step)
        self.move(message.published_s, item, "queue", EventKind.QUEUED, -1, message.step)
        for index, delivery in enumerate(deliveries):
            following = deliveries[index + 1] if index + 1 < len(deliveries) else None
            self._delivery(message, request, item, delivery, following)
        if message.gone_s is not None:
            where, mark = self._ends.get(message.index) or _ENDS[message.fate]
            self.move(message.gone_s, item, where, mark, -1, message.step)

    def _delivery(
        self, message: Message, request: Request, item: int, d: Delivery, following: Delivery | None
    ) -> None:
        """From the taking until the message leaves the hands; what the worker then still does is a copy."""
        step, slot = message.step, d.worker - 1
        until = min(
            moment(d.returned_s),
            moment(message.gone_s),
            moment(None if following is None else following.taken_s),
        )
        self._taken(item, d, step, until)
        if d.ended_s is not None and d.ended_s < until:
            kept = following is not None and d.returned_s is None
            mark = (
                EventKind.DIED
                if d.result is DeliveryOutcome.CRASHED
                else EventKind.KEPT
                if kept
                else EventKind.FAILED_LATER
            )
            self.move(d.ended_s, item, "workers" if kept else "later", mark, slot, step, d.number)
        elif d.in_hand_s is not None and moment(d.ended_s) > until:
            self._copy(request, d, step, until)
        if d.returned_s is not None:
            self._returned(item, d, step)

    def _taken(self, item: int, d: Delivery, step: int, until: float) -> None:
        again = EventKind.TAKEN_AGAIN if d.number > 1 else EventKind.TAKEN
        held = d.in_hand_s is None or d.in_hand_s > d.taken_s
        box_id, mark = ("held", EventKind.HELD) if held else ("workers", again)
        self.move(d.taken_s, item, box_id, mark, d.worker - 1, step, d.number)
        if d.in_hand_s is not None and d.taken_s < d.in_hand_s < until:
            self.move(d.in_hand_s, item, "workers", EventKind.TURNS_TO, d.worker - 1, step, d.number)

    def _copy(self, request: Request, d: Delivery, step: int, left_s: float) -> None:
        assert d.in_hand_s is not None, "only what a worker has begun goes on"
        copy = self.item("copy", request, step)
        begun_s = max(d.in_hand_s, left_s)
        self.move(begun_s, copy, "workers", EventKind.STILL_AT_IT, d.worker - 1, step, d.number)
        if d.ended_s is not None:
            self.move(
                d.ended_s,
                copy,
                "",
                _COPY_ENDS.get(d.result, EventKind.ALSO_DONE),
                d.worker - 1,
                step,
                d.number,
            )

    def _returned(self, item: int, d: Delivery, step: int) -> None:
        assert d.returned_s is not None, "asked only of one that came back"
        if d.visible_s != d.returned_s:
            self.move(d.returned_s, item, "later", EventKind.FAILED_LATER, -1, step, d.number)
        if d.visible_s is not None:
            mark = EventKind.TIMEOUT_OVER if moment(d.ended_s) > d.visible_s else EventKind.VISIBLE
            self.move(d.visible_s, item, "queue", mark, -1, step, d.number)

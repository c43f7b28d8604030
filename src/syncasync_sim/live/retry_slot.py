"""What a worker keeps after a failure, to try it again itself (`failure: in_place`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from syncasync_sim.live.protocol import Delivery


class RetrySlot:
    """At most one delivery: nothing else is begun before it is settled."""

    def __init__(self) -> None:
        self._kept: tuple[Delivery, float] | None = None

    def __bool__(self) -> bool:
        return self._kept is not None

    @property
    def delivery(self) -> Delivery:
        """The delivery that is kept; there must be one."""
        assert self._kept is not None
        return self._kept[0]

    def keep(self, delivery: Delivery, delay_s: float) -> None:
        """Keep a failed delivery until its delay is over.

        Args:
            delivery: the delivery.
            delay_s: the delay, in real seconds.
        """
        self._kept = delivery, time.monotonic() + delay_s

    def forget(self) -> None:
        """Empty the slot."""
        self._kept = None

    def again(self, wait_s: float, sleep: Callable[[float], object]) -> Sequence[Delivery]:
        """Return the kept delivery with the next number when its delay is over; nothing if it is not yet.

        Args:
            wait_s: the longest wait for it, in seconds.
            sleep: sleeps for a number of seconds.
        """
        assert self._kept is not None
        delivery, due_at = self._kept
        sleep(max(0.0, min(due_at - time.monotonic(), wait_s)))
        if time.monotonic() < due_at:
            return ()
        self.forget()
        number = None if delivery.number is None else delivery.number + 1
        return [replace(delivery, taken_at=time.monotonic(), number=number)]

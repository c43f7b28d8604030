"""The relay of the outbox, as a process of its own: it publishes the messages in the service's database.

Run as `python -m syncasync_sim.live.relay PLAN PARENT`. It says `ready`, and on `BEGAN_AT` on its standard
input it looks at the scenario's 0 and every `queue.outbox_every` from then on.
"""

from __future__ import annotations

import sys
import time

from syncasync_sim.live import process_start
from syncasync_sim.live.event_log import PUBLISHED, TROUBLE, EventLog
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.protocol import BrokerError, Message, Publisher, RefusedError
from syncasync_sim.model.quantities import to_us


class Relay:
    """Looks into the outbox now and then, and publishes what it finds, in order."""

    def __init__(self, plan: Plan, event_log: EventLog, publisher: Publisher, clock: Clock) -> None:
        self._event_log, self._publisher, self._clock = event_log, publisher, clock
        self._every_us = to_us(plan.scenario.queue.outbox_every)

    def run(self) -> None:
        """Look until the process is ended."""
        look_at = 0
        while True:
            time.sleep(max(0.0, self._clock.moment(look_at) - time.monotonic()))
            self.look()
            # The next multiple that has not passed: while it publishes there is no look.
            look_at = max(look_at + 1, self._clock.now_us())
            look_at = -(-look_at // self._every_us) * self._every_us

    def look(self) -> None:
        """Publish the messages that are in the outbox now; one that the broker refuses stays there."""
        rows = self._event_log.rows("SELECT id, request, step, body, key FROM outbox ORDER BY id")
        for id_, request, step, body, key in rows:
            try:
                self._publisher.publish(Message(body, key))
            except RefusedError:
                continue
            self._event_log.write(
                ("DELETE FROM outbox WHERE id = ?", (id_,)),
                (PUBLISHED, (self._clock.now_us(), request, step)),
            )


def main() -> None:
    """Run the relay of a live run until the runner ends it.

    Raises:
        SystemExit: the broker cannot be used; the error is in the event log.
    """
    plan = process_start.begin()
    event_log = EventLog(plan.event_log)
    try:
        publisher = plan.broker().publisher()
        process_start.tell("ready")
        Relay(plan, event_log, publisher, Clock(float(sys.stdin.readline()), plan.speed)).run()
    except BrokerError as error:
        event_log.write((TROUBLE, (str(error),)))
        raise SystemExit(1) from None


if __name__ == "__main__":
    with process_start.writing_down():
        main()

"""The called services, where they work on after their callers have given up: `on_timeout: works_on`.

They are other computers: their caller may be killed meanwhile, and they end what they were asked for.
So it is the runner, which nobody kills, that makes their effects happen.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from threading import Event, Thread

from syncasync_sim.live.event_log import EventLog, effect_of
from syncasync_sim.live.payload import Payload
from syncasync_sim.live.plan import Clock, Plan

LOOK_S = 0.002
"""Real seconds between two looks for calls that are done."""
IS_LEFT = "SELECT count(*) FROM abandoned WHERE ended IS NULL"


class AbandonedCalls:
    """Ends each abandoned call when its full length is over, in a thread of its own."""

    def __init__(self, plan: Plan, event_log: EventLog, clock: Clock) -> None:
        self._steps, self._event_log, self._clock = plan.scenario.steps, event_log, clock
        self._open: dict[int, int] = {}  # when each is due, by row
        self._version, self._stopped = -1, Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with suppress(sqlite3.Error):  # no room: the processes of the run notice that as well
            while not self._stopped.wait(LOOK_S):
                self.look()
        self._event_log.close()

    def look(self) -> None:
        """End the calls that are due."""
        if (version := self._event_log.has_changed()) != self._version:
            self._version = version
            self._open |= dict(self._event_log.rows("SELECT id, due FROM abandoned WHERE ended IS NULL"))
        now = self._clock.now_us()
        for id_ in [id_ for id_, due in self._open.items() if due <= now]:
            del self._open[id_]
            sql = "SELECT request, customer, click, step, outcome FROM abandoned WHERE id = ?"
            [(*body, outcome)] = self._event_log.rows(sql, id_)
            payload = Payload(*body)
            self._event_log.write(
                ("UPDATE abandoned SET ended = ? WHERE id = ?", (now, id_)),
                *effect_of(self._steps[payload.step], payload, now, outcome),
            )

    def close(self) -> None:
        """Stop the thread, which closes the event log."""
        self._stopped.set()
        self._thread.join()

"""Asks the broker what no worker sees: the dead letters, and how many messages wait."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread

from syncasync_sim.live.event_log import TROUBLE, EventLog
from syncasync_sim.live.payload import Payload
from syncasync_sim.live.plan import Clock
from syncasync_sim.live.protocol import BrokerError, Observer

WATCH_S = 0.25
"""Real seconds between two looks."""
ANSWER_S = 30.0
"""A broker that has not answered a look for so many seconds will not: the clients of some wait for ever."""


@dataclass
class QueueMonitor:
    """Asks the broker now and then, in a thread of its own."""

    observer: Observer
    event_log: EventLog
    clock: Clock
    waiting: int | None = None
    stopped: Event = field(default_factory=Event)
    _began_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def waits_in_vain(self) -> bool:
        """Whether the broker does not answer any more."""
        return self._thread.is_alive() and time.monotonic() - self._began_at > ANSWER_S

    def _run(self) -> None:
        try:
            while not self.stopped.wait(WATCH_S):
                self._began_at = time.monotonic()
                self.look()
        except BrokerError as error:
            with suppress(sqlite3.Error):  # no room: the processes of the run notice that as well
                self.event_log.write((TROUBLE, (str(error),)))
        except sqlite3.Error:
            pass
        finally:  # by this thread: no client library likes two at one connection
            self.observer.close()
            self.event_log.close()

    def look(self) -> None:
        """Record the new dead letters and the number of waiting messages."""
        letter = "INSERT OR IGNORE INTO dead_letters VALUES (?, ?, ?)"
        for message in self.observer.dead_letters():
            body = Payload.read(message.body)
            self.event_log.write((letter, (body.request, body.step, self.clock.now_us())))
        self.waiting = self.observer.waiting()

    def close(self) -> None:
        """Stop the thread, which closes the observer and the event log; one that waits in vain is left."""
        self.stopped.set()
        self._thread.join(0.0 if self.waits_in_vain else 10.0)

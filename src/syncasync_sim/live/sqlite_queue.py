"""A queue in a SQLite file: no broker at all, but across processes, and it does what the model's ideal does.

It is for trying a run for real where no broker is, and for the tests of the runner. A worker's death is
found at once, by its process's id. `sqlite:FILE` names the file; `sqlite:` alone, one in the run's folder.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random  # noqa: TID251 - a timeout's length is random for the queue, as with a real broker
from threading import Lock

from syncasync_sim.live.event_log import transaction
from syncasync_sim.live.protocol import (
    BrokerError,
    Delivery,
    Message,
    QueueRequirements,
    RefusedError,
    Server,
)
from syncasync_sim.model.distributions import Constant

SCHEMA = """
CREATE TABLE messages (id INTEGER PRIMARY KEY, place INTEGER, body BLOB, key INTEGER, visible REAL,
  deliveries INTEGER, pid INTEGER, receipt INTEGER, dead INTEGER DEFAULT 0, told INTEGER DEFAULT 0);
CREATE INDEX waiting ON messages (place) WHERE dead = 0;
"""
FOREVER = 1e18
_PEN = Lock()
"""Threads of one process take turns here: in the file they would sleep too long before trying again."""
LOOK_S = 0.002
"""Between two looks at the file: no message waits longer for a worker that has nothing to do."""


class SqliteQueue:
    """The queue's file, and its three ends."""

    preset = "ideal"
    extra = ""

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        named = url.partition(":")[2]
        self._path = Path(named) if named else Path(tempfile.gettempdir()) / f"{wanted.name}.sqlite"
        self._wanted = wanted

    def unsupported(self) -> Sequence[str]:
        queue, problems = self._wanted.queue, []
        if self._path.exists():
            problems.append(f"{self._path}: it is there already; name a file that is not")
        if queue.crash_detection not in (None, Constant(0.0)):
            problems.append("queue.crash_detection: a file knows at once who is dead; choose 0 or none")
        if self._wanted.has_freezes:
            problems.append("workers.freezes: a worker that stands still may hold the file; choose a broker")
        elif self._wanted.has_host_crash:
            problems.append("workers.crashes: kind: host: a file has no hosts; choose kind: process")
        if queue.partitions is not None:
            problems.append("queue.partitions: a file has none; leave it out")
        if queue.deal != "least_held":
            problems.append(f"queue.deal: {queue.deal}: workers ask the file; choose least_held")
        if self._wanted.renew:
            problems.append("workers.renew: a file does not know it; leave it out")
        if queue.failure == "in_place":
            problems.append("queue.failure: in_place: a file does not know it; choose requeue")
        return problems

    def create(self) -> Server:
        try:
            with contextlib.closing(_open(self._path)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise BrokerError(f"sqlite:{self._path}: {error}") from None
        return Server("SQLite", sqlite3.sqlite_version, "a file, no broker")

    def publisher(self) -> _End:
        """A new publisher with a connection of its own."""
        return _End(self._path, self._wanted)

    def consumer(self, worker: int = 1) -> _End:  # noqa: ARG002 - all alike
        return _End(self._path, self._wanted)

    def observer(self) -> _End:
        """A new observer with a connection of its own."""
        return _End(self._path, self._wanted)

    def remove(self) -> str:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        return ""


class _End:
    """A connection to the file; it publishes, takes or watches."""

    def __init__(self, path: Path, wanted: QueueRequirements) -> None:
        self._path, self._wanted, self._queue = path, wanted, wanted.queue
        self._held = 0
        self._random = Random().random
        with _in_words(path):
            self._db = _open(path)

    def close(self) -> None:
        self._db.close()

    # -- publishing -------------------------------------------------------------------------------

    def publish(self, message: Message) -> None:
        with self._writing():
            if self._queue.capacity is not None and self._waiting() >= self._queue.capacity:
                if self._queue.when_full == "refuse":
                    raise RefusedError("the queue is full")
                oldest = "SELECT id FROM messages WHERE dead = 0 AND receipt IS NULL ORDER BY place LIMIT 1"
                self._db.execute(f"DELETE FROM messages WHERE id = ({oldest})")
            position = self._last_position()
            row = (position, message.body, message.key, 0.0)
            self._db.execute(
                "INSERT INTO messages (place, body, key, visible, deliveries) VALUES (?, ?, ?, ?, 0)", row
            )

    # -- taking -----------------------------------------------------------------------------------

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        until = time.monotonic() + wait_s
        while True:
            deliveries = self._take()
            if deliveries or time.monotonic() >= until:
                return deliveries
            time.sleep(LOOK_S)

    def work(self, delivery: Delivery, seconds: float) -> None:
        del delivery
        time.sleep(seconds)

    def acknowledge(self, delivery: Delivery) -> bool:
        self._held -= 1
        if self._queue.ack == "before":
            return True
        where = {
            "accepted": "id = ?1",
            "until_retaken": "id = ?1 AND (receipt = ?2 OR receipt IS NULL)",
            "ignored": "id = ?1 AND receipt = ?2 AND visible > ?3",
        }[self._queue.late_ack]
        message, receipt = delivery.handle
        with self._writing():
            self._bring_back()
            values = (message, receipt, time.monotonic())[: where.count("?")]
            return self._db.execute(f"DELETE FROM messages WHERE dead = 0 AND {where}", values).rowcount > 0

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        self._held -= 1
        message, receipt = delivery.handle
        with self._writing():
            if self._queue.failure == "timeout":
                return
            if last:
                self._record_death(message, receipt)
            else:
                self._give_back(message, time.monotonic() + delay_s, receipt)

    def stop_taking(self) -> Sequence[Delivery]:
        """Return nothing: only who asks for a message gets one."""
        return ()

    def give_back(self, delivery: Delivery) -> None:
        self._held -= 1
        message, receipt = delivery.handle
        with self._writing():
            self._give_back(message, 0.0, receipt)

    def _take(self) -> list[Delivery]:
        """As many visible ones as the worker has room for, to itself."""
        prefetch = self._queue.prefetch
        taken: list[Delivery] = []
        free = 1 << 20 if prefetch is None else prefetch - self._held
        with _in_words(self._path):
            some = self._db.execute("SELECT 1 FROM messages WHERE dead = 0 LIMIT 1").fetchone()
        if free <= 0 or not some:
            return []
        with self._writing():
            self._bring_back()
            now = time.monotonic()
            ready = """SELECT id, body, key, deliveries FROM messages
                WHERE dead = 0 AND receipt IS NULL AND visible <= ? ORDER BY place LIMIT ?"""
            for message, body, key, deliveries in self._db.execute(ready, (now, free)).fetchall():
                receipt = time.monotonic_ns()
                self._db.execute(
                    "UPDATE messages SET receipt = ?, pid = ?, deliveries = ?, visible = ? WHERE id = ?",
                    (receipt, os.getpid(), deliveries + 1, now + self._timeout_s(), message),
                )
                content = Message(body, key)
                taken.append(Delivery(content, time.monotonic(), (message, receipt), deliveries + 1))
            if self._queue.ack == "before":
                self._db.executemany("DELETE FROM messages WHERE id = ?", [d.handle[:1] for d in taken])
        self._held += len(taken)
        return taken

    def _timeout_s(self) -> float:
        timeout = self._queue.visibility_timeout
        return FOREVER if timeout is None else self._wanted.real_s(timeout.quantile_s(self._random()))

    def _bring_back(self) -> None:
        """Whatever is held by the dead, or for too long, is visible again, or has had its last delivery."""
        held = """SELECT id, pid, visible, deliveries, receipt FROM messages
            WHERE dead = 0 AND receipt IS NOT NULL"""
        for message, pid, until, deliveries, receipt in self._db.execute(held).fetchall():
            is_dead = self._queue.crash_detection is not None and not _lives(pid)
            if until > time.monotonic() and not is_dead:
                continue
            most = self._wanted.max_deliveries
            if most is not None and deliveries >= most:
                self._record_death(message, receipt)
            else:
                self._give_back(message, 0.0, receipt)

    def _give_back(self, message: int, visible: float, receipt: int) -> None:
        position = "place" if self._queue.redelivery == "original" else str(self._last_position())
        self._db.execute(
            f"UPDATE messages SET receipt = NULL, visible = ?, place = {position} "
            "WHERE id = ? AND receipt = ?",
            (visible, message, receipt),
        )

    def _record_death(self, message: int, receipt: int) -> None:
        fate = "UPDATE messages SET dead = 1" if self._queue.dead_letter else "DELETE FROM messages"
        self._db.execute(f"{fate} WHERE id = ? AND receipt = ?", (message, receipt))

    # -- watching ---------------------------------------------------------------------------------

    def dead_letters(self) -> Sequence[Message]:
        with self._writing():
            self._bring_back()
            new = "SELECT id, body, key FROM messages WHERE dead = 1 AND told = 0"
            rows = self._db.execute(new).fetchall()
            self._db.executemany("UPDATE messages SET told = 1 WHERE id = ?", [row[:1] for row in rows])
        return [Message(body, key) for _, body, key in rows]

    def waiting(self) -> int | None:
        with _in_words(self._path):
            return self._waiting()

    def _waiting(self) -> int:
        waits = "SELECT count(*) FROM messages WHERE dead = 0 AND receipt IS NULL"
        number: int = self._db.execute(waits).fetchone()[0]
        return number

    def _last_position(self) -> int:
        """The place at the back of the queue."""
        position: int = self._db.execute("SELECT coalesce(max(place), 0) + 1 FROM messages").fetchone()[0]
        return position

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with _in_words(self._path), _PEN, transaction(self._db):
            yield


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = OFF")
    return db


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """A file that is gone, or no database any more, is a broker that is gone."""
    if not path.exists():
        raise BrokerError(f"sqlite:{path}: the file is gone")
    try:
        yield
    except sqlite3.Error as error:
        raise BrokerError(f"sqlite:{path}: {error}") from None

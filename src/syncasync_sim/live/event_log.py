"""The database of a run: every effect and every happening is a row, written by the process that did it.

Times are whole microseconds of the scenario's clock. A row that is begun has NULL where its end belongs.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

from syncasync_sim.live.payload import Payload
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.request_parts import Step
from syncasync_sim.trace.records import DeliveryOutcome, by_worker

SCHEMA = """
CREATE TABLE run (began_at REAL);
CREATE TABLE served (request INTEGER PRIMARY KEY, began INTEGER, thread INTEGER, ended INTEGER, end INTEGER);
CREATE TABLE attempts (id INTEGER PRIMARY KEY, request INTEGER, step INTEGER, number INTEGER, by INTEGER,
  started INTEGER, ended INTEGER, outcome INTEGER, planned INTEGER);
CREATE TABLE effects (effect TEXT, customer INTEGER, request INTEGER, at INTEGER, once TEXT UNIQUE);
CREATE TABLE messages (request INTEGER, step INTEGER, asked INTEGER, published INTEGER, fatal INTEGER,
  PRIMARY KEY (request, step));
CREATE TABLE deliveries (id INTEGER PRIMARY KEY, request INTEGER, step INTEGER, number INTEGER,
  worker INTEGER, taken INTEGER, in_hand INTEGER, ended INTEGER, visible INTEGER, result INTEGER);
CREATE INDEX deliveries_of ON deliveries (request, step);
CREATE TABLE dead_letters (request INTEGER, step INTEGER, at INTEGER, PRIMARY KEY (request, step));
CREATE TABLE crashes (worker INTEGER, at INTEGER, back INTEGER);
CREATE TABLE warmed (worker INTEGER);
CREATE TABLE troubles (message TEXT);
"""
STARTED = "INSERT INTO attempts (request, step, number, by, started, planned) VALUES (?, ?, ?, ?, ?, ?)"
ENDED = """UPDATE attempts SET ended = ?, outcome = ?
  WHERE request = ? AND step = ? AND number = ? AND by = ? AND ended IS NULL"""
EFFECT = "INSERT OR IGNORE INTO effects VALUES (?, ?, ?, ?, ?)"
RETAKEN = f"""UPDATE deliveries SET result = {int(DeliveryOutcome.IGNORED)}
  WHERE request = ? AND step = ? AND result = {int(DeliveryOutcome.ACKNOWLEDGED)}
  AND EXISTS (SELECT 1 FROM deliveries d
    WHERE d.request = deliveries.request AND d.step = deliveries.step AND d.id > deliveries.id)"""
"""Of a message that was taken again, the earlier acknowledgements were ignored."""
TROUBLE = "INSERT INTO troubles VALUES (?)"

NO_ROOM = 74
"""The exit code of a process that cannot write down what happens: it has nowhere to say so."""
Statement = tuple[str, Sequence[Any]]


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Make the statements of the block one transaction, which nobody else interrupts."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


class EventLog:
    """The connection of one process to the event log; each `write` is one transaction."""

    def __init__(self, path: Path) -> None:
        # A process may be killed at any moment, the machine is not: nothing has to reach the disk.
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous = OFF")

    @classmethod
    def new(cls, path: Path) -> EventLog:
        """Create the database file of a run, and open it."""
        event_log = cls(path)
        event_log._db.execute("PRAGMA journal_mode = WAL")
        event_log._db.executescript(SCHEMA)
        return event_log

    def write(self, *statements: Statement) -> None:
        """Execute statements in one transaction."""
        with self.write_transaction():
            for sql, values in statements:
                self._db.execute(sql, values)

    @contextmanager
    def write_transaction(self) -> Iterator[None]:
        """Make the statements of the block one transaction, which nobody else interrupts."""
        with transaction(self._db):
            yield

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query.

        Args:
            sql: the query.
            *values: the values of its parameters.
        """
        return self._db.execute(sql, values).fetchall()

    def number(self, sql: str, *values: Any) -> int:
        """Return the single number of a query.

        Args:
            sql: the query.
            *values: the values of its parameters.
        """
        value: int = self._db.execute(sql, values).fetchone()[0]
        return value

    def has_changed(self) -> int:
        """Return a number that changes when another connection has written."""
        return self.number("PRAGMA data_version")

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    # -- what happened ----------------------------------------------------------------------------

    def taken(self, request: int, step: int, worker: int, taken: int) -> tuple[int, int]:
        """Record that a worker got a message.

        Args:
            request: the number of the request.
            step: the index of the step.
            worker: the number of the worker, from 1.
            taken: the time, in microseconds of the scenario.

        Returns:
            The id of the delivery's row, and the number of the delivery of this message, from 1.
        """
        with self.write_transaction():
            before = "SELECT count(*) FROM deliveries WHERE request = ? AND step = ?"
            number = 1 + self.number(before, request, step)
            sql = "INSERT INTO deliveries (request, step, number, worker, taken) VALUES (?, ?, ?, ?, ?)"
            row = self._db.execute(sql, (request, step, number, worker, taken)).lastrowid
        assert row is not None
        return row, number

    def died(self, worker: int, at: int) -> None:
        """Record the death of a worker: its open attempts and deliveries end here.

        Args:
            worker: the number of the worker, from 1.
            at: the time, in microseconds of the scenario.
        """
        cut = "SET ended = ?, {} = ? WHERE {} = ? AND ended IS NULL"
        self.write(
            (
                "UPDATE attempts " + cut.format("outcome", "by"),
                (at, int(AttemptOutcome.CRASHED), by_worker(worker)),
            ),
            (
                "UPDATE deliveries " + cut.format("result", "worker"),
                (at, int(DeliveryOutcome.CRASHED), worker),
            ),
        )

    def open_messages(self) -> tuple[int, int]:
        """Return the number of messages that are not settled, and how many of them were never delivered."""
        sql = """SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM deliveries d
            WHERE d.request = m.request AND d.step = m.step)) FROM messages m
          WHERE NOT EXISTS (SELECT 1 FROM dead_letters x WHERE x.request = m.request AND x.step = m.step)
          AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.request = m.request AND d.step = m.step
            AND (d.result = ? OR (d.result IN (?, ?) AND d.number >= m.fatal)))"""
        acknowledged, bad = (
            int(DeliveryOutcome.ACKNOWLEDGED),
            (int(DeliveryOutcome.FAILED), int(DeliveryOutcome.CRASHED)),
        )
        [(left, untouched)] = self.rows(sql, acknowledged, *bad)
        return left, untouched


def ended(step: Step, body: Payload, number: int, by: int, at: int, outcome: int) -> tuple[Statement, ...]:
    """Return the statements for the end of an attempt: its row, and its effect if it succeeded.

    Both belong into one transaction.

    Args:
        step: the step.
        body: the payload of the message or request.
        number: the number of the attempt, from 1.
        by: the number of a thread, or minus the number of a worker.
        at: the time, in microseconds of the scenario.
        outcome: the code of its `AttemptOutcome`.
    """
    row: Statement = (ENDED, (at, outcome, body.request, body.step, number, by))
    if outcome not in (AttemptOutcome.OK, AttemptOutcome.ANSWER_LOST) or step.effect is None:
        return (row,)
    once = f"{body.step}/{body.customer}" if step.idempotent else None
    return (row, (EFFECT, (step.effect, body.customer, body.request, at, once)))


class BackgroundWriter:
    """Writes what many threads hand over, in their order and many at a time; nobody waits for it."""

    def __init__(self, event_log: EventLog) -> None:
        self._event_log, self._new = event_log, SimpleQueue[Statement | Event]()
        Thread(target=self._run, daemon=True).start()

    def write(self, *statements: Statement) -> None:
        """Hand over statements to be written by the background thread."""
        for statement in statements:
            self._new.put(statement)

    def flush(self, timeout_s: float) -> None:
        """Wait until all statements handed over are written."""
        done = Event()
        self._new.put(done)
        done.wait(timeout_s)

    def _run(self) -> None:
        while True:
            batch = [self._new.get()]
            while not self._new.empty():
                batch.append(self._new.get())
            try:
                self._event_log.write(*(item for item in batch if not isinstance(item, Event)))
            except sqlite3.Error:  # a thread that ends says nothing: customers would wait for ever
                os._exit(NO_ROOM)
            for item in batch:
                if isinstance(item, Event):
                    item.set()

"""The database of a run: every effect and every happening is a row, written by the process that did it.

Times are whole microseconds of the scenario's clock. A row that is begun has NULL where its end belongs.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any, Protocol

from syncasync_sim.live.payload import Payload
from syncasync_sim.model.attempts import TIMED_OUT, AttemptOutcome, AttemptSampler
from syncasync_sim.model.queue_parts import Queue
from syncasync_sim.model.request_parts import Step
from syncasync_sim.trace.records import DeliveryOutcome, ServerOutcome, by_worker

SCHEMA = """
CREATE TABLE run (began_at REAL);
CREATE TABLE served (request INTEGER PRIMARY KEY, began INTEGER, thread INTEGER, ended INTEGER, end INTEGER);
CREATE TABLE attempts (id INTEGER PRIMARY KEY, request INTEGER, step INTEGER, number INTEGER, by INTEGER,
  started INTEGER, ended INTEGER, outcome INTEGER, planned INTEGER);
CREATE TABLE effects (effect TEXT, customer INTEGER, request INTEGER, at INTEGER, once TEXT UNIQUE);
CREATE TABLE messages (request INTEGER, step INTEGER, asked INTEGER, published INTEGER, fatal INTEGER,
  lost INTEGER, PRIMARY KEY (request, step));
CREATE TABLE outbox (id INTEGER PRIMARY KEY, request INTEGER, step INTEGER, body BLOB, key INTEGER);
CREATE TABLE abandoned (id INTEGER PRIMARY KEY, request INTEGER, customer INTEGER, click INTEGER,
  step INTEGER, number INTEGER, by INTEGER, due INTEGER, outcome INTEGER, ended INTEGER);
CREATE TABLE deliveries (id INTEGER PRIMARY KEY, request INTEGER, step INTEGER, number INTEGER,
  worker INTEGER, taken INTEGER, in_hand INTEGER, ended INTEGER, visible INTEGER, result INTEGER);
CREATE INDEX deliveries_of ON deliveries (request, step);
CREATE TABLE dead_letters (request INTEGER, step INTEGER, at INTEGER, PRIMARY KEY (request, step));
CREATE TABLE crashes (worker INTEGER, at INTEGER, back INTEGER);
CREATE TABLE pauses (worker INTEGER, reason INTEGER, at INTEGER, until INTEGER);
CREATE TABLE warmed (worker INTEGER);
CREATE TABLE troubles (message TEXT);
"""
SERVED = "INSERT OR REPLACE INTO served VALUES (?, ?, ?, ?, ?)"
STARTED = "INSERT INTO attempts (request, step, number, by, started, planned) VALUES (?, ?, ?, ?, ?, ?)"
ENDED = """UPDATE attempts SET ended = ?, outcome = ?
  WHERE request = ? AND step = ? AND number = ? AND by = ? AND ended IS NULL"""
ABANDONED = """INSERT INTO abandoned (request, customer, click, step, number, by, due, outcome)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
"""A caller has given up, and the service works on until it is due."""
EFFECT = "INSERT OR IGNORE INTO effects VALUES (?, ?, ?, ?, ?)"
RETAKEN = f"""UPDATE deliveries SET result = {int(DeliveryOutcome.IGNORED)}
  WHERE request = ? AND step = ? AND result = {int(DeliveryOutcome.ACKNOWLEDGED)}
  AND EXISTS (SELECT 1 FROM deliveries d
    WHERE d.request = deliveries.request AND d.step = deliveries.step AND d.id > deliveries.id)"""
"""Of a message that was taken again, the earlier acknowledgements were ignored."""
OF_MESSAGE = """SELECT 1 FROM deliveries d
    WHERE d.request = messages.request AND d.step = messages.step"""
"""The deliveries of a row of `messages`."""
ASKED = "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, NULL, ?, NULL)"
PUBLISHED = "UPDATE messages SET published = ? WHERE request = ? AND step = ?"
IGNORED = "UPDATE messages SET lost = ? WHERE request = ? AND step = ?"
REFUSED = "DELETE FROM messages WHERE request = ? AND step = ?"
TROUBLE = "INSERT INTO troubles VALUES (?)"

BACK = "UPDATE crashes SET back = ? WHERE worker = ? AND back IS NULL"
PAUSED = "INSERT INTO pauses (worker, reason, at) VALUES (?, ?, ?)"
RESUMED = "UPDATE pauses SET until = ? WHERE worker = ? AND until IS NULL"
RESUMED_FROM = f"{RESUMED} AND reason = ?"

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

    def service_died(self, at: int, sent: int, queue: Queue) -> None:
        """Record the death of the web service: its requests end here, and so does what it publishes.

        Args:
            at: the time, in microseconds of the scenario.
            sent: how many requests have been sent; those that it has not ended are cut.
            queue: the queue of the scenario, which dies with it if it is in the same process.
        """
        cut = "SET ended = ?, {} = ? WHERE ended IS NULL"
        unanswered = """INSERT OR IGNORE INTO served WITH RECURSIVE n(i) AS
            (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) SELECT i, NULL, NULL, ?, ? FROM n"""
        threads = "" if queue.in_process else " AND by IN (SELECT thread FROM served)"
        lost = [] if queue.has_outbox else ["published IS NULL"]
        lost += [f"NOT EXISTS ({OF_MESSAGE})"] if queue.in_process else []
        self.write(
            ("UPDATE served " + cut.format("end"), (at, int(ServerOutcome.CUT))),
            *([(unanswered, (sent, at, int(ServerOutcome.CUT)))] if sent else ()),
            ("UPDATE attempts " + cut.format("outcome") + threads, (at, int(AttemptOutcome.CRASHED))),
            *((f"UPDATE messages SET lost = ? WHERE lost IS NULL AND {which}", (at,)) for which in lost),
            *(
                [("UPDATE deliveries " + cut.format("result"), (at, int(DeliveryOutcome.CRASHED)))]
                if queue.in_process
                else ()
            ),
        )

    def died(self, worker: int, at: int) -> None:
        """Record the death of a worker: its open attempts and deliveries end here, and its pauses.

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
            (RESUMED, (at, worker)),
        )

    def open_messages(self) -> tuple[int, int]:
        """Return the number of messages that are not settled, and of those that were also never delivered.

        What was cut off in its publishing counts where a worker has had it all the same.
        """
        sql = f"""SELECT count(*), count(*) FILTER (WHERE published IS NOT NULL AND NOT EXISTS ({OF_MESSAGE}))
          FROM messages WHERE (lost IS NULL OR EXISTS ({OF_MESSAGE}))
          AND NOT EXISTS (SELECT 1 FROM dead_letters x
            WHERE x.request = messages.request AND x.step = messages.step)
          AND NOT EXISTS ({OF_MESSAGE} AND (d.result = ? OR (d.result IN (?, ?) AND d.number >= fatal)))"""
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
    return (row, *effect_of(step, body, at, outcome))


def effect_of(step: Step, body: Payload, at: int, outcome: int) -> tuple[Statement, ...]:
    """Return the statement for the effect of an attempt; none if it has none.

    Args:
        step: the step.
        body: the payload of the message or request.
        at: the time, in microseconds of the scenario.
        outcome: the code of the `AttemptOutcome`.
    """
    if outcome not in (AttemptOutcome.OK, AttemptOutcome.ANSWER_LOST) or step.effect is None:
        return ()
    once = f"{body.step}/{body.customer}" if step.idempotent else None
    return ((EFFECT, (step.effect, body.customer, body.request, at, once)),)


def abandoned(
    attempts: AttemptSampler, body: Payload, number: int, by: int, start: int, outcome: int, late: int = 0
) -> tuple[Statement, ...]:
    """Return the statement for a call whose service works on after a time-out; none for any other attempt.

    Args:
        attempts: the sampler of the step's attempts.
        body: the payload of the message or request.
        number: the number of the attempt, from 1.
        by: the number of a thread, or minus the number of a worker.
        start: the time at which the attempt began, in microseconds of the scenario.
        outcome: the code of its `AttemptOutcome`.
        late: by how much the attempt has moved as its worker stood still, in microseconds.
    """
    if outcome != TIMED_OUT or not attempts.service_works_on:
        return ()
    length, in_service = attempts.in_service(body.customer, body.click, number, start)
    row = (*astuple(body), number, by, start + length + late, in_service)
    return ((ABANDONED, row),)


class Writer(Protocol):
    """What the threads of a process write with."""

    def write(self, *statements: Statement) -> None:
        """Hand over statements, in their order."""

    def flush(self, timeout_s: float) -> None:
        """Wait until all statements handed over are written."""


class ImmediateWriter:
    """Writes before it returns: of a process that is killed, nothing that it did is forgotten."""

    def __init__(self, event_log: EventLog) -> None:
        self._event_log, self._one_at_a_time = event_log, Lock()

    def write(self, *statements: Statement) -> None:
        """Write statements in one transaction."""
        with self._one_at_a_time:
            try:
                self._event_log.write(*statements)
            except sqlite3.Error:
                os._exit(NO_ROOM)

    def flush(self, timeout_s: float) -> None:
        """Do nothing: all is written."""


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

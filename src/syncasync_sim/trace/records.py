"""What happened: a Trace of rows. The engine and a live run make one; everything else only reads one.

Each kind of row says how it is made of the numbers in its columns (`trace/columns.py`).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from operator import neg
from typing import Any, ClassVar, Literal, NamedTuple, Self

from syncasync_sim.command_line import pip_install
from syncasync_sim.model.attempts import AttemptOutcome, LabelledIntEnum
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import NEVER, Rows, seconds


class ResponseStatus(LabelledIntEnum):
    """What the customer saw of one click."""

    NONE, OK, ERROR, TIMED_OUT, REJECTED = range(5)


class ServerOutcome(LabelledIntEnum):
    """How the request's own part of the work ended.

    DONE: every step in the request succeeded, or need not, and every message was accepted. FAILED: a step
    failed for good. REFUSED: the queue refused a message. EXPIRED: skipped, the customer had given up.
    REJECTED: the backlog was full. KILLED: it was over the server's time-out. CUT: the server went down with
    it. CLOSED: the server was down when it came. OPEN: not ended when the run was cut.
    """

    OPEN, DONE, FAILED, REFUSED, EXPIRED, REJECTED, KILLED, CUT, CLOSED = range(9)

    @property
    def was_turned_away(self) -> bool:
        """Whether the request was answered as it came, and never waited for a thread."""
        return self in {ServerOutcome.REJECTED, ServerOutcome.CLOSED}


class WorkStatus(LabelledIntEnum):
    """What became of all the work of a request."""

    UNFINISHED, COMPLETED, FAILED, DEAD_LETTERED, LOST = range(5)


class MessageStatus(LabelledIntEnum):
    """Where a message is, or how it left the queue.

    WAITING: in the queue, or in the outbox as long as it was never published.
    """

    WAITING, IN_FLIGHT, ACKNOWLEDGED, DEAD_LETTERED, LOST = range(5)


class DeliveryOutcome(LabelledIntEnum):
    """The outcome of a delivery to a worker.

    IGNORED: its acknowledgement came too late and had no effect. NOT_BEGUN: its worker held the message, and
    gave it up without having begun it.
    """

    OPEN, ACKNOWLEDGED, FAILED, CRASHED, IGNORED, NOT_BEGUN = range(6)


class PauseReason(LabelledIntEnum):
    """Why a worker takes no messages, though it did not crash.

    FROZEN: it stands still. STOPPING: it had a signal to stop, and ends what it has in hand. STOPPED: it has
    ended by itself, and is down. EVICTED: it was too slow, and has left its group. TAKEN_FOR_DEAD: it stood
    still for too long, and the queue takes it for dead.
    """

    FROZEN, STOPPING, STOPPED, EVICTED, TAKEN_FOR_DEAD = range(5)


def by_worker(worker: int) -> int:
    """Return the number of a worker as the column `Attempt.by` holds it: with a minus sign.

    A thread of the server is in the same column without a sign. Both are counted from 1. Only this function,
    `by_workers` and `is_worker` know the rule.
    """
    return -worker


def by_workers(workers: Iterable[int]) -> array[int]:
    """Return the same for many workers, as a column."""
    return array("i", map(neg, workers))


def is_worker(by: int) -> bool:
    """Whether a number of the column `Attempt.by` is a worker's, not a thread's."""
    return by < 0


def data_frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Any:
    """Plain rows as a pandas DataFrame.

    Args:
        rows: the rows, as mappings with the same keys.
        columns: the columns in order; by default those of the rows.

    Raises:
        ImportError: pandas is not installed; the message says how to install it.
    """
    try:
        import pandas as pd
    except ImportError:
        cure = pip_install("pandas")
        raise ImportError(f"a data frame needs pandas; install it with: {cure}") from None
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True, slots=True)
class Request:
    """One click: when it came, when a thread took it, when it was answered and when all its work was done."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("customer", "click", "arrived", "began", "thread", "ended"),
        *("replied", "response", "end", "completed", "work"),
    )
    index: int
    """The place of the row, from 0."""
    customer: int
    """The customer who clicked, from 0 in the order of their first clicks; shown to people from 1."""
    click: int
    """0 for the first click of a customer, 1 for the next."""
    arrived_s: float
    """When the click came."""
    began_s: float | None
    """When a thread took the request. Never: rejected, skipped, or still waiting when the run was cut."""
    thread: int | None
    """The number of that thread, from 1. Never: no thread took the request."""
    ended_s: float | None
    """When the server ended the request, even if the customer had given up, or when the request was rejected
    or skipped. Never: the server was still at work when the run was cut."""
    replied_s: float | None
    """When the customer's wait ended: with the page, an error or a rejection, or because the customer gave
    up. Never: still waiting when the run was cut."""
    response: ResponseStatus
    """What the customer saw."""
    end: ServerOutcome
    """How the request's own part ended, which the customer may not have seen."""
    completed_s: float | None
    """When every step had succeeded at least once, background steps included. Never: a step did not
    succeed."""
    work: WorkStatus
    """What became of all the request's work. Written when the run is over, like `completed`."""

    @classmethod
    def from_row(cls, index: int, n: Sequence[int]) -> Self:
        """The request made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            n: one number per column; times are in microseconds.
        """
        thread = None if n[4] == NEVER else n[4]
        times = seconds(n[5]), seconds(n[6])
        head = (index, n[0], n[1], n[2] / US_PER_S, seconds(n[3]), thread)
        return cls(*head, *times, ResponseStatus(n[7]), ServerOutcome(n[8]), seconds(n[9]), WorkStatus(n[10]))

    @property
    def response_time_s(self) -> float | None:
        """From arrival to the answer, whatever it was."""
        return None if self.replied_s is None else self.replied_s - self.arrived_s

    @property
    def completion_time_s(self) -> float | None:
        """From arrival to the last step's first success."""
        return None if self.completed_s is None else self.completed_s - self.arrived_s


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step done once, by a thread of the server (`worker` None) or by a worker."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("request", "step", "number", "by", "started", "ended", "outcome")
    index: int
    """The place of the row, from 0."""
    request: int
    """The row of its request."""
    step: int
    """The place of its step in the scenario, from 0."""
    number: int
    """1 for the first try at the step; for a worker, the number of the delivery."""
    thread: int | None
    """The thread that did the step, from 1; None where a worker did."""
    worker: int | None
    """The worker that did the step, from 1; None where a thread did."""
    started_s: float
    """When it began, after any wait for a place at the service."""
    ended_s: float | None
    """When it ended or was cut off. Never: still running when the run was cut."""
    outcome: AttemptOutcome
    """How it ended."""

    @classmethod
    def from_row(cls, index: int, n: Sequence[int]) -> Self:
        """The attempt made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            n: one number per column; times are in microseconds.
        """
        thread, worker = (None, -n[3]) if is_worker(n[3]) else (n[3], None)
        return cls(
            index, n[0], n[1], n[2], thread, worker, n[4] / US_PER_S, seconds(n[5]), AttemptOutcome(n[6])
        )


@dataclass(frozen=True, slots=True)
class Message:
    """A background step on the queue: published, first done, gone."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("request", "step", "published", "done", "gone", "fate")
    index: int
    """The place of the row, from 0."""
    request: int
    """The row of the request that published it."""
    step: int
    """The place of its step in the scenario, from 0."""
    published_s: float | None
    """When the message was first available: it was in the queue and a worker could take it. Never: it was
    refused and its request ignored that, or it is still in the outbox. A message that was refused and ended
    its request has no row."""
    done_s: float | None
    """When a worker first succeeded at the work, on time or not. Never: no worker succeeded."""
    gone_s: float | None
    """When the message left the queue: acknowledged, dead-lettered or lost. A message that is acknowledged
    before its work leaves the queue when it is taken, and this is when its work ended: done, failed, or cut
    off by a crash. Never: it is still there, or its work is not over."""
    fate: MessageStatus
    """Where the message is, or how it left the queue."""

    @classmethod
    def from_row(cls, index: int, n: Sequence[int]) -> Self:
        """The message made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            n: one number per column; times are in microseconds.
        """
        times = seconds(n[2]), seconds(n[3]), seconds(n[4])
        return cls(index, n[0], n[1], *times, MessageStatus(n[5]))


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that a worker holds, from the time the worker takes it until the worker's work on it ends."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "message",
        "number",
        "worker",
        "taken",
        "in_hand",
        "ended",
        "returned",
        "visible",
        "result",
    )
    index: int
    """The place of the row, from 0."""
    message: int
    """The row of its message."""
    number: int
    """The number of this delivery of the message: 1 for the first."""
    worker: int
    """The worker, from 1."""
    taken_s: float
    """When the worker took the message, or tried again a message that it had kept."""
    in_hand_s: float | None
    """When the worker began to handle the message: at once, unless it held other messages. Never: it did not
    begin."""
    ended_s: float | None
    """When the worker acknowledged the message, failed or died. Never: the worker still holds the message."""
    returned_s: float | None
    """When the message counted as waiting again because of this delivery: at once after a failure that is
    retried later, else when it became visible. Never: it did not return."""
    visible_s: float | None
    """When a worker could take the message again. Never: it did not become visible before its end, or before
    the end of the run."""
    result: DeliveryOutcome
    """How the delivery ended."""

    @classmethod
    def from_row(cls, index: int, n: Sequence[int]) -> Self:
        """The delivery made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            n: one number per column; times are in microseconds.
        """
        times = n[3] / US_PER_S, seconds(n[4]), seconds(n[5]), seconds(n[6]), seconds(n[7])
        return cls(index, n[0], n[1], n[2], *times, DeliveryOutcome(n[8]))


@dataclass(frozen=True, slots=True)
class Crash:
    """The crash of a worker, and its restart."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("worker", "at", "back")
    index: int
    """The place of the row, from 0."""
    worker: int
    """The worker that died, from 1."""
    at_s: float
    """When the worker died."""
    back_s: float | None
    """When the worker was back. Never: it was not back before the end of the run."""

    @classmethod
    def from_row(cls, index: int, n: Sequence[int]) -> Self:
        """The crash made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            n: one number per column; times are in microseconds.
        """
        return cls(index, n[0], n[1] / US_PER_S, seconds(n[2]))


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which a worker takes no messages, though it did not crash; one for each reason."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("worker", "reason", "at", "until")
    index: int
    """The place of the row, from 0."""
    worker: int
    """The worker, from 1."""
    reason: PauseReason
    """Why it takes no messages."""
    at_s: float
    """When that began."""
    until_s: float | None
    """When that was over, for this reason, or when a crash or a restart of the web server ended it. Never: it
    was not over before the end of the run."""

    @classmethod
    def from_row(cls, index: int, n: Sequence[int]) -> Self:
        """The pause made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            n: one number per column; times are in microseconds.
        """
        return cls(index, n[0], PauseReason(n[1]), n[2] / US_PER_S, seconds(n[3]))


@dataclass(frozen=True, slots=True)
class WorkedOn:
    """What a called service did after its caller had given up: it worked on to the attempt's full length."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("attempt", "ended", "outcome")
    index: int
    """The place of the row, from 0."""
    attempt: int
    """The row of the attempt, which its caller's time-out has cut."""
    ended_s: float
    """When the service was done."""
    outcome: AttemptOutcome
    """How it ended there: the effect happened, unless the service failed, too."""

    @classmethod
    def from_row(cls, index: int, n: Sequence[int]) -> Self:
        """The row made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            n: one number per column; times are in microseconds.
        """
        return cls(index, n[0], n[1] / US_PER_S, AttemptOutcome(n[2]))


class Way(Enum):
    """How a run was computed."""

    ONE_PASS, WORKERS_BY_EVENTS, BY_EVENTS = range(3)


class Computed(NamedTuple):
    """How a run was computed, and what happened in it that asked for events."""

    way: Way
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that happened in one run of one design."""

    scenario: Scenario
    """The scenario that was run."""
    mode: Mode
    """The design that was run."""
    seed: int
    """The seed of the random numbers."""
    replication: int
    """The number of the run with this seed, from 0."""
    source: Literal["simulated", "measured"]
    """`simulated`, or `measured` in a live run."""
    requests: Rows[Request]
    """One row for each click, in order of time."""
    attempts: Rows[Attempt]
    """One row for each attempt at a step, in no order."""
    messages: Rows[Message]
    """One row for each message, but for those whose refusal ended their request, in order of `published`; no
    rows in the synchronous design."""
    deliveries: Rows[Delivery]
    """One row for each delivery of a message to a worker, in order of `taken`."""
    crashes: Rows[Crash]
    """One row for each crash of a worker, in order of time."""
    ended_at_us: int
    """The time of the last event: an answer, the end of a step, or the end of a message."""
    observed_us: int
    """The end of the observed time: the same, or the time at which the run was cut."""
    partial: bool = False
    """Whether somebody stopped the run before its end."""
    worked_on: Rows[WorkedOn] = field(default_factory=lambda: Rows(WorkedOn))
    """One row for each attempt that its caller gave up and its service ended, in no order."""
    pauses: Rows[Pause] = field(default_factory=lambda: Rows(Pause))
    """One row for each time in which a worker that did not crash took nothing, in order of its begin."""
    computed: Computed | None = field(default=None, compare=False)
    """How the run was computed; None for a recorded run."""

    def rows(self) -> list[dict[str, Any]]:
        """Return one plain dictionary per request, for a data frame or a CSV file."""
        names = list(Request.__slots__)
        dictionaries = [{n: getattr(row, n) for n in names} for row in self.requests]
        for row in dictionaries:
            row.update(response=str(row["response"]), end=str(row["end"]), work=str(row["work"]))
        return dictionaries

    def to_frame(self) -> Any:
        """The requests as a pandas DataFrame.

        Raises:
            ImportError: pandas is not installed; the message says how to install it.
        """
        return data_frame(self.rows())

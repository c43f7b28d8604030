"""What happened: a Trace of rows. The engine and a live run make one; everything else only reads one.

Rows are kept in columns, as whole numbers (times in microseconds) in one array per column, and become objects
(in seconds, None for what never came) when somebody asks for them. `Rows.column` gives one column without
making any object.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from struct import pack
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar, overload

from syncasync_sim.command_line import pip_install
from syncasync_sim.model.attempts import AttemptOutcome, LabelledIntEnum
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario

NEVER = -1
"""The number in a column for an event that never happened."""


_TIME, _NUMBER, _CODE = "q", "i", "b"
_TYPECODES = {
    **dict.fromkeys(("customer", "click", "thread", "worker", "by", "number"), _NUMBER),
    **dict.fromkeys(("request", "message", "attempt"), _NUMBER),
    **dict.fromkeys(("response", "end", "work", "outcome", "fate", "result", "reason"), _CODE),
    "step": "h",
}
"""The type of the array of each column that is not a time: a run keeps millions of rows."""


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


def seconds(microseconds: int) -> float | None:
    """Return microseconds as seconds; None for NEVER."""
    return None if microseconds == NEVER else microseconds / US_PER_S


def to_int64_array(numbers: Sequence[int]) -> array[int]:
    """The numbers in an array of 64-bit integers, made twice as fast as by the array itself."""
    return numbers if isinstance(numbers, array) else array("q", pack(f"{len(numbers)}q", *numbers))


def marks(codes: array[int], *wanted: int) -> bytes:
    """Mark some codes in a column of codes.

    Args:
        codes: the column, with one byte per code.
        *wanted: the codes to mark.

    Returns:
        1 for each code of the column that is one of these, 0 for each other.
    """
    table = bytearray(256)
    for code in wanted:
        table[code] = 1
    return codes.tobytes().translate(table)


def counts(codes: array[int], kind: type[IntEnum]) -> dict[int, int]:
    """Count each code of an enumeration in a column of codes.

    Args:
        codes: the column, with one byte per code.
        kind: the enumeration.

    Returns:
        For each code how often it is in the column.
    """
    in_bytes = codes.tobytes()
    return {code: in_bytes.count(code) for code in kind}


def is_one_missing(times: array[int]) -> bool:
    """Whether NEVER is in a column of times.

    It is found by its bytes, which is much faster than by its value. No other number holds them: the highest
    byte of a time is never 255, so they cannot begin in one number and end in the next.
    """
    return b"\xff" * times.itemsize in times.tobytes()


def have_happened(times: Iterable[int]) -> Iterator[bool]:
    """Return whether each time of a column is one, and not NEVER."""
    return map(NEVER.__lt__, times)


def by_worker(worker: int) -> int:
    """Return the number of a worker as the column `Attempt.by` holds it: with a minus sign.

    A thread of the server is in the same column without a sign. Both are counted from 1. Only this function
    and `is_worker` know the rule.
    """
    return -worker


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


class Row(Protocol):
    """One row: the names of its columns, and how it is made of their numbers."""

    COLUMNS: ClassVar[tuple[str, ...]]

    @classmethod
    def from_row(cls, index: int, numbers: Sequence[int]) -> Self:
        """The row made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            numbers: one number per column; times are in microseconds.
        """


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
    """When the message left the queue: acknowledged, dead-lettered or lost. Never: it is still there."""
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


RowT = TypeVar("RowT", bound=Row)


class Rows(Sequence[RowT], Generic[RowT]):
    """The rows of one kind: `len`, index, iterate, or take one column as an array of whole numbers."""

    __slots__ = ("_by_name", "kind")

    def __init__(self, kind: type[RowT]) -> None:
        self.kind = kind
        self._by_name: dict[str, array[int]] = {
            name: array(_TYPECODES.get(name, _TIME)) for name in kind.COLUMNS
        }

    @classmethod
    def of(cls, kind: type[RowT], rows: Iterable[Sequence[int]]) -> Self:
        """The rows of these numbers.

        Args:
            kind: the kind of the rows.
            rows: for each row one number per column, in order; times are in microseconds.

        Raises:
            OverflowError: a number is too large for its column.
            TypeError: a number is not whole.
        """
        made = cls(kind)
        for numbers in rows:
            made.append(*numbers)
        return made

    def append(self, *numbers: int) -> None:
        """Add one row, given by the numbers of its columns."""
        for column, number in zip(self._by_name.values(), numbers, strict=True):
            column.append(number)

    def extend(self, *columns: Iterable[int] | int) -> None:
        """Add many rows at once, given column by column; a single number is the value of every row."""
        number = next((len(column) for column in columns if isinstance(column, Sized)), 0)
        for values, column in zip(columns, self._by_name.values(), strict=True):
            code = column.typecode
            if isinstance(values, int):
                column.extend(array(code, [values]) * number)
            elif isinstance(values, array) and values.typecode == code:
                column.extend(values)
            else:
                column.extend(array(code, values))

    def __len__(self) -> int:
        return len(next(iter(self._by_name.values())))

    @overload
    def __getitem__(self, index: int) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowT]: ...
    def __getitem__(self, index: int | slice) -> RowT | list[RowT]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        row = index + len(self) if index < 0 else index
        if not 0 <= row < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        return self.kind.from_row(row, [column[row] for column in self._by_name.values()])

    def __iter__(self) -> Iterator[RowT]:
        return map(self.kind.from_row, count(), self.columns(*self.kind.COLUMNS))

    def column(self, name: str) -> array[int]:
        """The numbers of one column: microseconds, counts, or the values of an enumeration.

        It is the column itself, not a copy: only the code that makes the trace may change it.
        """
        return self._by_name[name]

    @property
    def row_bytes(self) -> int:
        """How many bytes one row takes."""
        return sum(column.itemsize for column in self._by_name.values())

    def columns(self, *names: str) -> Iterator[tuple[int, ...]]:
        """Yield the numbers of these columns row by row."""
        return zip(*(self._by_name[name] for name in names), strict=True)

    def __getstate__(self) -> tuple[type[RowT], dict[str, array[int]]]:
        return self.kind, self._by_name

    def __setstate__(self, state: tuple[type[RowT], dict[str, array[int]]]) -> None:
        self.kind, self._by_name = state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and self.kind is other.kind and self._by_name == other._by_name

    __hash__ = None  # type: ignore[assignment]  # grows while a run is going on


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
    """One row for each attempt at a step."""
    messages: Rows[Message]
    """One row for each message, but for those whose refusal ended their request; no rows in the synchronous
    design."""
    deliveries: Rows[Delivery]
    """One row for each delivery of a message to a worker."""
    crashes: Rows[Crash]
    """One row for each crash of a worker."""
    ended_at_us: int
    """The time of the last event: an answer, the end of a step, or the end of a message."""
    observed_us: int
    """The end of the observed time: the same, or the time at which the run was cut."""
    partial: bool = False
    """Whether somebody stopped the run before its end."""
    worked_on: Rows[WorkedOn] = field(default_factory=lambda: Rows(WorkedOn))
    """One row for each attempt that its caller gave up and its service ended."""
    pauses: Rows[Pause] = field(default_factory=lambda: Rows(Pause))
    """One row for each time in which a worker that did not crash took nothing."""

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

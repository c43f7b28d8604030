"""What a reader got out of a log, in columns, and what it had to leave out."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

Stamp = Literal["start", "end", "both"]
"""Which moment of a call a log writes down; `both`: it has two stamps, or a start and an end in one unit."""
Noun = Literal["requests", "jobs"]
"""What a call is: a request of a service, or a job of a worker."""
Measure = Literal["response", "work"]
"""`response`: from arrival to reply, with the wait. `work`: from the begin of the work to its end."""
EARLIEST_US, LATEST_US = -2_208_988_800_000_000, 7_258_118_400_000_000
"""The beginning of 1900 and of 2200: a stamp outside is none."""
UNKNOWN = -1
"""In a column of times: this row does not say."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of a log that is no record of it."""

    file: str
    line: int
    """From 1."""
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class Calls:
    """Measured calls, a row for each: requests of a service, or jobs of a worker.

    Columns have the same length; those that a log does not have stay empty. Times are microseconds since
    1970. A call is in the house from `start_us` to `end_us`.

    - `failed`: 1 where the call failed.
    - `work_us`: the work alone, where the log names it; else UNKNOWN.
    - `ready_us`: when a job was put into its queue; else UNKNOWN.
    - `reversed`: how many calls were not taken, as they end before they start.
    - `server`, `lane`: numbers in `server_names` and `lane_names`. A server has threads of its own; a lane
      does one call at a time (a thread of a load test, a process of a worker).
    """

    __slots__ = (
        "end_us",
        "failed",
        "lane",
        "lane_names",
        "ready_us",
        "reversed",
        "server",
        "server_names",
        "start_us",
        "work_us",
    )

    def __init__(self) -> None:
        self.start_us, self.end_us = array("q"), array("q")
        self.failed = bytearray()
        self.work_us, self.ready_us = array("q"), array("q")
        self.server, self.lane = array("l"), array("l")
        self.reversed = 0
        self.server_names: dict[str, int] = {}
        self.lane_names: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.start_us)

    def add(
        self,
        start_us: int,
        end_us: int,
        *,
        failed: bool = False,
        work_us: int | None = None,
        ready_us: int | None = None,
        server: str | None = None,
        lane: str | None = None,
    ) -> None:
        """Add one call.

        Args:
            start_us: the moment at which it came (or its work began, where the log measures work).
            end_us: the moment at which it was answered, or done.
            failed: whether it failed.
            work_us: the length of the work alone, if the log names it.
            ready_us: the moment at which a job was put into its queue, if the log names it.
            server: the name of the server that answered, if the log names it.
            lane: the name of the thread, process or connection that does one call at a time.

        Raises:
            ValueError: it ends before it starts, or has a moment at which no log was written.
        """
        row = len(self.start_us)
        if end_us < start_us:
            self.reversed += 1
            raise ValueError("it ends before it starts")
        times_us = start_us, end_us, work_us or 0, ready_us or 0
        if not (min(times_us) >= EARLIEST_US and max(times_us) <= LATEST_US):
            raise ValueError("this is no moment between 1900 and 2200")
        self.start_us.append(start_us)
        self.end_us.append(end_us)
        self.failed.append(failed)
        _put(self.work_us, row, work_us)
        _put(self.ready_us, row, ready_us)
        if server is not None:
            _put(self.server, row, self.server_names.setdefault(server, len(self.server_names)))
        if lane is not None:
            _put(self.lane, row, self.lane_names.setdefault(lane, len(self.lane_names)))

    def close(self) -> None:
        """Sort the rows by their start (of equal ones the file's order stays), and fill up short columns."""
        rows = len(self)
        for column in (self.work_us, self.ready_us, self.server, self.lane):
            if column:
                _put(column, rows - 1, column[rows - 1] if len(column) == rows else None)
        start_us = self.start_us
        if all(a <= b for a, b in pairwise(start_us)):
            return
        order = sorted(range(rows), key=start_us.__getitem__)
        for name in ("start_us", "end_us", "work_us", "ready_us", "server", "lane"):
            column = getattr(self, name)
            if column:
                setattr(self, name, array(column.typecode, map(column.__getitem__, order)))
        self.failed = bytearray(map(self.failed.__getitem__, order))

    def of(self, rows: Sequence[int]) -> Calls:
        """The calls of some rows, in their order."""
        part = Calls()
        for name in ("start_us", "end_us", "work_us", "ready_us", "server", "lane"):
            column = getattr(self, name)
            if column:
                setattr(part, name, array(column.typecode, map(column.__getitem__, rows)))
        part.failed = bytearray(map(self.failed.__getitem__, rows))
        part.reversed = self.reversed
        part.server_names, part.lane_names = dict(self.server_names), dict(self.lane_names)
        return part


def _put(column: array[int], row: int, value: int | None) -> None:
    """Write a value into a column that may have begun late."""
    if value is None and not column:
        return
    if len(column) < row:
        column.extend([UNKNOWN] * (row - len(column)))
    if len(column) == row:
        column.append(UNKNOWN if value is None else value)


@dataclass(slots=True)
class StepCalls:
    """The calls of one step inside the requests of a log, or of the background work that they leave."""

    name: str
    """As the log names it, as `charge card`."""
    background: bool = False
    """Whether it is work of consumers, which goes on after the reply."""
    calls: Calls = field(default_factory=Calls)
    """A row for each attempt; `ready_us` of a background step is the moment of its publishing."""
    request: array[int] = field(default_factory=lambda: array("l"))
    """The row of the request in the log for each attempt; UNKNOWN where the file does not hold it."""
    publishing: bool = False
    """Whether it is the sending of the message that a background step of the same name works on."""


@dataclass(slots=True, repr=False)
class Log:
    """All that a reader found in one or more files of one format."""

    format: str
    """The name of the format, as a row of FORMATS has it."""
    calls: Calls = field(default_factory=Calls)
    names: tuple[str, ...] = ()
    """The names of the files."""
    noun: Noun = "requests"
    """What a call is."""
    stamp: Stamp = "both"
    measures: Measure = "response"
    """What lies between the start and the end of a call."""
    has_zone: bool = True
    """Whether the stamps say their time zone (Unix times do); else they are read as UTC."""
    lines: int = 0
    """How many lines, rows or spans were read."""
    unreadable: list[Unreadable] = field(default_factory=list)
    """The first lines that are no records; `unreadable_count` counts them all."""
    unreadable_count: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """How many records were left out, by the reason (`rows of a transaction`, `without a duration`)."""
    sampled_share: float | None = None
    """The share of the requests that were written down, if the log says it; None if it does not."""
    users: int | None = None
    """A load test: how many users send, each after its last reply; None if it is none or is not known."""
    is_load_test: bool = False
    """Whether the requests come from a load generator whose users wait for each reply."""
    most_in_service: int | None = None
    """The most calls in service at once that the log itself counts (`srv_conn` of HAProxy)."""
    processes: tuple[str, ...] = ()
    """The processes or threads that the log names, each of which does one call at a time."""
    waited_us: int = 0
    """How long all calls together waited in a queue that the log measures."""
    waited_count: int = 0
    """How many calls waited in a queue that the log measures."""
    retries: int = 0
    """How many attempts were not the first of their job."""
    steps: list[StepCalls] = field(default_factory=list)
    """The steps of the requests, in the order in which they begin; only traces have them."""
    gathered: object = None
    """What a reader keeps from file to file until all are read, as the spans of traces."""
    cautions: list[str] = field(default_factory=list)
    """What a reader must know about these figures, a sentence each."""

    def __repr__(self) -> str:
        return f"<{', '.join(self.names) or 'a log'}: {len(self.calls):,} {self.noun} ({self.format})>"

    def of(self, rows: Sequence[int]) -> Log:
        """The log with some of its calls, in their order, and with the attempts at steps of these."""
        row_of = {old: new for new, old in enumerate(rows)}
        steps = []
        for step in self.steps:
            kept = [index for index, row in enumerate(step.request) if row in row_of]
            request = array("l", (row_of[step.request[index]] for index in kept))
            steps.append(replace(step, calls=step.calls.of(kept), request=request))
        return replace(self, calls=self.calls.of(rows), steps=steps)

    def caution(self, text: str) -> None:
        """Note once what must be known about these figures.

        Args:
            text: a sentence without a full stop; empty if there is none.
        """
        sentence = text.rstrip(".")
        if sentence and sentence not in self.cautions:
            self.cautions.append(sentence)

    def count_wait(self, wait_us: int) -> None:
        """Count how long a call waited in a queue that the log measures; a clock that went back is no wait.

        Args:
            wait_us: from the moment at which it was put to the begin of its work.
        """
        if wait_us > 0:
            self.waited_us += wait_us
            self.waited_count += 1

    def leave_out(self, reason: str) -> None:
        """Count a record that is left out.

        Args:
            reason: the reason, as `without a duration`.
        """
        self.left_out[reason] += 1

    def refuse(self, file: str, line: int, reason: str) -> None:
        """Note a line that cannot be read.

        Args:
            file: the name of the file.
            line: its number, from 1.
            reason: what is the matter with it.
        """
        self.unreadable_count += 1
        if len(self.unreadable) < MOST_SHOWN:
            self.unreadable.append(Unreadable(file, line, reason))


MOST_SHOWN = 5
"""Lines that cannot be read and are shown; the others are counted."""

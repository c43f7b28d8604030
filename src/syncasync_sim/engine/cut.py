"""The end of a run that is stopped before its last event: what was foreseen beyond it is taken back.

By events little is foreseen: the ends of attempts, and when a worker is back. In one pass everything is.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from itertools import accumulate, compress, count
from typing import Any, NamedTuple

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.trace.columns import NEVER, Row, Rows
from syncasync_sim.trace.records import (
    Attempt,
    Crash,
    Delivery,
    DeliveryOutcome,
    Message,
    MessageStatus,
    Pause,
    Request,
    ResponseStatus,
    ServerOutcome,
    WorkedOn,
)


class _Foreseen(NamedTuple):
    """What may be foreseen of a kind of row."""

    begins: str | None
    """The time of which the row is; a row of a time after the cut is left out. None: all are kept."""
    times: Mapping[str, Mapping[str, int]]
    """Each time that may come after the cut, and what else is not known then."""


_FORESEEN: dict[type[Row], _Foreseen] = {
    Request: _Foreseen(
        "arrived",
        {
            "began": {"thread": NEVER},
            "ended": {"end": int(ServerOutcome.OPEN)},
            "replied": {"response": int(ResponseStatus.NONE)},
        },
    ),
    Attempt: _Foreseen("started", {"ended": {"outcome": int(AttemptOutcome.OPEN)}}),
    Message: _Foreseen("published", {"done": {}, "gone": {"fate": int(MessageStatus.WAITING)}}),
    Delivery: _Foreseen(
        "taken", {"ended": {"result": int(DeliveryOutcome.OPEN)}, "returned": {}, "visible": {}}
    ),
    WorkedOn: _Foreseen("ended", {}),
    Crash: _Foreseen(None, {"back": {}}),
    Pause: _Foreseen(None, {"until": {}}),
}


def cut(tables: Iterable[Rows[Any]], at: int) -> None:
    """Take back what comes after a time.

    Args:
        tables: the rows of the run, one table for each kind; they are changed.
        at: the time, in microseconds.
    """
    by_kind = {rows.kind: rows for rows in tables}
    if attempts := by_kind[WorkedOn].column("attempt"):
        # Calls name their attempts by the row, and attempts before them may be left out.
        kept = list(accumulate(map(at.__ge__, by_kind[Attempt].column("started"))))
        attempts[:] = array(attempts.typecode, (kept[attempt] - 1 for attempt in attempts))
    for kind, rows in by_kind.items():
        begins, times = _FORESEEN[kind]
        if begins is not None:
            _keep(rows, bytes(map(at.__ge__, rows.column(begins))))
        for name, others in times.items():
            column = rows.column(name)
            for row in compress(count(), map(at.__lt__, column)):
                column[row] = NEVER
                for other, number in others.items():
                    rows.column(other)[row] = number


def _keep(rows: Rows[Any], kept: bytes) -> None:
    """Keep the rows that are marked with 1."""
    if 0 in kept:
        for name in rows.kind.COLUMNS:
            column = rows.column(name)
            column[:] = array(column.typecode, compress(column, kept))

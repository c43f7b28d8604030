"""CSV with a header and a row for each call: a start, and an end or a duration."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping

from syncasync_sim.errors import LogError, visible, what_to_write
from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import TimeUnit, number_us, stamp_us

Row = list[str]
ROLES: Mapping[str, tuple[str, ...]] = {
    "start": ("start", "started", "start_time", "arrival", "arrived", "begin", "begin_time", "start_s"),
    "end": ("end", "ended", "end_time", "reply", "replied", "finish", "finished", "done", "end_s"),
    "duration": ("duration", "elapsed", "latency", "response_time", "duration_s", "duration_ms", "time_ms"),
    "work": ("work", "service_time", "processing_time", "work_s", "work_ms"),
    "status": ("status", "status_code", "code", "http_status", "success", "ok", "failed", "error"),
    "server": ("server", "host", "instance", "pod", "node", "upstream"),
    "process": ("process", "pid", "worker", "worker_id", "thread", "thread_id"),
    "lane": ("client", "user", "vu", "connection"),
    "ready": ("ready", "queued", "enqueued", "enqueued_at", "published", "sent"),
}
"""What a column holds, and the names by which it is recognised when nobody names it."""
_MEANS_FAILURE = ("failed", "error")
_TRUE = ("1", "true", "yes", "y")
_FALSE = ("0", "false", "no", "n", "")


def failed_by_status(status: str) -> bool:
    """Whether a status says that the server failed: an HTTP status from 500, or a text that is no number.

    A 4xx is an answer: the fault is the client's, the work was done.
    """
    return not status.isdigit() or int(status) >= 500


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _header(source: Source) -> Row:
    if not source.head_lines:
        return []
    first = source.head_lines[0]
    names = next(csv.reader([first], delimiter=_delimiter(first)), [])
    return [name.strip() for name in names]


def _columns(names: Row, wishes: Wishes) -> dict[str, int]:
    """The index of the column for each role that the file has."""
    lower = [name.lower() for name in names]
    columns = {}
    for role, known in ROLES.items():
        wanted = wishes.columns.get(role)
        if wanted is not None:
            if wanted not in names:
                near = what_to_write(wanted, names)
                raise LogError(f"there is no column '{visible(wanted)}'\n  = {near}")
            columns[role] = names.index(wanted)
        elif index := next((lower.index(name) + 1 for name in known if name in lower), 0):
            columns[role] = index - 1
    return columns


def recognise(source: Source) -> bool:
    """Whether a file has a header that names a start or an end, and one more of start, end, duration."""
    columns = _columns(_header(source), Wishes())
    return sum(role in columns for role in ("start", "end", "duration")) >= 2


def read(source: Source, log: Log, wishes: Wishes) -> None:
    """Read one CSV file.

    Args:
        source: the file.
        log: takes the rows.
        wishes: which column holds what, and the unit of numbers (seconds by default).

    Raises:
        LogError: a column is missing, or the file cannot be read.
    """
    names = _header(source)
    try:
        columns = _columns(names, wishes)
    except LogError as error:
        raise LogError(f"{source.name}:1: {error}") from None
    if sum(role in columns for role in ("start", "end", "duration")) < 2:
        raise LogError(
            f"{source.name}:1: the columns {', '.join(names)[:200]} do not say when a request "
            "came and when it ended\n"
            "  = name two of them: --column start=NAME --column end=NAME (or --column duration=NAME)"
        )
    row_of = _row_reader(names, columns, wishes)
    log.stamp = "both" if {"start", "end"} <= columns.keys() else "start" if "start" in columns else "end"
    lines = source.lines()
    for number, row in _rows(lines):
        log.lines += 1
        if len(row) < len(names):
            log.refuse(source.name, number, f"the row has {len(row)} fields, the header {len(names)}")
            continue
        try:
            row_of(row, log)
        except ValueError as error:
            log.refuse(source.name, number, str(error))
    if {"ready", "start", "end"} <= columns.keys():
        log.noun, log.measures = "jobs", "work"
    if "process" in columns:
        log.processes = tuple(log.calls.lane_names)


def _rows(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, Row]]:
    """The rows after the header, with the number of their last line."""
    position = [0]

    def texts() -> Iterator[str]:
        for position[0], line in lines:
            yield line + "\n"

    source = texts()
    first = next(source, "")
    reader = csv.reader(source, delimiter=_delimiter(first))
    try:
        for row in reader:
            if row:
                yield position[0], row
    except csv.Error as error:
        raise LogError(f"line {position[0]:,}: {error}\n  = check the quotes") from None


def _row_reader(names: Row, columns: Mapping[str, int], wishes: Wishes) -> Callable[[Row, Log], None]:
    """How a row becomes a call: which fields, in which unit."""
    get = columns.get
    start, end, duration, work = get("start"), get("end"), get("duration"), get("work")
    status, server, ready = get("status"), get("server"), get("ready")
    lane = get("process", get("lane"))
    unit = wishes.unit or "s"
    duration_unit = _unit_of(names[duration], unit) if duration is not None else unit
    work_unit = _unit_of(names[work], unit) if work is not None else unit
    inverted = status is not None and names[status].lower() in _MEANS_FAILURE

    def add(row: Row, log: Log) -> None:
        took = None if duration is None else number_us(row[duration], duration_unit)
        begin = stamp_us(row[start], unit) if start is not None else None
        finish = stamp_us(row[end], unit) if end is not None else None
        if begin is None:
            begin = (finish or 0) - (took or 0)
        if finish is None:
            finish = begin + (took or 0)
        log.calls.add(
            begin,
            finish,
            failed=status is not None and _failed(row[status].strip(), inverted=inverted),
            work_us=number_us(row[work], work_unit) if work is not None else None,
            ready_us=stamp_us(row[ready], unit) if ready is not None else None,
            server=row[server] if server is not None else None,
            lane=row[lane] if lane is not None else None,
        )

    return add


def _unit_of(name: str, default: TimeUnit) -> TimeUnit:
    """The unit in the name of a column, as `duration_ms`."""
    ending = name.lower().rpartition("_")[2]
    return ending if ending in ("s", "ms", "us", "ns") else default  # type: ignore[return-value]


def _failed(status: str, *, inverted: bool) -> bool:
    lower = status.lower()
    if inverted:
        return lower not in _FALSE
    if lower in _TRUE or lower in ("ok", "success", "succeeded"):
        return False
    return lower in _FALSE or failed_by_status(status)


CSV = Format("csv", "CSV file with a header", recognise, read)

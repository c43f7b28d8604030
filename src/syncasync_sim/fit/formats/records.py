"""From the fields of a record of an access log to a call: the rules that all of these logs share."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from syncasync_sim.fit.formats.kinds import Wishes
from syncasync_sim.fit.formats.moments import DAY_US, LATEST_US, Fields, moment_of
from syncasync_sim.fit.formats.tabular import failed_by_status
from syncasync_sim.fit.log import Log, Measure, Stamp
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import TimeUnit, number_us

NO_DURATION = "without a duration"
LONGEST_US = 7 * DAY_US
"""A longer duration is no time of a request."""
LONGEST_RECORD = 16_384
"""Characters of a line that are matched; a longer line is no record of an access log."""
_SWITCHED = "101"
_TOOK: tuple[tuple[str, TimeUnit], ...] = (
    ("took_ns", "ns"),
    ("took_us", "us"),
    ("took_ms", "ms"),
    ("took_s", "s"),
)
_BETWEEN_SERVERS = re.compile(r", | : ")
_BETWEEN = re.compile(r"[\s,:;]+")


class LeftOutError(Exception):
    """A record is fine, but is no request that can be used; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a line of a text log looks like, and what its parts mean."""

    pattern: re.Pattern[str]
    """Its named groups are the fields of a record, by their roles."""
    stamp: Stamp
    measures: Measure = "response"
    has_zone: bool = True
    caution: str = ""
    """What must be known about its times."""


def duration_us(text: str | None, unit: TimeUnit) -> int:
    """Return a duration, or the sum of several (`0.1, 0.2 : 0.3`: one for each server that was tried).

    Args:
        text: the number or the numbers; `-` is one that is not known.
        unit: the unit.

    Raises:
        ValueError: it is no duration.
        LeftOutError: it is not known.
    """
    numbers = [number for number in _BETWEEN.split(text or "") if number not in ("", "-")]
    if not numbers:
        raise LeftOutError(NO_DURATION)
    took = sum(number_us(number, unit) for number in numbers)
    return checked_us(took)


def checked_us(took: int) -> int:
    """Return a duration that a request may have.

    Raises:
        ValueError: it is negative, or longer than LONGEST_US.
    """
    if took < 0:
        raise ValueError("the duration is negative")
    if took > LONGEST_US:
        raise ValueError("the duration is longer than a week")
    return took


def call_adder(
    log: Log, roles: Collection[str], wishes: Wishes, *, has_zone: bool
) -> Callable[[Fields], None]:
    """Return what adds a call to the log for the fields of a record.

    Its stamps decide the stamp of the log: `both`, if the records have two.

    Args:
        log: takes the calls.
        roles: the roles of the fields that a record has.
        wishes: the zone of stamps that do not say it.
        has_zone: whether the stamps say their zone.
    """
    start_of, end_of = moment_of(roles, "start"), moment_of(roles, "end")
    took_role, unit = next(((role, unit) for role, unit in _TOOK if role in roles), ("", "s"))
    log.has_zone = log.has_zone and has_zone
    shift = 0 if has_zone else wishes.zone_minutes * 60_000_000

    def add(fields: Fields) -> None:
        status = fields.get("status") or "200"
        if status == _SWITCHED:
            raise LeftOutError("web sockets (status 101)")
        took = duration_us(fields[took_role], unit) if took_role else 0
        start = start_of(fields) - shift if start_of else None
        end = end_of(fields) - shift if end_of else None
        add_call(
            log,
            start if start is not None else (end or 0) - took,
            end if end is not None else (start or 0) + took,
            failed=failed_by_status(status),
            server=last_server(fields.get("server")),
            lane=fields.get("lane"),
        )

    return add


def last_server(text: str | None) -> str | None:
    """The server that answered: the last of those that were tried; None for `-`."""
    server = _BETWEEN_SERVERS.split(text)[-1].strip() if text else ""
    return None if server in ("", "-") else server


def add_call(
    log: Log,
    start: int,
    end: int,
    *,
    failed: bool = False,
    work_us: int | None = None,
    server: str | None = None,
    lane: str | None = None,
) -> None:
    """Add a call whose moments are checked.

    Args:
        log: takes the call.
        start: its start, in microseconds since 1970.
        end: its end.
        failed: whether it failed.
        work_us: its work alone, if the log names it.
        server: the server that answered.
        lane: the process or connection that does one call at a time.

    Raises:
        ValueError: the moments cannot be those of a request.
    """
    if not 0 <= start < LATEST_US:
        raise ValueError("the stamp is no moment after 1970 and before 2169")
    checked_us(end - start)
    log.calls.add(start, end, failed=failed, work_us=work_us, server=server, lane=lane)


def read_records(source: Source, log: Log, add: Callable[[str], None]) -> None:
    """Read all lines of a file; those that are no records are noted.

    Args:
        source: the file.
        log: counts the lines.
        add: takes a line; it raises ValueError for what is no record, LeftOutError for what cannot be used.

    Raises:
        LogError: the file cannot be read.
    """
    for number, line in source.lines():
        if not line.strip():
            continue
        log.lines += 1
        try:
            if len(line) <= LONGEST_RECORD:
                add(line)
            else:
                log.refuse(source.name, number, "the line is too long for a record")
        except LeftOutError as reason:
            log.leave_out(str(reason))
        except (ValueError, OverflowError, RecursionError) as error:
            log.refuse(source.name, number, str(error))


def read_layout(source: Source, log: Log, wishes: Wishes, layout: Layout) -> None:
    """Read a text log whose lines have one layout.

    Args:
        source: the file.
        log: takes the calls.
        wishes: the zone of stamps that do not say it.
        layout: the layout of a line.

    Raises:
        LogError: the file cannot be read.
    """
    log.stamp, log.measures = layout.stamp, layout.measures
    log.caution(layout.caution)
    add = call_adder(log, layout.pattern.groupindex, wishes, has_zone=layout.has_zone)
    search = layout.pattern.search

    def add_line(line: str) -> None:
        match = search(line)
        if match is None:
            raise ValueError("the line is no record of this log")
        add(match.groupdict())

    read_records(source, log, add_line)


def share(lines: Iterable[str], pattern: re.Pattern[str]) -> float:
    """Return the share of lines in which a pattern is found.

    Args:
        lines: the lines.
        pattern: the pattern.
    """
    hits = [pattern.search(line[:LONGEST_RECORD]) is not None for line in lines]
    return sum(hits) / len(hits) if hits else 0.0

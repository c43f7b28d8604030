"""Locust: results of single requests, which a listener of the load test wrote or printed.

Locust itself writes summaries only. A result that is printed has the time at which it was there: its end. A
listener that writes the fields of Locust's `request` event has `start_time`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.program_records import (
    OTHER_LINE,
    clock_us,
    csv_rows,
    header_of,
    json_record,
    text_of,
)
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

_DATE = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_NUMBER = r"\d+(?:\.\d+)?"
_PRINTED = re.compile(rf"\[({_DATE})\] (\S+?/[A-Z]+/[\w.]+): ([^\t]*)\t+([^\t]+)\t+([01])\t+({_NUMBER})\s*")
"""Time, where, name of the request, user, 1 for success, ms."""
_ROW = re.compile(rf"({_DATE})\t([^\t]*)\t([01])\t([^\t]*)\t({_NUMBER})\s*")
"""Time, name of the request, 1 for success, user, ms."""
_PROGRAM = re.compile(rf"\[{_DATE}\] \S+?/[A-Z]+/\S+: ")
_SWARMING = re.compile(r"(?:swarming|Spawning|Ramping to) (\d{1,7}) (?:clients|users)")
_START = ("start_time", "startTime")
_END = ("end_time", "timestamp", "time")
_EVENT_ONLY = {"request_type", "response_length", "exception"}
"""Fields that tell an event of Locust, whose times are in ms, from any other table."""


def is_printed(source: Source) -> bool:
    """Whether a file is a log of Locust with results printed in it."""
    lines = source.head_lines
    return any(map(_PRINTED.fullmatch, lines)) and sum(map(bool, map(_PROGRAM.match, lines))) * 2 >= len(
        lines
    )


def is_rows(source: Source) -> bool:
    """Whether a file has rows of time, name, success, user and ms, divided by tabulators."""
    lines = source.head_lines[:5]
    return bool(lines) and sum(map(bool, map(_ROW.fullmatch, lines))) * 2 > len(lines)


def is_events(source: Source) -> bool:
    """Whether a file has the fields of Locust's event of a request, as CSV with a header or as JSON lines."""
    first = source.head_lines[0] if source.head_lines else ""
    if first.startswith("{"):
        try:
            return _are_fields(json_record(first))
        except ValueError:
            return False
    return _are_fields(dict.fromkeys(header_of(source)))


def _are_fields(names: Mapping[str, Any]) -> bool:
    has_time = any(name in names for name in _START + _END)
    return has_time and "response_time" in names and not _EVENT_ONLY.isdisjoint(names)


def read_printed(source: Source, log: Log, wishes: Wishes) -> None:
    """Read a log of Locust with results printed in it.

    Args:
        source: the file.
        log: takes the requests.
        wishes: the zone of times without one.

    Raises:
        LogError: the file cannot be read.
    """
    log.is_load_test = True
    for number, line in source.lines():
        log.lines += 1
        match = _PRINTED.fullmatch(line)
        if match:
            stamp, _, _, user, success, took_ms = match.groups()
            _add(source, number, log, wishes, (stamp, success, user, took_ms))
        elif users := _SWARMING.search(line):
            log.users = max(log.users or 0, int(users[1]))
        elif line.strip():
            log.leave_out(OTHER_LINE)
    log.users = log.users or len(log.calls.lane_names) or None


def read_rows(source: Source, log: Log, wishes: Wishes) -> None:
    """Read rows of time, name, success, user and ms.

    Args:
        source: the file.
        log: takes the requests.
        wishes: the zone of times without one.

    Raises:
        LogError: the file cannot be read.
    """
    log.is_load_test = True
    for number, line in source.lines():
        log.lines += 1
        if match := _ROW.fullmatch(line):
            stamp, _, success, user, took_ms = match.groups()
            _add(source, number, log, wishes, (stamp, success, user, took_ms))
        elif line.strip():
            log.refuse(source.name, number, "it is no row of time, name, success, user and milliseconds")
    log.users = len(log.calls.lane_names) or None


def _add(source: Source, number: int, log: Log, wishes: Wishes, fields: tuple[str, str, str, str]) -> None:
    """Add a result: time of its end, 1 for success, user, ms."""
    stamp, success, user, took_ms = fields
    try:
        end_us = clock_us(stamp, log, wishes)
        log.calls.add(end_us - number_us(took_ms, "ms"), end_us, failed=success == "0", lane=user or None)
    except ValueError as error:
        log.refuse(source.name, number, str(error))


def read_events(source: Source, log: Log, wishes: Wishes) -> None:
    """Read the fields of Locust's events.

    Args:
        source: the file.
        log: takes the requests.
        wishes: the zone of times without one.

    Raises:
        LogError: the file cannot be read.
    """
    log.is_load_test = True
    if source.head_lines[0].startswith("{"):
        for number, line in source.lines():
            log.lines += 1
            try:
                if line:
                    _add_event(log, wishes, json_record(line))
            except ValueError as error:
                log.refuse(source.name, number, str(error))
        return
    names = header_of(source)
    for number, row in csv_rows(source, log):
        if row[: len(names)] == names:
            log.lines -= 1
        elif len(row) != len(names):
            log.refuse(source.name, number, f"the row has {len(row)} fields, the header {len(names)}")
        else:
            try:
                _add_event(log, wishes, dict(zip(names, row, strict=True)))
            except ValueError as error:
                log.refuse(source.name, number, str(error))


def _add_event(log: Log, wishes: Wishes, event: dict[str, Any]) -> None:
    if event.get("name") == "Aggregated":
        log.leave_out("rows that sum up requests")
        return
    took_us = number_us(text_of(event, "response_time"), "ms")
    starts = any(event.get(name) for name in _START)
    stamp = text_of(event, *(_START if starts else _END))
    time_us = clock_us(stamp, log, wishes)
    log.stamp = "start" if starts else "end"
    start_us = time_us if starts else time_us - took_us
    exception, success = event.get("exception"), event.get("success")
    user = event.get("user_id") or event.get("user")
    log.calls.add(
        start_us,
        start_us + took_us,
        failed=exception not in (None, "", "None", "null") or success in (False, "False", "false", "0"),
        lane=user if isinstance(user, str) and user else None,
    )


PRINTED = Format("locust", "Locust log with printed results", is_printed, read_printed, stamp="end")
ROWS = Format("locust-rows", "Locust result (TSV)", is_rows, read_rows, stamp="end")
EVENTS = Format("locust-events", "Locust result (events of requests)", is_events, read_events, stamp="start")

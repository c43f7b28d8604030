"""k6: the samples of a load test, as JSON lines (`--out json`) or as CSV (`--out csv`).

A sample has the time at which it was taken: for `http_req_duration` the end of the request. A redirect is
two requests with a sample each.
"""

from __future__ import annotations

import re
from typing import Any

from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.program_records import (
    csv_rows,
    fields_of,
    header_of,
    json_record,
    moment_us,
    text_of,
)
from syncasync_sim.fit.formats.tabular import failed_by_status
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

DURATION, USERS, DROPPED = "http_req_duration", "vus", "dropped_iterations"
OPEN = "k6 dropped iterations: an arrival-rate executor sent the requests, not users who wait for replies."
WHOLE_SECONDS = (
    "The time stamps are whole seconds: run k6 with K6_CSV_TIME_FORMAT=unix_micro, or with --out json."
)
_MARKS = tuple(f'"{name}"' for name in (DURATION, USERS, DROPPED))


def is_json(source: Source) -> bool:
    """Whether a file has a metric or a sample of k6 in each of its first lines."""
    lines = source.head_lines[:3]
    return bool(lines) and all(
        line.startswith("{") and re.search(r'"type"\s*:\s*"(Metric|Point)"', line) and '"metric"' in line
        for line in lines
    )


def is_csv(source: Source) -> bool:
    """Whether a file has the header of k6."""
    return header_of(source)[:3] == ["metric_name", "timestamp", "metric_value"]


def read_json(source: Source, log: Log, _wishes: Wishes) -> None:
    """Read the JSON lines of k6.

    Args:
        source: the file.
        log: takes the requests.
        _wishes: not needed.

    Raises:
        LogError: the file cannot be read.
    """
    log.is_load_test = True
    for number, line in source.lines():
        log.lines += 1
        if not any(mark in line for mark in _MARKS):
            if line and not line.startswith("{"):
                log.refuse(source.name, number, "it is no JSON object")
            continue
        try:
            record = json_record(line)
            if record.get("type") == "Point":
                sample = fields_of(record, "data")
                _add(log, text_of(record, "metric"), sample, fields_of(sample, "tags"))
        except ValueError as error:
            log.refuse(source.name, number, str(error))
    log.users = log.users or len(log.calls.lane_names) or None


def read_csv(source: Source, log: Log, _wishes: Wishes) -> None:
    """Read the CSV of k6.

    Args:
        source: the file.
        log: takes the requests.
        _wishes: not needed.

    Raises:
        LogError: the file cannot be read.
    """
    log.is_load_test = True
    names = header_of(source)
    for number, row in csv_rows(source, log):
        if row[0] not in (DURATION, USERS, DROPPED):
            continue
        if len(row) != len(names):
            log.refuse(source.name, number, f"the row has {len(row)} fields, the header {len(names)}")
            continue
        tags = dict(zip(names, row, strict=True))
        for pair in tags.get("extra_tags", "").split("&"):
            name, _, value = pair.partition("=")
            tags.setdefault(name, value)
        if row[0] == DURATION and row[1].isdecimal() and len(row[1]) <= 10:
            log.caution(WHOLE_SECONDS)
        try:
            _add(log, row[0], {"time": row[1], "value": row[2]}, tags)
        except ValueError as error:
            log.refuse(source.name, number, str(error))
    log.users = log.users or len(log.calls.lane_names) or None


def _add(log: Log, metric: str, sample: dict[str, Any], tags: dict[str, Any]) -> None:
    """Add one sample: a request, the number of users, or a sign that requests came at a fixed rate."""
    value = text_of(sample, "value")
    if metric == USERS:
        log.users = max(log.users or 0, number_us(value, "us"))
    elif metric == DROPPED:
        log.caution(OPEN)
    elif metric == DURATION:
        end_us = moment_us(text_of(sample, "time"))
        user = tags.get("vu")
        log.calls.add(
            end_us - number_us(value, "ms"),
            end_us,
            failed=_failed(tags),
            lane=user if isinstance(user, str) and user else None,
        )


def _failed(tags: dict[str, Any]) -> bool:
    """Whether the server failed; status 0 is a connection that broke."""
    status = tags.get("status")
    if isinstance(status, str) and status:
        return status == "0" or failed_by_status(status)
    return tags.get("expected_response") == "false"


JSON = Format("k6", "k6 result (JSON lines)", is_json, read_json, stamp="end")
CSV = Format("k6-csv", "k6 result (CSV)", is_csv, read_csv, stamp="end")

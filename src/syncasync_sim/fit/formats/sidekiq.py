"""Sidekiq: the log of its jobs, as JSON lines or as text. A line has the time of the end of a job."""

from __future__ import annotations

import re
from typing import Any

from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.program_records import (
    OTHER_LINE,
    clock_us,
    fields_of,
    json_record,
    moment_us,
    text_of,
)
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

END = ("completed_at", "ts", "time", "@timestamp", "timestamp")
DURATION = ("duration_s", "duration", "elapsed", "runtime")
STATUS = ("job_status", "msg", "message", "status", "event")
RETRIED = "Jobs were retried: what they waited between two attempts is not counted as a wait in the queue."
_DONE, _FAILED = ("done", "success"), ("fail", "failed", "failure")
_MESSAGE = re.compile(r"(?:^|: )(start|done|fail)(?:$|: ([0-9.]+) sec)")
_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?) (?:pid=)?\d+ (?:tid=|TID-)(\S+) "
    r"(.{0,1000}?)(?:INFO|WARN|ERROR|DEBUG|FATAL): (.*)"
)
_ELAPSED = re.compile(r"(?:^|\s)elapsed=([0-9.eE-]+)")


def is_json(source: Source) -> bool:
    """Whether a file has JSON lines on jobs of Sidekiq: with the id of a job, and how it ended."""
    return any('"jid"' in line and _is_job(line) for line in source.head_lines[:50])


def _is_job(line: str) -> bool:
    try:
        return _status(_flat(json_record(line))) in ("start", "done", "fail")
    except ValueError:
        return False


def is_text(source: Source) -> bool:
    """Whether a file has the text lines of Sidekiq on its jobs."""
    matches = map(_TEXT.search, source.head_lines[:50])
    return any(match and _MESSAGE.match(match[4]) for match in matches)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the fields of its job, which Sidekiq keeps in `ctx` and others in `payload` or `job`."""
    return {**fields_of(record, "payload"), **fields_of(record, "job"), **fields_of(record, "ctx"), **record}


def _status(fields: dict[str, Any]) -> str:
    """`start`, `done`, `fail`, or nothing."""
    for name in STATUS:
        value = fields.get(name)
        text = value.lower() if isinstance(value, str) else ""
        if text in _DONE:
            return "done"
        if text in _FAILED:
            return "fail"
        if match := _MESSAGE.search(text):
            return match[1]
    return ""


def read_json(source: Source, log: Log, wishes: Wishes) -> None:
    """Read JSON lines.

    Args:
        source: the file.
        log: takes the jobs.
        wishes: the zone of times without one.

    Raises:
        LogError: the file cannot be read.
    """
    for number, line in source.lines():
        log.lines += 1
        if not line.lstrip().startswith("{"):
            if line.strip():
                log.leave_out(OTHER_LINE)
            continue
        try:
            _add(log, wishes, _flat(json_record(line)))
        except ValueError as error:
            log.refuse(source.name, number, str(error))
    log.processes = tuple(log.calls.lane_names)


def _add(log: Log, wishes: Wishes, fields: dict[str, Any]) -> None:
    status = _status(fields)
    if status not in ("done", "fail") or "jid" not in fields:
        if status != "start":
            log.leave_out(OTHER_LINE)
        return
    took_s = _took_s(fields)
    if not took_s:
        log.leave_out("without a duration")
        return
    end_us = clock_us(text_of(fields, *END), log, wishes)
    begin_us = end_us - number_us(took_s, "s")
    retried = fields.get("retry_count") is not None
    put = fields.get("enqueued_at") or fields.get("created_at")
    ready_us = moment_us(put) if isinstance(put, str) and not retried else None
    log.calls.add(begin_us, end_us, failed=status == "fail", ready_us=ready_us, lane=_lane(fields))
    if retried:
        log.retries += 1
        log.caution(RETRIED)
    if ready_us is not None:
        log.count_wait(begin_us - ready_us)


def _took_s(fields: dict[str, Any]) -> str | None:
    """The seconds of a job: in a field of its own, or in the message, as `done: 0.36 sec`."""
    if any(fields.get(name) for name in DURATION):
        return text_of(fields, *DURATION)
    messages = (fields.get(name) for name in STATUS)
    matches = (_MESSAGE.search(text) for text in messages if isinstance(text, str))
    return next((match[2] for match in matches if match and match[2]), None)


def _lane(fields: dict[str, Any]) -> str | None:
    """The thread; one of another process may have the same name."""
    thread, process = fields.get("tid"), fields.get("pid")
    return f"{process}/{thread}" if isinstance(thread, str) and thread else None


def read_text(source: Source, log: Log, wishes: Wishes) -> None:
    """Read text lines, of Sidekiq's newer and older form.

    Args:
        source: the file.
        log: takes the jobs.
        wishes: the zone of times without one.

    Raises:
        LogError: the file cannot be read.
    """
    for number, line in source.lines():
        log.lines += 1
        match = _TEXT.search(line)
        status = _MESSAGE.match(match[4]) if match else None
        if not match or not status:
            if line.strip():
                log.leave_out(OTHER_LINE)
            continue
        if status[1] == "start":
            continue
        try:
            _add_line(log, wishes, match, status)
        except ValueError as error:
            log.refuse(source.name, number, str(error))
    log.processes = tuple(log.calls.lane_names)


def _add_line(log: Log, wishes: Wishes, match: re.Match[str], status: re.Match[str]) -> None:
    elapsed = _ELAPSED.search(match[3])
    took_s = elapsed[1] if elapsed else status[2]
    if took_s is None:
        raise ValueError("it has no elapsed time")
    end_us = clock_us(match[1], log, wishes)
    log.calls.add(end_us - number_us(took_s, "s"), end_us, failed=status[1] == "fail", lane=match[2])


JSON = Format("sidekiq", "Sidekiq log (JSON lines)", is_json, read_json, "end", "work", "jobs")
TEXT = Format("sidekiq-text", "Sidekiq log (text)", is_text, read_text, "end", "work", "jobs")

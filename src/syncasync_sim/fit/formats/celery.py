"""Celery: the log of a worker, and its events as JSON lines.

The log says when a task ended and how long it ran. `received` in it is when the worker fetched the task ahead
of time, not when its work began. Events have the begin of each attempt.
"""

from __future__ import annotations

import re
from typing import Any

from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.program_records import OTHER_LINE, clock_us, fields_of, json_record, text_of
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

PREFETCHED = (
    "'received' in a log of Celery is when a worker fetched a task ahead of time: "
    "how long tasks waited is not known (events of Celery, with task-sent, tell it)."
)
NO_RUNTIME = "Celery's log has no run time for attempts that failed or were retried: their work is left out."
RETRIED, RAISED = "attempts that were retried, without a run time", "tasks that failed, without a run time"
UNFINISHED = "attempts without an end in the file"
UNSTARTED = "attempts without a begin in the file"
_LINE = re.compile(
    r"(?:^([\w.-]+) *\| )?\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d+): ([A-Z]+)/([^\]]{1,100})\] ?(.*)"
)
"""The service is from docker compose; syslog adds other texts before it."""
_TASK = re.compile(r"(?:[^\s\[\]]+\[[^\]]+\]: )?Task (\S{1,300}?)\[([^\]]{1,200})\] (\S+)(.*)")
"""Before it the log of a task may name the task once more, as loggers of tasks do."""
_RUNTIME = re.compile(r" in ([0-9.eE+-]+)s(?::|$)")
_RECEIVED_OLD = re.compile(r"(?:Received|Got) task")
_CHILD = re.compile(r"(?:ForkPool|SpawnPool|Pool)?Worker-\d+(?::\d+)?|PoolThread\S*|ThreadPoolExecutor\S*")
"""Processes that work; MainProcess only hands out."""
_FAILED = ("raised", "failed")
_EVENTS = {
    "task-succeeded": False,
    "task-failed": True,
    "task-retried": True,
}
"""The events that end an attempt, and whether it failed."""
_ALL_EVENTS = re.compile(r'"type"\s*:\s*"(?:task|worker)-[a-z]+"')


def is_log(source: Source) -> bool:
    """Whether a file has lines of a Celery worker on its tasks."""
    return any(_is_task_line(line) for line in source.head_lines)


def _is_task_line(line: str) -> bool:
    match = _LINE.search(line)
    return bool(match and (_TASK.match(match[5]) or _RECEIVED_OLD.match(match[5])))


def is_events(source: Source) -> bool:
    """Whether a file has events of Celery, one on a line."""
    lines = source.head_lines[:5]
    return bool(lines) and all(
        line.startswith("{") and _ALL_EVENTS.search(line) and '"timestamp"' in line for line in lines
    )


def read_log(source: Source, log: Log, wishes: Wishes) -> None:
    """Read the log of a worker.

    Args:
        source: the file.
        log: takes the jobs.
        wishes: the zone of its times.

    Raises:
        LogError: the file cannot be read.
    """
    processes = dict.fromkeys(log.processes)
    for number, line in source.lines():
        log.lines += 1
        match = _LINE.search(line)
        if match is None:
            _foreign(source, number, line, log)
            continue
        service, stamp, _, process, message = match.groups()
        if not _CHILD.fullmatch(process):
            process = ""
        elif service:
            process = f"{service} {process}"
        if process:
            processes[process] = None
        if task := _TASK.match(message):
            try:
                end_us = clock_us(stamp, log, wishes)
                _add_result(log, end_us, process, task[3], task[4])
            except ValueError as error:
                log.refuse(source.name, number, str(error))
        elif _RECEIVED_OLD.match(message):
            log.caution(PREFETCHED)
        else:
            log.leave_out(OTHER_LINE)
    log.processes = tuple(processes)


def _foreign(source: Source, number: int, line: str, log: Log) -> None:
    """A line without Celery's beginning: of a traceback, or a result that is cut."""
    if "] succeeded in " in line:
        log.refuse(source.name, number, "the line of a result has no time at its beginning")
    elif line.strip():
        log.leave_out(OTHER_LINE)


def _add_result(log: Log, end_us: int, process: str, result: str, rest: str) -> None:
    """Add what a line says on a task: its result, or that it was received or failed."""
    if result == "succeeded":
        match = _RUNTIME.match(rest)
        if match is None:
            raise ValueError("it has no run time")
        log.calls.add(end_us - number_us(match[1], "s"), end_us, lane=process or None)
    elif result == "retry:":
        log.retries += 1
        log.leave_out(RETRIED)
        log.caution(NO_RUNTIME)
    elif result in _FAILED:
        log.leave_out(RAISED)
        log.caution(NO_RUNTIME)
    elif result == "received":
        log.caution(PREFETCHED)
    else:
        log.leave_out(OTHER_LINE)


def read_events(source: Source, log: Log, wishes: Wishes) -> None:
    """Read events: a job for each attempt, from its begin to its end; a task keeps its uuid over them.

    Args:
        source: the file.
        log: takes the jobs.
        wishes: the zone of its times.

    Raises:
        LogError: the file cannot be read.
    """
    attempts = _Attempts(log, wishes)
    for number, line in source.lines():
        log.lines += 1
        if not line.strip():
            continue
        try:
            record = json_record(line)
            attempts.take(fields_of(record, "payload") or record)
        except ValueError as error:
            log.refuse(source.name, number, str(error))
    if attempts.begun_us:
        log.left_out[UNFINISHED] += len(attempts.begun_us)


class _Attempts:
    """The tasks that are under way, by their uuid."""

    def __init__(self, log: Log, wishes: Wishes) -> None:
        self.log, self.wishes = log, wishes
        self.sent_us: dict[str, int] = {}
        self.begun_us: dict[str, int] = {}

    def take(self, event: dict[str, Any]) -> None:
        """Take the next event.

        Raises:
            ValueError: it lacks what such an event has.
        """
        kind = text_of(event, "type")
        if kind not in ("task-sent", "task-started") and kind not in _EVENTS:
            return
        uuid, stamp = text_of(event, "uuid"), text_of(event, "timestamp")
        moment = clock_us(stamp, self.log, self.wishes)
        if kind == "task-sent":
            # A task with an eta waits for that, not for a worker.
            if not event.get("eta"):
                self.sent_us[uuid] = moment
        elif kind == "task-started":
            if uuid in self.begun_us:
                self.log.leave_out(UNFINISHED)
            self.begun_us[uuid] = moment
        else:
            self._end(uuid, moment, kind, event.get("runtime"))

    def _end(self, uuid: str, end_us: int, kind: str, runtime: object) -> None:
        log = self.log
        if kind == "task-retried":
            log.retries += 1
        begun_us = self.begun_us.pop(uuid, None)
        sent_us = self.sent_us.pop(uuid, None)
        if begun_us is None and isinstance(runtime, str):
            begun_us = end_us - number_us(runtime, "s")
        if begun_us is None:
            log.leave_out(UNSTARTED)
            return
        log.calls.add(begun_us, end_us, failed=_EVENTS[kind], ready_us=sent_us)
        if sent_us is not None:
            log.count_wait(begun_us - sent_us)


LOG = Format("celery", "Celery worker log", is_log, read_log, "end", "work", "jobs")
EVENTS = Format("celery-events", "Celery events (JSON lines)", is_events, read_events, "both", "work", "jobs")

"""Bull and BullMQ: jobs as `getJobs` gives them, a JSON list or one on a line.

A job has when it was put (`timestamp`), and the begin and the end of its last attempt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.program_records import (
    fields_of,
    is_json_with,
    json_document,
    json_record,
    text_of,
)
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

LAST_ATTEMPT = (
    "Only the last attempt of a job is in the file: the work of earlier ones is not known, and the wait of "
    "jobs that were retried is left out, as the delay before the retry is in it."
)
NEVER_BEGUN = "jobs that have not begun"
UNFINISHED = "jobs that have not finished"


def is_jobs(source: Source) -> bool:
    """Whether a file has jobs of Bull or BullMQ."""
    return is_json_with(source, "timestamp", "processedOn", "finishedOn")


class _Job(NamedTuple):
    """What is needed of a finished job."""

    number: int
    ready_us: int
    begin_us: int
    end_us: int
    failed: bool
    attempts: int
    """-1: it does not say how many."""


def read(source: Source, log: Log, _wishes: Wishes) -> None:
    """Read jobs.

    Args:
        source: the file.
        log: takes the jobs.
        _wishes: not needed.

    Raises:
        LogError: the file cannot be read, or is no JSON of such jobs.
    """
    jobs = list(_finished(source, log))
    # Bull counts the attempts of a success from 0, BullMQ from 1.
    first = min((job.attempts for job in jobs if not job.failed and job.attempts >= 0), default=1)
    for job in jobs:
        again = job.attempts - (1 if job.failed else first) if job.attempts >= 0 else 0
        ready_us = None if again > 0 else job.ready_us
        try:
            log.calls.add(job.begin_us, job.end_us, failed=job.failed, ready_us=ready_us)
        except ValueError as error:
            log.refuse(source.name, job.number, str(error))
            continue
        if again > 0:
            log.retries += again
            log.caution(LAST_ATTEMPT)
        else:
            log.count_wait(job.begin_us - job.ready_us)


def _finished(source: Source, log: Log) -> Iterator[_Job]:
    for number, job in _jobs(source, log):
        log.lines += 1
        if not job.get("processedOn"):
            log.leave_out(NEVER_BEGUN)
        elif not job.get("finishedOn"):
            log.leave_out(UNFINISHED)
        else:
            try:
                yield _job(number, job)
            except ValueError as error:
                log.refuse(source.name, number, str(error))


def _job(number: int, job: dict[str, Any]) -> _Job:
    attempts = _count(job, "attemptsStarted", "ats", "attemptsMade", "atm")
    begin_us = number_us(text_of(job, "processedOn"), "ms")
    ready_us = number_us(text_of(job, "timestamp"), "ms") + _delay_us(job)
    return _Job(
        number,
        min(ready_us, begin_us),  # a job may be taken before its delay is over
        begin_us,
        number_us(text_of(job, "finishedOn"), "ms"),
        bool(job.get("failedReason")) and not _went_well(job, attempts),
        attempts,
    )


def _went_well(job: dict[str, Any], attempts: int) -> bool:
    """Whether a job ended well; it may still have the reason of an earlier failure."""
    allowed = _count(_options(job), "attempts")
    return job.get("returnvalue") not in (None, "null") or 0 <= attempts < allowed


def _jobs(source: Source, log: Log) -> Iterator[tuple[int, dict[str, Any]]]:
    """The jobs of a file, each with its line (in one document: with its number)."""
    first = source.head_lines[0].strip()
    if first.startswith("{") and first.endswith("}") and len(source.head_lines) > 1:
        for number, line in source.lines():
            if line.strip():
                try:
                    yield number, json_record(line)
                except ValueError as error:
                    log.lines += 1
                    log.refuse(source.name, number, str(error))
        return
    document = json_document(source)
    for number, job in enumerate(_lists(document, source), 1):
        if isinstance(job, dict):
            yield number, job
        else:
            log.refuse(source.name, number, "it is no job")


def _lists(document: Any, source: Source) -> list[Any]:
    """The jobs of a document: a list, a list for each state, a job for each key of Redis, or one job."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        if "processedOn" in document:
            return [document]
        lists = [value for value in document.values() if isinstance(value, list)]
        jobs = [value for value in document.values() if isinstance(value, dict) and "timestamp" in value]
        if lists or jobs:
            return [*jobs, *chain.from_iterable(lists)]
    raise LogError(f"{source.name}: this JSON holds no list of jobs\n  = write down what getJobs() gives")


def _delay_us(job: dict[str, Any]) -> int:
    """For how long a job was put off when it was put."""
    delay = _options(job).get("delay")
    return number_us(delay, "ms") if isinstance(delay, str) else 0


def _options(job: dict[str, Any]) -> dict[str, Any]:
    """The options of a job, which Redis keeps as JSON inside a text."""
    options = job.get("opts")
    return json_record(options) if isinstance(options, str) else fields_of(job, "opts")


def _count(job: dict[str, Any], *names: str) -> int:
    """A small number in the first of these fields that has one; else -1."""
    for name in names:
        value = job.get(name)
        if isinstance(value, str) and re.fullmatch(r"\d{1,6}", value):
            return int(value)
    return -1


FORMAT = Format("bullmq", "list of jobs of Bull or BullMQ", is_jobs, read, "both", "work", "jobs")

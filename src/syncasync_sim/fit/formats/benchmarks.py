"""Small load generators, a row for each request: hey, oha, ApacheBench (`ab -g`) and vegeta."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.program_records import csv_rows, header_of, json_record, moment_us, text_of
from syncasync_sim.fit.formats.tabular import failed_by_status
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

NO_DATE = "The file has no date: its times count from the begin of the load test."
NO_ERRORS = "hey writes no row for a request that got no reply."
SORTED = "ab writes its rows in the order of their duration, and a start in whole seconds."
FIXED_RATE = "vegeta sends at a rate of its own: arrivals do not depend on replies."
_HEY = ("response-time", "status-code", "offset")
_OHA = ("request-start", "request-duration", "status")
_AB = ("starttime", "seconds", "ctime", "dtime", "ttime", "wait")
_VEGETA_ROW = re.compile(r"\d{18,19},\d{1,3},\d{1,15},\d+,\d+,")
_VEGETA_FIELDS = 6
"""Old versions write so many; the time, the status and the latency are the first."""


def is_hey(source: Source) -> bool:
    """Whether a file has the header of hey's CSV."""
    return set(_HEY) <= set(header_of(source))


def is_oha(source: Source) -> bool:
    """Whether a file has the header of oha's CSV."""
    return set(_OHA) <= set(header_of(source))


def is_ab(source: Source) -> bool:
    """Whether a file has the header of `ab -g`."""
    return header_of(source, "\t") == list(_AB)


def is_vegeta_csv(source: Source) -> bool:
    """Whether a file has rows of `vegeta encode --to csv`, which have no header."""
    lines = source.head_lines[:5]
    return bool(lines) and all(map(_VEGETA_ROW.match, lines))


def is_vegeta_json(source: Source) -> bool:
    """Whether a file has the results of `vegeta encode --to json`, one on a line."""
    first = source.head_lines[0] if source.head_lines else ""
    names = ("attack", "seq", "code", "timestamp", "latency", "bytes_out")
    return first.startswith("{") and all(f'"{name}"' in first for name in names)


def _table(
    add: Callable[[Mapping[str, str], Log], None], cautions: tuple[str, ...], delimiter: str = ","
) -> Callable[[Source, Log, Wishes], None]:
    """The reader of a table with a header.

    Args:
        add: adds the request of a row, given by the names of its columns.
        cautions: what a reader must know about the figures.
        delimiter: the character between two fields.
    """

    def read(source: Source, log: Log, _wishes: Wishes) -> None:
        log.is_load_test = True
        for text in cautions:
            log.caution(text)
        names = header_of(source, delimiter)
        for number, row in csv_rows(source, log, delimiter):
            if [name.strip() for name in row] == names:
                log.lines -= 1
            elif len(row) != len(names):
                log.refuse(source.name, number, f"the row has {len(row)} fields, the header {len(names)}")
            else:
                try:
                    add(dict(zip(names, row, strict=True)), log)
                except ValueError as error:
                    log.refuse(source.name, number, str(error))

    return read


def _add_hey(row: Mapping[str, str], log: Log) -> None:
    start_us = number_us(row["offset"], "s")
    took_us = number_us(row["response-time"], "s")
    log.calls.add(start_us, start_us + took_us, failed=failed_by_status(row["status-code"].strip()))


def _add_oha(row: Mapping[str, str], log: Log) -> None:
    start_us = number_us(row["request-start"], "s")
    took_us = number_us(row["request-duration"], "s")
    log.calls.add(start_us, start_us + took_us, failed=failed_by_status(row["status"].strip()))


def _add_ab(row: Mapping[str, str], log: Log) -> None:
    start_us = number_us(row["seconds"], "s")
    log.calls.add(start_us, start_us + number_us(row["ttime"], "ms"))


def _add_vegeta(log: Log, stamp: str, latency: str, status: str) -> None:
    """Add one result of vegeta; status 0 is a request that got no reply."""
    start_us = moment_us(stamp)
    failed = status == "0" or failed_by_status(status)
    log.calls.add(start_us, start_us + number_us(latency, "ns"), failed=failed)


def read_vegeta_csv(source: Source, log: Log, _wishes: Wishes) -> None:
    """Read the CSV of vegeta.

    Args:
        source: the file.
        log: takes the requests.
        _wishes: not needed.

    Raises:
        LogError: the file cannot be read.
    """
    log.caution(FIXED_RATE)
    for number, row in csv_rows(source, log):
        if len(row) < _VEGETA_FIELDS:
            log.refuse(source.name, number, f"the row has {len(row)} fields, not {_VEGETA_FIELDS} or more")
            continue
        try:
            _add_vegeta(log, row[0], row[2], row[1])
        except ValueError as error:
            log.refuse(source.name, number, str(error))


def read_vegeta_json(source: Source, log: Log, _wishes: Wishes) -> None:
    """Read the JSON lines of vegeta.

    Args:
        source: the file.
        log: takes the requests.
        _wishes: not needed.

    Raises:
        LogError: the file cannot be read.
    """
    log.caution(FIXED_RATE)
    for number, line in source.lines():
        log.lines += 1
        if not line:
            continue
        try:
            record = json_record(line)
            stamp, latency = text_of(record, "timestamp"), text_of(record, "latency")
            _add_vegeta(log, stamp, latency, text_of(record, "code"))
        except ValueError as error:
            log.refuse(source.name, number, str(error))


HEY = Format("hey", "hey result (CSV)", is_hey, _table(_add_hey, (NO_DATE, NO_ERRORS)), stamp="start")
OHA = Format("oha", "oha result (CSV)", is_oha, _table(_add_oha, (NO_DATE,)), stamp="start")
AB = Format("ab", "ApacheBench result (ab -g)", is_ab, _table(_add_ab, (SORTED,), "\t"), stamp="start")
VEGETA_CSV = Format("vegeta-csv", "vegeta result (CSV)", is_vegeta_csv, read_vegeta_csv, stamp="start")
VEGETA = Format("vegeta", "vegeta result (JSON lines)", is_vegeta_json, read_vegeta_json, stamp="start")

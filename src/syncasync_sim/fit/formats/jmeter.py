"""JMeter: the results of a load test (JTL), as CSV with or without a header, or as XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import ParseError, XMLPullParser

from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.program_records import clock_us, csv_rows, header_of
from syncasync_sim.fit.formats.tabular import failed_by_status
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

DEFAULT_COLUMNS = (
    *("timeStamp", "elapsed", "label", "responseCode", "responseMessage", "threadName", "dataType"),
    *("success", "failureMessage", "bytes", "sentBytes", "grpThreads", "allThreads", "URL", "Latency"),
    *("IdleTime", "Connect"),
)
"""The columns that JMeter writes unless its properties say otherwise."""
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "timeStamp": ("ts", "timeStamp"),
    "elapsed": ("t", "time"),
    "responseCode": ("rc", "responseCode"),
    "responseMessage": ("rm", "responseMessage"),
    "threadName": ("tn", "threadName"),
    "dataType": ("dt", "dataType"),
    "success": ("s", "success"),
    "allThreads": ("na",),
}
"""The attributes of XML for each column, of new and of old files."""
_SAMPLES = ("httpSample", "sample", "sampleResult")
_TRANSACTION = "Number of samples in transaction"
TRANSACTION = "rows of a transaction, which sum up their requests"
SUMMED_UP = "requests that only sum up their parts"
_SLASHES = re.compile(r"(\d{4})/(\d\d?)/(\d\d?) (\d\d:\d\d:\d\d(?:[.,]\d+)?)")


def is_csv(source: Source) -> bool:
    """Whether a file is CSV of JMeter: by its header, or by the form of its first row."""
    header = _header(source)
    return {"timeStamp", "elapsed"} <= set(header)


def is_xml(source: Source) -> bool:
    """Whether a file is XML of JMeter."""
    return source.head.lstrip().startswith(("<?xml", "<testResults")) and "<testResults" in source.head


def _delimiter(line: str) -> str:
    return max(",;\t|", key=line.count)


def _header(source: Source) -> list[str]:
    """The names of the columns: of the file, or of JMeter if the file begins with a row."""
    first = source.head_lines[0] if source.head_lines else ""
    fields = header_of(source, _delimiter(first))
    if not _is_row(fields):
        return fields
    if len(fields) == len(DEFAULT_COLUMNS):
        return list(DEFAULT_COLUMNS)
    known = DEFAULT_COLUMNS[: DEFAULT_COLUMNS.index("success") + 1]
    return [*known, *(f"column {index}" for index in range(len(known), len(fields)))]


def _is_row(fields: list[str]) -> bool:
    """Whether the fields of a first line are those of a request, not names."""
    success = DEFAULT_COLUMNS.index("success")
    return (
        len(fields) > success
        and bool(re.fullmatch(r"\d{13}", fields[0]))
        and fields[1].isdecimal()
        and fields[success] in ("true", "false")
    )


def read_csv(source: Source, log: Log, wishes: Wishes) -> None:
    """Read a CSV file of JMeter.

    Args:
        source: the file.
        log: takes the requests.
        wishes: the zone of dates without one.

    Raises:
        LogError: the file cannot be read, or has nothing but transactions.
    """
    names = _header(source)
    index = {name: position for position, name in enumerate(names)}
    needed = 1 + max(index.get(name, 0) for name in ("timeStamp", "elapsed", "success"))
    reader = _Reader(source, log, wishes)
    for number, row in csv_rows(source, log, _delimiter(source.head_lines[0])):
        if row[0] == names[0]:
            log.lines -= 1
        elif not needed <= len(row) <= len(names):
            log.refuse(source.name, number, f"the row has {len(row)} fields, the header {len(names)}")
        else:
            reader.add(number, dict(zip(names, row, strict=False)))
    reader.close()


def read_xml(source: Source, log: Log, wishes: Wishes) -> None:
    """Read an XML file of JMeter: of nested samples the innermost, which are the real requests.

    Args:
        source: the file.
        log: takes the requests.
        wishes: the zone of dates without one.

    Raises:
        LogError: the file cannot be read, or has nothing but transactions.
    """
    reader = _Reader(source, log, wishes)
    for number, attributes, is_sum in _samples(source, log):
        log.lines += 1
        if is_sum:
            log.leave_out(SUMMED_UP)
            continue
        row = {
            name: attributes[key] for name, keys in ATTRIBUTES.items() for key in keys if key in attributes
        }
        reader.add(number, row)
    reader.close()


def _samples(source: Source, log: Log) -> Iterator[tuple[int, Mapping[str, str], bool]]:
    """The line, the attributes and whether it has samples in it, for each sample, at its end."""
    parser: Any = XMLPullParser(("start", "end"))
    root: Any = None
    depth = deepest = number = 0
    try:
        for number, line in source.lines():
            if root is None and "<!DOCTYPE" in line:
                raise LogError(f"{source.name}:{number}: a DOCTYPE is not read\n  = give JMeter's own file")
            parser.feed(line + "\n")
            for event, element in parser.read_events():
                root = element if root is None else root
                if element.tag not in _SAMPLES:
                    continue
                if event == "start":
                    depth += 1
                    deepest = depth
                    continue
                yield number, element.attrib, deepest > depth
                depth -= 1
                if depth == 0:
                    root.clear()
    except ParseError as error:
        log.refuse(source.name, number, f"the XML is damaged from here on ({error})")
        log.caution(f"{source.name} is cut or damaged at line {number:,}; what follows was not read.")


class _Reader:
    """Makes calls of the rows of one file."""

    def __init__(self, source: Source, log: Log, wishes: Wishes) -> None:
        self.source, self.log, self.wishes = source, log, wishes
        self.most_threads = 0
        self.before = len(log.calls)
        log.is_load_test = True

    def add(self, number: int, row: Mapping[str, str]) -> None:
        """Add the request of a row.

        Args:
            number: its line.
            row: its fields by the names of CSV.
        """
        try:
            if _is_transaction(row):
                self.log.leave_out(TRANSACTION)
                return
            start_us = _stamp_us(row.get("timeStamp", ""), self.log, self.wishes)
            lane = row.get("threadName") or None
            took_us = number_us(row.get("elapsed", ""), "ms")
            self.log.calls.add(start_us, start_us + took_us, failed=_failed(row), lane=lane)
        except ValueError as error:
            self.log.refuse(self.source.name, number, str(error))
            return
        threads = row.get("allThreads", "")
        if threads.isdecimal() and len(threads) < 7:
            self.most_threads = max(self.most_threads, int(threads))

    def close(self) -> None:
        """Note the number of users.

        Raises:
            LogError: the file has transactions only.
        """
        log = self.log
        if len(log.calls) == self.before and log.left_out[TRANSACTION]:
            raise LogError(
                f"{self.source.name}: all {log.left_out[TRANSACTION]:,} rows sum up transactions\n"
                "  = switch 'Generate parent sample' of the Transaction Controller off, and test again"
            )
        users = self.most_threads or len(log.calls.lane_names)
        log.users = max(log.users or 0, users) or None


def _is_transaction(row: Mapping[str, str]) -> bool:
    """Whether a row sums up a transaction: JMeter says so, or it has neither a URL nor a kind of data."""
    if row.get("responseMessage", "").lstrip().startswith(_TRANSACTION):
        return True
    if row.get("dataType") != "" or row.get("responseMessage", ""):
        return False
    return row["URL"] == "null" if "URL" in row else row.get("Latency") == "0"


def _failed(row: Mapping[str, str]) -> bool:
    """Whether the server failed: a status from 500, or the check of the test unless a 4xx answers it."""
    code, success = row.get("responseCode", ""), row.get("success", "true").strip().lower()
    if success not in ("true", "false"):
        raise ValueError("its success is neither true nor false")
    if code.isdecimal() and int(code[:4]) >= 400:
        return failed_by_status(code)
    return success == "false"


def _stamp_us(text: str, log: Log, wishes: Wishes) -> int:
    """A time of JMeter: Unix ms, or a date in the form that its properties set."""
    if text.isdecimal():
        return number_us(text, "ms")
    if match := _SLASHES.fullmatch(text.strip()):
        year, month, day, time = match.groups()
        text = f"{year}-{month:0>2}-{day:0>2} {time}"
    return clock_us(text, log, wishes)


CSV = Format("jmeter", "JMeter result (CSV)", is_csv, read_csv, stamp="start")
XML = Format("jmeter-xml", "JMeter result (XML)", is_xml, read_xml, stamp="start")

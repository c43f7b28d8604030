"""What several readers need: rows of CSV, JSON records, and the times that programs write."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from json import JSONDecoder
from typing import Any

from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Wishes
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import TimeUnit, date_us, number_us

OTHER_LINE = "other lines of the program"
"""Lines between the records, of which a log of a program is full: no fault of the file."""
_DECODER = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Numbers stay text, so that `number_us` reads them digit by digit."""
_UNITS: tuple[tuple[int, TimeUnit], ...] = ((11, "s"), (14, "ms"), (17, "us"))
"""The unit of a Unix time by the most digits before its point: in seconds it has 10 from 2001 to 2286."""


def unix_us(text: str) -> int:
    """Return a Unix time as microseconds; its number of digits tells its unit.

    Raises:
        ValueError: it is no number.
    """
    digits = len(text.strip().partition(".")[0])
    return number_us(text, next((unit for most, unit in _UNITS if digits <= most), "ns"))


def moment_us(text: str) -> int:
    """Return a Unix time in any unit, or a date in ISO 8601, as microseconds since 1970.

    Raises:
        ValueError: it is neither.
    """
    return date_us(text) if "-" in text[1:] or ":" in text else unix_us(text)


def has_zone(text: str) -> bool:
    """Whether a Unix time or a date in ISO 8601 says its time zone."""
    time = text.strip().replace(" ", "T", 1).rpartition("T")[2]
    return ":" not in time or time[-1:] in ("Z", "z") or "+" in time or "-" in time


def clock_us(text: str, log: Log, wishes: Wishes) -> int:
    """Return a Unix time or a date as microseconds since 1970; note in the log if it has no time zone.

    Args:
        text: the time.
        log: the log.
        wishes: the zone of times that do not say it.

    Raises:
        ValueError: it is no time.
    """
    moment = moment_us(text)
    if has_zone(text):
        return moment
    log.has_zone = False
    return moment - wishes.zone_minutes * 60_000_000


def json_record(line: str) -> dict[str, Any]:
    """Return the JSON object of a line, its numbers as text.

    Raises:
        ValueError: it is no JSON object.
    """
    try:
        record = _DECODER.decode(line)
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None
    except ValueError:
        raise ValueError("it is no JSON") from None
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    return record


def json_document(source: Source) -> Any:
    """Return the JSON document that a file is, its numbers as text.

    Raises:
        LogError: it is none, or it cannot be read.
    """
    text = source.document()
    try:
        return _DECODER.decode(text.strip())
    except json.JSONDecodeError as error:
        line, reason = error.lineno, error.msg
    except RecursionError:
        line, reason = 1, "it is nested too deep"
    raise LogError(
        f"{source.name}:{line}: this JSON document is cut or damaged ({reason})\n  = export it again"
    )


def is_json_with(source: Source, *names: str) -> bool:
    """Whether a file begins as JSON does, and has fields of all these names near its beginning.

    Args:
        source: the file.
        *names: the names of the fields.
    """
    head = source.head.lstrip()
    return head[:1] in ("{", "[") and all(f'"{name}"' in head for name in names)


def squeezed(source: Source) -> str:
    """The beginning of a file with one blank for each run of blanks, as reports for people have many."""
    return re.sub(r"[ \t]+", " ", source.head)


def text_of(record: dict[str, Any], *names: str) -> str:
    """Return the text of the first of these fields that a record has.

    Args:
        record: the record.
        *names: the names of the fields.

    Raises:
        ValueError: it has none of them, or something else in it.
    """
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value:
            return value
    raise ValueError(f"it has no '{names[0]}'")


def fields_of(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object inside a record, an empty one if it has none.

    Args:
        record: the record.
        name: the name of the field.
    """
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def csv_rows(source: Source, log: Log, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the number of the last line of each row, and its fields; a row that is no CSV is refused.

    Args:
        source: the file.
        log: counts the rows.
        delimiter: the character between two fields.
    """
    number = 0

    def texts() -> Iterator[str]:
        nonlocal number
        for line_number, line in source.lines():
            number = line_number
            yield line + "\n"

    reader = csv.reader(texts(), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            log.refuse(source.name, number, f"it is no row of CSV: {error}")
            continue
        if row:
            log.lines += 1
            yield number, row


def header_of(source: Source, delimiter: str = ",") -> list[str]:
    """Return the fields of the first line of a file.

    Args:
        source: the file.
        delimiter: the character between two fields.
    """
    lines = source.head_lines
    try:
        return [name.strip() for name in next(csv.reader(lines[:1], delimiter=delimiter), [])]
    except csv.Error:
        return []

"""Measured times in CSV files beside a scenario: read line by line, each file once, and checked.

A column is refused with the file, the line, what is there and the cure; the loader adds where the scenario
names it.
"""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from io import BufferedReader
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from syncasync_sim.errors import did_you_mean, one_of, visible
from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.fields import FIRST
from syncasync_sim.model.formats import format_count
from syncasync_sim.model.measured import MOST_ROWS, ColumnReference, MeasuredColumn
from syncasync_sim.model.quantities import LONGEST_S, US_PER_S, QuantityError
from syncasync_sim.model.stamps import date_us, number_us
from syncasync_sim.model.traffic import Traffic

LONGEST_LINE = 100_000
"""Bytes of one line."""
_GZIP = b"\x1f\x8b"
_LONGEST_US = LONGEST_S * US_PER_S
_DELIMITERS = ",;\t"
_SHOWN = 40
"""Characters of a field that a message shows."""

Take = Callable[[str], None]
"""Takes the next field of a column; raises QuantityError."""


class MeasuredFiles:
    """The columns of the files that a scenario names, read when they are wanted, and kept."""

    def __init__(self, folder: Path, data: object = None) -> None:
        """Begin with nothing read.

        Args:
            folder: the folder that paths are relative to.
            data: the plain data of the scenario: what it names of one file is read together.
        """
        self._folder = folder
        self._named = tuple(_references(data))
        self._results: dict[ColumnReference, MeasuredColumn | QuantityError] = {}

    def __call__(self, reference: ColumnReference) -> MeasuredColumn:
        """Return a column.

        Args:
            reference: the file and the column.

        Raises:
            QuantityError: it cannot be read, or a value is not allowed; the error has the cure.
        """
        if reference not in self._results:
            together = [named for named in self._named if named.file == reference.file]
            wanted = [new for new in {*together, reference} if new not in self._results]
            self._results |= read_columns(self._folder / reference.file, wanted)
        result = self._results[reference]
        if isinstance(result, QuantityError):
            raise result
        return result


def _references(data: object) -> Iterator[ColumnReference]:
    """The columns that the plain data of a scenario names."""
    references: list[ColumnReference] = []

    def note(reference: ColumnReference) -> MeasuredColumn:
        references.append(reference)
        raise QuantityError("only noted")

    todo = [data]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo += value.values()
            if isinstance(value.get("file"), str):
                with suppress(ValidationError):  # raised again when the scenario is validated
                    Traffic.model_validate_json(json.dumps(value), strict=True, context=note)
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, str) and "file" in value:
            with suppress(QuantityError):
                parse_distribution(value, note)
    return iter(references)


def read_columns(
    path: Path, wanted: Sequence[ColumnReference]
) -> dict[ColumnReference, MeasuredColumn | QuantityError]:
    """Read columns of one file, in one pass.

    Args:
        path: the file.
        wanted: the columns, all of this file.

    Returns:
        For each of them its values, or the error with the reason why there are none.
    """
    name = visible(wanted[0].file)
    try:
        with path.open("rb") as plain:
            is_packed = plain.peek(len(_GZIP)).startswith(_GZIP)
            file = gzip.GzipFile(fileobj=plain) if is_packed else plain
            return _Table(name, file, wanted).columns()
    except QuantityError as error:
        return dict.fromkeys(wanted, error)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"{name}: its gzip is damaged: {error}"
        return dict.fromkeys(wanted, QuantityError(message, cure="pack the file again"))
    except (OSError, ValueError) as error:
        return dict.fromkeys(wanted, _unreadable(path, name, error))


def _unreadable(path: Path, name: str, error: Exception) -> QuantityError:
    if isinstance(error, FileNotFoundError):
        folder = "the current folder" if path.parent == Path() else visible(str(path.parent))
        cure = "a path is relative to the scenario file; of standard input, to the current folder"
        return QuantityError(f"{name}: there is no such file in {folder}", cure=cure)
    if isinstance(error, IsADirectoryError):
        return QuantityError(f"{name}: this is a folder", cure="name a CSV file in it")
    reason = getattr(error, "strerror", None) or str(error)
    return QuantityError(f"{name}: cannot be read: {reason}", cure="check the path and its permissions")


class _Table:
    """One pass over a file: its header, its rows, and the columns that are wanted of it."""

    def __init__(
        self, name: str, file: BufferedReader | gzip.GzipFile, wanted: Sequence[ColumnReference]
    ) -> None:
        self.name, self.file, self.wanted = name, file, wanted
        self.line = 0

    def columns(self) -> dict[ColumnReference, MeasuredColumn | QuantityError]:
        """The columns, or for each the first error in it; an error of the whole file is raised."""
        first = self._text(self.file.readline(LONGEST_LINE + 1), "utf-8-sig")
        lines = chain([first], self._lines())
        rows = self._rows(csv.reader(lines, delimiter=_delimiter(first), strict=True, skipinitialspace=True))
        header = next(rows, None)
        if header is None:
            raise self._error("the file is empty", "write a header and a row for each measurement")
        names = None if all(map(_is_value, header)) else [name.strip() for name in header]
        results: dict[ColumnReference, MeasuredColumn | QuantityError] = {}
        takes: list[tuple[ColumnReference, int, Take]] = []
        for reference in self.wanted:
            try:
                index = self._index(reference, names, len(header))
                column = results[reference] = MeasuredColumn(reference, array("q"))
                takes.append((reference, index, TAKES[reference.kind](reference, column.values_us)))
            except QuantityError as error:
                results[reference] = error
        self._take_rows(chain([header] if names is None else [], rows), len(header), takes, results)
        return results

    def _take_rows(
        self,
        rows: Iterator[list[str]],
        width: int,
        takes: list[tuple[ColumnReference, int, Take]],
        results: dict[ColumnReference, MeasuredColumn | QuantityError],
    ) -> None:
        """Let each column take its fields; one with an error takes no more."""
        number = 0
        for number, row in enumerate(rows, start=1):
            if len(row) != width:
                self._check_width(row, width)
            if number > MOST_ROWS:
                raise self._error(f"a file has at most {format_count(MOST_ROWS)} rows", "keep a part of it")
            for reference, index, take in tuple(takes):
                try:
                    take(row[index])
                except ValueError as error:
                    results[reference] = self._of_field(row[index], error)
                    takes.remove((reference, index, take))
            if not takes:
                return
        if not number:
            raise self._error("there is only a header", "write a row for each measurement")

    def _lines(self) -> Iterator[str]:
        """The lines behind the first one as text."""
        read, text = self.file.readline, self._text
        while raw := read(LONGEST_LINE + 1):
            yield text(raw)

    def _text(self, raw: bytes, encoding: str = "utf-8") -> str:
        """The text of the next line."""
        self.line += 1
        if len(raw) > LONGEST_LINE:
            problem = f"a line has at most {format_count(LONGEST_LINE)} bytes"
            raise self._error(problem, "give a CSV file, a line for each measurement")
        if b"\0" in raw:
            raise self._error("this is no text (it holds zero bytes)", "give a CSV file saved as UTF-8")
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            problem = f"this is not UTF-8 text (byte 0x{raw[error.start]:02x})"
            raise self._error(problem, "save the file as UTF-8") from None

    def _rows(self, reader: Iterator[list[str]]) -> Iterator[list[str]]:
        """The rows as lists of fields, without empty lines at the end."""
        blank = last = 0
        try:
            for row in reader:
                last = self.line
                if not row:
                    blank = blank or last
                elif blank:
                    self.line = blank
                    raise self._error("this line is empty", "remove it, or write its values")
                else:
                    yield row
        except csv.Error as error:
            raise self._unbalanced(error, last) from None

    def _unbalanced(self, error: csv.Error, last: int) -> QuantityError:
        """What `csv` refuses: a quote that is not closed swallows the rest of the file."""
        reason = str(error)
        if "unexpected end" in reason or "larger than field limit" in reason:
            self.line = last + 1
            return self._error("a quote is opened and not closed", 'close it with ", and double one inside')
        return self._error(f"this is no CSV: {reason}", 'a field in quotes has "" for a quote inside')

    def _check_width(self, row: list[str], width: int) -> None:
        if len(row) < width:
            problem = f"this row has {_fields(len(row))}, and the first line {width}"
            raise self._error(problem, "write the missing ones, or remove the row")
        if any(field.strip() for field in row[width:]):
            problem = f"this row has {_fields(len(row))}, and the first line {width}"
            raise self._error(problem, "write decimals with a point, and put text with a comma in quotes")

    def _index(self, reference: ColumnReference, names: Sequence[str] | None, width: int) -> int:
        """Which column is meant."""
        name = reference.column
        if names is None:
            if name is not None:
                problem = f"there is no header, and so no column '{visible(name)}'"
                raise self._error(problem, "write the names of the columns into the first line")
            if width > 1:
                problem = f"there are {width} columns and no header"
                raise self._error(problem, "write the names of the columns into the first line, and name one")
            return 0
        known = [visible(known) for known in names if known]
        if name is None:
            if width > 1:
                raise self._error(f"there are {width} columns; which one?", f"name {one_of(known)}")
            return 0
        if names.count(name) > 1:
            raise self._error(f"there are {names.count(name)} columns '{visible(name)}'", "give each a name")
        if name not in names:
            near = did_you_mean(name, known)
            columns = f"the columns are {', '.join(known)}"
            raise self._error(f"there is no column '{visible(name)}'", f"{near} {columns}".strip())
        return names.index(name)

    def _of_field(self, field: str, error: ValueError) -> QuantityError:
        """An error about one field."""
        text = visible(str(error))
        cure = "write a date as in the other rows" if text.endswith("Z") else "write a number such as 0.125"
        if not field.strip():
            return self._error("this field is empty", "write its value, or remove the row")
        return self._error(text, error.cure if isinstance(error, QuantityError) else cure)

    def _error(self, problem: str, cure: str) -> QuantityError:
        where = f"{self.name}, line {self.line}" if self.line else self.name
        return QuantityError(f"{where}: {problem}", cure=cure)


def _fields(number: int) -> str:
    return "1 field" if number == 1 else f"{number} fields"


def _delimiter(header: str) -> str:
    """The one of comma, semicolon and tab that the first line has most often outside of quotes."""
    bare = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _is_value(field: str) -> bool:
    """Whether a field of the first line is a value, not a name."""
    for read in (lambda text: number_us(text, "s"), date_us):
        try:
            read(field)
        except ValueError:
            continue
        return True
    return field.strip().lower() in ("", "nan", "inf", "-inf")


def _take_durations(reference: ColumnReference, values_us: array[int]) -> Take:
    append, unit = values_us.append, reference.unit

    def take(field: str) -> None:
        value_us = number_us(field, unit)
        if not 0 <= value_us <= _LONGEST_US:
            problem = "is negative" if value_us < 0 else "is longer than 366 days"
            cure = "a duration is 0 or more" if value_us < 0 else f"is the unit {unit}? name another: unit=ms"
            raise QuantityError(f"{field[:_SHOWN].strip()} {problem}", cure=cure)
        append(value_us)

    return take


class _Arrivals:
    """Takes arrival times, which count from the start."""

    def __init__(self, reference: ColumnReference, values_us: array[int]) -> None:
        self.reference, self.append = reference, values_us.append
        self.read: Callable[[str], int] | None = None
        self.start_us = self.last_us = 0

    def __call__(self, field: str) -> None:
        """Take the next field of the column."""
        read = self.read or self._begin(field)
        value_us = read(field) - self.start_us
        if value_us < self.last_us or value_us > _LONGEST_US:
            raise self._refusal(field[:_SHOWN].strip(), value_us)
        self.append(value_us)
        self.last_us, self.last = value_us, field

    def _begin(self, field: str) -> Callable[[str], int]:
        """Whether the column has numbers or dates, and what time 0 is."""
        unit, start = self.reference.unit, self.reference.start
        read: Callable[[str], int]
        try:
            first_us, read = number_us(field, unit), partial(number_us, unit=unit)
        except ValueError:
            if not field[:4].strip().isdigit():
                raise
            first_us, read = date_us(field), date_us
            start = start or FIRST
        if start is not None:
            self.start_us = first_us if start == FIRST else self._start_us(read, start)
        self.read, self.last = read, ""
        return read

    def _start_us(self, read: Callable[[str], int], start: str) -> int:
        try:
            return read(start)
        except ValueError as error:
            message = f"start is no such time as the file has: {error}"
            raise QuantityError(message, cure=f"write a time as here, or start: {FIRST}") from None

    def _refusal(self, text: str, value_us: int) -> QuantityError:
        if value_us < 0 and not self.last:
            problem = (
                "is negative" if self.reference.start is None else f"is before start: {self.reference.start}"
            )
            return QuantityError(f"{text} {problem}", cure=f"start: {FIRST} lets the first come at time 0")
        if value_us < self.last_us:
            return QuantityError(
                f"{text} is before {self.last[:_SHOWN].strip()} of the row above",
                cure="sort the rows by this column; with traffic.paired, those of other files with them",
            )
        return QuantityError(
            f"{text} is more than 366 days after time 0",
            cure=f"start: {FIRST} lets the first come at time 0; or is the unit another? name it: unit: ms",
        )


TAKES: Mapping[str, Callable[[ColumnReference, array[int]], Take]] = {
    "durations": _take_durations,
    "arrivals": _Arrivals,
}
"""What takes the fields of a column, by its kind."""

"""A sweep as a CSV file that grows cell by cell: a crash costs what is in work, and it can be resumed."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.experiment.sweeping import Row, Sweep
from syncasync_sim.files.atomic_write import os_errors_naming, write_atomically
from syncasync_sim.files.check_sum import CHECK, check_sum
from syncasync_sim.files.diagnostics import clipped, listed
from syncasync_sim.model.modes import MODES

Fields = Mapping[str, str]
"""A line of the file, by its columns."""
LONGEST_NUMBER = 40
"""In characters; what is read back is a little longer than any we write."""
_NUMBER = re.compile(r"(?:-?[0-9]{1,18}(?:\.[0-9]{1,22})?(?:e[+-][0-9]{1,2})?)?")
_NO_SWEEP = "it is no CSV file of a sweep"


class SweepFile:
    """The CSV file of a sweep in work: every finished cell is added at once and brought to the disk.

    Cells come in the order in which they are finished; `put_in_order` gives them that of the sweep. A file of
    that name must not be there, unless it is empty or it *resumes*: then its whole cells are taken over into
    the sweep.
    Raises OSError with the file's name, and ScenarioError for a file that is not of this sweep.
    """

    def __init__(self, path: Path, sweep: Sweep, *, resumes: bool) -> None:
        self.path, self.sweep = path, sweep
        self._columns = sweep.columns  # once: they are those of all cells together
        with os_errors_naming(path):
            if resumes and not is_new(path):
                sweep.finished.update(_finished(path, sweep))
                self._write_anew()
            else:
                self._create()
            self._file = path.open("a", encoding="utf-8", newline="")

    def _create(self) -> None:
        write_atomically(self.path, csv_text(self._columns, []).encode(), replace=is_empty(self.path))

    def add(self, rows: Sequence[Row]) -> None:
        """Write the rows of one cell, and wait until they are on the disk."""
        with os_errors_naming(self.path):
            self._file.write(_lines(self._columns, rows))
            self._file.flush()
            os.fsync(self._file.fileno())

    def put_in_order(self) -> None:
        """Sort the finished cells into the order of the sweep; no rows may be added afterwards."""
        with os_errors_naming(self.path):
            self._file.close()
            self._write_anew()

    def _write_anew(self) -> None:
        """Replace the file, in one step, by the finished cells in the order of the sweep."""
        content = csv_text(self._columns, self.sweep.rows()).encode()
        if self.path.read_bytes() != content:  # else a full disk would be in the way of nothing
            write_atomically(self.path, content, replace=True)

    def __enter__(self) -> SweepFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # what could not be written has been told
            self._file.close()


def is_new(path: Path) -> bool:
    """Whether the file is missing or empty, so that nothing is lost by writing it."""
    return not os.path.lexists(path) or is_empty(path)


def is_empty(path: Path) -> bool:
    """Whether the path is an empty file."""
    return path.is_file() and path.stat().st_size == 0


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """The rows as CSV with a header; numbers keep all digits, and a missing value is empty.

    A last column holds a checksum of each row, so that a changed file is not continued.

    Args:
        columns: the names of the columns, in order.
        rows: the rows.
    """
    return _line([*columns, CHECK]) + _lines(columns, rows)


def _lines(columns: Sequence[str], rows: Iterable[Row]) -> str:
    texts = (["" if row[name] is None else str(row[name]) for name in columns] for row in rows)
    return "".join(_line([*fields, check_sum(fields)]) for fields in texts)


def _line(fields: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue()


# -- taking up an earlier one -------------------------------------------------------------------------


def _finished(path: Path, sweep: Sweep) -> dict[int, list[Row]]:
    """The cells of the file that are whole. Raises ScenarioError if it is not of this sweep, or damaged."""
    text = _read_text(path, sweep)
    if csv_text(sweep.columns, []).startswith(text):
        return {}  # a disk was full before its heading was whole
    reader = csv.reader(io.StringIO(text))
    try:
        numbered = [(fields, reader.line_num) for fields in reader if fields]
    except csv.Error:
        raise _other_sweep(path, _NO_SWEEP, reader.line_num) from None
    head = numbered[0][0] if numbered else []
    _check_head(path, sweep, head)
    lines = numbered[1 : None if text.endswith("\n") else -1]  # a crash cut the last one short
    columns = sweep.columns
    for fields, number in lines:
        _check_line(path, columns, fields, number)
    return _by_cell(path, sweep, [(dict(zip(columns, fields, strict=False)), n) for fields, n in lines])


def _read_text(path: Path, sweep: Sweep) -> str:
    if not path.is_file():
        raise _other_sweep(path, _NO_SWEEP)
    columns = sweep.columns
    most_bytes = (4 * len(sweep.cells) + 2) * sum(len(name) + LONGEST_NUMBER for name in columns)
    with path.open("rb") as file:
        raw = file.read(most_bytes + 1)
    if len(raw) > most_bytes:
        raise _other_sweep(
            path, f"it is longer than {most_bytes:,} bytes, for a sweep of {len(sweep.cells):,} cells"
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _other_sweep(path, _NO_SWEEP, 1 + raw.count(b"\n", 0, error.start)) from None


def _check_head(path: Path, sweep: Sweep, head: Sequence[str]) -> None:
    wanted = [*sweep.columns, CHECK]
    if list(head) == wanted:
        return
    if list(head[:3]) != wanted[:3] or "design" not in head:
        raise _other_sweep(path, _NO_SWEEP)
    varied = [set(columns[len(sweep.identity) : columns.index("design")]) for columns in (list(head), wanted)]
    if varied[0] != varied[1]:
        raise _other_sweep(path, f"it varies {_names_text(varied[0])}, not {_names_text(varied[1])}")
    raise _other_sweep(
        path, "its columns differ: it has other effects, replications, --figure or an order of --vary"
    )


def _names_text(names: Iterable[str]) -> str:
    return listed(sorted(names)) or "nothing"


def _check_line(path: Path, columns: Sequence[str], fields: Sequence[str], number: int) -> None:
    """A row is as it was written: every cell there, every figure a number, and the check sum that of it."""
    if len(fields) != len(columns) + 1:
        raise _damaged_row(path, number, f"a row has {len(columns) + 1:,} columns, this one {len(fields):,}")
    first = columns.index("design") + 1
    for column, text in list(zip(columns, fields, strict=False))[first:]:
        if not _NUMBER.fullmatch(text):
            raise _damaged_row(path, number, f"this is no number: '{clipped(text)}'", column)
    if fields[-1] != check_sum(fields[:-1]):
        raise _damaged_row(path, number, f"its contents no longer match its check sum, in column {CHECK}")


def _damaged_row(path: Path, line: int, message: str, column: str = "") -> ScenarioError:
    """In the words of a spreadsheet: its rows are the lines of the file, the heading is row 1."""
    position = f"{path}:{line}: row {line:,}" + (f", column {column}" if column else "")
    return ScenarioError(
        f"{visible(f'{position}: {message}')}\n"
        "  = take that row out, and its cell is run again; or name another file; this one is left as it is"
    )


def _by_cell(path: Path, sweep: Sweep, lines: Sequence[tuple[Fields, int]]) -> dict[int, list[Row]]:
    values = [{key: str(value) for key, value in sweep.values_of(cell).items()} for cell in sweep.cells]
    index_of = {tuple(cell_values.values()): index for index, cell_values in enumerate(values)}
    keys, identity = [axis.column for axis in sweep.axes], sweep.identity
    cells: dict[int, list[Row]] = {}
    for fields, number in lines:
        _check_identity(path, identity, fields, number)
        index = index_of.get(tuple(fields[key] for key in keys))
        if index is None:
            given = ", ".join(f"{key}={fields[key]}" for key in keys)
            raise _other_sweep(path, f"it has {given}, which is not in this sweep", number)
        labels = {**identity, **sweep.values_of(sweep.cells[index]), "design": fields["design"]}
        row = {key: labels[key] if key in labels else _number(text) for key, text in fields.items()}
        cells.setdefault(index, []).append(row)
    return {index: cell for index, cell in cells.items() if [row["design"] for row in cell] == list(MODES)}


_NAMES = {"version": "the version of syncasync-sim", "replications": "the number of replications"}


def _check_identity(path: Path, wanted: Mapping[str, object], fields: Fields, line: int) -> None:
    differing = [key for key, value in wanted.items() if fields[key] != str(value)]
    if differing == ["digest"]:
        raise _other_sweep(path, "the scenario has changed since, by its file or by --set", line)
    differences = [
        f"{_NAMES.get(key, key)} is {fields[key]}, not {wanted[key]}" for key in differing if key != "digest"
    ]
    if differences:
        raise _other_sweep(path, "; ".join(differences), line)


def _other_sweep(path: Path, why: str, line: int = 1) -> ScenarioError:
    name = visible(str(path))
    return ScenarioError(
        f"{name}:{line}: this is not of the sweep asked for: {clipped(visible(why))}\n"
        "  = ask for the same sweep, or name another file; this one is left as it is"
    )


def _number(text: str) -> int | float | None:
    """A figure as it was before it was written."""
    if not text:
        return None
    return int(text) if text.removeprefix("-").isdigit() else float(text)

"""A sweep as a CSV file that grows cell by cell: a crash costs what is in work, and it can be resumed."""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment.sweeping import Row, Sweep
from syncasync_sim.files.places import clipped, listed, visible
from syncasync_sim.model.modes import MODES

Fields = Mapping[str, str]
"""A line of the file, by its columns."""


class SweepFile:
    """The CSV file of a sweep in work: every finished cell is added at once and brought to the disk.

    Cells come in the order in which they are finished; `close` puts them into that of the sweep. A file of
    that name must not be there, unless it *resumes*: then its whole cells are taken over into the sweep.
    Raises OSError, and ScenarioError for a file that is not of this sweep.
    """

    def __init__(self, path: Path, sweep: Sweep, *, resumes: bool) -> None:
        self.path, self.sweep = path, sweep
        if resumes and path.exists():
            sweep.finished.update(_finished(path, sweep))
            self._write_anew()
        else:
            self._create()
        self._file = path.open("a", encoding="utf-8", newline="")

    def _create(self) -> None:
        with self.path.open("x", encoding="utf-8", newline="") as file:
            file.write(csv_text(self.sweep.columns, []))

    def add(self, rows: Sequence[Row]) -> None:
        """Write the rows of one cell, and see that they are on the disk."""
        self._file.write(_lines(self.sweep.columns, rows))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _write_anew(self) -> None:
        """Replace the file, in one step, by the finished cells in the order of the sweep."""
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            draft.write_text(csv_text(self.sweep.columns, self.sweep.rows()), encoding="utf-8", newline="")
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)

    def __enter__(self) -> SweepFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is None:
            self._write_anew()


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """The rows as CSV with their heading; a number keeps all its digits, what was not measured is empty."""
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(columns)
    return head.getvalue() + _lines(columns, rows)


def _lines(columns: Sequence[str], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    csv.DictWriter(text, list(columns), lineterminator="\n").writerows(rows)
    return text.getvalue()


# -- taking up an earlier one -------------------------------------------------------------------------


def _finished(path: Path, sweep: Sweep) -> dict[int, list[Row]]:
    """The cells of the file that are whole. Raises ScenarioError if it is not of this sweep."""
    with path.open(encoding="utf-8", newline="") as file:
        try:
            text = file.read()
            head, *lines = list(csv.reader(io.StringIO(text))) or [[]]
        except (UnicodeDecodeError, csv.Error):
            raise _other(path, "it is no CSV file of a sweep") from None
    _check_head(path, sweep, head)
    if not text.endswith("\n"):
        lines = lines[:-1]  # a crash cut the last one short
    fields = [dict(zip(head, line, strict=True)) for line in lines if len(line) == len(head)]
    return _by_cell(path, sweep, fields)


def _check_head(path: Path, sweep: Sweep, head: Sequence[str]) -> None:
    wanted = sweep.columns
    if list(head) == wanted:
        return
    if list(head[:3]) != wanted[:3] or "design" not in head:
        raise _other(path, "it is no CSV file of a sweep")
    varied = [set(columns[len(sweep.identity) : columns.index("design")]) for columns in (list(head), wanted)]
    if varied[0] != varied[1]:
        raise _other(path, f"it varies {_told(varied[0])}, not {_told(varied[1])}")
    raise _other(
        path, "its columns differ: it has other effects, replications, --figure or an order of --vary"
    )


def _told(names: Iterable[str]) -> str:
    return listed(sorted(names)) or "nothing"


def _by_cell(path: Path, sweep: Sweep, lines: Sequence[Fields]) -> dict[int, list[Row]]:
    values = [{key: str(value) for key, value in sweep.values_of(cell).items()} for cell in sweep.cells]
    place_of = {tuple(told.values()): place for place, told in enumerate(values)}
    keys, identity = [axis.column for axis in sweep.axes], sweep.identity
    cells: dict[int, list[Row]] = {}
    for fields in lines:
        _check_identity(path, identity, fields)
        place = place_of.get(tuple(fields[key] for key in keys))
        if place is None:
            told = ", ".join(f"{key}={fields[key]}" for key in keys)
            raise _other(path, f"it has {told}, which is not in this sweep")
        about = {**identity, **sweep.values_of(sweep.cells[place]), "design": fields["design"]}
        row = {key: about[key] if key in about else _number(text) for key, text in fields.items()}
        cells.setdefault(place, []).append(row)
    return {place: cell for place, cell in cells.items() if [row["design"] for row in cell] == list(MODES)}


_NAMES = {"version": "the version of syncasync-sim", "replications": "the number of replications"}


def _check_identity(path: Path, wanted: Mapping[str, object], fields: Fields) -> None:
    differing = [key for key, value in wanted.items() if fields[key] != str(value)]
    if differing == ["digest"]:
        raise _other(path, "the scenario has changed since, by its file or by --set")
    told = [
        f"{_NAMES.get(key, key)} is {fields[key]}, not {wanted[key]}" for key in differing if key != "digest"
    ]
    if told:
        raise _other(path, "; ".join(told))


def _other(path: Path, why: str) -> ScenarioError:
    name = visible(str(path))
    return ScenarioError(
        f"{name}: this is not of the sweep asked for: {clipped(visible(why))}\n"
        "  = ask for the same sweep, or name another file; this one is left as it is"
    )


def _number(text: str) -> int | float | None:
    """A figure as it was before it was written."""
    if not text:
        return None
    return int(text) if text.removeprefix("-").isdecimal() else float(text)

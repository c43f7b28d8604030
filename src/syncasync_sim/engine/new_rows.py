"""Rows that are made one by one while a run goes on, of which some columns are written later."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from itertools import count
from typing import Any

from syncasync_sim.trace.columns import Rows

SLICE = 1_024
"""Rows that are put into columns together."""


class NewRows:
    """The new rows of one kind.

    What is known of a row at once is put into columns for many rows together, which is faster. The columns
    that are written later have room for a slice of rows ahead.
    """

    __slots__ = ("_known", "_later", "_new", "_rows", "add", "next_row")

    def __init__(self, rows: Rows[Any], later: Mapping[str, int]) -> None:
        """*later*: the columns that are written later, and what they hold until then."""
        self._rows = rows
        self._known = [rows.column(name) for name in rows.kind.COLUMNS if name not in later]
        self._later = [(rows.column(name), number) for name, number in later.items()]
        self._new: list[int] = []
        self.add = self._new.extend
        """Add one row, given by the numbers of the columns that are known at once."""
        self.next_row = count().__next__
        """Return the index of the next row; before each slice of rows, `make_room` is to be called."""

    def __len__(self) -> int:
        return len(self._rows) + len(self._new) // len(self._known)

    def make_room(self) -> None:
        """Put the last rows into columns; fill those that are written later, for the next slice of rows."""
        self._put_into_columns()
        for column, number in self._later:
            column.extend(array(column.typecode, [number]) * SLICE)

    def close(self) -> None:
        """Put the last rows into columns, and take back what was filled beyond them."""
        self._put_into_columns()
        for column, _ in self._later:
            del column[len(self._rows) :]

    def _put_into_columns(self) -> None:
        for first, column in enumerate(self._known):
            column.extend(array(column.typecode, self._new[first :: len(self._known)]))
        self._new.clear()

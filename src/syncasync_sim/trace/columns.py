"""Rows kept in columns, as whole numbers: one array per column.

A run keeps millions of rows; times are in microseconds. Rows become objects (in seconds, None for what never
came) when somebody asks for them. `Rows.column` gives one column without making any object.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence, Sized
from enum import IntEnum
from itertools import count
from struct import pack
from typing import ClassVar, Generic, Protocol, Self, TypeVar, overload

from syncasync_sim.model.quantities import US_PER_S

NEVER = -1
"""The number in a column for an event that never happened."""


_TIME, _NUMBER, _CODE = "q", "i", "b"
_TYPECODES = {
    **dict.fromkeys(("customer", "click", "thread", "worker", "by", "number"), _NUMBER),
    **dict.fromkeys(("request", "message", "attempt"), _NUMBER),
    **dict.fromkeys(("response", "end", "work", "outcome", "fate", "result", "reason"), _CODE),
    "step": "h",
}
"""The type of the array of each column that is not a time: a run keeps millions of rows."""


def seconds(microseconds: int) -> float | None:
    """Return microseconds as seconds; None for NEVER."""
    return None if microseconds == NEVER else microseconds / US_PER_S


def to_int64_array(numbers: Sequence[int]) -> array[int]:
    """The numbers in an array of 64-bit integers, made twice as fast as by the array itself."""
    return numbers if isinstance(numbers, array) else array("q", pack(f"{len(numbers)}q", *numbers))


def marks(codes: array[int], *wanted: int) -> bytes:
    """Mark some codes in a column of codes.

    Args:
        codes: the column, with one byte per code.
        *wanted: the codes to mark.

    Returns:
        1 for each code of the column that is one of these, 0 for each other.
    """
    table = bytearray(256)
    for code in wanted:
        table[code] = 1
    return codes.tobytes().translate(table)


def counts(codes: array[int], kind: type[IntEnum]) -> dict[int, int]:
    """Count each code of an enumeration in a column of codes.

    Args:
        codes: the column, with one byte per code.
        kind: the enumeration.

    Returns:
        For each code how often it is in the column.
    """
    in_bytes = codes.tobytes()
    return {code: in_bytes.count(code) for code in kind}


def is_one_missing(times: array[int]) -> bool:
    """Whether NEVER is in a column of times.

    It is found by its bytes, which is much faster than by its value. No other number holds them: the highest
    byte of a time is never 255, so they cannot begin in one number and end in the next.
    """
    return b"\xff" * times.itemsize in times.tobytes()


def have_happened(times: Iterable[int]) -> Iterator[bool]:
    """Return whether each time of a column is one, and not NEVER."""
    return map(NEVER.__lt__, times)


class Row(Protocol):
    """One row: the names of its columns, and how it is made of their numbers."""

    COLUMNS: ClassVar[tuple[str, ...]]

    @classmethod
    def from_row(cls, index: int, numbers: Sequence[int]) -> Self:
        """The row made from the numbers of its columns.

        Args:
            index: the index of the row, from 0.
            numbers: one number per column; times are in microseconds.
        """


RowT = TypeVar("RowT", bound=Row)


class Rows(Sequence[RowT], Generic[RowT]):
    """The rows of one kind: `len`, index, iterate, or take one column as an array of whole numbers."""

    __slots__ = ("_by_name", "kind")

    def __init__(self, kind: type[RowT]) -> None:
        self.kind = kind
        self._by_name: dict[str, array[int]] = {
            name: array(_TYPECODES.get(name, _TIME)) for name in kind.COLUMNS
        }

    @classmethod
    def of(cls, kind: type[RowT], rows: Iterable[Sequence[int]]) -> Self:
        """The rows of these numbers.

        Args:
            kind: the kind of the rows.
            rows: for each row one number per column, in order; times are in microseconds.

        Raises:
            OverflowError: a number is too large for its column.
            TypeError: a number is not whole.
        """
        made = cls(kind)
        for numbers in rows:
            made.append(*numbers)
        return made

    def append(self, *numbers: int) -> None:
        """Add one row, given by the numbers of its columns."""
        for column, number in zip(self._by_name.values(), numbers, strict=True):
            column.append(number)

    def extend(self, *columns: Iterable[int] | int) -> None:
        """Add many rows at once, given column by column; a single number is the value of every row."""
        number = next((len(column) for column in columns if isinstance(column, Sized)), 0)
        for values, column in zip(columns, self._by_name.values(), strict=True):
            code = column.typecode
            if isinstance(values, int):
                column.extend(array(code, [values]) * number)
            elif isinstance(values, array) and values.typecode == code:
                column.extend(values)
            else:
                column.extend(array(code, values))

    def __len__(self) -> int:
        return len(next(iter(self._by_name.values())))

    @overload
    def __getitem__(self, index: int) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowT]: ...
    def __getitem__(self, index: int | slice) -> RowT | list[RowT]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        row = index + len(self) if index < 0 else index
        if not 0 <= row < len(self):
            raise IndexError(f"row {index} of {len(self)}")
        return self.kind.from_row(row, [column[row] for column in self._by_name.values()])

    def __iter__(self) -> Iterator[RowT]:
        return map(self.kind.from_row, count(), self.columns(*self.kind.COLUMNS))

    def column(self, name: str) -> array[int]:
        """The numbers of one column: microseconds, counts, or the values of an enumeration.

        It is the column itself, not a copy: only the code that makes the trace may change it.
        """
        return self._by_name[name]

    @property
    def row_bytes(self) -> int:
        """How many bytes one row takes."""
        return sum(column.itemsize for column in self._by_name.values())

    def columns(self, *names: str) -> Iterator[tuple[int, ...]]:
        """Yield the numbers of these columns row by row."""
        return zip(*(self._by_name[name] for name in names), strict=True)

    def __getstate__(self) -> tuple[type[RowT], dict[str, array[int]]]:
        return self.kind, self._by_name

    def __setstate__(self, state: tuple[type[RowT], dict[str, array[int]]]) -> None:
        self.kind, self._by_name = state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and self.kind is other.kind and self._by_name == other._by_name

    __hash__ = None  # type: ignore[assignment]  # grows while a run is going on

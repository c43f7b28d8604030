"""Measured times of a file beside the scenario: how a scenario names a column, and the values of it.

`model` reads no file: a scenario is validated with a context that has the values (`Columns`).
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from syncasync_sim.model.quantities import US_PER_S, QuantityError
from syncasync_sim.model.stamps import TimeUnit

MOST_ROWS = 1_000_000
"""No file of measured times may have more."""


@dataclass(frozen=True, slots=True)
class ColumnReference:
    """A column of a file as a scenario names it; `start` is of arrivals only."""

    file: str
    column: str | None = None
    unit: TimeUnit = "s"
    kind: Literal["arrivals", "durations"] = "durations"
    start: str | None = None


@dataclass(frozen=True)
class MeasuredColumn:
    """The values of a column in whole microseconds, in the order of the rows; arrivals count from time 0."""

    reference: ColumnReference
    values_us: array[int] = field(repr=False, hash=False)

    @cached_property
    def sorted_s(self) -> array[float]:
        """The values in seconds, in ascending order."""
        return array("d", (value_us / US_PER_S for value_us in sorted(self.values_us)))

    @cached_property
    def mean_s(self) -> float:
        """The mean of the values, in seconds."""
        return math.fsum(self.sorted_s) / len(self.sorted_s)

    @cached_property
    def variance_s2(self) -> float:
        """The variance of the values, in seconds squared."""
        mean_s = self.mean_s
        return math.fsum((value_s - mean_s) ** 2 for value_s in self.sorted_s) / len(self.sorted_s)

    @cached_property
    def digest(self) -> str:
        """A text that stands for the values."""
        return hashlib.sha256(",".join(map(str, self.values_us)).encode()).hexdigest()

    def __reduce__(self) -> tuple[type[MeasuredColumn], tuple[ColumnReference, array[int]]]:
        return MeasuredColumn, (self.reference, self.values_us)  # without what can be calculated again


Columns = Callable[[ColumnReference], MeasuredColumn]
"""Gives the column that a scenario names; raises QuantityError, with the cure, where it cannot."""


def column_of(reference: ColumnReference, columns: Columns | None) -> MeasuredColumn:
    """Return the column that a scenario names.

    Args:
        reference: the name of the column.
        columns: the context of the validation, which has the values; None if nobody has read a file.

    Raises:
        QuantityError: there are no values for it; the error has the cure.
    """
    if columns is None:
        raise QuantityError(
            f"nobody has read {reference.file}: a Scenario made in Python reads no files",
            cure="load_scenario(path) reads the scenario and the files beside it",
        )
    return columns(reference)


def known_columns(columns: Iterable[MeasuredColumn]) -> Columns:
    """The context of a validation that has these columns, and no other.

    Args:
        columns: the columns that are known.
    """
    by_reference = {column.reference: column for column in columns}

    def find(reference: ColumnReference) -> MeasuredColumn:
        if reference in by_reference:
            return by_reference[reference]
        raise QuantityError(
            f"this column of {reference.file} is not in the scenario that is changed here",
            cure="write it into the scenario file, and load that again",
        )

    return find


def columns_to_data(columns: Iterable[MeasuredColumn]) -> list[dict[str, Any]]:
    """Return columns as plain data, with their values: for documents that stand without the files.

    Args:
        columns: the columns.
    """
    return [
        {
            "file": column.reference.file,
            "column": column.reference.column,
            "unit": column.reference.unit,
            "kind": column.reference.kind,
            "start": column.reference.start,
            "values_us": column.values_us.tolist(),
        }
        for column in columns
    ]


def columns_of_data(plain: Iterable[Mapping[str, Any]]) -> list[MeasuredColumn]:
    """Return the columns of the plain data that `columns_to_data` gave.

    Args:
        plain: the plain data.

    Raises:
        ValueError: it is no such data.
    """
    try:
        columns = []
        for written in plain:
            names = {key: value for key, value in written.items() if key != "values_us"}
            values_us = array("q", written["values_us"])
            if not values_us or min(values_us) < 0:
                raise ValueError("no values, or a negative one")
            columns.append(MeasuredColumn(ColumnReference(**names), values_us))
    except (TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(str(error)) from None
    return columns

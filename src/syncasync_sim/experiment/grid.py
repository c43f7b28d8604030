"""What a sweep goes over: keys with several values each, and a scenario for every combination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from pydantic import ValidationError

from syncasync_sim.errors import RunStopped, ScenarioError
from syncasync_sim.experiment.designs import vary
from syncasync_sim.model.measured import known_columns
from syncasync_sim.model.paths import Keys, locate, parse_path
from syncasync_sim.model.ranges import Value, common_suffix, parse_range
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.variants import Variants

MOST_CELLS = 10_000
"""A larger grid is a slip of the pen."""
Make = Callable[[Sequence[Value]], Scenario]
"""Makes the scenario of one combination of values."""
Values = str | Iterable[str | int | float]
"""The values of a key: a range as on the command line (`"1..8"`), or one by one as in a file."""


@dataclass(frozen=True)
class Axis:
    """A key of the scenario and the values it takes."""

    key: str
    values: tuple[Value, ...]

    @cached_property
    def column(self) -> str:
        """The key with its unit, as in `traffic.rate_per_s`: the name of a column of plain numbers."""
        return self.key + common_suffix(self.values)

    @property
    def is_number(self) -> bool:
        """Whether all values are numbers, so that they lie on a line."""
        return all(value.number is not None for value in self.values)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of every axis, and the scenario that has them."""

    values: tuple[Value, ...]
    scenario: Scenario


def grid(scenario: Scenario, varied: Mapping[str, Values]) -> tuple[tuple[Axis, ...], tuple[Cell, ...]]:
    """Build the axes and the cells of a sweep; the last axis runs fastest.

    Args:
        scenario: the scenario to vary.
        varied: the values of each key, as `{"workers.count": "1..8"}`.

    Returns:
        The axes, and one cell for each combination of their values.

    Raises:
        ScenarioError: a range cannot be read (inside the package: QuantityError).
        ValueError: the grid is empty or too large, or varies one value twice; and the errors of `vary`.
    """
    axes = tuple(Axis(key, _values(values)) for key, values in varied.items())
    data = scenario.to_data()
    paths = [locate(data, parse_path(axis.key)) for axis in axes]
    if same := overwritten(paths):
        first, second = (axes[index].key for index in same)
        raise ValueError(f"{first} and {second} are the same value: name it once")
    variants = Variants(scenario, scenario.to_data(), paths, known_columns(scenario.measured.values()))

    def in_full(values: Sequence[Value]) -> Scenario:
        return vary(scenario, {axis.key: file_value(value) for axis, value in zip(axes, values, strict=True)})

    return axes, cells_of(axes, in_parts(variants, lambda _, value: file_value(value), in_full))


def in_parts(variants: Variants, data_of: Callable[[int, Value], object], in_full: Make) -> Make:
    """Make scenarios from the parts that differ; one that cannot be made so is made in full.

    Args:
        variants: makes the scenarios from the parts.
        data_of: gives the plain data of a value, by the number of its axis.
        in_full: makes a scenario as if it were the only one, and has the error to show.
    """
    if variants.rename:
        return in_full

    def make(values: Sequence[Value]) -> Scenario:
        try:
            return variants.scenario([data_of(number, value) for number, value in enumerate(values)])
        except (ValidationError, ScenarioError):
            return in_full(values)

    return make


def overwritten(paths: Sequence[Keys]) -> tuple[int, int] | None:
    """Return the indexes of the first two paths that overlap; None if none do.

    Two paths overlap if they are the same or one holds the other: the later value would overwrite the
    earlier.

    Args:
        paths: paths in a scenario, as sequences of keys.
    """
    for later, keys in enumerate(paths):
        for earlier in range(later):
            if paths[earlier][: len(keys)] == keys:
                return earlier, later
    return None


def cells_of(
    axes: Sequence[Axis],
    make: Make,
    watch: Callable[[int, int], bool] | None = None,
) -> tuple[Cell, ...]:
    """Build the cell of every combination of values; the last axis runs fastest.

    Args:
        axes: the keys and their values.
        make: makes the scenario of one combination.
        watch: called with the number of cells made and the number of all cells; returns whether to go on.

    Returns:
        The cells, in order.

    Raises:
        RunStopped: *watch* said no.
        ValueError: there are no axes, or too many cells.
    """
    if not axes:
        raise ValueError("nothing to vary: name at least one key")
    if (size := prod(len(axis.values) for axis in axes)) > MOST_CELLS:
        raise ValueError(f"these are {size:,} cells; a sweep has at most {MOST_CELLS:,}")
    cells = list[Cell]()
    for values in product(*(axis.values for axis in axes)):
        if watch is not None and not watch(len(cells), size):
            raise RunStopped
        cells.append(Cell(values, make(values)))
    return tuple(cells)


def _values(values: Values) -> tuple[Value, ...]:
    return parse_range(values if isinstance(values, str) else ",".join(map(str, values)))


def file_value(value: Value) -> str | int | float:
    """The plain data of a value in a file: whole and plain numbers are numbers, all else is text."""
    is_number = value.number is not None and value.measure in ("whole", "number")
    return value.plain if is_number else value.written

"""`--vary workers.count=1..8`: a scenario file, and every value that some of its keys are to take."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment.grid import Axis, Cell, cells_of, file_value, in_parts, overwritten
from syncasync_sim.files.diagnostics import Span, refusal
from syncasync_sim.files.overrides import VARY, keys_of_flag, path_of, plain_value
from syncasync_sim.files.scenario_loader import read_source, scenario_document, varied_scenario
from syncasync_sim.files.source_text import source_of
from syncasync_sim.files.strict_yaml import LONGEST_NUMBER, Document
from syncasync_sim.model.paths import Keys
from syncasync_sim.model.quantities import QuantityError
from syncasync_sim.model.ranges import Value, parse_range
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.variants import Variants


def load_grid(
    source: str | os.PathLike[str],
    sets: Iterable[str],
    flags: Sequence[str],
    watch: Callable[[int, int], bool] | None = None,
) -> tuple[Scenario, tuple[Axis, ...], tuple[Cell, ...]]:
    """Load a scenario and check every cell of a sweep over it, before anything is run.

    Args:
        source: the path, the bundled name, or `-` for standard input.
        sets: changes to the scenario, each `path=value` as for `--set`.
        flags: the varied keys, each `path=values` as for `--vary`.
        watch: called with the number of cells made and the number of all cells; returns whether to go on.

    Returns:
        The scenario, the axes and the cells.

    Raises:
        ScenarioError: a flag is wrong; the error points into it.
        RunStopped: *watch* said no.
    """
    text, name = read_source(source)
    document = scenario_document(text, name, sets)  # read once: a cell is only changed and checked
    return grid_of(document, flags, watch)


def grid_of(
    document: Document, flags: Sequence[str], watch: Callable[[int, int], bool] | None = None
) -> tuple[Scenario, tuple[Axis, ...], tuple[Cell, ...]]:
    """Check every cell of a sweep over the scenario of a document, as `load_grid` does.

    Args:
        document: the document of the scenario.
        flags: the varied keys, each `path=values` as for `--vary`.
        watch: called with the number of cells made and the number of all cells; returns whether to go on.

    Returns:
        The scenario, the axes and the cells.

    Raises:
        ScenarioError: a flag is wrong; the error points into it.
        RunStopped: *watch* said no.
    """
    scenario = varied_scenario(document, ())
    axes = tuple(_axis(flag, number) for number, flag in enumerate(flags, start=1))
    variants = Variants(scenario, document.data, _different_paths(document, flags), document.columns)

    @cache
    def data_of(number: int, value: Value) -> object:
        if value.number is not None and len(value.written) <= LONGEST_NUMBER:
            return file_value(value)  # as the YAML of a flag would be read, and that takes long
        return plain_value(f"{axes[number].key}={value.written}")[1]

    def in_full(values: Sequence[Value]) -> Scenario:
        varied = (f"{axis.key}={value.written}" for axis, value in zip(axes, values, strict=True))
        return varied_scenario(document, varied)

    try:
        return scenario, axes, cells_of(axes, in_parts(variants, data_of, in_full), watch)
    except ValueError as error:
        raise ScenarioError(f"{VARY}: {error}\n  = vary fewer keys, or take fewer values of each") from None


def _axis(flag: str, number: int) -> Axis:
    """One `path=range`; *number* says which of the flags it is, from 1."""
    source = source_of(flag, VARY, number)
    _, equals = path_of(source)
    try:
        return Axis(flag[:equals], parse_range(flag[equals + 1 :]))
    except QuantityError as error:
        raise refusal(Span(source, 0, equals + 1 + error.offset), str(error), error.cure) from None


def _different_paths(document: Document, flags: Sequence[str]) -> list[Keys]:
    """Where the flags lead; refuse to vary what another flag varies too, by whatever name."""
    paths = [keys_of_flag(document, flag, number, VARY) for number, flag in enumerate(flags, start=1)]
    if same := overwritten(paths):
        source = source_of(flags[same[1]], VARY, same[1] + 1)
        first, second = (path_of(source_of(flags[index], VARY))[0].text for index in same)
        message, cure = f"{second} is varied twice", "give all of its values in one --vary"
        if paths[same[0]] != paths[same[1]]:
            message, cure = f"{first} is a part of {second}, and is undone", f"vary {second} first"
        elif first != second:
            message = f"{second} is the same value as {first}, which is varied too"
        raise refusal(Span(source, 0, 0, len(second)), message, cure)
    return paths

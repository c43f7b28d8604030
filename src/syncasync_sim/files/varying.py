"""`--vary workers.count=1..8`: a scenario file, and every value that some of its keys are to take."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from syncasync_sim.errors import ScenarioError
from syncasync_sim.experiment.grid import Axis, Cell, cells_of
from syncasync_sim.files.load import read_source, scenario_document, varied_scenario
from syncasync_sim.files.overrides import VARY, path_of
from syncasync_sim.files.places import Span, refusal
from syncasync_sim.files.text import source_of
from syncasync_sim.model.quantities import QuantityError
from syncasync_sim.model.ranges import Value, parse_range
from syncasync_sim.model.scenario import Scenario


def load_grid(
    source: str | os.PathLike[str], sets: Iterable[str], flags: Sequence[str]
) -> tuple[Scenario, tuple[Axis, ...], tuple[Cell, ...]]:
    """The scenario changed by *sets*, what the *flags* vary of it, and a valid scenario for every cell.

    Raises ScenarioError, which points into the flag that is wrong, before anything is run.
    """
    text, name = read_source(source)
    document = scenario_document(text, name, sets)  # read once: a cell is only changed and checked
    scenario = varied_scenario(document, ())
    axes = tuple(_axis(flag, number) for number, flag in enumerate(flags, start=1))
    _check_different(axes)

    def make(values: Sequence[Value]) -> Scenario:
        varied = (f"{axis.key}={value.written}" for axis, value in zip(axes, values, strict=True))
        return varied_scenario(document, varied)

    try:
        return scenario, axes, cells_of(axes, make)
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


def _check_different(axes: Sequence[Axis]) -> None:
    keys = [axis.key for axis in axes]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise ScenarioError(f"{VARY}: {twice} is varied twice\n  = give all of its values in one --vary")

"""The cells of a sweep, made before the first is run: thousands of them take seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncasync_sim.cli.progress_bar import CellWatcher
from syncasync_sim.cli.signals import SAYS, Stop
from syncasync_sim.errors import RunStopped

if TYPE_CHECKING:
    from syncasync_sim.experiment.grid import Axis, Cell
    from syncasync_sim.model.scenario import Scenario


def load_cells(
    source: str, sets: Sequence[str], vary: Sequence[str]
) -> tuple[Scenario, tuple[Axis, ...], tuple[Cell, ...]]:
    """The scenario, what is varied and every cell, with a bar where that takes long.

    Raises ScenarioError, and KeyboardInterrupt if somebody stops it: nothing is run yet.
    """
    from syncasync_sim.files.varying import load_grid

    with Stop(says=SAYS) as stop, CellWatcher(stop, shown=True, doing="Checking values") as watch:
        try:
            return load_grid(source, sets, vary, watch)
        except RunStopped:
            raise KeyboardInterrupt from None

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
    """Load a scenario and check every cell of a sweep, with a progress bar if this takes long.

    Args:
        source: the path, the bundled name, or `-` for standard input.
        sets: changes to the scenario, each `path=value`.
        vary: the varied keys, each `path=values`.

    Returns:
        The scenario, the axes and the cells.

    Raises:
        ScenarioError: a flag or the scenario is wrong.
        KeyboardInterrupt: the user stopped it; nothing was run.
    """
    from syncasync_sim.files.varying import load_grid

    with Stop(says=SAYS) as stop, CellWatcher(stop, on_screen=True, doing="Checking values") as watch:
        try:
            return load_grid(source, sets, vary, watch)
        except RunStopped:
            raise KeyboardInterrupt from None

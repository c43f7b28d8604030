"""A replay with sliders, for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncasync_sim.command_line import pip_install
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.explorer import Explorer

if TYPE_CHECKING:
    from syncasync_sim.replay.widget import Exploration


def explore(scenario: Scenario, *, seed: int | None = None) -> Exploration:
    """Show a replay of a scenario with sliders, in a notebook.

    Each move of a slider runs both designs.

    Args:
        scenario: the scenario.
        seed: the random seed; by default the scenario's own.

    Returns:
        The widget.

    Raises:
        ImportError: anywidget is not installed; the message says how to install it.
        RunTooLongError: the run does not come to an end.
    """
    try:
        from syncasync_sim.replay.widget import Exploration
    except ImportError as error:
        if error.name is not None and error.name.startswith("syncasync_sim"):
            raise
        raise ImportError(
            f"sliders in a notebook need anywidget; install it with: {pip_install('notebook')}"
        ) from None
    return Exploration(Explorer(scenario, seed))

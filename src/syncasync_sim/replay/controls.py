"""Controls: what of a scenario can be changed while one looks at it, and the `--set` that does the same.

What a slider does can be done on the command line, and what cannot be reached there cannot be reached here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncasync_sim.errors import ScenarioError
from syncasync_sim.model.paths import Named, item_text
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.control_table import ROWS, Row


@dataclass(frozen=True, slots=True)
class ControlChoice:
    """One position of a control: how people read it, and the `path=value` that brings it about."""

    text: str
    flag: str


@dataclass(frozen=True, slots=True)
class Control:
    """Something that can be turned. `at` is the position in which the scenario itself stands."""

    name: str
    label: str
    stops: tuple[ControlChoice, ...]
    at: int

    def to_dict(self) -> dict[str, Any]:
        """Return the control as plain data, for a page that draws a slider."""
        texts = [stop.text for stop in self.stops]
        longest = max(texts, key=len)
        return {"name": self.name, "label": self.label, "stops": texts, "at": self.at, "longest": longest}


def controls_of(scenario: Scenario) -> tuple[Control, ...]:
    """Return the controls that have an effect on a scenario, in the order of the page."""
    step = changed_step(scenario)
    return tuple(_control(row, scenario, step) for row in ROWS if row.applies(scenario, step))


def changed_step(scenario: Scenario) -> Step:
    """The step whose duration and failures have controls.

    It is the longest background step that may fail, or else the longest background step; without background
    steps it is chosen from all steps in the same way.
    """
    background = [step for step in scenario.steps if step.background]
    return max(background or scenario.steps, key=lambda s: (s.failure_rate > 0, s.duration.mean_s))


def flags_of(controls: Iterable[Control], positions: Mapping[str, object]) -> list[str]:
    """Return the `--set` flags that bring the controls into these positions.

    A control that stays in its position adds none.

    Args:
        controls: the controls.
        positions: for names of controls, the number of a stop, from 0.

    Raises:
        ScenarioError: there is no such control, or no such stop.
    """
    by_name = {control.name: control for control in controls}
    flags = []
    for name, position in positions.items():
        if name not in by_name:
            raise ScenarioError(f"there is no slider '{name[:80]}'\n  = the sliders are {', '.join(by_name)}")
        control = by_name[name]
        last = len(control.stops) - 1
        if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position <= last:
            raise ScenarioError(
                f"slider '{name}' has no such position\n  = give a whole number from 0 to {last}"
            )
        if position != control.at:
            flags.append(control.stops[position].flag)
    return flags


def _control(row: Row, scenario: Scenario, step: Step) -> Control:
    present = row.read(scenario, step)
    values = sorted({present, *row.offer(scenario, present)}, key=_in_order)
    path = row.path.format(step=item_text(Named(step.name)))
    stops = tuple(ControlChoice(row.show(scenario, v), f"{path}={row.write(scenario, v)}") for v in values)
    return Control(row.name, row.label.format(step=step.name), stops, values.index(present))


def _in_order(value: Any) -> float:
    """Where a value stands on its slider; None, which is no limit, stands at the right end."""
    return float("inf") if value is None else float(getattr(value, "mean_s", value))

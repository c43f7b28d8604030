"""A scenario with controls: every position of the controls is a run of both designs, and a picture."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any

from syncasync_sim.command_line import command_line
from syncasync_sim.errors import RunTooLongError, ScenarioError
from syncasync_sim.experiment import run_designs
from syncasync_sim.files import change_scenario
from syncasync_sim.model.figures import WRONG
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.controls import Control, changed_step, controls_of, flags_of
from syncasync_sim.replay.document import document
from syncasync_sim.replay.incidents import INCIDENTS, incidents_of, with_incidents
from syncasync_sim.replay.items import Lane
from syncasync_sim.replay.moves import KnownLanes, lane_of
from syncasync_sim.replay.picture_limit import FirstPart, cap_of, expected
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import FigureRow, few
from syncasync_sim.trace.records import Trace

PATIENCE_S = 3.0
"""Nobody waits longer than this for a picture; a run that does is stopped."""
MOST_ATTEMPTS = 30_000
"""A picture of more attempts than this takes a browser seconds to read."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is on the screen: a run of both designs, the flags that bring it about, and which part it is."""

    comparison: Comparison
    traces: dict[Mode, Trace]
    flags: tuple[str, ...]
    part: FirstPart | None

    @property
    def document(self) -> dict[str, Any]:
        """What a stage shows."""
        return self.document_with(lane_of)

    def document_with(self, lane_of: Callable[[Trace], Lane]) -> dict[str, Any]:
        """Return what a stage shows.

        Args:
            lane_of: gives the moves of a run.
        """
        return document(self.comparison, self.traces, with_rows=False, part=self.part, lane_of=lane_of)


@dataclass(frozen=True)
class Explorer:
    """A scenario to be explored: as it stands, and the seed with which all its runs begin.

    `source` is what the command line calls it, and `flags` what `--set` has changed already.
    """

    scenario: Scenario
    seed: int | None = None
    source: str = ""
    flags: tuple[str, ...] = ()

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """What can be turned."""
        return controls_of(self.scenario)

    @cached_property
    def _known_lanes(self) -> KnownLanes:
        return KnownLanes()

    @property
    def incidents(self) -> list[dict[str, str]]:
        """What can be done to the run, as plain data."""
        return incidents_of(self.scenario, changed_step(self.scenario))

    def change(self, positions: Mapping[str, object]) -> tuple[Scenario, tuple[str, ...]]:
        """The scenario with the controls in these positions, and with these incidents; it is not run.

        Args:
            positions: for names of controls, the number of a stop, from 0; a control that is left out stays
                as it is. For names of incidents, the list of times in seconds at which they happen.

        Returns:
            The scenario, and the `path=value` of each change.

        Raises:
            ScenarioError: there is no such position, or positions do not fit each other.
        """
        turned = {name: position for name, position in positions.items() if name not in INCIDENTS}
        moved = flags_of(self.controls, turned)
        scenario, added = with_incidents(
            change_scenario(self.scenario, moved), changed_step(self.scenario), positions
        )
        return scenario, (*moved, *added)

    def look(self, positions: Mapping[str, object]) -> Picture:
        """Run both designs with the controls in these positions, and with these incidents.

        Args:
            positions: as `change` takes them.

        Raises:
            ScenarioError: there is no such position, or positions do not fit each other.
            RunTooLongError: the run does not come to an end.
        """
        scenario, moved = self.change(positions)
        cap, customers = cap_of(scenario), expected(scenario)
        if cap is not None:
            scenario = change_scenario(scenario, [cap])
        comparison, traces = _run(scenario, self._seed)
        flags = latest([*self.flags, *moved, *([cap] if cap else [])])
        part = FirstPart.of_runs(traces, customers, cap) if cap else None
        return Picture(comparison, traces, flags, part)

    def command(self, picture: Picture) -> str:
        """The command that repeats the run; only its options for a scenario without a name."""
        return self._command(picture.flags)

    def command_of(self, changes: Iterable[str]) -> str:
        """The command that runs all customers with these changes, each `path=value`."""
        return self._command(latest([*self.flags, *changes]))

    def _command(self, flags: Iterable[str]) -> str:
        seed = [] if self.seed is None else ["--seed", str(self.seed)]
        sets = [word for flag in flags for word in ("--set", flag)]
        begin = ["syncasync-sim", "run", self.source] if self.source else []
        return command_line([*begin, *seed, *sets])

    def page_data(self, picture: Picture) -> dict[str, Any]:
        """Return a picture as plain data for a page: `document`, `command`, `note` and a `few` figures.

        The page shows above the picture what is left out, so the document does not have it.
        """
        document = picture.document_with(self._known_lanes.lane_of)
        document.pop("left_out", None)
        return {
            "document": document,
            "command": self.command(picture),
            "note": f"{picture.part.sentence}." if picture.part else "",
            "few": [_figure_texts(row) for row in few(picture.comparison.rows())],
        }

    def answer(self, positions: Mapping[str, object]) -> dict[str, Any]:
        """Return the data of `page_data` for these positions, or the `problem` in words."""
        try:
            return self.page_data(self.look(positions))
        except (ScenarioError, RunTooLongError) as error:
            return {"problem": in_words(error)}

    @property
    def _seed(self) -> int:
        return self.scenario.seed if self.seed is None else self.seed


def _figure_texts(row: FigureRow) -> dict[str, str]:
    """A figure of both designs as a page tells it before and after a move; `figure` is its name."""
    label = row.label if row.group == WRONG else f"{row.group}, mean"
    return {"figure": row.figure, "label": label, **{mode: row.text(mode) for mode in MODES}}


def in_words(error: Exception) -> str:
    """The message of an error for somebody who moved a slider: without a place in a file, with the cure."""
    first, *more = str(error).splitlines()
    problem = re.sub(r"^\S+?(:\d+)*: ", "", first) if isinstance(error, ScenarioError) else first
    cure = next((line.strip(" =") for line in more if line.lstrip().startswith("= ")), "")
    return f"{problem[:1].upper()}{problem[1:]}. {cure[:1].upper()}{cure[1:]}{'.' if cure else ''}".strip()


def latest(flags: Iterable[str]) -> tuple[str, ...]:
    """Return the flags without those that a later flag with the same path overrides."""
    by_path: dict[str, str] = {}
    for flag in flags:
        path = flag.partition("=")[0].strip()
        by_path.pop(path, None)  # the later one also stands later
        by_path[path] = flag
    return tuple(by_path.values())


def _run(scenario: Scenario, seed: int) -> tuple[Comparison, dict[Mode, Trace]]:
    deadline_s = monotonic() + PATIENCE_S
    comparison, traces = run_designs(scenario, seed=seed, watch=lambda *_: monotonic() < deadline_s)
    attempts = max(len(trace.attempts) for trace in traces.values())
    if comparison.partial or attempts > MOST_ATTEMPTS:
        raise RunTooLongError(
            "too much happens here for a picture\n  = choose fewer customers or fewer tries"
        )
    return comparison, traces

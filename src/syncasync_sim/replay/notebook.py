"""Runs in a notebook: a replay that stays when the notebook is closed, and sliders while it runs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from syncasync_sim.command_line import pip_install
from syncasync_sim.errors import ScenarioError
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.replay.cap import MOST_CUSTOMERS, cap_of
from syncasync_sim.replay.document import document
from syncasync_sim.replay.explorer import Explorer
from syncasync_sim.replay.page import page
from syncasync_sim.stats import Comparison, compare_summaries, summarise
from syncasync_sim.trace.queries import customers_came
from syncasync_sim.trace.records import Trace

if TYPE_CHECKING:
    from syncasync_sim.replay.widget import Exploration

_COLUMNS = 100
_SUMMARY = "The numbers (if nothing moves above: trust this notebook)"
_FRAME = "width:100%;height:1100px;border:0;background:transparent"


@dataclass(frozen=True, slots=True)
class Replay:
    """The runs of one scenario, as `run_designs` gives them, to be looked at: a notebook shows them move.

    What it shows needs no kernel and no network, and is there when the notebook is opened again. Where a
    notebook is only read, the numbers are left of it. Raises ScenarioError for more than 500 customers.
    """

    traces: Mapping[Mode, Trace]

    def __post_init__(self) -> None:
        if not self.traces:
            raise ScenarioError("there is no run to replay\n  = give the traces that run_designs returns")
        came = max(map(customers_came, self.traces.values()))
        if came > MOST_CUSTOMERS:
            cap = cap_of(self._scenario) or cap_of(self._scenario, MOST_CUSTOMERS * 9 // 10)
            raise ScenarioError(
                f"{came:,} customers are too many for a replay, which shows {MOST_CUSTOMERS}"
                f"\n  = load_scenario(..., [{cap!r}])"
            )

    @property
    def _scenario(self) -> Scenario:
        return next(iter(self.traces.values())).scenario

    @property
    def _comparison(self) -> Comparison:
        return compare_summaries(*(summarise(trace) for trace in self.traces.values()))

    def _repr_html_(self) -> str:
        return as_html(self._comparison, self.traces)

    def __repr__(self) -> str:
        return as_text(self._comparison, self.traces)


def as_html(comparison: Comparison, traces: Mapping[Mode, Trace]) -> str:
    """The page of a run, in a frame that reaches nothing outside of it, and the result as a table below."""
    inside = page(document(comparison, traces, with_rows=False))
    scenario = comparison.scenario
    title = f"Replay: {scenario.title or scenario.name}"
    frame = (
        f'<iframe title="{escape(title)}" sandbox="allow-scripts" style="{_FRAME}" srcdoc="{escape(inside)}">'
    )
    return f"{frame}</iframe><details><summary>{_SUMMARY}</summary>{comparison._repr_html_()}</details>"


def as_text(comparison: Comparison, traces: Mapping[Mode, Trace]) -> str:
    """The result as the command line shows it."""
    from rich.console import Console

    from syncasync_sim.render import tables

    written = io.StringIO()
    Console(file=written, width=_COLUMNS, highlight=False, color_system=None, force_jupyter=False).print(
        tables.page(comparison, traces)
    )
    return "\n".join(line.rstrip() for line in written.getvalue().rstrip().splitlines())


def explore(scenario: Scenario, *, seed: int | None = None) -> Exploration:
    """A replay of *scenario* with sliders, for a notebook; *seed* is the scenario's own if none is given.

    Each move of a slider runs both designs. Raises ImportError, with the cure, without anywidget, and what
    running the scenario raises.
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

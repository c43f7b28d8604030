"""Runs in a notebook: a replay that stays when the notebook is closed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from syncasync_sim.errors import ScenarioError
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.html import comparison_html
from syncasync_sim.replay.document import document
from syncasync_sim.replay.html_page import left_out_html, page
from syncasync_sim.replay.picture_limit import MOST_CUSTOMERS, FirstPart, cap_of
from syncasync_sim.stats import Comparison, compare_summaries, summarise
from syncasync_sim.trace.queries import customers_came
from syncasync_sim.trace.records import Trace

_COLUMNS = 100
_SUMMARY = "The numbers (if nothing moves above: trust this notebook)"
_FRAME = "width:100%;height:1100px;border:0;background:transparent"


@dataclass(frozen=True, slots=True)
class Replay:
    """The runs of one scenario, as `run_designs` gives them, to be looked at: a notebook shows them move.

    What it shows needs no kernel and no network, and is there when the notebook is opened again. Where a
    notebook is only read, the numbers are left of it. Where the traces are only the first *part* of a run, it
    says so. Raises ScenarioError for more than 500 customers.
    """

    traces: Mapping[Mode, Trace]
    part: FirstPart | None = None

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
        """The page of a run, in a frame that reaches nothing outside of it; below, the result as a table."""
        comparison = self._comparison
        plain = document(comparison, self.traces, with_rows=False, part=self.part)
        inside, left_out = page(plain), left_out_html(plain)
        title = f"Replay: {self._scenario.title or self._scenario.name}"
        begin = f'<iframe title="{escape(title)}" sandbox="allow-scripts" style="{_FRAME}"'
        frame = f'{begin} srcdoc="{escape(inside)}"></iframe>'
        numbers = f"<summary>{_SUMMARY}</summary>{comparison_html(comparison)}{left_out}"
        return f"{frame}<details>{numbers}</details>"

    def __repr__(self) -> str:
        """The result as the command line shows it."""
        from rich.console import Console

        from syncasync_sim.render import tables

        written = io.StringIO()
        Console(file=written, width=_COLUMNS, highlight=False, color_system=None, force_jupyter=False).print(
            tables.page(self._comparison, self.traces),
            *([f"{self.part.sentence}: {self.part.option}"] if self.part else []),
        )
        return "\n".join(line.rstrip() for line in written.getvalue().rstrip().splitlines())

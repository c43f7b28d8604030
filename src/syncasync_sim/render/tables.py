"""What a run prints: the claims, the finding, one request over time, the numbers, and what they assume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rich.console import Group, RenderableType
from rich.text import Text

from syncasync_sim._version import __version__
from syncasync_sim.model.formats import format_count, format_value
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.headline import headline, stopped
from syncasync_sim.render.remarks import remarks
from syncasync_sim.render.responsive import Cell, Grid, Lines, Responsive, aligned
from syncasync_sim.render.style import LOOKS, TIED
from syncasync_sim.render.theory import theory_lines
from syncasync_sim.render.timeline import Timeline
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.assumptions import assumed
from syncasync_sim.stats.comparison import CheckedClaim
from syncasync_sim.stats.overload import overload_lines
from syncasync_sim.stats.rows import FigureRow, change_text, notes
from syncasync_sim.trace.queries import customers_came
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.worst_off import hardest_hit

__all__ = ["FigureTable", "Lines", "aligned", "claim_lines", "footer", "headline", "page", "stopped"]

MOST_CLAIMS = 3
"""So many claims that hold are listed; of more, only how many hold. Those that fail are always listed."""


def page(comparison: Comparison, traces: Mapping[Mode, Trace], customer: int | None = None) -> Group:
    """The page of one result, for a terminal of any width.

    Args:
        comparison: the result.
        traces: the trace of each design.
        customer: the number of the customer in the timeline, from 1; by default the hardest hit.

    Raises:
        ScenarioError: no customer of that number came.
    """
    scenario = comparison.scenario
    rows = comparison.rows()
    parts: list[RenderableType] = [Lines([scenario.title or scenario.name], style="bold")]
    parts.append(Lines(stopped(comparison), style="bold"))
    parts.append(Lines(claim_lines(comparison.claims), hanging=2))
    parts += ["", Lines([headline(comparison)]), ""]
    if any(len(trace.requests) for trace in traces.values()):
        number_shown = hardest_hit(traces.values()) if customer is None else customer
        customers = max(map(customers_came, traces.values()))
        which = ", those of the warm-up included" if scenario.warm_up_s else ""
        which += " of the first replication" if comparison.replications > 1 else ""
        number = f"{number_shown:,} of {customers:,}{which}"
        title = (
            f"The worst-off customer ({number})"
            if customer is None and number_shown > 1
            else f"Customer {number}"
        )
        if customers > 1:
            parts.append(Lines([f"{title}, from the click on:"]))
        parts += [Timeline(traces, number_shown), ""]
    parts += [
        FigureTable(comparison, rows),
        Lines(notes(comparison, rows)),
        Lines(remarks(traces), hanging=2),
        Lines([*overload_lines(scenario, list(comparison.modes)), *theory_lines(comparison)], hanging=2),
    ]
    is_measured = any(trace.source == "measured" for trace in traces.values())
    parts.append(Lines([*footer(comparison)[:1], MEASURED] if is_measured else footer(comparison)))
    return Group(*parts)


MEASURED = "Measured for real: a web service, processes and a queue, not a simulation."


def claim_lines(claims: Sequence[CheckedClaim]) -> list[str]:
    """Return the claims of the scenario with a tick or a cross; a cross has the measured value, too."""
    missed = [claim for claim in claims if not claim.holds]
    held = [claim for claim in claims if claim.holds]
    lines = [f"✗ {claim.claim} (it is {value_text(claim)})" for claim in missed]
    if len(held) > MOST_CLAIMS:
        return [*lines, f"✓ {len(held)} expectations hold"]
    return [*lines, *(f"✓ {claim.claim}" for claim in held)]


def value_text(claim: CheckedClaim) -> str:
    """The value of a claim's left side, in its unit."""
    return "none" if claim.value is None else format_value(claim.value, claim.unit)


TOO_NARROW = "A wider terminal shows ± beside each change."


class FigureTable(Responsive):
    """A table of figures with one row each.

    In a narrow terminal first the words are left out, then the intervals; then each figure has its own line.
    """

    def __init__(self, comparison: Comparison, rows: Sequence[FigureRow]) -> None:
        self.modes, self.rows = list(comparison.modes), rows
        self.intervals = comparison.interval is not None

    @property
    def change_head(self) -> str:
        """The heading of the changes, which have an interval if there are several runs."""
        return "change ± 95 %" if self.intervals else "change"

    def ways(self) -> Iterator[Sequence[Grid]]:
        for words in (True, False):
            yield [Grid(self._lines(words), "lrrrl")]
        if self.intervals:
            yield [Grid(self._lines(words=False, intervals=False), "lrrr", (TOO_NARROW,))]

    def sentences(self) -> list[str]:
        return [self._sentence(row) for row in self.rows]

    def _lines(self, words: bool, intervals: bool = True) -> list[list[Cell]]:
        """The heading and the rows."""
        both = len(self.modes) > 1
        heading: list[Cell] = ["", *(Text(mode, LOOKS[mode].terminal) for mode in self.modes)]
        change = self.change_head if intervals else "change"
        lines = [[*heading, Text(change, "bold")] if both else heading]
        group = ""
        for row in self.rows:
            if row.group not in (group, row.label):
                lines.append([Text(row.group, "bold")])
            group = row.group
            label = Text(row.label, "bold") if row.label == row.group else Text(f"  {row.label}")
            cells = self._cells(row, words, intervals) if both else [row.text(self.modes[0])]
            lines.append([label, *cells])
        return lines

    def _cells(self, row: FigureRow, words: bool, intervals: bool) -> list[str]:
        values = [row.text(mode) for mode in self.modes]
        if words:
            return [*values, change_text(row), row.in_words()]
        change = change_text(row if intervals else replace(row, interval=None))
        return [*values, row.in_words() if row.unclear else change]

    def _sentence(self, row: FigureRow) -> str:
        """The row as one line: `customer waits, mean: sync 2.55 s, async 1.05 s, -1.50 s, 2.4x as fast`."""
        name = row.label if row.label == row.group else f"{row.group}, {row.label}"
        values = [f"{mode} {row.text(mode)}" for mode in self.modes]
        change = [change_text(row), row.in_words()] if len(self.modes) > 1 and row.change else []
        return f"{name}: " + ", ".join([*values, *filter(None, change)])


def footer(comparison: Comparison) -> list[str]:
    """Return a line on the run and a line on the assumptions of the model."""
    items = [*what_ran(comparison), f"syncasync-sim {__version__}"]
    listed = " • ".join(item.replace(" ", TIED) for item in items).replace(" •", f"{TIED}•")
    return [listed, assumed(comparison.scenario, comparison.modes)]


def what_ran(comparison: Comparison) -> list[str]:
    """Return the seed, and the numbers of customers, replications, threads and workers, in words."""
    scenario, replications = comparison.scenario, comparison.replications
    customers = max(figures["customers"] for figures in comparison.modes.values())
    threads, has_queue = scenario.server.threads, "async" in comparison.modes and _publishes(scenario)
    items = [f"seed {comparison.seed}", _number(customers, "customer")]
    if replications > 1:
        items.append(f"means of {replications} replications")
    items.append("unlimited threads" if threads is None else _number(threads, "thread"))
    if has_queue:
        items.append(_number(scenario.workers.count, "worker"))
    return items


def _publishes(scenario: Scenario) -> bool:
    return any(step.background for step in scenario.steps)


def _number(number: float, noun: str) -> str:
    return f"{format_count(number)} {noun}" + ("" if number == 1 else "s")

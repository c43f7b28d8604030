"""What `run --compare-to` prints: what differs, what came of it in words, and the figures before and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from rich.console import Group, RenderableType
from rich.text import Text

from syncasync_sim.model.differences import Difference, differences
from syncasync_sim.model.formats import MISSING, format_value
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.render.responsive import Cell, Grid, Lines, Responsive
from syncasync_sim.render.style import LOOKS
from syncasync_sim.render.tables import footer, stopped
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.change import Change, ChangeRow
from syncasync_sim.stats.findings import figures, verdict_on
from syncasync_sim.stats.rows import PLUS_MINUS, change_text, in_common_unit

MOST_CHANGES, LONGEST_CHANGE = 6, 150
"""So many differences are listed, and so much of each: two scenarios may have nothing in common."""


def change_page(comparison: Comparison, baseline: Scenario, contrasts: Mapping[Mode, Change]) -> Group:
    """The page of a run beside a baseline, for a terminal of any width.

    Args:
        comparison: the run.
        baseline: the scenario that it is compared with.
        contrasts: the change of each design.
    """
    scenario, changes = comparison.scenario, differences(baseline, comparison.scenario)
    parts: list[RenderableType] = [Lines([scenario.title or scenario.name], style="bold")]
    parts.append(Lines(stopped(comparison), style="bold"))
    parts.append(Lines([f"Compared with {baseline.name}: {_how_many(changes)}"]))
    parts.append(Lines(list(_listed(changes)), hanging=4))
    parts += [Lines(findings(contrasts)), "", ChangeTable(contrasts)]
    parts.append(
        Lines(missing_lines(chain.from_iterable(contrast.rows() for contrast in contrasts.values())))
    )
    if any(contrast.replications > 1 for contrast in contrasts.values()):
        parts.append(Lines([PLUS_MINUS]))
    parts.append(Lines(footer(comparison)[:1]))
    return Group(*parts)


def findings(contrasts: Mapping[Mode, Change]) -> list[str]:
    """Return one sentence per design: better or worse, both clocks, and every fault that changed."""
    return [
        f"{mode.capitalize()}, {verdict_on(contrast)}: {figures(contrast)}."
        for mode, contrast in contrasts.items()
    ]


def _how_many(changes: Sequence[Difference]) -> str:
    if not changes:
        return "nothing differs that could change a run."
    if len(changes) == 1:
        return "one thing changed."
    return (
        f"{len(changes)} things changed, so you cannot tell which of them did it. Change one thing at a time."
    )


def _listed(changes: Sequence[Difference]) -> Iterator[str]:
    for change in changes[:MOST_CHANGES]:
        text = str(change)
        yield f"  {text}" if len(text) <= LONGEST_CHANGE else f"  {text[: LONGEST_CHANGE - 3]}..."
    if len(changes) > MOST_CHANGES:
        yield f"  and {len(changes) - MOST_CHANGES} more"


class ChangeTable(Responsive):
    """A group of rows a design; where that is too wide, each figure has its own line."""

    def __init__(self, contrasts: Mapping[Mode, Change]) -> None:
        listed = {mode: contrast.rows() for mode, contrast in contrasts.items()}
        alike = iter(in_common_unit(chain.from_iterable(listed.values())))
        self.rows = {mode: list(islice(alike, len(rows))) for mode, rows in listed.items()}
        self.spread = any(contrast.replications > 1 for contrast in contrasts.values())

    def ways(self) -> Iterator[Sequence[Grid]]:
        for words in (True, False):
            yield [Grid(self._lines(words), "lrrrl")]

    def sentences(self) -> list[str]:
        return [f"{mode}: {change_sentence(row)}" for mode, listed in self.rows.items() for row in listed]

    def _lines(self, words: bool) -> list[list[Cell]]:
        change = "difference ± 95 %" if self.spread else "difference"
        lines: list[list[Cell]] = [[Text(head, "bold") for head in ("", "baseline", "now", change)]]
        for mode, listed in self.rows.items():
            lines.append([Text(mode, LOOKS[mode].terminal)])
            for row in listed:
                cells = [*change_values(row), change_text(row), *([row.in_words()] if words else [])]
                lines.append([f"  {row.full_label}", *cells])
        return lines


def change_values(row: ChangeRow) -> list[str]:
    """Return the values before and after, as text."""
    return [format_value(value, row.unit, row.longest_s) for value in (row.before, row.after)]


def missing_lines(rows: Iterable[ChangeRow]) -> list[str]:
    """Return the line that explains `-` in a table with these rows; none if no value is missing."""
    why = list(dict.fromkeys(row.why_missing for row in rows if row.why_missing))
    return [f"{MISSING}: {'; '.join(why)}."] if why else []


def change_sentence(row: ChangeRow) -> str:
    """`all work done, mean: 9.30 s before, 4.80 s now, -4.50 s, 1.9x as fast`."""
    before, after = change_values(row)
    parts = filter(None, (f"{before} before", f"{after} now", change_text(row), row.in_words()))
    return f"{row.full_label}: {', '.join(parts)}"

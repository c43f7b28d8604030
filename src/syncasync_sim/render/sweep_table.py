"""What a sweep prints: the figures that matter, a line a cell and design."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from syncasync_sim._version import __version__
from syncasync_sim.experiment import Sweep
from syncasync_sim.model.formats import MISSING
from syncasync_sim.model.modes import Mode
from syncasync_sim.render.responsive import Cell, Grid, Lines, Responsive
from syncasync_sim.render.style import LOOKS
from syncasync_sim.render.sweep_columns import BUSY, INTERVALS, MEDIANS, SweepTable, table_of


def sweep_page(sweep: Sweep) -> Group:
    """Everything about *sweep*, for a terminal of any width."""
    scenario = sweep.scenario
    parts: list[RenderableType] = [Lines([scenario.title or scenario.name], style="bold")]
    if sweep.partial:
        parts.append(Lines([f"PARTIAL: {_how_many(sweep)} are finished."], style="bold"))
    if sweep.finished:
        parts += ["", CellTable(sweep)]
    return Group(*parts, "", Lines(_footer(sweep)))


def _how_many(sweep: Sweep) -> str:
    return f"{len(sweep.finished):,} of {len(sweep.cells):,} cells"


def _footer(sweep: Sweep) -> list[str]:
    replications = (
        f" • means of {sweep.replications} replications" if sweep.replications > 1 and sweep.finished else ""
    )
    return [
        "Every line has the same customers and the same random numbers. All figures: --csv FILE or --json.",
        f"seed {sweep.seed} • {_how_many(sweep)}{replications} • syncasync-sim {__version__}",
    ]


NARROW = "A wider terminal has room for {}."
LEAST_FIRST = (INTERVALS, MEDIANS, BUSY)
"""What a narrow terminal does without, in this order."""


class CellTable(Responsive):
    """The table; where it is too wide, without what matters least, then a sentence a line."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep

    def ways(self) -> Iterator[Sequence[Grid]]:
        for number in range(len(LEAST_FIRST) + 1):
            table = table_of(self.sweep, LEAST_FIRST[:number])
            sides = "r" * (table.names - 1) + "lr"
            yield [Grid(list(_lines(table)), sides, tuple(_notes(table)))]

    def sentences(self) -> list[str]:
        return list(_sentences(table_of(self.sweep, [INTERVALS])))

    def notes(self) -> list[str]:
        return _notes(table_of(self.sweep, [INTERVALS]))


def _notes(table: SweepTable) -> list[str]:
    return [*table.notes, *([NARROW.format(", ".join(table.left_out))] if table.left_out else [])]


def _lines(table: SweepTable) -> Iterator[list[Cell]]:
    """Two lines of heading and the rest."""
    for above_or_below in (0, 1):
        yield [Text(head[above_or_below], "bold") for head in table.heads]
    design = table.names - 1
    for line in table.lines:
        mode = Text(line[design], LOOKS[_mode(line[design])].terminal)
        yield [*line[:design], mode, *line[design + 1 :]]


def _mode(text: str) -> Mode:
    return "sync" if text == "sync" else "async"


def _sentences(table: SweepTable) -> Iterator[str]:
    """`workers count 1, sync: waits p50 2.55 s, waits p95 53.65 s, ...`."""
    heads = [" ".join(filter(None, head)) for head in table.heads]
    names: list[str] = []
    for line in table.lines:
        values = line[: table.names - 1]
        names = [f"{h} {v}" for h, v in zip(heads, values, strict=False)] if any(values) else names
        figures = zip(heads[table.names :], line[table.names :], strict=True)
        figures_text = ", ".join(f"{head} {text}" for head, text in figures if text != MISSING)
        yield f"{', '.join(names)}, {line[table.names - 1]}: {figures_text}"

"""What a sweep prints: the figures that matter, a line a cell and design."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from syncasync_sim._version import __version__
from syncasync_sim.experiment import Sweep
from syncasync_sim.experiment.sweep_table import BUSY, INTERVALS, MEDIANS, SweepTable, table_of
from syncasync_sim.model.formats import MISSING
from syncasync_sim.model.modes import Mode
from syncasync_sim.render.style import LOOKS, plain
from syncasync_sim.render.tables import Lines


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
    replications = f" • means of {sweep.replications} replications" if sweep.replications > 1 else ""
    return [
        "Every line is the same customers with the same luck. All figures: --csv FILE or --json.",
        f"seed {sweep.seed} • {_how_many(sweep)}{replications} • syncasync-sim {__version__}",
    ]


NARROW = "A wider terminal has room for {}."
LEAST_FIRST = (INTERVALS, MEDIANS, BUSY)
"""What a narrow terminal does without, in this order."""


class CellTable:
    """The table; where it is too wide, without what matters least, then a sentence a line. Nothing is cut."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for number in range(len(LEAST_FIRST) + 1):
            table = table_of(self.sweep, LEAST_FIRST[:number])
            lines = _aligned(table, options.ascii_only)
            if max(line.cell_len for line in lines) <= options.max_width:
                yield from lines
                break
        else:
            table = table_of(self.sweep, [INTERVALS])
            yield from Lines(list(_sentences(table)), hanging=2).__rich_console__(console, options)
        narrow = [NARROW.format(", ".join(table.left_out))] if table.left_out else []
        notes = [*table.notes, *narrow]
        yield from Lines(["", *notes] if notes else []).__rich_console__(console, options)


def _aligned(table: SweepTable, ascii_only: bool) -> list[Text]:
    """Two lines of heading and the rest, all right-aligned but the design."""
    heads = [tuple(head[line] for head in table.heads) for line in (0, 1)]
    texts = [[plain(text, ascii_only) for text in line] for line in (*heads, *table.lines)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    design = table.names - 1
    lines = []
    for number, line in enumerate(texts):
        cells = [
            Text(text.ljust(width) if place == design else text.rjust(width), "bold" if number < 2 else "")
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        if number >= 2:
            cells[design].stylize(LOOKS[_mode(line[design])].terminal)
        lines.append(Text("  ").join(cells))
        lines[-1].no_wrap = True
    return lines


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
        told = ", ".join(f"{head} {text}" for head, text in figures if text != MISSING)
        yield f"{', '.join(names)}, {line[table.names - 1]}: {told}"

"""The figures of a sweep that matter, as a table of texts: for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from syncasync_sim.model.figures import CLOSE
from syncasync_sim.model.formats import MISSING, Unit, format_spread, format_value
from syncasync_sim.stats.rows import ENOUGH

if TYPE_CHECKING:
    from syncasync_sim.experiment.sweeping import Row, Sweep

NO_PAGE = "no page: error pages, time-outs and rejections."
TOO_FEW = "Some cells have fewer than 200 requests, too few for a p95: the slowest is shown instead."
UNSETTLED = (
    "Lines without figures: warm_up: auto found no end of the warm-up there; customers come for too short "
    "a time, or more come than can be done."
)
PLUS_MINUS = "±: half of the 95 % interval over the replications."


@dataclass(frozen=True, slots=True)
class SweepTable:
    """Columns with two lines of heading each, lines of texts, and what has to be said about them.

    The first *names* columns are the cell's values and the design.
    """

    heads: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, ...], ...]
    names: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    head: tuple[str, str]
    figure: str
    unit: Unit
    spread: bool = False


def rare_of(sweep: Sweep) -> str:
    """What stands for the unlucky: p95 where there are times enough in every cell, or else max."""
    counts = [row["response_time_s.count"] for row in sweep.rows()]
    served = [float(count) for count in counts if count]
    return "p95" if served and min(served) >= ENOUGH["p95"] else "max"


def table_of(sweep: Sweep, *, spread: bool = True) -> SweepTable:
    """A line a cell and design; *spread*: with the intervals of the rare times, if there are any."""
    rare, rows = rare_of(sweep), [_with_sums(row) for row in sweep.rows()]
    columns = list(_columns(rows, rare, spread=spread and sweep.replications > 1))
    heads = [_head(axis.key) for axis in sweep.axes] + [("", "")] + [column.head for column in columns]
    written = [_values(sweep, place) for place in sorted(sweep.finished)]
    names = [line for values in written for line in (values, ("",) * len(values))]
    lines = [
        (*name, str(row["design"]), *(_text(row, column) for column in columns))
        for name, row in zip(names, rows, strict=True)
    ]
    notes = [NO_PAGE] if any(column.figure == "no_page" for column in columns) else []
    notes += [TOO_FEW] if rare == "max" and rows else []
    notes += [UNSETTLED] if any(row["requests"] is None for row in rows) else []
    notes += [PLUS_MINUS] if any(column.spread for column in columns) else []
    return SweepTable(tuple(heads), tuple(lines), len(sweep.axes) + 1, tuple(notes))


def _head(key: str) -> tuple[str, str]:
    above, _, below = key.rpartition(".")
    return above, below


def _values(sweep: Sweep, place: int) -> tuple[str, ...]:
    return tuple(value.written for value in sweep.cells[place].values)


def _with_sums(row: Row) -> Row:
    """The row, and who got no page and whose work is not done."""
    if row["requests"] is None:
        return {**row, "no_page": None, "not_done": None}
    requests, ok, completed = (
        float(row[name] or 0) for name in ("requests", "responses.ok", "work.completed")
    )
    return {**row, "no_page": requests - ok, "not_done": requests - completed}


def _columns(rows: list[Row], rare: str, *, spread: bool) -> Iterator[_Column]:
    """What the customer waits, when all work is done, what went wrong, how busy all were."""
    named = rare if rare == "p95" else "slowest"
    yield _Column(("waits", "p50"), "response_time_s.p50", "s")
    yield _Column(("waits", named), f"response_time_s.{rare}", "s", spread)
    yield _Column(("all done", named), f"completion_time_s.{rare}", "s", spread)
    for head, figure in ((("no", "page"), "no_page"), (("not", "done"), "not_done")):
        if any(row[figure] for row in rows):
            yield _Column(head, figure, "count")
    for place in ("server", "workers"):
        if any(row[f"{place}.utilisation"] is not None for row in rows):
            head = ("threads" if place == "server" else place, "busy")
            yield _Column(head, f"{place}.utilisation", "share")


def _text(row: Row, column: _Column) -> str:
    value = row[column.figure]
    if value is None:
        return MISSING
    number = float(value)
    low, high = (row.get(f"{column.figure}.{end}") for end in ("low", "high"))
    if not column.spread or low is None or high is None or float(high) - float(low) <= CLOSE:
        return format_value(number, column.unit)
    return format_spread(number, (float(high) - float(low)) / 2, column.unit).removeprefix("+")


# -- in a notebook ------------------------------------------------------------------------------------

_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums;color:inherit;background:transparent"
_CELL = "text-align:right;padding:1px 10px;white-space:nowrap"


def to_html(sweep: Sweep) -> str:
    """The table with its notes; every text is escaped."""
    table = table_of(sweep)
    heads = [" ".join(part for part in head if part) for head in table.heads]
    lines = [_line("th", heads), *(_line("td", list(line)) for line in table.lines)]
    about = (
        f"{sweep.scenario.title or sweep.scenario.name}: {len(sweep.finished)} of {len(sweep.cells)} cells"
    )
    caption = f'<caption style="text-align:left"><b>{escape(about)}</b></caption>'
    notes = "".join(
        f"<div>{escape(note)}</div>" for note in (*table.notes, "All figures: rows(), to_frame().")
    )
    return f'<div><table style="{_TABLE}">{caption}{"".join(lines)}</table>{notes}</div>'


def _line(tag: str, texts: list[str]) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return (
        "<tr>" + "".join(f'<{tag}{scope} style="{_CELL}">{escape(text)}</{tag}>' for text in texts) + "</tr>"
    )

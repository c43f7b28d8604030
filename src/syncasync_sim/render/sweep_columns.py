"""The figures of a sweep that matter, as a table of texts: for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from syncasync_sim.experiment.sweeping import Row, Sweep, share_column
from syncasync_sim.model.figures import CLOSE, figure
from syncasync_sim.model.formats import MISSING, Unit, format_spread, format_value, longest_of
from syncasync_sim.model.modes import MODES
from syncasync_sim.stats.assumptions import cut_note
from syncasync_sim.stats.overload import growing_line
from syncasync_sim.stats.rows import ENOUGH

OF_CLICKS = {
    "response_time_s": "got page: the share of all clicks that the waits apply to. Where it is small, most "
    "had no page to wait for, and a shorter wait is no better service.",
    "completion_time_s": "work done: the share of all clicks that the times under all done apply to.",
}
"""What is said of a column of shares beside the times of those alone."""
ANY_ANSWER = "any answer: until the page, an error page, a refusal or the customer's giving up."
TOO_FEW = (
    "In some cells a time has fewer than 200 values, too few for a p95: the slowest is shown instead of it."
)
UNSETTLED = "Lines without figures: warm_up: auto found no end of the warm-up there; "
OVERLOADED, BRIEF = "more comes than can be done", "customers come for too short a time"
INTERVALS, MEDIANS, BUSY = "the 95 % intervals", "the median waits", "how busy all were"
"""What a table can do without."""
PLUS_MINUS = "±: half of the 95 % interval over the replications."


@dataclass(frozen=True, slots=True)
class SweepTable:
    """Columns with two lines of heading each, lines of texts, and what has to be said about them.

    The first *names* columns are the cell's values and the design. *left_out* is what there would be more.
    """

    heads: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, ...], ...]
    names: int
    notes: tuple[str, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Column:
    head: tuple[str, str]
    figure: str
    unit: Unit
    spread: bool = False
    kind: str = ""


def tail_statistic(sweep: Sweep) -> str:
    """The figure for the rare times: p95 if every time has enough values in every cell, otherwise max.

    It is one figure for all times, so that they can be compared. A time without any value does not count.
    """
    counts = [row[f"{times}.count"] for row in sweep.rows() for times in (*OF_CLICKS, "wait_s")]
    values = [float(count) for count in counts if count]
    return "p95" if values and min(values) >= ENOUGH["p95"] else "max"


def table_of(sweep: Sweep, without: Collection[str] = ()) -> SweepTable:
    """The table of a sweep, a line per cell and design.

    Args:
        sweep: the sweep.
        without: the kinds of columns to leave out in a narrow terminal: INTERVALS, MEDIANS or BUSY.
    """
    rare, rows = tail_statistic(sweep), sweep.rows()
    has_intervals = sweep.replications > 1
    spread = has_intervals and INTERVALS not in without
    asked_columns = [_Column(_head_of(name), name, figure(name).unit, spread) for name in sweep.figures]
    all_columns = [*asked_columns, *_columns(rows, rare, spread=spread)]
    columns = [column for column in all_columns if column.kind not in without]
    dropped = [
        *((INTERVALS,) if has_intervals else ()),
        *dict.fromkeys(column.kind for column in all_columns),
    ]
    heads = [_head(axis.key) for axis in sweep.axes] + [("", "")] + [column.head for column in columns]
    written = [_values(sweep, index) for index in sorted(sweep.finished)]
    names = [line for values in written for line in (values, ("",) * len(values))]
    times = [column.figure for column in columns if column.unit == "s"]
    longest_s = longest_of(float(row[name] or 0) for row in rows for name in times)
    lines = [
        (*name, str(row["design"]), *(_text(row, column, longest_s) for column in columns))
        for name, row in zip(names, rows, strict=True)
    ]
    figures = {column.figure for column in columns}
    notes = [note for times, note in OF_CLICKS.items() if share_column(times) in figures]
    notes += [ANY_ANSWER] if f"wait_s.{rare}" in figures else []
    notes += [TOO_FEW] if rare == "max" and rows else []
    notes += _unsettled(sweep)
    notes += cut_note(_cuts_s(sweep))
    notes += [PLUS_MINUS] if any(column.spread for column in columns) else []
    left_out = tuple(kind for kind in dropped if kind in without)
    return SweepTable(tuple(heads), tuple(lines), len(sweep.axes) + 1, tuple(notes), left_out)


def _unsettled(sweep: Sweep) -> list[str]:
    """Why some lines have no figures: an overload, as far as it is known, or too short a run."""
    reasons = {
        OVERLOADED if growing_line(sweep.cells[index].scenario, mode) else BRIEF
        for index, rows in sweep.finished.items()
        for mode, row in zip(MODES, rows, strict=True)
        if row["requests"] is None
    }
    return [f"{UNSETTLED}{', or '.join(sorted(reasons, reverse=True))}."] if reasons else []


def _cuts_s(sweep: Sweep) -> Iterator[float]:
    """`stop_at` of each cell in which clicks were not answered, or their work not done, at that time."""
    for index, rows in sweep.finished.items():
        stop_at_s = sweep.cells[index].scenario.stop_at_s
        if stop_at_s is not None and any(row["responses.none"] or row["work.unfinished"] for row in rows):
            yield stop_at_s


def _head(key: str) -> tuple[str, str]:
    above, _, below = key.rpartition(".")
    return above, below


def _head_of(name: str) -> tuple[str, str]:
    """`answered_within(2s)` in two lines, as `queue.max_wait_s`."""
    above, bracket, below = name.partition("(")
    return (above, bracket + below) if bracket else _head(name)


def _values(sweep: Sweep, index: int) -> tuple[str, ...]:
    return tuple(value.written for value in sweep.cells[index].values)


def _columns(rows: list[Row], rare: str, *, spread: bool) -> Iterator[_Column]:
    """What the customer waits, when all work is done, and how busy all were.

    A time that not all clicks have follows the share of the clicks that have it.
    """
    named = rare if rare == "p95" else "slowest"
    some_unserved, some_undone = (_is_of_some(rows, times) for times in OF_CLICKS)
    if some_unserved:
        yield _Column(("got", "page"), share_column("response_time_s"), "share")
    yield _Column(("waits", "p50"), "response_time_s.p50", "s", kind=MEDIANS)
    yield _Column(("waits", named), f"response_time_s.{rare}", "s", spread)
    if some_unserved:
        yield _Column(("any answer", named), f"wait_s.{rare}", "s", spread)
    if some_undone:
        yield _Column(("work", "done"), share_column("completion_time_s"), "share")
    yield _Column(("all done", named), f"completion_time_s.{rare}", "s", spread)
    for station in ("server", "workers"):
        if any(row[f"{station}.utilisation"] is not None for row in rows):
            head = ("threads" if station == "server" else station, "busy")
            yield _Column(head, f"{station}.utilisation", "share", kind=BUSY)


def _is_of_some(rows: list[Row], times: str) -> bool:
    """Whether not all clicks have such a time, somewhere."""
    return any(row[share_column(times)] not in (None, 1) for row in rows)


def _text(row: Row, column: _Column, longest_s: float) -> str:
    value = row[column.figure]
    if value is None:
        return MISSING
    number = float(value)
    low, high = (row.get(f"{column.figure}.{end}") for end in ("low", "high"))
    if not column.spread or low is None or high is None or float(high) - float(low) <= CLOSE:
        return format_value(number, column.unit, longest_s)
    half = (float(high) - float(low)) / 2
    return format_spread(number, half, column.unit, longest_s).removeprefix("+")

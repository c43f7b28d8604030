"""The rows of a result: what the table in the terminal, the one in a notebook and a data frame all show.

Both clocks come first, the customer's before the work's. Then who was answered, what went wrong, and how
full the server and the queue were. Nothing is recomputed here: a row is a figure of the result and a name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from syncasync_sim.model.figures import (
    CLOSE,
    DONE,
    GIVEN_UP,
    HARMS,
    NOT_DONE,
    PHANTOM,
    QUEUE,
    SERVER,
    SILENT,
    WAITS,
    WRONG,
    Figure,
)
from syncasync_sim.model.figures import figure as figure_named
from syncasync_sim.model.formats import MISSING, Unit, format_change, format_spread, format_value, longest_of
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.assumptions import cut_note

ENOUGH = {"p95": 200, "p99": 1_000}
"""How many times there must be before a percentile is shown: then ten of them lie beyond it."""
TOO_FEW = "p95 is shown from 200 values on, p99 from 1,000."
PLUS_MINUS = "±: half of the 95 % interval of the change, paired over the replications."
LEAST_RATIO = 1.005
"""A ratio that two decimals would show as 1.00x is not shown as a ratio."""
CUT_AT = "run cut at"
"""The label of the time at which the run was over, where every design was cut."""
ALL_WELL = "Everybody got the page, all work was completed, nothing went wrong."


QUEUE_FIGURES = ("queue.peak_depth", "queue.max_wait_s", "queue.redelivered")
"""The figures of the queue in a table, of two designs and of a change of one (stats/change.py)."""


PEAK_HELD = "queue.peak_held"


class Compared(Protocol):
    """What the rows are made of: a `Comparison`."""

    @property
    def scenario(self) -> Scenario: ...
    @property
    def modes(self) -> Mapping[Mode, Mapping[str, Any]]: ...
    @property
    def replications(self) -> int: ...
    @property
    def cut(self) -> Collection[Mode]: ...
    @property
    def stopped(self) -> Collection[Mode]: ...
    @property
    def interval(self) -> Mapping[str, Any] | None: ...
    def figure(self, mode: Mode, name: str, /) -> float | None:
        """Return a figure of one design; None if it was not measured.

        Args:
            mode: the design, `sync` or `async`.
            name: the dotted name of the figure.
        """


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure in both designs; None if it was measured never, or too seldom to be shown.

    `change` is async - sync, paired over the replications if there are several; `interval` is then its 95 %
    interval (low, high). A row whose label is the name of its group is the only one of its group. `of_some`
    marks a time that not all clicks have, so that the two designs' times belong to different clicks.
    `longest_s` is the longest time that the row is shown with, in seconds. `is_unequal` marks a row of a run
    that was stopped in some design, so that nothing is compared. `cut_at_s` has, for the time at
    which the run was over, `stop_at` in seconds for each design that was cut there: it was not over.
    """

    group: str
    label: str
    figure: str
    unit: Unit
    sync: float | None
    async_: float | None
    change: float | None
    interval: tuple[float, float] | None = None
    of_some: bool = False
    longest_s: float = 0.0
    cut_at_s: Mapping[Mode, float] = field(default_factory=dict, hash=False)
    is_unequal: bool = False

    @property
    def values(self) -> tuple[float | None, ...]:
        """What is compared: both designs and the change."""
        return self.sync, self.async_, self.change

    def text(self, mode: Mode) -> str:
        """The text of the figure in one design; `cut at 10.00 s` for the end of a run that was cut."""
        text = format_value(self.cut_at_s.get(mode, self.value(mode)), self.unit, self.longest_s)
        return f"cut at {text}" if mode in self.cut_at_s and self.label != CUT_AT else text

    def value(self, mode: Mode) -> float | None:
        """Return the figure in one design."""
        return self.sync if mode == "sync" else self.async_

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data, with the interval of the change in two columns."""
        low, high = self.interval or (None, None)
        return {
            **{"group": self.group, "label": self.label, "figure": self.figure, "unit": self.unit},
            **{"sync": self.sync, "async": self.async_, "change": self.change},
            **{"change_low": low, "change_high": high},
        }

    @property
    def why_no_change(self) -> str:
        """`-` where nothing is compared, as a design was stopped; empty elsewhere."""
        return MISSING if self.is_unequal else ""

    @property
    def unclear(self) -> bool:
        """Whether the change may as well be none: its interval has zero inside."""
        return is_unclear(self.interval)

    def in_words(self) -> str:
        """The change in words: `2.4x as fast`, `no clear change`; empty if its sign alone is enough.

        It is also empty for a time that not all clicks have: the two times then belong to different clicks.
        """
        if self.of_some:
            return ""
        if self.unclear:
            return "no clear change"
        if self.change is None or self.unit != "s":
            return ""
        return change_in_words(self.figure, self.sync, self.async_, self.change)


def is_unclear(interval: tuple[float, float] | None) -> bool:
    """Whether a change with this interval may as well be none: zero lies inside."""
    return interval is not None and interval[0] < 0 < interval[1]


def change_in_words(figure: str, before: float | None, after: float | None, change: float) -> str:
    """The change of a time in words: `2.4x as fast`, `later`, `the same`.

    Args:
        figure: the dotted name of the figure.
        before: the time before, in seconds.
        after: the time after, in seconds.
        change: after less before, in seconds.
    """
    if abs(change) < CLOSE:
        return "the same"
    if figure.endswith("_at_s"):
        return "later" if change > 0 else "earlier"
    # a wait for any answer may have ended because the customer gave up: that is no speed
    ratio = "" if figure.startswith("wait_s") else ratio_in_words(before, after)
    return ratio or ("longer" if change > 0 else "shorter")


def ratio_in_words(before: float | None, after: float | None) -> str:
    """The ratio of two times in words: `2.4x as fast` or `10.1x as long`; empty if one of them is 0.

    Args:
        before: the time before, in seconds.
        after: the time after, in seconds.
    """
    if not before or not after:
        return ""
    ratio = max(before, after) / min(before, after)
    if ratio < LEAST_RATIO:
        return "about the same"
    decimals = 2 if ratio < 1.095 else 1 if ratio < 99.95 else 0  # 1.095 is told as 1.1, 99.95 as 100
    times = "more than 1,000x" if ratio >= 1000.5 else f"{ratio:,.{decimals}f}x"
    return f"{times} as {'long' if after > before else 'fast'}"


class TableRow(Protocol):
    """A row of a table: its values, and the longest time of the table, which decides the format of all."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def unit(self) -> Unit: ...
    @property
    def values(self) -> tuple[float | None, ...]: ...
    @property
    def longest_s(self) -> float: ...


TableRowT = TypeVar("TableRowT", bound=TableRow)


def in_common_unit(table: Iterable[TableRowT]) -> list[TableRowT]:
    """Return the rows of one table, with all times in the unit of the longest."""
    listed = list(table)
    longest_s = longest_of(value for row in listed if row.unit == "s" for value in row.values)
    return [replace(row, longest_s=longest_s) for row in listed]


class Changed(Protocol):
    """A figure and how it changed, with the 95 % interval of the change where there are replications."""

    @property
    def unit(self) -> Unit: ...
    @property
    def change(self) -> float | None: ...
    @property
    def interval(self) -> tuple[float, float] | None: ...
    @property
    def longest_s(self) -> float: ...
    @property
    def why_no_change(self) -> str: ...


def change_text(row: Changed) -> str:
    """The text of the change with its sign, and half the width of its interval if it has one.

    Without a change it is the reason, if there is one to be told.
    """
    if row.change is None:
        return row.why_no_change
    low, high = row.interval or (0.0, 0.0)
    if high - low <= CLOSE:
        return format_change(row.change, row.unit, row.longest_s)
    return format_spread(row.change, (high - low) / 2, row.unit, row.longest_s)


def rows(comparison: Compared) -> list[FigureRow]:
    """Return all rows that this result has a value for, in the order of the tables."""
    parts = (_clocks, _requests, _harm_rows, _server, _queue)
    return in_common_unit(row for part in parts for row in part(comparison))


FEW = ("response_time_s.mean", "completion_time_s.mean")


def few(listed: Iterable[FigureRow]) -> list[FigureRow]:
    """Return those rows for a quick look at a change: the means of both clocks, and all that went wrong."""
    return [row for row in listed if row.figure in FEW or row.group == WRONG]


def notes(comparison: Compared, listed: Sequence[FigureRow]) -> list[str]:
    """Return the remarks on the listed rows, one sentence each.

    Args:
        comparison: the result.
        listed: the rows that are shown.
    """
    figures = {row.figure for row in listed}
    somebody = any(comparison.figure(mode, "requests") for mode in comparison.modes)
    well = somebody and not (figures & {"responses.ok", "work.completed"} or _has_harm(listed))
    remarks = [ALL_WELL] if well else []
    with_spread = [row.figure.partition(".")[0] for row in listed if row.label == "p50"]
    left_out = any(f"{name}.{percentile}" not in figures for name in with_spread for percentile in ENOUGH)
    remarks += [TOO_FEW] if left_out else []
    remarks += cut_note(cut_at_s(comparison).values())
    return [*remarks, PLUS_MINUS] if comparison.interval and len(comparison.modes) > 1 else remarks


def cut_at_s(comparison: Compared) -> dict[Mode, float]:
    """Return `stop_at` in seconds, by each design in which something was unfinished then."""
    stop_at_s = comparison.scenario.stop_at_s
    return {} if stop_at_s is None else dict.fromkeys(comparison.cut, stop_at_s)


def _has_harm(listed: Sequence[FigureRow]) -> bool:
    return any(row.group == WRONG for row in listed)


def figure_row(
    comparison: Compared, name: str, *, group: str = "", label: str = "", least: float = 0
) -> FigureRow:
    """The row of one figure.

    Args:
        comparison: the result.
        name: the dotted name of the figure.
        group: the group to show it under; by default its own.
        label: the label to show; by default its own.
        least: a design with fewer observations than this shows no value.
    """
    figure = figure_named(name)
    cut = cut_at_s(comparison) if name == "ended_at_s" else {}
    own_label = CUT_AT if cut and cut.keys() == comparison.modes.keys() else figure.label
    group, label, stats = group or figure.group, label or own_label, name.partition(".")[0]
    values: dict[Mode, float | None] = {
        mode: comparison.figure(mode, name)
        if not least or (comparison.figure(mode, f"{stats}.count") or 0) >= least
        else None
        for mode in MODES
    }
    sync, asynchronous = (values[mode] for mode in MODES)
    if cut or comparison.stopped:
        is_unequal = bool(comparison.stopped)
        return FigureRow(
            *(group, label, name, figure.unit, sync, asynchronous, None), cut_at_s=cut, is_unequal=is_unequal
        )
    if sync is None or asynchronous is None:
        return FigureRow(group, label, name, figure.unit, sync, asynchronous, None)
    paired = (comparison.interval or {}).get("difference", {}).get(name)
    if paired is None:  # ten decimals: far finer than the clock, coarser than the dust of a subtraction
        change = round(asynchronous - sync, 10) + 0.0
        return FigureRow(group, label, name, figure.unit, sync, asynchronous, change)
    interval = (-paired["high"], -paired["low"])
    return FigureRow(group, label, name, figure.unit, sync, asynchronous, -paired["mean"] + 0.0, interval)


def _measured(row: FigureRow) -> bool:
    return row.sync is not None or row.async_ is not None


def _clocks(comparison: Compared) -> Iterator[FigureRow]:
    """What the customer waits, then when all work is done, in that order and always both.

    Times of only some of the clicks say so: of those who got the page, of the work that was completed.
    """
    served, done = (_is_true_of_all(comparison, name) for name in ("responses.ok", "work.completed"))
    waits = WAITS if served else f"{WAITS} (who got the page)"
    yield from _mark_rows(_clock(comparison, waits, "response_time_s"), of_some=not served)
    if not served:
        yield from _any_answer_rows(comparison)
    works = DONE if done else f"{DONE} (only where it got done)"
    yield from _mark_rows(_clock(comparison, works, "completion_time_s"), of_some=not done)


def _mark_rows(clock: Iterable[FigureRow], *, of_some: bool) -> Iterator[FigureRow]:
    return (replace(row, of_some=of_some) for row in clock)


def _is_true_of_all(comparison: Compared, name: str) -> bool:
    """Whether it is true of every click, in each design."""
    return all(comparison.figure(m, name) == comparison.figure(m, "requests") for m in comparison.modes)


def _any_answer_rows(comparison: Compared) -> Iterator[FigureRow]:
    """How long customers waited for whatever they got, where that was not always the page."""
    group = f"{WAITS} (for any answer)"
    error = figure_row(comparison, "error_time_s.mean", group=group, label="mean until an error page")
    yield from _clock(comparison, group, "wait_s")
    if _measured(error):
        yield error


def _clock(comparison: Compared, group: str, name: str) -> Iterator[FigureRow]:
    """One row where every time is the same, or nothing was measured; else mean, percentiles and maximum."""
    stats: list[Any] = [comparison.figure(mode, name) for mode in MODES]
    if all(times is None or times["max"] - times["min"] < CLOSE for times in stats):
        yield figure_row(comparison, f"{name}.mean", group=group, label=group)
        return
    for part in ("mean", "p50", *ENOUGH, "max"):
        row = figure_row(comparison, f"{name}.{part}", group=group, label=part, least=ENOUGH.get(part, 0))
        if _measured(row):
            yield row


def _counts(comparison: Compared, figures: Iterable[Figure | str]) -> Iterator[FigureRow]:
    """The counts that are not zero in every design."""
    for figure in figures:
        row = figure_row(comparison, figure if isinstance(figure, str) else figure.name)
        if row.sync or row.async_:
            yield row


def _requests(comparison: Compared) -> Iterator[FigureRow]:
    """How many came, clicks and people; and how many were served and completed, unless it was all of them."""
    requests = figure_row(comparison, "requests")
    people = figure_row(comparison, "customers")
    yield requests
    if _values(people) != _values(requests):
        yield people
    for name, total in (
        ("responses.ok", requests),
        ("customers_with_page", people),
        ("work.completed", requests),
    ):
        row = figure_row(comparison, name)
        if _values(row) != _values(total) and not (total is people and _values(people) == _values(requests)):
            yield row


def _values(row: FigureRow) -> tuple[float | None, float | None]:
    return row.sync, row.async_


def _harm_rows(comparison: Compared) -> Iterator[FigureRow]:
    """Harm in human terms, what the customer sees first.

    Messages that were given up have rows whatever became of the work: it may have been done all the same.
    """
    effects = dict.fromkeys(comparison.scenario.effects)
    yield from _counts(comparison, [*HARMS, PHANTOM, SILENT, *(f"duplicates.{effect}" for effect in effects)])
    yield from _counts(comparison, NOT_DONE)
    yield from _counts(comparison, [*GIVEN_UP, "workers.crashes"])


def _server(comparison: Compared) -> Iterator[FigureRow]:
    """Nothing, as long as there is a thread for everybody."""
    if comparison.scenario.server.threads is None:
        return
    yield figure_row(comparison, "server.utilisation")
    yield figure_row(comparison, "server.peak_waiting")


def _held(comparison: Compared) -> Iterator[FigureRow]:
    """The most messages at workers, where it says more than how many are at work, or met its limit."""
    held, workers = (comparison.figure("async", name) or 0 for name in (PEAK_HELD, "workers.count"))
    limit = comparison.scenario.queue.max_in_flight
    if held > workers or (limit is not None and held >= limit):
        yield figure_row(comparison, PEAK_HELD)


def _queue(comparison: Compared) -> Iterator[FigureRow]:
    """The asynchronous design's other waiting room, and when the last work was done."""
    published, requests = (comparison.figure("async", name) or 0 for name in ("queue.published", "requests"))
    if published and requests > 1:
        yield figure_row(comparison, "workers.utilisation")
    for name in QUEUE_FIGURES:
        yield from _counts(comparison, [name])
        if name == "queue.peak_depth" and comparison.replications == 1:  # a mean moment says nothing
            yield from _counts(comparison, ["queue.peak_depth_at_s"])
    yield from _held(comparison)
    group = QUEUE if "async" in comparison.modes else SERVER
    over = figure_row(comparison, "ended_at_s", group=group)
    last = figure_row(comparison, "completion_time_s.max")
    if over.cut_at_s or _values(over) != _values(last):  # else it stands among the times of the work
        yield over

"""The rows of a result: what the table in the terminal, the one in a notebook and a data frame all show.

Both clocks come first, the customer's before the work's. Then who was answered, what went wrong, and how
full the server and the queue were. Nothing is recomputed here: a row is a figure of the result and a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncasync_sim.model.formats import Unit
from syncasync_sim.model.scenario import MODES, Mode

if TYPE_CHECKING:
    from syncasync_sim.stats.comparison import Comparison

WAITS, DONE, REQUESTS = "customer waits", "all work done", "requests"
WRONG, SERVER, QUEUE = "what went wrong", "web server", "queue and workers"

ENOUGH = {"p95": 200, "p99": 1_000}
"""How many times there must be before a percentile is shown: then ten of them lie beyond it."""
CLOSE = 5e-7
"""Two figures are equal when they differ by less than half the clock's microsecond."""

TOO_FEW = "Percentiles without enough values behind them are left out: p95 needs 200, p99 1,000."
PLUS_MINUS = "±: half of the 95 % interval of the change, paired over the replications."
ALL_WELL = "Everybody got the page, all work was completed, nothing went wrong."


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure in both designs. None: not measured, or measured too seldom to be told.

    `change` is async - sync, paired over the replications where there are several; `interval` is then its
    95 % interval (low, high). A row whose label is its group's name is the only one of its group.
    """

    group: str
    label: str
    figure: str
    unit: Unit
    sync: float | None
    async_: float | None
    change: float | None
    interval: tuple[float, float] | None = None

    def value(self, mode: Mode) -> float | None:
        """The figure in one design."""
        return self.sync if mode == "sync" else self.async_

    def to_dict(self) -> dict[str, Any]:
        """Plain data: one column each, the change's interval as two."""
        low, high = self.interval or (None, None)
        return {
            **{"group": self.group, "label": self.label, "figure": self.figure, "unit": self.unit},
            **{"sync": self.sync, "async": self.async_, "change": self.change},
            **{"change_low": low, "change_high": high},
        }

    @property
    def unclear(self) -> bool:
        """Whether the change may as well be none: its interval has zero inside."""
        return is_unclear(self.interval)

    def in_words(self) -> str:
        """What the change means: `2.4x shorter`, `no clear change`; empty where its sign says it all."""
        if self.unclear:
            return "no clear change"
        if self.change is None or self.unit != "s":
            return ""
        return change_in_words(self.figure, self.sync, self.async_, self.change)


def is_unclear(interval: tuple[float, float] | None) -> bool:
    """Whether a change with this interval may as well be none: zero lies inside."""
    return interval is not None and interval[0] < 0 < interval[1]


def change_in_words(figure: str, before: float | None, after: float | None, change: float) -> str:
    """What the change of a time means: `2.4x shorter`, `later`, `the same`."""
    if abs(change) < CLOSE:
        return "the same"
    at_a_moment = figure.endswith("_at_s")
    words = ("earlier", "later") if at_a_moment else ("shorter", "longer")
    return ("" if at_a_moment else times_as(before, after)) + words[change > 0]


def times_as(before: float | None, after: float | None) -> str:
    """How many times *after* is shorter or longer than *before*, as `2.4x `; a small change in percent."""
    if not before or not after:
        return ""
    ratio = max(before, after) / min(before, after)
    if ratio < 1.1:
        return f"{abs(after - before) / before * 100:.2g} % "
    return f"{ratio:.1f}x " if ratio < 100 else f"{ratio:,.0f}x "


def rows(comparison: Comparison) -> list[FigureRow]:
    """All rows that say something about this result, in the order they are shown."""
    parts = (_clocks, _requests, _went_wrong, _server, _queue)
    return [row for part in parts for row in part(comparison)]


def notes(comparison: Comparison, listed: Sequence[FigureRow]) -> list[str]:
    """What has to be said about the rows *listed*, one sentence each."""
    shown = {row.figure for row in listed}
    somebody = any(comparison.figure(mode, "requests") for mode in comparison.modes)
    well = somebody and not (shown & {"responses.ok", "work.completed"} or _wrong(listed))
    told = [ALL_WELL] if well else []
    with_spread = [row.figure.partition(".")[0] for row in listed if row.label == "p50"]
    left_out = any(f"{name}.{percentile}" not in shown for name in with_spread for percentile in ENOUGH)
    told += [TOO_FEW] if left_out else []
    return [*told, PLUS_MINUS] if comparison.interval and len(comparison.modes) > 1 else told


def _wrong(listed: Sequence[FigureRow]) -> bool:
    return any(row.group == WRONG for row in listed)


def figure_row(
    comparison: Comparison, group: str, label: str, figure: str, unit: Unit, least: float = 0
) -> FigureRow:
    """The row of one figure; a design that measured it fewer than *least* times keeps it to itself."""
    stats = figure.partition(".")[0]
    values: dict[Mode, float | None] = {
        mode: comparison.figure(mode, figure)
        if not least or (comparison.figure(mode, f"{stats}.count") or 0) >= least
        else None
        for mode in MODES
    }
    sync, asynchronous = (values[mode] for mode in MODES)
    if sync is None or asynchronous is None:
        return FigureRow(group, label, figure, unit, sync, asynchronous, None)
    paired = (comparison.interval or {}).get("difference", {}).get(figure)
    if paired is None:  # ten decimals: far finer than the clock, coarser than the dust of a subtraction
        change = round(asynchronous - sync, 10) + 0.0
        return FigureRow(group, label, figure, unit, sync, asynchronous, change)
    interval = (-paired["high"], -paired["low"])
    return FigureRow(group, label, figure, unit, sync, asynchronous, -paired["mean"] + 0.0, interval)


def unit_of(figure: str) -> Unit:
    """What a figure without its design, as `queue.max_wait_s`, is measured in."""
    name, _, part = figure.partition(".")
    if part == "utilisation":
        return "share"
    return "s" if part.endswith("_s") or (name.endswith("_s") and part != "count") else "count"


def _measured(row: FigureRow) -> bool:
    return row.sync is not None or row.async_ is not None


def _clocks(comparison: Comparison) -> Iterator[FigureRow]:
    """What the customer waits, then when all work is done, in that order and always both."""
    yield from _clock(comparison, WAITS, "response_time_s")
    error = figure_row(comparison, WAITS, "mean until an error page", "error_time_s.mean", "s")
    if _measured(error):
        yield error
    yield from _clock(comparison, DONE, "completion_time_s")


def _clock(comparison: Comparison, group: str, name: str) -> Iterator[FigureRow]:
    """One row where every time is the same, or nothing was measured; else mean, percentiles and maximum."""
    stats: list[Any] = [comparison.figure(mode, name) for mode in MODES]
    if all(one is None or one["max"] - one["min"] < CLOSE for one in stats):
        yield figure_row(comparison, group, group, f"{name}.mean", "s")
        return
    for part in ("mean", "p50", *ENOUGH, "max"):
        row = figure_row(comparison, group, part, f"{name}.{part}", "s", ENOUGH.get(part, 0))
        if _measured(row):
            yield row


def _counts(comparison: Comparison, group: str, named: Sequence[tuple[str, str]]) -> Iterator[FigureRow]:
    """The counts that are not zero in every design."""
    for label, figure in named:
        row = figure_row(comparison, group, label, figure, "count")
        if row.sync or row.async_:
            yield row


def _requests(comparison: Comparison) -> Iterator[FigureRow]:
    """How many came; and how many were served and completed, unless it was all of them."""
    asked = figure_row(comparison, REQUESTS, "requests", "requests", "count")
    yield asked
    for label, figure in (
        ("answered with the page", "responses.ok"),
        ("all work completed", "work.completed"),
    ):
        row = figure_row(comparison, REQUESTS, label, figure, "count")
        if (row.sync, row.async_) != (asked.sync, asked.async_):
            yield row


def _went_wrong(comparison: Comparison) -> Iterator[FigureRow]:
    """Harm in human terms, what the customer sees first."""
    effects = comparison.scenario.effects
    named = [
        ("error pages", "responses.error"),
        ("timed out", "responses.timed_out"),
        ("rejected", "responses.rejected"),
        ("still waiting at the end", "responses.none"),
        ("no page, yet something done", "phantom_errors"),
        *((f"{effect} too often", f"duplicates.{effect}") for effect in dict.fromkeys(effects)),
        ("work failed for good", "work.failed"),
        ("work dead-lettered", "work.dead_lettered"),
        ("work lost", "work.lost"),
        ("work unfinished", "work.unfinished"),
        ("workers died", "workers.crashes"),
    ]
    yield from _counts(comparison, WRONG, named)


def _server(comparison: Comparison) -> Iterator[FigureRow]:
    """Nothing, as long as there is a thread for everybody."""
    if comparison.scenario.server.threads is None:
        return
    yield figure_row(comparison, SERVER, "threads busy", "server.utilisation", "share")
    yield figure_row(comparison, SERVER, "most waiting for a thread", "server.peak_waiting", "count")


def _queue(comparison: Comparison) -> Iterator[FigureRow]:
    """The asynchronous design's other waiting room, and when the last work was done."""
    published, requests = (comparison.figure("async", name) or 0 for name in ("queue.published", "requests"))
    if published and requests > 1:
        yield figure_row(comparison, QUEUE, "workers busy", "workers.utilisation", "share")
    yield from _counts(comparison, QUEUE, [("most messages waiting", "queue.peak_depth")])
    for label, figure in (("most waiting at", "queue.peak_depth_at_s"), ("longest wait", "queue.max_wait_s")):
        row = figure_row(comparison, QUEUE, label, figure, "s")
        if row.async_:
            yield row
    yield from _counts(comparison, QUEUE, [("messages redelivered", "queue.redelivered")])
    group = QUEUE if "async" in comparison.modes else SERVER
    over = figure_row(comparison, group, "last work done at", "ended_at_s", "s")
    last = figure_row(comparison, QUEUE, "", "completion_time_s.max", "s")
    if (over.sync, over.async_) != (last.sync, last.async_):  # else it stands among the times of the work
        yield over

"""Times by percentile, the rare ones stretched out, as HdrHistogram plots them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from syncasync_sim.model.formats import MISSING, format_count, format_share, format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.render.axes import TAIL_STATISTICS, height_range, of_how_many, round_ticks, unit_of_axis
from syncasync_sim.render.run_charts.chart import Chart, ChartAxis, Curve, Panel
from syncasync_sim.render.style import LOOKS, Look
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.rows import ENOUGH
from syncasync_sim.trace.queries import WarmUpFilter, answered_within, done_within
from syncasync_sim.trace.records import Trace

MOST_POINTS = 2_000
"""A line has about so many points at most; the rarest thousand times are all among them."""
IN_TABLE = (0, 25_000, 50_000, 75_000, 90_000, 95_000, 99_000, 99_900, 99_990, 99_999, 100_000)
"""The shares in the table, of 100,000 clicks."""
FEWEST_CUSTOMERS = 20
"""With fewer there is no percentile from the median on that ten others lie beyond."""


@dataclass(frozen=True, slots=True)
class _Times:
    """The times of one clock of one design, of how many clicks in all, and how their line is drawn."""

    name: str
    times_us: Sequence[int]
    clicks: int
    look: Look

    @property
    def share(self) -> float:
        """The share of all clicks that have such a time."""
        return len(self.times_us) / self.clicks if self.clicks else 0.0

    @property
    def full_name(self) -> str:
        """Its name, with the share if that is not all."""
        return self.name if self.share == 1 else f"{self.name}\n{format_share(self.share)} of the clicks"


def percentile_chart(comparison: Comparison, traces: Mapping[Mode, Trace]) -> Chart | None:
    """The chart of waiting times by percentile, with the rare ones stretched out.

    The percentiles are of all clicks: a line whose time only some of them have ends at their share, which is
    in its name. Any other line ends where ten observations remain. If there are too few for a percentile, the
    title names the slowest, and the lines go on to it. A line of too few times is named below the chart.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
    """
    rare = _tail_statistic(comparison)
    clocks = [clock for mode in MODES if mode in traces for clock in _clocks(mode, traces[mode])]
    drawn = [clock for clock in clocks if len(clock.times_us) >= FEWEST_CUSTOMERS]
    if not drawn:
        return None
    beyond = 0 if rare == "max" else 10
    points = [_thinned_percentiles(clock.times_us, clock.clicks, beyond) for clock in drawn]
    heights_s = [t for _, seconds in points for t in (seconds[0], seconds[-1])]
    scale, unit = unit_of_axis(heights_s)
    last = max(x[-1] for x, _ in points)
    label = "share of all clicks that are answered, or done, within this time"
    panel = Panel(
        ChartAxis(label, 1, last, is_log=True, ticks=tuple(_ticks(last, rare).items())),
        ChartAxis(f"time since the click ({unit})", *height_range([t * scale for t in heights_s])),
        curves=tuple(
            Curve(clock.full_name, clock.look, tuple(x), tuple(t * scale for t in seconds), is_named=True)
            for clock, (x, seconds) in zip(drawn, points, strict=True)
        ),
    )
    left_out = [clock for clock in clocks if clock not in drawn]
    columns = ("share of all clicks", *(clock.name for clock in drawn))
    note = _why_left_out(left_out) if left_out else ""
    return Chart(_finding(comparison, rare), (panel,), columns, tuple(_rows(drawn, beyond)), note)


def _clocks(mode: Mode, trace: Trace) -> list[_Times]:
    """Both clocks of a design, as one where they are equal."""
    look = LOOKS[mode]
    counted = WarmUpFilter(trace)
    waits, done = answered_within(trace, counted), done_within(trace, counted)
    if mode == "sync" and waits.times_us == done.times_us:
        return [_Times(f"{mode}: waits, all work done", waits.times_us, waits.clicks, look)]
    dotted = replace(look, dash=":", marker="^")
    return [
        _Times(f"{mode}: waits", waits.times_us, waits.clicks, look),
        _Times(f"{mode}: all work done", done.times_us, done.clicks, dotted),
    ]


def _ticks(last: float, rare: str) -> dict[float, str]:
    """The ticks and their names, with the percentile of the title; round shares if all lines end early."""
    if last < 2:
        return {1 / (1 - p / 100): f"{p:g} %" for p in round_ticks(0, 100 - 100 / last, 5)}
    tenth = 20 if rare == "p95" else 10
    ticks = (x for x in (2, tenth, 100, 1_000, 10_000, 100_000) if x <= last * 1.001)
    return {1.0: "0 %\nall"} | {x: f"{100 - 100 / x:.6g} %\n1 in {x:,}" for x in ticks}


def _why_left_out(clocks: Sequence[_Times]) -> str:
    """`Not drawn: sync: waits, 5 clicks (0.65 %). A line needs 20.`"""
    named = [
        f"{clock.name}, {format_count(len(clock.times_us))} click{'' if len(clock.times_us) == 1 else 's'} "
        f"({format_share(clock.share)})"
        for clock in clocks
    ]
    return f"Not drawn: {'; '.join(named)}. A line needs {FEWEST_CUSTOMERS}."


def _thinned_percentiles(
    times_us: Sequence[int], clicks: int, beyond: int
) -> tuple[list[float], list[float]]:
    """The k-th smallest against n / (n - k), while so many clicks lie *beyond*; evenly on a log axis.

    Of all n *clicks* those without a time lie beyond every time. Where none does, the greatest time is drawn
    above the last but one: 1 in n takes as long.
    """
    last = min(len(times_us), clicks - beyond)
    step = last / MOST_POINTS if last > MOST_POINTS else 0
    kept: list[int] = []
    for k in range(1, last + 1):
        if not kept or k == last or len(times_us) - k < 1_000 or k - kept[-1] > step:
            kept.append(k)
    return [clicks / max(clicks - k, 1) for k in kept], [times_us[k - 1] / US_PER_S for k in kept]


def _served(comparison: Comparison) -> dict[Mode, int]:
    """How many requests got the page, in each design."""
    return {mode: int(comparison.figure(mode, "response_time_s.count") or 0) for mode in comparison.modes}


def _tail_statistic(comparison: Comparison) -> str:
    """What the title tells of: one in a hundred, or in twenty, or the slowest where those are too few."""
    fewest = min((count for count in _served(comparison).values() if count), default=0)
    return next((rare for rare in ("p99", "p95") if fewest >= ENOUGH[rare]), "max")


def _finding(comparison: Comparison, rare: str) -> str:
    """The rare waiting times, the share of clicks that they are of, and the designs that serve nobody."""
    served = _served(comparison)
    none = [f"nobody gets the page in {mode}" for mode, count in served.items() if not count]
    times = [
        f"{format_time(comparison.figure(mode, f'response_time_s.{rare}'))} in {mode}"
        f"{of_how_many(count, comparison.figure(mode, 'requests'))}"
        for mode, count in served.items()
        if count
    ]
    sentence = "; ".join([*([f"{TAIL_STATISTICS[rare]} {', '.join(times)}"] if times else []), *none])
    return sentence[:1].upper() + sentence[1:]


def _rows(clocks: Sequence[_Times], beyond: int) -> Iterator[tuple[str, ...]]:
    """The time within which a share of the clicks is answered, or done, as far as each line goes."""
    for part in IN_TABLE:
        times = [_time_of(clock, part, beyond) for clock in clocks]
        if set(times) != {MISSING}:
            yield (f"{part / 1_000:g} %", *times)


def _time_of(clock: _Times, part: int, beyond: int) -> str:
    """The text of the time of so many of 100,000 clicks; `-` where there are too few."""
    rank = max(-(-clock.clicks * part // 100_000), 1)
    is_too_rare = part < 100_000 and clock.clicks * (100_000 - part) < 100_000
    if is_too_rare or rank > min(len(clock.times_us), clock.clicks - beyond):
        return MISSING
    return format_time(clock.times_us[rank - 1] / US_PER_S)

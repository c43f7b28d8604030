"""How many were where and what came and went, over the time of a run: lines, ready to be drawn and told.

Customers are counted from the moves, as the boxes of the picture are; messages as the table counts them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from math import floor, log10
from typing import Any

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.replay.captions import EventKind
from syncasync_sim.replay.items import Lane
from syncasync_sim.replay.picture_boxes import GONE
from syncasync_sim.replay.processes import broker_downs, server_downs
from syncasync_sim.trace import queries
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.series import Series, queue_depth, series

BINS = 160
"""How many pieces the time is cut into."""
WINDOW = 8
"""A rate is the mean over so many pieces, the last of them the one at the cursor."""
FEWEST = 20
"""Of fewer customers a rate says nothing: one alone would be a rectangle as wide as the window."""
WAITING: dict[Mode, str] = {"sync": "waiting for the page, sync", "async": "waiting for the page, async"}
WIDE, HIGH, MARGIN = 1000, 100, 3
"""The picture of a band, in its own units; lines stay away from its edges."""


def over_time(lanes: Sequence[Lane], end_us: int) -> list[dict[str, Any]]:
    """Return the bands of the strip, each with its `name`, its greatest values in words, and its `lines`.

    A line has a `label`, a `look`, a `path` to draw, and `steps`: the times from which a number holds, in
    words. `down` is the path of the outages. With too few customers for a rate there is no second band.

    Args:
        lanes: the moves of each design.
        end_us: the end of the run, in microseconds.
    """
    axis = _Axis(end_us)
    levels = [line for lane in lanes for line in lane.once(_levels)]
    rates = [line for lane in lanes for line in _rates(lane, axis, first=lane is lanes[0])]
    scenario = lanes[0].trace.scenario
    since = f", from {format_time(scenario.warm_up_s)} on" if scenario.warm_up_s else ""
    most = f"at most{since}: " + ", ".join(
        f"{peak:,} {noun if peak != 1 else noun.removesuffix('s')}" for *_, noun, peak in levels
    )
    down = "".join(
        axis.stretch(round(outage.from_s * US_PER_S), outage.until_s)
        for step in scenario.steps
        for outage in step.outages
    )
    down += "".join(axis.stretch(begin, end / US_PER_S) for begin, end in server_downs(scenario))
    down += "".join(
        axis.stretch(begin, None if end == NEVER else end / US_PER_S) for begin, end in broker_downs(scenario)
    )
    drawn = [(label, look, axis.highest(series), _steps(series)) for label, look, series, *_ in levels]
    bands = [
        {"name": "Who waits", "most": most, "down": down, "lines": _line_dicts(axis, drawn, format_count)}
    ]
    if rates:
        most_text = f"at most {_per_second(max(max(values) for _, _, values, _ in rates))}"
        bands.append(
            {"name": "Rates", "most": most_text, "down": down, "lines": _line_dicts(axis, rates, _per_second)}
        )
    return bands


_Line = tuple[str, str, Sequence[float], Sequence[tuple[int, float]]]
"""Label, look, the greatest value of each piece of time, and the values with the times they begin at."""


def _line_dicts(axis: _Axis, lines: Sequence[_Line], text_of: Callable[[float], str]) -> list[dict[str, Any]]:
    top = max(max(values) for _, _, values, _ in lines) or 1
    texts = {value: text_of(value) for value in {value for *_, steps in lines for _, value in steps}}
    return [
        {
            **{"label": label, "look": look},
            "path": axis.path([value / top for value in values], filled=look == "in"),
            "steps": [[t, texts[value]] for t, value in steps],
        }
        for label, look, values, steps in lines
    ]


def _steps(series: Series) -> list[tuple[int, float]]:
    """The levels from time 0 on."""
    before = [] if series.times_us and series.times_us[0] <= 0 else [(0, 0)]
    return [*before, *zip(series.times_us, series.levels, strict=True)]


def _per_second(rate: float) -> str:
    return f"{rate:.1f}/s"


class _Axis:
    """The time of the run, cut into equally long pieces."""

    def __init__(self, end_us: int) -> None:
        self.end_us = end_us or 1
        self.piece = max(1, -(-end_us // BINS))
        self.number = end_us // self.piece + 1

    def path(self, shares: Sequence[float], *, filled: bool) -> str:
        """Steps from piece to piece, as an SVG path; *shares* are those of the highest."""
        texts = {share: f"{HIGH - MARGIN - share * (HIGH - 2 * MARGIN):.3g}" for share in {*shares}}
        heights = [texts[share] for share in shares]
        parts = [f"M0 {heights[0]}"]
        for height, pieces in groupby(range(1, self.number), key=heights.__getitem__):
            parts.append(f"H{self._x(next(pieces) * self.piece)}V{height}")
        return f"{''.join(parts)}H{WIDE}{f'V{HIGH}H0Z' if filled else ''}"

    def stretch(self, from_us: int, until_s: float | None) -> str:
        """A stretch of time as a rectangle; without *until_s* it reaches to the end."""
        until_us = self.end_us if until_s is None else round(until_s * US_PER_S)
        return f"M{self._x(from_us)} 0H{self._x(until_us)}V{HIGH}H{self._x(from_us)}Z"

    def _x(self, t: int) -> str:
        return f"{min(WIDE, t * WIDE / self.end_us):.4g}"

    def count(self, times: Iterable[int]) -> list[int]:
        """How many of *times* are in each piece."""
        counted = [0] * self.number
        for at in times:
            counted[min(at // self.piece, self.number - 1)] += 1
        return counted

    def highest(self, series: Series) -> list[int]:
        """The greatest level in each piece; what it was at the beginning of the piece counts, too."""
        levels, pieces = [0, *series.levels], range(self.number)
        before = [bisect_left(series.times_us, at * self.piece) for at in pieces]  # changes before each piece
        return [max(levels[first : last + 1]) for first, last in pairwise([*before, len(levels)])]


def _levels(lane: Lane) -> Sequence[tuple[str, str, Series, str, int]]:
    """Label, look and values of a line, whom it counts in a word, and the most from the warm-up on."""
    trace, mode = lane.trace, lane.trace.mode
    window = queries.window_us(trace)
    waiting = _spinners(lane)
    levels: list[tuple[str, str, Series, str, int]] = [
        (WAITING[mode], mode, waiting, mode, waiting.observed(*window).peak()[0])
    ]
    if any(box.id == "queue" for box in lane.boxes):
        depth = queue_depth(trace)
        most = depth.observed(*window).peak()[0]
        levels.append(("messages waiting, retries included", "queue", depth, "messages", most))
    return levels


def _spinners(lane: Lane) -> Series:
    """How many customers look at a spinner, after all that happens at a moment: in line or in a thread."""
    boxes = {index for index, box in enumerate(lane.boxes) if box.id in ("wait", "threads")}
    customers = {number for number, item in enumerate(lane.items) if item.kind == "customer"}
    ups, downs, inside = list[int](), list[int](), set[int]()
    for move in lane.moves:
        item = move.item
        if item not in customers or (item in inside) == (move.box in boxes):
            continue
        if item in inside:
            inside.remove(item)
            downs.append(move.t)
        else:
            inside.add(item)
            ups.append(move.t)
    return series(ups, downs)


def _rates(lane: Lane, axis: _Axis, *, first: bool) -> Iterator[_Line]:
    """The customers who come are the same in both designs, so only the *first* tells them."""
    mode, came = lane.trace.mode, {item.customer for item in lane.items}
    if len(came) < FEWEST:
        return
    clicks = {item for item, it in enumerate(lane.items) if it.kind == "customer" and not it.click}
    seen: set[int] = set()
    clicked: list[int] = []
    for move in lane.moves:
        if move.item in clicks and move.item not in seen:
            clicked.append(move.t)
            seen.add(move.item)
    wanted = [("customers who come", "in", clicked)] if first else []
    wanted.append((f"pages, {mode}", mode, _times(lane, EventKind.PAGE)))
    if queued := _times(lane, EventKind.QUEUED) or _times(lane, EventKind.RELAYED):
        wanted.append(("messages published", "queue-in", queued))
        wanted.append(("messages done", "queue", _times(lane, EventKind.DONE)))
    for label, look, times in wanted:
        rate = _rate(axis.count(times), axis.piece)
        changes = [at for at, value in enumerate(rate) if not at or value != rate[at - 1]]
        yield label, look, rate, [(at * axis.piece, rate[at]) for at in changes]


def peaks(lane: Lane) -> list[int]:
    """Return the greatest number of items that are in each box at once, also for an instant."""
    there, most, last = [0] * len(lane.boxes), [0] * len(lane.boxes), dict[int, int]()
    for move in lane.moves:
        before = last.get(move.item, GONE)
        if before != GONE:
            there[before] -= 1
        if move.box != GONE:
            there[move.box] += 1
            most[move.box] = max(most[move.box], there[move.box])
        last[move.item] = move.box
    return most


def _times(lane: Lane, mark: EventKind) -> list[int]:
    return [move.t for move in lane.moves if move.mark == mark]


def _rate(counts: Sequence[int], piece: int) -> list[float]:
    """Per second, with one decimal; before the first piece nothing came."""
    sums = [0, *accumulate(counts)]
    return [
        round((sums[index + 1] - sums[max(0, index + 1 - WINDOW)]) * US_PER_S / (piece * WINDOW), 1)
        for index in range(len(counts))
    ]


def ticks(end_us: int, wanted: int = 8) -> list[float]:
    """Return round values in seconds for the axis.

    Args:
        end_us: the end of the axis, in microseconds.
        wanted: about the number of values.
    """
    raw = end_us / US_PER_S / wanted or 1.0
    power = 10.0 ** floor(log10(raw))
    apart = next(n * power for n in (1, 2, 5, 10) if n * power >= raw * 0.999)
    return [round(index * apart, 6) for index in range(int(end_us / US_PER_S / apart + 1e-9) + 1)]


def effects(names: Iterable[str], happened: Iterable[queries.Effect]) -> list[dict[str, Any]]:
    """Return for each effect its `name` and its `steps`.

    A step is a time, and how often the effect had happened from then on, in words.
    A step in which a customer had the effect more than once says so in a third place.

    Args:
        names: the names of all effects.
        happened: what happened, in order of time.
    """
    again = dict.fromkeys(names, 0)
    steps_by_effect: dict[str, list[list[int | str]]] = {name: [[0, "0"]] for name in again}
    for row in happened:
        name = row.effect
        again[name] += row.ordinal > 1
        often = [f", {again[name]:,} too often"] if again[name] else []
        steps_by_effect[name].append([row.at_us, f"{len(steps_by_effect[name]):,}", *often])
    return [{"name": name, "steps": steps} for name, steps in steps_by_effect.items()]

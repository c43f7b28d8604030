"""One design twice, before and after a change of the scenario, with common random numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from syncasync_sim.model.figures import (
    CLOSE,
    DONE,
    GIVEN_UP,
    HARMS,
    NOT_DONE,
    PHANTOM,
    WAITS,
    Figure,
    read,
    share_of,
)
from syncasync_sim.model.figures import figure as figure_named
from syncasync_sim.model.formats import MISSING, Unit
from syncasync_sim.model.modes import Mode
from syncasync_sim.stats.replications import columns, difference, flat, means
from syncasync_sim.stats.rows import (
    ENOUGH,
    PEAK_HELD,
    QUEUE_FIGURES,
    change_in_words,
    in_common_unit,
    is_unclear,
)
from syncasync_sim.stats.summary import Summary

_MISSING = {
    "response_time_s": "no click gets the page",
    "completion_time_s": "no click gets all work done",
    "queue": "no message is taken",
}
"""Why there is no time, by the first part of its figure's name."""
TIMES = {WAITS: "response_time_s", DONE: "completion_time_s"}
"""The times of the two clocks."""
_OF_SOME = {WAITS: "who gets the page", DONE: "what gets done"}
_PARTS = (
    ("responses.ok", "requests"),
    ("customers_with_page", "customers"),
    ("work.completed", "requests"),
)
"""Figures that are shown where they are not the whole, and the whole of each."""
_STATISTICS = ("mean", "p95", "max")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One figure before and after; `change` is after - before, paired over the replications."""

    group: str
    label: str
    figure: str
    unit: Unit
    before: float | None
    after: float | None
    change: float | None
    interval: tuple[float, float] | None = None
    longest_s: float = 0.0
    """The longest time it is shown together with."""
    of_some: bool = False
    """Whether it is a time that not all clicks have, before or after."""
    of_others: bool = False
    """Whether before and after are times of different clicks, so that there is no difference."""

    @property
    def values(self) -> tuple[float | None, ...]:
        """What is compared: before, after and the change."""
        return self.before, self.after, self.change

    @property
    def full_label(self) -> str:
        """The label in a table without groups, as `all work done (what gets done), mean`."""
        group = f"{self.group} ({_OF_SOME[self.group]})" if self.of_some else self.group
        if self.label == self.group:
            return group
        return f"{group}, {self.label}" if self.label in _STATISTICS else self.label

    @property
    def is_changed(self) -> bool:
        """Whether there is a change, as far as can be told: one with zero in its interval is none."""
        if self.change is None:
            return self.before != self.after
        return abs(self.change) > CLOSE and not is_unclear(self.interval)

    @property
    def why_no_change(self) -> str:
        """Why there is no difference; empty where there is one."""
        if self.change is not None:
            return ""
        if self.before is None or self.after is None:
            return MISSING
        return "other clicks" if self.of_others else "too few replications"

    @property
    def why_missing(self) -> str:
        """Why a value is `-`; empty where there are both."""
        if self.before is not None and self.after is not None:
            return ""
        return _MISSING.get(self.figure.partition(".")[0], "not measured")

    def in_words(self) -> str:
        """The change in words: `2.4x as fast`, `no clear change`; empty if the change alone is enough."""
        if is_unclear(self.interval):
            return "no clear change"
        if self.change is None or self.unit != "s":
            return ""
        return change_in_words(self.figure, self.before, self.after, self.change)


@dataclass(frozen=True, slots=True)
class Change:
    """The figures of one design before and after, as in the JSON of a run (means over the replications).

    `difference` is after - before by dotted name: its mean, and with several replications the 95 % interval
    (`low`, `high`), paired replication by replication.
    """

    mode: Mode
    before: dict[str, Any]
    after: dict[str, Any]
    difference: dict[str, dict[str, float] | None]
    replications: int

    def rows(self) -> list[ChangeRow]:
        """Return the rows of the figures that matter, beginning with the waits of customers.

        A figure that is zero on both sides is left out. A time that belongs to other clicks before than after
        has no difference.
        """
        return in_common_unit([*self._clock(WAITS), *self._rows_after_waits()])

    def shares(self, group: str) -> tuple[float, float]:
        """Return the share of all clicks that have a time of a clock, before and after.

        Args:
            group: the clock, a key of `TIMES`.
        """
        before, after = (share_of(TIMES[group], partial(read, side)) for side in (self.before, self.after))
        return 1.0 if before is None else before, 1.0 if after is None else after

    def row(self, name: str, *, group: str = "", label: str = "") -> ChangeRow:
        """The row of one figure.

        Args:
            name: the dotted name of the figure, as `response_time_s.p95`.
            group: the group to show it under; by default its own.
            label: the label to show; by default its own.
        """
        named = figure_named(name)
        group, label = group or named.group, label or named.label
        before, after = read(self.before, name), read(self.after, name)
        difference = self.difference.get(name)
        change = (
            None
            if difference is None or before is None or after is None
            else round(difference["mean"], 10) + 0.0
        )
        interval = (
            (difference["low"], difference["high"])
            if difference is not None and "low" in difference
            else None
        )
        return ChangeRow(group, label, name, named.unit, before, after, change, interval)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures before and after, and their difference, as plain data."""
        return {"before": self.before, "after": self.after, "difference": self.difference}

    def _clock(self, group: str) -> Iterator[ChangeRow]:
        """The times of a clock; where other clicks have them before than after, without a difference."""
        before, after = self.shares(group)
        for row in self._times(group, TIMES[group]):
            if abs(before - after) < CLOSE:
                yield replace(row, of_some=before < 1)
            else:
                yield replace(row, of_some=True, of_others=True, change=None, interval=None)

    def _times(self, group: str, name: str) -> Iterator[ChangeRow]:
        """One row where all times are the same on each side; else mean, p95 if there are enough, maximum."""
        stats = [side[name] for side in (self.before, self.after)]
        measured = [times for times in stats if times is not None]
        if all(times["max"] - times["min"] < CLOSE for times in measured):
            yield self.row(f"{name}.mean", group=group, label=group)
            return
        yield self.row(f"{name}.mean", group=group)
        if all(times["count"] >= ENOUGH["p95"] for times in measured):
            yield self.row(f"{name}.p95", group=group)
        yield self.row(f"{name}.max", group=group)

    def _rows_after_waits(self) -> Iterator[ChangeRow]:
        effects = dict.fromkeys([*self.before["duplicates"], *self.after["duplicates"]])
        too_often = [figure_named(f"duplicates.{effect}") for effect in effects]
        yield from self._nonzero_rows([*HARMS, PHANTOM, *too_often, *NOT_DONE, *GIVEN_UP])
        yield from self._clock(DONE)
        yield self.row("requests")
        for part, total in _PARTS:
            if any(read(side, part) != read(side, total) for side in (self.before, self.after)):
                yield self.row(part)
        if any(side["server"]["threads"] is not None for side in (self.before, self.after)):
            yield from self._nonzero_rows([figure_named("server.peak_waiting")])
        yield from self._nonzero_rows(map(figure_named, QUEUE_FIGURES))
        held, workers = PEAK_HELD, "workers.count"
        if any((read(side, held) or 0) > (read(side, workers) or 0) for side in (self.before, self.after)):
            yield self.row(held)

    def _nonzero_rows(self, figures: Iterable[Figure]) -> Iterator[ChangeRow]:
        rows = (self.row(figure.name) for figure in figures)
        return (row for row in rows if row.before or row.after)


def change_of(before: Sequence[Summary], after: Sequence[Summary]) -> Change:
    """Compare the replications of one design before and after a change.

    Replications pair one by one; if one side has more than the other, the rest is left out.

    Args:
        before: the summaries before the change.
        after: the summaries after the change.

    Raises:
        ValueError: one side is empty, the designs differ, or the replications do not pair.
    """
    pairs = list(zip(before, after, strict=False))
    if not pairs:
        raise ValueError("nothing to contrast: give at least one summary of each side")
    if any((b.mode, b.replication) != (a.mode, a.replication) for b, a in pairs):
        raise ValueError("the replications do not pair")
    sides = [[side.to_dict() for side in listed] for listed in zip(*pairs, strict=True)]
    first, second = (listed[0] if len(listed) == 1 else means(listed) for listed in sides)
    return Change(pairs[0][0].mode, first, second, _differences(*sides), len(pairs))


def _differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, float] | None]:
    if len(before) > 1:
        left, right = columns(after), columns(before)
        return {".".join(path): difference(left[path], right[path]) for path in left if path in right}
    before_values, after_values = dict(flat(before[0])), dict(flat(after[0]))
    both = ((path, value, before_values.get(path)) for path, value in after_values.items())
    return {".".join(path): {"mean": a - b} for path, a, b in both if a is not None and b is not None}

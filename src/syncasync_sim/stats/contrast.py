"""One design twice, before and after a change of the scenario, on the same customers with the same luck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncasync_sim.model.formats import Unit
from syncasync_sim.model.scenario import Mode
from syncasync_sim.stats.replications import columns, difference, flat, means
from syncasync_sim.stats.rows import (
    CLOSE,
    DONE,
    ENOUGH,
    QUEUE,
    REQUESTS,
    SERVER,
    WAITS,
    WRONG,
    change_in_words,
    is_unclear,
)
from syncasync_sim.stats.summary import Summary

HARM = (
    ("error pages", "responses.error"),
    ("timed out", "responses.timed_out"),
    ("rejected", "responses.rejected"),
    ("still waiting at the end", "responses.none"),
    ("no page, yet something done", "phantom_errors"),
)
NOT_DONE = (
    ("work failed for good", "work.failed"),
    ("work dead-lettered", "work.dead_lettered"),
    ("work lost", "work.lost"),
    ("work unfinished", "work.unfinished"),
)


@dataclass(frozen=True, slots=True)
class ContrastRow:
    """One figure before and after; `change` is after - before, paired over the replications."""

    group: str
    label: str
    figure: str
    unit: Unit
    before: float | None
    after: float | None
    change: float | None
    interval: tuple[float, float] | None = None

    @property
    def is_changed(self) -> bool:
        """Whether there is a change, as far as can be told: one with zero in its interval is none."""
        if self.change is None:
            return self.before != self.after
        return abs(self.change) > CLOSE and not is_unclear(self.interval)

    def in_words(self) -> str:
        """`2.4x shorter`, `no clear change`; empty where the change says it all."""
        if is_unclear(self.interval):
            return "no clear change"
        if self.change is None or self.unit != "s":
            return ""
        return change_in_words(self.figure, self.before, self.after, self.change)


@dataclass(frozen=True, slots=True)
class Contrast:
    """The figures of one design before and after, as in the JSON of a run (means over the replications).

    `difference` is after - before by dotted name: its mean, and with several replications the 95 % interval
    (`low`, `high`), paired replication by replication.
    """

    mode: Mode
    before: dict[str, Any]
    after: dict[str, Any]
    difference: dict[str, dict[str, float] | None]
    replications: int

    def rows(self) -> list[ContrastRow]:
        """The figures that matter, what the customer has of it first; what is zero on both sides is out."""
        return [*self._clock(WAITS, "response_time_s"), *self._rest()]

    def row(self, group: str, label: str, figure: str, unit: Unit = "count") -> ContrastRow:
        """One figure by its dotted name."""
        before, after = _look_up(self.before, figure), _look_up(self.after, figure)
        told = self.difference.get(figure)
        change = None if told is None or before is None or after is None else round(told["mean"], 10) + 0.0
        interval = (told["low"], told["high"]) if told is not None and "low" in told else None
        return ContrastRow(group, label, figure, unit, before, after, change, interval)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"before": self.before, "after": self.after, "difference": self.difference}

    def _clock(self, group: str, name: str) -> Iterator[ContrastRow]:
        """One row where all times are the same on each side; else mean, p95 if there are enough, maximum."""
        stats = [side[name] for side in (self.before, self.after)]
        measured = [one for one in stats if one is not None]
        if all(one["max"] - one["min"] < CLOSE for one in measured):
            yield self.row(group, group, f"{name}.mean", "s")
            return
        yield self.row(group, "mean", f"{name}.mean", "s")
        if all(one["count"] >= ENOUGH["p95"] for one in measured):
            yield self.row(group, "p95", f"{name}.p95", "s")
        yield self.row(group, "max", f"{name}.max", "s")

    def _rest(self) -> Iterator[ContrastRow]:
        yield from self._where_any(WRONG, (*HARM, *self._too_often(), *NOT_DONE))
        yield from self._clock(DONE, "completion_time_s")
        yield self.row(REQUESTS, REQUESTS, "requests")
        if any(side["server"]["threads"] is not None for side in (self.before, self.after)):
            yield from self._where_any(SERVER, [("most waiting for a thread", "server.peak_waiting")])
        yield from self._where_any(QUEUE, [("most messages waiting", "queue.peak_depth")])
        yield from self._where_any(QUEUE, [("longest wait", "queue.max_wait_s")], "s")
        yield from self._where_any(QUEUE, [("messages redelivered", "queue.redelivered")])

    def _too_often(self) -> Iterator[tuple[str, str]]:
        effects = dict.fromkeys([*self.before["duplicates"], *self.after["duplicates"]])
        return ((f"{effect} too often", f"duplicates.{effect}") for effect in effects)

    def _where_any(
        self, group: str, named: Sequence[tuple[str, str]] | Iterator[tuple[str, str]], unit: Unit = "count"
    ) -> Iterator[ContrastRow]:
        rows = (self.row(group, label, figure, unit) for label, figure in named)
        return (row for row in rows if row.before or row.after)


def contrast(before: Sequence[Summary], after: Sequence[Summary]) -> Contrast:
    """Put one design's replications before and after side by side, as many as there are of both.

    Raises ValueError for none, for two designs, or for replications that do not pair.
    """
    pairs = list(zip(before, after, strict=False))
    if not pairs:
        raise ValueError("nothing to contrast: give at least one summary of each side")
    if any((b.mode, b.replication) != (a.mode, a.replication) for b, a in pairs):
        raise ValueError("the replications do not pair")
    sides = [[side.to_dict() for side in listed] for listed in zip(*pairs, strict=True)]
    first, second = (listed[0] if len(listed) == 1 else means(listed) for listed in sides)
    return Contrast(pairs[0][0].mode, first, second, _differences(*sides), len(pairs))


def _differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, float] | None]:
    if len(before) > 1:
        left, right = columns(after), columns(before)
        return {".".join(path): difference(left[path], right[path]) for path in left if path in right}
    was, told = dict(flat(before[0])), dict(flat(after[0]))
    both = ((path, value, was.get(path)) for path, value in told.items())
    return {".".join(path): {"mean": a - b} for path, a, b in both if a is not None and b is not None}


def _look_up(figures: Mapping[str, Any], figure: str) -> float | None:
    """A figure by its dotted name; an effect's own name may have dots in it."""
    name, dot, part = figure.partition(".")
    value: Any = figures[name]
    return value.get(part) if dot and value is not None else None if dot else value

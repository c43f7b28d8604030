"""Where more comes than can be done, and when: the lines that grow, told before anything is run.

What a station can do is settled in `demand`; here its capacity is held against the traffic over time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from syncasync_sim.model.arrivals import Segment
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import Station, bottleneck, stations
from syncasync_sim.model.theory.visits import clicks

LineEnd = Literal["grows", "full", "given up"]
"""What becomes of a line in an overload: it grows, it is full, or its customers leave it unserved."""

_EQUAL = 1e-9
"""Loads that differ by less differ by rounding only."""


@dataclass(frozen=True, slots=True)
class Overload:
    """More comes than a station can do, from one moment to another.

    In that time from *least_per_s* to *offered_per_s* requests come. *at_least*: there may be second clicks
    after time-outs, which are not counted and make it more and longer. *always*: as long as customers come at
    all. *times* is how often it happens; the worst is reported. *line*: what becomes of the line.
    """

    station: Station
    least_per_s: float
    offered_per_s: float
    at_least: bool
    from_s: float
    until_s: float
    always: bool
    times: int
    line: LineEnd

    @property
    def possible_per_s(self) -> float:
        """What the station can do."""
        return self.station.possible_per_s


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A time in which more comes than can be done: the rates in it, and how many come in all."""

    from_s: float
    until_s: float
    least_per_s: float
    most_per_s: float
    requests: float

    def line(self, station: Station) -> float:
        """How many wait at its end: those who came, less those who are done or find a server free."""
        done = station.possible_per_s * (self.until_s - self.from_s)
        return self.requests - max(done, station.servers)

    def is_long(self, station: Station) -> bool:
        """Whether somebody has to wait because of it: for certain, or with chance against them."""
        return self.line(station) >= 1 or (station.by_chance and self.requests >= station.servers + 1)


def overloads(scenario: Scenario, mode: Mode) -> Iterator[Overload]:
    """Yield each overload in which a line grows for as long as the traffic lasts, at most one per side.

    There is none if the line is limited, if the traffic is a burst, or if outages may make the work shorter
    than it seems. A load of exactly 1 counts only if chance plays a part in it.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    return (overload for overload in all_overloads(scenario, mode) if overload.line == "grows")


def all_overloads(scenario: Scenario, mode: Mode) -> Iterator[Overload]:
    """Yield the overloads of lines that grow and those in which a limited line is full or is left.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    let_through_per_s = math.inf
    for behind_queue in (False, True):
        side = [station for station in stations(scenario, mode) if station.behind_queue == behind_queue]
        narrowest = bottleneck(side)
        if narrowest is None:
            continue
        overload = _overload(scenario, mode, narrowest, let_through_per_s)
        if overload is not None:
            yield overload
        let_through_per_s = narrowest.possible_per_s  # also where whoever comes too many is turned away


def _overload(scenario: Scenario, mode: Mode, station: Station, at_most_per_s: float) -> Overload | None:
    if not station.is_clear:
        return None
    possible = station.possible_per_s
    if not _is_too_much(at_most_per_s, possible, station.by_chance):
        return None
    segments = scenario.traffic.segments
    each = clicks(scenario, mode)
    stretches = [stretch for stretch in _stretches(segments, each, station) if stretch.is_long(station)]
    if not stretches:
        return None
    worst = max(stretches, key=lambda stretch: stretch.line(station))
    line = _line_end(scenario, station, worst)
    if line is None:
        return None
    lasts_s = float(sum(segment.lasts_s for segment in segments))
    return Overload(
        station,
        least_per_s=min(worst.least_per_s, at_most_per_s),
        offered_per_s=min(worst.most_per_s, at_most_per_s),
        at_least=scenario.customer.resubmits > 0
        and (scenario.customer.patience_s is not None or line == "full"),
        from_s=worst.from_s,
        until_s=worst.until_s,
        always=worst.from_s == 0 and math.isclose(worst.until_s, lasts_s),
        times=len(stretches),
        line=line,
    )


def _line_end(scenario: Scenario, station: Station, stretch: _Stretch) -> LineEnd | None:
    """What becomes of the line; None where it is limited and does not reach its limit."""
    if station.line_grows:
        return "grows"
    patience_s, wait_for = scenario.customer.patience_s, math.inf
    if patience_s is not None and not station.behind_queue and scenario.server.drop_expired:
        wait_for = patience_s * station.possible_per_s
    limit = scenario.queue.capacity if station.behind_queue else scenario.server.backlog
    most = math.inf if limit is None else limit
    if stretch.line(station) < min(most, wait_for) + 1:
        return None
    return "full" if most <= wait_for else "given up"


def _is_too_much(offered_per_s: float, possible_per_s: float, by_chance: bool) -> bool:
    if by_chance:
        return offered_per_s >= possible_per_s * (1 - _EQUAL)
    return offered_per_s > possible_per_s * (1 + _EQUAL)


def _stretches(segments: Sequence[Segment], each: float, station: Station) -> list[_Stretch]:
    """When the rate of requests, *each* so many a customer, is more than the station can do."""
    stretches: list[_Stretch] = []
    start_s = 0.0
    for segment in segments:
        lasts_s = float(segment.lasts_s)
        first, last = float(segment.first) * each, float(segment.last) * each
        part = _part_above(first, last, station)
        if part is not None:
            ends = [(start_s + share * lasts_s, first + share * (last - first)) for share in part]
            _join(stretches, ends)
        start_s += lasts_s
    return stretches


def _part_above(first: float, last: float, station: Station) -> tuple[float, float] | None:
    """Between which shares of a straight way from one rate to another more comes than can be done."""
    possible = station.possible_per_s
    begins, ends = (_is_too_much(rate, possible, station.by_chance) for rate in (first, last))
    if not (begins or ends):
        return None
    if begins and ends:
        return 0.0, 1.0
    crossing = (possible - first) / (last - first)
    return (0.0, crossing) if begins else (crossing, 1.0)


def _join(stretches: list[_Stretch], ends: Sequence[tuple[float, float]]) -> None:
    """Put a stretch, as (moment, rate) of its two ends, to those found; it may go on with the last one."""
    (from_s, first), (until_s, last) = ends
    rates = [first, last]
    requests = (first + last) / 2 * (until_s - from_s)
    if stretches and math.isclose(stretches[-1].until_s, from_s):
        old = stretches.pop()
        from_s, requests = old.from_s, old.requests + requests
        rates += [old.least_per_s, old.most_per_s]
    new = _Stretch(from_s, until_s, min(rates), max(rates), requests)
    stretches.append(new)

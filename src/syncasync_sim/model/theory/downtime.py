"""Workers that take nothing by schedule, as they are down, stopped or frozen: who, when, and for how long."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Literal

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.queue_parts import Crash, Stop
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import traffic_s, workers_station

A_GOOD_PART = 0.1
"""Workers that are down for this share of their time are worth a word."""
MOST_NAMED = 3
"""So many workers, or times, are named one by one."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """Workers that take nothing from one moment to another, as they are down, stopped or stand still.

    `restarts` are the paths of the values of `restart_after` that say so; `until_s` is infinite if they do
    not come back. `at_least`: a stopped worker may end its work first, and is back so much later. `is_crash`:
    they are dead, and do not work either.
    """

    workers: tuple[int, ...]
    restarts: tuple[str, ...]
    from_s: float
    until_s: float
    at_least: bool = False
    is_crash: bool = True


def long_downtimes(scenario: Scenario) -> tuple[Downtime, ...]:
    """Return who is down and when, in the order of time; none unless it is a good part of the workers' time.

    Their time ends with the traffic, or when they have done the work of all customers, if that is later.
    """
    all_of_them, work_s = downtimes(scenario), _work_s(scenario)
    if not work_s:
        return ()
    begun = tuple(down for down in all_of_them if down.from_s < work_s)
    down_s = sum(len(down.workers) * (min(down.until_s, work_s) - down.from_s) for down in begun)
    return begun if down_s >= A_GOOD_PART * work_s * scenario.workers.count else ()


def in_words(scenario: Scenario) -> str:
    """Return who is down for a good part of the time, and when; empty if nobody is.

    As in `worker 1 of 2 is down from 20.00 s on for good`.
    """
    down = long_downtimes(scenario)
    texts = [
        f"{_workers(workers, scenario.workers.count, is_crash)} {' and '.join(map(_when, times))}"
        for (workers, is_crash), times in groupby(
            down[:MOST_NAMED], key=lambda each: (each.workers, each.is_crash)
        )
    ]
    more = f" (and {format_count(len(down) - MOST_NAMED)} more)" if len(down) > MOST_NAMED else ""
    return " and ".join(texts) + more


def with_its_effect(scenario: Scenario) -> str:
    """Return who is down, as `in_words`, and for how long nobody works while customers come."""
    down = long_downtimes(scenario)
    nobody_s, lasts_s = _nobody_s(down, scenario), traffic_s(scenario.traffic)
    works = "works" if all(each.is_crash for each in down) else "takes a message"
    alone = (
        f": nobody {works} for {format_time(nobody_s)} of the {format_time(lasts_s)} in which customers come"
    )
    return in_words(scenario) + (alone if nobody_s else "")


def downtimes(scenario: Scenario) -> list[Downtime]:
    """Return all times in which workers take nothing by schedule; those of several workers at once are one.

    Args:
        scenario: the scenario.
    """
    down: dict[tuple[float, float, bool, bool], list[_Absence]] = {}
    for absence in _absences(scenario):
        if absence.until_s > absence.from_s:
            is_crash = absence.kind in ("crashes", "restarts")
            when = absence.from_s, absence.until_s, absence.kind == "stops", is_crash
            down.setdefault(when, []).append(absence)
    return [
        Downtime(
            tuple(sorted(absence.worker for absence in listed)),
            tuple(absence.restart for absence in listed if absence.restart),
            *when,
        )
        for when, listed in sorted(down.items(), key=lambda pair: pair[0])
    ]


_Kind = Literal["restarts", "crashes", "stops", "freezes"]


@dataclass
class _Absence:
    """A time in which one worker takes nothing; *restart* is the path of the `restart_after` that ends it.

    A stopped worker may work on for its *grace_s* before.
    """

    kind: _Kind
    worker: int
    from_s: float
    until_s: float
    restart: str = ""
    grace_s: float = 0.0

    def __post_init__(self) -> None:
        self.away_s = self.until_s - self.from_s
        self.known_again_s = self.until_s + self.grace_s
        """From here on it is certain what the worker does."""


def _faults(scenario: Scenario) -> Iterator[_Absence]:
    """Each fault, as if it met no other; those of one moment in the order in which they strike."""
    workers, numbers = scenario.workers, range(1, scenario.workers.count + 1)
    for restart in scenario.server.restarts if scenario.queue.in_process else ():
        yield from (_Absence("restarts", n, restart.at_s, restart.at_s + restart.for_s) for n in numbers)
    for i, crash in enumerate(workers.crashes):
        path = f"workers.crashes[{i}].restart_after"
        yield _Absence("crashes", crash.worker, crash.at_s, crash.at_s + _away_s(crash), path)
    for i, stop in enumerate(workers.stops):
        path, grace_s = (
            f"workers.stops[{i}].restart_after",
            math.inf if stop.grace_s is None else stop.grace_s,
        )
        yield _Absence("stops", stop.worker, stop.at_s, stop.at_s + _away_s(stop), path, grace_s)
    for freeze in workers.freezes:
        yield _Absence("freezes", freeze.worker, freeze.at_s, freeze.at_s + freeze.for_s)


def _away_s(fault: Crash | Stop) -> float:
    return math.inf if fault.restart_after_s is None else fault.restart_after_s


def _absences(scenario: Scenario) -> Iterator[_Absence]:
    """Each time of each worker; they do not overlap. No two faults of a worker strike at one moment."""
    by_worker: dict[int, list[_Absence]] = {}
    for fault in sorted(_faults(scenario), key=lambda each: each.from_s):
        listed = by_worker.setdefault(fault.worker, [])
        if not listed or _is_known_again(listed[-1], fault.from_s) or _ends(fault, listed[-1]):
            listed.append(fault)
    return chain.from_iterable(by_worker.values())


def _is_known_again(before: _Absence, at_s: float) -> bool:
    """Whether the worker is certainly back; at the moment itself, a stop may not be over."""
    return at_s > before.known_again_s or (at_s == before.known_again_s and before.kind != "stops")


def _ends(fault: _Absence, before: _Absence) -> bool:
    """Whether a fault ends the time in which it strikes, and begins another; else that one has it."""
    pair = before.kind, fault.kind
    if pair in (("restarts", "restarts"), ("freezes", "freezes")):
        before.until_s = before.known_again_s = max(before.until_s, fault.until_s)
        return False
    if pair == ("stops", "crashes"):  # it strikes if the worker still works
        before.until_s = min(before.until_s, fault.until_s)
        before.known_again_s = max(before.known_again_s, fault.until_s)
    if pair == ("freezes", "stops"):  # it ends when it wakes, if it is not killed before
        killed_s = fault.from_s + fault.grace_s
        before.kind, before.restart = fault.kind, fault.restart
        before.known_again_s = max(before.until_s, killed_s) + fault.away_s
        before.until_s = min(before.until_s, killed_s) + fault.away_s
    if fault.kind != "restarts" and pair != ("freezes", "crashes"):
        return False  # who is down cannot die
    before.until_s = min(before.until_s, fault.from_s)
    return True


def _work_s(scenario: Scenario) -> float:
    """For how long there is work for the workers, if none of them is ever down."""
    station = workers_station(scenario)
    if station is None:
        return 0.0
    needed_s = scenario.traffic.expected_customers * station.busy_s / station.servers
    last_s = (scenario.traffic.times_us or (0,))[-1] / US_PER_S
    lasts_s = max(traffic_s(scenario.traffic), last_s, needed_s)
    ends_s = math.inf if scenario.stop_at_s is None else scenario.stop_at_s
    return min(lasts_s, ends_s)


def _nobody_s(times: Sequence[Downtime], scenario: Scenario) -> float:
    """For how many seconds all workers are down while customers come."""
    lasts_s = min(traffic_s(scenario.traffic), scenario.stop_at_s or math.inf)
    changes = [(down.from_s, len(down.workers)) for down in times]
    changes += [(down.until_s, -len(down.workers)) for down in times]
    nobody_s, down_now, last_s = 0.0, 0, 0.0
    for at_s, more in sorted(changes):
        if down_now == scenario.workers.count:
            nobody_s += max(min(at_s, lasts_s) - last_s, 0.0)
        down_now, last_s = down_now + more, at_s
    return nobody_s


def _when(down: Downtime) -> str:
    """`from 10.00 s on for good`."""
    ends = "on for good" if math.isinf(down.until_s) else f"to {format_time(down.until_s)}"
    at_least = " at least" if down.at_least and not math.isinf(down.until_s) else ""
    return f"from {format_time(down.from_s)} {ends}{at_least}"


def _workers(workers: Sequence[int], count: int, is_crash: bool) -> str:
    """`both workers are down`, or `take nothing`."""
    numbers = [format_count(number) for number in workers]
    if len(numbers) == count:
        named = {1: "the only worker", 2: "both workers"}.get(count, f"all {format_count(count)} workers")
    elif len(numbers) > MOST_NAMED:
        named = f"{format_count(len(numbers))} of {format_count(count)} workers"
    else:
        *most, last = numbers
        named = f"workers {', '.join(most)} and {last}" if most else f"worker {last}"
        named = f"{named} of {format_count(count)}"
    is_one = len(numbers) == 1
    if is_crash:
        return f"{named} {'is' if is_one else 'are'} down"
    return f"{named} {'takes' if is_one else 'take'} nothing"

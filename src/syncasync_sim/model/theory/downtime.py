"""Workers that are down by schedule (`workers.crashes`): who, when, and for how long nobody works."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.queue_parts import Workers
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import traffic_s, workers_station

A_GOOD_PART = 0.1
"""Workers that are down for this share of their time are worth a word."""
MOST_NAMED = 3
"""So many workers, or times, are named one by one."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """Workers that are down from one moment to another.

    `crashes` are the places in `workers.crashes` that say so; `until_s` is infinite if they do not come back.
    """

    workers: tuple[int, ...]
    crashes: tuple[int, ...]
    from_s: float
    until_s: float


def long_downtimes(scenario: Scenario) -> tuple[Downtime, ...]:
    """Return who is down and when, in the order of time; none unless it is a good part of the workers' time.

    Their time ends with the traffic, or when they have done the work of all customers, if that is later.
    """
    all_of_them, work_s = downtimes(scenario.workers), _work_s(scenario)
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
        f"{_workers(workers, scenario.workers.count)} down {' and '.join(map(_when, times))}"
        for workers, times in groupby(down[:MOST_NAMED], key=lambda each: each.workers)
    ]
    more = f" (and {format_count(len(down) - MOST_NAMED)} more)" if len(down) > MOST_NAMED else ""
    return " and ".join(texts) + more


def with_its_effect(scenario: Scenario) -> str:
    """Return who is down, as `in_words`, and for how long nobody works while customers come."""
    nobody_s, lasts_s = _nobody_s(long_downtimes(scenario), scenario), traffic_s(scenario.traffic)
    alone = (
        f": nobody works for {format_time(nobody_s)} of the {format_time(lasts_s)} in which customers come"
    )
    return in_words(scenario) + (alone if nobody_s else "")


def downtimes(workers: Workers) -> list[Downtime]:
    """Return all times in which workers are down by schedule; those of several workers at once are one."""
    back_s: dict[int, float] = {}
    down: dict[tuple[float, float], list[tuple[int, int]]] = {}
    for index, crash in sorted(enumerate(workers.crashes), key=lambda pair: pair[1].at_s):
        if crash.at_s < back_s.get(crash.worker, 0.0):
            continue  # who is down cannot die
        until_s = math.inf if crash.restart_after_s is None else crash.at_s + crash.restart_after_s
        back_s[crash.worker] = until_s
        if until_s > crash.at_s:
            down.setdefault((crash.at_s, until_s), []).append((crash.worker, index))
    return [
        Downtime(tuple(sorted(number for number, _ in pairs)), tuple(index for _, index in pairs), *when)
        for when, pairs in sorted(down.items())
    ]


def _work_s(scenario: Scenario) -> float:
    """For how long there is work for the workers, if none of them is ever down."""
    station = workers_station(scenario)
    if station is None:
        return 0.0
    needed_s = scenario.traffic.expected_customers * station.busy_s / station.servers
    lasts_s = max(traffic_s(scenario.traffic), *(scenario.traffic.at_s or (0.0,)), needed_s)
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
    return f"from {format_time(down.from_s)} {ends}"


def _workers(workers: Sequence[int], count: int) -> str:
    """`both workers are`."""
    numbers = [format_count(number) for number in workers]
    if len(numbers) == count:
        named = {1: "the only worker", 2: "both workers"}.get(count, f"all {format_count(count)} workers")
    elif len(numbers) > MOST_NAMED:
        named = f"{format_count(len(numbers))} of {format_count(count)} workers"
    else:
        *most, last = numbers
        named = f"workers {', '.join(most)} and {last}" if most else f"worker {last}"
        named = f"{named} of {format_count(count)}"
    return f"{named} {'is' if len(numbers) == 1 else 'are'}"

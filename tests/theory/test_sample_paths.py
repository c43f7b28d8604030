"""Customer by customer against the recursion of Kiefer and Wolfowitz (1955), on the same random numbers.

Every wait must agree in whole microseconds: no interval, no luck. For one server it is Lindley's (1952).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import pytest

from syncasync_sim.engine import simulate
from syncasync_sim.model import arrivals
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import NEVER
from theory.systems import AT_ONCE, Data, email, exponential, poisson, step, threads

SEED = 5


def waits_us(customers: Iterable[tuple[int, int]], servers: int) -> list[int]:
    """The waits of (arrival, service time) in order of arrival, first come, first served.

    `work` holds, sorted, how long each server is still busy: a customer waits for the least of it.
    """
    waits, work, before = [], [0] * servers, 0
    for arrival, service in customers:
        work = [max(0, left - (arrival - before)) for left in work]
        waits.append(work[0])
        work, before = sorted([work[0] + service, *work[1:]]), arrival
    return waits


def arrivals_us(scenario: Scenario, draws: RandomStreams) -> list[int]:
    return list(chain.from_iterable(arrivals.poisson(scenario.traffic.segments, draws.gaps())))


def lengths_us(scenario: Scenario, draws: RandomStreams, place: int, count: int) -> list[int]:
    """What the step takes, one for each customer."""
    asked = scenario.steps[place]
    return [int(draws.durations_us(asked.duration, "duration", asked.name)(k)) for k in range(count)]


def scenario_of(servers: int, *steps: Data, **parts: Any) -> Scenario:
    """Nearly as much work as the servers can do, 3,000 customers."""
    return poisson(9 * servers, *steps, warm_up=0, **parts)


STEPS = {
    "exponential": [exponential(100)],
    "lognormal": [step("lognormal(p50=80ms, p99=400ms)")],
    "constant": [step("105ms")],
    "two steps": [step("uniform(20ms, 90ms)", "first"), exponential(50, "second")],
}


@pytest.mark.parametrize("servers", [1, 2, 4])
@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_waits_for_a_thread(steps: list[Data], servers: int) -> None:
    scenario, draws = scenario_of(servers, *steps, server=threads(servers)), RandomStreams(SEED)
    trace = simulate(scenario, "sync", seed=SEED)
    arrived = arrivals_us(scenario, draws)
    parts = [lengths_us(scenario, draws, place, len(arrived)) for place in range(len(steps))]
    service = [sum(lengths) for lengths in zip(*parts, strict=True)]
    waits = waits_us(zip(arrived, service, strict=True), servers)
    assert max(waits) > 200_000, "nobody to speak of had to wait"
    assert list(trace.requests.column("arrived")) == arrived
    began = [at + wait for at, wait in zip(arrived, waits, strict=True)]
    assert list(trace.requests.column("began")) == began
    ended = [at + length for at, length in zip(began, service, strict=True)]
    assert list(trace.requests.column("replied")) == ended


@pytest.mark.parametrize("servers", [1, 2, 4])
def test_waits_for_a_thread_through_retries(servers: int) -> None:
    """A thread tries again itself: its service time is the sum of the attempts."""
    failing = exponential(50, failure_rate="50%", retry=AT_ONCE)
    scenario, draws = scenario_of(servers, failing, server=threads(servers)), RandomStreams(SEED)
    trace = simulate(scenario, "sync", seed=SEED)
    service, once = [], scenario.steps[0]
    arrived = arrivals_us(scenario, draws)
    for k in range(len(arrived)):
        total, number = 0, 1
        while True:
            total += to_us(once.duration.quantile_s(draws.uniform("duration", once.name, number)(k)))
            if draws.uniform("failure", once.name, number)(k) >= once.failure_rate:
                break
            number += 1
        service.append(total)
    waits = waits_us(zip(arrived, service, strict=True), servers)
    assert list(trace.requests.column("began")) == [at + w for at, w in zip(arrived, waits, strict=True)]


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize(
    ("first", "parts"),
    [("0", {}), ("70ms", {}), ("uniform(0, 2s)", {}), ("exponential(mean=100ms)", {"server": threads(4)})],
)
def test_waits_for_a_worker(workers: int, first: str, parts: Data) -> None:
    """Messages are taken in the order in which they were published, which may not be that of arrival."""
    scenario = scenario_of(workers, step(first), email(100), workers={"count": workers}, **parts)
    mode: Mode = "async"
    trace, draws = simulate(scenario, mode, seed=SEED), RandomStreams(SEED)
    arrived = arrivals_us(scenario, draws)
    before, work = (lengths_us(scenario, draws, place, len(arrived)) for place in (0, 1))
    threads_wait = [0] * len(arrived) if not parts else waits_us(zip(arrived, before, strict=True), 4)
    reached = [sum(times) for times in zip(arrived, threads_wait, before, strict=True)]
    order = sorted(range(len(arrived)), key=lambda k: (reached[k], k))
    waits = waits_us([(reached[k], work[k]) for k in order], workers)
    done = {k: reached[k] + wait + work[k] for k, wait in zip(order, waits, strict=True)}
    assert max(waits) > 200_000, "nobody to speak of had to wait"
    assert NEVER not in trace.requests.column("completed")
    assert list(trace.requests.column("completed")) == [done[k] for k in range(len(arrived))]

"""How much the program does for a customer, counted and not timed: it must not grow unnoticed.

Counted are the lines of the program that are run and the functions that are called, in a run of about 2,000
customers less those in a run of 1,000: the same on every machine, however busy it is, and nearly the same on
every Python. `python tests/laws/test_work.py` prints what it is now.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, TypeVar

import pytest

from syncasync_sim.engine import simulate
from syncasync_sim.engine.fast_path_rules import is_applicable
from syncasync_sim.engine.simulation import simulate_events, workers_by_events
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import summarise
from syncasync_sim.trace.records import Trace

Result = TypeVar("Result")
MOST_MORE = 0.15
"""By so much the work may grow over what stands here."""

FLAKY = {"failure_rate": 0.1, "retry": {"attempts": 3, "delay": "1s"}}
IN_REQUEST = {"failure_rate": 0.1, "retry": {"attempts": 3, "delay": "1s", "in_request": True}}
Run = Callable[[Scenario, Mode], Trace]


def in_one_pass(scenario: Scenario, mode: Mode) -> Trace:
    assert is_applicable(scenario, mode)
    return simulate(scenario, mode, seed=1)


def events_of_workers(scenario: Scenario, mode: Mode) -> Trace:
    return workers_by_events(scenario, mode, RandomStreams(1))


def by_events(scenario: Scenario, mode: Mode) -> Trace:
    return simulate_events(scenario, mode, RandomStreams(1))


WORK: dict[str, tuple[Run, Mode, dict[str, Any], float, float]] = {
    "sync": (in_one_pass, "sync", {}, 56, 8),
    "sync, email fails": (in_one_pass, "sync", IN_REQUEST, 107, 8),
    "async": (in_one_pass, "async", {}, 105, 19),
    "async, email fails": (in_one_pass, "async", FLAKY, 138, 22),
    "events of the workers": (events_of_workers, "async", FLAKY, 375, 22),
    "event by event": (by_events, "async", FLAKY, 449, 22),
}
"""How, the design, what differs at the email, and lines and calls a customer: the run, its statistics."""


def checkout(customers: int, email: dict[str, Any]) -> Scenario:
    names = ("check payment", "charge card", "save order", "send email")
    steps: list[dict[str, Any]] = [{"name": name, "duration": "exponential(mean=600ms)"} for name in names]
    steps[-1].update(background=True, **email)
    return Scenario.model_validate(
        {
            "traffic": {"rate": "4/s", "for": f"{customers / 4}s", "arrivals": "poisson"},
            "server": {"threads": 16},
            "workers": {"count": 8},
            "steps": steps,
        }
    )


def counted(job: Callable[[], Result]) -> tuple[int, Result]:
    """Lines run and functions called, of Python and of C; and what came of it."""
    work = 0

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal work
        work += event in ("line", "call")
        return trace

    def profile(frame: FrameType, event: str, arg: object) -> None:
        nonlocal work
        work += event == "c_call"

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        result = job()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return work, result


def work_of_a_customer(run_it: Run, mode: Mode, email: dict[str, Any]) -> tuple[float, float]:
    """In the run, and in its statistics."""
    work = []
    for customers in (1_000, 2_000):
        run, trace = counted(partial(run_it, checkout(customers, email), mode))
        statistics, _ = counted(partial(summarise, trace))
        work.append((len(trace.requests), run, statistics))
    more, run, statistics = (many - few for few, many in zip(*work, strict=True))
    return run / more, statistics / more


@pytest.mark.parametrize("name", WORK)
def test_a_customer_costs_no_more_than_before(name: str) -> None:
    run_it, mode, email, *known = WORK[name]
    work = work_of_a_customer(run_it, mode, email)
    for what, now, before in zip(("run", "statistics"), work, known, strict=True):
        said = f"the {what} of {name} takes {now:.0f} lines and calls a customer, not {before:.0f}"
        assert now <= before * (1 + MOST_MORE), said
        assert now >= before * (1 - 2 * MOST_MORE), f"{said}: write that down, so that it stays so"


Corner = tuple[Callable[[int, int], dict[str, Any]], tuple[int, int], tuple[int, int]]


def system(rate: float, customers: int, workers: int, queue: dict[str, Any], **work: Any) -> dict[str, Any]:
    """Customers at *rate*/s whose only step is done by *workers*."""
    step = {"name": "work", "duration": "600ms", "background": True, **work}
    traffic = {"rate": f"{rate}/s", "for": f"{customers / rate}s"}
    return {"traffic": traffic, "queue": queue, "workers": {"count": workers}, "steps": [step]}


def owned_by(workers: int, customers: int, **queue: Any) -> dict[str, Any]:
    return system(20, customers, workers, {"partitions": 10, **queue})


def crowd(customers: int, **queue: Any) -> dict[str, Any]:
    """They come at once, for half as many workers: each that finds no room drops the oldest that waits."""
    queue = {"capacity": 5, "when_full": "drop_oldest", **queue}
    return {**system(1, 1, customers // 2, queue), "traffic": {"requests": customers}}


def dying(workers: int, customers: int, queue: dict[str, Any], **work: Any) -> dict[str, Any]:
    data = system(100, customers, workers, queue, **work)
    data["workers"].update(crash_rate=0.5, restart_after="1s", crash_point="after_work")
    return data


def outbox(rows: int, **queue: Any) -> dict[str, Any]:
    """So many messages are written at once."""
    queue = {"publish_failure": "outbox", "outbox_every": "100ms", **queue}
    return {**system(1, 1, 1, queue), "traffic": {"requests": rows}, "server": {"threads": "unlimited"}}


def windows(number: int, **more: Any) -> list[dict[str, Any]]:
    """So many short windows in the first two seconds."""
    return [{"from": f"{at * 2_000 // number}ms", "for": "1ms", **more} for at in range(number)]


CORNERS: dict[str, Corner] = {
    "outages and slowdowns of a service": (
        lambda n, c: system(20, c, 20, {}, outages=windows(n), slowdowns=windows(n, factor=2)),
        (100, 300),
        (10, 400),
    ),
    "outages of the broker": (
        lambda n, c: system(20, c, 20, {"outages": windows(n), "publish_failure": "ignore"}),
        (100, 300),
        (10, 400),
    ),
    "workers that own nothing": (owned_by, (20, 300), (100, 300)),
    "workers of locked partitions": (lambda n, c: owned_by(n, c, assignment="locked"), (20, 300), (100, 300)),
    "workers that may not all have one": (
        lambda n, c: owned_by(n, c, max_in_flight=5),
        (20, 300),
        (100, 300),
    ),
    "workers of a full queue": (lambda n, c: owned_by(n, c, capacity=5), (20, 300), (100, 300)),
    "a long queue of owned partitions": (
        lambda most, c: system(200, c, 4, {"partitions": 10, "capacity": most}),
        (20, 300),
        (500, 700),
    ),
    "a long queue of locked partitions": (
        lambda most, c: system(200, c, 4, {"partitions": 10, "assignment": "locked", "capacity": most}),
        (20, 300),
        (500, 700),
    ),
    "the oldest of a long queue of partitions": (
        lambda most, c: system(200, c, 4, {"partitions": 10, "capacity": most, "when_full": "drop_oldest"}),
        (20, 300),
        (500, 700),
    ),
    "what is in the outbox while the broker is down": (
        lambda rows, seconds: outbox(rows, outages=[{"from": "0s", "for": f"{seconds}s"}]),
        (20, 400),
        (10, 50),
    ),
    "what is in the outbox while the queue is full": (
        lambda rows, seconds: {**outbox(rows, capacity=5), "stop_at": f"{seconds}s"},
        (50, 400),
        (5, 15),
    ),
    "workers that die while others wait for a service": (
        lambda n, c: dying(n, c, {}, concurrency=5),
        (20, 600),
        (800, 1_000),
    ),
    "workers that die in a large group": (
        lambda n, c: dying(n, c, {"partitions": 10, "rebalance": "until_idle"}),
        (20, 1_000),
        (100, 300),
    ),
}
"""The scenario of a size and a number of customers; a small and a large size; few and many customers.

For an outbox it is the number of messages in it and of seconds."""


def work_each(scenario_of: Callable[[int], dict[str, Any]], few: int, many: int) -> float:
    """Lines and calls of one more customer, or of one more second."""
    less, more = (
        counted(partial(simulate, Scenario.model_validate(scenario_of(number)), "async", seed=1))[0]
        for number in (few, many)
    )
    return (more - less) / (many - few)


@pytest.mark.parametrize("name", CORNERS)
def test_a_customer_costs_the_same_however_large_the_system_is(name: str) -> None:
    scenario_of, sizes, numbers = CORNERS[name]
    small, large = (work_each(partial(scenario_of, size), *numbers) for size in sizes)
    assert large <= small * (1 + 2 * MOST_MORE), f"{small:.0f} lines and calls became {large:.0f}"


@pytest.mark.parametrize("partitions", ["none", 10])
def test_a_crowd_at_a_full_queue_costs_each_the_same(partitions: str | int) -> None:
    # As many workers are free as half of the crowd; all come before one of these takes anything.
    each = []
    for number in (100, 800):
        scenario = Scenario.model_validate(crowd(number, partitions=partitions, assignment="locked"))
        each.append(counted(partial(simulate, scenario, "async", seed=1))[0] / number)
    assert each[1] <= each[0] * (1 + 2 * MOST_MORE), each


def let_down_late(customers: int, resubmits: int) -> Scenario:
    """The last ten customers meet an outage without end, and click as often as they may."""
    step = {"name": "pay", "duration": "exponential(mean=10ms)", "failure_rate": 1e-9}
    step["outages"] = [{"from": f"{customers - 10.5}s", "for": "forever"}]
    customer = {"resubmits": resubmits, "resubmit_after": "1s"}
    traffic = {"rate": "1/s", "for": f"{customers}s"}
    return Scenario.model_validate({"traffic": traffic, "customer": customer, "steps": [step]})


def test_a_late_click_costs_nothing_for_the_customers_before() -> None:
    each = []
    for customers in (20, 2_000):
        few, many = (
            counted(partial(simulate, let_down_late(customers, clicks), "sync", seed=1))[0]
            for clicks in (9, 99)
        )
        each.append((many - few) / 90)
    assert each[1] <= each[0] * (1 + 2 * MOST_MORE), each


if __name__ == "__main__":
    for kind, (how, design, email_is, *_) in WORK.items():
        run, statistics = work_of_a_customer(how, design, email_is)
        sys.stdout.write(f"{kind:20}run {run:.0f}, statistics {statistics:.0f}\n")

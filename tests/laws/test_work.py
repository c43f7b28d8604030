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
from syncasync_sim.engine.simulation import simulate_events
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


def by_events(scenario: Scenario, mode: Mode) -> Trace:
    return simulate_events(scenario, mode, RandomStreams(1))


WORK: dict[str, tuple[Run, Mode, dict[str, Any], float, float]] = {
    "sync": (in_one_pass, "sync", {}, 63, 139),
    "sync, email fails": (in_one_pass, "sync", IN_REQUEST, 121, 140),
    "async": (in_one_pass, "async", {}, 122, 215),
    "async, email fails": (in_one_pass, "async", FLAKY, 162, 229),
    "event by event": (by_events, "async", FLAKY, 633, 229),
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


def partitioned(customers: int, workers: int, assignment: str) -> Scenario:
    return Scenario.model_validate(
        {
            "traffic": {"rate": "20/s", "for": f"{customers / 20}s"},
            "steps": [{"name": "work", "duration": "600ms", "background": True}],
            "queue": {"partitions": 10, "assignment": assignment},
            "workers": {"count": workers},
        }
    )


@pytest.mark.parametrize("assignment", ["owned", "locked"])
def test_workers_for_whom_there_is_nothing_cost_a_customer_nothing(assignment: str) -> None:
    # Ten partitions: with 300 workers 280 more than with 20 never get anything; nobody asks them each time.
    each = []
    for workers in (20, 300):
        few, many = (
            counted(partial(simulate, partitioned(number, workers, assignment), "async", seed=1))[0]
            for number in (100, 300)
        )
        each.append((many - few) / 200)
    assert each[1] <= each[0] * (1 + MOST_MORE), each


if __name__ == "__main__":
    for kind, (how, design, email_is, *_) in WORK.items():
        run, statistics = work_of_a_customer(how, design, email_is)
        sys.stdout.write(f"{kind:20}run {run:.0f}, statistics {statistics:.0f}\n")

"""How long a run will be: the rows are those of the run, the rest follows from them."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from syncasync_sim import load_scenario, run_designs
from syncasync_sim.cli.cost_guard import look_ahead
from syncasync_sim.engine.estimate import (
    ROOM,
    ROW_US,
    RUN_US,
    START_BYTES,
    WORKER_BYTES,
    WORKER_US,
    estimate,
)
from syncasync_sim.errors import ScenarioError
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.queue_parts import Workers
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.traffic import Traffic
from syncasync_sim.trace.records import Attempt, Delivery, Message, Request


def checkout(customers: int, **email: Any) -> Scenario:
    step = {"name": "send email", "duration": "1s", "background": True, **email}
    steps = [{"name": "charge card", "duration": "1s"}, step]
    return Scenario.model_validate({"traffic": {"rate": "1/s", "for": f"{customers}s"}, "steps": steps})


def test_a_checkout_counted_out() -> None:
    ahead = estimate(checkout(1_000), MODES)
    # sync 1 request and 2 attempts; async the same, a message and a delivery
    assert (ahead.customers, ahead.rows) == (1_000, 8_000)
    request, attempt, message, delivery = (ROW_US[kind][0] for kind in (Request, Attempt, Message, Delivery))
    each_us = 2 * (request + 2 * attempt) + message + delivery
    assert ahead.seconds == pytest.approx((1_000 * each_us + 2 * RUN_US) / 1e6)
    held_bytes = 2 * (55 + 2 * 31) + 31 + 53
    assert ahead.memory_bytes == pytest.approx(START_BYTES + ROOM * 1_000 * held_bytes)


@pytest.mark.parametrize(
    ("traffic", "come"),
    [
        ({"rate": "200/s", "for": "6h"}, 2_000),
        ({"phases": [{"rate": "10/s", "for": "4s"}, {"ramp": ["0/s", "10/s"], "for": "10s"}]}, 40 + 18),
        ({"at": ["0s", "5s", "10s", "11s"]}, 3),
        ({"requests": 7}, 7),
    ],
)
def test_who_comes_after_the_end_does_not_count(traffic: dict[str, Any], come: int) -> None:
    scenario = Scenario.model_validate({"traffic": traffic, "steps": [{"name": "a", "duration": "1s"}]})
    assert estimate(scenario.model_copy(update={"stop_at_s": 10.0}), ["sync"]).customers == come


def test_replications_take_time_and_the_first_is_kept() -> None:
    one, many = (estimate(checkout(1_000), MODES, replications) for replications in (1, 5))
    assert many.rows == 5 * one.rows
    assert many.seconds == pytest.approx(5 * one.seconds)
    assert many.memory_bytes - START_BYTES == pytest.approx(2 * (one.memory_bytes - START_BYTES))


def test_tries_are_rows_and_events_take_longer() -> None:
    often = {"failure_rate": "50%", "retry": {"attempts": 2}}
    # 1 request, 1 + 1.5 attempts, 1 message, 1.5 deliveries
    at_a_service, to_a_dead_worker = {"concurrency": 100}, {"poison": "0.1%", "poison_kills": True}
    rows = {Request: 1, Attempt: 2.5, Message: 1, Delivery: 1.5}
    for email, by_events in (
        (often, ()),
        (often | at_a_service, (Request, Attempt, Message, Delivery)),
        (often | to_a_dead_worker, (Message, Delivery)),
    ):
        ahead = estimate(checkout(1_000, **email), ("async",))
        assert ahead.rows == pytest.approx(6_000, rel=0.01)
        us = sum(number * ROW_US[kind][kind in by_events] for kind, number in rows.items())
        worker_us = WORKER_US if by_events else 0
        assert ahead.seconds == pytest.approx((1_000 * us + RUN_US + worker_us) / 1e6, rel=0.01)


@pytest.mark.parametrize("name", ["checkout", "ten-orders", "notifications", "overload", "slow-email"])
def test_the_rows_are_those_of_the_run(name: str) -> None:
    scenario = load_scenario(name)
    _, traces = run_designs(scenario, seed=1)
    kinds = ("requests", "attempts", "messages", "deliveries")
    rows = sum(len(getattr(trace, kind)) for trace in traces.values() for kind in kinds)
    assert estimate(scenario, MODES).rows == rows


def told(customers: int, *, runs: int = 1, replications: int = 1, **how: Any) -> None:
    ahead = estimate(checkout(customers), MODES, replications)
    look_ahead([ahead] * runs, source="shop.yaml", shorter=["fewer customers", "more patience"], **how)


@pytest.mark.parametrize(
    ("customers", "replications", "refused"),
    [
        (4_000_000, 1, False),  # 60 MB + 1.9 x 318 bytes a customer: 2.48 GB
        (4_100_000, 1, True),
        (1_000, 495_000, False),  # 7.2 ms each: 3,564 s
        (1_000, 505_000, True),
    ],
)
def test_only_what_takes_very_long_is_refused(customers: int, replications: int, refused: bool) -> None:
    told(customers, replications=replications, yes=True)
    if not refused:
        told(customers, replications=replications)
        return
    with pytest.raises(ScenarioError, match="--yes does it all the same"):
        told(customers, replications=replications)


def test_many_runs_take_long_but_no_more_memory() -> None:
    told(1_000_000, runs=400)  # 2,880 s
    with pytest.raises(ScenarioError, match=r"about 4,800,000,000 rows, 66 min and 660 MB of memory"):
        told(1_000_000, runs=600)
    told(1_000_000, runs=600, jobs=2)
    with pytest.raises(ScenarioError, match=r"17 min and 2.7 GB of memory"):
        told(1_000_000, runs=600, jobs=4)


def test_what_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with pytest.raises(ScenarioError) as refused:
        told(4_500_000)
    assert str(refused.value).splitlines() == [
        "shop.yaml: this would take very long: about 36,000,000 rows, 30 s and 2.8 GB of memory",
        "  = --yes does it all the same; shorter with fewer customers or more patience",
    ]
    told(4_500_000, yes=True)
    assert capsys.readouterr().err == "This takes about 36,000,000 rows, 30 s and 2.8 GB of memory.\n"
    told(100_000)
    told(4_500_000, yes=True, tell=False)
    assert capsys.readouterr().err == ""


def storm(customer: dict[str, Any], **parts: Any) -> Scenario:
    """100 customers, one thread that can do all of them, and nobody waits for long."""
    traffic, step = (
        {"rate": "1/s", "for": "100s"},
        {"name": "a", "duration": "500ms", **parts.pop("step", {})},
    )
    data = {"traffic": traffic, "steps": [step], "customer": customer, "server": {"threads": 1}, **parts}
    return Scenario.model_validate(data)


FOREVER = {"outages": [{"from": "0s", "for": "forever"}]}
AGAIN = {"resubmits": 499, "resubmit_after": "1s"}


@pytest.mark.parametrize(
    ("scenario", "clicks"),
    [
        (storm({}), 1),
        (storm(AGAIN), 1),
        # all is well, and nobody waits longer than the 3 s
        (storm({**AGAIN, "patience": "3s"}), 1),
        # half fail: 1 + 0.5 + 0.25
        (storm({"resubmits": 2}, step={"failure_rate": "50%"}), 1.75),
        # down for ever: every click there may be
        (storm(AGAIN, step=FOREVER), 500),
        # down for 15 s of 100, in which 15 % come, with 7.5 s left on average: a click every 0.5 + 1 s
        (storm(AGAIN, step={"outages": [{"from": "5s", "for": "15s"}]}, server={}), 1 + 0.15 * 5),
        # cut after 60 s of 100, when 60 % have come, with 30 s left on average: time for 20
        (storm(AGAIN, step=FOREVER, stop_at="60s", server={}), 0.6 * (1 + 20)),
        # one thread does 120 of 0.5 s in that time
        (storm(AGAIN, step=FOREVER, stop_at="60s"), 0.6 + 1.2),
        # the whole server is down for as long
        (storm(AGAIN, server={"restarts": [{"at": "5s", "for": "15s"}]}), 1 + 0.15 * 5),
        # twice as much as can be done: they give up after 3 s
        (storm({"patience": "3s", "resubmits": 2}, step={"duration": "2s"}), 3),
        # turned away
        (storm({"resubmits": 2}, step={"duration": "2s"}, server={"threads": 1, "backlog": 0}), 3),
        # the page takes 2 s and people wait for 1 s
        (storm({"patience": "1s", "resubmits": 2}, step={"duration": "2s"}, server={}), 3),
    ],
)
def test_second_clicks_are_foreseen(scenario: Scenario, clicks: float) -> None:
    ahead = estimate(scenario, ["sync"])
    assert ahead.rows == round(100 * clicks * 2)


def test_endless_clicks_on_a_dead_service_are_told_before_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """10,000 customers who click 500 times each, in two designs: 20 million rows."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    step = {"name": "a", "duration": "1ms", **FOREVER}
    traffic = {"rate": "100/s", "for": "100s"}
    scenario = Scenario.model_validate({"traffic": traffic, "steps": [step], "customer": AGAIN})
    look_ahead([estimate(scenario, MODES)], source="shop.yaml", shorter=["fewer customers"])
    assert capsys.readouterr().err == "This takes about 20,000,000 rows, 39 s and 1.7 GB of memory.\n"


def test_tries_without_end_count_until_the_run_is_cut() -> None:
    """Tries of 1 s, and delays of 1 s, for 60 s in which 60 come, with 30 s left on average: 15 of them."""
    retry = {"attempts": "unlimited", "in_request": True, "delay": "1s", "factor": 1}
    step = {"failure_rate": "100%", "retry": retry, "duration": "1s"}
    scenario = storm({}, step=step, stop_at="60s", server={})
    assert estimate(scenario, ["sync"]).rows == 60 * (1 + 15)
    one_thread = storm({}, step=step, stop_at="60s")
    assert estimate(one_thread, ["sync"]).rows == 60 * (1 + 1 + 1)


def test_tries_in_an_outage_count_until_it_is_over() -> None:
    """All come at once: a try and a delay of 1 s each, while the service is down for 1,000 s."""
    outage, retry = {"from": "0s", "for": "1000s"}, {"attempts": "unlimited", "delay": "1s"}
    email = {"outages": [outage], "retry": {**retry, "factor": 1}}
    workers = Workers(count=1_000)
    scenario = checkout(1, **email).model_copy(update={"traffic": Traffic(requests=100), "workers": workers})
    # 1 request, 1 attempt and 500, 1 message, 500 deliveries
    assert estimate(scenario, ["async"]).rows == 100 * 1_003
    capped = checkout(1, outages=[outage], retry={**retry, "factor": 1, "attempts": 3})
    assert estimate(capped, ["async"]).rows == 1 + 1 + 3 + 1 + 3


def test_who_is_refused_by_a_full_queue_clicks_again() -> None:
    data = {"customer": {"resubmits": 9}, "queue": {"capacity": 5}, "workers": {"count": 1}}
    clicks = [
        estimate(storm_behind(duration, **data), ["async"]).rows
        / estimate(storm_behind(duration), ["async"]).rows
        for duration in ("500ms", "5s")
    ]
    assert clicks == [1, 10]


def test_many_workers_are_told_of() -> None:
    by_events = {"queue": {"prefetch": 2}}
    few, many = (
        estimate(storm_behind("1s", workers={"count": count}, **by_events), ["async"])
        for count in (1, 10_001)
    )
    assert many.seconds - few.seconds == pytest.approx(WORKER_US * 10_000 / 1e6)
    assert many.memory_bytes - few.memory_bytes == WORKER_BYTES * 10_000


def storm_behind(duration: str, **parts: Any) -> Scenario:
    """100 customers whose only step is done by workers."""
    customer = parts.pop("customer", {})
    return storm(customer, step={"duration": duration, "background": True}, **parts)

"""What the machine's own delays make of a run: worked out by hand, and seen on each broker."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import pytest

from live.servers import QUICK, Servers, broker_class
from syncasync_sim import load_scenario, simulate
from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.keep_up import Pace, pace_of
from syncasync_sim.live.load_generator import SentRequest
from syncasync_sim.live.measure import measure
from syncasync_sim.live.overhead import Overhead
from syncasync_sim.live.plan import Plan, wanted_of
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.trace.records import DeliveryOutcome

S = 1_000_000
"""Microseconds in a second."""
FIELDS = [
    "traffic.requests=2",
    'queue={"publish":"2ms","deliver":"1ms"}',
    "workers.count=1",
    "server.threads=1",
]


@pytest.fixture
def written(tmp_path: Path) -> tuple[Plan, EventLog, list[SentRequest]]:
    """Two customers at 0 s, one thread and one worker, everything exactly as planned.

    Steps of 0.2, 0.8 and 0.05 s, and 2 ms to publish: answers at 1.052 and 2.104 s. The emails of 1.5 s
    begin 1 ms after they may: at 1.053 and 2.554 s.
    """
    scenario = load_scenario("checkout", FIELDS)
    plan = Plan(scenario, "async", 1, 0, 1.0, "sqlite:", wanted_of(scenario, "test", 1.0), tmp_path)
    event_log, clicks = EventLog.new(plan.event_log), []
    for request, (began, mail) in enumerate([(0, 1_053_000), (1_052_000, 2_554_000)]):
        clicks.append(SentRequest(request, request, 0, 0, replied=began + 1_052_000))
        event_log.write(("INSERT INTO served VALUES (?, ?, 1, ?, 0)", (request, began, began + 1_052_000)))
        at = began
        for step, took in enumerate([200_000, 800_000, 50_000]):
            event_log.write((ATTEMPT, (request, step, 1, 1, at, at + took, int(AttemptOutcome.OK), took)))
            at += took
        event_log.write(("INSERT INTO messages VALUES (?, 3, ?, ?, NULL, NULL)", (request, at, at + 2000)))
        done = mail + 1_500_000
        event_log.write((ATTEMPT, (request, 3, 1, -1, mail, done, int(AttemptOutcome.OK), 1_500_000)))
        row = (request, mail - 1000, mail - 1000, done, int(DeliveryOutcome.ACKNOWLEDGED))
        event_log.write((DELIVERY, row))
    return plan, event_log, clicks


ATTEMPT = """INSERT INTO attempts (request, step, number, by, started, ended, outcome, planned)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
DELIVERY = """INSERT INTO deliveries (request, step, number, worker, taken, in_hand, ended, result)
    VALUES (?, 3, 1, 1, ?, ?, ?, ?)"""


def overhead(written: tuple[Plan, EventLog, list[SentRequest]]) -> Overhead:
    return Overhead(*written, threads=1)


def test_nobody_is_behind_where_all_went_as_planned(
    written: tuple[Plan, EventLog, list[SentRequest]],
) -> None:
    found = overhead(written)
    assert {request: parts.total for request, parts in found.response.items()} == {0: 0, 1: 0}
    assert {request: parts.total for request, parts in found.completion().items()} == {0: 0, 1: 0}


def later(event_log: EventLog, by: int, since: int, *tables: str) -> None:
    """Everything that happened from a moment on happened later."""
    columns = {
        "served": ("began", "ended"),
        "attempts": ("started", "ended"),
        "messages": ("asked", "published"),
        "deliveries": ("taken", "in_hand", "ended"),
    }
    for table in tables or columns:
        for column in columns[table]:
            event_log.write((f"UPDATE {table} SET {column} = {column} + ? WHERE {column} >= ?", (by, since)))


def test_a_step_that_sleeps_too_long_holds_up_everybody_behind(
    written: tuple[Plan, EventLog, list[SentRequest]],
) -> None:
    _, event_log, clicks = written
    later(event_log, 30_000, 150_000)  # the first step of the first customer took 230 ms
    for click in clicks:
        assert click.replied is not None
        click.replied += 30_000
    found = overhead(written)
    assert [astuple(found.response[request]) for request in (0, 1)] == [(0, 30_000, 0, 0)] * 2
    assert [parts.total for parts in found.completion().values()] == [30_000, 30_000]


def test_a_broker_that_takes_its_time_is_behind_by_what_the_scenario_does_not_say(
    written: tuple[Plan, EventLog, list[SentRequest]],
) -> None:
    _, event_log, clicks = written
    later(
        event_log, 40_000, 2_103_000
    )  # publishing for the second customer takes 42 ms, and nobody waits for it
    later(event_log, -40_000, 2_103_000, "deliveries")
    later(event_log, -40_000, 2_540_000, "attempts")
    assert clicks[1].replied is not None
    clicks[1].replied += 40_000
    found = overhead(written)
    assert [astuple(found.response[request]) for request in (0, 1)] == [(0, 0, 0, 0), (0, 0, 40_000, 0)]


def test_a_worker_that_settles_slowly_is_late_for_the_next(
    written: tuple[Plan, EventLog, list[SentRequest]],
) -> None:
    _, event_log, _ = written
    event_log.write(("UPDATE deliveries SET ended = ended + 25000 WHERE request = 0", ()))
    later(event_log, 25_000, 2_553_000, "attempts")
    event_log.write(("UPDATE attempts SET ended = ended - 25000 WHERE request = 0 AND step = 3", ()))
    event_log.write(
        ("UPDATE deliveries SET ended = ended + 25000, taken = taken + 25000 WHERE request = 1", ())
    )
    found = overhead(written).completion()
    assert [astuple(found[request]) for request in (0, 1)] == [(0, 0, 0, 0), (0, 0, 0, 25_000)]


def test_what_is_late_is_late_by_the_percentile_that_it_makes_longer(
    written: tuple[Plan, EventLog, list[SentRequest]],
) -> None:
    plan, event_log, clicks = written
    later(event_log, 300_000, 150_000)
    for click in clicks:
        assert click.replied is not None
        click.replied += 300_000
    trace = simulate(plan.scenario, "async", seed=1)  # whose times are 1.052 and 2.104 s
    pace = pace_of(10.0, overhead(written), trace, 0.5)
    assert pace.delay_s == pytest.approx(0.3)
    assert pace.allowed_s == pytest.approx(0.05 * (1.052 - 0.3) + 0.02)
    assert pace.cause == "sleeps lasted too long"
    assert not pace.keeps_up
    assert pace.advised_speed == 1.3  # 0.7 of 10 / 300 ms * 57.6 ms


def test_an_answer_that_is_late_on_its_way_is_late_for_its_customer_only(
    written: tuple[Plan, EventLog, list[SentRequest]],
) -> None:
    clicks = written[2]
    assert clicks[0].replied is not None
    clicks[0].replied += 15_000
    found = overhead(written)
    assert [astuple(found.response[request]) for request in (0, 1)] == [(15_000, 0, 0, 0), (0, 0, 0, 0)]
    assert {parts.total for parts in found.completion().values()} == {0}


def test_work_that_is_late_counts_though_every_answer_came_in_time(
    written: tuple[Plan, EventLog, list[SentRequest]],
) -> None:
    plan, event_log, _ = written
    later(
        event_log, 500_000, 4_054_000, "attempts", "deliveries"
    )  # the second email takes half a second longer
    trace = simulate(plan.scenario, "async", seed=1)
    pace = pace_of(10.0, overhead(written), trace, 0.5)
    assert pace.delay_s == pytest.approx(0.5)
    assert pace.cause == "sleeps lasted too long"


@pytest.mark.parametrize(
    ("delay_s", "speed"), [(0.072, None), (0.09, 5.6), (6.4, 0.07), (72.0, 0.01), (0.0021, 240.0)]
)
def test_the_speed_that_would_do_has_two_digits(delay_s: float, speed: float | None) -> None:
    pace = Pace(10.0, delay_s, 0.072, "", 0.5)
    assert pace.keeps_up == (delay_s <= 0.072)
    if speed is not None:
        assert pace.advised_speed == pytest.approx(speed, rel=0.05)


@pytest.mark.parametrize("kind", QUICK)
def test_sixty_customers_at_one_moment_are_too_many_for_any_machine_at_that_speed(
    kind: str, servers: Servers
) -> None:
    url = servers[kind]
    sets = [f"queue.broker={broker_class(url).preset}", "traffic.requests=60", "workers.count=2"]
    sets += ["queue.visibility_timeout=60s"] if kind == "sqs" else []
    sets += (
        ["queue.crash_detection=uniform(540s, 660s)", "queue.visibility_timeout=none"]
        if "kafka" in kind
        else []
    )
    live = measure(load_scenario("checkout", sets), "async", seed=1, url=url, speed=60)
    assert not live.pace.keeps_up
    assert live.pace.advised_speed < 60

"""Failures for real: the web service is killed, workers stand still or are stopped, messages are poison.

Nothing happens here at the moment of something else, so every count is as predicted on any machine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from live.for_real import nothing_left
from live.servers import Servers, broker_class
from live.test_on_brokers import counts
from syncasync_sim import Scenario, Trace, load_scenario, simulate, summarise
from syncasync_sim.live.measure import Measured, longest_silence_s, measure
from syncasync_sim.live.plan import wanted_of
from syncasync_sim.live.service_process import merged
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.request_parts import Restart
from syncasync_sim.trace.records import PauseReason, ResponseStatus, ServerOutcome

FROZEN, STOPPING, STOPPED = PauseReason.FROZEN, PauseReason.STOPPING, PauseReason.STOPPED
KINDS = ["sqlite", "redis", "rabbitmq"]
SPEED = 5.0
CHECK = "{name: check payment, duration: 900ms}"
SAVE = "{name: save order, duration: 150ms, effect: order saved}"
EMAIL = "name: send email, duration: 1500ms, effect: email sent, background: true"
TRAFFIC = 'traffic={"rate":"1/s","for":"9s"}'
VARIES = "'uniform(300ms, 900ms)'"
DOWN = "server.restarts=[{at: 3500ms, for: 2s}]"
"""Who came at 3 s is cut in the middle of the check; who comes at 4 s and at 5 s finds the door closed."""


def steps(*texts: str) -> str:
    return f"steps=[{', '.join(texts)}]"


def shop(kind: str, servers: Servers, *sets: str) -> tuple[Scenario, str]:
    """A small shop with one email, on a broker as its preset is; and the URL of that broker."""
    url = "sqlite:" if kind == "sqlite" else servers[kind]
    preset = broker_class(url).preset if kind != "sqlite" else "ideal"
    of_shop = (TRAFFIC, steps(CHECK, SAVE, f"{{{EMAIL}}}"), "workers.count=4", f"queue.broker={preset}")
    return load_scenario("checkout", [*of_shop, *sets]), url


def as_predicted(scenario: Scenario, url: str, speed: float = SPEED) -> tuple[Trace, Measured]:
    """The prediction, and a run that counts the same."""
    predicted = simulate(scenario, "async", seed=1)
    live = measure(scenario, "async", seed=1, url=url, speed=speed)
    assert not live.trouble
    assert counts(summarise(live.trace)) == counts(summarise(predicted))
    assert live.counted.phantom_errors == summarise(predicted).phantom_errors
    return predicted, live


# -- the web service is killed ----------------------------------------------------------------------


def test_who_the_service_has_in_hand_or_turns_away_sees_an_error_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scenario = load_scenario("checkout", [TRAFFIC, steps(CHECK, SAVE), DOWN])
    with nothing_left(monkeypatch, tmp_path):
        live = measure(scenario, "sync", seed=1, speed=SPEED)
    predicted = simulate(scenario, "sync", seed=1)
    for column in ("customer", "response", "end", "work"):
        assert list(live.trace.requests.column(column)) == list(predicted.requests.column(column)), column
    [cut] = [row for row in live.trace.requests if row.end == ServerOutcome.CUT]
    assert (cut.customer, cut.response) == (3, ResponseStatus.ERROR)
    assert cut.replied_s is not None
    assert 3.5 <= cut.replied_s < 5.5
    [attempt] = [row for row in live.trace.attempts if row.outcome == AttemptOutcome.CRASHED]
    assert attempt.request == cut.index
    assert attempt.started_s < 3.5 <= (attempt.ended_s or 0)
    closed = [row.customer for row in live.trace.requests if row.end == ServerOutcome.CLOSED]
    assert closed == [4, 5]
    assert not live.trouble


def test_who_waits_for_a_thread_is_cut_and_comes_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # One thread: customers 1 to 3 come at 0, 0.1 and 0.2 s; at 0.5 s the first is in the thread.
    sets = (
        *('traffic={"at":["0s","100ms","200ms"]}', steps("{name: look, duration: 1s, effect: looked}")),
        *("server={threads: 1, restarts: [{at: 500ms, for: 1s}]}", "customer.resubmits=1"),
        "customer.resubmit_after=2s",
    )
    scenario = load_scenario("checkout", sets)
    with nothing_left(monkeypatch, tmp_path):
        live = measure(scenario, "sync", seed=1, speed=2.0)
    predicted = simulate(scenario, "sync", seed=1)
    ends = [(row.customer, row.click, row.end) for row in live.trace.requests]
    assert sorted(ends) == sorted((row.customer, row.click, row.end) for row in predicted.requests)
    assert [end for _, click, end in ends if click == 0] == [ServerOutcome.CUT] * 3
    assert summarise(live.trace).effects == {"looked": 3}


@pytest.mark.parametrize("kind", KINDS)
def test_a_queue_outside_loses_nothing_when_the_web_server_dies(kind: str, servers: Servers) -> None:
    scenario, url = shop(kind, servers, DOWN)
    _, live = as_predicted(scenario, url, speed=3.0)
    summary = summarise(live.trace)
    assert summary.responses["error"] == 3
    assert summary.effects == {"order saved": 6, "email sent": 6}


def test_a_queue_in_the_web_server_dies_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # The first email is in hand from 1.05 to 5.05 s; two wait when the web server is killed.
    sets = (TRAFFIC, steps(CHECK, SAVE, f"{{{EMAIL.replace('1500ms', '4s')}}}"), "queue.broker=in-process")
    scenario = load_scenario("checkout", [*sets, "workers.count=1", DOWN])
    with nothing_left(monkeypatch, tmp_path):
        _, live = as_predicted(scenario, "redis://127.0.0.1:1")  # nobody asks for a broker
    summary = summarise(live.trace)
    assert summary.work["lost"] == live.counted.lost == 3
    assert str(live.server).startswith("Python 3")


def test_a_worker_thread_dies_alone_and_comes_back() -> None:
    sets = ("queue.broker=in-process", "workers={count: 2, crash_rate: 30%, restart_after: 1s}")
    scenario = load_scenario("checkout", [TRAFFIC, steps(CHECK, SAVE, f"{{{EMAIL}}}"), *sets])
    predicted, live = as_predicted(scenario, "sqlite:")
    assert len(live.trace.crashes) == len(predicted.crashes) > 0
    assert summarise(live.trace).work["lost"] == len(predicted.crashes)
    for crash in live.trace.crashes:
        assert crash.back_s is None or crash.back_s >= crash.at_s + 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_outbox_survives_a_restart_and_its_relay_publishes_at_its_looks(
    kind: str, servers: Servers
) -> None:
    scenario, url = shop(kind, servers, DOWN, "queue.publish_failure=outbox", "queue.outbox_every=750ms")
    predicted, live = as_predicted(scenario, url)
    looks, published = (
        [row.published_s or 0.0 for row in trace.messages] for trace in (predicted, live.trace)
    )
    assert looks == pytest.approx([1.5, 2.25, 3.75, 7.5, 8.25, 9.75], abs=0.005)  # and publishing takes time
    assert all(at >= look for look, at in zip(looks, published, strict=True))


def test_what_the_broker_refuses_is_forgotten_where_that_is_ignored(servers: Servers) -> None:
    # One worker, one message may wait: of those who come while it works, one is kept, the others are lost.
    sets = ("workers.count=1", "queue.capacity=1", "queue.publish_failure=ignore")
    scenario, url = shop("rabbitmq", servers, *sets, 'traffic={"at":["0s","400ms","600ms","800ms"]}')
    _, live = as_predicted(scenario, url)
    assert summarise(live.trace).responses["ok"] == 4
    assert live.counted.lost == summarise(live.trace).work["lost"] == 2


# -- steps that fail as services do -----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_messages_are_poison_and_kill_the_same_workers(kind: str, servers: Servers) -> None:
    poison = f"{{{EMAIL}, poison: 20%, poison_kills: true, retry: {{attempts: 2, delay: 0s}}}}"
    quick = ["queue.visibility_timeout=uniform(4s, 4.2s)"] if kind == "redis" else []
    scenario, url = shop(kind, servers, steps(CHECK, SAVE, poison), "workers.restart_after=1s", *quick)
    predicted, live = as_predicted(scenario, url)
    assert len(live.trace.crashes) == len(predicted.crashes) == 2 * summarise(predicted).work["dead_lettered"]
    assert len(predicted.crashes) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_lost_answers_and_services_that_work_on_have_the_same_effects(kind: str, servers: Servers) -> None:
    charge = (
        "{name: charge card, duration: 'uniform(300ms, 900ms)', timeout: 700ms, on_timeout: works_on, "
        "on_failure: continue, failure_rate: 30%, lost_answers: 50%, effect: card charged, "
        "retry: {attempts: 2, delay: 100ms, in_request: true}}"
    )
    email = (
        f"{{{EMAIL.replace('1500ms', VARIES)}, timeout: 700ms, on_timeout: works_on, "
        "failure_rate: 30%, lost_answers: 50%, retry: {attempts: 3, delay: 0s}}"
    )
    quick = ["queue.visibility_timeout=uniform(4s, 4.2s)"] if kind == "redis" else []
    scenario, url = shop(kind, servers, steps(CHECK, charge, email), *quick)
    predicted, live = as_predicted(scenario, url)
    assert summarise(live.trace).silent_failures == summarise(predicted).silent_failures > 0
    assert len(live.trace.worked_on) == len(predicted.worked_on) > 0
    for trace in (predicted, live.trace):
        outcomes = set(trace.attempts.column("outcome"))
        assert {AttemptOutcome.ANSWER_LOST, AttemptOutcome.TIMED_OUT} <= outcomes
        for call in trace.worked_on:
            ended = trace.attempts[call.attempt].ended_s
            assert ended is not None
            assert call.ended_s > ended


def test_a_service_works_on_though_its_caller_is_killed() -> None:
    # It gives up at 0.4 s; the web server dies at 0.6 s; the card is charged at 1 s all the same.
    charge = "{name: charge card, duration: 1s, timeout: 400ms, on_timeout: works_on, effect: card charged}"
    down = "server.restarts=[{at: 600ms, for: 1s}]"
    wait = "{name: wait, duration: 3s}"
    sets = ('traffic={"at":["0s"]}', steps(charge.replace("effect", "on_failure: continue, effect"), wait))
    scenario = load_scenario("checkout", [*sets, down])
    live = measure(scenario, "sync", seed=1, speed=2.0)
    assert summarise(live.trace).effects == {"card charged": 1}
    assert live.counted.effects == {"card charged": 1}
    assert live.counted.phantom_errors == summarise(live.trace).phantom_errors == 1
    [call] = live.trace.worked_on
    assert 1.0 <= call.ended_s < 1.5


# -- workers that stand still, and workers that are stopped -----------------------------------------


@pytest.mark.parametrize(
    ("kind", "sets"),
    [
        ("redis", ("queue.visibility_timeout=uniform(6s, 6.2s)",)),
        ("rabbitmq", ("queue.host_crash_detection=uniform(10s, 15s)", "queue.deal=rotation")),
    ],
)
def test_a_worker_that_stands_still_too_long_wakes_and_does_it_again(
    kind: str, sets: tuple[str, ...], servers: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    freeze = "workers={count: 2, freezes: [{worker: 1, at: 3s, for: 30s}, {worker: 2, at: 36s, for: 1s}]}"
    email = steps(CHECK, SAVE, f"{{{EMAIL.replace('1500ms', '4s')}}}")
    # Two at the start: whichever worker takes the first email, worker 1 has one in hand at 3 s.
    scenario, url = shop(kind, servers, email, 'traffic={"at":["0s","0s","35s"]}', freeze, *sets)
    with nothing_left(monkeypatch, tmp_path):
        _, live = as_predicted(scenario, url)
    assert summarise(live.trace).duplicates["email sent"] == 1
    frozen = max(live.trace.attempts, key=lambda row: (row.ended_s or 0) - row.started_s)
    assert frozen.worker == 1
    assert frozen.ended_s is not None
    assert 33.9 <= frozen.ended_s - frozen.started_s < 37  # its work of 4 s, and 30 s
    assert [(row.worker, row.reason) for row in live.trace.pauses] == [(1, FROZEN), (2, FROZEN)]
    assert not live.trace.crashes


@pytest.mark.parametrize("kind", [*KINDS, "kafka"])
def test_a_deploy_ends_what_is_in_hand_and_kills_who_takes_too_long(kind: str, servers: Servers) -> None:
    # At 2 s each has an email in hand, to 4.05 or 4.25 s; worker 1 has 4 s to end it, worker 2 has 1 s.
    stops = (
        "{worker: 1, at: 2s, grace: 4s, restart_after: 1s}, {worker: 2, at: 2s, grace: 1s, restart_after: 1s}"
    )
    email = f"{{{EMAIL.replace('1500ms', '3s')}}}"
    sets = [
        'traffic={"at":["0s","200ms"]}',
        steps(CHECK, SAVE, email),
        f"workers={{count: 2, stops: [{stops}]}}",
    ]
    quick = {
        "redis": ["queue.visibility_timeout=uniform(7s, 7.2s)"],
        "kafka": ["queue={broker: kafka, partitions: 2, crash_detection: 'uniform(42s, 48s)'}"],
    }
    scenario, url = shop(kind, servers, *sets, *quick.get(kind, ()))
    _, live = as_predicted(scenario, url, speed=SPEED if kind != "kafka" else 7.5)
    [crash] = live.trace.crashes
    assert crash.worker == 2
    assert 3.0 <= crash.at_s < 4.0
    assert summarise(live.trace).effects["email sent"] == 2
    reasons = [(row.worker, row.reason) for row in live.trace.pauses]
    assert sorted(reasons) == [(1, STOPPING), (1, STOPPED), (2, STOPPING)]
    assert None not in [row.until_s for row in live.trace.pauses if row.reason == STOPPING]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_worker_gives_back_at_once_what_it_only_holds(kind: str, servers: Servers) -> None:
    stops = "workers={count: 1, stops: [{worker: 1, at: 1800ms, grace: unlimited, restart_after: 500ms}]}"
    prefetch = ["queue.prefetch=3", *(["queue.deal=rotation"] if kind == "rabbitmq" else [])]
    scenario, url = shop(kind, servers, 'traffic={"at":["0s","100ms","200ms"]}', stops, *prefetch)
    _, live = as_predicted(scenario, url)
    assert [row.number for row in live.trace.deliveries] == [1, 1, 1, 2, 2]
    assert not live.trace.crashes


# -- what the runner knows of it --------------------------------------------------------------------


def test_restarts_that_overlap_or_touch_are_one() -> None:
    def at(begin: str, lasts: str) -> Restart:
        return Restart.model_validate({"at": begin, "for": lasts})

    spans = merged([at("5s", "1s"), at("1s", "2s"), at("2s", "4s"), at("9s", "0s"), at("6s", "1s")])
    assert spans == [(1_000_000, 7_000_000), (9_000_000, 9_000_000)]


def test_a_look_of_the_relay_and_the_return_of_a_worker_are_waited_for() -> None:
    slow = load_scenario("outbox", ["queue.outages=[]", "queue.outbox_every=40s"])
    assert longest_silence_s(slow, wanted_of(slow, "check", 1.0)) == 40.0
    stops = "workers.stops=[{worker: 1, at: 1s, grace: 1s, restart_after: 70s}]"
    stopped = load_scenario("checkout", [stops])
    assert longest_silence_s(stopped, wanted_of(stopped, "check", 1.0)) == 70.0

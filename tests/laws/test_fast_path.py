"""Where a run can be had in one pass, it is the same as the run by events; a table says where it can."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from operator import add
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.scenarios import scenarios, times
from laws.test_same_trace import written
from laws.test_second_opinion import MANY
from syncasync_sim.engine import delivery_pass, fast_path, simulate, simulation
from syncasync_sim.engine.delivery_pass import NeedsEventsError
from syncasync_sim.engine.engine_choice import engine_choice
from syncasync_sim.engine.fast_path_rules import (
    EVENT_RULES,
    is_applicable,
    reasons_for_events,
    serves_ahead,
)
from syncasync_sim.engine.multi_server_queue import MultiServerQueue
from syncasync_sim.errors import BooksError
from syncasync_sim.files import bundled, load_scenario
from syncasync_sim.model.attempts import OK
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import Attempt, Trace

LENGTHS = st.sampled_from(
    [
        *("0", "50ms", "100ms", "1us", "exponential(mean=100ms)", "uniform(0, 200ms)"),
        *("exponential(mean=2us)", "empirical([0, 100ms, 100ms])", "empirical([0, 70ms, 310ms, 1100ms])"),
    ]
)
TRAFFIC = st.one_of(
    st.fixed_dictionaries({"requests": st.integers(1, 12)}),
    st.fixed_dictionaries({"at": st.lists(times(0, 12), min_size=1, max_size=9)}),
    st.just({"rate": "10/s", "for": "3s", "arrivals": "poisson"}),
)


def _named(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": f"step {number}", **step} for number, step in enumerate(steps)]


def plain() -> st.SearchStrategy[dict[str, Any]]:
    """Scenarios in which nothing fails, with many ties."""
    step = st.fixed_dictionaries({"duration": LENGTHS, "background": st.booleans()})
    return st.fixed_dictionaries(
        {"traffic": TRAFFIC, "steps": st.lists(step, min_size=1, max_size=4).map(_named)},
        optional={
            "server": st.fixed_dictionaries({"threads": st.sampled_from(["unlimited", 1, 2, 3])}),
            "workers": st.fixed_dictionaries({"count": st.integers(1, 3)}),
            "queue": st.fixed_dictionaries({"publish": LENGTHS, "deliver": LENGTHS}),
            "stop_at": times(1, 40),
        },
    )


RATES = st.sampled_from(["10%", "30%", "50%", "100%"])
RETRY = st.fixed_dictionaries(
    {"attempts": st.integers(1, 4), "delay": st.sampled_from(["0", "50ms", "100ms"])},
    optional={
        "factor": st.sampled_from([0.5, 1, 2]),
        "jitter": st.just("full"),
        "in_request": st.booleans(),
    },
)


def _faulty(step: dict[str, Any]) -> dict[str, Any]:
    """Windows only where the pass can have them; an answer can only be lost where work fails."""
    if not step["background"]:
        step = {key: value for key, value in step.items() if key not in ("outages", "slowdowns")}
    return step if "failure_rate" in step else {k: v for k, v in step.items() if k != "lost_answers"}


def faulty() -> st.SearchStrategy[dict[str, Any]]:
    """Scenarios in which work fails, answers get lost and customers give up, each key on its allowed side."""
    step = st.fixed_dictionaries(
        {"duration": LENGTHS, "background": st.booleans()},
        optional={
            "failure_rate": RATES,
            "lost_answers": RATES,
            "poison": RATES,
            "fails_after": st.sampled_from(["0", "50ms", "200ms"]),
            "timeout": st.sampled_from(["50ms", "100ms", "150ms"]),
            "on_failure": st.just("continue"),
            "outages": st.just([{"from": "100ms", "for": "250ms"}]),
            "slowdowns": st.just([{"from": "150ms", "for": "200ms", "factor": 3}]),
            "retry": RETRY,
        },
    ).map(_faulty)
    queue = st.fixed_dictionaries(
        {},
        optional={
            "publish": LENGTHS,
            "deliver": LENGTHS,
            "ack": st.just("before"),
            "redelivery": st.sampled_from(["back", "original"]),
            "max_deliveries": st.integers(1, 3),
            "dead_letter": st.booleans(),
            "visibility_timeout": st.sampled_from(["150ms", "1s"]),
            "max_in_flight": st.integers(3, 5),
        },
    )
    return st.fixed_dictionaries(
        {
            "traffic": TRAFFIC,
            "steps": st.lists(step, min_size=1, max_size=4).map(_named),
            "workers": st.fixed_dictionaries({"count": st.integers(1, 3)}, optional={"renew": st.booleans()}),
            "queue": queue,
        },
        optional={
            "server": st.fixed_dictionaries({"threads": st.sampled_from(["unlimited", 1, 2, 3])}),
            "customer": st.fixed_dictionaries(
                {"patience": st.sampled_from(["0", "1us", "50ms", "100ms", "300ms"])}
            ),
            "stop_at": times(1, 40),
        },
    )


def in_microseconds(data: dict[str, Any]) -> dict[str, Any]:
    """The same with a microsecond for each 50 ms: nothing fits between two moments of it."""
    text = re.sub(r"(\d+)ms", lambda found: f"{max(1, int(found[1]) // 50)}us", json.dumps(data))
    return dict(json.loads(text))


def same(one: Trace, other: Trace) -> bool:
    """Equal but for the order in which the attempts were written down."""
    names = ("requests", "messages", "deliveries", "crashes", "ended_at_us", "observed_us", "partial")
    equal = (getattr(one, name) == getattr(other, name) for name in names)
    return attempts_of(one) == attempts_of(other) and all(equal)


def attempts_of(trace: Trace) -> list[tuple[int, ...]]:
    """In an order of their own."""
    return sorted(trace.attempts.columns(*Attempt.COLUMNS))


def both(scenario: Scenario, mode: Mode) -> tuple[Trace, Trace]:
    return simulate(scenario, mode, seed=1), simulation.simulate_events(scenario, mode, RandomStreams(1))


@MANY
@given(st.one_of(plain(), faulty(), scenarios(), st.one_of(plain(), faulty()).map(in_microseconds)))
def test_one_pass_is_the_run_by_events(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    for mode in MODES:
        assert same(*both(scenario, mode))


ORDERS = {
    "requests": "arrived",
    "messages": "published",
    "deliveries": "taken",
    "crashes": "at",
    "pauses": "at",
}
"""The column by which the rows of a table are in order; those of `attempts` and `worked_on` are in none."""


@MANY
@given(st.one_of(plain(), faulty(), scenarios()))
def test_rows_are_in_the_order_that_is_documented(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    for trace in both(scenario, "async"):
        for table, column in ORDERS.items():
            times = [at for at in getattr(trace, table).column(column) if at != NEVER]
            assert times == sorted(times), table


ON_QUEUE: dict[str, Any] = {"duration": "0", "background": True}
AT_ITS_EDGES: dict[str, dict[str, Any]] = {
    # At 1 us the page of the first customer ends, whose last message is taken; only then the thread takes the
    # second one, whose first message the same worker finds, as its work took no time.
    "a message at the instant of its begin": {
        "traffic": {"requests": 2},
        "server": {"threads": 1},
        "workers": {"count": 2},
        "steps": [{"name": "a", **ON_QUEUE}, {"name": "b", "duration": "1us"}, {"name": "c", **ON_QUEUE}],
    },
    "a message a microsecond after the cut": {
        "traffic": {"at": ["1us"]},
        "steps": [{"name": "a", **ON_QUEUE}],
        "queue": {"publish": "1us"},
        "stop_at": "1us",
    },
    # The worker that failed is free again when its message is: it takes it once more, not the other one.
    "a message that fails and returns in no time": {
        "traffic": {"requests": 1},
        "workers": {"count": 2},
        "steps": [{"name": "a", **ON_QUEUE, "failure_rate": "100%", "retry": {"attempts": 2, "delay": "0"}}],
    },
    "a message that is visible again at the cut": {
        "traffic": {"requests": 1},
        "steps": [
            {
                **{"name": "a", "duration": "1us", "background": True, "failure_rate": "100%"},
                "retry": {"attempts": 2, "delay": "1us"},
            }
        ],
        "stop_at": "2us",
    },
}
"""Where one pass could easily be another run than that by events."""


@pytest.mark.parametrize("name", AT_ITS_EDGES)
def test_one_pass_is_the_run_by_events_at_its_edges(name: str) -> None:
    scenario = Scenario.model_validate(AT_ITS_EDGES[name])
    assert is_applicable(scenario, "async")
    assert same(*both(scenario, "async"))


def test_what_is_published_after_the_cut_is_not_in_the_trace() -> None:
    scenario = Scenario.model_validate(AT_ITS_EDGES["a message a microsecond after the cut"])
    assert len(simulate(scenario, "async").messages) == 0


def test_what_is_published_at_the_begin_comes_after_what_ends_at_that_instant() -> None:
    scenario = Scenario.model_validate(AT_ITS_EDGES["a message at the instant of its begin"])
    trace = simulate(scenario, "async")
    assert list(trace.deliveries.columns("message", "worker", "taken")) == [
        *((0, 1, 0), (1, 1, 1), (2, 1, 1), (3, 1, 2))
    ]


@pytest.mark.parametrize(
    "fault",
    [
        {"failure_rate": "50%"},
        {"poison": "50%"},
        {"timeout": "500ms"},
        {"outages": [{"from": "1s", "for": "1s"}]},
    ],
)
def test_where_an_error_makes_a_customer_click_again_the_run_needs_events(fault: dict[str, Any]) -> None:
    data = {"traffic": {"requests": 1}, "customer": {"resubmits": 1}, "steps": [{**A_STEP, **fault}]}
    keys = [rule.key for rule in reasons_for_events(Scenario.model_validate(data), "async")]
    assert "customer.resubmits" in keys


@MANY
@given(st.one_of(plain(), faulty(), scenarios(), scenarios()))
def test_threads_ahead_of_their_workers_are_the_run_by_events(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    for mode in MODES:
        if serves_ahead(scenario, mode):
            with suppress(NeedsEventsError):
                ahead = simulation.workers_by_events(scenario, mode, RandomStreams(1))
                assert same(ahead, simulation.simulate_events(scenario, mode, RandomStreams(1)))


@MANY
@given(faulty())
def test_faults_do_not_need_events(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    assert reasons_for_events(scenario, "async") == []


@pytest.mark.parametrize("name", [n for n in bundled.names() if n not in ("overload",)])
@pytest.mark.parametrize("mode", MODES)
def test_the_bundled_scenarios_too(name: str, mode: Mode) -> None:
    assert same(*both(load_scenario(name), mode))


def test_half_of_the_bundled_scenarios_need_no_events_in_async() -> None:
    scenarios = {name: load_scenario(name) for name in bundled.names()}
    in_one_pass = set[str]()
    for name in (name for name, scenario in scenarios.items() if is_applicable(scenario, "async")):
        with suppress(NeedsEventsError):
            simulation.one_pass(scenarios[name], "async", RandomStreams(1))
            in_one_pass.add(name)
    assert in_one_pass == {
        *("box-office", "busy-worker", "checkout", "login", "notifications", "recommendations"),
        *("rush-hour", "slow-email", "ten-orders", "traffic-spike"),
        *("email-down", "flaky-email", "lost-answer", "video-processing"),
        *("email-down-resubmit", "email-down-resubmit-idempotent"),
    }


A_STEP: dict[str, Any] = {"name": "a", "duration": "1s"}
ON_WORKERS: dict[str, Any] = {**A_STEP, "background": True}
OFTEN = {**A_STEP, "failure_rate": "50%"}
WITH_EVENTS: dict[str, dict[str, Any]] = {
    "customer.resubmits": {"customer": {"resubmits": 1}, "steps": [OFTEN]},
    "server.backlog": {"server": {"threads": 1, "backlog": 0}},
    "server.drop_expired": {"server": {"threads": 1, "drop_expired": True}, "customer": {"patience": "2s"}},
    "server.timeout": {"server": {"timeout": "500ms"}},
    "server.restarts": {"server": {"restarts": [{"at": "1s", "for": "1s"}]}},
    "steps.outages": {"steps": [{**A_STEP, "outages": [{"from": "1s", "for": "1s"}]}]},
    "steps.slowdowns": {"steps": [{**A_STEP, "slowdowns": [{"from": "1s", "for": "1s", "factor": 2}]}]},
    "steps.on_timeout": {"steps": [{**A_STEP, "timeout": "500ms", "on_timeout": "works_on"}]},
    "steps.concurrency": {"steps": [{**A_STEP, "concurrency": 1}]},
    "steps.poison_kills": {"steps": [{**ON_WORKERS, "poison": "50%", "poison_kills": True}]},
    "queue.publish_failure": {"steps": [ON_WORKERS], "queue": {"publish_failure": "outbox"}},
    "queue.capacity": {"steps": [ON_WORKERS], "queue": {"capacity": 1}},
    "queue.outages": {"steps": [ON_WORKERS], "queue": {"outages": [{"from": "1s", "for": "1s"}]}},
    "queue.visibility_timeout": {
        "steps": [ON_WORKERS],
        "queue": {"visibility_timeout": "uniform(100ms, 2s)"},
    },
    "queue.failure": {"steps": [{**OFTEN, "background": True}], "queue": {"failure": "in_place"}},
    "queue.prefetch": {"steps": [ON_WORKERS], "queue": {"prefetch": 2}},
    "queue.deal": {
        "steps": [{**ON_WORKERS, "duration": "100ms"}],
        "queue": {"deal": "rotation"},
        "workers": {"count": 2},
    },
    "queue.max_in_flight": {"steps": [ON_WORKERS], "queue": {"max_in_flight": 1}, "workers": {"count": 2}},
    "queue.partitions": {"steps": [ON_WORKERS], "queue": {"partitions": 1}, "workers": {"count": 2}},
    "workers.crashes": {
        "steps": [ON_WORKERS],
        "workers": {"crashes": [{"worker": 1, "at": "1s", "restart_after": "1s"}]},
    },
    "workers.crash_rate": {"steps": [ON_WORKERS], "workers": {"crash_rate": "50%"}},
    "workers.stops": {
        "steps": [ON_WORKERS],
        "workers": {"stops": [{"worker": 1, "at": "1s", "grace": "0", "restart_after": "1s"}]},
    },
    "workers.freezes": {
        "steps": [ON_WORKERS],
        "workers": {"freezes": [{"worker": 1, "at": "1s", "for": "1s"}]},
    },
}
"""By the key of its rule: a scenario that needs events for this one reason."""


def test_every_rule_has_a_scenario() -> None:
    assert [rule.key for rule in EVENT_RULES] == list(WITH_EVENTS)


@pytest.mark.parametrize("key", WITH_EVENTS)
def test_a_run_needs_events_for_one_reason(key: str) -> None:
    data = {"traffic": {"rate": "2/s", "for": "4s"}, "steps": [A_STEP], "stop_at": "30s", **WITH_EVENTS[key]}
    scenario = Scenario.model_validate(data)
    assert [rule.key for rule in reasons_for_events(scenario, "async")] == [key]


@pytest.mark.parametrize("key", WITH_EVENTS)
def test_without_the_rule_the_pass_would_be_another_run(key: str) -> None:
    data = {"traffic": {"rate": "2/s", "for": "4s"}, "steps": [A_STEP], "stop_at": "30s", **WITH_EVENTS[key]}
    scenario = Scenario.model_validate(data)
    draws = RandomStreams(1)
    try:
        in_one_pass = simulation.one_pass(scenario, "async", draws)
    except (BooksError, IndexError, NeedsEventsError):
        return
    assert not same(in_one_pass, simulation.simulate_events(scenario, "async", draws))


@pytest.mark.parametrize("key", [rule.key for rule in EVENT_RULES if not rule.of_workers])
def test_what_concerns_the_threads_cannot_be_served_ahead(key: str) -> None:
    data = {"traffic": {"rate": "2/s", "for": "4s"}, "steps": [A_STEP], "stop_at": "30s", **WITH_EVENTS[key]}
    scenario = Scenario.model_validate(data)
    assert not serves_ahead(scenario, "async")
    draws = RandomStreams(1)
    try:
        ahead = simulation.workers_by_events(scenario, "async", draws)
    except (BooksError, IndexError, NeedsEventsError):
        return
    assert not same(ahead, simulation.simulate_events(scenario, "async", draws))


def test_stopped_among_the_workers_it_is_the_run_up_to_then() -> None:
    data = {"traffic": {"rate": "10/s", "for": "2000s"}, "steps": [A_STEP, {**ON_WORKERS, "name": "b"}]}
    more = {"queue": {"prefetch": 2}, "workers": {"count": 12}, "server": {"threads": 20}}
    scenario = Scenario.model_validate({**data, **more})
    seen: list[int] = []

    def watch(done: int, expected: int) -> bool:
        seen.append(done)
        assert expected == 40_000
        return len(seen) < 3

    trace = simulate(scenario, "async", seed=1, watch=watch)
    assert trace.partial
    assert 20_000 < seen[1] < seen[2] == 20_000 + len(trace.deliveries)
    until = scenario.model_copy(update={"stop_at_s": trace.observed_us / 1e6})
    whole = simulation.simulate_events(until, "async", RandomStreams(1))
    assert 1_000 < len(trace.requests) < 20_000
    for rows in ("requests", "messages", "deliveries"):
        assert getattr(trace, rows) == getattr(whole, rows)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("looks", [1, 2, 5])
def test_stopped_anywhere_it_is_the_run_up_to_then(
    mode: Mode, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (simulation, fast_path, delivery_pass):
        monkeypatch.setattr(module, "SLICE", 5)
    stopped = 0
    for known in written()[::4]:
        scenario = Scenario.model_validate(known["scenario"])
        left = iter(range(looks - 1, -1, -1))
        trace = simulate(scenario, mode, seed=1, watch=partial(_counts_down, left))
        if not trace.partial:
            continue
        stopped += 1
        until = scenario.model_copy(update={"stop_at_s": trace.observed_us / 1e6})
        whole = simulation.simulate_events(until, mode, random_streams(scenario, 1))
        assert whole.observed_us <= trace.observed_us  # less, if nothing was left to do
        for rows in ("requests", "messages", "deliveries"):
            assert getattr(trace, rows) == getattr(whole, rows), scenario
        assert attempts_of(trace) == attempts_of(whole), scenario
        assert calls_of(trace) == calls_of(whole), scenario
    assert stopped > 20


def calls_of(trace: Trace) -> list[tuple[object, ...]]:
    """Those that work on for nobody, each with its attempt."""
    attempts = list(trace.attempts.columns("request", "step", "number", "started"))
    calls = trace.worked_on.columns("attempt", "ended", "outcome")
    return sorted((attempts[attempt], *end) for attempt, *end in calls)


def test_a_call_that_works_on_keeps_its_attempt_when_the_run_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each b is cut at 150 ms, and its service ends 150 ms later. The second try would come 10 s after the
    # first, and is written down with it. The third customer comes at 5 s, where the run is stopped.
    monkeypatch.setattr(simulation, "SLICE", 1)
    retry = {"attempts": 2, "delay": "10s", "in_request": True}
    b = {"name": "b", "duration": "300ms", "timeout": "150ms", "on_timeout": "works_on", "retry": retry}
    data = {"traffic": {"at": ["0s", "500ms", "5s"]}, "steps": [{"name": "a", "duration": "1s"}, b]}
    left = iter(range(2, -1, -1))
    trace = simulate(Scenario.model_validate(data), "sync", seed=1, watch=partial(_counts_down, left))
    assert trace.observed_us == 5_000_000
    assert calls_of(trace) == [
        ((0, 1, 1, 1_000_000), 1_300_000, OK),
        ((1, 1, 1, 1_500_000), 1_800_000, OK),
    ]


def _counts_down(left: Iterator[int], *_: int) -> bool:
    return next(left, 0) > 0


@pytest.mark.parametrize("mode", MODES)
def test_stopped_early_it_ends_where_somebody_stopped_it(mode: Mode) -> None:
    data = {"traffic": {"rate": "10/s", "for": "9000s"}, "steps": [{"name": "a", "duration": "50ms"}]}
    scenario = Scenario.model_validate(data)
    seen: list[int] = []

    def watch(done: int, expected: int) -> bool:
        seen.append(done)
        assert expected == 90_000
        return len(seen) < 2

    trace = simulate(scenario, mode, seed=1, watch=watch)
    assert seen == [20_000, 40_000]
    assert trace.partial
    assert len(trace.requests) == 40_000
    assert trace.observed_us == trace.requests[-1].arrived_s * 1e6
    assert trace.requests[-1].replied_s is None
    assert trace.requests[-2].replied_s is not None


IN_REQUEST = ("check payment", "charge card", "save order")


@pytest.mark.parametrize(
    ("name", "sets", "mode", "says"),
    [
        ("checkout", [], "sync", ["sync: one pass over the customers, without events"]),
        ("checkout", [], "async", ["async: one pass over the customers and their messages, without events"]),
        (
            "ack-first",
            [],
            "async",
            [
                "async: the threads in one pass, the workers event by event, because of",
                "  workers.crash_rate (above 0): a worker that dies of a message is away for a time",
            ],
        ),
        (
            "short-visibility-timeout",
            [],
            "async",
            [
                "async: the threads in one pass, the workers event by event, because of",
                "  what happened in this run: a visibility timeout ends before the work on its message",
            ],
        ),
        (
            "checkout",
            [
                "queue.prefetch=2",
                *(f"steps[{n}].duration=0" for n in ("check payment", "charge card", "save order")),
            ],
            "async",
            [
                "async: event by event, because of",
                "  queue.prefetch (not 1): a worker takes messages before it can work on them",
                "  what happened in this run: a request ends or publishes at the instant of its begin",
            ],
        ),
        (
            "checkout",
            ["workers.crashes=[{worker: 1, at: 1s, restart_after: 1s}]"],
            "sync",
            [
                "sync: the threads in one pass, and events for idle workers, because of",
                "  workers.crashes (set): a crash cuts work at any moment",
            ],
        ),
    ],
)
def test_the_choice_in_words(name: str, sets: list[str], mode: Mode, says: list[str]) -> None:
    assert list(engine_choice(simulate(load_scenario(name, sets), mode, seed=1))) == says


def test_what_is_published_as_its_request_begins_comes_after_what_returns_then() -> None:
    # At 400 ms the emails of 0 s are visible again, and a customer comes, whose email is published at once.
    email = {**ON_WORKERS, "duration": "150ms", "poison": "100%", "retry": {"attempts": 2, "delay": "250ms"}}
    steps = [email, {"name": "b", "duration": "50ms"}]
    parts = {"workers": {"count": 2}, "queue": {"redelivery": "back"}}
    data = {"traffic": {"at": ["0", "0", "400ms"]}, "steps": steps, **parts}
    traces = both(Scenario.model_validate(data), "async")
    for trace in traces:
        assert [row.message for row in trace.deliveries] == [0, 1, 0, 1, 2, 2]
    assert same(*traces)


# (arrivals, lengths) at two servers, some of the services of no length
ALONE = ([0, 10, 20, 30], [15, 0, 5, 5])
AFTER_ONE_DEPARTURE = ([0, 0, 5, 6], [100, 200, 0, 50])
TWO_LEAVE = ([0, 0, 5, 6], [100, 100, 0, 50])
ANOTHER_COMES = ([0, 10, 10], [15, 0, 5])
ONE_LEAVES = ([0, 15, 20], [15, 0, 5])
SEVERAL_AT_ONCE = ([0, 0, 0, 0, 0], [0, 0, 0, 0, 5])


@pytest.mark.parametrize(
    ("batch", "servers", "began", "rounds"),
    [
        (ALONE, [1, 2, 1, 1], [0, 10, 20, 30], [0, 0, 0, 0]),
        # At 100 the first server is free, and after the service of no length once more: in the next round.
        (AFTER_ONE_DEPARTURE, [1, 2, 1, 1], [0, 0, 100, 100], [0, 0, 0, 1]),
        (TWO_LEAVE, [1, 2, 1, 2], [0, 0, 100, 100], [0, 0, 0, 0]),
        (ANOTHER_COMES, [1, 2, 2], [0, 10, 10], [0, 0, 1]),
        (ONE_LEAVES, [1, 1, 1], [0, 15, 20], [0, 0, 0]),
        (SEVERAL_AT_ONCE, [1, 2, 1, 2, 1], [0, 0, 0, 0, 0], [0, 0, 1, 1, 2]),
    ],
)
def test_services_of_no_length(
    batch: tuple[list[int], list[int]], servers: list[int], began: list[int], rounds: list[int]
) -> None:
    numbers, begins, ends, in_rounds = MultiServerQueue(2).serve(*batch)
    assert [list(column) for column in (numbers, begins, in_rounds)] == [servers, began, rounds]
    assert list(ends) == list(map(add, began, batch[1]))


def test_a_service_of_no_length_meets_the_next_slice() -> None:
    queue = MultiServerQueue(1)
    queue.serve([0], [10])
    queue.serve([5, 10], [0, 0])
    assert [list(column) for column in queue.serve([10, 12], [5, 5])] == [[1, 1], [10, 15], [15, 20], [2, 0]]


def test_servers_that_are_busy_stay_so_when_a_service_of_no_length_comes() -> None:
    # Both are busy until 10 and 20; the one of no length begins at 10, and the last one in the next round.
    queue = MultiServerQueue(2)
    queue.serve([0, 0], [10, 20])
    assert [list(column) for column in queue.serve([5, 6], [0, 5])] == [[1, 1], [10, 10], [10, 15], [0, 1]]


def test_a_long_run_by_events_writes_each_attempt_once() -> None:
    # So many events that it writes attempts down on its way, and then the others at its end.
    steps = [{"name": "a", "duration": "exponential(mean=1ms)"}, {"name": "b", "duration": "1ms"}]
    scenario = Scenario.model_validate({"traffic": {"rate": "1000/s", "for": "12s"}, "steps": steps})
    assert simulation.SLICE < 2 * 12_000
    in_one_pass, by_events = both(scenario, "sync")
    assert len(by_events.attempts) == 24_000
    assert same(in_one_pass, by_events)

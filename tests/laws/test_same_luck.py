"""Two designs, same luck: who is poisoned and whose answer is lost, in sync and on every preset."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws.test_laws import LAWS
from syncasync_sim.engine import simulate
from syncasync_sim.model.attempts import OK, AttemptOutcome, attempt_sampler
from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.random_streams import (
    BLOCK,
    BLOCKS_TO_MARK,
    RandomStream,
    RandomStreams,
    SparseStream,
)
from syncasync_sim.model.request_parts import Step
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

CUSTOMERS = 40
Luck = dict[tuple[int, ...], tuple[int, AttemptOutcome]]
"""How long an attempt took, in microseconds, and its outcome, by (customer, click, step, number)."""


def luck_of(trace: Trace) -> Luck:
    requests = list(trace.requests.columns("customer", "click"))
    rows = trace.attempts.columns("request", "step", "number", "started", "ended", "outcome")
    return {
        (*requests[request], step, number): (ended - started, AttemptOutcome(outcome))
        for request, step, number, started, ended, outcome in rows
    }


SHARE = st.sampled_from(("0%", "30%", "100%"))
STEP = st.fixed_dictionaries(
    {
        "duration": st.sampled_from(("100ms", "exponential(mean=100ms)")),
        "failure_rate": st.sampled_from(("0%", "50%")),
        "lost_answers": SHARE,
        "poison": st.sampled_from(("0%", "30%")),
        "effect": st.just("done"),
        "retry": st.fixed_dictionaries(
            {"attempts": st.integers(1, 3), "in_request": st.booleans(), "delay": st.just("1s")}
        ),
    },
    optional={"timeout": st.just("150ms"), "on_failure": st.just("continue")},
)


@st.composite
def runs(draw: st.DrawFn) -> dict[str, Trace]:
    """Both designs of a scenario, the asynchronous one on every preset."""
    names = ("charge", "mail", "report")
    steps = [{"name": name, "background": name != "charge", **draw(STEP)} for name in names]
    data: dict[str, Any] = {
        "traffic": {"rate": "10/s", "for": f"{CUSTOMERS // 10}s"},
        "customer": {"resubmits": draw(st.integers(0, 2))},
        "workers": {"count": draw(st.integers(1, 3))},
        "steps": steps,
    }
    seed = draw(st.integers(1, 1000))
    traces = {"sync": simulate(Scenario.model_validate(data), "sync", seed=seed)}
    for broker in BROKERS:
        scenario = Scenario.model_validate({**data, "queue": {"broker": broker}})
        traces[broker] = simulate(scenario, "async", seed=seed)
    return traces


@settings(LAWS, max_examples=25)
@given(runs())
def test_an_attempt_ends_the_same_way_in_both_designs_and_on_every_preset(traces: dict[str, Trace]) -> None:
    reference = luck_of(traces["ideal"])
    for trace in traces.values():
        luck = luck_of(trace)
        shared = luck.keys() & reference.keys()
        assert {key: luck[key] for key in shared} == {key: reference[key] for key in shared}
        if trace.mode == "async":  # each message of a first click is tried once at least
            assert {key for key in luck if key[3] == 1} == {key for key in reference if key[3] == 1}


@pytest.mark.parametrize("name", ["sync", *BROKERS])
def test_the_same_customers_are_poisoned_and_have_lost_answers(name: str) -> None:
    """A quarter of 200 customers is poisoned, at every click and attempt; of the others three in ten have an
    answer lost at their first attempt."""
    usual: dict[str, Any] = {"duration": "1s", "effect": "done", "background": True, "on_failure": "continue"}
    poison = {"poison": "25%", "retry": {"attempts": 2, "in_request": True}}
    fails = {"failure_rate": "60%", "lost_answers": "50%", "retry": {"attempts": 1}}
    steps = [{"name": "pay", **usual, **poison}, {"name": "mail", **usual, **fails}]
    data = {"traffic": {"requests": 200}, "workers": {"count": 200}, "steps": steps}

    def unlucky(mode: Any, queue: dict[str, Any]) -> tuple[set[int], set[int]]:
        scenario = Scenario.model_validate({**data, "queue": queue})
        luck = luck_of(simulate(scenario, mode, seed=5))
        poisoned = {who for (who, _, step, _), (_, outcome) in luck.items() if step == 0 and outcome != 1}
        lost = {who for (who, *_), (_, outcome) in luck.items() if outcome is AttemptOutcome.ANSWER_LOST}
        return poisoned, lost

    poisoned, lost = unlucky("async", {})
    assert 30 < len(poisoned) < 70
    assert 40 < len(lost) < 80
    assert unlucky("sync" if name == "sync" else "async", {} if name == "sync" else {"broker": name}) == (
        poisoned,
        lost,
    )


@given(customers=st.lists(st.integers(0, 3 * BLOCK * BLOCKS_TO_MARK), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_the_numbers_of_a_later_click_are_the_same_in_whatever_order_they_come(customers: list[int]) -> None:
    plain, sparse = RandomStream("name", "d", list), SparseStream("name")
    near = [*customers, *(max(0, customer - BLOCK) for customer in customers), 0]
    assert [sparse(customer) for customer in near] == [plain(customer) for customer in near]


@given(slices=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 20)), max_size=6), faulty=st.booleans())
@settings(max_examples=50, deadline=None)
def test_attempts_settled_together_are_those_settled_one_by_one(
    slices: list[tuple[int, int]], faulty: bool
) -> None:
    data = {"name": "a", "duration": "exponential(mean=1s)", "failure_rate": "50%", "timeout": "1s"}
    step = Step.model_validate({**data, "poison": "20%"} if faulty else data)
    together, alone = (attempt_sampler(step, RandomStreams(1)) for _ in range(2))
    expected = [alone(customer, 0, 1, 0) for customer in range(60)]
    for start, number in slices:
        customers = range(start, start + number)
        lengths, outcomes = together.of_first(customers)
        settled = [(length, outcomes.get(who, OK)) for who, length in zip(customers, lengths, strict=True)]
        assert settled == expected[start : start + number]
    assert [together(customer, 0, 1, 0) for customer in range(60)] == expected

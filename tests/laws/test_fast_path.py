"""Where a run can be had in one pass, it is the same as the run by events; and most plain scenarios can."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.scenarios import scenarios, times
from laws.test_second_opinion import MANY
from syncasync_sim.engine import fast_path, simulate, simulation
from syncasync_sim.engine.multi_server_queue import AmbiguousTieError, MultiServerQueue
from syncasync_sim.files import bundled, load_scenario
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import Trace

LENGTHS = st.sampled_from(
    [
        *("0", "50ms", "100ms", "1us", "exponential(mean=100ms)", "uniform(0, 200ms)"),
        *("exponential(mean=2us)", "empirical([0, 100ms, 100ms])", "empirical([0, 70ms, 310ms, 1100ms])"),
    ]
)


def plain() -> st.SearchStrategy[dict[str, Any]]:
    """Scenarios in which nothing fails, with many ties."""
    step = st.fixed_dictionaries({"duration": LENGTHS, "background": st.booleans()})
    traffic = st.one_of(
        st.fixed_dictionaries({"requests": st.integers(1, 12)}),
        st.fixed_dictionaries({"at": st.lists(times(0, 12), min_size=1, max_size=9)}),
        st.just({"rate": "10/s", "for": "3s", "arrivals": "poisson"}),
    )
    return st.fixed_dictionaries(
        {"traffic": traffic, "steps": st.lists(step, min_size=1, max_size=4).map(_named)},
        optional={
            "server": st.fixed_dictionaries({"threads": st.sampled_from(["unlimited", 1, 2, 3])}),
            "workers": st.fixed_dictionaries({"count": st.integers(1, 3)}),
            "queue": st.fixed_dictionaries({"publish": LENGTHS, "deliver": LENGTHS}),
            "stop_at": times(1, 40),
        },
    )


def _named(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": f"step {number}", **step} for number, step in enumerate(steps)]


def same(one: Trace, other: Trace) -> bool:
    """Equal but for the order in which the attempts were written down."""
    rows = [sorted(map(repr, (tuple(vars_of(row)) for row in trace.attempts))) for trace in (one, other)]
    names = ("requests", "messages", "deliveries", "crashes", "ended_at_us", "observed_us", "partial")
    return rows[0] == rows[1] and all(getattr(one, name) == getattr(other, name) for name in names)


def vars_of(row: Any) -> list[object]:
    return [getattr(row, name) for name in row.__slots__ if name != "index"]


def both(scenario: Scenario, mode: Mode) -> tuple[Trace, Trace]:
    return simulate(scenario, mode, seed=1), simulation.simulate_events(scenario, mode, RandomStreams(1))


@MANY
@given(st.one_of(plain(), plain(), scenarios()))
def test_one_pass_is_the_run_by_events(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    for mode in MODES:
        assert same(*both(scenario, mode))


@pytest.mark.parametrize("name", [n for n in bundled.names() if n not in ("overload",)])
@pytest.mark.parametrize("mode", MODES)
def test_the_bundled_scenarios_too(name: str, mode: Mode) -> None:
    assert same(*both(load_scenario(name), mode))


@pytest.mark.parametrize(
    ("name", "mode", "applicable"),
    [
        ("checkout", "sync", True),
        ("checkout", "async", True),
        ("slow-email", "async", True),
        ("worker-crash", "sync", False),
        ("flaky-email", "sync", False),
        ("video-processing", "sync", False),
        ("short-visibility-timeout", "async", False),
        ("short-visibility-timeout", "sync", True),
    ],
)
def test_which_runs_can_be_had_in_one_pass(name: str, mode: Mode, applicable: bool) -> None:
    assert fast_path.is_applicable(load_scenario(name), mode) is applicable


@pytest.mark.parametrize("mode", MODES)
def test_stopped_early_it_ends_where_somebody_stopped_it(mode: Mode) -> None:
    data = {"traffic": {"rate": "10/s", "for": "9000s"}, "steps": [{"name": "a", "duration": "50ms"}]}
    scenario = Scenario.model_validate(data)
    seen: list[int] = []

    def watch(arrived: int, expected: int) -> bool:
        seen.append(arrived)
        assert expected == 90_000
        return len(seen) < 2

    trace = simulate(scenario, mode, seed=1, watch=watch)
    assert seen == [20_000, 40_000]
    assert trace.partial
    assert len(trace.requests) == 40_000
    assert trace.observed_us == trace.requests[-1].arrived_s * 1e6
    assert trace.requests[-1].replied_s is None
    assert trace.requests[-2].replied_s is not None


# (arrivals, lengths) at two servers, one of the services of no length
ALONE = ([0, 10, 20, 30], [15, 0, 5, 5])
AFTER_ONE_DEPARTURE = ([0, 0, 5, 6], [100, 200, 0, 50])
TWO_LEAVE = ([0, 0, 5, 6], [100, 100, 0, 50])
ANOTHER_COMES = ([0, 10, 10], [15, 0, 5])
ONE_LEAVES = ([0, 15, 20], [15, 0, 5])


@pytest.mark.parametrize(
    ("batch", "began"), [(ALONE, [0, 10, 20, 30]), (AFTER_ONE_DEPARTURE, [0, 0, 100, 100])]
)
def test_a_service_of_no_length_that_meets_no_other_event(
    batch: tuple[list[int], list[int]], began: list[int]
) -> None:
    assert list(MultiServerQueue(2).serve(*batch)[1]) == began


@pytest.mark.parametrize("batch", [TWO_LEAVE, ANOTHER_COMES, ONE_LEAVES])
def test_a_service_of_no_length_that_meets_others(batch: tuple[list[int], list[int]]) -> None:
    with pytest.raises(AmbiguousTieError):
        MultiServerQueue(2).serve(*batch)


def test_a_service_of_no_length_that_meets_the_next_slice() -> None:
    queue = MultiServerQueue(2)
    queue.serve([0, 10], [15, 0])
    with pytest.raises(AmbiguousTieError):
        queue.serve([10, 12], [5, 5])


def test_a_message_published_in_no_time_is_for_the_events() -> None:
    steps = [
        {"name": "a", "duration": "empirical([0, 1s])"},
        {"name": "b", "duration": "1s", "background": True},
    ]
    data = {"traffic": {"rate": "1/7s", "for": "70s"}, "steps": steps}
    scenario = Scenario.model_validate(data)
    assert simulation._by_fast_path(scenario, "sync", RandomStreams(1), None) is not None
    assert simulation._by_fast_path(scenario, "async", RandomStreams(1), None) is None

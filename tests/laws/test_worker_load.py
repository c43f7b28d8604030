"""No sentence says that the workers have too much to do where they idle and nothing piles up."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laws.test_capacity import STEP
from laws.test_second_opinion import MANY
from syncasync_sim.advice import advise
from syncasync_sim.engine.simulation import simulate
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.overload import overload_lines
from syncasync_sim.stats.worker_load import measured_worker_load
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.series import busy_workers, queue_depth

LASTS_S = 60
IDLE = 0.5
"""Less of the time of the workers than this is little to do."""
FEW = 3
"""So many messages at most that wait at once are no backlog."""
DOWN = st.lists(
    st.fixed_dictionaries(
        {"from": st.sampled_from(["0s", "10s"]), "for": st.sampled_from(["20s", "2m", "forever"])}
    ),
    min_size=1,
    max_size=1,
)
FIRST = st.fixed_dictionaries(
    {"duration": st.sampled_from(["0", "100ms", "1s"])},
    optional={
        "outages": DOWN,
        "failure_rate": st.sampled_from(["50%", "100%"]),
        "fails_after": st.just("10ms"),
        "retry": st.just({"attempts": 2, "in_request": True}),
    },
)
LATER = st.one_of(STEP, st.tuples(STEP, DOWN).map(lambda both: {**both[0], "outages": both[1]}))


def _named(parts: tuple[dict[str, Any], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    first, later = parts
    return [{"name": name, **step} for name, step in zip("abc", [first, *later], strict=False)]


DATA = st.fixed_dictionaries(
    {
        "traffic": st.fixed_dictionaries(
            {"rate": st.sampled_from(["2/s", "10/s", "20/s"]), "for": st.just(f"{LASTS_S}s")},
            optional={"arrivals": st.just("poisson")},
        ),
        "steps": st.tuples(FIRST, st.lists(STEP | LATER, min_size=1, max_size=2)).map(_named),
        "workers": st.fixed_dictionaries({"count": st.integers(1, 3)}),
        "stop_at": st.just("200s"),
    },
    optional={
        "server": st.fixed_dictionaries(
            {"threads": st.sampled_from([1, 3])},
            optional={"backlog": st.sampled_from([0, 5]), "drop_expired": st.just(True)},
        ),
        "customer": st.fixed_dictionaries({"patience": st.just("2s"), "resubmits": st.integers(0, 1)}),
        "queue": st.fixed_dictionaries(
            {},
            optional={"outages": DOWN, "capacity": st.just(3), "max_deliveries": st.just(2)},
        ),
    },
)


@settings(MANY, max_examples=min(MANY.max_examples, 100))
@given(DATA)
def test_idle_workers_are_never_called_too_few(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    trace = simulate(scenario, "async", seed=1)
    assume(_has_little_to_do(trace))
    assert (measured_worker_load(trace) or 0) < 1
    said = [line for line in overload_lines(scenario, ("async",)) if "worker" in line]
    advice = advise(scenario, seed=1)
    if not advice.changes:
        said += [line for line in advice.summary if "keep up" in line]
        said += [
            told.concern.sentence for told in advice.queue if told.concern.rule.name == "too few workers"
        ]
    assert said == []


def _has_little_to_do(trace: Trace) -> bool:
    """Whether the workers idle most of the time that customers come, and no messages pile up."""
    end_us = LASTS_S * US_PER_S
    busy = busy_workers(trace).area(end_us) / (end_us * trace.scenario.workers.count)
    return busy < IDLE and queue_depth(trace).peak()[0] <= FEW

"""What a design can do is one number wherever it is told: sentence, chart, load, queueing theory, advice."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from laws.test_second_opinion import MANY
from syncasync_sim.experiment import Sweep
from syncasync_sim.experiment.designs import vary
from syncasync_sim.experiment.grid import grid
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory import demand, saturation, visits
from syncasync_sim.model.theory.recognised import recognise
from syncasync_sim.render.charts.load_chart import full_marks
from syncasync_sim.stats.overload import overload_lines

DURATIONS = st.sampled_from(
    ["80ms", "exponential(mean=100ms)", "uniform(50ms, 300ms)", "lognormal(p50=100ms, p99=900ms)"]
)
RETRY = st.fixed_dictionaries(
    {"attempts": st.sampled_from([1, 2, 5, "unlimited"]), "delay": st.sampled_from(["0", "100ms"])},
    optional={"in_request": st.booleans(), "jitter": st.just("full"), "factor": st.sampled_from([1, 3])},
)
STEP = st.fixed_dictionaries(
    {"duration": DURATIONS, "background": st.booleans()},
    optional={
        "failure_rate": st.sampled_from(["10%", "50%"]),
        "timeout": st.sampled_from(["90ms", "250ms", "2s"]),
        "fails_after": st.sampled_from(["10ms", "400ms"]),
        "concurrency": st.integers(1, 3),
        "retry": RETRY,
    },
)


def _named(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": name, **step} for name, step in zip("abc", steps, strict=False)]


BUSY = st.fixed_dictionaries(
    {
        "traffic": st.just({"rate": "1/s", "for": "1000s"}),
        "steps": st.lists(STEP, min_size=1, max_size=3).map(_named),
        "server": st.fixed_dictionaries({"threads": st.sampled_from(["unlimited", 1, 2, 5])}),
        "workers": st.fixed_dictionaries(
            {"count": st.integers(1, 4)}, optional={"crash_rate": st.just("10%")}
        ),
    },
    optional={
        "customer": st.fixed_dictionaries({"resubmits": st.integers(1, 2)}),
        "queue": st.fixed_dictionaries(
            {"publish": st.just("5ms"), "deliver": DURATIONS},
            optional={
                "partitions": st.sampled_from([1, 3, 5]),
                "failure": st.just("in_place"),
                "ack": st.just("before"),
            },
        ),
    },
)


@MANY
@given(BUSY, st.sampled_from(MODES))
def test_capacity_is_one_number_wherever_it_is_told(data: dict[str, Any], mode: Mode) -> None:
    scenario = Scenario.model_validate(data)
    requests_per_s = demand.capacity_per_s(scenario, mode)
    assume(requests_per_s is not None)
    assert requests_per_s is not None
    full_per_s = requests_per_s / visits.clicks(scenario, mode)  # in customers
    half, twice = (f"{full_per_s * times:.6f}/s" for times in (0.5, 2))

    too_many = vary(scenario, {"traffic.rate": twice})
    narrowest = min(demand.stations(scenario, mode), key=lambda one: one.possible_per_s)
    told = [
        one
        for one in saturation.overloads(too_many, mode)
        if one.station.behind_queue == narrowest.behind_queue
    ]
    assert [one.possible_per_s for one in told] == [pytest.approx(requests_per_s)]
    assert any(f"{requests_per_s:.3g}/s" in line for line in overload_lines(too_many, (mode,)))
    assert list(saturation.overloads(vary(scenario, {"traffic.rate": half}), mode)) == []
    assert demand.load(too_many, mode) == pytest.approx(2, rel=1e-4)

    axes, cells = grid(scenario, {"traffic.rate": f"{half},{twice}"})
    sweep = Sweep(scenario, axes, cells, seed=1, replications=1)
    sweep.finished.update({place: [] for place in range(len(cells))})
    marks = {where: x for where, x, _ in full_marks(sweep)}
    assert marks[mode] == pytest.approx(full_per_s, rel=1e-4)

    if mode == "async" and narrowest.kind == "workers":
        front = [one.possible_per_s for one in demand.stations(scenario, mode) if not one.behind_queue]
        published_per_s = min([2 * requests_per_s, *front])  # the server lets no more through
        assert demand.worker_load(too_many) == pytest.approx(published_per_s / requests_per_s, rel=1e-4)


@MANY
@given(
    st.sampled_from(["exponential(mean=100ms)", "100ms", "uniform(0, 200ms)"]),
    st.sampled_from([0, 10, 40]),
    st.sampled_from([1, 2, 5, "unlimited"]),
    st.integers(1, 4),
)
def test_queueing_theory_sees_the_same_load(
    duration: str, percent: int, attempts: int | str, threads: int
) -> None:
    retry = {"attempts": attempts, "delay": "0", "in_request": True}
    work = {"name": "work", "duration": duration, "failure_rate": f"{percent}%", "retry": retry}
    traffic = {"rate": "2/s", "for": "100s", "arrivals": "poisson"}
    scenario = Scenario.model_validate({"traffic": traffic, "steps": [work], "server": {"threads": threads}})
    for told in recognise(scenario, "sync"):
        load = demand.load(scenario, "sync")
        assert load is not None
        assert told.utilisation == pytest.approx(load)


def test_the_chart_marks_the_load_that_retries_make() -> None:
    """A step that fails half the time costs a worker 2 x 500 ms: full at 1/s, not at 2/s."""
    email: dict[str, Any] = {"name": "email", "duration": "500ms", "background": True, "failure_rate": "50%"}
    email["retry"] = {"attempts": "unlimited", "delay": "0"}
    data = {"traffic": {"rate": "1/s", "for": "60s"}, "steps": [email], "server": {"threads": 9}}
    axes, cells = grid(Scenario.model_validate(data), {"traffic.rate": "0.5/s,1.5/s,2.5/s"})
    sweep = Sweep(Scenario.model_validate(data), axes, cells, seed=1, replications=1)
    sweep.finished.update({place: [] for place in range(3)})
    assert [(mode, round(x, 6)) for mode, x, _ in full_marks(sweep)] == [("async", 1.0)]


def test_endless_tries_leave_room_for_nobody() -> None:
    step: dict[str, Any] = {"name": "a", "duration": "1s", "failure_rate": "100%", "background": True}
    step["retry"] = {"attempts": "unlimited"}
    data = {"traffic": {"rate": "1/s", "for": "9s"}, "steps": [step], "stop_at": "20s"}
    scenario = Scenario.model_validate(data)
    assert demand.capacity_per_s(scenario, "async") == 0
    assert demand.load(scenario, "async") == math.inf
    assert "only 0/s" in overload_lines(scenario, ("async",))[0]

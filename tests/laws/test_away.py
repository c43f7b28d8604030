"""Workers that are away by schedule: what is said of them before a run holds in it."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from laws.test_second_opinion import MANY
from syncasync_sim.engine.simulation import simulate
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import stations
from syncasync_sim.model.theory.downtime import downtimes
from syncasync_sim.model.theory.recognised import recognise

AT = st.sampled_from(["0s", "500ms", "1s", "2500ms", "4s", "7s"])
LASTS = st.sampled_from(["0s", "700ms", "3s", "20s"])
WORKER = st.integers(1, 2)
FAULTS = st.fixed_dictionaries(
    {
        "crashes": st.lists(
            st.fixed_dictionaries({"worker": WORKER, "at": AT, "restart_after": LASTS}), max_size=2
        ),
        "stops": st.lists(
            st.fixed_dictionaries(
                {"worker": WORKER, "at": AT, "grace": LASTS | st.just("unlimited"), "restart_after": LASTS}
            ),
            max_size=2,
        ),
        "freezes": st.lists(st.fixed_dictionaries({"worker": WORKER, "at": AT, "for": LASTS}), max_size=2),
    }
)
FAULT_LISTS = ("crashes", "stops", "freezes")
DATA = st.fixed_dictionaries(
    {
        "traffic": st.sampled_from([{"requests": 6}, {"rate": "2/s", "for": "10s"}]),
        "steps": st.sampled_from(["100ms", "1s", "3s"]).map(
            lambda takes: [{"name": "work", "duration": takes, "background": True}]
        ),
        "workers": FAULTS.map(lambda faults: {"count": 2, **faults}),
    },
    optional={
        "queue": st.fixed_dictionaries(
            {},
            optional={
                "crash_detection": st.sampled_from(["0", "1s", "none"]),
                "prefetch": st.just(2),
                "in_process": st.just(True),
                "visibility_timeout": st.just("2s"),
            },
        ),
        "server": st.fixed_dictionaries(
            {"restarts": st.lists(st.fixed_dictionaries({"at": AT, "for": LASTS}), max_size=2)}
        ),
    },
)
"""Two workers that may be away, and enough work that one who may take always does."""


@settings(MANY)
@given(DATA)
def test_nobody_takes_a_message_in_a_time_that_is_called_a_downtime(data: dict[str, Any]) -> None:
    struck = [(fault["worker"], fault["at"]) for listed in FAULT_LISTS for fault in data["workers"][listed]]
    assume(len(set(struck)) == len(struck))
    scenario = Scenario.model_validate(data)
    takings = list(simulate(scenario, "async", seed=1).deliveries.columns("worker", "taken"))
    for down in downtimes(scenario):
        begins, ends = down.from_s * US_PER_S, down.until_s * US_PER_S - 0.5
        for worker, taken in takings:
            assert worker not in down.workers or not begins <= taken < ends, down


@settings(MANY)
@given(FAULTS, st.integers(1, 3), st.booleans())
def test_a_capacity_without_at_most_is_reached(faults: dict[str, Any], most: int, limited: bool) -> None:
    """Twelve messages of 1 s, all there at 0, are done when the capacity says, unless it is a bound.

    Theory says nothing of workers that are away.
    """
    step = {
        "name": "work",
        "duration": "1s",
        "background": True,
        **({"concurrency": most} if limited else {}),
    }
    data = {"steps": [step], "workers": {"count": 2, **faults}, "stop_at": "10m"}
    scenario = Scenario.model_validate({**data, "traffic": {"requests": 12}})
    ended_s = simulate(scenario, "async", seed=1).ended_at_us / US_PER_S
    exact = [station for station in stations(scenario, "async") if not station.is_bound]
    assert all(12 / station.servers <= ended_s + 1e-9 for station in stations(scenario, "async"))
    if exact:
        assert max(12 / station.servers for station in exact) == ended_s
    poisson = {"rate": "1/s", "for": "1h", "arrivals": "poisson"}
    away = any(faults.values())
    assert not (away and recognise(Scenario.model_validate({**data, "traffic": poisson}), "async"))

"""The work of our own runs comes out of arrivals and replies alone, to the microsecond."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syncasync_sim import Scenario, simulate
from syncasync_sim.fit.threads import begins_us, impossible
from syncasync_sim.model.modes import MODES

Data = dict[str, Any]
DURATIONS = ("0", "50ms", "120ms", "exponential(mean=300ms)", "lognormal(p50=80ms, p99=2s)")


@st.composite
def scenarios(draw: st.DrawFn) -> Data:
    """Threads or none, workers, failures, retries in the request and time-outs; nobody is turned away."""
    steps = []
    for number in range(draw(st.integers(1, 3))):
        step: Data = {"name": f"step {number}", "duration": draw(st.sampled_from(DURATIONS))}
        if draw(st.booleans()):
            step["failure_rate"] = draw(st.sampled_from([0.1, 0.5]))
            step["retry"] = {"attempts": draw(st.integers(1, 3)), "delay": "70ms", "in_request": True}
        if draw(st.integers(0, 3)) == 0:
            step["timeout"] = "400ms"
        steps.append(step)
    steps.append({"name": "email", "duration": draw(st.sampled_from(DURATIONS)), "background": True})
    return {
        "seed": draw(st.integers(1, 10_000)),
        "traffic": {"rate": f"{draw(st.integers(1, 12))}/s", "for": "8s", "arrivals": "poisson"},
        "server": {"threads": draw(st.sampled_from(["unlimited", 1, 2, 3, 5]))},
        "steps": steps,
        "workers": {"count": draw(st.integers(1, 4))},
    }


@settings(max_examples=1000, deadline=None)
@given(scenarios())
def test_the_begin_of_every_request_and_message_is_exact(data: Data) -> None:
    scenario = Scenario.model_validate(data)
    for mode in MODES:
        trace = simulate(scenario, mode)
        arrived, ended = trace.requests.column("arrived"), trace.requests.column("ended")
        began = list(trace.requests.column("began"))
        threads = scenario.server.threads or max(len(arrived), 1)
        assert list(begins_us(arrived, ended, threads)) == began
        assert not impossible(arrived, ended, threads)
        if mode == "async":
            published = trace.messages.column("published")
            rows = sorted(range(len(published)), key=published.__getitem__)
            ready = [published[row] for row in rows]
            done = [trace.deliveries.column("ended")[row] for row in range(len(rows))]
            in_hand = list(trace.deliveries.column("in_hand"))
            assert list(begins_us(ready, done, scenario.workers.count)) == in_hand

"""A station that has more to do than it can: it never idles, and does just what `demand` says it can.

Half as many again come as it can do, for two thousand customers; counted is the second half of that time.
The simulator knows nothing of `demand`, so this is the check that the account of busy seconds is complete.
"""

from __future__ import annotations

from typing import Any

import pytest

from syncasync_sim.engine import simulate
from syncasync_sim.experiment.designs import vary
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.demand import capacity_per_s, stations
from syncasync_sim.model.theory.visits import clicks
from syncasync_sim.stats import summarise
from syncasync_sim.trace.records import Trace

CUSTOMERS = 2_000


def step(name: str, duration: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "duration": duration, **more}


def again(attempts: int | str, delay: str = "0", **more: Any) -> dict[str, Any]:
    return {"retry": {"attempts": attempts, "delay": delay, "in_request": True, **more}}


LONG, CUT = "exponential(mean=1s)", {"timeout": "1s"}
SKEWED = "lognormal(p50=800ms, p99=4s)"
EMAIL = step("email", LONG, background=True)
THREADS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "one after the other": ([step("a", LONG), step("b", "500ms")], {}),
    "tries in the request, with delays": ([step("a", LONG, failure_rate="50%", **again(4, "500ms"))], {}),
    "half of the delays by jitter": (
        [step("a", "100ms", failure_rate="60%", **again(9, "2s", factor=1, jitter="full"))],
        {},
    ),
    "a failure ends the request": ([step("a", LONG, failure_rate="40%"), step("b", "2s")], {}),
    "cut by a time-out, and tried again": ([step("a", LONG, **CUT, **again(3))], {}),
    "cut lognormal": ([step("a", SKEWED, timeout="1500ms", **again(2)), step("b", "1s")], {}),
    "cut weibull": ([step("a", "weibull(mean=1s, shape=0.6)", timeout="1200ms", **again(5))], {}),
    "cut uniform, fails later": (
        [step("a", "uniform(0, 2s)", timeout="1500ms", failure_rate="30%", fails_after="5s", **again(2))],
        {},
    ),
    "clicks after error pages": (
        [step("a", LONG, failure_rate="50%"), step("b", "1s")],
        {"customer": {"resubmits": 2}},
    ),
    "people who give up are served all the same": ([step("a", LONG)], {"customer": {"patience": "3s"}}),
}
WORKERS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "tries": ([EMAIL | {"failure_rate": "50%", **again(5)}], {}),
    "the broker's own limit": (
        [EMAIL | {"failure_rate": "50%", **again(9)}],
        {"queue": {"max_deliveries": 2}},
    ),
    "tries in place, delays waited for": (
        [EMAIL | {"failure_rate": "50%", **again(4, "1s")}],
        {"queue": {"failure": "in_place", "deliver": "200ms"}},
    ),
    "acknowledged before the work": ([EMAIL | {"failure_rate": "50%"}], {"queue": {"ack": "before"}}),
    "two messages, one cut": ([EMAIL | CUT | again(3), step("pdf", "300ms", background=True)], {}),
    "some requests do not get as far": ([step("a", "10ms", failure_rate="50%"), EMAIL], {}),
    "one partition": ([EMAIL], {"queue": {"partitions": 1}}),
    "workers that die before the work": (
        [EMAIL | again(9)],
        {"workers": {"count": 3, "crash_rate": "20%", "restart_after": "2s"}},
    ),
    "workers that die after the work": (
        [EMAIL | again(9)],
        {"workers": {"count": 3, "crash_rate": "20%", "crash_point": "after_work", "restart_after": "2s"}},
    ),
}
SERVICES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "a called service": ([step("a", LONG, concurrency=2, failure_rate="20%", **again(3, "1s"))], {}),
    "a service behind a step": ([step("a", "3s"), step("b", "exponential(mean=1s)", concurrency=3)], {}),
}


def saturated(
    mode: Mode, steps: list[dict[str, Any]], parts: dict[str, Any], load: float = 1.5
) -> tuple[Trace, float]:
    """A run in which half as many again come as can be done, and what can be done (requests per second)."""
    data = {"traffic": {"rate": "1/s", "for": "1s"}, "steps": steps, **parts}
    capacity = capacity_per_s(Scenario.model_validate(data), mode)
    assert capacity is not None
    rate = load * capacity / clicks(Scenario.model_validate(data), mode)
    lasts = f"{CUSTOMERS / rate:.3f}s"
    changes = {"traffic.rate": f"{rate:.6f}/s", "traffic.for": lasts, "stop_at": lasts}
    return simulate(vary(Scenario.model_validate(data), changes), mode, seed=1), capacity


def rate_of(ends_us: list[int], trace: Trace) -> float:
    """How many of these moments a second, in the second half of the run."""
    half = trace.observed_us // 2
    return sum(half < end <= trace.observed_us for end in ends_us) / ((trace.observed_us - half) / 1e6)


@pytest.mark.parametrize("what", THREADS)
def test_threads_do_what_they_can(what: str) -> None:
    steps, parts = THREADS[what]
    trace, capacity = saturated("sync", steps, {"server": {"threads": 3}, **parts})
    assert summarise(trace).server.utilisation == pytest.approx(1, abs=0.01)
    assert rate_of(list(trace.requests.column("ended")), trace) == pytest.approx(capacity, rel=0.06)


@pytest.mark.parametrize("what", WORKERS)
def test_workers_do_what_they_can(what: str) -> None:
    steps, parts = WORKERS[what]
    trace, capacity = saturated("async", steps, {"workers": {"count": 3}, **parts})
    # A message is gone when nobody has to do with it any more; so many a request.
    each = len(trace.messages) / len(trace.requests)
    gone = rate_of(list(trace.messages.column("gone")), trace)
    assert gone == pytest.approx(capacity * each, rel=0.06)
    if "crash_rate" not in parts.get("workers", {}) and "one partition" not in what:
        workers = summarise(trace).workers
        assert workers is not None
        assert workers.utilisation == pytest.approx(1, abs=0.01)


def test_the_worker_with_most_partitions_is_the_first_to_be_full() -> None:
    """Five partitions on two workers are 3 and 2: at 0.9 of what can be done one works 0.9 of the time."""
    trace, capacity = saturated(
        "async", [EMAIL], {"queue": {"partitions": 5}, "workers": {"count": 2}}, load=0.9
    )
    assert capacity == pytest.approx(5 / 3)
    assert busiest(trace) == pytest.approx(0.9, abs=0.03)


def busiest(trace: Trace) -> float:
    """The share of the time that the busiest worker works."""
    busy: dict[int, int] = {}
    columns = (trace.attempts.column(name) for name in ("by", "started", "ended"))
    for by, started, ended in zip(*columns, strict=True):
        busy[by] = busy.get(by, 0) + (ended if ended >= 0 else trace.observed_us) - started
    return max(busy.values()) / trace.observed_us


@pytest.mark.parametrize("what", SERVICES)
def test_services_do_what_they_can(what: str) -> None:
    steps, parts = SERVICES[what]
    trace, capacity = saturated("sync", steps, parts)
    assert rate_of(list(trace.requests.column("ended")), trace) == pytest.approx(capacity, rel=0.06)


def test_a_call_that_waits_for_a_slot_holds_its_thread() -> None:
    """Two threads, a step of 1 s and a call of 1 s that goes one at a time.

    The threads alone could do 2/2 = 1/s, the service 1/s; together they do less (the machine repair model
    says 0.8 for exponential times), so both are bounds.
    """
    steps = [step("a", LONG), step("b", LONG, concurrency=1)]
    trace, capacity = saturated("sync", steps, {"server": {"threads": 2}})
    assert capacity == 1
    assert all(station.is_bound for station in stations(trace.scenario, "sync"))
    assert rate_of(list(trace.requests.column("ended")), trace) == pytest.approx(0.8, rel=0.06)

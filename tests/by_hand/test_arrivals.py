"""Who comes when."""

from __future__ import annotations

import pytest

from by_hand.timeline import Data, begun, figures, replies, run, step

WORK = [step("work", "100ms")]


def arrivals(traffic: Data, mode: str = "sync") -> list[float]:
    trace = run(mode, traffic=traffic, steps=WORK)  # type: ignore[arg-type]
    return [request.arrived_s for request in trace.requests]


def test_requests_all_come_at_zero() -> None:
    assert arrivals({"requests": 3}) == [0.0, 0.0, 0.0]


def test_at_gives_each_arrival() -> None:
    assert arrivals({"at": ["0s", "400ms", "1s"]}) == [0.0, 0.4, 1.0]


def test_a_steady_rate() -> None:
    # Customer k when 2 t reaches k: 0, 0.5, 1; the window is half open, so 1.5 is not in it.
    assert arrivals({"rate": "2/s", "for": "1500ms"}) == [0.0, 0.5, 1.0]


def test_thirds_are_rounded_to_the_microsecond_each_on_its_own() -> None:
    assert arrivals({"rate": "3/s", "for": "2s"}) == [0.0, 0.333333, 0.666667, 1.0, 1.333333, 1.666667]


def test_three_per_second_for_a_minute_is_180() -> None:
    times = arrivals({"rate": "3/s", "for": "60s"})
    assert len(times) == 180
    assert times[-1] == 59.666667


def test_a_rate_per_minute() -> None:
    assert arrivals({"rate": "30/min", "for": "5s"}) == [0.0, 2.0, 4.0]


def test_a_phase_is_half_open() -> None:
    # 2/s for 1 s: 0, 0.5; number 2 is reached at 1, the end, and belongs to the next phase: 1, then 2.
    phases = [{"rate": "2/s", "for": "1s"}, {"rate": "1/s", "for": "2s"}]
    assert arrivals({"phases": phases}) == [0.0, 0.5, 1.0, 2.0]


def test_a_number_reached_at_the_end_waits_for_the_next_phase_with_a_rate() -> None:
    # Number 1 is reached at 1 s, then nobody comes for 5 s.
    phases = [{"rate": "1/s", "for": "1s"}, {"rate": "0/s", "for": "5s"}, {"rate": "1/s", "for": "1s"}]
    assert arrivals({"phases": phases}) == [0.0, 6.0]


def test_the_cumulative_rate_goes_on_from_phase_to_phase() -> None:
    # 1.5 after 1.5 s; number 2 needs 0.5 more at 2/s: 1.75; number 3 at 2.25; 3.5 in all, so four customers.
    phases = [{"rate": "1/s", "for": "1500ms"}, {"rate": "2/s", "for": "1s"}]
    assert arrivals({"phases": phases}) == [0.0, 1.0, 1.75, 2.25]


def test_a_ramp_up() -> None:
    # The rate is 2 t, the cumulative rate t^2: the square roots of 0, 1, 2, 3.
    assert arrivals({"phases": [{"ramp": ["0/s", "4/s"], "for": "2s"}]}) == [0.0, 1.0, 1.414214, 1.732051]


def test_a_ramp_down() -> None:
    # 4 t - t^2 = k, so t = 2 - sqrt(4 - k).
    assert arrivals({"phases": [{"ramp": ["4/s", "0/s"], "for": "2s"}]}) == [0.0, 0.267949, 0.585786, 1.0]


def test_both_designs_see_the_same_customers() -> None:
    traffic = {"phases": [{"ramp": ["1/s", "3/s"], "for": "4s"}]}
    assert arrivals(traffic, "sync") == arrivals(traffic, "async")
    assert len(arrivals(traffic)) == 8


def test_customers_are_counted_and_numbered_in_order() -> None:
    trace = run("sync", traffic={"at": ["0s", "1s", "1s"]}, server={"threads": 1}, steps=WORK)
    assert [request.customer for request in trace.requests] == [0, 1, 2]
    assert begun(trace) == [0.0, 1.0, 1.1]
    assert figures(trace)["customers"] == figures(trace)["requests"] == 3


def test_sums_of_durations_are_exact() -> None:
    # 0.1 + 0.2 is 0.3 here, and three times 1 us is 3 us.
    trace = run("sync", steps=[step("a", "100ms"), step("b", "200ms")])
    assert replies(trace) == [("ok", 0.3)]
    assert replies(run("sync", steps=[step(n, "1us") for n in "abc"])) == [("ok", 0.000003)]


@pytest.mark.parametrize("text", ["1m30s", "1.5m", "90s", "90000ms"])
def test_a_minute_and_a_half(text: str) -> None:
    assert replies(run("sync", steps=[step("long", text)])) == [("ok", 90.0)]

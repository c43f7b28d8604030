"""How sure the difference of two percentiles is."""

from __future__ import annotations

from random import Random  # noqa: TID251 - to make data

import pytest

from syncasync_sim.engine import simulate
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.bootstrap import ENOUGH, percentile_differences
from syncasync_sim.stats.predicted import predicted_rows
from syncasync_sim.trace.records import Trace

US = 1_000_000


def test_where_every_request_differs_alike_there_is_no_doubt() -> None:
    pairs = [(k * US, k * US + 5_000) for k in range(1, 41)]
    assert percentile_differences(pairs, (50, 95), seed=1) == [(0.005, 0.005), (0.005, 0.005)]


def test_where_they_differ_by_one_of_two_times_the_interval_goes_from_one_to_the_other() -> None:
    pairs = [(US, US + late) for late in [2_000] * 20 + [8_000] * 20]
    [median, late] = percentile_differences(pairs, (50, 95), seed=1)
    assert median == (0.002, 0.008)
    assert late == (0.008, 0.008)  # that all of the slowest twentieth come from the first half is not seen


def test_few_pairs_tell_nothing() -> None:
    pairs = [(US, US + 1)] * ENOUGH
    assert percentile_differences(pairs, (50,), seed=1) != [None]
    assert percentile_differences(pairs[1:], (50, 95), seed=1) == [None, None]


def test_a_seed_gives_the_same_again() -> None:
    pairs = [(k * 7919 % 101 * US, k * 104_729 % 103 * US) for k in range(60)]
    assert percentile_differences(pairs, (50,), 1) == percentile_differences(pairs, (50,), 1)


def test_the_rows_of_a_run_have_it_where_enough_requests_were_timed_in_both() -> None:
    traces: list[dict[Mode, Trace]] = []
    for duration in ("1s", "1.005s"):
        fails = {"name": "charge", "duration": duration, "outages": [{"from": "30.5s", "for": "3s"}]}
        plain = {"traffic": {"rate": "1/s", "for": "60s"}, "steps": [fails], "warm_up": "10s"}
        traces.append({"sync": simulate(Scenario.model_validate(plain), "sync", seed=1)})
    rows = {row.figure: row.interval for row in predicted_rows(traces[0], traces[1])}
    assert rows["response_time_s.p50"] == rows["completion_time_s.p95"] == (0.005, 0.005)
    assert rows["error_time_s.p50"] is None  # three customers are too few
    assert rows["response_time_s.max"] is rows["requests"] is None


@pytest.mark.parametrize("percent", [50, 90])
def test_the_truth_lies_inside_about_as_often_as_is_said(percent: int) -> None:
    """The second times are the first and 3 ms, give or take; so the true difference is about 3 ms."""
    luck, inside = Random(1), 0
    for seed in range(100):
        first = [round(luck.uniform(1, 2) * US) for _ in range(60)]
        pairs = [(at, at + round(luck.gauss(3_000, 1_000))) for at in first]
        [interval] = percentile_differences(pairs, (percent,), seed)
        assert interval is not None
        inside += interval[0] <= 0.003 <= interval[1]
    assert 85 <= inside <= 100

"""A log beside a scenario: the right model agrees, and each wrong one is rejected by the right leg."""

from __future__ import annotations

from array import array
from pathlib import Path
from random import Random  # noqa: TID251 - a service of its own, not a run of the program
from typing import Any

import pytest

from fit.services import START_US, Times, exponential, first_come, log_of
from syncasync_sim import Scenario
from syncasync_sim.errors import LogError
from syncasync_sim.fit.findings import capacity
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.reading import read_sources
from syncasync_sim.fit.source import Source
from syncasync_sim.fit.validation import Validation, validate
from syncasync_sim.model.measured import ColumnReference, MeasuredColumn, known_columns

COUNT = 3000


def bursty(random: Random, count: int, rate_per_s: float) -> list[int]:
    """Arrivals in bursts: nine gaps in ten are short."""
    now, times = float(START_US), []
    for _ in range(count):
        mean_s = (0.3 if random.random() < 0.9 else 7.3) / rate_per_s
        now += random.expovariate(1 / mean_s) * 1e6
        times.append(round(now))
    return times


def service(seed: int = 1, threads: int = 3) -> Times:
    random = Random(seed)
    times = bursty(random, COUNT, 0.7 * threads / 0.2)
    return first_come(times, exponential(random, COUNT, 0.2), threads)


def scenario(calls: Times, work_us: list[int], **changes: Any) -> Scenario:
    first = calls[0][0]
    columns = [
        MeasuredColumn(
            ColumnReference("m", "arrival", "s", "arrivals"),
            array("q", (start - first for start, _ in calls)),
        ),
        MeasuredColumn(ColumnReference("m", "work"), array("q", work_us)),
    ]
    data = {
        "traffic": {"file": "m", "column": "arrival", "paired": True},
        "server": {"threads": 3},
        "steps": [{"name": "work", "duration": "empirical(file=m, column=work)"}],
        **changes,
    }
    return Scenario.model_validate(data, context=known_columns(columns))


@pytest.fixture(scope="module")
def calls() -> Times:
    return service()


@pytest.fixture(scope="module")
def log(calls: Times) -> Log:
    return log_of(calls)


@pytest.fixture(scope="module")
def work_us(log: Log) -> list[int]:
    return list(capacity(log).work_us or ())


def legs(result: Validation) -> list[bool | None]:
    return [leg.agrees for leg in result.legs]


@pytest.mark.parametrize("holdout", [0.0, 0.5])
def test_the_right_model_agrees(calls: Times, log: Log, work_us: list[int], holdout: float) -> None:
    result = validate(scenario(calls, work_us), log, holdout=holdout)
    assert legs(result) == [True, True]
    assert result.agrees
    assert result.judged == COUNT * (1 - holdout or 1)


def test_one_thread_more_is_rejected_by_its_waits(calls: Times, log: Log, work_us: list[int]) -> None:
    result = validate(scenario(calls, work_us, server={"threads": 4}), log)
    assert legs(result) == [False, False]
    assert "The waits are too short" in result.legs[0].verdict
    assert "the scenario has 4 threads, the log shows 3" in result.legs[0].verdict


def test_poisson_arrivals_are_rejected_by_the_arrivals(calls: Times, log: Log, work_us: list[int]) -> None:
    lasts_s = (calls[-1][0] - calls[0][0]) / 1e6
    traffic = {"rate": f"{COUNT / lasts_s:.3f}/s", "for": f"{lasts_s:.3f}s", "arrivals": "poisson"}
    result = validate(scenario(calls, work_us, traffic=traffic), log)
    assert legs(result) == [True, False]
    assert result.legs[1].verdict.startswith(
        "The waits are right, but the arrivals are burstier than Poisson"
    )


def test_response_times_as_work_are_rejected_by_the_work(calls: Times, log: Log) -> None:
    result = validate(scenario(calls, [end - start for start, end in calls]), log)
    assert legs(result) == [True, False]
    assert "the work of the scenario is longer than measured" in result.legs[1].verdict


def test_waits_cannot_be_judged_without_the_work(calls: Times, work_us: list[int]) -> None:
    coarse = log_of([(start // 10**6 * 10**6, end // 10**6 * 10**6) for start, end in calls])
    result = validate(scenario(calls, work_us), coarse)
    assert result.legs[0].agrees is None
    assert (
        "cannot be judged: the log does not tell the work: the stamps are to 1.00 s" in result.legs[0].verdict
    )
    assert not result.agrees


def test_a_first_part_without_the_work_gives_no_scenario(calls: Times, work_us: list[int]) -> None:
    """Response times in place of the work would give waits of any length."""
    coarse = log_of([(start // 10**6 * 10**6, end // 10**6 * 10**6) for start, end in calls])
    result = validate(scenario(calls, work_us), coarse, holdout=0.5)
    assert legs(result) == [None, None]
    assert "the first part of the log does not tell the work: the stamps" in result.legs[1].verdict


def test_too_few_requests_are_refused(calls: Times, work_us: list[int]) -> None:
    with pytest.raises(LogError, match="39 requests are too few"):
        validate(scenario(calls, work_us), log_of(calls[:39]))
    with pytest.raises(LogError, match="30 requests are too few"):
        validate(scenario(calls, work_us), log_of(calls[:60]), holdout=0.5)


LIVE_RUNS = sorted((Path(__file__).parent / "live_runs").glob("*.csv"))
"""Requests of runs for real on four brokers: 4 threads, 6 customers a second, an email on the queue."""


def of_first_half(log: Log) -> Scenario:
    half = log.of(range(len(log.calls) // 2))
    result = capacity(half)
    rows = zip(half.calls.start_us, half.calls.end_us, strict=True)
    return scenario(list(rows), list(result.work_us or ()), server={"threads": result.count})


@pytest.mark.parametrize("path", LIVE_RUNS, ids=lambda path: path.stem)
def test_the_first_half_of_a_run_for_real_predicts_the_second(path: Path) -> None:
    log = read_sources([Source(path)])
    fitted = of_first_half(log)
    assert fitted.server.threads == 4
    result = validate(fitted, log, holdout=0.5)
    waits = result.legs[0].ranges
    assert waits["p50"].mean == pytest.approx(result.measured.p50, rel=0.05)
    assert waits["p95"].mean == pytest.approx(result.measured.p95, rel=0.15)
    assert legs(result) == [True, True]


@pytest.mark.parametrize("path", LIVE_RUNS, ids=lambda path: path.stem)
def test_a_wrong_model_of_a_run_for_real_is_rejected_by_the_right_leg(path: Path) -> None:
    log = read_sources([Source(path)])
    rows = list(zip(log.calls.start_us, log.calls.end_us, strict=True))
    work_us = list(capacity(log).work_us or ())
    more = validate(scenario(rows, work_us, server={"threads": 5}), log)
    assert more.legs[0].agrees is False
    assert "too short" in more.legs[0].verdict
    as_work = validate(scenario(rows, [end - start for start, end in rows], server={"threads": 4}), log)
    assert legs(as_work) == [True, False]
    assert "the work of the scenario is longer than measured" in as_work.legs[1].verdict

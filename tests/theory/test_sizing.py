"""The smallest number of servers by simulation is that of the Erlang C formula."""

from __future__ import annotations

import pytest

from syncasync_sim import size
from syncasync_sim.model.theory.formulas import mmc
from syncasync_sim.render.size_result import size_notes
from theory.systems import email, exponential, poisson, threads

MEAN_S = 0.5
"""Of the service time; the load is then 4 Erlang."""


def smallest_by_erlang_c(bound_s: float) -> int:
    """The first c above the load for which the mean wait (Erlang C) and the service together are below."""
    return next(c for c in range(5, 50) if mmc(8, MEAN_S, c).mean_wait_s + MEAN_S < bound_s)


# Bounds well between the values of neighbours, so that chance does not decide: c = 5, 6, 7 have
# 777 ms, 571 ms and 523 ms.
@pytest.mark.parametrize(("bound_s", "smallest"), [(0.64, 6), (0.545, 7)])
def test_threads_of_mmc(bound_s: float, smallest: int) -> None:
    assert smallest_by_erlang_c(bound_s) == smallest
    scenario = poisson(8, exponential(500), server=threads(5))
    target = f"sync.response_time_s.mean < {bound_s * 1000:g}ms"
    result = size(scenario, target, {"server.threads": "4..20"}, replications=10)
    assert (result.verdict, result.answer and result.answer.value.number) == ("found", smallest)
    assert all(trial is not None and trial.is_sure(result.target) for trial in (result.beyond, result.answer))
    assert result.theory is not None
    assert result.theory.end == "smallest"
    value, told = result.theory.value, result.theory.theory
    assert (value.number, told.system) == (smallest, f"M/M/{smallest}")
    assert told.value_s == pytest.approx(mmc(8, MEAN_S, smallest).mean_wait_s + MEAN_S)


def test_workers_of_mmc() -> None:
    """The same for the workers behind the page, which takes no time of its own."""
    result = size(poisson(8, email(500)), "async.completion_time_s.mean < 640ms", {"workers.count": "4..20"})
    assert result.answer is not None
    assert result.theory is not None
    assert result.answer.value.number == result.theory.value.number == 6


@pytest.mark.parametrize("rates", ["1/s..6/s:6", "1/s..4/s:4"])
def test_the_largest_rate_of_mm1(rates: str) -> None:
    """1 / (1 / 150 ms - rate) is 375 ms at 4/s and 600 ms at 5/s; at 1/s it is 176 ms."""
    target = "sync.response_time_s.mean < 480ms"
    scenario = poisson(5, exponential(150), customers=6_000, server=threads(1))
    result = size(scenario, target, {"traffic.rate": rates}, replications=3)
    assert result.theory is not None
    assert result.answer is not None
    falls = rates.startswith("1/s..6/s")
    assert result.verdict == ("falling" if falls else "everywhere")
    assert result.answer.value.written == result.theory.value.written == ("4/s" if falls else "1/s")
    assert result.theory.end == ("largest" if falls else "smallest")
    assert result.theory.theory.value_s == pytest.approx(0.375 if falls else 1 / (1 / 0.15 - 1))
    assert f"{result.theory.value.written} is the {result.theory.end} that meets it" in " ".join(
        size_notes(result)
    )


def test_no_formula_for_a_percentile() -> None:
    scenario = poisson(8, exponential(500), customers=300, warm_up=0)
    result = size(scenario, "sync.response_time_s.p95 < 5s", {"server.threads": "5..6"}, replications=1)
    assert result.theory is None
    assert all(trial.theory_s is None for trial in result.trials)

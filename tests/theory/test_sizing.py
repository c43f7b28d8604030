"""The smallest number of servers by simulation is that of the Erlang C formula."""

from __future__ import annotations

import pytest

from syncasync_sim import size
from syncasync_sim.model.theory.formulas import mmc
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
    assert all(trial is not None and trial.is_sure(result.target) for trial in (result.below, result.answer))
    assert result.theory is not None
    value, told = result.theory
    assert (value.number, told.system) == (smallest, f"M/M/{smallest}")
    assert told.value_s == pytest.approx(mmc(8, MEAN_S, smallest).mean_wait_s + MEAN_S)


def test_workers_of_mmc() -> None:
    """The same for the workers behind the page, which takes no time of its own."""
    result = size(poisson(8, email(500)), "async.completion_time_s.mean < 640ms", {"workers.count": "4..20"})
    assert result.answer is not None
    assert result.theory is not None
    assert result.answer.value.number == result.theory[0].number == 6


def test_no_formula_for_a_percentile() -> None:
    scenario = poisson(8, exponential(500), customers=300, warm_up=0)
    result = size(scenario, "sync.response_time_s.p95 < 5s", {"server.threads": "5..6"}, replications=1)
    assert result.theory is None
    assert all(trial.theory_s is None for trial in result.trials)

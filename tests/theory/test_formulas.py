"""The closed forms give the numbers of the books, and agree with each other where one contains another."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import Lognormal, Weibull
from syncasync_sim.model.theory import formulas
from syncasync_sim.model.theory.formulas import QueueMetrics

close = pytest.approx


@pytest.mark.parametrize(
    ("line", "response_s"),
    [
        (formulas.mm1(5, 0.1), 0.2),
        (formulas.mm1(8, 0.1), 0.5),
        (formulas.mmc(8, 0.5, 5), 0.777056),
        (formulas.mmc(10, 0.2, 4), 0.217391),
        (formulas.mg1(5, 0.101630, 0.0166691 - 0.101630**2), 0.186357),
        (formulas.md1(5, 0.1), 0.15),
        (formulas.md1(8, 0.1), 0.3),
        (formulas.mg1(5, 0.1, 0.1**2 / 12), 0.154167),
        (formulas.mmck(8, 0.1, 1, 5), 0.256307),
        (formulas.mmck(12, 0.1, 1, 5), 0.335949),
        (formulas.mmck(28, 0.1, 3, 10), 0.190818),
    ],
)
def test_mean_response(line: QueueMetrics, response_s: float) -> None:
    assert line.mean_response_s == close(response_s, rel=2e-5)


def test_shares_of_those_who_wait_and_of_those_lost() -> None:
    assert formulas.erlang_b(4, 5) == close(0.199067, rel=1e-5)
    assert formulas.erlang_c(4, 5) == close(0.554113, rel=1e-5)
    assert formulas.mmck(8, 0.1, 1, 5).loss == close(0.0888195, rel=1e-5)
    assert formulas.mmck(12, 0.1, 1, 5).loss == close(0.250588, rel=1e-5)
    assert formulas.mmck(28, 0.1, 3, 10).loss == close(0.0728182, rel=1e-5)
    assert formulas.mgcc(8, 0.5, 5).loss == close(0.199067, rel=1e-5)


def test_waits_and_utilisation() -> None:
    line = formulas.mm1(8, 0.1)
    assert line.mean_wait_s == close(0.4)
    assert line.utilisation == close(0.8)
    assert formulas.mmc(8, 0.5, 5).mean_wait_s == close(0.277056, rel=1e-5)
    assert formulas.mmck(8, 0.1, 1, 5).utilisation == close(0.8 * (1 - 0.0888195), rel=1e-5)


@pytest.mark.parametrize(
    ("tail", "wanted"),
    [
        (formulas.mmc_response_tail(0.602197, 8, 0.5, 5), 0.5),
        (formulas.mmc_response_tail(3.039831, 8, 0.5, 5), 0.01),
        (formulas.mmc_response_tail(0.952850, 10, 0.2, 4), 0.01),
        (formulas.mmc_response_tail(0.346574, 8, 0.1, 1), 0.5),  # M/M/1: exp(-(mu - lambda) t)
        (formulas.mmc_response_tail(2.302585, 8, 0.1, 1), 0.01),
        (formulas.mmc_response_tail(3.453878, 8, 0.1, 1), 0.001),
    ],
)
def test_tails(tail: float, wanted: float) -> None:
    assert tail == close(wanted, rel=1e-5)


def test_the_tail_where_two_rates_are_equal_is_the_limit_of_its_neighbours() -> None:
    """c mu - lambda = mu, where the formula would divide by zero."""
    exactly, beside = (formulas.mmc_response_tail(0.7, rate, 0.5, 3) for rate in (4, 4.0001))
    assert exactly == close(beside, rel=1e-4)


def test_one_system_contains_the_other() -> None:
    one, five = formulas.mm1(8, 0.1), formulas.mmc(8, 0.5, 5)
    assert formulas.mmc(8, 0.1, 1).mean_wait_s == close(one.mean_wait_s)
    assert formulas.mg1(8, 0.1, 0.01).mean_wait_s == close(one.mean_wait_s)
    assert formulas.mmck(8, 0.5, 5, 2000).mean_response_s == close(five.mean_response_s)
    assert formulas.mmck(8, 0.5, 5, 2000).loss == close(0, abs=1e-12)
    assert formulas.mmck(8, 0.5, 5, 5).loss == close(formulas.mgcc(8, 0.5, 5).loss)


@pytest.mark.parametrize(
    ("failure_rate", "attempts"), [(0.5, 3), (0.2, 1), (0.0, 5), (1 / 3, 60), (0.3, None)]
)
def test_tries_are_counted_out(failure_rate: float, attempts: int | None) -> None:
    """The same moments from the chances of 1, 2, 3, ... attempts, one by one."""
    p, most = failure_rate, attempts or 500
    succeeds_at = {v: p ** (v - 1) * (1 - p) for v in range(1, most + 1)}
    gives_up = p**most
    mean = sum(v * chance for v, chance in succeeds_at.items()) + most * gives_up
    square = sum(v**2 * chance for v, chance in succeeds_at.items()) + most**2 * gives_up
    found = formulas.tries(p, attempts)
    assert found.mean == close(mean)
    assert found.variance == close(square - mean**2, abs=1e-12)
    assert found.succeeds == close(1 - gives_up)
    successes = sum(v * chance for v, chance in succeeds_at.items()) / (1 - gives_up)
    assert found.mean_of_successes == close(successes)


def test_exponential_service_repeated_without_limit_is_exponential_again() -> None:
    """Its mean is 1 / (mu (1 - p)), its variance that squared."""
    mean_s, variance_s2 = formulas.repeated(0.1, 0.01, 0.2, None)
    assert mean_s == close(0.125)
    assert variance_s2 == close(0.125**2)


@pytest.mark.parametrize("too_much", [10, 11])
def test_a_line_that_grows_without_end_is_refused(too_much: float) -> None:
    for system in (formulas.mm1, formulas.md1, lambda rate, s: formulas.mmc(rate, 2 * s, 2)):
        with pytest.raises(ValueError, match="grows without end"):
            system(too_much, 0.1)


@pytest.mark.parametrize(
    ("written", "mean_s", "share"),
    [
        ("2s", 1, 1.0),
        ("1s", 1, 0.0),  # exactly as long as the limit is in time
        ("empirical([500ms, 1s, 3s, 4s])", (0.5 + 1 + 1 + 1) / 4, 0.5),
        # 1 - exp(-1/2) of the mean is left of an exponential time, and exp(-1/2) are cut
        ("exponential(mean=2s)", 2 * (1 - math.exp(-0.5)), math.exp(-0.5)),
        # a uniform one between 0 and 4 s: a quarter with mean 0.5, the rest are 1
        ("uniform(0, 4s)", 0.25 * 0.5 + 0.75, 0.75),
        ("uniform(2s, 4s)", 1, 1.0),
        ("uniform(100ms, 500ms)", 0.3, 0.0),
        # of a lognormal whose median is the limit: mean x Phi(-sigma) + 1/2
        ("lognormal(p50=1s, p99=4s)", None, 0.5),
        # the integral of exp(-(t/scale)^2) up to 1: scale sqrt(pi)/2 erf(1/scale)
        ("weibull(mean=1s, shape=2)", None, math.exp(-math.pi / 4)),
    ],
)
def test_what_a_time_out_leaves_of_a_duration(written: str, mean_s: float | None, share: float) -> None:
    duration = parse_distribution(written)
    if isinstance(duration, Lognormal):
        mean_s = duration.mean_s * NormalDist().cdf(-duration.sigma) + 0.5
    if isinstance(duration, Weibull):
        scale = 1 / math.gamma(1.5)
        mean_s = scale * math.sqrt(math.pi) / 2 * math.erf(1 / scale)
    found_s, found = formulas.cut_at(duration, 1.0)
    assert found_s == close(mean_s, rel=1e-6)
    assert found == close(share, abs=1e-12)

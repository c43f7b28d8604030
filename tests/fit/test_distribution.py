"""Distributions that are fitted to measured durations, against values that were drawn of known ones."""

from __future__ import annotations

import pytest

from syncasync_sim.errors import LogError
from syncasync_sim.fit.distribution import distance, fitted_distribution
from syncasync_sim.model.distribution_texts import parse_distribution

COUNT = 4_000


def drawn(text: str) -> list[int]:
    """Quantiles at equal steps: the values that a sample has on average, in microseconds."""
    distribution = parse_distribution(text)
    return [round(distribution.quantile_s((rank + 0.5) / COUNT) * 1e6) for rank in range(COUNT)]


@pytest.mark.parametrize(
    "text",
    [
        "lognormal(p50=180ms, p99=900ms)",
        "exponential(mean=300ms)",
        "weibull(mean=1s, shape=0.7)",
        "weibull(mean=200ms, shape=3)",
        "uniform(100ms, 300ms)",
    ],
)
def test_the_best_one_is_the_one_that_it_was(text: str) -> None:
    fitted = fitted_distribution(drawn(text), "best")
    name = text.partition("(")[0]
    assert fitted.name == name or (name == "exponential" and fitted.name == "weibull")
    assert fitted.distance < 0.01
    wanted = parse_distribution(text)
    assert fitted.distribution.mean_s == pytest.approx(wanted.mean_s, rel=0.02)
    for share in (0.1, 0.5, 0.95):
        assert fitted.distribution.quantile_s(share) == pytest.approx(wanted.quantile_s(share), rel=0.03)


def test_a_distance_by_hand() -> None:
    # four values of uniform(0, 1): below 0.1 there are 0.1 of it and none, then one of four of the values
    uniform = parse_distribution("uniform(0, 1s)")
    assert distance([0.1, 0.2, 0.3, 0.4], uniform) == pytest.approx(0.6)  # at 0.4: all of four, and 0.4


def test_a_wrong_one_says_how_far_it_is() -> None:
    assert fitted_distribution(drawn("uniform(100ms, 300ms)"), "exponential").distance > 0.3


@pytest.mark.parametrize("values", [[5, 5, 5], [0, 0], [7]])
def test_what_never_changes_has_no_distribution(values: list[int]) -> None:
    with pytest.raises(LogError, match="all durations are the same or zero"):
        fitted_distribution(values, "best")

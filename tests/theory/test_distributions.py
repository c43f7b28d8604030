"""Mean and variance of every distribution are those of the durations that its quantile makes."""

from __future__ import annotations

import math
import re
from array import array
from functools import partial
from time import process_time

import pytest

from syncasync_sim.model import distributions
from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import DISTRIBUTIONS, Distribution, DistributionForm
from syncasync_sim.model.measured import MeasuredColumn

TEXTS = {
    "200ms": (0.2, 0.0),
    "exponential(mean=200ms)": (0.2, 0.04),
    "uniform(50ms, 150ms)": (0.1, 0.1**2 / 12),
    "lognormal(p50=80ms, p99=400ms)": (0.101630, 0.0166691 - 0.101630**2),
    "lognormal(p50=80ms, p99=80ms)": (0.08, 0.0),
    "weibull(mean=100ms, shape=2)": (0.1, 0.01 * (4 / math.pi - 1)),
    "weibull(mean=100ms, shape=1)": (0.1, 0.01),
    "weibull(mean=100ms, shape=0.7)": (0.1, None),
    "weibull(mean=100ms, shape=100)": (0.1, None),
    "empirical([1s, 2s, 6s])": (3.0, 14 / 3),
    "empirical(file=work.csv)": (3.0, 14 / 3),
}
"""Of each text, the mean in seconds and the variance in seconds squared, where paper gives it."""
FORMS = [
    (name, form) for name, row in DISTRIBUTIONS.items() for form in (row, row.of_file) if form is not None
]
SLICES = 50_000


def parsed(text: str) -> Distribution:
    """The distribution of a text; every column of a file has 6, 1 and 2 s."""
    return parse_distribution(
        text, partial(MeasuredColumn, values_us=array("q", [6_000_000, 1_000_000, 2_000_000]))
    )


def moments_of_the_draws(distribution: Distribution) -> tuple[float, float]:
    """(mean, variance) of the quantile over evenly spaced u: the integral by the midpoint rule."""
    values = [distribution.quantile_s((i + 0.5) / SLICES) for i in range(SLICES)]
    mean = math.fsum(values) / SLICES
    return mean, math.fsum((value - mean) ** 2 for value in values) / SLICES


def test_every_class_has_a_row() -> None:
    classes = {kind for kind in vars(distributions).values() if hasattr(kind, "quantile_s")}
    classes -= {Distribution, distributions._Quantiles}
    made = {type(parsed(text)) for text in ("1s", *(form.example for _, form in FORMS))}
    lacks = sorted(kind.__name__ for kind in classes - made)
    assert lacks == [], f"write a row for {', '.join(lacks)} into DISTRIBUTIONS in model/distributions.py"


def test_every_distribution_is_here() -> None:
    lacks = DISTRIBUTIONS.keys() - {text.partition("(")[0] for text in TEXTS}
    assert lacks == set(), (
        f"write texts of {', '.join(sorted(lacks))}, with mean and variance on paper, into TEXTS in "
        "tests/theory/test_distributions.py"
    )


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_the_example_names_every_parameter_in_order(name: str, form: DistributionForm) -> None:
    assert form.example.partition("(")[0] == name
    assert re.findall(r"(\w+)=", form.example) == list(form.parameters)
    assert str(parsed(form.example)).startswith(f"{name}(")


def cost_of(distribution: Distribution) -> float:
    """The processor time of 2,000 quantiles, in seconds: the least of five."""

    def once() -> float:
        begun = process_time()
        for i in range(2_000):
            distribution.quantile_s((i + 0.5) / 2_000)
        return process_time() - begun

    return min(once() for _ in range(5))


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_quantile_costs_little(name: str, form: DistributionForm) -> None:
    """A run asks for one with every duration; a normal quantile, as lognormal needs it, is the yardstick."""
    cost, yardstick = (cost_of(parsed(one.example)) for one in (form, DISTRIBUTIONS["lognormal"]))
    assert cost < 20 * yardstick, (
        f"a quantile of {name} takes {cost / 2_000 * 1e6:.0f} us: work out a table once"
    )


@pytest.mark.parametrize("text", TEXTS)
def test_mean_and_variance_are_those_of_what_is_drawn(text: str) -> None:
    distribution = parsed(text)
    mean_s, variance_s2 = moments_of_the_draws(distribution)
    assert distribution.mean_s == pytest.approx(mean_s, rel=1e-3)
    assert distribution.variance_s2 == pytest.approx(variance_s2, rel=5e-3, abs=1e-15)


@pytest.mark.parametrize(("text", "moments"), TEXTS.items())
def test_mean_and_variance_are_those_on_paper(text: str, moments: tuple[float, float | None]) -> None:
    distribution = parsed(text)
    assert distribution.mean_s == pytest.approx(moments[0], rel=1e-5)
    if moments[1] is not None:
        assert distribution.variance_s2 == pytest.approx(moments[1], rel=1e-4, abs=1e-15)

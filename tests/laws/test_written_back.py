"""A value is written back exactly as it was read: `parse(str(x)) == x`, for every kind of value there is."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from syncasync_sim import ScenarioError, simulate, vary
from syncasync_sim.advice.design_runs import with_placement
from syncasync_sim.files import change_scenario, parse_scenario
from syncasync_sim.files.scenario_loader import read_document
from syncasync_sim.model.distribution_texts import parse_distribution
from syncasync_sim.model.distributions import DISTRIBUTIONS, ParameterKind
from syncasync_sim.model.fields import RANDOM_DURATION
from syncasync_sim.model.quantities import (
    US_PER_S,
    QuantityError,
    format_duration,
    format_number,
    format_rate,
    format_share,
    parse_duration,
    parse_probability,
    parse_rate,
)
from syncasync_sim.model.ranges import parse_range, value_of
from syncasync_sim.replay.controls import controls_of
from syncasync_sim.stats import summarise

LAW = settings(max_examples=200, deadline=None)
YEAR_US = 366 * 86400 * US_PER_S

microseconds = st.one_of(st.integers(1, 5_000_000), st.integers(1, YEAR_US))
durations = microseconds.map(lambda us: format_duration(us / US_PER_S))
shapes = st.one_of(st.floats(0.1, 100), st.decimals(1, 100, places=9).map(float)).map(format_number)
decimals = st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,12})?|\.[0-9]{1,14}", fullmatch=True)


ARGUMENTS: dict[ParameterKind, SearchStrategy[str]] = {
    "duration": durations,
    "number": shapes,
    "durations": st.lists(durations, min_size=1, max_size=5).map(lambda x: f"[{', '.join(x)}]"),
}
"""A parameter of a distribution, by its kind, as a file would write it."""


def calls(name: str) -> SearchStrategy[str]:
    names = DISTRIBUTIONS[name].parameters
    return st.tuples(*(ARGUMENTS[kind] for kind in names.values())).map(
        lambda values: f"{name}({', '.join(f'{n}={v}' for n, v in zip(names, values, strict=True))})"
    )


@LAW
@given(microseconds)
def test_durations(us: int) -> None:
    assert parse_duration(format_duration(us / US_PER_S)) == us / US_PER_S


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_distributions(name: str) -> None:
    found = 0

    @LAW
    @given(calls(name))
    def law(text: str) -> None:
        nonlocal found
        try:
            distribution = parse_distribution(text)
        except QuantityError:  # a low above its high, say
            return
        found += 1
        assert parse_distribution(str(distribution)) == distribution

    law()
    assert found > 20


@LAW
@given(decimals, microseconds)
@example("123456789012345", 7)  # 21 digits per 7 s
@example(".12345678901234", 1_000_000)
@example("1", YEAR_US - 1)
def test_rates(number: str, per_us: int) -> None:
    number = number[:15].rstrip(".") or "0"
    rate = parse_rate(f"{number}/{format_duration(per_us / US_PER_S)}")
    assert parse_rate(format_rate(rate)) == rate


def test_a_rate_of_many_digits_is_read_as_long_as_it_can_be_written() -> None:
    long = parse_rate("0." + "1" * 60 + "/s")
    assert long == Fraction(int("1" * 60), 10**60)
    assert parse_rate(format_rate(long)) == long
    for number in ("1" * 101, "1" * 99 + ".1"):
        with pytest.raises(QuantityError):
            parse_rate(f"{number}/7us")


@LAW
@given(st.one_of(st.floats(0, 1), st.decimals(0, 1, places=7).map(float)))
def test_probabilities(share: float) -> None:
    assert parse_probability(share) == share  # a file holds it as a number ...
    assert parse_probability(format_share(share)) == share  # ... and a slider writes a percentage


@LAW
@given(st.floats(0, 1_000_000, exclude_min=True))
def test_factors(number: float) -> None:
    assert float(format_number(number)) == number
    assert "e" not in format_number(number)


EXACT = """\
traffic: {rate: 5/s, for: 60s, arrivals: poisson}
steps:
  - {name: work, duration: "weibull(mean=1s, shape=0.123456789)", background: true,
     failure_rate: 0.0123456789}
"""


def test_one_scenario_has_one_result_whichever_way_it_goes() -> None:
    """Through `vary` (brokers), a slider, and the bench of `advise`."""
    scenario = parse_scenario(EXACT)
    wanted = summarise(simulate(scenario, "async", seed=1)).completion_time_s
    ways = (
        vary(scenario, {"queue.broker": "ideal"}),
        change_scenario(scenario, ["queue.broker=ideal"]),
        with_placement(scenario, [True]),
    )
    assert [str(way.steps[0].duration) for way in ways] == ["weibull(mean=1s, shape=0.123456789)"] * 3
    assert [summarise(simulate(way, "async", seed=1)).completion_time_s for way in ways] == [wanted] * 3


def test_a_slider_writes_what_it_stands_at() -> None:
    scenario = parse_scenario(EXACT.replace("rate: 5/s", "rate: 1.23456789/s"))
    for control in controls_of(scenario):
        assert change_scenario(scenario, [control.stops[control.at].flag]) == scenario, control.name


def test_the_pattern_for_editors_names_every_distribution() -> None:
    call = RANDOM_DURATION.schemas[-1]["pattern"]
    assert all(name in call for name in DISTRIBUTIONS)


def test_json_of_a_scenario_is_a_scenario() -> None:
    """JSON writes a character beyond U+FFFF as two escapes; together they are one character."""
    scenario = parse_scenario(
        'title: "Shop 🙂"\ntraffic: {requests: 1}\nsteps: [{name: "pay 🙂", duration: 1s}]\n'
    )
    text = json.dumps(scenario.to_data())
    assert "\\ud83d\\ude42" in text
    assert parse_scenario(text) == scenario
    assert read_document('{"\\ud83d\\ude42": 1}', "x").data == {"🙂": 1}


@pytest.mark.parametrize("share", ["1e-9999999%", "1e-3000000%", "1e9999999", "1e-1000"])
def test_the_exponent_of_a_number_is_bounded(share: str) -> None:
    """Worked out exactly, such a number has millions of digits."""
    with pytest.raises(QuantityError, match="expected a probability"):
        parse_probability(share)
    assert [value.measure for value in parse_range(share)] == ["text"]


ends = st.one_of(
    st.integers(-9, 10**15 - 1).map(str),
    st.decimals(-9, 10**6, places=3).map(lambda x: f"{x:f}"),
    st.integers(0, 10**15).map(lambda n: f"0.{n:015}"),
    decimals.map(lambda number: f"{number[:15].rstrip('.')}/7s"),
    st.integers(0, 10**9).map(lambda n: f"{format_number(n / 10**7)}%"),
    durations,
)


@LAW
@given(ends, ends, st.integers(2, 50))
@example("0", "0.0000001", 3)
@example("0", "1/31622400s", 7)
def test_evenly_spaced_values_are_read_back(low: str, high: str, number: int) -> None:
    try:
        values = parse_range(f"{low}..{high}:{number}")
    except QuantityError as refused:
        error = refused
    else:
        again = [value_of(value.written).number for value in values if value.number]
        assert again == [value.number for value in values if value.number]
        return
    assert error.cure  # the caller's mistake, and never a word of our own workings


@pytest.mark.parametrize("text", ["{0}", "{0}..{0}", "{0}%", "{0}/s", "{0}s", "1..{0}"])
def test_digits_of_other_scripts_are_no_numbers(text: str) -> None:
    try:
        values = parse_range(text.format("\N{ARABIC-INDIC DIGIT THREE}"))
    except QuantityError:
        return
    assert [value.measure for value in values] == ["text"]


def test_a_claim_compares_with_no_number_of_5000_digits() -> None:
    with pytest.raises(ScenarioError, match="cannot compare with '999") as caught:
        parse_scenario(EXACT + f"expect: ['async.requests < {'9' * 5000}']\n")
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    ("old", "new", "cure"),
    [
        ("traffic: {rate: 5/s", "workers: {count: on}\ntraffic: {rate: 5/s", "write for instance 1"),
        ("traffic: {rate: 5/s", "server: {threads: on}\ntraffic: {rate: 5/s", "or the word unlimited"),
        ("for: 60s", "for: soon", "write for instance 200ms"),
        ("failure_rate: 0.0123456789", "failure_rate: often", "write for instance 5%"),
        ("name: work", "name: ''", "write a word or two"),
        ('"weibull(mean=1s, shape=0.123456789)"', '"weibull(mean=1s) 3"', "write nothing behind its ')'"),
    ],
)
def test_every_refusal_says_what_to_do(old: str, new: str, cure: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(EXACT.replace(old, new))
    assert str(caught.value).endswith(f"= {cure}")

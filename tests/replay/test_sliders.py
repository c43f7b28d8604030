"""Sliders, by hand: which a scenario has, where they stand, and that a stop is what `--set` says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from laws.scenarios import scenarios
from laws.test_second_opinion import MANY
from syncasync_sim import Scenario, ScenarioError, load_scenario
from syncasync_sim.files import bundled, change_scenario, parse_scenario
from syncasync_sim.model.quantities import parse_rate
from syncasync_sim.replay.control_table import scaled
from syncasync_sim.replay.controls import Control, controls_of, flags_of

ENDS = ["stop_at=1h"]
"""Who fails every time and is tried without end is refused unless the run is cut somewhere."""
ONE = "steps: [{name: work, duration: 1s}]\n"


def turned(scenario: Scenario) -> dict[str, Control]:
    return {control.name: control for control in controls_of(scenario)}


def of(text: str) -> dict[str, Control]:
    return turned(parse_scenario(text))


def shown(control: Control) -> list[str]:
    return [stop.text for stop in control.stops]


def test_the_controls_of_the_checkout() -> None:
    controls = turned(load_scenario("checkout"))
    assert [(control.label, control.stops[control.at].text) for control in controls.values()] == [
        ("customers", "1"),
        ("threads", "unlimited"),
        ("workers", "1"),
        ("send email takes", "1.50 s"),
        ("send email fails", "0 %"),
        ("send email is tried", "at most 5 times"),
    ]
    assert [(control.stops[0].flag, control.stops[-1].flag) for control in controls.values()] == [
        ("traffic.requests=1", "traffic.requests=500"),
        ("server.threads=1", "server.threads=unlimited"),
        ("workers.count=1", "workers.count=12"),
        ("steps[send email].duration=150ms", "steps[send email].duration=15s"),
        ("steps[send email].failure_rate=0%", "steps[send email].failure_rate=100%"),
        ("steps[send email].retry.attempts=1", "steps[send email].retry.attempts=unlimited"),
    ]


def test_a_slider_goes_through_round_numbers_and_what_the_scenario_says() -> None:
    controls = of("traffic: {requests: 7}\nsteps: [{name: work, duration: 1700ms, background: true}]\n")
    assert " ".join(shown(controls["customers"])[:13]) == "1 2 3 4 5 6 7 8 10 12 15 20 25"
    assert shown(controls["customers"])[-3:] == ["300", "400", "500"]
    assert shown(controls["takes"])[:3] == ["200 ms", "250 ms", "300 ms"]
    assert shown(controls["takes"])[7:13] == ["1.00 s", "1.20 s", "1.50 s", "1.70 s", "2.00 s", "2.50 s"]
    assert controls["takes"].at == 10


def test_a_rate_keeps_its_unit_and_brings_no_more_than_five_hundred() -> None:
    rate = turned(load_scenario("email-down-resubmit"))["rate"]
    assert (shown(rate)[0], shown(rate)[rate.at], shown(rate)[-1]) == ("10/min", "100/min", "500/min")
    rate = of("traffic: {rate: 3/s, for: 60s}\n" + ONE)["rate"]
    assert shown(rate)[-3:] == ["5/s", "6/s", "8/s"]
    rate = of("traffic: {rate: 1/7s, for: 70s}\n" + ONE)["rate"]
    assert (shown(rate)[0], shown(rate)[rate.at]) == ("1/min", "8.57143/min")


def test_a_traffic_of_phases_is_multiplied_as_a_whole() -> None:
    traffic = turned(load_scenario("rush-hour"))["traffic"]
    assert (shown(traffic)[traffic.at], shown(traffic)[-1]) == ("as planned", "4 times as many")
    twice = traffic.stops[shown(traffic).index("2 times as many")].flag
    assert twice == "traffic.phases=[{ramp: [0/s, 8/s], for: 30s}, {ramp: [8/s, 0/s], for: 30s}]"


def test_only_what_applies_is_offered() -> None:
    assert list(of("traffic: {at: [1s]}\n" + ONE)) == ["threads", "takes", "fails"]
    retried = "traffic: {at: [1s]}\nsteps: [{name: work, duration: 1s, retry: {in_request: true}}]\n"
    assert list(of(retried)) == ["threads", "takes", "fails", "tries"]
    assert turned(load_scenario("video-processing"))["takes"].label == "convert video takes"


def test_the_step_that_fails_comes_before_a_longer_one() -> None:
    assert turned(load_scenario("broker-poison"))["takes"].label == "print label takes"


def test_no_fewer_workers_than_crash_by_name() -> None:
    crash = "workers: {count: 3, crashes: [{worker: 3, at: 1s, restart_after: never}]}\n"
    controls = of("traffic: {requests: 1}\nsteps: [{name: work, duration: 1s, background: true}]\n" + crash)
    assert shown(controls["workers"])[0] == "3"


def test_what_chance_decides_keeps_its_shape() -> None:
    takes = turned(load_scenario("recommendations"))["takes"]
    assert shown(takes)[takes.at] == "489.6 ms on average"
    assert takes.stops[-1].flag.endswith(".duration=lognormal(p50=3s, p99=30s)")
    text = "traffic: {requests: 1}\nsteps: [{name: work, duration: 'empirical([1s, 3s])'}]\n"
    assert str(scaled(parse_scenario(text).steps[0].duration, 2.0)) == "empirical([2s, 6s])"


def test_a_step_whose_name_has_brackets_is_named_in_quotes() -> None:
    controls = of("traffic: {requests: 1}\nsteps: [{name: a, duration: 1s}, {name: 'b [x]', duration: 2s}]\n")
    assert controls["takes"].stops[0].flag == 'steps["b [x]"].duration=200ms'


@pytest.mark.parametrize("name", bundled.names())
def test_every_stop_is_read_as_set_reads_it_and_is_another_scenario(name: str) -> None:
    scenario = load_scenario(name)
    for control in controls_of(scenario):
        for number, stop in enumerate(control.stops):
            changed = load_scenario(name, [stop.flag, *ENDS])
            again = turned(changed).get(control.name, control)
            if control.name == "rate":  # which may be told per minute now
                assert changed.traffic.rate_per_s == parse_rate(stop.text)
            elif control.name == "traffic":
                assert changed.traffic.expected_customers <= 500
            elif again.label == control.label:
                assert again.stops[again.at].text == stop.text
            assert (changed == load_scenario(name, ENDS)) <= (number == control.at)


@MANY
@given(scenarios())
def test_every_scenario_stands_in_one_of_its_stops(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    for control in controls_of(scenario):
        assert 0 <= control.at < len(control.stops) <= 60
        assert len(set(shown(control))) == len(control.stops)


def test_only_what_moved_is_set() -> None:
    controls = controls_of(load_scenario("checkout"))
    assert flags_of(controls, {}) == []
    assert flags_of(controls, {"workers": 0, "fails": 2}) == ["steps[send email].failure_rate=10%"]


@pytest.mark.parametrize("position", [-1, 12, 1.0, True, "1", None, [], 10**30])
def test_a_position_that_is_not_there_is_refused(position: object) -> None:
    with pytest.raises(
        ScenarioError, match="slider 'workers' has no such position\n  = give a whole number from 0 to 11"
    ):
        flags_of(controls_of(load_scenario("checkout")), {"workers": position})


def test_a_control_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        ScenarioError, match="there is no slider 'wrkers'\n  = the sliders are customers, threads, "
    ):
        flags_of(controls_of(load_scenario("checkout")), {"wrkers": 1})


@MANY
@given(scenarios())
def test_a_change_changes_nothing_else(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    assert change_scenario(scenario, ["title=other"]) == scenario.model_copy(update={"title": "other"})
    assert change_scenario(scenario, []) == scenario

"""Whether more comes than can be done, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from syncasync_sim.files import bundled, load_scenario
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.load import overloads
from syncasync_sim.render.overload import overload_lines

TWICE = {"rate": "2/s", "for": "1m"}
WORK, EMAIL = {"name": "work", "duration": "1s"}, {"name": "email", "duration": "2s", "background": True}
DOWN = {"outages": [{"from": "0s", "for": "forever"}], "fails_after": "1ms"}


def loads(mode: Mode, *steps: dict[str, Any], **parts: Any) -> dict[str, float]:
    """What comes over what can be done, by place."""
    scenario = Scenario.model_validate({"traffic": TWICE, "steps": steps, **parts})
    return {
        told.place: round(told.offered_per_s / told.possible_per_s, 6) for told in overloads(scenario, mode)
    }


def threads(number: int, **more: Any) -> dict[str, Any]:
    return {"server": {"threads": number, **more}}


@pytest.mark.parametrize(
    ("mode", "steps", "parts", "told"),
    [
        # 2/s x 1 s = 2 threads: one is too few, and two are just enough when nothing is random
        ("sync", [WORK], threads(1), {"threads": 2.0}),
        ("sync", [WORK], threads(2), {}),
        ("sync", [WORK], {**threads(2), "traffic": {**TWICE, "arrivals": "poisson"}}, {"threads": 1.0}),
        ("sync", [WORK | {"duration": "exponential(mean=1s)"}], threads(2), {"threads": 1.0}),
        ("sync", [WORK], {}, {}),
        # with the email in the request 2 x 3 s = 6; without it 2, and 4 workers are needed
        ("sync", [WORK, EMAIL], threads(4), {"threads": 1.5}),
        ("async", [WORK, EMAIL], {**threads(4), "workers": {"count": 3}}, {"workers": 1.333333}),
        ("async", [WORK, EMAIL], {**threads(4), "workers": {"count": 4}}, {}),
        ("async", [WORK, EMAIL], {"queue": {"publish": "500ms"}, **threads(2), "workers": {"count": 9}},
         {"threads": 1.5}),
        # one thread lets 1/s through: no more come to the workers, who need 2
        ("async", [WORK, EMAIL], {**threads(1), "workers": {"count": 1}}, {"threads": 2.0, "workers": 2.0}),
        ("async", [WORK, EMAIL], {**threads(1), "workers": {"count": 2}}, {"threads": 2.0}),
        # half fail at once, and then the email is not done: 2 x (1 + 0.5 x 2) = 4
        ("sync", [WORK | {"failure_rate": "50%"}, EMAIL], threads(3), {"threads": 1.333333}),
        # a failure takes no time: 2 x (0.5 x 1 + 0.5 x 2) = 3
        ("sync", [WORK | {"failure_rate": "50%", "fails_after": "0s"}, EMAIL], threads(2), {"threads": 1.5}),
        # tried twice in the request: 2 x (1.5 x 1 + 0.75 x 2) = 6
        ("sync", [WORK | {"failure_rate": "50%", "retry": {"attempts": 2, "in_request": True, "delay": "0s"}},
                  EMAIL], threads(4), {"threads": 1.5}),
        # no burst, no line that cannot grow, nothing that is not clear
        ("sync", [WORK], {**threads(1), "traffic": {"requests": 99}}, {}),
        ("sync", [WORK], {**threads(1), "traffic": {"at": ["0s", "1ms"]}}, {}),
        ("sync", [WORK], threads(1, backlog=5), {}),
        ("sync", [WORK], {**threads(1, drop_expired=True), "customer": {"patience": "3s"}}, {}),
        ("sync", [WORK | {"timeout": "100ms"}], threads(1), {}),
        ("sync", [WORK | DOWN], threads(1), {}),
        ("async", [WORK, EMAIL], {"queue": {"capacity": 5}}, {}),
        ("async", [WORK, EMAIL], {"workers": {"count": 0}}, {}),
        ("async", [WORK], {}, {}),
        ("async", [EMAIL], {**threads(1), "workers": {"count": 9}}, {}),
    ],
)  # fmt: skip
def test_who_has_more_than_can_be_done(
    mode: Mode, steps: list[dict[str, Any]], parts: dict[str, Any], told: dict[str, float]
) -> None:
    assert loads(mode, *steps, **parts) == told


GROWS = "and the times grow as long as customers come."


def test_what_is_said_of_the_bundled_scenarios() -> None:
    said = {name: overload_lines(load_scenario(name), MODES) for name in bundled.names()}
    workers = f"Too much, async: 3/s come, and 3 workers can do the work of 2/s, so the queue {GROWS}"
    threads = f"Too much, sync: 3/s come, and 4 threads can serve 1.57/s, so the line {GROWS}"
    assert {name: lines for name, lines in said.items() if lines} == {
        "overload": [workers],
        "slow-email": [threads, workers],
    }


def test_one_worker_and_as_much_as_it_can_do() -> None:
    traffic = {"rate": "1/2s", "for": "1m", "arrivals": "poisson"}
    scenario = Scenario.model_validate({"traffic": traffic, "steps": [EMAIL]})
    assert overload_lines(scenario, MODES) == [
        "Too much, async: 0.5/s come, and 1 worker can do the work of no more than these 0.5/s, "
        f"so the queue {GROWS}"
    ]

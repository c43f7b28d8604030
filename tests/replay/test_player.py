"""The player: keys in, time out, without a terminal."""

from __future__ import annotations

import pytest

from syncasync_sim.replay.player import Player, fitting_speed
from syncasync_sim.replay.speeds import SPEEDS

S = 1_000_000
TIMES = (0, S, 2 * S, 2 * S + 1, 9 * S)


def player(t: float = 0, **more: object) -> Player:
    made = Player(TIMES, 10 * S, round(t * S))
    for name, value in more.items():
        setattr(made, name, value)
    return made


def after(made: Player, *keys: str) -> float:
    """The time in seconds after some keys."""
    assert all(made.press(key) for key in keys)
    return made.t / S


def test_time_passes_at_the_speed_and_stops_at_the_end() -> None:
    made = player(speed=2.0)
    made.tick(1.5)
    assert (made.t, made.playing) == (3 * S, True)
    made.tick(100)
    assert (made.t, made.playing) == (10 * S, False)


def test_a_pause_holds_the_time() -> None:
    made = player(3)
    made.press("space")
    made.tick(5)
    assert made.t == 3 * S
    made.press("space")
    made.tick(1)
    assert made.t == 4 * S


def test_space_at_the_end_begins_again() -> None:
    made = player(10)
    assert not made.playing
    assert after(made, "space") == 0
    assert made.playing


def test_a_run_without_length_never_plays() -> None:
    made = Player((0,), 0)
    made.press("space")
    made.tick(1)
    assert (made.t, made.playing) == (0, False)


@pytest.mark.parametrize(
    ("t", "keys", "then"),
    [
        (0, ["right"], 1),
        (1.5, ["right"], 2),
        (2, ["right"], 2.000001),
        (9.5, ["right"], 10),
        (10, ["right"], 10),
        (1.5, ["left"], 1),
        (1, ["left"], 0),
        (0, ["left"], 0),
        (10, ["left"], 9),
        (1.5, ["right", "left"], 1),
        (3.25, ["shift-right"], 4.25),
        (9.75, ["shift-right"], 10),
        (0.5, ["shift-left"], 0),
        (5, ["home"], 0),
        (5, ["end"], 10),
        (5, ["x", "up"], 5),
    ],
)
def test_keys_lead_somewhere(t: float, keys: list[str], then: float) -> None:
    assert after(player(t), *keys) == then


@pytest.mark.parametrize("key", ["left", "right", "shift-left", "shift-right", "home", "end"])
def test_going_somewhere_pauses(key: str) -> None:
    made = player(5)
    made.press(key)
    assert not made.playing


def test_speeds_go_up_and_down_between_the_ends() -> None:
    made = player(speed=3.0)
    for key, speed in (("+", 4), ("+", 8), ("+", 12), ("+", 20), ("+", 20), ("-", 12)):
        made.press(key)
        assert made.speed == speed
    made.speed = 0.07
    made.press("-")
    assert made.speed == 0.05
    made.press("-")
    assert made.speed == 0.05
    assert made.playing


def test_only_q_leaves() -> None:
    assert not player().press("q")
    assert all(player().press(key) for key in ("space", "left", "+", "end", ""))


@pytest.mark.parametrize(
    ("end_s", "speed"), [(0.81, 0.05), (2.55, 0.1), (34.05, 1), (171.45, 8), (600, 20), (1e5, 20)]
)
def test_a_run_takes_twenty_seconds_where_it_can(end_s: float, speed: float) -> None:
    assert fitting_speed(round(end_s * S)) == speed
    assert (SPEEDS[0], SPEEDS[-1]) == (0.05, 20)


def test_the_controls_say_what_space_does() -> None:
    made = player(1)
    assert made.controls()[:2] == ["Playing, speed 1", "space: pause"]
    made.press("space")
    assert made.controls()[:2] == ["Paused, speed 1", "space: play"]
    made.press("end")
    assert made.controls()[:2] == ["The end", "space: again"]

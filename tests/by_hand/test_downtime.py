"""Which workers are down for a good part of the time, by schedule, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest

from by_hand.timeline import email, step
from syncasync_sim.advice import advise
from syncasync_sim.experiment import compare
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.downtime import with_its_effect
from syncasync_sim.render.headline import headline


def crash(worker: int, at: str, restart_after: str = "never") -> dict[str, Any]:
    return {"worker": worker, "at": at, "restart_after": restart_after}


def scenario(*crashes: dict[str, Any], count: int = 1, **parts: Any) -> Scenario:
    workers = {"count": count, "crashes": list(crashes)}
    steps = [step("save", "100ms"), email("500ms")]
    return Scenario.model_validate(
        {"traffic": {"rate": "1/s", "for": "60s"}, "steps": steps, "workers": workers, **parts}
    )


ONLY, BOTH = "the only worker is down from", "both workers are down from"


@pytest.mark.parametrize(
    ("count", "crashes", "parts", "words"),
    [
        (1, [crash(1, "10s", "40s")], {}, f"{ONLY} 10.00 s to 50.00 s: nobody works for 40.00 s"),
        (
            2,
            [crash(2, "10s"), crash(1, "10s")],
            {},
            f"{BOTH} 10.00 s on for good: nobody works for 50.00 s",
        ),
        (3, [crash(1, "20s"), crash(3, "20s")], {}, "workers 1 and 3 of 3 are down from 20.00 s on for good"),
        # 1 down from 20 s, 2 from 30 s on, back at 50 s: nobody works for 20 s
        (
            2,
            [crash(1, "20s"), crash(2, "30s", "20s")],
            {},
            "worker 1 of 2 is down from 20.00 s on for good and worker 2 of 2 is down from 30.00 s to "
            "50.00 s: nobody works for 20.00 s",
        ),
        # who is down cannot die; half open: at 20 s it is back, and dies again
        (
            1,
            [crash(1, "10s", "10s"), crash(1, "15s"), crash(1, "20s", "20s")],
            {},
            f"{ONLY} 10.00 s to 20.00 s and from 20.00 s to 40.00 s: nobody works for 30.00 s",
        ),
        # a tenth of the time of all: 60 s x 2 x 0.1 = 12 s
        (2, [crash(1, "10s", "12s")], {}, "worker 1 of 2 is down from 10.00 s to 22.00 s"),
        (2, [crash(1, "10s", "11s")], {}, ""),
        (2, [crash(1, "70s")], {}, ""),
        (2, [crash(1, "30s")], {"stop_at": "20s"}, ""),
        # a burst of 60 x 500 ms is 30 s of work: the death at 20 s leaves 10 s of it, one at 40 s nothing
        (1, [crash(1, "20s")], {"traffic": {"requests": 60}}, f"{ONLY} 20.00 s on for good"),
        (1, [crash(1, "40s")], {"traffic": {"requests": 60}}, ""),
        (1, [crash(1, "10s")], {"steps": [step("save", "1s")]}, ""),
    ],
)
def test_who_is_down(count: int, crashes: list[dict[str, Any]], parts: dict[str, Any], words: str) -> None:
    told = with_its_effect(scenario(*crashes, count=count, **parts))
    assert told.removesuffix(" of the 60.00 s in which customers come") == words


def stop(at: str, restart_after: str, grace: str = "1s") -> dict[str, Any]:
    return {"worker": 1, "at": at, "grace": grace, "restart_after": restart_after}


def freeze(at: str, lasts: str) -> dict[str, Any]:
    return {"worker": 1, "at": at, "for": lasts}


TAKES = "the only worker takes nothing from"
INSIDE = {"server": {"restarts": [{"at": "10s", "for": "20s"}]}, "queue": {"in_process": True}}


@pytest.mark.parametrize(
    ("faults", "parts", "words"),
    [
        # with work in hand at 10 s it would end up to 1 s later, and be back as much later
        ({"stops": [stop("10s", "40s")]}, {}, f"{TAKES} 10.00 s to 50.00 s at least: {{}} 40.00 s"),
        ({"stops": [stop("10s", "never")]}, {}, f"{TAKES} 10.00 s on for good: {{}} 50.00 s"),
        # who is stopped already is not stopped again
        (
            {"stops": [stop("10s", "20s"), stop("20s", "30s")]},
            {},
            f"{TAKES} 10.00 s to 30.00 s at least: {{}} 20.00 s",
        ),
        ({"freezes": [freeze("10s", "40s")]}, {}, f"{TAKES} 10.00 s to 50.00 s: {{}} 40.00 s"),
        (
            {"freezes": [freeze("10s", "20s"), freeze("20s", "30s")]},
            {},
            f"{TAKES} 10.00 s to 50.00 s: {{}} 40.00 s",
        ),
        # a crash ends the freeze
        (
            {"freezes": [freeze("10s", "40s")], "crashes": [crash(1, "20s", "10s")]},
            {},
            f"{TAKES} 10.00 s to 20.00 s and {ONLY} 20.00 s to 30.00 s: {{}} 20.00 s",
        ),
        # stopped while frozen: it ends when it wakes, or is killed at the end of its grace, at 25 s
        (
            {"freezes": [freeze("10s", "20s")], "stops": [stop("20s", "10s", "60s")]},
            {},
            f"{TAKES} 10.00 s to 40.00 s at least: {{}} 30.00 s",
        ),
        (
            {"freezes": [freeze("10s", "20s")], "stops": [stop("20s", "10s", "5s")]},
            {},
            f"{TAKES} 10.00 s to 35.00 s at least: {{}} 25.00 s",
        ),
        # it may work on to 70 s, and be back at 80 s: who knows whether there is anybody to freeze at 30 s
        (
            {"stops": [stop("10s", "10s", "60s")], "freezes": [freeze("30s", "20s")]},
            {},
            f"{TAKES} 10.00 s to 20.00 s at least: {{}} 10.00 s",
        ),
        # a crash ends the stop, if it still has work in hand: back at 20 s then, at 50 s if not
        (
            {"stops": [stop("10s", "40s", "30s")], "crashes": [crash(1, "15s", "5s")]},
            {},
            f"{TAKES} 10.00 s to 20.00 s at least: {{}} 10.00 s",
        ),
        # in the web server all are back with it
        (
            {"crashes": [crash(1, "5s")]},
            INSIDE,
            f"{ONLY} 5.00 s to 10.00 s and from 10.00 s to 30.00 s: nobody works for 25.00 s",
        ),
        ({}, INSIDE | {"queue": {}}, ""),
    ],
)
def test_who_is_stopped_or_stands_still_takes_nothing(
    faults: dict[str, Any], parts: dict[str, Any], words: str
) -> None:
    told = with_its_effect(scenario(**parts, workers={"count": 1, **faults}))
    told = told.removesuffix(" of the 60.00 s in which customers come")
    assert told == words.format("nobody takes a message for")


def test_the_result_in_words_names_the_workers_that_are_down() -> None:
    told = headline(compare(scenario(crash(1, "10s", "40s"))))
    assert "it is now the work that waits, in the queue while workers are down." in told
    assert "Async: the only worker is down from 10.00 s to 50.00 s: nobody works for 40.00 s" in told
    assert "down" not in headline(compare(scenario()))


def test_advice_names_them_before_it_calls_the_workers_too_slow() -> None:
    down = advise(scenario(crash(1, "10s"), steps=[step("save", "0"), email("2s")]), seed=1).summary
    assert down[-2].startswith("The only worker is down from 10.00 s on for good: nobody works for 50.00 s")
    assert "(measured load 2.00 with 1, if none were ever down)" in down[-1]

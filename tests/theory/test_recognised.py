"""Theory speaks where a scenario is one of its systems, and is silent as soon as anything else counts."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from syncasync_sim.experiment import run_designs, vary
from syncasync_sim.files import parse_scenario
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.recognised import recognise
from syncasync_sim.render.tables import page
from syncasync_sim.render.theory import theory_lines
from theory.systems import AT_ONCE, Data, email, exponential, poisson, step, threads

WINDOW = [{"from": "1s", "for": "1s"}]
PLAIN = poisson(5, exponential(100), email(100), server=threads(1))


def systems(scenario: Scenario, mode: Mode) -> list[tuple[str, str]]:
    return [(told.figure.partition("_")[0], told.system) for told in recognise(scenario, mode)]


def server(*steps: Data, **parts: Any) -> list[str]:
    """The systems of the synchronous design, five customers a second."""
    return [system for _, system in systems(poisson(5, *steps, **parts), "sync")]


@pytest.mark.parametrize(
    ("steps", "count", "backlog", "system"),
    [
        ([exponential(100)], 1, "unlimited", "M/M/1"),
        ([exponential(100)], 3, "unlimited", "M/M/3"),
        ([exponential(100), step("0", "page")], 1, "unlimited", "M/M/1"),
        ([exponential(100)], 1, 4, "M/M/1/5"),
        ([exponential(100)], 3, 0, "M/M/3/3"),
        ([step("100ms"), step("20ms", "more")], 1, "unlimited", "M/D/1"),
        ([exponential(100), step("20ms", "more")], 1, "unlimited", "M/G/1"),
        ([exponential(80), exponential(20, "more")], 1, "unlimited", "M/G/1"),
        ([step("weibull(mean=100ms, shape=2)")], 1, "unlimited", "M/G/1"),
        ([step("100ms")], 3, 0, "M/G/3/3"),
        ([exponential(100, failure_rate="20%", retry=AT_ONCE)], 3, "unlimited", "M/M/3"),
        ([exponential(100, failure_rate="20%")], 3, "unlimited", "M/M/3"),
        ([exponential(100, failure_rate="20%", retry={**AT_ONCE, "attempts": 3})], 1, "unlimited", "M/G/1"),
    ],
)
def test_a_known_system_has_its_name(steps: list[Data], count: int, backlog: int | str, system: str) -> None:
    assert server(*steps, server=threads(count, backlog)) == [system]


@pytest.mark.parametrize(
    "silent",
    [
        server(exponential(100)),  # unlimited threads: nobody waits
        server(exponential(200), server=threads(1)),  # grows without end: 5/s offered, 5/s possible
        server(step("100ms"), server=threads(2)),  # M/D/2 has no simple form
        server(step("100ms"), server=threads(1, 4)),
        server(exponential(100), server=threads(1, 10_000)),
        server(exponential(50, failure_rate="20%"), step("5ms", "more"), server=threads(1)),
        server(exponential(50, failure_rate="20%", retry={"in_request": True}), server=threads(1)),
        server(exponential(100, failure_rate="100%"), server=threads(1)),
        server(exponential(50, failure_rate="20%"), step("0", "more", failure_rate="20%"), server=threads(1)),
    ],
)
def test_silent_where_no_formula_is_known(silent: list[str]) -> None:
    assert silent == []


def test_the_plain_scenario_is_known_in_both_designs() -> None:
    """Two steps of 100 ms in one thread would be busy without end, so only half of it is left to sync."""
    assert systems(vary(PLAIN, {"traffic.rate": "4/s"}), "sync") == [("response", "M/G/1")]
    assert systems(PLAIN, "async") == [("response", "M/M/1"), ("completion", "M/M/1, then M/M/1")]


def test_whether_the_page_needs_a_step_changes_nothing() -> None:
    said = poisson(5, exponential(100), email(100, needed_for_reply=True), server=threads(1))
    assert systems(said, "async") == systems(PLAIN, "async")


@pytest.mark.parametrize(
    "changes",
    [
        {"traffic": {"rate": "4/s", "for": "1m", "arrivals": "steady"}},
        {"traffic": {"phases": [{"rate": "4/s", "for": "1m"}], "arrivals": "poisson"}},
        {"traffic.rate": "0/s"},
        {"customer.patience": "1s"},
        {"customer.resubmits": 1},
        {"stop_at": "10m"},
        {"server.timeout": "1s"},
        {"server.restarts": [{"at": "1s", "for": "1s"}]},
    ],
)
def test_silent_in_both_designs_when_the_question_is_another(changes: Data) -> None:
    asked = vary(vary(PLAIN, {"traffic.rate": "4/s"}), changes)
    assert [recognise(asked, mode) for mode in MODES] == [(), ()]


@pytest.mark.parametrize(
    "more",
    [
        {"outages": WINDOW},
        {"slowdowns": [{"from": "1s", "for": "1s", "factor": 2}]},
        {"timeout": "1s"},
        {"fails_after": "1s"},
        {"concurrency": 1},
    ],
)
@pytest.mark.parametrize("background", [False, True])
def test_silent_when_a_step_has_more_to_it(more: Data, background: bool) -> None:
    plain, asked = (
        poisson(
            5, exponential(50), exponential(50, "email", background=background, **keys), server=threads(1)
        )
        for keys in ({}, more)
    )
    for mode in MODES:
        assert recognise(plain, mode)
        assert recognise(asked, mode) == ()


@pytest.mark.parametrize(
    "queue",
    [
        {"capacity": 5},
        {"ack": "before"},
        {"visibility_timeout": "5s"},
        {"redelivery": "back"},
        {"outages": WINDOW},
        {"partitions": 3},
        {"prefetch": 2},
    ],
)
def test_silent_in_the_asynchronous_design_when_the_queue_does_more(queue: Data) -> None:
    assert recognise(poisson(4, exponential(100), email(100), server=threads(1), queue=queue), "async") == ()
    assert recognise(poisson(4, exponential(100), email(100), server=threads(1), queue=queue), "sync")


@pytest.mark.parametrize(
    "changes",
    [
        {"workers.count": 0},
        {"workers.crash_rate": "1%"},
        {"workers.crashes": [{"worker": 1, "at": "1s", "restart_after": "1s"}]},
        {"steps": [email(100), exponential(100)]},
        {"steps": [exponential(100), email(50), {**email(50), "name": "second"}]},
        {"steps": [exponential(100), step("0", "nothing", background=True)]},
        {"steps": [exponential(100), email(50), step("0", "nothing", background=True)]},
        {"steps": [step("100ms"), email(100)]},
        {"steps": [exponential(100), email(250)]},
        {"steps": [exponential(100), email(100, failure_rate="20%")]},
        {"server.backlog": 4},
        {"queue.publish": "10ms"},
    ],
)
def test_the_completion_is_untold_where_messages_do_not_reach_a_known_line(changes: Data) -> None:
    assert "completion_time_s.mean" not in [told.figure for told in recognise(vary(PLAIN, changes), "async")]


@pytest.mark.parametrize(
    ("steps", "queue", "value_s"),
    [
        ([step("100ms"), email(100)], {}, 0.3),
        ([step("100ms"), email(100)], {"publish": "10ms", "crash_detection": "none"}, 0.31),
        ([email(100)], {}, 0.2),
        ([step("100ms"), step("80ms", "email", background=True)], {"deliver": "20ms"}, 0.25),
        ([step("100ms", failure_rate="50%"), email(100)], {}, 0.1 + 1 / 7.5),
    ],
)
def test_behind_unlimited_threads_messages_come_as_customers_do(
    steps: list[Data], queue: Data, value_s: float
) -> None:
    """A delay of any length shifts a Poisson process into another; failures thin it out."""
    (told,) = recognise(poisson(5, *steps, queue=queue), "async")
    assert told.value_s == pytest.approx(value_s)
    assert told.figure == "completion_time_s.mean"


def test_a_request_that_takes_no_time_passes_any_number_of_threads() -> None:
    (told,) = recognise(poisson(5, email(100), server=threads(1)), "async")
    assert told.system == "M/M/1"
    assert told.value_s == pytest.approx(0.2)


def shown(scenario: Scenario, width: int, replications: int = 1) -> str:
    file = io.StringIO()
    result = run_designs(scenario, seed=1, replications=replications)
    Console(file=file, width=width, color_system=None).print(page(*result))
    return file.getvalue()


def test_the_run_shows_theory_beside_what_was_measured() -> None:
    comparison, _ = run_designs(PLAIN, seed=1, modes=("async",))
    measured = comparison.figure("async", "response_time_s.mean")
    assert theory_lines(comparison)[0] == (
        "Theory, async: in the long run the customer waits 200 ms on average (M/M/1, 50 % busy); "
        f"measured {format_time(measured)}."
    )
    for width in (40, 80):
        text = " ".join(shown(PLAIN, width).split())
        assert all(line in text for line in theory_lines(comparison))


def test_losses_and_intervals_are_told_too() -> None:
    asked = poisson(8, exponential(100), server=threads(1, 4))
    comparison, _ = run_designs(asked, seed=1, replications=5, modes=("sync",))
    assert comparison.interval is not None
    bounds = comparison.interval["sync"]["response_time_s.mean"]
    mean_ms, half_ms = 500 * (bounds["low"] + bounds["high"]), 500 * (bounds["high"] - bounds["low"])
    lost = comparison.figure("sync", "responses.rejected") / comparison.figure("sync", "requests")
    assert theory_lines(comparison) == [
        "Theory, sync: in the long run the customer waits 256.3 ms on average (M/M/1/5, 72.9 % busy, "
        f"8.9 % rejected); measured {mean_ms:.1f} ± {half_ms:.1f} ms, {100 * lost:.1f} % rejected."
    ]


def test_the_example_in_the_documents_is_true() -> None:
    text = (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
    section = text.partition("## Checked against theory")[2]
    asked, told = re.findall(r"```(?:yaml|text)\n(.*?)```", section, flags=re.DOTALL)
    assert told in shown(parse_scenario(asked), 80)


def test_silence_shows_nothing() -> None:
    asked = vary(PLAIN, {"customer.patience": "1s"})
    assert "Theory" not in shown(asked, 80)


def test_theory_stands_in_the_json() -> None:
    modes = json.loads(json.dumps(run_designs(PLAIN, seed=1)[0].to_dict("1")))["modes"]
    assert modes["sync"]["theory"] == []
    assert modes["async"]["theory"][0] == {
        "system": "M/M/1",
        "figure": "response_time_s.mean",
        "value_s": pytest.approx(0.2),
        "utilisation": 0.5,
        "loss": 0.0,
    }

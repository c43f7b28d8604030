"""What a command says that somebody stopped with Ctrl-C, after any number of looks at whether to go on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from surface.test_brokers_command import sim, words
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.experiment import run_designs
from syncasync_sim.files import load_scenario
from syncasync_sim.render.tables import stopped

Press = Callable[[int], None]
TIMES = ("--replications", "5")
COMMANDS = {
    "run": ("run", "checkout", "--no-charts", *TIMES),
    "quiet": ("run", "checkout", "--no-charts", "--quiet", *TIMES),
    "compare": ("run", "checkout", "--compare-to", "login", *TIMES),
    "brokers": ("brokers", "checkout", *TIMES),
    "advise": ("advise", "checkout", *TIMES),
    "size": (
        *("size", "checkout", "--vary", "workers.count=1..9"),
        *("--target", "async.completion_time_s.max < 3s", *TIMES),
    ),
}
LOOKS = (0, 1, 4, 9, 13)


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Press:
    """Presses Ctrl-C after so many looks."""
    monkeypatch.chdir(tmp_path)

    def after(looks: int) -> None:
        number = count()

        def look(watcher: Watcher, *_: int) -> bool:
            watcher._stop.requested = watcher._stop.requested or next(number) >= looks
            return not watcher._stop.requested

        monkeypatch.setattr(Watcher, "__call__", look)

    return after


@pytest.mark.parametrize("name", COMMANDS)
def test_a_stopped_command_says_that_it_is_partial(name: str, press: Press) -> None:
    stops = 0
    for looks in LOOKS:
        press(looks)
        result = sim(*COMMANDS[name])
        was_stopped = result.exit_code == exit_codes.INTERRUPTED
        assert ("PARTIAL" in result.stdout) == was_stopped
        stops += was_stopped
        if name != "quiet" and looks == 1:
            press(looks)
            assert json.loads(sim(*COMMANDS[name], "--json").stdout).get("partial", False) == was_stopped
    assert stops


def test_a_stopped_run_says_how_many_replications_the_numbers_are_of(press: Press) -> None:
    press(4)
    result = sim(*COMMANDS["run"])
    assert "PARTIAL: stopped before the end; the numbers are those of 3 of 5 replications." in words(
        result.stdout
    )
    assert "means of 3 replications" in words(result.stdout)


def test_the_first_of_several_replications_is_told_as_far_as_it_came() -> None:
    scenario = load_scenario("overload", ["traffic.for=1h"])
    comparison, _ = run_designs(scenario, replications=3, watch=lambda *_: False)
    assert stopped(comparison) == [
        "PARTIAL: stopped before the end; the numbers are of what had happened until then in the first of "
        "3 replications."
    ]


def test_stopped_brokers_are_told_and_no_conclusion_is_drawn(press: Press) -> None:
    told = []
    for looks in LOOKS:
        press(looks)
        told.append(words(sim("brokers", "checkout", *TIMES).stdout))
        assert "othing happened that brokers do differently" not in told[-1]
    assert "and no broker was finished." in told[0]
    assert any(
        "PARTIAL: stopped before the end. Finished: ideal, rabbitmq. Not finished: sqs, " in page
        for page in told
    )
    assert all("Synchronous, for comparison" not in page for page in told)


def test_nothing_is_said_of_replications_that_were_not_looked_at() -> None:
    assert "In the first replication nothing happened that brokers do" in words(
        sim("brokers", "checkout", "--replications", "2").stdout
    )


def test_a_stopped_search_says_how_many_values_were_tried(press: Press) -> None:
    press(0)
    nothing = words(sim(*COMMANDS["size"]).stdout)
    assert "PARTIAL: stopped before the end of the search; no value was tried to its end." in nothing
    assert "means of" not in nothing
    press(8)
    some = words(sim(*COMMANDS["size"]).stdout)
    assert re.search(r"PARTIAL: .*; 1 value was tried, in 5 replications\.", some)


UNWRITTEN = "Not written, because the run was stopped: "


@pytest.mark.parametrize("quiet", [(), ("--quiet",), ("--json",)])
def test_a_stopped_run_says_what_it_did_not_write(quiet: tuple[str, ...], press: Press) -> None:
    press(0)
    result = sim("run", "overload", "--set", "traffic.for=1h", "--trace", "run.json", "-o", "charts", *quiet)
    assert result.exit_code == exit_codes.INTERRUPTED
    assert f"{UNWRITTEN}the trace run.json, the charts.\n" in result.stderr
    assert list(Path().iterdir()) == []


def test_a_stopped_run_writes_the_trace_of_its_first_replication_where_that_is_whole(press: Press) -> None:
    press(4)
    result = sim("run", "checkout", *TIMES, "--trace", "run.json")
    assert "Trace: run.json (the first replication)" in result.stderr
    assert f"{UNWRITTEN}the charts.\n" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["run.json"]
    again = json.loads(sim("run", "run.json", "--json").stdout)
    assert again["modes"] == json.loads(sim("run", "checkout", "--json").stdout)["modes"]


def test_a_stopped_run_that_was_to_write_nothing_says_nothing_of_files(press: Press) -> None:
    press(4)
    assert UNWRITTEN not in sim("run", "checkout", *TIMES, "--no-charts").stderr

"""`run --compare-to`: the table, what differs, the warning, the JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.app import app
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.files import bundled

WARNING = "2 things changed, so you cannot tell which of them did it. Change one thing at a time."
OWN = "traffic: {requests: 1}\nsteps: [{name: work, duration: 1s}]\n"


def sim(*arguments: str, text: str | None = None, width: int = 80) -> Any:
    return CliRunner(env={"COLUMNS": str(width)}).invoke(
        app, list(arguments), input=text, prog_name="syncasync-sim"
    )


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_one_set_does(here: Path) -> None:
    result = sim("run", "ten-orders", "--set", "workers.count=3", "--compare-to", "ten-orders")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:3] == [
        "Ten orders at once",
        "Compared with ten-orders: one thing changed.",
        "  workers.count: 1 -> 3",
    ]
    # Three workers and ten emails: the last begins after three others, 1.05 + 4 x 1.5 = 7.05
    rows = [" ".join(line.split()) for line in lines]
    first, second = rows.index("sync"), rows.index("async")
    assert rows[first - 1] == "baseline now difference"
    assert rows[first + 1] == "customer waits 2.55 s 2.55 s 0 s the same"
    assert rows[second + 1] == "customer waits 1.05 s 1.05 s 0 s the same"
    assert "all work done, max 16.05 s 7.05 s -9.00 s 2.3x as fast" in rows[second:]
    assert max(map(cell_len, lines)) <= 80
    assert len(lines) <= 23
    assert list(here.iterdir()) == []  # no charts
    assert "cross" not in result.stderr
    assert result.stderr.startswith("Next: syncasync-sim explain ten-orders ")


def test_what_has_no_difference_says_why() -> None:
    down = ("--set", "steps[charge card].failure_rate=100%")
    told = sim("run", "checkout", *down, "--compare-to", "checkout").stdout
    assert re.search(r"customer waits \(who gets the page\) +2\.55 s +- +-$", told, re.MULTILINE)
    assert re.search(r"^-: no click gets the page; no click gets all work done\.$", told, re.MULTILINE)


def test_the_times_of_fewer_clicks_are_not_called_faster() -> None:
    """One try instead of three: fewer get the page, and those who do wait through no retries."""
    told = sim(
        "run", "flaky-email", "--set", "steps[send email].retry.attempts=1", "--compare-to", "flaky-email"
    )
    rows = [words(line) for line in told.stdout.splitlines()]
    assert "customer waits (who gets the page), p95 8.55 s 2.55 s other clicks" in rows
    assert "all work done (what gets done), max 8.55 s 2.55 s other clicks" in rows
    assert "answered with the page 979 720 -259" in rows
    assert rows.count("all work completed 979 720 -259") == 2
    assert not any("as fast" in row for row in rows)


def test_an_effect_that_the_baseline_does_not_have_is_told_as_new(tmp_path: Path) -> None:
    twice = tmp_path / "twice.yaml"
    twice.write_text(
        "traffic: {requests: 1}\ncustomer: {patience: 1s, resubmits: 1}\n"
        "steps:\n  - {name: pay, duration: 2s, effect: paid}\n"
    )
    told = words(sim("run", str(twice), "--compare-to", "checkout").stdout)
    assert "paid too often 1 (before: none)" in told
    assert "()" not in told


def test_two_changes_are_warned_of() -> None:
    sets = ("--set", "workers.count=3", "--set", "traffic.requests=20")
    result = sim("run", "ten-orders", *sets, "--compare-to", "ten-orders")
    assert WARNING in words(result.stdout)
    assert "workers.count: 1 -> 3" in result.stdout
    assert "traffic.requests: 10 -> 20" in result.stdout
    assert "Async, with other customers: " in words(result.stdout)
    assert "requests all done" not in words(result.stdout)  # twice as many came: more done is not better


def test_the_same_scenario_has_no_difference() -> None:
    result = sim("run", "checkout", "--compare-to", "checkout")
    assert "nothing differs that could change a run" in words(result.stdout)
    assert "Async, no difference: " in result.stdout


def test_both_have_the_same_luck() -> None:
    """The baseline is run with the seed of the first scenario, not with its own."""
    for extra in (("--seed", "7"), ("--set", "seed=7")):
        result = sim("run", "recommendations", *extra, "--compare-to", "recommendations", "--json")
        compared = json.loads(result.stdout)["compared_to"]
        assert compared["modes"]["sync"]["before"] == compared["modes"]["sync"]["after"]


def test_json_is_that_of_a_run_and_one_entry_more() -> None:
    arguments = ("run", "flaky-email", "--set", "steps[3].failure_rate=10%", "--replications", "3", "--json")
    plain = json.loads(sim(*arguments).stdout)
    result = sim(*arguments, "--compare-to", "flaky-email")
    data = json.loads(result.stdout)
    compared = data.pop("compared_to")
    assert (data, result.stderr) == (plain, "")
    assert compared["scenario"] == "flaky-email"
    assert compared["changes"] == [{"path": "steps[send email].failure_rate", "before": 0.3, "after": 0.1}]
    wait = compared["modes"]["sync"]["difference"]["response_time_s.mean"]
    sides = [compared["modes"]["sync"][side]["response_time_s"]["mean"] for side in ("before", "after")]
    assert wait["mean"] == pytest.approx(sides[1] - sides[0])
    assert wait["low"] < wait["mean"] < wait["high"] < 0


def test_replications_show_the_paired_interval() -> None:
    arguments = ("run", "flaky-email", "--set", "steps[3].failure_rate=10%", "--compare-to", "flaky-email")
    result = sim(*arguments, "--replications", "3")
    assert "difference ± 95 %" in result.stdout
    assert "paired over the replications" in words(result.stdout)
    assert "± " not in sim(*arguments).stdout


def test_one_design_one_sentence_and_charts_on_request(here: Path) -> None:
    arguments = ("run", "ten-orders", "--set", "workers.count=3", "--compare-to", "ten-orders")
    only = sim(*arguments, "--mode", "async").stdout
    assert "\nsync" not in only
    quiet = sim(*arguments, "-q")
    assert quiet.stdout.count("\n") == 1
    assert quiet.stdout.startswith("Sync, no difference: the customer waits 2.55 s (as before)")
    sim(*arguments, "-o", "charts")
    assert "timeline.png" in {path.name for path in (here / "charts").iterdir()}


def test_a_file_against_a_bundled_scenario_and_its_expectations(here: Path) -> None:
    (here / "own.yaml").write_text(f"{OWN}expect: [sync.response_time_s.max == 2s]\n", encoding="utf-8")
    result = sim("run", "own.yaml", "--compare-to", "checkout")
    assert result.exit_code == exit_codes.CLAIM_MISSED
    assert "steps[work]: (none) -> 1s" in result.stdout
    assert "steps[send email]: 1.5s -> (none)" in result.stdout
    assert sim("run", "-", "--compare-to", "checkout", text=OWN).exit_code == 0
    assert sim("run", "checkout", "--compare-to", "-", text=OWN).exit_code == 0


def test_a_wrong_command_line() -> None:
    result = sim("run", "-", "--compare-to", "-", text=OWN)
    assert result.exit_code == exit_codes.BAD_REQUEST
    assert "standard input can be read only once" in words(result.stderr)
    code, message = exit_codes.describe(sim("run", "checkout", "--compare-to", "chekcout").exception)
    assert code == exit_codes.BAD_REQUEST
    assert "did you mean 'checkout'?" in message


@pytest.mark.parametrize("name", bundled.names())
def test_every_bundled_scenario_beside_the_checkout(name: str) -> None:
    for width in (80, 50):
        result = sim("run", name, "--compare-to", "checkout", width=width)
        assert result.exit_code == 0
        assert max(map(cell_len, result.stdout.splitlines())) <= width
        assert "None" not in result.stdout


def test_ctrl_c_before_the_baseline_shows_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def press(watcher: Watcher, *_: int) -> bool:
        watcher._stop.requested = True
        return False

    monkeypatch.setattr(Watcher, "__call__", press)
    result = sim("run", "overload", "--set", "traffic.for=5h", "--compare-to", "overload")
    assert result.exit_code == exit_codes.INTERRUPTED
    assert result.stdout.splitlines()[1].startswith("PARTIAL")
    assert "the scenario to compare to was not run" in result.stderr

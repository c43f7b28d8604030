"""Runs in files: written whole or not at all, read back as they were, told from scenarios."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from syncasync_sim import ScenarioError, load_trace
from syncasync_sim.cli import outputs
from syncasync_sim.cli.app import app
from syncasync_sim.files import bundled
from syncasync_sim.replay.saved import is_trace

JSON_SCENARIO = '{"traffic": {"requests": 1}, "steps": [{"name": "work", "duration": "1s"}]}'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sim(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments), prog_name="syncasync-sim")


def output(*arguments: str) -> str:
    result = sim(*arguments)
    assert result.exit_code == 0, result.output
    text: str = result.stdout
    return text


@pytest.mark.parametrize("name", bundled.names())
def test_a_run_read_back_has_the_same_numbers(name: str, here: Path) -> None:
    asked = output("run", name, "--json", "--trace", "run.json")
    assert output("run", "run.json", "--json") == asked
    assert load_trace("run.json").comparison.to_dict(json.loads(asked)["version"]) == json.loads(asked)


def test_the_same_run_gives_the_same_bytes(here: Path) -> None:
    for name in ("a.json", "b.json"):
        output("run", "flaky-email", "--json", "--trace", name)
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert Path("a.json").read_text(encoding="ascii").count("\n") == 1


def test_tables_and_stories_of_a_file_are_those_of_the_run(here: Path) -> None:
    asked = output("run", "ten-orders", "--seed", "4", "--no-charts", "--trace", "run.json")
    assert output("run", "run.json", "--no-charts") == asked
    assert output("explain", "run.json", "3") == output("explain", "ten-orders", "3", "--seed", "4")
    assert output("run", "run.json", "--mode", "sync", "--json") == output(
        "run", "ten-orders", "--seed", "4", "--mode", "sync", "--json"
    )


def test_where_it_went_is_told_and_charts_are_drawn_of_it(here: Path) -> None:
    result = sim("run", "checkout", "--no-charts", "--trace", "run.json")
    assert "Trace: run.json\n" in result.stderr
    assert sim("run", "run.json", "-q").exit_code == 0
    assert Path("output/checkout/timeline.svg").is_file()


def test_of_several_replications_it_is_the_first_with_its_own_figures(here: Path) -> None:
    result = sim("run", "flaky-email", "--no-charts", "--replications", "3", "--trace", "run.json")
    assert "Trace: run.json (the first replication)" in result.stderr
    first = output("run", "flaky-email", "--json")
    assert output("run", "run.json", "--json") == first
    written = json.loads(Path("run.json").read_text())["figures"]
    for mode, figures in json.loads(first)["modes"].items():
        assert written[mode] == {name: value for name, value in figures.items() if name != "theory"}


def test_a_file_that_is_there_stays_without_force(here: Path) -> None:
    Path("run.json").write_text("mine")
    result = sim("run", "checkout", "--json", "--trace", "run.json")
    assert isinstance(result.exception, FileExistsError)
    assert "exists already and is left as it is; --force writes over it" in str(result.exception)
    assert result.stdout == ""
    assert Path("run.json").read_text() == "mine"
    output("run", "checkout", "--json", "--trace", "run.json", "--force")
    assert is_trace("run.json")
    assert [path.name for path in here.iterdir()] == ["run.json"]


def test_what_cannot_be_written_is_found_before_the_run(here: Path) -> None:
    for target, error in (("no/run.json", FileNotFoundError), ("folder.json", IsADirectoryError)):
        (here / "folder.json").mkdir(exist_ok=True)
        result = sim("run", "checkout", "--json", "--trace", target)
        assert isinstance(result.exception, error)
        assert result.stdout == ""
    result = sim("run", "checkout", "--trace", "run.yaml")
    assert result.exit_code == 2
    assert "does not end in .json" in result.stderr


def test_one_that_comes_meanwhile_stays_too(here: Path) -> None:
    target = here / "run.json"
    outputs.check(target, force=False)
    target.write_text("mine")
    with pytest.raises(FileExistsError, match="exists already"):
        outputs.write(target, "new", force=False)
    assert target.read_text() == "mine"
    assert [path.name for path in here.iterdir()] == ["run.json"]


def test_a_disk_that_is_full_leaves_the_old_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = here / "run.json"
    target.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        outputs.write(target, "new", force=True)
    assert caught.value.filename == str(target)
    assert target.read_text() == "old"
    assert [path.name for path in here.iterdir()] == ["run.json"]


def test_a_new_file_obeys_the_umask(here: Path) -> None:
    before = os.umask(0o027)
    try:
        outputs.write(here / "run.json", "new", force=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((here / "run.json").stat().st_mode) == 0o640


def test_a_scenario_in_json_is_still_a_scenario(here: Path) -> None:
    Path("small.json").write_text(JSON_SCENARIO)
    assert not is_trace("small.json")
    assert json.loads(output("run", "small.json", "--json", "--seed", "3"))["scenario"] == "small"
    output("run", "checkout", "--json", "--trace", "run.json")
    assert is_trace(Path("run.json").rename("of-another-name"))
    assert not is_trace("no-such.json")
    assert not is_trace(here)
    assert not is_trace("x" * 5_000 + ".json")
    assert not is_trace("\0.json")


@pytest.mark.parametrize("more", [["--set", "workers.count=2"], ["--seed", "3"], ["--replications", "2"]])
def test_a_run_that_is_over_is_not_changed(more: list[str], here: Path) -> None:
    output("run", "checkout", "--json", "--trace", "run.json")
    result = sim("run", "run.json", *more)
    assert isinstance(result.exception, ScenarioError)
    assert str(result.exception).startswith("run.json: this is a recorded run; it takes no --set")


def test_a_design_that_was_not_recorded_is_refused(here: Path) -> None:
    output("run", "checkout", "--mode", "sync", "--json", "--trace", "run.json")
    result = sim("run", "run.json", "--mode", "async")
    assert str(result.exception) == "run.json: the async design was not recorded\n  = it holds: sync"
    assert list(load_trace("run.json").traces) == ["sync"]


def test_what_is_no_run_is_refused_in_words(here: Path) -> None:
    Path("cut.json").write_text('{"format":"syncasync-trace","version":1,"sce')
    for name, told in (("cut.json", "it is no JSON"), ("no.json", "cannot be read"), (".", "cannot be read")):
        with pytest.raises(ScenarioError, match=told):
            load_trace(name)
    result = sim("run", "cut.json")
    assert isinstance(result.exception, ScenarioError)

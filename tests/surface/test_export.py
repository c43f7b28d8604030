"""`export` and `run --open`: a page where it was asked for, or none, and a word about it."""

from __future__ import annotations

import json
import shlex
import sys
import webbrowser
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from syncasync_sim.cli import exit_codes, outputs
from syncasync_sim.cli.app import app
from syncasync_sim.cli.exit_codes import describe
from syncasync_sim.engine import simulate
from syncasync_sim.experiment import run_designs
from syncasync_sim.files import load_scenario
from syncasync_sim.model.modes import Mode
from syncasync_sim.replay.document import document, to_json
from syncasync_sim.replay.first_part import first_part
from syncasync_sim.replay.recording import Recording
from syncasync_sim.trace.records import Trace


def sim(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments), prog_name="syncasync-sim")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document_in(page: Path) -> dict[str, Any]:
    text = page.read_text(encoding="utf-8").partition('id="document">')[2].partition("</script>")[0]
    return dict(json.loads(text))


def test_the_page_is_called_after_the_scenario_and_never_written_over(here: Path) -> None:
    result = sim("export", "checkout")
    assert result.exit_code == 0, result.output
    assert result.stdout == "checkout-replay.html\n"
    page = here / "checkout-replay.html"
    before = page.read_bytes()
    assert before.startswith(b"<!DOCTYPE html>")
    again = sim("export", "checkout", "--set", "workers.count=2")
    assert describe(again.exception) == (
        exit_codes.NOT_FINISHED,
        f"syncasync-sim: {page.name}: exists already and is left as it is; --force writes over it",
    )
    assert page.read_bytes() == before
    assert sim("export", "checkout", "--force").exit_code == 0
    assert page.read_bytes() == before, "the same run, the same bytes"
    assert [path.name for path in here.iterdir()] == [page.name]


def test_it_shows_the_same_figures_as_the_terminal(here: Path) -> None:
    assert sim("export", "traffic-spike", "-o", "page.html", "--seed", "5").exit_code == 0
    plain = document_in(here / "page.html")
    told = json.loads(sim("run", "traffic-spike", "--seed", "5", "--json").stdout)
    for mode in ("sync", "async"):
        assert plain["figures"][mode] == {k: v for k, v in told["modes"][mode].items() if k != "theory"}
    table = sim("run", "traffic-spike", "--seed", "5", "--no-charts").stdout
    for row in plain["table"]:
        assert any(
            row["label"] in line and all(row[mode] in line for mode in ("sync", "async"))
            for line in table.splitlines()
        )


def test_a_run_that_was_written_down_gives_the_same_page(here: Path) -> None:
    assert sim("run", "worker-crash", "--trace", "run.json", "--no-charts").exit_code == 0
    assert sim("export", "run.json", "-o", "a.html").exit_code == 0
    assert sim("export", "worker-crash", "-o", "b.html").exit_code == 0
    assert (here / "a.html").read_bytes() == (here / "b.html").read_bytes()


def test_of_more_customers_than_a_page_shows_it_shows_the_first_and_says_so(here: Path) -> None:
    result = sim("export", "overload")
    assert result.exit_code == 0, result.output
    plain = document_in(here / "overload-replay.html")
    customers = {item[1] for item in plain["lanes"][0]["items"]}
    assert 450 <= len(customers) <= 500
    part = f"first {len(customers)} of 1,800 customers"
    assert plain["left_out"] == f"The picture and the figures are of the {part}; nobody comes after 165.67 s"
    assert plain["counted"] == f"The {part}"  # the heading of the table: not the whole run
    sim("export", "overload", *shlex.split(plain["same_part"]), "-o", "capped.html")
    capped = document_in(here / "capped.html")
    [lanes, alone] = [[lane | {"waited": ""} for lane in one["lanes"]] for one in (plain, capped)]
    assert (alone, capped["table"]) == (lanes, plain["table"])
    assert all("(first 498)" in lane["waited"][1] for lane in plain["lanes"])
    assert not any("first" in lane["waited"][1] for lane in capped["lanes"])
    assert "left_out" not in capped
    assert capped["counted"] == "The whole run"


def test_of_a_recorded_run_it_shows_the_first_customers_as_of_its_scenario(here: Path) -> None:
    whole = ("overload", "--seed", "7", "--set", "traffic.arrivals=poisson", "--set", "expect=[]")
    assert sim("run", *whole, "--trace", "run.json", "--no-charts").exit_code == 0
    result = sim("export", "run.json", "-o", "recorded.html")
    assert result.exit_code == 0, result.output
    assert sim("export", *whole, "-o", "scenario.html").exit_code == 0
    assert " customers; nobody comes after " in document_in(here / "recorded.html")["left_out"]
    assert (here / "recorded.html").read_bytes() == (here / "scenario.html").read_bytes()


def test_the_first_part_is_of_the_replication_that_was_recorded() -> None:
    scenario = load_scenario("checkout", ["traffic={rate: 2/s, for: 300s, arrivals: poisson}", "expect=[]"])
    whole = simulate(scenario, "async", seed=5, replication=2)
    traces, part = first_part({"async": whole})
    assert part is not None
    shown = traces["async"]
    assert (shown.seed, shown.replication) == (5, 2)
    assert list(shown.requests.column("arrived")) == list(whole.requests.column("arrived"))[: part.number]


def test_a_run_for_real_with_too_many_customers_is_refused_with_a_cure_that_it_takes(here: Path) -> None:
    _, traces = run_designs(load_scenario("checkout", ["traffic={rate: 2/s, for: 300s}", "expect=[]"]))
    real: dict[Mode, Trace] = {mode: replace(trace, source="measured") for mode, trace in traces.items()}
    comparison = Recording(real["sync"].scenario, real).comparison
    (here / "run.json").write_text(to_json(document(comparison, real)), encoding="utf-8")
    for words in (("export", "run.json", "-o", "page.html"), ("run", "run.json", "--open", "--no-charts")):
        assert str(sim(*words).exception) == (
            "run.json: 600 customers are too many for a replay, which shows 500\n"
            "  = record fewer customers:  live SCENARIO --set traffic.for=250s --record FILE"
        )
    assert [path.name for path in here.iterdir()] == ["run.json"]


def test_the_option_that_gives_the_same_part_is_marked_as_code(here: Path) -> None:
    phases = "traffic={phases: [{rate: 5/s, for: 60s}, {rate: 6/s, for: 100s}]}"
    assert sim("export", "checkout", "--set", phases, "--set", "expect=[]").exit_code == 0
    html = (here / "checkout-replay.html").read_text(encoding="utf-8")
    option = document_in(here / "checkout-replay.html")["same_part"]
    assert shlex.split(option)[1].startswith("traffic.phases=[{rate: 5/s, for: 60s}, ")
    assert f"<code>{escape(option)}</code>" in html


def test_random_arrivals_that_turn_out_too_many_are_cut(here: Path) -> None:
    more = ("--set", "traffic={rate: 5/s, for: 100s, arrivals: poisson}", "--set", "expect=[]")
    notes = []
    for seed in range(6):
        assert sim("export", "checkout", *more, "--seed", str(seed), "--force").exit_code == 0
        notes.append(document_in(here / "checkout-replay.html").get("left_out"))
    assert 0 < len([note for note in notes if note]) < 6


def test_without_a_folder_nothing_is_run(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncasync_sim.cli.export.answer", lambda *_, **__: pytest.fail("it was run"))
    result = sim("export", "checkout", "-o", "nowhere/page.html")
    assert isinstance(result.exception, FileNotFoundError)


def test_a_page_that_cannot_be_written_is_not_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "write", full)
    assert isinstance(sim("export", "checkout").exception, OSError)
    assert not list(here.iterdir())


@pytest.mark.parametrize("there", [True, False])
def test_open_says_where_the_page_is(here: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    shown: list[str] = []

    def show(address: str) -> bool:
        shown.append(address)
        return there

    monkeypatch.setattr(webbrowser, "open", show)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(here))
    result = sim("run", "checkout", "--open", "--no-charts", "--json")
    assert result.exit_code == 0, result.output
    page = here / "checkout-replay.html"
    assert shown == [page.as_uri()]
    assert document_in(page)["title"] == "A checkout form"
    assert f"Replay: {page}" in result.stderr
    assert ("No browser could be opened" in result.stderr) is not there
    json.loads(result.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are always windows")
def test_without_windows_no_browser_takes_the_terminal(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(webbrowser, "open", pytest.fail)
    monkeypatch.setattr("tempfile.mkdtemp", lambda **_: str(here))
    assert "No browser could be opened" in sim("run", "checkout", "--open", "--no-charts", "--json").stderr

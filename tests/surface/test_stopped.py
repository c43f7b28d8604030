"""What a command says that somebody stopped with Ctrl-C, after any number of looks at whether to go on."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from rich.console import Console

from surface.test_brokers_command import sim, words
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.progress_bar import Watcher
from syncasync_sim.engine import simulate
from syncasync_sim.experiment import run_designs
from syncasync_sim.files import load_scenario
from syncasync_sim.model.modes import Mode
from syncasync_sim.render.html import comparison_html
from syncasync_sim.render.result_data import result_data
from syncasync_sim.render.run_charts.timeline_chart import timeline_chart
from syncasync_sim.render.tables import page, stopped
from syncasync_sim.replay.document import document
from syncasync_sim.stats import Comparison, compare_summaries, summarise
from syncasync_sim.stats.rows import change_text
from syncasync_sim.trace.records import Trace

Result = tuple[Comparison, dict[Mode, Trace]]
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
        "PARTIAL: sync and async were stopped before the end, so the designs are not compared; the numbers "
        "are of what had happened until then in the first of 3 replications."
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


CLAIMS = "[async.response_time_s.mean < sync.response_time_s.mean, sync.phantom_errors == 0]"
COMPARING = ("instead of", "in both", "as fast", "as long", "earlier", "later", " less", " more")


@pytest.fixture(scope="module")
def unequal() -> Result:
    """A run that was stopped in the asynchronous design, after half of its customers."""
    scenario = load_scenario("checkout", ["traffic={rate: 1/s, for: 40000s}", f"expect={CLAIMS}"])
    traces: dict[Mode, Trace] = {
        "sync": simulate(scenario, "sync", seed=1),
        "async": simulate(scenario, "async", seed=1, watch=lambda done, _: done < 10_000),
    }
    comparison = compare_summaries(*map(summarise, traces.values()))
    assert 0 < comparison.figure("async", "requests") < comparison.figure("sync", "requests") == 40_000
    return comparison, traces


def test_designs_of_which_one_was_stopped_have_no_changes(
    unequal: Result,
) -> None:
    comparison, _ = unequal
    rows = comparison.rows()
    assert rows
    for row in rows:
        assert (row.change, row.in_words(), change_text(row)) == (None, "", "-")
        if row.async_ is not None:
            assert row.value("async") == comparison.figure("async", row.figure)
    assert all(
        row.change is not None
        for row in run_designs(comparison.scenario)[0].rows()
        if row.async_ and row.sync
    )


def test_every_surface_says_which_design_was_stopped_and_compares_nothing(
    unequal: Result,
) -> None:
    comparison, traces = unequal
    console = Console(file=io.StringIO(), width=100, color_system=None)
    with console.capture() as capture:
        console.print(page(comparison, traces))
    timeline = timeline_chart(comparison, traces, 1)
    assert timeline is not None
    plain = document(comparison, traces, with_rows=False)
    surfaces = {
        "terminal": words(capture.get()),
        "notebook": comparison_html(comparison),
        "browser": str(result_data(comparison, traces)),
        "replay": f"{plain['headline']} {plain['table']}",
    }
    partial = "PARTIAL: async was stopped before the end, so the designs are not compared; the numbers are of"
    for name, text in {**surfaces, "chart": timeline.title}.items():
        assert name == "chart" or partial in text, name
        for comparing in (
            "instead of",
            "in both",
            "as fast",
            "as long",
            "earlier",
            "later",
            " less",
            " more",
        ):
            assert comparing not in text, (name, comparing)
    assert comparison.to_dict("1")["partial"] is True
    assert [claim.claim for claim in comparison.claims] == ["sync.phantom_errors == 0"]


def test_designs_that_were_stopped_between_replications_are_compared(press: Press) -> None:
    press(4)
    told = words(sim(*COMMANDS["run"]).stdout)
    assert "instead of" in told
    assert "not compared" not in told

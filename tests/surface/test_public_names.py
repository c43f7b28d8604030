"""The names people import are there, are listed once, and cost nothing until they are asked for."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import syncasync_sim

PROMISED = {
    "Advice",
    "Attempt",
    "BooksError",
    "BrokerRefusal",
    "BrokerRun",
    "Comparison",
    "Crash",
    "Delivery",
    "Message",
    "Recording",
    "Replay",
    "Request",
    "RunStopped",
    "RunTooLongError",
    "Scenario",
    "ScenarioError",
    "Sizing",
    "Summary",
    "Sweep",
    "SyncAsyncSimError",
    "Trace",
    "UnknownFigureError",
    "WorkersError",
    "advise",
    "charts",
    "compare",
    "compare_brokers",
    "compare_summaries",
    "explore",
    "lesson",
    "load_scenario",
    "load_trace",
    "replicate",
    "run_designs",
    "simulate",
    "size",
    "summarise",
    "sweep",
    "vary",
}


def test_all_names_what_is_promised_in_order() -> None:
    assert syncasync_sim.__all__ == sorted(PROMISED)


@pytest.mark.parametrize("name", syncasync_sim.__all__)
def test_a_name_is_what_its_home_has(name: str) -> None:
    home = import_module(f"syncasync_sim.{syncasync_sim._HOME[name]}")
    assert getattr(syncasync_sim, name) is (home if name == "charts" else getattr(home, name))


def test_the_table_and_the_imports_for_type_checkers_have_the_same_names() -> None:
    tree = ast.parse(Path(syncasync_sim.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("syncasync_sim")
        for alias in node.names
    }
    assert imported - {"__version__"} == set(syncasync_sim._HOME) == set(syncasync_sim.__all__)


def test_dir_has_them_and_another_name_is_refused() -> None:
    assert set(dir(syncasync_sim)) > PROMISED
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        _ = syncasync_sim.simulat


def test_importing_the_package_imports_none_of_it() -> None:
    program = "import sys, syncasync_sim; print([m for m in sys.modules if m.startswith('syncasync_sim.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['syncasync_sim._version']"


def test_the_example_of_the_package_holds() -> None:
    comparison = syncasync_sim.compare(syncasync_sim.load_scenario("checkout"))
    assert comparison.figure("async", "response_time_s.max") == 1.05
    assert comparison.figure("async", "completion_time_s.max") == 2.55


def test_the_first_thing_that_a_newcomer_tries_works() -> None:
    scenario = syncasync_sim.load_scenario("checkout", ["seed=7"])
    assert syncasync_sim.simulate(scenario, "sync").seed == 7
    comparison, traces = syncasync_sim.run_designs(scenario)
    assert (comparison.seed, list(traces)) == (7, ["sync", "async"])
    assert syncasync_sim.compare(scenario) == comparison == syncasync_sim.replicate(scenario, 1)
    assert syncasync_sim.advise(scenario).seed == 7
    (ideal,) = syncasync_sim.compare_brokers(scenario, brokers=["ideal"])
    assert isinstance(ideal, syncasync_sim.BrokerRun)
    assert ideal.comparison.seed == 7
    assert syncasync_sim.compare(scenario, modes=["async"]).figure("sync", "requests") is None


@pytest.mark.parametrize(
    ("mode", "name", "says"),
    [
        ("sync", "response_time_s.p59", "'response_time_s' has no part 'p59': did you mean 'p99'?"),
        ("snyc", "response_time_s.p95", "there is no design 'snyc': did you mean 'sync'?"),
        ("sync", "respons_time_s.p95", "no figure 'respons_time_s': did you mean 'response_time_s'?"),
        ("sync", "server.threads.x.y", "'server' has no part 'threads.x.y'"),
        ("sync", "nope", "there is no figure 'nope'"),
        ("sync", "duplicates.card chargd", "no part 'card chargd': did you mean 'card charged'?"),
        ("sync", "requests.ok", "'requests' has no parts: write  requests"),
        (
            "sync",
            "answered_within",
            "needs a time in round brackets: write for instance  answered_within(2s)",
        ),
        ("sync", "answered_within(2)", "a duration needs a unit"),
    ],
)
def test_a_figure_that_is_none_says_what_was_meant(mode: Any, name: str, says: str) -> None:
    comparison = syncasync_sim.compare(syncasync_sim.load_scenario("checkout"))
    for ask in (comparison.figure, comparison.each):
        with pytest.raises(syncasync_sim.UnknownFigureError, match=re.escape(says)):
            ask(mode, name)
    assert issubclass(syncasync_sim.UnknownFigureError, LookupError)

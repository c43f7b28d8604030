"""The names people import are there, are listed once, and cost nothing until they are asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

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
    "WorkersError",
    "advise",
    "charts",
    "compare",
    "compare_brokers",
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
    comparison, traces = syncasync_sim.run_designs(syncasync_sim.load_scenario("checkout"), seed=1)
    assert comparison.figure("async", "response_time_s.max") == 1.05
    assert comparison.figure("async", "completion_time_s.max") == 2.55
    assert list(traces) == ["sync", "async"]

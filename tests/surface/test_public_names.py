"""The names people import are there, are listed once, and cost nothing until they are asked for."""

from __future__ import annotations

import ast
import inspect
import pickle
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import syncasync_sim
from syncasync_sim.cli.app import app

PROMISED = {
    "Advice",
    "Attempt",
    "BooksError",
    "BrokerRefusal",
    "BrokerRun",
    "Comparison",
    "Crash",
    "Delivery",
    "Fit",
    "Log",
    "LogError",
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
    "Validation",
    "WorkersError",
    "advise",
    "ask",
    "charts",
    "compare",
    "compare_brokers",
    "compare_summaries",
    "explore",
    "fit_log",
    "lesson",
    "load_scenario",
    "load_trace",
    "move",
    "read_log",
    "replicate",
    "run_designs",
    "simulate",
    "size",
    "summarise",
    "sweep",
    "validate",
    "vary",
    "write_scenario",
}


def test_all_names_what_is_promised_in_order() -> None:
    assert syncasync_sim.__all__ == sorted(PROMISED)


@pytest.mark.parametrize("name", syncasync_sim.__all__)
def test_a_name_is_what_its_home_has(name: str) -> None:
    home = import_module(f"syncasync_sim.{syncasync_sim._HOME[name]}")
    own = inspect.unwrap(getattr(syncasync_sim, name))  # a function has its arguments checked around it
    assert own is (home if name == "charts" else getattr(home, name))


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
        (
            "sync",
            "answered_within(2)",
            "answered_within: a duration needs a unit: 2ms, 2s or 2m?: write for instance  "
            "answered_within(2s)",
        ),
    ],
)
def test_a_figure_that_is_none_says_what_was_meant(mode: Any, name: str, says: str) -> None:
    comparison = syncasync_sim.compare(syncasync_sim.load_scenario("checkout"))
    for ask in (comparison.figure, comparison.each):
        with pytest.raises(syncasync_sim.UnknownFigureError, match=re.escape(says)):
            ask(mode, name)
    assert issubclass(syncasync_sim.UnknownFigureError, LookupError)


# what is wrong with an argument

SCENARIO = syncasync_sim.load_scenario("checkout")
BY_WORKERS = {"workers.count": "1..9"}


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        (
            "compare",
            ("checkout",),
            "scenario is a Scenario, not the text 'checkout'; write  load_scenario('checkout')",
        ),
        ("run_designs", (None,), 'scenario is a Scenario, not None; write  load_scenario("checkout")'),
        (
            "advise",
            ("g.yaml",),
            "scenario is a Scenario, not the text 'g.yaml'; write  load_scenario('g.yaml')",
        ),
        ("simulate", ({}, "sync"), "scenario is a Scenario, not a dict"),
        ("explore", (3,), "scenario is a Scenario, not 3"),
        ("summarise", (SCENARIO,), 'trace is a Trace, not a Scenario; write  simulate(scenario, "async")'),
        ("compare_summaries", (SCENARIO,), "summaries is a Summary, not a Scenario; write  summarise(trace)"),
        (
            "size",
            (SCENARIO, "async.requests < 3", "workers.count=1..9"),
            "varied is a mapping of keys to values, not the text 'workers.count=1..9'; write  {",
        ),
        ("size", (SCENARIO, 3, BY_WORKERS), 'target is a claim, not 3; write  "async.completion_time_s'),
        (
            "sweep",
            (SCENARIO, {"workers.count": 3}),
            "the values of 'workers.count' are a range or a list, not 3",
        ),
        ("vary", (SCENARIO, ["workers.count=3"]), "changes is a mapping of paths to values, not a list"),
        (
            "fit_log",
            ("access.log",),
            "log is a Log, not the text 'access.log'; write  read_log('access.log')",
        ),
        ("move", (SCENARIO, "send email=40%"), "fit is a Fit, not a Scenario; write  fit_log(log)"),
        ("write_scenario", (None, "mine.yaml"), "fit is a Fit, not None; write  fit_log(log)"),
        ("validate", (SCENARIO, 3), 'log is a Log, not 3; write  read_log("access.log")'),
        ("replicate", (SCENARIO, "10"), "replications is a whole number, not the text '10'; write  10"),
    ],
)
def test_an_argument_of_another_type_is_told_with_the_cure(name: str, arguments: Any, says: str) -> None:
    with pytest.raises(TypeError, match=re.escape(f"{name}: {says}")):
        getattr(syncasync_sim, name)(*arguments)


def refused_in_python(name: str, *arguments: Any) -> str:
    with pytest.raises(syncasync_sim.ScenarioError) as refused:
        getattr(syncasync_sim, name)(SCENARIO, *arguments)
    return str(refused.value)


def refused_on_the_command_line(*words: str) -> str:
    error = CliRunner().invoke(app, list(words)).exception
    assert isinstance(error, syncasync_sim.ScenarioError)  # the program prints its text
    return str(error)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("workers.cont", "1..3"),
        ("worker.count", "1..3"),
        ("workers.count", "1..x"),
        ("workers.count", "-1,2"),
        ("steps[send emial].duration", "1s..2s:2"),
        ("workers..count", "1..3"),
    ],
)
def test_a_wrong_key_or_value_is_refused_with_the_words_of_the_command_line(key: str, values: str) -> None:
    told = refused_on_the_command_line("sweep", "checkout", "--vary", f"{key}={values}")
    assert refused_in_python("sweep", {key: values}) == told
    assert refused_in_python("size", "async.requests < 3", {key: values}) == told
    changed = refused_in_python("vary", {key: values.partition(",")[0].partition("..")[0]})
    assert changed.startswith("--set:1:") or values == "1..x"
    assert "pydantic" not in changed


@pytest.mark.parametrize(
    "target", ["done_within(5s) >= 99%", "async.workers < 3", "async.done_within(5s) = 9"]
)
def test_a_wrong_claim_is_refused_with_the_words_of_the_command_line(target: str) -> None:
    told = refused_on_the_command_line("size", "checkout", "--target", target, "--vary", "workers.count=1..9")
    assert refused_in_python("size", target, BY_WORKERS) == told.replace("--target", "target")


def test_a_public_function_goes_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(syncasync_sim.simulate)) is syncasync_sim.simulate

"""What a command imports. Seconds depend on the machine; the modules that take them do not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from surface.processes import environment

HEAVY = ("simpy", "yaml", "matplotlib", "numpy", "pandas", "rich.table", "rich.progress", "rich.console")
OURS = (
    "syncasync_sim.model",
    "syncasync_sim.engine",
    "syncasync_sim.live",
    "syncasync_sim.stats",
    "syncasync_sim.render",
    "syncasync_sim.files",
)


def imported(*arguments: str) -> set[str]:
    """The modules that are there after the program has run with *arguments*."""
    program = (
        "import sys; from syncasync_sim.cli.main import main; sys.stdout = open('/dev/null', 'w');"
        f"code = main({list(arguments)!r}); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=True
    )
    return set(done.stderr.split())


def among(modules: set[str], names: tuple[str, ...]) -> set[str]:
    return {m for m in modules if any(m == name or m.startswith(f"{name}.") for name in names)}


@pytest.mark.parametrize("arguments", [("--help",), (), ("--version",)])
def test_help_imports_nothing_heavy_and_nothing_of_the_simulator(arguments: tuple[str, ...]) -> None:
    assert not among(imported(*arguments), (*HEAVY, *OURS, "pydantic", "importlib.metadata"))


@pytest.mark.parametrize(
    "arguments",
    [
        *((name, "--help") for name in ("run", "sweep", "size", "brokers", "lesson", "live", "watch")),
        ("scenarios",),
    ],
)
def test_the_help_of_a_command_imports_no_more_than_typer_does(arguments: tuple[str, ...]) -> None:
    assert not among(imported(*arguments), (*HEAVY, *OURS))


def test_json_draws_nothing() -> None:
    modules = imported("run", "checkout", "--json")
    assert not among(modules, ("matplotlib", "numpy", "pandas", "rich.console", "syncasync_sim.render"))
    assert "simpy" in modules


def test_a_run_without_charts_imports_no_plotting_and_no_bar() -> None:
    modules = imported("run", "checkout", "--no-charts")
    assert not among(modules, ("matplotlib", "numpy", "pandas", "rich.progress"))


def test_check_runs_nothing() -> None:
    assert not among(imported("check", "checkout"), ("simpy", "rich", "matplotlib", "syncasync_sim.engine"))

"""What a command imports. Seconds depend on the machine; the modules that take them do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
NOT_DRAWN_WITH = (
    *("matplotlib.pyplot", "matplotlib.animation", "matplotlib.backends.backend_tkagg", "tkinter", "IPython"),
    *("pandas", "scipy", "rich.progress", "syncasync_sim.replay.document", "syncasync_sim.replay.recording"),
)


def imported(*arguments: str) -> set[str]:
    """The modules that are there after the program has run with *arguments*."""
    return set(
        printed(
            "import sys; from syncasync_sim.cli.main import main; sys.stdout = open('/dev/null', 'w');"
            f"code = main({list(arguments)!r}); print(*sys.modules, file=sys.__stdout__); sys.exit(code)"
        )[-1].split()
    )


def printed(program: str) -> list[str]:
    """The lines that a program of Python prints."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=True)
    return done.stdout.splitlines()


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


def test_charts_are_drawn_without_what_is_for_windows_and_notebooks(tmp_path: Path) -> None:
    modules = imported("run", "checkout", "-o", str(tmp_path))
    assert not among(modules, NOT_DRAWN_WITH)
    assert "matplotlib.backends.backend_svg" in modules


def test_matplotlib_makes_no_help_texts_of_its_classes() -> None:
    lines = printed(
        "from syncasync_sim.cli.charts import prepare_matplotlib; prepare_matplotlib();"
        "from matplotlib.artist import kwdoc; from matplotlib.lines import Line2D;"
        "print('antialiased' in Line2D.set.__doc__, 'antialiased' in kwdoc(Line2D))"
    )
    assert lines == ["False True"], "none while it is imported, and all when somebody asks later"


def test_the_model_is_there_before_its_sources_are_read() -> None:
    lines = printed(
        "import inspect, pydantic; inspect.findsource = inspect.getblock = None; import syncasync_sim.files;"
        "print(len(syncasync_sim.files.load_scenario('checkout').steps))"
    )
    assert lines == ["4"]


def test_garbage_is_hardly_looked_for_while_a_command_starts() -> None:
    lines = printed(
        "import gc, sys; from syncasync_sim.cli.main import main; shown, sys.stdout = sys.stdout, sys.stderr;"
        "main(['run', 'checkout', '--no-charts']); "
        "print(sum(generation['collections'] for generation in gc.get_stats()), file=shown)"
    )
    assert int(lines[-1]) < 60


@pytest.mark.parametrize(
    "arguments", [("scenarios", "list"), ("lesson", "list"), ("lesson", "list", "--json")]
)
def test_a_list_imports_no_model_and_validates_nothing(arguments: tuple[str, ...]) -> None:
    heavy = ("simpy", "rich.console", "syncasync_sim.experiment", "syncasync_sim.model.scenario")
    assert not among(imported(*arguments), heavy)


def test_a_scenario_is_printed_as_it_is_written() -> None:
    assert not among(imported("scenarios", "show", "checkout"), ("yaml", "syncasync_sim.model"))

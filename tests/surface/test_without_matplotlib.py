"""Without matplotlib, as in a browser, everything but charts works, and a chart says what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from surface.processes import environment
from syncasync_sim.cli import exit_codes
from syncasync_sim.errors import NO_MATPLOTLIB

WITHOUT = "import sys; sys.modules['matplotlib'] = None\n"
COMMAND = "from syncasync_sim.cli.main import main; sys.exit(main(sys.argv[1:]))"
SWEEP = ("sweep", "checkout", "--vary", "workers.count=1,2")
PYTHON = """
import syncasync_sim
for name in syncasync_sim.__all__:
    try:
        getattr(syncasync_sim, name)
    except ImportError as error:
        print(name, error, sep=": ")
"""


def without_matplotlib(code: str, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code, *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )


@pytest.mark.parametrize("words", [("run", "checkout"), SWEEP], ids=lambda words: words[0])
def test_what_draws_besides_says_that_it_does_not(words: tuple[str, ...], tmp_path: Path) -> None:
    done = without_matplotlib(COMMAND, *words, folder=tmp_path)
    assert done.returncode == exit_codes.DONE, done.stderr
    assert "1.05 s" in done.stdout
    assert f"No charts: {NO_MATPLOTLIB}\n" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [("run", "checkout"), SWEEP, ("live", "checkout"), ("replay", "run.json")],
    ids=lambda words: words[0],
)
def test_whoever_asks_for_charts_is_told_before_the_run(words: tuple[str, ...], tmp_path: Path) -> None:
    done = without_matplotlib(COMMAND, *words, "-o", str(tmp_path), folder=tmp_path)
    assert done.returncode == exit_codes.BAD_REQUEST
    assert done.stdout == ""
    assert NO_MATPLOTLIB in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run", "checkout", "--no-charts"),
        ("run", "checkout", "--json"),
        ("explain", "checkout", "1"),
        ("advise", "checkout"),
        ("export", "checkout"),
        ("lesson", "2", "--reveal"),
        ("lesson", "key", "2"),
        ("notebooks", "copy"),
    ],
    ids=" ".join,
)
def test_what_draws_nothing_does_not_miss_it(words: tuple[str, ...], tmp_path: Path) -> None:
    done = without_matplotlib(COMMAND, *words, folder=tmp_path)
    assert done.returncode == exit_codes.DONE, done.stderr
    assert "matplotlib" not in done.stdout + done.stderr


def test_in_python_only_the_charts_are_missed(tmp_path: Path) -> None:
    done = without_matplotlib(PYTHON, folder=tmp_path)
    assert done.stdout == f"charts: {NO_MATPLOTLIB}\n"

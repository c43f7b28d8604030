"""The core of the suite, and the program, in a Python without what only POSIX systems have."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from surface.processes import environment

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
WITHOUT = Path(__file__).parent / "without_posix"
LONG = ("bootstrap", "differences", "warm_up")
"""Statistics of many runs: they ask nothing of a system."""
CORE = (
    *sorted(
        str(path)
        for path in (TESTS / "by_hand").glob("test_*.py")
        if not any(name in path.name for name in LONG)
    ),
    *(str(TESTS / "bad_input" / f"test_{name}.py") for name in ("bad_files", "bundled", "hints", "sets")),
    *(str(TESTS / "surface" / f"test_{name}.py") for name in ("cli", "export", "scenarios")),
)
PROBE = """
import multiprocessing, os, select, signal, sys
for module in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
    try:
        __import__(module)
    except ImportError:
        continue
    sys.exit(module)
there = [name for where in (os, select, signal) for name in ("fork", "link", "mkfifo", "killpg", "poll",
         "SIGKILL", "SIGHUP", "SIGPIPE", "SIGUSR1") if hasattr(where, name)]
sys.exit(", ".join(there) or (multiprocessing.get_start_method() != "spawn" and "the start method"))
"""


def python(*arguments: str, folder: Path, hidden: bool) -> subprocess.CompletedProcess[str]:
    more = {"PYTHONPATH": str(WITHOUT)} if hidden else {}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


def test_they_are_hidden(tmp_path: Path) -> None:
    found = python("-c", PROBE, folder=tmp_path, hidden=True)
    assert (found.returncode, found.stderr) == (0, "")
    assert python("-c", PROBE, folder=tmp_path, hidden=False).returncode != 0


def test_the_core_of_the_suite_passes(tmp_path: Path) -> None:
    options = ("-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "temporary"))
    done = python("-m", "pytest", *options, *CORE, folder=ROOT, hidden=True)
    assert done.returncode == 0, done.stdout[-5000:]
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) > 500


SWEEP = ("sweep", "slow-email", "--vary", "workers.count=1..2", "--jobs", "2")


@pytest.mark.parametrize(
    "arguments",
    [
        (*SWEEP, "--csv", "sweep.csv", "-o", "charts"),
        ("run", "worker-crash", "-o", "charts", "--trace", "run.json"),
        ("export", "worker-crash", "-o", "page.html"),
        ("watch", "worker-crash", "--t", "5"),
        ("lesson", "2", "--reveal"),
        ("lesson", "handout", "2"),
        ("scenarios", "copy", "checkout"),
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_a_command_gives_the_same_bytes(arguments: tuple[str, ...], tmp_path: Path) -> None:
    told, written = [], []
    for hidden in (False, True):
        folder = tmp_path / str(hidden)
        folder.mkdir()
        done = python("-m", "syncasync_sim", *arguments, folder=folder, hidden=hidden)
        told.append((done.returncode, done.stdout, done.stderr))
        files = [path for path in folder.rglob("*") if path.is_file()]
        written.append({path.relative_to(folder): path.read_bytes() for path in files})
    assert told[0][0] == 0
    assert told[0] == told[1]
    assert written[0] == written[1]

"""What the program prints, as documents show it."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from generate.pages import TOP

COLUMNS = 80


def run(*words: str, folder: Path = TOP) -> subprocess.CompletedProcess[str]:
    """The program with these words, as in a terminal of 80 columns without colours.

    Args:
        words: what stands behind the name of the program.
        folder: the folder in which it runs.
    """
    clean = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "CLICOLOR_FORCE")}
    return subprocess.run(
        [sys.executable, "-m", "syncasync_sim", *words],
        env={**clean, "NO_COLOR": "1", "COLUMNS": str(COLUMNS), "PYTHONUTF8": "1"},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def output_of(command: str) -> str:
    """What a command prints, as a block of code. Raises SystemExit with its message where it fails."""
    finished = run(*shlex.split(command)[1:])
    if finished.returncode:
        raise SystemExit(f"{command}: {finished.stderr}")
    return _block(finished.stdout)


@cache
def outputs_of(commands: tuple[str, ...], log: Path) -> dict[str, str]:
    """What commands print, run one after the other in one new folder with a log in it.

    Args:
        commands: the commands; a later one reads what an earlier one wrote. The code 3 is a result, too.
        log: the program that prints the log, which becomes `access.log`.

    Raises:
        SystemExit: a command fails; it has its message.
    """
    shown = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = subprocess.run([sys.executable, log], capture_output=True, check=True)
        (folder / "access.log").write_bytes(made.stdout)
        for command in commands:
            finished = run(*shlex.split(command)[1:], folder=folder)
            if finished.returncode not in (0, 3):
                raise SystemExit(f"{command}: {finished.stderr}")
            shown[command] = _block(finished.stdout)
    return shown


def _block(text: str) -> str:
    tidy = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    return f"```text\n{tidy}```\n"


def live_runs() -> str:
    """The tables of docs/live.md, made of the recordings in docs/live-runs."""
    spec = importlib.util.spec_from_file_location("record_runs", TOP / "docs/live-runs/record_runs.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.page_part())

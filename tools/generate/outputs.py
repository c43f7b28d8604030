"""What the program prints, as documents show it."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys

from generate.pages import TOP

COLUMNS = 80


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The program with these words, as in a terminal of 80 columns without colours."""
    clean = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "CLICOLOR_FORCE")}
    return subprocess.run(
        [sys.executable, "-m", "syncasync_sim", *words],
        env={**clean, "NO_COLOR": "1", "COLUMNS": str(COLUMNS), "PYTHONUTF8": "1"},
        cwd=TOP,
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
    tidy = "".join(f"{line.rstrip()}\n" for line in finished.stdout.splitlines())
    return f"```text\n{tidy}```\n"


def live_runs() -> str:
    """The tables of docs/live.md, made of the recordings in docs/live-runs."""
    spec = importlib.util.spec_from_file_location("record_runs", TOP / "docs/live-runs/record_runs.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return str(module.page_part())

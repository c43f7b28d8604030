"""Running the program as people do: as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LONG = ("ten-orders", "--set", "traffic.requests=300000", "--set", "server.backlog=1000000")
"""A run of many seconds: where somebody may give up, it goes event by event."""


def environment(**more: str) -> dict[str, str]:
    """A plain environment: nothing that colours, widens or translates, unless *more* says so."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {**kept, "TERM": "xterm-256color", "LANG": "C.UTF-8", **more}


def syncasync(
    *arguments: str, folder: Path | None = None, text: str | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `syncasync-sim` with *arguments* to its end, *text* on its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "syncasync_sim", *arguments],
        cwd=folder,
        env=environment(**more),
        input=text or "",
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


def shell(script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `sim` is the program."""
    setup = f'set -o pipefail; sim() {{ "{sys.executable}" -m syncasync_sim "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", setup + script],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )

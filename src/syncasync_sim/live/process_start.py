"""What every process that a run starts does first: it never outlives the run."""

from __future__ import annotations

import ctypes
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncasync_sim.live.event_log import NO_ROOM
from syncasync_sim.live.plan import Plan

_PR_SET_PDEATHSIG = 1


def begin() -> Plan:
    """Load the plan that the command line names, and tie this process to its runner.

    Ctrl-C is left to the runner, and this process ends when the runner dies.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent(int(sys.argv[2]))
    return Plan.load(Path(sys.argv[1]))


def _die_with_parent(parent: int) -> None:
    """Be killed, even while frozen, when the process that started this one is gone, however it went."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before we could ask
        os._exit(1)


@contextmanager
def writing_down() -> Iterator[None]:
    """Write an error of the block into the event log; end the process with the reason if that fails."""
    try:
        yield
    except sqlite3.Error:
        os._exit(NO_ROOM)


def tell(line: str) -> None:
    """Send a line to the runner."""
    print(line, flush=True)  # noqa: T201 - standard output is how a process of a run speaks to its runner

"""One process of a run, as its runner sees it: how it is started, told things, frozen and killed."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from syncasync_sim.errors import LiveError, RunStopped, masked
from syncasync_sim.live.event_log import NO_ROOM, EventLog
from syncasync_sim.live.plan import Plan

READY_S = 60.0
"""A process that has not begun after so long will not."""
LEAVE_S = 10.0
"""So long the service has to write down what it knows."""
LOOK_S = 0.1
"""Between two looks at whether to go on waiting for a process that starts."""


class Process:
    """One process of the run, and what it says."""

    def __init__(self, plan: Plan, module: str) -> None:
        command = [sys.executable, "-m", f"syncasync_sim.live.{module}", str(plan.file), str(os.getpid())]
        self._log = plan.folder / f"{module}-{time.monotonic_ns()}.log"
        self.name = module.replace("_", " ")
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal is for the runner alone.
            self.popen = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                env=plan.environment(), bufsize=0,  # a line that has come can be seen by select
            )  # fmt: skip

    def expect(self, word: str, event_log: EventLog, goes_on: Callable[[], bool] = lambda: True) -> list[str]:
        """Wait for a line of the process that begins with a word.

        Args:
            word: the first word.
            event_log: the event log, in which the process may have written an error.
            goes_on: asked now and then whether to go on waiting.

        Returns:
            The other words of the line.

        Raises:
            LiveError: the process ends or stays silent.
            RunStopped: it was not to go on.
        """
        assert self.popen.stdout is not None
        is_there, until = False, time.monotonic() + READY_S
        while not is_there and time.monotonic() < until:
            if not goes_on():
                raise RunStopped("the run was stopped while its processes were starting")
            is_there = bool(select.select([self.popen.stdout], [], [], LOOK_S)[0])
        words = self.popen.stdout.readline().decode().split() if is_there else []
        if words[:1] == [word]:
            return words[1:]
        raise LiveError(trouble_in(event_log) or f"the {self.name} does not start: {self.last_words()}")

    def said(self) -> list[str]:
        """Return the words of the next line of the process, if one has come.

        This does not wait.
        """
        assert self.popen.stdout is not None
        is_there = bool(select.select([self.popen.stdout], [], [], 0.0)[0])
        return self.popen.stdout.readline().decode().split() if is_there else []

    def tell(self, line: str) -> None:
        """Send a line to the process.

        Args:
            line: the line.

        Raises:
            LiveError: the process has died.
        """
        assert self.popen.stdin is not None
        try:
            self.popen.stdin.write(f"{line}\n".encode())
            self.popen.stdin.flush()
        except OSError:  # nobody's but ours: to whoever runs the program a broken pipe is something else
            raise LiveError(f"a {self.name} has died: {self.last_words()}") from None

    def last_words(self) -> str:
        """The reason why the process is gone: a signal, a full disk, or its last line on standard error."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(LEAVE_S)  # its pipes close a moment before it is gone
        code = self.popen.returncode
        if code == NO_ROOM:
            return f"it cannot write down what happens in {self._log.parent}; is the disk full?"
        if code is not None and code < 0:
            return f"killed by signal {-code}{_name(-code)}"
        lines = self._log.read_text(errors="replace").split("\n")
        return masked(next((line for line in reversed(lines) if line.strip()), "it says nothing"))

    def kill(self) -> None:
        """Kill the process, frozen or not, and wait until it is gone."""
        self.popen.kill()
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def freeze(self) -> None:
        """Stop the process, and wait until it has stopped."""
        self.popen.send_signal(signal.SIGSTOP)
        os.waitpid(self.popen.pid, os.WUNTRACED)

    def wake(self) -> None:
        """Let a frozen process go on."""
        self.popen.send_signal(signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """Ask the process to end by itself; a frozen one hears it when it wakes."""
        self.popen.terminate()


def _name(number: int) -> str:
    """` (SIGKILL)`; empty for a signal without a name."""
    with contextlib.suppress(ValueError):
        return f" ({signal.Signals(number).name})"
    return ""


def trouble_in(event_log: EventLog) -> str:
    """The first error that a process has written into the event log; empty without any."""
    troubles = event_log.rows("SELECT message FROM troubles LIMIT 1")
    return str(troubles[0][0]) if troubles else ""

"""A process that keeps one server, and ends it with everything it left when its own parent is gone.

    python -m syncasync_sim.live.watchdog '{"run": [...], "env": {...}, "then": [...], "folder": "..."}'

It holds its standard input: the end of it is the sign to stop, and comes by itself when the parent dies,
however it dies. It runs in a session of its own, so that a Ctrl-C in the terminal is not for it. Where the
server ends first, the last lines of what it said go to standard output.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PATIENCE_S = 10.0
"""How long a server may take to stop by itself before it is killed."""


def _end(server: subprocess.Popen[bytes]) -> None:
    """The server and all of its process group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(PATIENCE_S)


def watch_over(
    run: Sequence[str], env: Mapping[str, str], then: Sequence[Sequence[str]], folder: str
) -> str | None:
    """Run a server until standard input ends; its last line if it ended before that.

    Args:
        run: the command that starts the server.
        env: variables to add to the environment.
        then: commands that end what the server leaves running.
        folder: the folder of the server, which is removed at the end.
    """
    environment, log = {**os.environ, **env}, Path(folder, "server.log")
    try:
        with log.open("wb") as output:
            server = subprocess.Popen(
                run, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd=folder, start_new_session=True,
            )  # fmt: skip
            while server.poll() is None:
                if select.select([sys.stdin], [], [], 0.1)[0]:
                    return None
        return "\n".join(log.read_text(errors="replace").strip().splitlines()[-5:])
    finally:
        _end(server)
        for command in then:
            subprocess.run(command, env=environment, capture_output=True, check=False, timeout=PATIENCE_S)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda *_: None)  # the server would inherit SIG_IGN
    last_words = watch_over(**json.loads(sys.argv[1]))
    if last_words is not None:
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(last_words)
            sys.stdout.flush()

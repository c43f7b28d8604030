"""What the command line prints here, as JSON: every bundled scenario, and one run of most other commands.

A program of its own: this Python runs it, and so does Pyodide's.
"""

import io
import json
import os
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from syncasync_sim.cli.main import main
from syncasync_sim.files import bundled

VARIED = ("sweep", "slow-email", "--vary", "workers.count=1..2", "--no-charts")
COMMANDS = (
    ("run", "worker-crash", "--no-charts", "--trace", "run.json"),
    ("explain", "run.json", "1"),
    ("watch", "run.json", "--t", "5"),
    ("export", "run.json", "-o", "run.html"),
    ("advise", "checkout"),
    ("brokers", "worker-crash", "--json"),
    ("size", "slow-email", "--vary", "workers.count=1..4", "--target", "async.completion_time_s.p95 < 60s"),
    (*VARIED, "--csv", "sweep.csv"),
    (*VARIED, "--csv", "sweep.csv", "--resume"),
    ("lesson", "2", "--reveal"),
    ("check", "checkout"),
    ("scenarios", "copy", "checkout"),
    ("schema",),
    (*VARIED, "--jobs", "2"),
)
FILES = ("run.json", "run.html", "sweep.csv", "checkout.yaml")


def told(*arguments: str) -> list[object]:
    """The exit code of a command, and what it says on standard output and standard error."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return [code, *(stream.buffer.getvalue().decode() for stream in (out, err))]


def everything() -> dict[str, object]:
    """All of it, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        scenarios = {name: told("run", name, "--json") for name in bundled.names()}
        commands = {" ".join(words): told(*words) for words in COMMANDS}
        files = {name: Path(name).read_bytes().decode() for name in FILES if Path(name).exists()}
        os.chdir("/")
    return {"scenarios": scenarios, "commands": commands, "files": files}


if __name__ == "__main__":  # the processes of --jobs import this, too
    os.environ["COLUMNS"] = "100"
    sys.stdout.write(json.dumps(everything()))

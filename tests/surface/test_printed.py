"""Names of files reach a terminal only as escapes, wherever they are printed, and a command can be pasted."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from surface.processes import environment, syncasync
from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.printed import command
from syncasync_sim.command_line import quoted

ROOT = Path(__file__).parents[2]
ODD = "d\x1b[31m\u202e"
SHOWN = r"d\x1b[31m\u202e"
SWEEP = ("sweep", "checkout", "--vary", "workers.count=1..2")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("run", f"{ODD}/s.yaml", "-o", f"{ODD}/charts", "--trace", f"{ODD}/t.json"),
    ("run", "checkout", "--no-charts", "--trace", f"{ODD}.txt"),
    ("run", ODD),
    ("run", f"{ODD}/t.json", "--seed", "3"),
    ("run", "checkout", "--set", f"{ODD}=3"),
    (f"--{ODD}",),
    (ODD,),
    ("run", f"--{ODD}"),
    ("run", "checkout", ODD),
    ("check", f"{ODD}/s.yaml", f"{ODD}/bad.yaml", f"{ODD}/none.yaml"),
    ("brokers", f"{ODD}/s.yaml"),
    ("export", f"{ODD}/s.yaml", "-o", f"{ODD}/p.html"),
    ("export", f"{ODD}/s.yaml", "-o", f"{ODD}/p.html"),  # it is there
    (*SWEEP, "-o", f"{ODD}/charts", "--csv", f"{ODD}/s.csv"),
    (*SWEEP, "--no-charts", "--csv", f"{ODD}/s.csv"),  # it is there
    ("size", f"{ODD}/s.yaml", "--vary", "workers.count=1..2", "--target", "async.completion_time_s.max < 9s"),
    ("scenarios", "copy", "checkout", ODD),
    ("scenarios", "copy", "checkout", f"{ODD}/none"),
    ("lesson", "handout", "1", "-o", f"{ODD}/h.html"),
    ("lesson", "handout", "1", "-o", f"{ODD}.txt"),
    ("lesson", f"{ODD}/none.yaml"),
    ("replay", f"{ODD}/t.json"),
    ("replay", f"{ODD}/r.json", "-o", f"{ODD}/charts"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("odd")
    inside = made / ODD
    inside.mkdir()
    (inside / "s.yaml").write_bytes((ROOT / "scenarios" / "checkout.yaml").read_bytes())
    (inside / "bad.yaml").write_text("steps: 3\n")
    recorded = next((ROOT / "docs" / "live-runs").glob("*.json"))
    (inside / "r.json").write_bytes(recorded.read_bytes())
    return made


def on_a_terminal(arguments: tuple[str, ...], folder: Path) -> bytes:
    """All that a terminal is sent, standard error too: into a pipe Typer leaves escapes out by itself."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "syncasync_sim", *arguments],
        cwd=folder,
        env=environment(NO_COLOR="1", COLUMNS="200"),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    sent = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            sent += os.read(ours, 65536)
        except OSError:  # the program has closed its end
            break
    os.close(ours)
    assert program.wait(60) in (exit_codes.DONE, exit_codes.NOT_FINISHED, exit_codes.BAD_REQUEST), sent
    return sent


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments)[:40])
def test_no_name_is_obeyed(arguments: tuple[str, ...], folder: Path) -> None:
    sent = on_a_terminal(arguments, folder)
    assert b"\x1b[31m" not in sent
    assert "\u202e" not in sent.decode()
    assert SHOWN in sent.decode()


@pytest.mark.parametrize("word", ["plain", "two words", "it's", ODD, "a\nb\t'\\", "caf\udce9", "\U000e0001"])
def test_a_command_can_be_pasted_into_a_shell(word: str) -> None:
    assert quoted(word).isprintable()
    read = subprocess.run(
        ["bash", "-c", f"printf %s {quoted(word)}"], env=environment(), capture_output=True, check=True
    )
    assert os.fsdecode(read.stdout) == word


def test_a_plain_command_is_quoted_as_ever() -> None:
    assert command("run", "my file.yaml", "--set", "a=1") == "syncasync-sim run 'my file.yaml' --set a=1"


def test_what_is_next_can_be_pasted(folder: Path) -> None:
    told = syncasync("scenarios", "copy", "checkout", ODD, folder=folder)
    if told.returncode:  # the other test was first
        (folder / ODD / "checkout.yaml").unlink()
        told = syncasync("scenarios", "copy", "checkout", ODD, folder=folder)
    line = told.stderr.removeprefix("Next: syncasync-sim ").strip()
    pasted = f"{sys.executable} -m syncasync_sim {line} --no-charts"
    done = subprocess.run(
        ["bash", "-c", pasted], cwd=folder, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == exit_codes.DONE, done.stderr

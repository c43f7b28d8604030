"""What is typed before it was asked for answers nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from surface.processes import environment
from surface.screen import Screen

RUN_THEN_ASK = """
import pathlib, sys, time
from syncasync_sim.cli.keyboard import forget, unheard
with unheard(sys.stdin):
    print("running", flush=True)
    while not pathlib.Path("finished").exists():
        time.sleep(0.01)
forget(sys.stdin)
print("answered", repr(input("ask > ")))
"""


def test_keys_typed_during_a_run_are_neither_shown_nor_kept(tmp_path: Path) -> None:
    screen = Screen(folder=tmp_path, program=("-c", RUN_THEN_ASK))
    screen.read_until(lambda: "running" in screen.seen)
    screen.child.sendline("early")
    (tmp_path / "finished").touch()
    screen.read_until(lambda: screen.text.endswith("ask >"))
    screen.child.sendline("late")
    assert screen.to_the_end() == 0
    assert "answered 'late'" in screen.text
    assert "early" not in screen.seen
    assert "ask > late" in screen.text, "what is typed at the question is shown again"


def test_lines_from_a_pipe_are_all_kept(tmp_path: Path) -> None:
    (tmp_path / "finished").touch()
    done = subprocess.run(
        [sys.executable, "-c", RUN_THEN_ASK],
        input="early\nlate\n",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        check=True,
    )
    assert done.stdout.endswith("answered 'early'\n")


def test_without_termios_nothing_is_done(tmp_path: Path) -> None:
    (tmp_path / "finished").touch()
    without = "import sys; sys.modules['termios'] = None\n" + RUN_THEN_ASK
    screen = Screen(folder=tmp_path, program=("-c", without))
    screen.read_until(lambda: screen.text.endswith("ask >"))
    screen.child.sendline("late")
    assert screen.to_the_end() == 0
    assert "answered 'late'" in screen.text

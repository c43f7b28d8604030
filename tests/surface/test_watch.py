"""`watch` on a real screen: keys, sizes, and the terminal as it was afterwards, however it ends."""

from __future__ import annotations

import re
import signal
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from surface.processes import syncasync
from surface.screen import Screen
from surface.test_terminal import colours
from syncasync_sim import ScenarioError
from syncasync_sim.cli import keyboard, watch
from syncasync_sim.cli.app import app
from syncasync_sim.cli.keyboard import decoded

LEFT, RIGHT, HOME, END = "\x1b[D", "\x1b[C", "\x1b[H", "\x1b[F"
ALTERNATE, ORDINARY, SHOWN = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
BREAKS = """
import sys
from syncasync_sim.replay import terminal_frame as module
made, whole = [], module.frame
def breaking(*args, **more):
    made.append(1)
    return 1 / 0 if len(made) > 2 else whole(*args, **more)
module.frame = breaking
from syncasync_sim.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def watching(*arguments: str, folder: Path, columns: int = 80, lines: int = 24, **more: Any) -> Screen:
    """The program with a picture on the screen, and how the terminal was before."""
    screen = Screen("watch", *arguments, folder=folder, columns=columns, lines=lines, **more)
    screen.read_until(lambda: "q: quit" in screen.text)
    return screen


def press(screen: Screen, *keys: str, until: str) -> None:
    for key in keys:
        screen.child.send(key)
    screen.read_until(lambda: re.search(until, screen.text) is not None)


def is_as_before(screen: Screen) -> bool:
    """Whether the ordinary screen is back, with a cursor, an echo and whole lines."""
    flags = termios.tcgetattr(screen.child.child_fd)[3]
    special = termios.tcgetattr(screen.child.child_fd)[6]
    return (
        screen.seen.rfind(ORDINARY) > screen.seen.rfind(ALTERNATE) >= 0
        and screen.seen.rfind(SHOWN) > screen.seen.rfind("\x1b[?25l") >= 0
        and bool(flags & termios.ECHO and flags & termios.ICANON)
        and special[termios.VSUSP] == b"\x1a"
    )


def left(screen: Screen) -> int:
    """Let it end; the exit code, after a look at the terminal, which is gone with the program's end."""
    screen.read_until(lambda: ORDINARY in screen.seen and SHOWN in screen.seen)
    screen.read_until(lambda: is_as_before(screen) or not screen.child.isalive())
    assert is_as_before(screen)
    return screen.to_the_end()


def test_it_plays_by_itself_to_the_end_and_shows_the_clocks(tmp_path: Path) -> None:
    screen = watching("checkout", "--speed", "20", folder=tmp_path)
    screen.read_until(lambda: "The end" in screen.text)
    assert "customer waits  2.55 s  1.05 s  -1.50 s  2.4x as fast" in screen.text
    assert screen.text.endswith(
        "The end   space: again   left, right: event   q: quit   + -: speed   Home, End"
    )
    press(screen, *"---------", " ", until=r"Playing, speed 0\.05 ")
    screen.child.send("q")
    assert left(screen) == 0


def test_keys_go_from_event_to_event_and_to_the_ends(tmp_path: Path) -> None:
    screen = watching("checkout", "--t", "0.5", folder=tmp_path)
    assert "Paused, speed 0.1" in screen.text
    press(screen, RIGHT, until="1.00 s ━")
    assert "1.00 s  sync   thread 1, customer 1: save order" in screen.text
    press(screen, LEFT, LEFT, until="0.00 s │")
    press(screen, END, until="The end")
    press(screen, HOME, until="0.00 s │")
    press(screen, "+", "+", until="Paused, speed 0.5 ")
    press(screen, "-", until="Paused, speed 0.25 ")
    press(screen, " ", until="Playing, speed 0.25 ")
    press(screen, " ", until="Paused, speed 0.25 ")
    press(screen, "\x1b[1;2C", until="space: play")
    screen.child.send("q")
    assert left(screen) == 0


@pytest.mark.parametrize("playing", [True, False])
def test_ctrl_c_leaves(playing: bool, tmp_path: Path) -> None:
    screen = watching("worker-crash", *([] if playing else ["--t", "5"]), folder=tmp_path)
    screen.child.sendintr()
    assert left(screen) == 130
    assert "Traceback" not in screen.seen


def test_told_to_end_it_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    screen = watching("worker-crash", folder=tmp_path)
    screen.child.kill(signal.SIGTERM)
    assert left(screen) == 143
    assert "Traceback" not in screen.seen


def test_a_bug_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    screen = Screen("watch", "worker-crash", folder=tmp_path, lines=24, program=["-c", BREAKS])
    assert left(screen) == 70
    assert "a bug: ZeroDivisionError" in screen.text


def test_ctrl_z_does_not_leave_half_a_screen_behind(tmp_path: Path) -> None:
    screen = watching("checkout", "--t", "0", folder=tmp_path)
    press(screen, "\x1a", "\x1c", RIGHT, until="0.20 s ━")
    screen.child.send("q")
    assert left(screen) == 0


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (100, 30), (200, 50)])
def test_the_picture_fills_the_screen(columns: int, lines: int, tmp_path: Path) -> None:
    screen = watching("traffic-spike", "--t", "40", folder=tmp_path, columns=columns, lines=lines)
    shown = screen.text.splitlines()
    assert shown[0] == "A spike of traffic"
    assert len(shown) == lines
    assert shown[-1].startswith("Paused")


def test_another_size_is_noticed(tmp_path: Path) -> None:
    screen = watching("checkout", "--t", "1", folder=tmp_path, columns=100, lines=30)
    screen.child.setwinsize(10, 50)
    screen.screen.resize(10, 50)
    screen.read_until(lambda: "The picture needs 60 columns" in screen.text)
    screen.child.send("q")
    assert left(screen) == 0


def test_no_color_and_poor_terminals(tmp_path: Path) -> None:
    screen = watching("worker-crash", "--t", "5", folder=tmp_path)
    assert len(colours(screen.screen)) >= 2
    plain = watching("worker-crash", "--t", "5", folder=tmp_path, NO_COLOR="1")
    assert colours(plain.screen) == set()
    poor = watching("worker-crash", "--t", "5", folder=tmp_path, PYTHONIOENCODING="ascii")
    assert poor.text.isascii()
    assert "2: #5 send email        ###.." in poor.text
    for shown in (screen, plain, poor):
        shown.child.send("q")
        assert left(shown) == 0


# without a terminal


def test_a_dumb_terminal_gets_the_last_picture(tmp_path: Path) -> None:
    screen = Screen("watch", "checkout", folder=tmp_path, TERM="dumb")
    assert screen.to_the_end() == 0
    assert "customer waits  2.55 s" in screen.text
    assert "\x1b" not in screen.seen


def test_a_pipe_gets_the_last_picture_or_the_one_asked_for() -> None:
    last = syncasync("watch", "worker-crash")
    assert (last.returncode, last.stderr) == (0, "")
    assert "all work done, max   2.55 s  34.05 s" in last.stdout
    assert "q: quit" not in last.stdout
    at = syncasync("watch", "worker-crash", "--t", "5").stdout
    assert "1: dead" in at
    assert "all work done" not in at
    narrow = syncasync("watch", "worker-crash", COLUMNS="40")
    assert "The picture needs 60 columns" in narrow.stdout


def sim(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments), prog_name="syncasync-sim")


def test_a_recorded_run_gives_the_same_picture(tmp_path: Path) -> None:
    file = str(tmp_path / "run.json")
    sim("run", "worker-crash", "--seed", "3", "--json", "--trace", file)
    told = sim("watch", file, "--t", "5").stdout
    assert told == sim("watch", "worker-crash", "--seed", "3", "--t", "5").stdout
    assert "dead" in told


def test_too_many_customers_are_refused_with_a_cure(tmp_path: Path) -> None:
    result = sim("watch", "checkout", "--set", "traffic.requests=2001")
    assert isinstance(result.exception, ScenarioError)
    assert str(result.exception) == (
        "checkout: 2,001 customers are too many for a replay, which shows 2,000\n"
        "  = --set traffic.requests=2000"
    )
    file = str(tmp_path / "run.json")
    sim("run", "checkout", "--set", "traffic.requests=2001", "--json", "--trace", file)
    assert str(sim("watch", file).exception) == (
        f"{file}: 2,001 customers are too many for a replay, which shows 2,000\n"
        f"  = syncasync-sim export {file}  shows the first 500"
    )
    assert sim("export", file, "-o", str(tmp_path / "page.html")).exit_code == 0
    assert sim("watch", "overload").exit_code == 0


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--speed", "0.02", "0.02 is out of range: choose 0.05 to 20."),
        ("--speed", "fast", "'fast' is not a number."),
        ("--speed", "nan", "nan is out of range"),
        ("--t", "-1", "-1 is out of range"),
        ("--t", "20s", "'20s' is not a number."),
    ],
)
def test_odd_numbers_are_refused_in_words(option: str, value: str, told: str) -> None:
    result = sim("watch", "checkout", option, value)
    assert result.exit_code == 2
    assert told in result.stderr


def test_where_there_are_no_keys_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    class Console:
        is_terminal, is_dumb_terminal, legacy_windows = True, False, False

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(keyboard, "system", lambda: None)
    printed: list[str] = []
    monkeypatch.setattr(watch, "print", lambda text, **_: printed.append(text), raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    keys = watch._keys(Console())  # type: ignore[arg-type]
    monkeypatch.undo()
    assert keys is None
    assert printed == ["There are no single keys on this system: this is the last picture."]


@pytest.mark.parametrize(
    ("typed", "keys", "rest"),
    [
        (b" q+-=", ["space", "q", "+", "-", "+"], b""),
        (b"\x1b[D\x1bOC", ["left", "right"], b""),
        (b"\x1b[1;2C\x1b[1;2D\x1b[1~\x1b[8~", ["shift-right", "shift-left", "home", "end"], b""),
        (b"\x1b[A\x1b[5~xyz\xc3\xa4", [], b""),
        (b"\x1b", [], b"\x1b"),
        (b"q\x1b[1;", ["q"], b"\x1b[1;"),
        (b"\x1b\x1b[D", ["left"], b""),
    ],
)
def test_keys_are_told_from_what_terminals_send(typed: bytes, keys: list[str], rest: bytes) -> None:
    assert decoded(typed) == (keys, rest)

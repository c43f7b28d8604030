"""The program on a real screen: a pseudo-terminal, read by a terminal emulator."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pyte
import pytest

from surface.processes import LONG
from surface.screen import Screen

TOP = Path(__file__).parents[2]
STOPPING = "Stopping; what is finished follows"


def colours(screen: pyte.Screen) -> set[str]:
    """The colours of what stands on the screen."""
    return {
        screen.buffer[y][x].fg
        for y in range(screen.lines)
        for x in range(screen.columns)
        if screen.buffer[y][x].data.strip()
    } - {"default"}


def test_a_terminal_has_colours_and_no_bar_for_a_short_run(tmp_path: Path) -> None:
    screen = Screen("run", "checkout", "--no-charts", folder=tmp_path)
    assert screen.to_the_end() == 0
    assert len(colours(screen.screen)) >= 2
    assert "Running" not in screen.seen
    assert screen.text.endswith("Next: syncasync-sim explain checkout 1")


def test_the_one_sentence_is_wrapped_between_words(tmp_path: Path) -> None:
    screen = Screen("run", "checkout", "-q", "--no-charts", folder=tmp_path)
    assert screen.to_the_end() == 0
    assert screen.text.splitlines()[:2] == [
        "The customer waits 1.05 s instead of 2.55 s (1.50 s less, 59 %). All work is",
        "done after 2.55 s in both: asynchronous is not faster, the customer just does",
    ]


def test_no_color_has_none(tmp_path: Path) -> None:
    screen = Screen("run", "checkout", "--no-charts", folder=tmp_path, NO_COLOR="1")
    assert screen.to_the_end() == 0
    assert colours(screen.screen) == set()


@pytest.mark.parametrize("columns", [40, 120])
def test_the_page_fits_the_screen(columns: int, tmp_path: Path) -> None:
    screen = Screen("run", "ten-orders", "--no-charts", folder=tmp_path, columns=columns)
    assert screen.to_the_end() == 0
    assert "16.05 s" in screen.text
    assert "…" not in screen.text


def test_a_long_run_has_a_bar_that_goes_and_ctrl_c_gives_what_there_is(tmp_path: Path) -> None:
    screen = Screen("run", *LONG, folder=tmp_path)
    screen.read_until(lambda: re.search(r"Running .* \d+%", screen.text) is not None)
    screen.child.sendintr()
    pressed = time.monotonic()
    screen.read_until(lambda: STOPPING in screen.text)
    assert time.monotonic() - pressed < 5
    assert screen.to_the_end() == 130
    assert "Running" not in screen.text
    assert "PARTIAL" in screen.text
    assert "customer waits" in screen.text.lower()
    assert "Charts" not in screen.text
    assert "Traceback" not in screen.seen
    assert not screen.screen.cursor.hidden
    assert list(tmp_path.iterdir()) == []


def test_cells_that_take_long_to_make_have_a_bar_and_can_be_stopped(tmp_path: Path) -> None:
    # Where a name is varied, each cell is read as a whole.
    varied = ("--vary", "workers.count=1..10000", "--vary", "steps[send email].name=mail")
    screen = Screen("sweep", "checkout", *varied, folder=tmp_path)
    screen.read_until(lambda: re.search(r"Checking values .* \d+%", screen.text) is not None)
    screen.child.sendintr()
    assert screen.to_the_end() == 130
    assert screen.text.strip() == "syncasync-sim: interrupted"
    assert "Traceback" not in screen.seen
    assert not screen.screen.cursor.hidden


def test_ctrl_c_twice_ends_at_once(tmp_path: Path) -> None:
    screen = Screen("run", *LONG, folder=tmp_path)
    screen.read_until(lambda: "Running" in screen.text)
    screen.child.sendintr()
    screen.read_until(lambda: STOPPING in screen.text)
    screen.child.sendintr()
    pressed = time.monotonic()
    assert screen.to_the_end() == 130
    assert time.monotonic() - pressed < 5
    assert "PARTIAL" not in screen.text
    assert "Traceback" not in screen.seen
    assert not screen.screen.cursor.hidden


def test_a_bar_leaves_no_trace(tmp_path: Path) -> None:
    many = ("--set", "traffic.requests=120000", "--set", "server.backlog=1000000")
    screen = Screen("run", "ten-orders", *many, "--no-charts", folder=tmp_path)
    assert screen.to_the_end() == 0
    assert "Running" in screen.seen
    assert "Running" not in screen.text
    assert not screen.screen.cursor.hidden


def test_fit_and_validate_fit_on_a_screen_of_80_by_24(tmp_path: Path) -> None:
    made = subprocess.run([sys.executable, TOP / "docs/own-log/make_log.py"], capture_output=True, check=True)
    (tmp_path / "access.log").write_bytes(made.stdout)
    words = ("fit", "access.log", "-o", "mine.yaml", "--move", "send email=50%")
    screen = Screen(*words, folder=tmp_path, lines=24)
    assert screen.to_the_end() == 0
    assert screen.text.startswith("access.log: 3,000 requests (nginx)")
    assert "on the queue: 50% of 'handle request'" in screen.text
    screen = Screen("validate", "mine.yaml", "access.log", "--mode", "sync", folder=tmp_path, lines=24)
    assert screen.to_the_end() == 0
    assert re.search(
        r"^mean +691\.5 ms +[\d.]+ ms ± [\d.]+ ms +[\d.]+ ms ± [\d.]+ ms$", screen.text, re.MULTILINE
    )
    assert screen.text.endswith("All simulated: The scenario as a whole gives the times of the log.")

"""The program on a real screen: a pseudo-terminal, read by a terminal emulator."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pexpect
import pyte
import pytest

from surface.processes import LONG, environment

COLUMNS, LINES = 80, 60
STOPPING = "Stopping; what is finished follows"


class Screen:
    """A terminal in which the program runs; `seen` is everything it ever wrote."""

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        columns: int = COLUMNS,
        lines: int = LINES,
        program: Sequence[str] = ("-m", "syncasync_sim"),
        **more: str,
    ) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            [*program, *arguments],
            cwd=str(folder),
            env=environment(**more),
            dimensions=(lines, columns),
            encoding="utf-8",
            timeout=30,
        )
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self.screen)
        self.seen = ""

    def read_until(self, condition: Callable[[], bool]) -> None:
        """Let the program write until *condition* holds; at its end it has to."""
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, self.text
            try:
                written = self.child.read_nonblocking(4096, timeout=1)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                assert condition(), self.text
                return
            self.seen += written
            self._stream.feed(written)

    def to_the_end(self) -> int:
        """Let the program finish; its exit code."""
        self.read_until(lambda: not self.child.isalive() and self._is_empty())
        self.child.close()
        return int(self.child.exitstatus)

    def _is_empty(self) -> bool:
        try:
            written = self.child.read_nonblocking(65536, timeout=0.2)
        except (pexpect.EOF, pexpect.TIMEOUT):
            return True
        self.seen += written
        self._stream.feed(written)
        return False

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()


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
    screen = Screen("run", "ten-orders", "--set", "traffic.requests=120000", "--no-charts", folder=tmp_path)
    assert screen.to_the_end() == 0
    assert "Running" in screen.seen
    assert "Running" not in screen.text
    assert not screen.screen.cursor.hidden

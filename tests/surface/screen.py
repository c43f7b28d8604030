"""A pseudo-terminal in which the program runs, read by a terminal emulator."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyte
import pytest

from surface.processes import environment

pytest.importorskip("termios", reason="pseudo-terminals are only where termios is")
import pexpect


class Screen:
    """A terminal in which the program runs; `seen` is everything it ever wrote."""

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        columns: int = 80,
        lines: int = 60,
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

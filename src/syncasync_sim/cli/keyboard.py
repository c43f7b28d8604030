"""The keys of a terminal: one by one for a picture that moves, and unheard while nothing was asked.

Where there is neither termios (POSIX) nor msvcrt (Windows), there are no single keys, and all is heard.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

_KEY = re.compile(rb"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^\x1b]")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;]*|O)?$")
_NAMES = {
    **{b" ": "space", b"+": "+", b"=": "+", b"-": "-", b"q": "q", b"Q": "q"},
    **{b"\x1b[D": "left", b"\x1bOD": "left", b"\x1b[C": "right", b"\x1bOC": "right"},
    **{b"\x1b[1;2D": "shift-left", b"\x1b[1;2C": "shift-right"},
    **{b"\x1b[H": "home", b"\x1bOH": "home", b"\x1b[1~": "home", b"\x1b[7~": "home"},
    **{b"\x1b[F": "end", b"\x1bOF": "end", b"\x1b[4~": "end", b"\x1b[8~": "end"},
}


class System(Protocol):
    """What an operating system can do with the terminal of a file descriptor: a module for each."""

    def single_keys(self, descriptor: int) -> AbstractContextManager[None]:
        """Read keys one by one and without echo inside the block; the terminal is restored after it."""

    def typed(self, descriptor: int, patience_s: float) -> bytes:
        """Read the keys typed so far, and wait for the first one.

        Args:
            descriptor: the file descriptor of the terminal.
            patience_s: the longest wait, in seconds.

        Raises:
            EOFError: the terminal is gone.
        """

    def unheard(self, descriptor: int) -> AbstractContextManager[None]:
        """Neither show nor keep the keys typed inside the block."""

    def forget(self, descriptor: int) -> None:
        """Discard the keys typed so far."""


def system() -> System | None:
    """The keyboard functions of this computer; None for an unknown system."""
    try:
        from syncasync_sim.cli import keyboard_posix
    except ImportError:
        pass
    else:
        return keyboard_posix
    try:
        from syncasync_sim.cli import keyboard_windows
    except ImportError:
        return None
    return keyboard_windows


def decoded(typed: bytes) -> tuple[list[str], bytes]:
    """Return the keys in the bytes typed, and the rest, which begins an unfinished key."""
    unfinished = _UNFINISHED.search(typed)
    rest = unfinished.group() if unfinished else b""
    sequences = _KEY.findall(typed.removesuffix(rest))
    return [_NAMES[key] for key in sequences if key in _NAMES], rest


class Keyboard:
    """The keys of a terminal."""

    def __init__(self, here: System, descriptor: int) -> None:
        self._here, self._descriptor, self._rest = here, descriptor, b""

    def keys(self, patience_s: float) -> list[str]:
        """Return the keys pressed so far, after waiting for the first one.

        Args:
            patience_s: the longest wait, in seconds.

        Raises:
            EOFError: the terminal is gone.
        """
        typed = self._here.typed(self._descriptor, patience_s)
        if not typed:
            self._rest = b""  # an Escape by itself is no key of ours
            return []
        names, self._rest = decoded(self._rest + typed)
        return names


@contextlib.contextmanager
def keyboard(here: System, descriptor: int) -> Iterator[Keyboard]:
    """Yield a keyboard that reads keys one by one and without echo; the terminal is restored after it.

    Args:
        here: the keyboard functions of this computer.
        descriptor: the file descriptor of the terminal.
    """
    with here.single_keys(descriptor):
        yield Keyboard(here, descriptor)


def forget(stream: Any) -> None:
    """Discard the keys typed so far at a terminal; another stream keeps its content."""
    here = system()
    if here is not None and is_terminal(stream):
        here.forget(stream.fileno())


@contextlib.contextmanager
def unheard(stream: Any) -> Iterator[None]:
    """Neither show nor keep the keys typed at a terminal inside the block; Ctrl-C still interrupts."""
    here = system()
    if here is None or not is_terminal(stream):
        yield
        return
    with here.unheard(stream.fileno()):
        yield


def is_terminal(stream: Any) -> bool:
    """Whether a stream is an open terminal."""
    return stream is not None and bool(stream.isatty())

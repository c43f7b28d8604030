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
        """Meanwhile keys come one by one and unseen; afterwards all is as it was, however this ends."""

    def typed(self, descriptor: int, patience_s: float) -> bytes:
        """What was typed by now, waiting so long for the first key. Raises EOFError when it is gone."""

    def unheard(self, descriptor: int) -> AbstractContextManager[None]:
        """What is typed meanwhile is neither shown nor kept."""

    def forget(self, descriptor: int) -> None:
        """Throw away what was typed so far."""


def system() -> System | None:
    """That of this computer; None: it has no keyboard that we know."""
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
    """The keys in what was *typed*, and the beginning of one that has not come whole yet."""
    unfinished = _UNFINISHED.search(typed)
    rest = unfinished.group() if unfinished else b""
    found = _KEY.findall(typed.removesuffix(rest))
    return [_NAMES[key] for key in found if key in _NAMES], rest


class Keyboard:
    """The keys of a terminal."""

    def __init__(self, here: System, descriptor: int) -> None:
        self._here, self._descriptor, self._rest = here, descriptor, b""

    def keys(self, patience_s: float) -> list[str]:
        """Those pressed by now, waiting so long for the first. Raises EOFError when the terminal is gone."""
        typed = self._here.typed(self._descriptor, patience_s)
        if not typed:
            self._rest = b""  # an Escape by itself is no key of ours
            return []
        found, self._rest = decoded(self._rest + typed)
        return found


@contextlib.contextmanager
def keyboard(here: System, descriptor: int) -> Iterator[Keyboard]:
    """Keys one by one and unseen; the terminal is afterwards as it was before, however this ends."""
    with here.single_keys(descriptor):
        yield Keyboard(here, descriptor)


def forget(stream: Any) -> None:
    """Throw away what was typed so far at the terminal *stream*; anything else keeps what is in it."""
    here = system()
    if here is not None and is_terminal(stream):
        here.forget(stream.fileno())


@contextlib.contextmanager
def unheard(stream: Any) -> Iterator[None]:
    """While something runs, what is typed at the terminal *stream* is neither shown nor kept.

    Ctrl-C still interrupts.
    """
    here = system()
    if here is None or not is_terminal(stream):
        yield
        return
    with here.unheard(stream.fileno()):
        yield


def is_terminal(stream: Any) -> bool:
    """Whether somebody types or reads there; a closed stream is none."""
    return stream is not None and bool(stream.isatty())

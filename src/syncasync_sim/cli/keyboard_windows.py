"""The keyboard of a console on Windows, by msvcrt: what `keyboard.System` says.

A console shows a key only where a line is read, so there is nothing to switch off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import import_module
from time import monotonic, sleep
from typing import Any

_console: Any = import_module("msvcrt")
LOOK_S = 0.01
"""So often it is looked for a key: there is nothing to wait on."""
_SPECIAL = {
    **{"K": b"\x1b[D", "M": b"\x1b[C", "G": b"\x1b[H", "O": b"\x1b[F"},
    **{"s": b"\x1b[1;2D", "t": b"\x1b[1;2C"},
}
"""Left, right, Home and End, as a terminal sends them. Shift is not told there: Ctrl stands for it."""


@contextlib.contextmanager
def single_keys(descriptor: int) -> Iterator[None]:
    """Read keys one by one and without echo inside the block; Ctrl-C still interrupts."""
    del descriptor
    yield


def typed(descriptor: int, patience_s: float) -> bytes:
    """Read the keys typed so far, and wait for the first one.

    Args:
        descriptor: the file descriptor of the terminal, which is not needed here.
        patience_s: the longest wait, in seconds.
    """
    del descriptor
    until_s = monotonic() + patience_s
    while not _console.kbhit():
        left_s = until_s - monotonic()
        if left_s <= 0:
            return b""
        sleep(min(left_s, LOOK_S))
    got = b""
    while _console.kbhit():
        got += _key()
    return got


def _key() -> bytes:
    character: str = _console.getwch()
    if character == "\x03":  # Ctrl-C, while a key is being read
        raise KeyboardInterrupt
    if character == "\0" or (character == "\xe0" and _console.kbhit()):  # with nothing behind it: an a grave
        return _SPECIAL.get(_console.getwch(), b"")
    return character.encode("utf-8", "replace")


@contextlib.contextmanager
def unheard(descriptor: int) -> Iterator[None]:
    """Neither show nor keep the keys typed inside the block."""
    try:
        yield
    finally:
        forget(descriptor)


def forget(descriptor: int) -> None:
    """Discard the keys typed so far."""
    del descriptor
    while _console.kbhit():
        _console.getwch()

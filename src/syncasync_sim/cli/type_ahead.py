"""What is typed before it was asked for: it answers no question and spoils no progress bar.

Where there is no termios, all this does nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

try:
    import termios
except ImportError:
    HAS_TERMIOS = False
else:
    HAS_TERMIOS = True


def forget(stream: Any) -> None:
    """Throw away what was typed so far at the terminal *stream*; anything else keeps what is in it."""
    if HAS_TERMIOS and is_terminal(stream):
        with contextlib.suppress(termios.error):  # the terminal is gone: reading from it will tell
            termios.tcflush(stream.fileno(), termios.TCIFLUSH)


@contextlib.contextmanager
def unheard(stream: Any) -> Iterator[None]:
    """While something runs, what is typed at the terminal *stream* is neither shown nor kept.

    Ctrl-C still interrupts.
    """
    if not (HAS_TERMIOS and is_terminal(stream)):
        yield
        return
    descriptor = stream.fileno()
    before = termios.tcgetattr(descriptor)
    silent = termios.tcgetattr(descriptor)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSANOW, silent)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def is_terminal(stream: Any) -> bool:
    """Whether somebody types or reads there; a closed stream is none."""
    return stream is not None and bool(stream.isatty())

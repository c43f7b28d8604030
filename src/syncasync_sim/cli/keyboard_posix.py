"""The keyboard of a POSIX terminal, by termios: what `keyboard.System` says."""

from __future__ import annotations

import contextlib
import os
import select
import termios
from collections.abc import Iterator


@contextlib.contextmanager
def single_keys(descriptor: int) -> Iterator[None]:
    r"""Read keys one by one and without echo inside the block.

    Ctrl-C still interrupts. Ctrl-Z and Ctrl-\ do nothing: the shell would get a screen that is not its own.
    """
    before = termios.tcgetattr(descriptor)
    single = termios.tcgetattr(descriptor)
    single[3] &= ~(termios.ECHO | termios.ICANON)
    for number in (termios.VSUSP, termios.VQUIT):
        single[6][number] = os.fpathconf(descriptor, "PC_VDISABLE").to_bytes(1, "little")
    try:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, single)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def typed(descriptor: int, patience_s: float) -> bytes:
    """Read the keys typed so far, and wait for the first one.

    Args:
        descriptor: the file descriptor of the terminal.
        patience_s: the longest wait, in seconds.

    Raises:
        EOFError: the terminal is gone.
    """
    ready, _, _ = select.select([descriptor], [], [], patience_s)
    if not ready:
        return b""
    got = os.read(descriptor, 1024)
    if not got:
        raise EOFError("the terminal is gone")
    return got


@contextlib.contextmanager
def unheard(descriptor: int) -> Iterator[None]:
    """Neither show nor keep the keys typed inside the block."""
    before = termios.tcgetattr(descriptor)
    silent = termios.tcgetattr(descriptor)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSANOW, silent)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def forget(descriptor: int) -> None:
    """Discard the keys typed so far."""
    with contextlib.suppress(termios.error):  # the terminal is gone: reading from it will tell
        termios.tcflush(descriptor, termios.TCIFLUSH)

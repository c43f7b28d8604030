"""Single keys from a terminal, which is afterwards as it was before. POSIX only: elsewhere is no termios."""

from __future__ import annotations

import contextlib
import os
import re
import select
import termios
from collections.abc import Iterator

_KEY = re.compile(rb"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^\x1b]")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;]*|O)?$")
_NAMES = {
    **{b" ": "space", b"+": "+", b"=": "+", b"-": "-", b"q": "q", b"Q": "q"},
    **{b"\x1b[D": "left", b"\x1bOD": "left", b"\x1b[C": "right", b"\x1bOC": "right"},
    **{b"\x1b[1;2D": "shift-left", b"\x1b[1;2C": "shift-right"},
    **{b"\x1b[H": "home", b"\x1bOH": "home", b"\x1b[1~": "home", b"\x1b[7~": "home"},
    **{b"\x1b[F": "end", b"\x1bOF": "end", b"\x1b[4~": "end", b"\x1b[8~": "end"},
}


def decoded(typed: bytes) -> tuple[list[str], bytes]:
    """The keys in what was *typed*, and the beginning of one that has not come whole yet."""
    unfinished = _UNFINISHED.search(typed)
    rest = unfinished.group() if unfinished else b""
    found = _KEY.findall(typed.removesuffix(rest))
    return [_NAMES[key] for key in found if key in _NAMES], rest


class Keyboard:
    """The keys of a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._rest = descriptor, b""

    def keys(self, patience_s: float) -> list[str]:
        """Those pressed by now, waiting so long for the first. Raises EOFError when the terminal is gone."""
        ready, _, _ = select.select([self._descriptor], [], [], patience_s)
        if not ready:
            self._rest = b""  # an Escape by itself is no key of ours
            return []
        typed = os.read(self._descriptor, 1024)
        if not typed:
            raise EOFError("the terminal is gone")
        found, self._rest = decoded(self._rest + typed)
        return found


@contextlib.contextmanager
def keyboard(descriptor: int) -> Iterator[Keyboard]:
    """Keys one by one and unseen; as it was before, however this ends.

    Ctrl-C still interrupts. Ctrl-Z and Ctrl-\\ do nothing: the shell would get a screen that is not its own.
    """
    before = termios.tcgetattr(descriptor)
    single = termios.tcgetattr(descriptor)
    single[3] &= ~(termios.ECHO | termios.ICANON)
    for number in (termios.VSUSP, termios.VQUIT):
        single[6][number] = os.fpathconf(descriptor, "PC_VDISABLE").to_bytes(1, "little")
    try:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, single)
        yield Keyboard(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)

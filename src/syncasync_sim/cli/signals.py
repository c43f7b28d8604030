"""Ctrl-C and being told to end: no traceback, no half a file, and a partial result where there is one."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, NoReturn

from syncasync_sim.cli.exit_codes import INTERRUPTED, TERMINATED

_STDERR = 2
_ENDS = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""SIGHUP: the terminal was closed; with nohup it is ignored. SIGBREAK: Ctrl-Break, on Windows only."""
SAYS = "\nsyncasync-sim: interrupted\n"
NO_FILE = "\nsyncasync-sim: interrupted; nothing is written\n"
STOPPING = "\nStopping; what is finished follows. Ctrl-C again ends at once.\n"


def end_in_one_line() -> None:
    """Let Ctrl-C end the program at once, with one line; a signal that is ignored stays ignored."""
    if _is_ours(signal.SIGINT):
        signal.signal(signal.SIGINT, _end)
    for name in _ENDS:
        number = getattr(signal, name, None)
        if number is not None and _is_ours(number):
            signal.signal(number, _terminate)


def _is_ours(number: int) -> bool:
    return signal.getsignal(number) not in (signal.SIG_IGN, None)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End without going through what is being imported or read: an exception there could be swallowed."""
    del number, frame
    _say(SAYS)
    os._exit(INTERRUPTED)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    """End by way of everything that has to be put away first."""
    del number, frame
    _say(SAYS)
    raise KeyboardInterrupt


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    sys.exit(TERMINATED)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End without a word, by way of what has to be put away first."""
    del number, frame
    raise KeyboardInterrupt


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        os.write(_STDERR, text.encode())


@contextlib.contextmanager
def tidily() -> Iterator[None]:
    """Let Ctrl-C end the program inside the block without a partial file left behind."""
    with _handling(_unwind):
        yield


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Let Ctrl-C inside the block end the program without a message, as when the reader leaves a question."""
    with _handling(_leave):
        yield


@contextlib.contextmanager
def _handling(handler: Any) -> Iterator[None]:
    if not _is_ours(signal.SIGINT):
        yield
        return
    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def until_interrupted() -> Iterator[None]:
    """Let Ctrl-C end the block without an error: it is the way to stop a server."""
    with _handling(signal.default_int_handler), contextlib.suppress(KeyboardInterrupt):
        yield


class Stop:
    """While a run goes on: the first Ctrl-C asks it to stop, the second ends everything at once.

    *says* is the message to the user after the first.
    """

    def __init__(self, says: str = STOPPING) -> None:
        self.requested, self._says = False, says
        self.screen_is_taken = False
        """A progress bar is on the screen: it has to go before anything is said."""
        self._has_said = False
        self._handling = _handling(self._on_signal)

    def __enter__(self) -> Stop:
        self._handling.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handling.__exit__(kind, error, trace)

    def say(self) -> None:
        """Tell the user, once, that the wish to stop was noticed."""
        if self.requested and not self._has_said:
            self._has_said = True
            _say(self._says)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        if not self.screen_is_taken:
            self.say()

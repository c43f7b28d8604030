"""The clean-up of a run, which no signal breaks off: not Ctrl-C held down, nor a closed terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_ENDS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let signals that would end the program wait until the block is over.

    A signal that is ignored stays ignored. Outside the main thread nothing is done: no signal comes there.
    """
    came: list[int] = []
    before = {}
    if current_thread() is main_thread():
        heard = [number for number in _ENDS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
        before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for kept in came:
        signal.raise_signal(kept)

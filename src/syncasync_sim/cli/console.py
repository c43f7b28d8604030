"""Standard output and standard error when they are closed, full, or speak no UTF-8."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import select
import sys
from typing import Any

NARROWEST, WIDEST = 40, 400
"""Of the widths that COLUMNS may ask for, in characters."""


def prepare() -> None:
    """Make printing safe: what the stream cannot hold is written as `\\xe9`, a closed one eats all."""
    _check_width()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _check_width() -> None:
    """See that COLUMNS names a width in which a table can be read; 0, and what is no number, is none."""
    columns = os.environ.get("COLUMNS", "")
    if not (columns.isascii() and columns.isdecimal()) or not columns.strip("0"):
        os.environ.pop("COLUMNS", None)
        return
    few_digits = columns.lstrip("0")[:6]  # more would be too wide in any case
    os.environ["COLUMNS"] = str(min(WIDEST, max(NARROWEST, int(few_digits))))


def flush() -> None:
    """Write all buffered output.

    Raises:
        OSError: the output cannot be written; Python itself would only complain at exit.
    """
    sys.stdout.flush()
    sys.stderr.flush()


def reader_has_gone(error: OSError) -> bool:
    """Whether an error means that nobody reads the standard output or standard error any more.

    Where there is no `poll`, on Windows, a closed pipe is an invalid argument, and of no file.
    """
    if not hasattr(select, "poll"):
        return isinstance(error, BrokenPipeError) or (error.errno == errno.EINVAL and error.filename is None)
    if not isinstance(error, BrokenPipeError):
        return False
    poll = select.poll()
    poll.register(1, 0)
    poll.register(2, 0)
    return any(happened & select.POLLERR for _, happened in poll.poll(0))


def silence_broken() -> None:
    """Redirect a stream that cannot be written to the null device: at exit Python would complain again."""
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, number)
                os.close(nowhere)


def speaks_unicode() -> bool:
    """Whether standard output can hold every character."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")


def json_text(plain: Any) -> str:
    """JSON text for standard output; pure ASCII where that stream would not hold everything."""
    return json.dumps(plain, indent=2, ensure_ascii=not speaks_unicode(), allow_nan=False)

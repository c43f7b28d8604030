"""The exit codes, and which mistake has which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncasync_sim.cli import system_errors
from syncasync_sim.errors import (
    LiveError,
    LogError,
    RunTooLongError,
    ScenarioError,
    WorkersError,
    masked,
    safe,
    visible,
)

DONE = 0
NOT_FINISHED = 1
BAD_REQUEST = 2
CLAIM_MISSED = 3
BUG = 70
INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = NOT_FINISHED

MEANING = {
    DONE: "done",
    NOT_FINISHED: "could not finish",
    BAD_REQUEST: "mistake in the command or the scenario",
    CLAIM_MISSED: "an expectation missed, or a log unclear",
    BUG: "bug",
    INTERRUPTED: "Ctrl-C",
}
"""What the codes mean, in the help and the documentation (143, ended from outside, is the shell's own)."""


def describe(error: BaseException) -> tuple[int, str]:
    """Return the exit code of an error, and the message for the user."""
    for kind, code, message_of in _MESSAGES:
        if isinstance(error, kind):
            return code, safe(message_of(error))
    message = visible(masked(_first_line(error)))
    return BUG, _line(
        f"a bug: {type(error).__name__}: {message} (run again with SYNCASYNC_DEBUG=1 to see where)"
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no message"])[0]


def _line(text: str) -> str:
    return f"syncasync-sim: {text}"


_MESSAGES: tuple[tuple[type[BaseException], int, Callable[[Any], str]], ...] = (
    (ScenarioError, BAD_REQUEST, str),
    (LogError, BAD_REQUEST, str),
    (RunTooLongError, NOT_FINISHED, lambda error: _line(str(error))),
    (WorkersError, NOT_FINISHED, lambda error: _line(str(error))),
    (LiveError, NOT_FINISHED, lambda error: _line(str(error))),
    (OSError, NOT_FINISHED, lambda error: _line(system_errors.os_error_text(error))),
    (MemoryError, NOT_FINISHED, lambda _: _line("out of memory; try a shorter run or fewer customers")),
    (KeyboardInterrupt, INTERRUPTED, lambda _: ""),  # whoever caught the signal has said so
    (SystemExit, TERMINATED, lambda _: ""),
)

"""How a path and a command are printed: nothing in them may be obeyed by the terminal that shows them."""

from __future__ import annotations

import os

from syncasync_sim.command_line import command_line
from syncasync_sim.errors import visible

PROGRAM = "syncasync-sim"


def named(path: str | os.PathLike[str]) -> str:
    """A path in a sentence, with unprintable and control characters as escapes."""
    return visible(os.fspath(path))


def command(*words: str) -> str:
    """The command line that runs the program with these words, to be pasted into a shell."""
    return command_line([PROGRAM, *words])

"""How a path and a command are printed: nothing in them may be obeyed by the terminal that shows them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable

from syncasync_sim.errors import visible

PROGRAM = "syncasync-sim"


def named(path: str | os.PathLike[str]) -> str:
    """A path in a sentence: what a terminal would not print, or would obey, is written as an escape."""
    return visible(os.fspath(path))


def command(*words: str) -> str:
    """The command line that runs the program with *words*, to be pasted into a shell."""
    return " ".join([PROGRAM, *map(quoted, words)])


def quoted(word: str) -> str:
    """One word of a command line; with $'...', as bash and zsh read it, where it cannot be printed."""
    return shlex.quote(word) if word.isprintable() else f"$'{''.join(_escapes(word))}'"


def _escapes(word: str) -> Iterable[str]:
    for character in word:
        if "\udc80" <= character <= "\udcff":  # a byte of a file's name that is no text
            yield f"\\x{ord(character) - 0xDC00:02x}"
        elif character in "\\'":
            yield f"\\{character}"
        else:
            yield visible(character)

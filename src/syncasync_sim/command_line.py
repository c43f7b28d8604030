"""Commands that a user is to paste, quoted for the shell of this system."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable

from syncasync_sim.errors import visible

WINDOWS = os.name == "nt"
_PLAIN = re.compile(r"[\w.:=/\\+\[\]-]+", re.ASCII)
"""What neither cmd.exe nor PowerShell gives a meaning to."""


def command_line(words: Iterable[str]) -> str:
    """The words as one command, to be pasted."""
    return " ".join(quoted(word) for word in words)


def quoted(word: str) -> str:
    """One word of a command as this system's shell reads it: sh, or cmd.exe and PowerShell alike.

    What cannot be printed stands in $'...', as bash and zsh read it; on Windows no name has any.
    """
    if WINDOWS:
        return _on_windows(visible(word))
    return shlex.quote(word) if word.isprintable() else f"$'{''.join(_escapes(word))}'"


def _escapes(word: str) -> Iterable[str]:
    for character in word:
        if "\udc80" <= character <= "\udcff":  # a byte of a file's name that is no text
            yield f"\\x{ord(character) - 0xDC00:02x}"
        elif character in "\\'":
            yield f"\\{character}"
        else:
            yield visible(character)


def _on_windows(word: str) -> str:
    """In double quotes, where that is needed.

    cmd.exe puts the value of a variable in place of `%NAME%`, and PowerShell in place of `$NAME`, even in
    quotes; no quoting is the same for both there.
    """
    if _PLAIN.fullmatch(word):
        return word
    # A program on Windows cuts its command line up itself. A backslash is plain except before a quote. A
    # quote in quotes is written twice: \" would be one for the program, too, but end the quotes for cmd.exe.
    inside = re.sub(r'(\\*)"', r'\1\1""', word)
    ending = inside[len(inside.rstrip("\\")) :]
    return f'"{inside}{ending}"'


def pip_install(extra: str) -> str:
    """The command that installs what one of our extras brings."""
    return command_line(["pip", "install", f"syncasync-sim[{extra}]"])

"""Single files that a command writes: whole or not at all, and over another one only with --force."""

from __future__ import annotations

from pathlib import Path

from syncasync_sim.cli.printed import named
from syncasync_sim.cli.signals import tidily


def check(target: Path, *, force: bool) -> None:
    """Check before the work that a file can be written, as far as possible.

    A device or a pipe may always be written, with --force or without.

    Args:
        target: the file.
        force: whether a file that exists may be replaced.

    Raises:
        FileNotFoundError: its folder does not exist.
        PermissionError: its folder cannot be written.
        FileExistsError: the file exists, and *force* is not set.
    """
    from syncasync_sim.files.atomic_write import FORCE, check_folder, check_replaced, is_stream

    check_replaced(target, replace=force, message=FORCE)
    if not is_stream(target):
        check_folder(target.parent)


def write(target: Path, content: str | bytes, *, force: bool) -> None:
    """Write a file whole; Ctrl-C meanwhile leaves nothing behind.

    Args:
        target: the file.
        content: the text, or the bytes.
        force: whether a file that exists may be replaced.
    """
    from syncasync_sim.files.atomic_write import write_atomically

    with tidily():
        write_atomically(target, content.encode() if isinstance(content, str) else content, replace=force)


def tell(target: Path) -> None:
    """Print the path of the file on standard output, but not for a pipe, which may be standard output."""
    from syncasync_sim.files.atomic_write import is_stream

    if not is_stream(target):
        print(named(target))

"""Single files that a command writes: whole or not at all, and over another one only with --force."""

from __future__ import annotations

from pathlib import Path

from syncasync_sim.cli.printed import named
from syncasync_sim.cli.signals import tidily


def check(target: Path, *, force: bool) -> None:
    """Raise the OSError that writing *target* would end in, as far as it shows before the work.

    A device or a pipe is there to be written to, with --force or without.
    """
    from syncasync_sim.files.atomic_write import FORCE, check_folder, check_replaced, is_stream

    check_replaced(target, replace=force, told=FORCE)
    if not is_stream(target):
        check_folder(target.parent)


def write(target: Path, text: str, *, force: bool) -> None:
    """Write *text*; a Ctrl-C meanwhile leaves nothing behind."""
    from syncasync_sim.files.atomic_write import write_whole

    with tidily():
        write_whole(target, text.encode(), replace=force)


def tell(target: Path) -> None:
    """Say on standard output where the file is, unless it went down a pipe: that may be standard output."""
    from syncasync_sim.files.atomic_write import is_stream

    if not is_stream(target):
        print(named(target))

"""Single files that a command writes: whole or not at all, and over another one only with --force."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from syncasync_sim.cli.interrupts import tidily


def check(target: Path, *, force: bool) -> None:
    """Raise the OSError that writing *target* would end in, as far as it shows before the work."""
    from syncasync_sim.files.whole import IS_THERE

    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if os.path.lexists(target) and not force:
        raise FileExistsError(errno.EEXIST, f"{IS_THERE}; --force writes over it", str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target.parent))


def write(target: Path, text: str, *, force: bool) -> None:
    """Write *text*; a Ctrl-C meanwhile leaves nothing behind."""
    from syncasync_sim.files.whole import write_whole

    with tidily():
        write_whole(target, text.encode(), replace=force)

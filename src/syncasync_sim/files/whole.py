"""Writing a file whole or not at all, and never over another one that nobody gave up."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

IS_THERE = "exists already and is left as it is"


def write_whole(target: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file; only with *replace* in the place of one that is there.

    Raises OSError for what the disk refuses: FileExistsError if there is such a file and it is to stay.
    """
    try:
        _write(target, content, replace)
    except OSError as error:  # about the file the user knows of, not about the draft
        reason = error.strerror or str(error)
        raise OSError(error.errno or errno.EIO, reason, str(target)) from error


def _write(target: Path, content: bytes, replace: bool) -> None:
    draft = target.with_name(f".{secrets.token_hex(8)}.tmp")
    # Not tempfile: its files are private, and this one shall have the permissions the umask gives.
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(target)
        else:
            _link(draft, target, content)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, target: Path, content: bytes) -> None:
    """Give the draft its name, unless that is taken."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, IS_THERE, str(target)) from None
    except (
        OSError
    ):  # a disk without links, such as FAT: not whole or nothing, but still never over another file
        with target.open("xb") as file:
            file.write(content)

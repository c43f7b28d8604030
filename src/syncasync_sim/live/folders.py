"""The folder of a run in the system's folder for temporary files, and what killed runs have left there.

A run holds a lock in its folder for as long as it lives, however it ends: the system lets go of it. So the
next run can tell the folders of the dead, and takes them away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syncasync_sim.live.protocol import BEGINNING
from syncasync_sim.live.uninterrupted import uninterrupted

_LOCK = "alive"


@contextmanager
def folder_of(name: str) -> Iterator[Path]:
    """Make the folder of a run, and remove it after the block."""
    clear()
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    draft = folder / f"{_LOCK}.new"
    descriptor = os.open(draft, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        draft.rename(folder / _LOCK)  # only now: a lock that is seen is held
        yield folder
    finally:
        with uninterrupted():
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def clear() -> None:
    """Remove the folders of runs that have died, and their queues in files."""
    for lock in Path(tempfile.gettempdir()).glob(f"{BEGINNING}*/{_LOCK}"):
        folder = lock.parent
        with suppress(OSError):  # somebody else's, or another run is clearing it too
            if folder.is_symlink() or folder.stat().st_uid != os.getuid() or not _is_free(lock):
                continue
            for file in folder.parent.glob(f"{folder.name.rpartition('-')[0]}.sqlite*"):
                file.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


def _is_free(lock: Path) -> bool:
    """Whether nobody who lives holds it."""
    descriptor = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True

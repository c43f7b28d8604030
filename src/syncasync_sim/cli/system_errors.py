"""What the system refuses, told in one line: which file, what is wrong, and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

from syncasync_sim.errors import visible

_ELSEWHERE = "name another place"
_FULL = "make room there, or write to another disk"
_NOT_ALLOWED = f"{_ELSEWHERE}, or change the permissions of this one"
CURES: Mapping[int, str] = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "write to another disk",
    errno.EROFS: "write to another disk",
    errno.EIO: "write to another disk",
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.ENOENT: f"make the folder first, or {_ELSEWHERE}",
    errno.ENOTDIR: _ELSEWHERE,
    errno.EEXIST: f"{_ELSEWHERE}, or take this one away",
    errno.EISDIR: "name a file in it",
    errno.ENAMETOOLONG: "give it a shorter name",
    errno.ELOOP: f"its links lead in a circle: {_ELSEWHERE}",
}
"""What to do where the system has its own words for what is wrong; ours say what to do themselves."""


def os_error_text(error: OSError) -> str:
    """The file, what is wrong with it, and what to do."""
    reason = error.strerror or (str(error).splitlines() or ["no message"])[0]
    cure = CURES.get(error.errno or 0) if _are_of_the_system(error) else None
    return "; ".join(filter(None, (f"{_name(error)}: {reason}", cure)))


def _are_of_the_system(error: OSError) -> bool:
    """Whether its words are the system's; on Windows these have a number of their own."""
    by_number = error.errno is not None and error.strerror == os.strerror(error.errno)
    return by_number or getattr(error, "winerror", None) is not None


def _name(error: OSError) -> str:
    name = error.filename
    if name is None:
        return "cannot write the output"
    return visible(os.fsdecode(name) if isinstance(name, str | bytes) else str(name))

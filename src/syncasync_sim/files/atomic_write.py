"""Writing files whole or not at all, and never over another one that nobody gave up."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

_KEPT = "exists already and is left as it is"
IS_THERE = f"{_KEPT}; name another, or take it away first"
FORCE = f"{_KEPT}; --force writes over it"
IN_USE = "it is open in another program, or read-only; close it there, and run the command again"


def write_atomically(target: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file whole, or not at all.

    A link stays, and its target is written; a file that is replaced keeps its mode. A device or a pipe is
    never replaced: the content goes into it.

    Args:
        target: the file to write.
        content: the bytes.
        replace: whether a file that exists may be replaced.

    Raises:
        FileExistsError: the file exists, and *replace* is not set.
        OSError: the disk refuses.
    """
    with os_errors_naming(target):
        check_replaced(target, replace=replace)
        if is_stream(target):
            _write_to_stream(target, content)
        else:
            _write(_link_target(target) if replace else target, content, replace)


def write_all(contents: Mapping[Path, bytes], *, replace: bool = False) -> None:
    """Write several files; after an error the new ones are removed.

    Args:
        contents: the contents, by path.
        replace: whether files that exist may be replaced.

    Raises:
        OSError: as `write_atomically` raises it.
    """
    made: list[Path] = []
    try:
        for target, content in contents.items():
            is_new = not os.path.lexists(target)
            write_atomically(target, content, replace=replace)
            made += [target] if is_new else []
    except BaseException:
        for target in made:
            target.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def folder_made(folder: Path, *, parents: bool = False) -> Iterator[None]:
    """Make a folder if it is missing; after an error what was made goes again, unless something is in it.

    Args:
        folder: what is made.
        parents: whether the folders around it are made too.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=parents, exist_ok=True)
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # not empty: somebody else's
            for path in made:
                path.rmdir()
        raise


@contextlib.contextmanager
def os_errors_naming(target: Path) -> Iterator[None]:
    """Let an OSError name the file that the user knows, not a temporary one.

    Args:
        target: the file that the user named.

    Raises:
        OSError: the same error, about *target*.
    """
    try:
        yield
    except OSError as error:
        reason = IN_USE if _is_in_use(target, error) else error.strerror or str(error)
        raise OSError(error.errno or errno.EIO, reason, str(target)) from error


def _is_in_use(target: Path, error: OSError) -> bool:
    """Whether Windows keeps a file as it is: there nobody may replace what somebody has open."""
    return hasattr(error, "winerror") and isinstance(error, PermissionError) and target.is_file()


def check_replaced(target: Path, *, replace: bool, message: str = IS_THERE) -> None:
    """Check that a file may be written at a path.

    Args:
        target: the path.
        replace: whether a file that exists may be replaced.
        message: the message for a file that exists.

    Raises:
        IsADirectoryError: the path is a folder.
        OSError: the path is a disk.
        FileExistsError: the file exists, and *replace* is not set.
    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if target.is_block_device():
        raise OSError(errno.EINVAL, "this is a disk, not a file", str(target))
    if os.path.lexists(target) and not replace and not is_stream(target):
        raise FileExistsError(errno.EEXIST, message, str(target))


def check_folder(folder: Path, *, is_made: bool = False) -> None:
    """Raise the OSError that writing into *folder* would end in, as far as it shows before the work.

    Args:
        folder: where something is to be written.
        is_made: whether it is made if it is missing, and those around it.

    Raises:
        NotADirectoryError: a part of the path is a file.
        PermissionError: the folder may not be written to.
        FileNotFoundError: the folder is missing, and is not made.
    """
    existing = folder
    while not os.path.lexists(existing) and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "this is no folder; name another place", str(existing))
    is_used = is_made or existing == folder
    if not os.access(existing, os.W_OK | os.X_OK if is_used else os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(existing))
    if not is_used:
        message = "there is no such folder; make it first, or name another"
        raise FileNotFoundError(errno.ENOENT, message, str(folder))


def is_stream(target: Path) -> bool:
    """Whether the path is a pipe or a device, so that writing to it overwrites nothing."""
    if _open_already(target) is not None:
        return True
    try:
        kind = target.stat().st_mode
    except OSError:
        return False
    return stat.S_ISCHR(kind) or stat.S_ISFIFO(kind)


def _open_already(target: Path) -> int | None:
    """The number under which this process has it open, as 1 for /dev/stdout; None: it is no such name."""
    for path in (target, target.parent / target.readlink() if target.is_symlink() else target):
        if os.path.realpath(path.parent) == f"/proc/{os.getpid()}/fd" and path.name.isdecimal():
            return int(path.name)
    return None


def _link_target(target: Path) -> Path:
    """Where a link leads in the end; anything else is where it is."""
    return Path(os.path.realpath(target)) if target.is_symlink() else target


def _write_to_stream(target: Path, content: bytes) -> None:
    number = _open_already(target)
    # The same opening, so that what is printed besides comes behind it and not over it.
    descriptor = os.open(target, os.O_WRONLY) if number is None else os.dup(number)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def _write(target: Path, content: bytes, replace: bool) -> None:
    draft = target.with_name(f".{secrets.token_hex(8)}.tmp")
    # Not tempfile: its files are private, and this one shall have the permissions the umask gives.
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if replace:
                _keep_mode(target, draft)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(target)
        else:
            _link(draft, target, content)
    finally:
        _discard(draft)


def _discard(draft: Path) -> None:
    try:
        draft.unlink(missing_ok=True)
    except PermissionError:  # on Windows, with the mode of a read-only file
        draft.chmod(stat.S_IWRITE)
        draft.unlink()


def _keep_mode(target: Path, draft: Path) -> None:
    """Who may read what is replaced may read what replaces it, and nobody else."""
    with contextlib.suppress(FileNotFoundError):
        draft.chmod(stat.S_IMODE(target.stat().st_mode))


def _link(draft: Path, target: Path, content: bytes) -> None:
    """Give the draft its name, unless that is taken."""
    try:
        os.link(draft, target)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, IS_THERE, str(target)) from None
    except (OSError, AttributeError):
        # No links on this disk, such as FAT, or in this Python: not in one step, but never over another file.
        _create(target, content)


def _create(target: Path, content: bytes) -> None:
    try:
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, IS_THERE, str(target)) from None
    except BaseException:
        target.unlink(missing_ok=True)
        raise

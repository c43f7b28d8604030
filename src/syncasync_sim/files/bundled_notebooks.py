"""The notebooks that come with the program: in the wheel inside the package, in a checkout at its top."""

from __future__ import annotations

from pathlib import Path

from syncasync_sim.files.atomic_write import FORCE, check_replaced, write_all
from syncasync_sim.files.bundled import shipped

SUFFIX = ".ipynb"


def paths() -> tuple[Path, ...]:
    """Return the files of the bundled notebooks, in the order of their names."""
    return tuple(sorted(shipped("notebooks", "notebooks").glob(f"*{SUFFIX}")))


def copy(folder: Path, *, replace: bool = False) -> list[Path]:
    """Copy all of them into a folder that is there; after an error none is left that was not there before.

    Where one of the names is taken, none is copied, unless the files there are to be replaced.

    Args:
        folder: where they go.
        replace: whether a notebook that is there is written over.

    Returns:
        The copies.

    Raises:
        OSError: for what the disk refuses; FileExistsError for a file that is there and is to stay.
    """
    targets = {folder / path.name: path for path in paths()}
    for target in targets:
        check_replaced(target, replace=replace, message=FORCE)
    write_all({target: path.read_bytes() for target, path in targets.items()}, replace=replace)
    return list(targets)

"""The scenarios that come with the program: in the wheel inside the package, in a checkout at its top."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from syncasync_sim.errors import ScenarioError, did_you_mean, visible
from syncasync_sim.files.atomic_write import write_atomically
from syncasync_sim.files.diagnostics import clipped

SUFFIX = ".yaml"
SCHEMA = "scenario.schema.json"


def shipped(inside: str, at_the_top: str) -> Path:
    """The folder of something that comes with the program.

    Args:
        inside: where it is in an installed package.
        at_the_top: where it is in a checkout.
    """
    package = Path(__file__).resolve().parents[1]
    installed = package / inside
    return installed if installed.is_dir() else package.parents[1] / at_the_top


def root() -> Path:
    """The folder with the bundled scenarios."""
    return shipped("scenarios", "scenarios")


def lessons_root() -> Path:
    """The folder with the bundled lessons."""
    return shipped("lessons/files", "lessons")


def names() -> tuple[str, ...]:
    """Return the names of the bundled scenarios, without `.yaml`, in alphabetical order."""
    folder = root()
    return tuple(sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))) if folder.is_dir() else ()


def path_of(name: str, missing: str = "there is no bundled scenario of that name") -> Path:
    """The file of a bundled scenario.

    Args:
        name: the name, with or without `.yaml`.
        missing: the message if there is no such scenario.

    Raises:
        ScenarioError: there is none of that name; the error suggests the nearest name.
    """
    stem = name.removesuffix(SUFFIX)
    known = names()
    if stem in known:
        return root() / f"{stem}{SUFFIX}"
    cure = did_you_mean(stem, known) or "syncasync-sim scenarios list  shows the bundled ones"
    raise ScenarioError(f"{clipped(visible(name))}: {missing}\n  = {cure}")


def read(name: str) -> str:
    """The text of a bundled scenario.

    Args:
        name: the name, with or without `.yaml`.

    Raises:
        ScenarioError: there is none of that name.
    """
    return path_of(name).read_text(encoding="utf-8")


def copy(name: str, folder: str | os.PathLike[str] = ".") -> Path:
    """Copy a bundled scenario, and the schema that its first line names for editors.

    A file that exists is never overwritten; a schema that exists stays as it is. After an error
    nothing is left.

    Args:
        name: the name, with or without `.yaml`.
        folder: the folder to copy into.

    Returns:
        The path of the copy.

    Raises:
        ScenarioError: there is no scenario of that name.
        FileExistsError: the scenario exists in the folder.
        OSError: the disk refuses.
    """
    source = path_of(name)
    target = Path(folder) / source.name
    write_atomically(target, source.read_bytes())
    try:
        if (schema := source.with_name(SCHEMA)).is_file():
            with contextlib.suppress(FileExistsError):
                write_atomically(target.with_name(SCHEMA), schema.read_bytes())
    except BaseException:
        target.unlink()
        raise
    return target

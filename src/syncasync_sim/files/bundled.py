"""The scenarios that come with the program: in the wheel inside the package, in a checkout at its top."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from syncasync_sim.errors import ScenarioError, did_you_mean, visible
from syncasync_sim.files.atomic_write import write_whole
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
    """The folder that holds them."""
    return shipped("scenarios", "scenarios")


def names() -> tuple[str, ...]:
    """Their names, without `.yaml`, in alphabetical order."""
    folder = root()
    return tuple(sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))) if folder.is_dir() else ()


def path_of(name: str, missing: str = "there is no bundled scenario of that name") -> Path:
    """The file of a bundled scenario, named with or without `.yaml`.

    Raises ScenarioError, which says *missing* and the nearest name, if there is none.
    """
    stem = name.removesuffix(SUFFIX)
    known = names()
    if stem in known:
        return root() / f"{stem}{SUFFIX}"
    cure = did_you_mean(stem, known) or "syncasync-sim scenarios list  shows the bundled ones"
    raise ScenarioError(f"{clipped(visible(name))}: {missing}\n  = {cure}")


def read(name: str) -> str:
    """The text of a bundled scenario. Raises ScenarioError if there is none of that name."""
    return path_of(name).read_text(encoding="utf-8")


def copy(name: str, folder: str | os.PathLike[str] = ".") -> Path:
    """Copy a bundled scenario, and the schema its first line names for editors; never overwrite.

    Gives the path of the copy. Raises ScenarioError for an unknown name and OSError for what the disk
    refuses: FileExistsError if the scenario is there already (a schema that is there stays as it is). After
    an error nothing is left.
    """
    source = path_of(name)
    target = Path(folder) / source.name
    write_whole(target, source.read_bytes())
    try:
        if (schema := source.with_name(SCHEMA)).is_file():
            with contextlib.suppress(FileExistsError):
                write_whole(target.with_name(SCHEMA), schema.read_bytes())
    except BaseException:
        target.unlink()
        raise
    return target

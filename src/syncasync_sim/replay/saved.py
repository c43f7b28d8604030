"""Runs in files: read back what `run --trace` has written."""

from __future__ import annotations

import os
import re
from pathlib import Path

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files.places import visible
from syncasync_sim.replay.document import FORMAT, Recording, read_document

SUFFIX = ".json"
_BEGINNING = re.compile(rb'\s*\{\s*"format"\s*:\s*"' + FORMAT.encode() + rb'"')
_FIRST_BYTES = 200


def load_trace(path: str | os.PathLike[str]) -> Recording:
    """The runs that `run --trace` wrote into a file, equal to those of that day.

    Raises ScenarioError and nothing else.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(
            f"{visible(str(file))}: cannot be read: {reason}\n  = check the path and its permissions"
        ) from None
    return read_document(content, visible(str(file)))


def is_trace(path: str | os.PathLike[str]) -> bool:
    """Whether a file ends in `.json` and begins as one that `run --trace` wrote.

    A scenario may be written in JSON, too, and begins in another way.
    """
    file = Path(path)
    try:
        if file.suffix.lower() != SUFFIX or not file.is_file():
            return False
        with file.open("rb") as opened:
            return _BEGINNING.match(opened.read(_FIRST_BYTES)) is not None
    except (OSError, ValueError):  # whoever reads it will say what is wrong with it
        return False

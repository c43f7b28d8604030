"""Runs in files: read back what `run --trace` has written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncasync_sim.errors import ScenarioError, visible
from syncasync_sim.files.source_text import RUN_BEGINNING_BYTES, begins_as_run

if TYPE_CHECKING:
    from syncasync_sim.replay.recording import Recording

SUFFIX = ".json"


def load_trace(path: str | os.PathLike[str]) -> Recording:
    """Load the runs that `run --trace` wrote into a file.

    Args:
        path: the file.

    Returns:
        The recording, equal to the runs of that day.

    Raises:
        ScenarioError: the file cannot be read, or is no such file; no other error is raised.
    """
    from syncasync_sim.replay.recording import read_document  # a file that is no run needs none of it

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
    """Whether a file begins as one that `run --trace` wrote."""
    file = Path(path)
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            return begins_as_run(opened.read(RUN_BEGINNING_BYTES))
    except (OSError, ValueError):  # whoever reads it will say what is wrong with it
        return False

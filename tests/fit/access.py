"""What the tests of access logs share: a file of lines, read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from syncasync_sim.fit.formats.kinds import Wishes
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.reading import read_sources
from syncasync_sim.fit.source import Source

Rows = list[tuple[int, int]]


def written(folder: Path, text: str) -> Source:
    """A file of this text."""
    path = folder / "some.log"
    path.write_text(text, encoding="utf-8")
    return Source(path)


def read(folder: Path, lines: Sequence[str], wishes: Wishes | None = None, name: str | None = None) -> Log:
    """The log that a file of these lines is."""
    return read_sources([written(folder, "\n".join(lines) + "\n")], name, wishes)


def rows(log: Log) -> Rows:
    """The start after the first start and the duration of each call, in ms."""
    calls = log.calls
    first = calls.start_us[0]
    return [
        ((start - first) // 1000, (end - start) // 1000)
        for start, end in zip(calls.start_us, calls.end_us, strict=True)
    ]

"""What tests of readers need: a text as a log, and what came out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Wishes
from syncasync_sim.fit.log import UNKNOWN, Log
from syncasync_sim.fit.reading import read_sources
from syncasync_sim.fit.source import Source


def log_of(folder: Path, text: str | bytes, wishes: Wishes | None = None) -> Log:
    """Read a text as a log whose format is recognised."""
    path = folder / "some.log"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_sources([Source(path)], wishes=wishes)


def refusal(folder: Path, text: str) -> str:
    """The message with which a text is refused."""
    with pytest.raises(LogError) as caught:
        log_of(folder, text)
    return str(caught.value)


def times_us(log: Log) -> list[tuple[int, int]]:
    """The start and the end of each call."""
    return list(zip(log.calls.start_us, log.calls.end_us, strict=True))


def lanes(log: Log) -> list[str | None]:
    """The name of the lane of each call."""
    names = {number: name for name, number in log.calls.lane_names.items()}
    return [names.get(number) for number in log.calls.lane] if log.calls.lane else []


def waits_us(log: Log) -> list[int | None]:
    """How long each call waited in its queue; None where the log does not say."""
    if not log.calls.ready_us:
        return []
    pairs = zip(log.calls.ready_us, log.calls.start_us, strict=True)
    return [None if ready == UNKNOWN else begin - ready for ready, begin in pairs]

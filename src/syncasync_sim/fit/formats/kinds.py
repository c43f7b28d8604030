"""What a format is: how it is recognised, how it is read, and what it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from syncasync_sim.fit.log import Log, Measure, Noun, Stamp
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import TimeUnit

Reader = Callable[[Source, Log, "Wishes"], None]
"""Reads one file into a log; it may be called for several files, one after the other."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says about a log, where it does not say it itself."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """CSV: the name of the column for each role, as `start`, `end` or `status`."""
    unit: TimeUnit | None = None
    """The unit of plain numbers."""
    line_format: str = ""
    """A %-format, as LogFormat of Apache has it, or a log_format of nginx."""
    zone_minutes: int = 0
    """Minutes east of UTC of stamps that do not say their zone."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of log; a new one is a row in FORMATS."""

    name: str
    """Its name for `--format`, as `nginx`."""
    title: str
    """Its name in a sentence, as `nginx access log`."""
    recognise: Callable[[Source], bool]
    """Whether a file is of this format; it looks at its head only, and is asked in the order of FORMATS."""
    read: Reader
    stamp: Stamp = "both"
    measures: Measure = "response"
    noun: Noun = "requests"
    finish: Callable[[Log], None] | None = None
    """Makes the calls when all files are read, where they can be made only then."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A kind of file that holds no single requests: it is recognised, and refused by its name."""

    name: str
    title: str
    recognise: Callable[[Source], bool]
    reason: Callable[[Source], str]
    """Why, with the numbers that the file does hold."""
    cure: str
    """What to give in its place."""

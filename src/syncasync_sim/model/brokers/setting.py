"""What a row about a broker is made of: its values, each with its real name and where to read about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Origin = Literal["default", "choice", "measured"]
"""`default`: what the broker does when nothing is configured, as its manual says. `choice`: ours, for
teaching, or because the broker leaves it to the application. `measured`: on a local server, as no manual
says it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a preset.

    `value` is what a scenario file would hold (text with a unit where it is a time); `real_name` what the
    broker, its protocol or its client calls it; `source` the page that tells about it.
    """

    value: str | int | bool
    origin: Origin
    real_name: str
    source: str
    note: str = ""


def default(value: str | int | bool, real_name: str, source: str, note: str = "") -> Setting:
    """A value that the manual gives as the default."""
    return Setting(value, "default", real_name, source, note)


def choice(value: str | int | bool, real_name: str, source: str, note: str) -> Setting:
    """A value chosen here; the note says what the broker does by itself."""
    return Setting(value, "choice", real_name, source, note)


def measured(value: str, real_name: str, source: str, note: str) -> Setting:
    """A value measured on a local server; the note says which."""
    return Setting(value, "measured", real_name, source, note)


@dataclass(frozen=True, slots=True)
class Broker:
    """A queue people meet, as one row.

    Three texts are pieces of sentences about a run, to which numbers are added: how it learns of a dead
    worker (`notices`; empty if it never does) or of a dead host (`notices_host`; empty: in the same way),
    and what its visibility timeout is called (`timeout`). `leaves_out`: what the model does not have.
    """

    title: str
    called: str
    notices: str
    timeout: str
    settings: Mapping[str, Setting]
    leaves_out: tuple[str, ...]
    notices_host: str = ""

    @property
    def values(self) -> dict[str, str | int | bool]:
        """The preset: field of `queue` to value, as a scenario file would hold it."""
        return {field: setting.value for field, setting in self.settings.items()}

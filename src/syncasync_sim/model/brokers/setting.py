"""What a row about a broker is made of: its values, each with its real name and where to read about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from syncasync_sim.model.distributions import Distribution
from syncasync_sim.model.quantities import parse_duration

Origin = Literal["default", "choice", "measured"]
"""`default`: what the broker does when nothing is configured, as its manual says. `choice`: ours, for
teaching, or because the broker leaves it to the application. `measured`: on a local server, as no manual
says it."""


_NEARLY_ALL = 1 - 1e-9
"""Of a distribution without an end, so much has to lie within a range."""


@dataclass(frozen=True, slots=True)
class Range:
    """What a broker takes for a value, the ends included, as a scenario file would write them.

    `absent`: what becomes of `none` or `unlimited`: refused, fine as it is, or another word for the most.
    """

    least: str | int
    most: str | int
    absent: Literal["refused", "fine", "the most"] = "refused"

    def __str__(self) -> str:
        return f"{self.least} to {self.most}"

    def holds(self, value: Distribution | int | None) -> bool:
        """Whether the broker accepts the value; for a distribution, every value that may be drawn."""
        if value is None:
            return self.absent != "refused"
        least, most = (
            end if isinstance(end, int) else parse_duration(end) for end in (self.least, self.most)
        )
        if isinstance(value, int):
            return least <= value <= most
        return least <= value.quantile_s(0.0) and value.quantile_s(_NEARLY_ALL) <= most


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of a preset.

    `value` is what a scenario file would hold (text with a unit where it is a time); `real_name` what the
    broker, its protocol or its client calls it; `source` the page that tells about it; `allowed` what it may
    be instead, where that page gives a limit.
    """

    value: str | int | bool
    origin: Origin
    real_name: str
    source: str
    note: str = ""
    allowed: Range | None = None

    @property
    def remark(self) -> str:
        """Where the value comes from, what else there is to say, and what it may be."""
        texts = (self.origin, self.note, f"allowed: {self.allowed}" if self.allowed else "")
        return "; ".join(text for text in texts if text)


def default(
    value: str | int | bool, real_name: str, source: str, note: str = "", *, allowed: Range | None = None
) -> Setting:
    """The setting of a value that the manual gives as the default.

    Args:
        value: the value, as a scenario file has it.
        real_name: the name of the setting at the broker.
        source: the address of the manual.
        note: a remark for the reader.
        allowed: the values that the broker accepts; None for any.
    """
    return Setting(value, "default", real_name, source, note, allowed)


def choice(
    value: str | int | bool, real_name: str, source: str, note: str, *, allowed: Range | None = None
) -> Setting:
    """The setting of a value that was chosen for this program.

    Args:
        value: the value, as a scenario file has it.
        real_name: the name of the setting at the broker.
        source: the address of the manual.
        note: the broker's own behaviour without this setting.
        allowed: the values that the broker accepts; None for any.
    """
    return Setting(value, "choice", real_name, source, note, allowed)


def measured(value: str, real_name: str, source: str, note: str) -> Setting:
    """The setting of a value that was measured on a local server.

    Args:
        value: the value, as a scenario file has it.
        real_name: the name of the setting at the broker.
        source: the address of the manual.
        note: the server that was measured.
    """
    return Setting(value, "measured", real_name, source, note)


@dataclass(frozen=True, slots=True)
class Older:
    """The values that were different in a range of older versions.

    `versions` names the range, as `4.0 to 4.2`; `before` is the first version after it, as (4, 3).
    """

    versions: str
    before: tuple[int, int]
    settings: Mapping[str, Setting]


@dataclass(frozen=True, slots=True)
class Broker:
    """A queue people meet, as one row.

    Three texts are pieces of sentences about a run, to which numbers are added. `notices`: how it learns of a
    dead worker; empty if it never does. `notices_host`: how it learns of a dead host; empty: in the same way.
    `timeout`: what its visibility timeout is called. `leaves_out`: what the model does not have. `can_renew`:
    whether a worker can extend the time it has for a message. `is_real`: whether there is a broker that could
    run it for real, not only a row to compare others with. `version`: the first one with these values,
    where older ones differ; `older`: those, from the oldest on.
    """

    title: str
    called: str
    notices: str
    timeout: str
    settings: Mapping[str, Setting]
    leaves_out: tuple[str, ...]
    notices_host: str = ""
    can_renew: bool = True
    is_real: bool = True
    version: str = ""
    older: tuple[Older, ...] = ()

    @property
    def values(self) -> dict[str, str | int | bool]:
        """The preset: field of `queue` to value, as a scenario file would hold it."""
        return {field: setting.value for field, setting in self.settings.items()}

    def different_in(self, version: str) -> Mapping[str, Setting]:
        """Return the settings that a version has otherwise than the preset; empty for a newer one.

        Args:
            version: the version, as the server gives it: `3.10.8`.
        """
        number = tuple(map(int, version.split(".")[:2]))
        return next((row.settings for row in self.older if number < row.before), MappingProxyType({}))

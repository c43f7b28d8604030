"""The arguments and options of the commands that read a log, and the log that they describe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from syncasync_sim.fit.log import Log
    from syncasync_sim.model.stamps import TimeUnit

UTC = "+00:00"
UNITS = ("s", "ms", "us", "ns")
ROLES = ("start", "end", "duration", "work", "ready", "status", "server", "process", "lane")
"""What a column of a CSV file may hold."""

LogArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="LOG...", help="The log; several files of one format, gzip or not.", show_default=False
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="The format; by default recognised.", show_default=False),
]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="WHAT=NAME",
        help=f"The column of a CSV file for {', '.join(ROLES[:-1])} or {ROLES[-1]}; repeat it.",
        show_default=False,
    ),
]
UnitOption = Annotated[
    str | None,
    typer.Option(
        "--unit", metavar="UNIT", help="The unit of plain numbers: s, ms, us or ns.", show_default=False
    ),
]
LineFormatOption = Annotated[
    str,
    typer.Option(
        "--line-format",
        metavar="TEXT",
        help="LogFormat of Apache, access_log_format of gunicorn, or log_format of nginx.",
        show_default=False,
    ),
]
ZoneOption = Annotated[
    str, typer.Option("--zone", metavar="+HH:MM", help="The time zone of a log that names none.")
]
ServerOption = Annotated[
    str | None,
    typer.Option("--server", metavar="NAME", help="Only the requests of this server.", show_default=False),
]


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """A log as the command line describes it."""

    paths: Sequence[Path]
    format_name: str | None
    columns: Sequence[str]
    unit: str | None
    line_format: str
    zone: str
    server: str | None

    @property
    def words(self) -> tuple[str, ...]:
        """The log and its options as they are written in a command."""
        options = {
            "--format": [self.format_name] if self.format_name else [],
            "--column": self.columns,
            "--unit": [self.unit] if self.unit else [],
            "--line-format": [self.line_format] if self.line_format else [],
            "--zone": [self.zone] if self.zone != UTC else [],
            "--server": [self.server] if self.server else [],
        }
        written = (word for name, values in options.items() for value in values for word in (name, value))
        return (*map(str, self.paths), *written)

    def read(self) -> Log:
        """Read the log.

        Raises:
            LogError: it cannot be read.
            BadParameter: an option is not as it must be (an error of Typer).
        """
        from syncasync_sim.fit.reading import read_log

        return read_log(
            self.paths,
            format_name=self.format_name,
            columns=_columns(self.columns),
            unit=_unit(self.unit),
            line_format=self.line_format,
            zone_minutes=_zone_minutes(self.zone),
            server=self.server,
        )


def _columns(given: Sequence[str]) -> Mapping[str, str]:
    columns = {}
    for text in given:
        role, equals, name = text.partition("=")
        if role not in ROLES or not equals or not name:
            raise typer.BadParameter(
                f"'{text}' is not like start=NAME, where start is one of {', '.join(ROLES)}."
            )
        columns[role] = name
    return columns


def _unit(text: str | None) -> TimeUnit | None:
    if text is not None and text not in UNITS:
        raise typer.BadParameter(f"'{text}' is no unit here: write s, ms, us or ns.")
    return text  # type: ignore[return-value]  # just checked


def _zone_minutes(text: str) -> int:
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text.strip())
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        raise typer.BadParameter(f"'{text}' is no time zone: write it as +02:00.")
    return (1 if match[1] == "+" else -1) * (int(match[2]) * 60 + int(match[3]))

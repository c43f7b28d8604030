"""From files to one log: recognise the format, read every file, put the rows in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from syncasync_sim.errors import LogError, one_of, what_to_write
from syncasync_sim.fit.formats.kinds import Format, Refused, Wishes
from syncasync_sim.fit.formats.line_format import syntax_of
from syncasync_sim.fit.formats.table import FORMATS
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.stamps import TimeUnit

MOST_APART_US = 180 * 86_400 * US_PER_S
"""Half a year: a run may last a year."""
STRAYS = "more than half a year away from the others"


def format_names() -> list[str]:
    """Return the names for `--format`, in the order of the table."""
    return [row.name for row in FORMATS if isinstance(row, Format)]


def recognised(source: Source) -> Format:
    """The format of a file, by what is in it.

    Args:
        source: the file.

    Raises:
        LogError: it is none that is read; the message says which summary it is, or what is read.
    """
    for row in FORMATS:
        if row.recognise(source):
            return _readable(row, source)
    raise LogError(
        f"{source.name}: this is no log that is known here; its first line is\n"
        f"  | {source.head_lines[0][:100]}\n"
        f"  = name its format with --format, {one_of(format_names())}; a CSV file needs a header"
    )


def _readable(row: Format | Refused, source: Source) -> Format:
    if isinstance(row, Refused):
        raise LogError(f"{source.name}: {row.title}: {row.reason(source)}\n  = {row.cure}")
    return row


def read_log(
    paths: str | Path | Sequence[str | Path],
    *,
    format_name: str | None = None,
    columns: Mapping[str, str] | None = None,
    unit: TimeUnit | None = None,
    line_format: str = "",
    zone_minutes: int = 0,
    server: str | None = None,
) -> Log:
    """Read one log from one or more files of the same format.

    Args:
        paths: the path of the file, or those of several.
        format_name: the name of the format, as `nginx`; by default it is recognised.
        columns: the names of columns of a CSV file, as `{"start": "began"}`.
        unit: the unit of plain numbers: `s`, `ms`, `us` or `ns`.
        line_format: the format as the configuration of Apache, gunicorn or nginx has it.
        zone_minutes: minutes east of UTC of stamps that do not say their time zone.
        server: only the requests of this server; by default all.

    Returns:
        The log.

    Raises:
        LogError: a file cannot be read, the files are of different formats, or there is no such server.
    """
    names = [paths] if isinstance(paths, str | Path) else paths
    wishes = Wishes(columns or {}, unit, line_format, zone_minutes)
    log = read_sources([Source(Path(name)) for name in names], format_name, wishes)
    return log if server is None else of_server(log, server)


def read_sources(
    sources: Sequence[Source], format_name: str | None = None, wishes: Wishes | None = None
) -> Log:
    """Read one log from one or more files of the same format.

    Args:
        sources: the files; at least one.
        format_name: the name of the format; by default it is recognised.
        wishes: what the user says about the log.

    Raises:
        LogError: a file cannot be read, or the files are of different formats.
    """
    wishes = wishes or Wishes()
    if wishes.columns and not format_name:
        format_name = "csv"
    if wishes.line_format and not format_name:
        format_name = syntax_of(wishes.line_format).name
    row = _named(format_name) if format_name else recognised(sources[0])
    names = tuple(source.name for source in sources)
    log = Log(row.name, names=names, stamp=row.stamp, measures=row.measures, noun=row.noun)
    for source in sources:
        if not format_name and (other := recognised(source)).name != row.name:
            raise LogError(
                f"{source.name} is a {other.title}, {sources[0].name} a {row.title}\n"
                "  = give files of one format, or insist with --format"
            )
        row.read(source, log, wishes)
    if row.finish:
        row.finish(log)
    log.calls.close()
    return _without_strays(log)


def _without_strays(log: Log) -> Log:
    """The log without calls that are too far from the others, or too long, to be of one run.

    A damaged stamp is enough for it, and no scenario could hold them.
    """
    starts_us, ends_us = log.calls.start_us, log.calls.end_us
    if not starts_us:
        return log
    middle_us = starts_us[len(starts_us) // 2]
    near = [
        row
        for row, (start, end) in enumerate(zip(starts_us, ends_us, strict=True))
        if abs(start - middle_us) <= MOST_APART_US and abs(end - start) <= MOST_APART_US
    ]
    if len(near) == len(starts_us):
        return log
    log.left_out[STRAYS] += len(starts_us) - len(near)
    return log.of(near)


def _named(name: str) -> Format:
    for row in FORMATS:
        if row.name == name and isinstance(row, Format):
            return row
    names = format_names()
    raise LogError(f"there is no format '{name}'\n  = {what_to_write(name, names)}")


def of_server(log: Log, server: str) -> Log:
    """Return the log with the calls of one server only.

    Args:
        log: the log of several servers.
        server: the name of the one.

    Raises:
        LogError: the log does not name this server.
    """
    calls = log.calls
    if server not in calls.server_names:
        names = list(calls.server_names)
        cure = what_to_write(server, names) if names else "leave --server out"
        raise LogError(f"--server {server}: the log names no such server\n  = {cure}")
    number = calls.server_names[server]
    part = log.of([row for row, other in enumerate(calls.server) if other == number])
    part.calls.server_names = {}
    return part

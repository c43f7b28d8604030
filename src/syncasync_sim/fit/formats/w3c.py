"""Logs in the extended format of the W3C, as IIS and CloudFront write them: `#Fields:` names the columns."""

from __future__ import annotations

from collections.abc import Callable

from syncasync_sim.errors import LogError
from syncasync_sim.fit.formats.kinds import Format, Refused, Wishes
from syncasync_sim.fit.formats.moments import Fields
from syncasync_sim.fit.formats.records import call_adder, read_records
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source

_FIELDS = "#Fields:"
_CLOUDFRONT = "x-edge-location"
_SERVERS = ("s-computername", "s-ip", _CLOUDFRONT)


def _header(source: Source) -> list[str]:
    """The names of the columns, from the first line that says them."""
    line = next((line for line in source.head_lines if line.startswith(_FIELDS)), "")
    return line[len(_FIELDS) :].split()


def _read(source: Source, log: Log, wishes: Wishes) -> None:
    """Read a file: the stamp is the end of a request, in UTC; `time-taken` is in ms (CloudFront: s)."""
    log.stamp = "end"
    names: list[str] = []
    unit = wishes.unit or ("s" if _CLOUDFRONT in _header(source) else "ms")
    took = f"took_{unit}"
    add_fields = call_adder(log, ("end_iso", took, "status"), wishes, has_zone=True)

    def add(line: str) -> None:
        nonlocal names
        if line.startswith(_FIELDS):
            names = line[len(_FIELDS) :].split()
        if line.startswith("#"):
            log.lines -= 1
            return
        values = line.split("\t") if "\t" in line else line.split()
        if len(values) != len(names):
            raise ValueError(f"the line has {len(values)} fields, the header {len(names)}")
        add_fields(_fields(dict(zip(names, values, strict=True)), took))

    read_records(source, log, add)
    if not names:
        raise LogError(
            f"{source.name}:1: there is no line {_FIELDS} here\n  = give the file from its beginning"
        )


def _fields(row: dict[str, str], took: str) -> Fields:
    server = next((row[name] for name in _SERVERS if name in row), None)
    return {
        "end_iso": f"{row.get('date', '')} {row.get('time', '')}",
        took: row.get("time-taken"),
        "status": row.get("sc-status"),
        "server": server,
    }


def _has(source: Source, accept: Callable[[list[str]], bool]) -> bool:
    names = _header(source)
    return {"date", "time"} <= set(names) and accept(names)


W3C = Format(
    "w3c",
    "IIS log (W3C)",
    lambda source: _has(source, lambda names: "time-taken" in names),
    _read,
    stamp="end",
)
W3C_WITHOUT = Refused(
    "w3c-without-duration",
    "log in the W3C format",
    lambda source: _has(source, lambda names: "time-taken" not in names),
    lambda _source: "it has no column time-taken, so no duration",
    "choose the field time-taken in IIS (Logging, Select Fields) and give the new log",
)

"""Access logs whose lines name their fields: JSON objects, or `name:value` between tabs (LTSV)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from syncasync_sim.errors import LogError, visible
from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.moments import has_zone
from syncasync_sim.fit.formats.records import call_adder, read_records
from syncasync_sim.fit.log import Log, Stamp
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import number_us

Record = Mapping[str, object]
_GO_PARTS = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|μs|ns)")
_GO_SIZE = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1000, "us": 1, "µs": 1, "μs": 1}
_HEAD_RECORDS = 200


@dataclass(frozen=True, slots=True)
class Names:
    """How a program names the fields of a record: for each role the names, the best first."""

    stamp: Stamp
    roles: Mapping[str, tuple[str, ...]]
    is_request: Callable[[Record], bool] = lambda _record: True
    """Whether a record is one of a request, where a program logs other things too."""
    needs: tuple[str, ...] = ()
    """Names by which the program is recognised; all must be there."""
    needs_one: tuple[str, ...] = ()
    """Names of which one must be there: those of a request."""
    most_decimals: int = 9
    """With more decimals a number is not in the seconds of this program."""


_REQUEST_NAMES = (
    *("status", "request", "uri", "request_uri", "method", "request_method", "path", "url", "req"),
    *("remote_addr", "host"),
)


CADDY = Names(
    "end",
    {"end_any": ("ts",), "took_s": ("duration",), "status": ("status",)},
    lambda record: str(record.get("msg", "")).startswith("handled request"),
    ("ts", "duration", "request", "msg"),
)
TRAEFIK = Names(
    "start",
    {
        "start_any": ("StartUTC", "StartLocal"),
        "took_ns": ("Duration",),
        "status": ("DownstreamStatus", "OriginStatus"),
        "server": ("ServiceAddr", "ServiceURL", "BackendAddr"),
    },
    needs=("StartUTC", "Duration"),
)
ENVOY = Names(
    "start",
    {
        "start_any": ("start_time",),
        "took_ms": ("duration",),
        "status": ("response_code",),
        "server": ("upstream_host",),
    },
    needs=("start_time", "duration", "response_code"),
)
APACHE = Names(
    "start",
    {
        "start_any": ("time", "timestamp", "@timestamp"),
        "took_us": ("reqtime_microsec", "response_time_us", "duration_us", "time_us"),
        "status": ("status", "response"),
    },
    needs_one=_REQUEST_NAMES,
)
NGINX = Names(
    "end",
    {
        "end_any": (
            *("msec", "time_msec", "time_iso8601", "@timestamp", "timestamp", "time_local", "time"),
            *("ts", "datetime", "date"),
        ),
        "took_s": (
            *("request_time", "response_time", "reqtime", "req_time", "request_duration", "taken_sec"),
            *("duration", "upstream_response_time", "apptime", "upstream_time"),
        ),
        "took_ms": ("request_time_ms", "response_time_ms", "duration_ms"),
        "status": ("status", "status_code", "http_status", "response_code"),
        "server": ("upstream_addr", "upstream", "upstream_host"),
    },
    needs_one=_REQUEST_NAMES,
    most_decimals=3,
)
"""Field names that people give the variables of nginx."""
_UPSTREAM = ("upstream_response_time", "apptime", "upstream_time")


def record_of(line: str) -> Record:
    """Return the fields of a line; numbers stay texts, so that no digit is lost.

    Raises:
        ValueError: the line has no such fields.
    """
    begin = line.find("{")
    if begin < 0:
        return _of_tabs(line)
    record = json.loads(line[begin:], parse_float=str, parse_int=str, parse_constant=str)
    if not isinstance(record, dict):
        raise ValueError("the line is no JSON object")
    return record


def _of_tabs(line: str) -> Record:
    pairs = [part.partition(":") for part in line.split("\t")]
    if len(pairs) < 3 or not all(colon for _, colon, _ in pairs):
        raise ValueError("the line is no JSON object")
    return {name: text for name, _, text in pairs}


def _head(source: Source) -> list[Record | None]:
    """The records at the beginning of a file; None for a line that is none."""
    records: list[Record | None] = []
    for line in source.head_lines[:_HEAD_RECORDS]:
        try:
            records.append(record_of(line))
        except (ValueError, RecursionError):
            records.append(None)
    return records


def _chosen(records: Sequence[Record | None], names: Names) -> dict[str, str]:
    """The name of the field for each role that most of the requests have."""
    requests = [record for record in records if record and names.is_request(record)]
    chosen = {}
    for role, known in names.roles.items():
        counts = {name: sum(name in record for record in requests) for name in known}
        if common := [name for name in known if counts[name] * 2 > len(requests)]:
            chosen[role] = common[0]
    return chosen


def _recognise(source: Source, names: Names) -> bool:
    records = _head(source)
    requests = [record for record in records if record and names.is_request(record)]
    if not requests:
        return False
    roles, first = _chosen(requests, names), requests[0]
    complete = any(role.startswith("took_") for role in roles) and any("_any" in role for role in roles)
    has_one = not names.needs_one or any(name in first for name in names.needs_one)
    return complete and has_one and all(name in first for name in names.needs)


def _read(source: Source, log: Log, wishes: Wishes, names: Names) -> None:
    log.stamp = names.stamp
    records = _head(source)
    chosen = _chosen(records, names)
    took_role = next((role for role in chosen if role.startswith("took_")), None)
    moment = next((role for role in chosen if role.endswith("_any")), None)
    if took_role is None or moment is None:
        raise LogError(
            f"{source.name}:1: no field here says when a request came and how long it took\n"
            f"  | {visible(source.head_lines[0][:100])}\n"
            '  = nginx: add "msec":"$msec" and "request_time":"$request_time" to its log_format'
        )
    field = chosen.pop(took_role)
    texts = [_text(record.get(field)) for record in records if record and names.is_request(record)]
    took_role = f"took_{wishes.unit}" if wishes.unit else _took_role(source, names, took_role, field, texts)
    if field in _UPSTREAM:
        log.caution(f"the log has no $request_time: {field}, the time of the upstream, was taken")
    stamps = [_text(record.get(chosen[moment])) for record in records if record and names.is_request(record)]
    roles = {**chosen, took_role: field}
    add_fields = call_adder(log, roles, wishes, has_zone=has_zone(stamps[0].strip("[]")))

    def add(line: str) -> None:
        record = record_of(line)
        if not names.is_request(record):
            raise ValueError("the line is no handled request")
        fields = {role: _text(record.get(name)) for role, name in roles.items()}
        fields[moment] = fields[moment].strip("[]")
        if took_role == "took_s" and fields[took_role][-1:] in ("s", "h", "m"):
            fields[took_role] = _go_seconds(fields[took_role])
        add_fields(fields)

    read_records(source, log, add)


def _took_role(source: Source, names: Names, role: str, field: str, texts: Sequence[str]) -> str:
    """The role of the duration; whole numbers beyond a minute, and too many decimals, are no seconds."""
    strange = [text for text in texts if _is_strange(text, names.most_decimals)]
    if role == "took_s" and len(strange) * 2 > len(texts):
        raise LogError(
            f"{source.name}:1: '{visible(field)}' holds {visible(strange[0][:20])}, which may be in another "
            "unit than seconds\n  = say its unit: --unit ms (or us, ns, s)"
        )
    return role


def _is_strange(text: str, most_decimals: int) -> bool:
    integer, _, decimals = text.partition(".")
    if not decimals:
        return integer.isdecimal() and int(integer[:9]) > 60
    return decimals.isdigit() and len(decimals) > most_decimals


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)[:100]


def _go_seconds(text: str) -> str:
    """A duration of Go, as `1.5ms` or `1m2.5s`, in seconds; another text as it is."""
    parts = _GO_PARTS.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return text
    nanoseconds = sum(
        number_us(number, "us") if unit == "ns" else number_us(number, "ms") * _GO_SIZE[unit]
        for number, unit in parts
    )
    return f"{nanoseconds}e-9"


def _row(name: str, title: str, names: Names) -> Format:
    return Format(
        name, title, partial(_recognise, names=names), partial(_read, names=names), stamp=names.stamp
    )


FORMATS: tuple[Format, ...] = (
    _row("caddy", "Caddy access log", CADDY),
    _row("traefik", "Traefik access log", TRAEFIK),
    _row("envoy", "Envoy access log (JSON)", ENVOY),
    _row("apache-json", "Apache access log with named fields", APACHE),
    _row("nginx-json", "nginx access log (JSON)", NGINX),
)

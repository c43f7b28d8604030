"""HAProxy: `option httplog`, the timers of which tell the queue from the work."""

from __future__ import annotations

import re

from syncasync_sim.fit.formats.kinds import Format, Refused, Wishes
from syncasync_sim.fit.formats.moments import clf_us
from syncasync_sim.fit.formats.records import (
    NO_DURATION,
    LeftOutError,
    add_call,
    read_records,
    share,
)
from syncasync_sim.fit.formats.tabular import failed_by_status
from syncasync_sim.fit.log import Log
from syncasync_sim.fit.source import Source

_BEGIN = (
    r"\S+:\d+ \[(?P<stamp>\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{1,6})?)\] "
    r"(?P<frontend>\S+) (?P<backend>[^\s/]+)/(?P<server>\S+) "
)
_HTTP = re.compile(
    _BEGIN + r"(?P<timers>-?\d{1,10}(?:/[+-]?\d{1,10}){4}) (?P<status>-1|\d{3}) \+?\d+ .*?"
    r" ?[\w-]{4} \d+/\d+/\d+/(?P<in_service>\d{1,9})/(?P<retries>\+?\d{1,9}) \d+/(?P<queue>\d+)(?: |$)"
)
_TCP = re.compile(_BEGIN + r"-?\d+/-?\d+/\+?\d+ \+?\d+ \S\S \d+/\d+/\d+/\d+/\+?\d+ \d+/\d+")
_FEW = 0.2
"""Start-up lines and failed handshakes are between the records."""


def _read(source: Source, log: Log, wishes: Wishes) -> None:
    """Read a file: the stamp is the start, `Tw` the queue, `Tr` the work, `Ta` the response."""
    log.stamp, log.has_zone = "start", False
    shift = wishes.zone_minutes * 60_000_000

    def add(line: str) -> None:
        match = _HTTP.search(line)
        if match is None:
            raise ValueError("the line is no request of option httplog")
        _add(match, log, shift)

    read_records(source, log, add)
    nobody = "nobody waited in a queue of HAProxy: its Tr holds any wait inside the server"
    if not log.waited_count and len(log.calls):
        log.caution(nobody)
    elif nobody in log.cautions:
        log.cautions.remove(nobody)


def _add(match: re.Match[str], log: Log, shift: int) -> None:
    if match["server"].startswith("<"):
        raise LeftOutError("answered by HAProxy itself, without a server")
    _, waited, _, work, active = (int(timer) * 1000 for timer in match["timers"].split("/"))
    if active < 0:
        raise LeftOutError(NO_DURATION)
    if "/+" in match["timers"]:
        raise LeftOutError("logged before the end of the reply (option logasap)")
    start = clf_us(match["stamp"]) - shift
    add_call(
        log,
        start,
        start + active,
        failed=match["status"] == "-1" or failed_by_status(match["status"]),
        work_us=work if work >= 0 else None,
        server=f"{match['backend']}/{match['server']}",
    )
    log.count_wait(waited)
    log.retries += int(match["retries"].lstrip("+"))
    log.most_in_service = max(log.most_in_service or 0, int(match["in_service"]))


def _is_http(source: Source) -> bool:
    return share(source.head_lines, _HTTP) >= _FEW


def _is_tcp(source: Source) -> bool:
    return share(source.head_lines, _TCP) >= _FEW


HAPROXY = Format("haproxy", "HAProxy HTTP log", _is_http, _read, stamp="start")
HAPROXY_TCP = Refused(
    "haproxy-tcp",
    "HAProxy TCP log",
    _is_tcp,
    lambda _source: "it has connections, each of which may carry many requests",
    "set 'option httplog' (with 'mode http') and give that log",
)

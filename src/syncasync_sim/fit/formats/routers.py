"""Load balancers and routers of clouds: AWS, Heroku, Cloud Foundry, Envoy as text."""

from __future__ import annotations

import re
from functools import partial

from syncasync_sim.fit.formats.kinds import Format, Wishes
from syncasync_sim.fit.formats.moments import ISO
from syncasync_sim.fit.formats.records import (
    NO_DURATION,
    Layout,
    LeftOutError,
    add_call,
    duration_us,
    read_layout,
    read_records,
    share,
)
from syncasync_sim.fit.formats.tabular import failed_by_status
from syncasync_sim.fit.log import Log, Stamp
from syncasync_sim.fit.source import Source
from syncasync_sim.model.stamps import date_us, number_us

_PART = r"-|-?\d+(?:\.\d+)?"
_AWS = (
    rf"(?P<stamp>{ISO}) \S+ \S+ (?P<target>\S+) (?P<parts>(?:{_PART}) (?:{_PART}) (?:{_PART})) "
    r'(?P<status>\d{3}|-) (?:\d{3}|-) -?\d+ -?\d+ "(?:[^"\\]|\\.)*" '
)
_ALB = re.compile(
    rf'^(?P<kind>https?|h2|grpcs|wss?) {_AWS}"(?:[^"\\]|\\.)*"(?:.*? -?\d+ (?P<created>{ISO}) ")?'
)
_ELB = re.compile(rf"^(?P<kind>){_AWS}(?P<created>)")
_HEROKU = re.compile(
    rf"(?P<stamp>{ISO}) .*?heroku(?:\[router\]:| router - -?) ?.*?\bat=(?P<at>\w+) .*?"
    r" dyno=(?P<dyno>\S*) connect=(?P<connect>\d*)(?:ms)? service=(?P<service>\d*)(?:ms)?"
    r" status=(?P<status>\d*)"
)
GOROUTER = re.compile(
    rf'\[(?P<start_iso>{ISO})\] "[^"]*" (?P<status>\d{{3}}|-) .*? response_time:"?(?P<took_s>[\d.]+|-)'
    r'(?:.*? app_index:"?(?P<server>[\w-]+))?'
)
ENVOY = re.compile(
    rf'\[(?P<start_iso>{ISO})\] "(?:[^"\\]|\\.)*" (?P<status>\d{{1,3}}) \S+ '
    r'(?:\S+ \S+ "[^"]*" )?\d+ \d+ (?P<took_ms>\d+|-) (?:\d+|-) (?:"(?:[^"\\]|\\.)*" ){4}"(?P<server>[^"]*)"'
)
_MOST = 0.5
_LITTLE = 0.05
"""The lines of a router are between those of the application."""


def _read_aws(source: Source, log: Log, wishes: Wishes, pattern: re.Pattern[str], stamp: Stamp) -> None:
    del wishes
    log.stamp = stamp

    def add(line: str) -> None:
        match = pattern.match(line)
        if match is None:
            raise ValueError("the line is no record of a load balancer")
        _add_aws(match, log, stamp)

    read_records(source, log, add)


def _add_aws(match: re.Match[str], log: Log, stamp: Stamp) -> None:
    if match["kind"].startswith("ws") or match["status"] == "101":
        raise LeftOutError("web sockets")
    parts = match["parts"].split()
    if match["target"] == "-" and parts[1].startswith("-"):
        raise LeftOutError("answered by the load balancer itself, without a target")
    moment = date_us(match["stamp"])
    if match["created"]:
        start, end = date_us(match["created"]), moment
    elif "-" in match["parts"]:
        raise LeftOutError(NO_DURATION)
    else:
        took = sum(number_us(part, "s") for part in parts)
        start, end = (moment, moment + took) if stamp == "start" else (moment - took, moment)
    server = None if match["target"] == "-" else match["target"]
    add_call(log, start, end, failed=failed_by_status(match["status"]), server=server)


def _read_heroku(source: Source, log: Log, wishes: Wishes) -> None:
    """The stamp is the end; the response is `connect` and `service` together."""
    del wishes
    log.stamp = "end"

    def add(line: str) -> None:
        match = _HEROKU.search(line)
        if match is None:
            raise ValueError("the line is none of the router")
        if match["status"] == "101":
            raise LeftOutError("web sockets (status 101)")
        if not match["service"]:
            raise LeftOutError(NO_DURATION)
        took = duration_us(f"{match['connect'] or 0},{match['service']}", "ms")
        end = date_us(match["stamp"])
        failed = match["at"] == "error" or failed_by_status(match["status"])
        add_call(log, end - took, end, failed=failed, server=match["dyno"] or None)

    read_records(source, log, add)


def _is(source: Source, pattern: re.Pattern[str], least: float) -> bool:
    return share(source.head_lines, pattern) >= least


def _read_text(source: Source, log: Log, wishes: Wishes, pattern: re.Pattern[str]) -> None:
    read_layout(source, log, wishes, Layout(pattern, "start"))


ALB = Format(
    "alb",
    "access log of an AWS Application Load Balancer",
    partial(_is, pattern=_ALB, least=_MOST),
    partial(_read_aws, pattern=_ALB, stamp="both"),
)
ELB = Format(
    "elb",
    "access log of an AWS Classic Load Balancer",
    partial(_is, pattern=_ELB, least=_MOST),
    partial(_read_aws, pattern=_ELB, stamp="start"),
    stamp="start",
)
HEROKU = Format(
    "heroku", "Heroku router log", partial(_is, pattern=_HEROKU, least=_LITTLE), _read_heroku, stamp="end"
)
ROUTER = Format(
    "gorouter",
    "Cloud Foundry router log",
    partial(_is, pattern=GOROUTER, least=_LITTLE),
    partial(_read_text, pattern=GOROUTER),
    stamp="start",
)
ENVOY_TEXT = Format(
    "envoy-text",
    "Envoy access log",
    partial(_is, pattern=ENVOY, least=_MOST),
    partial(_read_text, pattern=ENVOY),
    stamp="start",
)

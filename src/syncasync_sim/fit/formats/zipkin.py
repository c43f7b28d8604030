"""Zipkin v2 JSON: a list of spans, or a list of traces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from syncasync_sim.fit.formats.kinds import Format, Refused
from syncasync_sim.fit.formats.spanlike import SpanOrError, each, reader
from syncasync_sim.fit.json_items import as_dict, as_text
from syncasync_sim.fit.source import Source
from syncasync_sim.fit.spans import KINDS, NO_KIND, NONE, TAGS, Span
from syncasync_sim.fit.traces import make_calls
from syncasync_sim.model.stamps import number_us

_OPENING = re.compile(r"\A\s*\[|\n[ \t\r]*\[")
_ID = re.compile(r'"traceId"\s*:\s*"')
_FIELD = re.compile(r'"(?:localEndpoint|duration|parentId|kind)"\s*:')
_V1 = re.compile(r'"binaryAnnotations"\s*:|"annotations"\s*:\s*\[\s*\{[^}]*"endpoint"\s*:')


def _is_list_of_spans(source: Source) -> bool:
    head = source.head
    return head.lstrip().startswith("[") and bool(_ID.search(head)) and bool(re.search(r'"id"\s*:', head))


def recognise(source: Source) -> bool:
    """Whether a file is a list of spans with the fields of Zipkin v2."""
    return _is_list_of_spans(source) and bool(_FIELD.search(source.head)) and not is_v1(source)


def is_v1(source: Source) -> bool:
    """Whether a file is a list of spans in the first format of Zipkin."""
    return _is_list_of_spans(source) and bool(_V1.search(source.head))


def _spans(item: object) -> Iterable[SpanOrError]:
    """The spans of an item: a span, or a trace."""
    return each(item if isinstance(item, list) else [item], _span)


def _span(value: Mapping[str, object]) -> Span:
    start, duration = as_text(value.get("timestamp")), as_text(value.get("duration"))
    start_us = number_us(start, "us") if start not in ("", "0") else NONE
    endpoint, kind = as_dict(value.get("localEndpoint")), as_text(value.get("kind"))
    given = as_dict(value.get("tags"))
    tags = {key: as_text(given[key]) for key in TAGS & given.keys()}
    peer = as_text(as_dict(value.get("remoteEndpoint")).get("serviceName"))
    if peer:
        tags["peer.service"] = peer
    if value.get("shared") is True and not kind:
        kind = "SERVER"
    return Span(
        trace=as_text(value.get("traceId")),
        id=as_text(value.get("id")),
        parent=as_text(value.get("parentId")),
        name=as_text(value.get("name")),
        kind=KINDS.index(kind) if kind in KINDS[1:] else NO_KIND,
        start_us=start_us,
        end_us=start_us + number_us(duration, "us") if duration and start_us != NONE else NONE,
        service=as_text(endpoint.get("serviceName")),
        instance=as_text(endpoint.get("ipv4")) or as_text(endpoint.get("ipv6")),
        tags=tags,
        failed="error" in tags and tags["error"].lower() != "false",
    )


ZIPKIN = Format("zipkin", "Zipkin trace file", recognise, reader(_OPENING, _spans), finish=make_calls)
ZIPKIN_V1 = Refused(
    "zipkin-v1",
    "Zipkin trace file of the first format",
    is_v1,
    lambda _: "its spans have annotations (sr, ss) in the place of a kind, which are not read",
    "export it in the format of today: the JSON download of the Zipkin page, or GET /api/v2/traces",
)

"""Jaeger JSON: the download of Jaeger's page, or the answer of /api/traces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from syncasync_sim.fit.formats.kinds import Format, Refused
from syncasync_sim.fit.formats.spanlike import SpanOrError, each, first_of, reader, tags_of
from syncasync_sim.fit.json_items import as_dict, as_list, as_text
from syncasync_sim.fit.source import Source
from syncasync_sim.fit.spans import KINDS, NO_KIND, NONE, TAGS, Span
from syncasync_sim.fit.traces import make_calls
from syncasync_sim.model.stamps import number_us

_OPENING = re.compile(
    r'\A\s*\[|"data"\s*:\s*\[|\A\s*(?=\{\s*"(?:traceID|spans|processes|startTime|duration|warnings)"\s*:)'
)
"""A list of traces, or one trace without a list around it."""
_START = re.compile(r"\s*[\[{]")
_ID = re.compile(r'"traceID"\s*:\s*"')
_SPANS = re.compile(r'"spans"\s*:\s*\[')
_LIST = re.compile(r'\A\s*\[|"data"\s*:\s*\[')
_INNER = re.compile(r'"data"\s*:\s*\{|"relativeStartTime"\s*:')
_NO_TRACES = re.compile(r'\s*\{\s*"data"\s*:\s*(?:\[\s*\]|null)\s*,\s*"(?:total|errors|limit)"')
_INSTANCE = ("service.instance.id", "hostname", "host.name", "k8s.pod.name", "ip")
_PROCESS_TAGS = frozenset(_INSTANCE)


def _is_empty(source: Source) -> bool:
    return bool(_NO_TRACES.match(source.head))


def _has_spans(source: Source) -> bool:
    head = source.head
    return bool(_START.match(head) and _ID.search(head) and _SPANS.search(head))


def recognise(source: Source) -> bool:
    """Whether a file holds a list of traces as Jaeger writes it."""
    return _has_spans(source) and bool(_OPENING.search(source.head)) and not is_inner_shape(source)


def is_inner_shape(source: Source) -> bool:
    """Whether a file holds a trace as the page of Jaeger has it inside, not as it is exported."""
    head = source.head
    return _has_spans(source) and bool(_INNER.search(head)) and not _LIST.search(head)


def _spans(item: object) -> Iterable[SpanOrError]:
    """The spans of one trace."""
    trace = as_dict(item)
    processes = {name: _process(value) for name, value in as_dict(trace.get("processes")).items()}

    def span_of(value: dict[str, object]) -> Span:
        process = processes.get(as_text(value.get("processID"))) or _process(value.get("process"))
        return _span(value, as_text(trace.get("traceID")), process)

    return each(as_list(trace.get("spans")), span_of)


def _process(value: object) -> tuple[str, str]:
    """The service and the instance of a process."""
    process = as_dict(value)
    tags = tags_of(process.get("tags"), _PROCESS_TAGS)
    return as_text(process.get("serviceName")), first_of(tags, _INSTANCE)


def _span(value: Mapping[str, object], trace: str, process: tuple[str, str]) -> Span:
    tags = tags_of(value.get("tags"), TAGS)
    start_us = number_us(as_text(value.get("startTime")), "us")
    duration = as_text(value.get("duration"))
    trace = as_text(value.get("traceID")) or trace
    parent, links = _references(value, trace)
    kind = tags.get("span.kind", "").upper()
    marks = (tags.get("error", "").lower() == "true", tags.get("otel.status_code") == "ERROR")
    return Span(
        trace=trace,
        id=as_text(value.get("spanID")),
        parent=parent,
        name=as_text(value.get("operationName")),
        kind=KINDS.index(kind) if kind in KINDS[1:] else NO_KIND,
        start_us=start_us,
        end_us=start_us + number_us(duration, "us") if duration else NONE,
        service=process[0],
        instance=process[1],
        tags=tags,
        failed=any(marks),
        links=links,
        trace_state=tags.get("w3c.tracestate", "")[:500],
    )


def _references(value: Mapping[str, object], trace: str) -> tuple[str, list[tuple[str, str]]]:
    """The parent of a span, and its links: references to other traces, and those that are no parent."""
    parent, links = as_text(value.get("parentSpanID")), []
    references = sorted(
        map(as_dict, as_list(value.get("references"))), key=lambda r: r.get("refType") != "CHILD_OF"
    )
    for reference in references:
        ids = (as_text(reference.get("traceID")) or trace, as_text(reference.get("spanID")))
        if not parent and ids[0] == trace:
            parent = ids[1]
        else:
            links.append(ids)
    return parent, links


def _summary(source: Source) -> str:
    """The number of spans of a trace in the inner shape, as far as it can be read."""
    try:
        document = as_dict(json.loads(source.document()))
    except (ValueError, RecursionError):
        document = {}
    trace = as_dict(document.get("data")) or document
    spans = as_list(trace.get("spans"))
    count = f" ({len(spans)} spans)" if spans else ""
    return f"it holds one trace{count} as the page of Jaeger computes it, not as it is exported"


JAEGER = Format("jaeger", "Jaeger trace file", recognise, reader(_OPENING, _spans), finish=make_calls)
JAEGER_INNER = Refused(
    "jaeger-ui",
    "trace in the inner shape of Jaeger",
    is_inner_shape,
    _summary,
    "export it: Download Results on the search page, Trace JSON on the page of a trace, or GET /api/traces",
)
JAEGER_EMPTY = Refused(
    "jaeger-empty",
    "answer of Jaeger",
    _is_empty,
    lambda _: "it holds no traces",
    "search with a longer time and a higher limit, then export again",
)

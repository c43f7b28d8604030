"""OTLP as JSON: one document, or a line for each batch as the collector's file exporter writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from syncasync_sim.fit.formats.kinds import Format, Refused
from syncasync_sim.fit.formats.spanlike import SpanOrError, each, first_of, reader, tags_of
from syncasync_sim.fit.json_items import as_dict, as_list, as_text
from syncasync_sim.fit.source import Source
from syncasync_sim.fit.spans import KINDS, NO_KIND, NONE, TAGS, Span
from syncasync_sim.fit.traces import make_calls
from syncasync_sim.model.stamps import number_us

_OPENING = re.compile(r'"(?:resourceSpans|resource_spans|batches)"\s*:\s*\[')
_OTHER_SIGNAL = re.compile(r'"resource_?(?:Metrics|Logs|metrics|logs)"\s*:')
_IN_SPANS = re.compile(r'"(?:scope_?[Ss]pans|instrumentation_?[Ll]ibrary_?[Ss]pans|resource)"\s*:|\[\s*\]')
_SCOPES = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans")
_INSTANCE = ("service.instance.id", "host.name", "k8s.pod.name", "container.id", "host.id")
_RESOURCE_TAGS = frozenset(("service.name", *_INSTANCE))
_ERROR = ("2", "STATUS_CODE_ERROR")


def recognise(source: Source) -> bool:
    """Whether the head of a file holds resourceSpans, or the batches of Tempo."""
    head = source.head
    return "{" in head and bool(_OPENING.search(head)) and bool(_IN_SPANS.search(head))


def _foreign(text: str) -> str | None:
    return "lines of metrics or logs" if _OTHER_SIGNAL.search(text) else None


def _either(value: Mapping[str, object], camel: str, snake: str) -> object:
    return value.get(camel, value.get(snake))


def _scalar(value: object) -> str:
    """The text of an attribute's value, as `{"stringValue": "a"}`."""
    return as_text(next(iter(as_dict(value).values()), ""))


def _spans(item: object) -> Iterator[SpanOrError]:
    """The spans of one resource."""
    group = as_dict(item)
    resource = tags_of(as_dict(group.get("resource")).get("attributes"), _RESOURCE_TAGS, _scalar)
    service, instance = resource.get("service.name", ""), first_of(resource, _INSTANCE)

    def span_of(value: dict[str, object]) -> Span:
        return _span(value, service, instance)

    for scope in (scope for name in _SCOPES for scope in as_list(group.get(name))):
        yield from each(as_list(as_dict(scope).get("spans")), span_of)


def _span(value: Mapping[str, object], service: str, instance: str) -> Span:
    start = as_text(_either(value, "startTimeUnixNano", "start_time_unix_nano"))
    end = as_text(_either(value, "endTimeUnixNano", "end_time_unix_nano"))
    status = as_text(as_dict(value.get("status")).get("code"))
    links = (as_dict(link) for link in as_list(value.get("links")))
    return Span(
        trace=as_text(_either(value, "traceId", "trace_id")),
        id=as_text(_either(value, "spanId", "span_id")),
        parent=as_text(_either(value, "parentSpanId", "parent_span_id")),
        name=as_text(value.get("name")),
        kind=_kind(as_text(value.get("kind"))),
        start_us=number_us(start, "ns") if start else NONE,
        end_us=number_us(end, "ns") if end not in ("", "0") else NONE,
        service=service,
        instance=instance,
        tags=tags_of(value.get("attributes"), TAGS, _scalar),
        failed=status in _ERROR,
        links=[
            (as_text(_either(link, "traceId", "trace_id")), as_text(_either(link, "spanId", "span_id")))
            for link in links
        ],
        trace_state=as_text(_either(value, "traceState", "trace_state"))[:500],
    )


def _kind(text: str) -> int:
    """The kind by its number or its name, as `SPAN_KIND_SERVER`."""
    if text in ("1", "2", "3", "4", "5"):
        return int(text)
    name = text.removeprefix("SPAN_KIND_")
    return KINDS.index(name) if name in KINDS[1:] else NO_KIND


def _is_other_signal(source: Source) -> bool:
    return bool(_OTHER_SIGNAL.search(source.head)) and not _OPENING.search(source.head)


_READ = reader(_OPENING, _spans, _foreign)
OTLP = Format("otlp", "OTLP trace file (OpenTelemetry)", recognise, _READ, finish=make_calls)
OTHER_SIGNALS = Refused(
    "otlp-metrics",
    "OTLP file of metrics or logs",
    _is_other_signal,
    lambda _: "it holds no spans, so no single requests",
    "give the file of the traces pipeline: resourceSpans, from the file exporter of the collector; "
    "if spans come later in this file, insist with --format otlp",
)

"""Traces in OTLP, Jaeger and Zipkin JSON: the same shop in each, and what each format has of its own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncasync_sim.errors import LogError
from syncasync_sim.fit.log import UNKNOWN, Log, StepCalls
from syncasync_sim.fit.reading import read_sources, recognised
from syncasync_sim.fit.source import Source

T = 1_790_000_000_000_000
"""The begin of all, in microseconds."""
TRACE = "512f26ada3c3d634ac3c6b12b7b33c00"
NUMBERS = {"": 0, "INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}
Row = Mapping[str, Any]


def row(id: int, parent: int, kind: str, name: str, start: int, end: int | None, **more: Any) -> Row:
    """A span: `start` and `end` in microseconds after T; its trace is 1 unless it is named."""
    return {"id": id, "parent": parent, "kind": kind, "name": name, "start": start, "end": end, **more}


SHOP = (
    row(1, 0, "SERVER", "POST /checkout", 0, 1000),
    row(2, 1, "CLIENT", "check payment", 0, 300),
    row(3, 1, "CLIENT", "charge card", 300, 500, failed=True),
    row(4, 1, "CLIENT", "charge card", 600, 900),
    row(5, 1, "PRODUCER", "send email publish", 900, 950),
    row(6, 5, "CONSUMER", "send email process", 1200, 1500, failed=True, service="mail"),
    row(7, 5, "CONSUMER", "send email process", 1700, 2100, service="mail"),
    row(11, 0, "SERVER", "POST /checkout", 400, 700, trace=2, status="503"),
    row(12, 11, "CLIENT", "check payment", 450, 650, trace=2),
)
"""Two requests: 1000 us, and 300 us failed. Charging is tried twice, and so is the mail."""


def trace_id(span: Row) -> str:
    return f"{TRACE[:-2]}{span.get('trace', 1):02x}"


def otlp_span(span: Row) -> dict[str, Any]:
    value = {
        "traceId": trace_id(span),
        "spanId": f"{span['id']:016x}",
        "parentSpanId": f"{span['parent']:016x}" if span["parent"] else "",
        "name": span["name"],
        "kind": NUMBERS[span["kind"]],
        "startTimeUnixNano": f"{T + span['start']}000",
        "status": {"code": 2} if span.get("failed") else {},
        "attributes": [
            {"key": key, "value": {"stringValue": text}} for key, text in span.get("tags", {}).items()
        ],
    }
    if span["end"] is not None:
        value["endTimeUnixNano"] = f"{T + span['end']}000"
    if "status" in span:
        value["attributes"].append(
            {"key": "http.response.status_code", "value": {"intValue": span["status"]}}
        )
    for name in ("links", "traceState"):
        if name in span:
            value[name] = span[name]
    return value


def otlp_batch(spans: Sequence[Row], instance: str = "") -> dict[str, Any]:
    attributes = [{"key": "service.name", "value": {"stringValue": spans[0].get("service", "web")}}]
    if instance:
        attributes.append({"key": "service.instance.id", "value": {"stringValue": instance}})
    scopes = [{"scope": {"name": "x"}, "spans": [otlp_span(span) for span in spans]}]
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": scopes}]}


def otlp(spans: Sequence[Row]) -> str:
    return json.dumps(otlp_batch(spans))


def otlp_pretty(spans: Sequence[Row]) -> str:
    return json.dumps(otlp_batch(spans), indent=2)


def otlp_lines(spans: Sequence[Row]) -> str:
    """A line for each span, by its end, as a collector with small batches writes them."""
    by_end = sorted(spans, key=lambda span: span["end"])
    return "".join(json.dumps(otlp_batch([span])) + "\n" for span in by_end)


def zipkin_span(span: Row) -> dict[str, Any]:
    value = {
        "traceId": trace_id(span),
        "id": f"{span['id']:016x}",
        "name": span["name"],
        "timestamp": T + span["start"],
        "localEndpoint": {"serviceName": span.get("service", "web")},
        "tags": {},
    }
    if span["parent"]:
        value["parentId"] = f"{span['parent']:016x}"
    if span["kind"]:
        value["kind"] = span["kind"]
    if span["end"] is not None:
        value["duration"] = span["end"] - span["start"]
    if span.get("failed"):
        value["tags"]["error"] = ""
    if "status" in span:
        value["tags"]["http.status_code"] = span["status"]
    if "shared" in span:
        value["shared"] = True
    return value


def zipkin(spans: Sequence[Row]) -> str:
    return json.dumps([zipkin_span(span) for span in spans])


def zipkin_traces(spans: Sequence[Row]) -> str:
    traces: dict[str, list[Any]] = {}
    for span in spans:
        traces.setdefault(trace_id(span), []).append(zipkin_span(span))
    return json.dumps(list(traces.values()), indent=1)


def jaeger_span(span: Row) -> dict[str, Any]:
    tags: list[Any] = [{"key": "span.kind", "type": "string", "value": span["kind"].lower()}]
    if span.get("failed"):
        tags.append({"key": "error", "type": "bool", "value": True})
    if "status" in span:
        tags.append({"key": "http.status_code", "type": "int64", "value": int(span["status"])})
    tags += [{"key": key, "value": text} for key, text in span.get("tags", {}).items()]
    parent = {"refType": "CHILD_OF", "traceID": trace_id(span), "spanID": f"{span['parent']:x}"}
    return {
        "traceID": trace_id(span),
        "spanID": f"{span['id']:x}",
        "operationName": span["name"],
        "references": [parent] if span["parent"] else [],
        "startTime": T + span["start"],
        "duration": span["end"] - span["start"],
        "tags": tags,
        "processID": "p2" if span.get("service") else "p1",
    }


def jaeger(spans: Sequence[Row]) -> str:
    traces: dict[str, dict[str, Any]] = {}
    for span in spans:
        empty = {
            "traceID": trace_id(span),
            "spans": [],
            "processes": {"p1": {"serviceName": "web"}, "p2": {"serviceName": "mail"}},
        }
        traces.setdefault(trace_id(span), empty)["spans"].append(jaeger_span(span))
    return json.dumps({"data": list(traces.values()), "total": 0, "errors": None})


WRITERS: Mapping[str, Callable[[Sequence[Row]], str]] = {
    "otlp": otlp,
    "otlp-pretty": otlp_pretty,
    "otlp-lines": otlp_lines,
    "zipkin": zipkin,
    "zipkin-traces": zipkin_traces,
    "jaeger": jaeger,
}


def logged(folder: Path, *texts: str) -> Log:
    sources = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.txt"
        path.write_text(text, encoding="utf-8")
        sources.append(Source(path))
    return read_sources(sources)


def durations(log: Log) -> list[int]:
    return [end - start for start, end in zip(log.calls.start_us, log.calls.end_us, strict=True)]


def spans_of(step: StepCalls) -> list[tuple[int, int]]:
    return [(a - T, b - T) for a, b in zip(step.calls.start_us, step.calls.end_us, strict=True)]


@pytest.mark.parametrize("name", WRITERS)
def test_the_shop_in_each_format(tmp_path: Path, name: str) -> None:
    log = logged(tmp_path, WRITERS[name](SHOP))
    assert log.format == name.partition("-")[0]
    assert (log.lines, log.unreadable_count, log.left_out) == (9, 0, {})
    assert [start - T for start in log.calls.start_us] == [0, 400]
    assert durations(log) == [1000, 300]
    assert list(log.calls.failed) == [0, 1]
    assert (log.stamp, log.measures, log.noun, log.has_zone) == ("both", "response", "requests", True)
    check, charge, publish, mail = log.steps
    assert [step.name for step in log.steps] == ["check payment", "charge card", "send email", "send email"]
    assert [step.background for step in log.steps] == [False, False, False, True]
    assert [step.publishing for step in log.steps] == [False, False, True, False]
    assert (spans_of(check), list(check.request)) == ([(0, 300), (450, 650)], [0, 1])
    assert (spans_of(charge), list(charge.calls.failed)) == ([(300, 500), (600, 900)], [1, 0])
    assert spans_of(publish) == [(900, 950)]
    assert (spans_of(mail), list(mail.calls.failed)) == ([(1200, 1500), (1700, 2100)], [1, 0])
    assert [ready - T for ready in mail.calls.ready_us] == [950, 950]
    assert list(mail.request) == [0, 0]
    assert log.retries == 2
    assert log.cautions == []


def test_a_trace_may_be_spread_over_files(tmp_path: Path) -> None:
    log = logged(tmp_path, otlp(SHOP[5:]), otlp(SHOP[:5]))
    assert durations(log) == [1000, 300]
    assert list(log.steps[-1].request) == [0, 0]


def test_a_packed_file_and_one_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(otlp_lines(SHOP).encode()))
    log = read_sources([Source(path), Source(path)])
    assert durations(log) == [1000, 300]
    assert log.left_out == {"spans with an id that is there already": 9}


def test_names_in_snake_case_and_ids_of_any_case(tmp_path: Path) -> None:
    text = otlp(SHOP)
    for camel, snake in (
        ("resourceSpans", "resource_spans"),
        ("scopeSpans", "scope_spans"),
        ("traceId", "trace_id"),
        ("spanId", "span_id"),
        ("parentSpanId", "parent_span_id"),
        ("startTimeUnixNano", "start_time_unix_nano"),
        ("endTimeUnixNano", "end_time_unix_nano"),
    ):
        text = text.replace(f'"{camel}"', f'"{snake}"')
    text = text.replace(TRACE[:-2], TRACE[:-2].upper(), 3)
    assert durations(logged(tmp_path, text)) == [1000, 300]


def test_an_export_of_tempo_has_batches_and_ids_in_base64(tmp_path: Path) -> None:
    spans = [
        {
            "traceId": "W47/95gDgQPSabYzgTxgDA==",
            "spanId": "7uGbfsPBsXQ=",
            "kind": "SPAN_KIND_SERVER",
            "name": "GET /",
            "startTimeUnixNano": 1544712660000001499,
            "endTimeUnixNano": 1544712660000002501,
        },
        {
            "traceId": "W47/95gDgQPSabYzgTxgDA==",
            "spanId": "7uGbfsPBsXM=",
            "parentSpanId": "7uGbfsPBsXQ=",
            "kind": "SPAN_KIND_CLIENT",
            "name": "GET",
            "attributes": [{"key": "server.address", "value": {"stringValue": "stock"}}],
            "startTimeUnixNano": "1544712660000001499",
            "endTimeUnixNano": "1544712660000002501",
        },
    ]
    text = json.dumps({"batches": [{"resource": {}, "instrumentationLibrarySpans": [{"spans": spans}]}]})
    log = logged(tmp_path, text)
    assert list(log.calls.start_us) == [1_544_712_660_000_001]  # 1.499 and 2.501 us, each rounded
    assert durations(log) == [2]
    assert [step.name for step in log.steps] == ["GET stock"]


def test_a_server_span_is_a_request_though_its_caller_is_elsewhere(tmp_path: Path) -> None:
    log = logged(tmp_path, otlp([row(1, 99, "SERVER", "GET /", 0, 10), row(2, 98, "CLIENT", "x", 0, 5)]))
    assert durations(log) == [10]
    assert log.left_out == {"spans of which the parent is not in the file": 1}
    assert "1 of 1 requests have their parent in another file" in log.cautions[0]


def test_without_kinds_the_roots_are_the_requests(tmp_path: Path) -> None:
    log = logged(tmp_path, otlp([row(1, 0, "", "job", 0, 10), row(2, 1, "", "a", 0, 5)]))
    assert (durations(log), len(log.steps)) == ([10], 1)
    assert "the spans without a parent (no kind 1)" in log.cautions[0]


def test_the_span_of_a_caller_is_a_request_with_the_network_in_it(tmp_path: Path) -> None:
    log = logged(tmp_path, otlp([row(1, 0, "CLIENT", "GET /", 0, 10), row(2, 1, "SERVER", "GET /", 2, 8)]))
    assert (durations(log), [step.name for step in log.steps]) == ([10], ["GET /"])
    assert "(CLIENT 1) are taken as the requests; the time of a CLIENT has the network" in log.cautions[0]


def test_several_documents_in_one_file(tmp_path: Path) -> None:
    for text in (
        otlp_pretty(SHOP[:4]) + "\n" + otlp_pretty(SHOP[4:]),
        zipkin_traces(SHOP[:4]) + "\n" + zipkin_traces(SHOP[4:]),
        "collector  | " + otlp(SHOP[:4]) + "\ncollector  | " + otlp(SHOP[4:]),
    ):
        log = logged(tmp_path, text)
        assert (log.lines, durations(log), log.cautions) == (9, [1000, 300], [])


def test_an_answer_of_tempo_or_jaeger_with_otlp_inside(tmp_path: Path) -> None:
    for key in ("trace", "result"):
        assert durations(logged(tmp_path, f'{{"{key}": {otlp(SHOP)}}}')) == [1000, 300]


def test_the_numbers_of_lines_in_a_document(tmp_path: Path) -> None:
    text = "[\n" + ",\n".join(json.dumps(zipkin_span(span)) for span in SHOP) + "\n]"
    log = logged(tmp_path, text.replace(f'"id": "{12:016x}"', '"id": ""'))
    assert [line.line for line in log.unreadable] == [10]


def test_ids_that_are_no_hex(tmp_path: Path) -> None:
    text = jaeger(SHOP)
    for number in range(12, 0, -1):
        text = text.replace(f'"spanID": "{number:x}"', f'"spanID": "span-{number}"')
    text = text.replace(TRACE[:-2], "trace-")
    log = logged(tmp_path, text)
    assert (durations(log), len(log.steps), log.unreadable_count) == ([1000, 300], 4, 0)


def test_one_trace_of_jaeger_without_a_list(tmp_path: Path) -> None:
    trace = json.loads(jaeger(SHOP))["data"][0]
    assert durations(logged(tmp_path, json.dumps(trace, indent=2))) == [1000]
    assert durations(logged(tmp_path, json.dumps([trace]))) == [1000]


def test_a_call_is_named_by_its_host_and_port_if_its_name_is_a_method(tmp_path: Path) -> None:
    tags = {"server.address": "0.0.0.0", "server.port": "8081"}
    rows = (
        row(1, 0, "SERVER", "a", 0, 90),
        row(2, 1, "CLIENT", "HTTP GET", 1, 5, tags=tags),
        row(3, 1, "CLIENT", "GET", 11, 15, tags={"peer.service": "stock", "server.port": "80"}),
        row(4, 1, "CLIENT", "query", 21, 25, tags=tags),
    )
    log = logged(tmp_path, otlp(rows))
    assert [step.name for step in log.steps] == ["HTTP GET 0.0.0.0:8081", "GET stock", "query"]


def test_fragments_are_requests_where_most_traces_are_in_fragments(tmp_path: Path) -> None:
    rows = [row(1, 0, "SERVER", "a", 0, 10), *(row(n, 99, "CLIENT", "b", n, n + 5) for n in (2, 3))]
    log = logged(tmp_path, zipkin(rows))
    assert durations(log) == [10, 5, 5]
    assert "2 of 3 first spans have their parent in another file" in log.cautions[0]


def test_a_file_of_a_worker_holds_jobs(tmp_path: Path) -> None:
    log = logged(tmp_path, otlp([row(n, 50 + n, "CONSUMER", "mail process", n, n + 9) for n in (1, 2)]))
    assert (log.noun, log.measures, durations(log)) == ("jobs", "work", [9, 9])


def test_a_consumer_in_a_trace_of_its_own_is_background_work(tmp_path: Path) -> None:
    for kind in ("SERVER", ""):
        rows = (row(1, 0, kind, "a", 0, 9), row(2, 0, "CONSUMER", "mail process", 5, 8, trace=2))
        log = logged(tmp_path, otlp(rows))
        assert (durations(log), log.noun, log.left_out) == ([9], "requests", {})
        assert [(step.background, list(step.request)) for step in log.steps] == [(True, [UNKNOWN])]


def test_traces_that_do_not_begin_with_a_server_span_are_left_out(tmp_path: Path) -> None:
    log = logged(tmp_path, otlp([row(1, 0, "SERVER", "a", 0, 9), row(2, 0, "INTERNAL", "cron", 0, 5)]))
    assert durations(log) == [9]
    assert log.left_out == {"traces that do not begin with a SERVER span": 1}


def test_halves_that_share_an_id(tmp_path: Path) -> None:
    rows = (
        row(1, 0, "SERVER", "get /", 0, 100),
        row(2, 1, "CLIENT", "get", 10, 60),
        row(2, 1, "SERVER", "get /stock", 20, 50, shared=True),
        row(3, 2, "CLIENT", "query", 25, 40),
    )
    log = logged(tmp_path, zipkin(rows))
    assert (durations(log), log.left_out, log.cautions) == ([100], {}, [])
    assert [(step.name, spans_of(step)) for step in log.steps] == [("get", [(10, 60)])]


def test_spans_before_their_parents_are_counted_by_service(tmp_path: Path) -> None:
    rows = (
        row(1, 0, "SERVER", "get /", 100, 200),
        row(2, 1, "CLIENT", "get", 110, 190),
        row(2, 1, "SERVER", "get /stock", 20, 90, shared=True, service="stock"),
        row(3, 2, "", "async", 21, 30, service="stock"),
    )
    log = logged(tmp_path, zipkin(rows))
    assert log.cautions == [
        "2 spans began before the parent: the clocks differ (stock and web 1, stock 1)",
    ]


def test_a_consumer_is_linked_to_its_producer_in_another_trace(tmp_path: Path) -> None:
    link = {"traceId": trace_id({}), "spanId": f"{2:016x}"}
    rows = (
        row(3, 0, "CONSUMER", "process mail", 40, 60, trace=7, links=[link]),
        row(1, 0, "SERVER", "a", 0, 20),
        row(2, 1, "PRODUCER", "send mail", 10, 12),
    )
    log = logged(tmp_path, otlp(rows))
    publish, mail = log.steps
    assert (publish.name, mail.name, mail.background) == ("mail", "mail", True)
    assert list(mail.request) == [0]
    assert [ready - T for ready in mail.calls.ready_us] == [12]


def test_the_fetching_of_messages_is_no_work(tmp_path: Path) -> None:
    rows = (
        row(1, 0, "SERVER", "a", 0, 20),
        row(2, 1, "PRODUCER", "mail publish", 10, 12),
        row(3, 2, "CONSUMER", "mail receive", 30, 31),
        row(4, 3, "CONSUMER", "mail process", 31, 60),
    )
    log = logged(tmp_path, otlp(rows))
    assert log.left_out == {"fetching of messages": 1}
    assert spans_of(log.steps[-1]) == [(31, 60)]
    assert [ready - T for ready in log.steps[-1].calls.ready_us] == [12]


def test_the_work_under_a_poll_is_the_work(tmp_path: Path) -> None:
    rows = (
        row(1, 0, "SERVER", "a", 0, 20),
        row(2, 1, "PRODUCER", "send", 10, 12, tags={"messaging.destination.name": "mails"}),
        row(3, 2, "CONSUMER", "poll", 30, 31),
        row(4, 3, "", "on-message", 31, 60),
    )
    log = logged(tmp_path, otlp(rows))
    assert spans_of(log.steps[-1]) == [(30, 60)]
    assert {step.name for step in log.steps} == {"poll"}
    assert "1 consumer span ended before the work below" in log.cautions[0]


def test_a_message_of_which_the_request_is_lost(tmp_path: Path) -> None:
    rows = (row(1, 0, "SERVER", "a", 0, 9), row(3, 77, "CONSUMER", "mail process", 5, 8, trace=3))
    log = logged(tmp_path, otlp(rows))
    assert list(log.steps[0].request) == [UNKNOWN]
    assert log.left_out == {}


def test_loops_and_work_at_the_same_time_are_cautions(tmp_path: Path) -> None:
    rows = (
        row(1, 0, "SERVER", "a", 0, 100),
        row(2, 1, "CLIENT", "query", 0, 50),
        row(3, 1, "CLIENT", "query", 20, 60),
        row(4, 1, "INTERNAL", "log", 90, 300),
    )
    log = logged(tmp_path, otlp(rows))
    assert log.retries == 0
    assert [caution.partition(":")[0] for caution in log.cautions] == [
        "1 call of query followed another in the same request without a failure",
        "steps run at the same time in 1 of 1 requests",
        "1 step ended after the reply to the request",
        "1 of 1 requests are shorter than one of their steps",
    ]


@pytest.mark.parametrize(
    ("more", "failed"),
    [
        ({"status": "404", "failed": True}, 0),
        ({"status": "500"}, 1),
        ({"status": "200", "failed": True}, 1),
        ({"failed": True}, 1),
        ({}, 0),
    ],
)
@pytest.mark.parametrize("name", WRITERS)
def test_failed_is_the_fault_of_the_server(
    tmp_path: Path, name: str, more: Mapping[str, Any], failed: int
) -> None:
    log = logged(tmp_path, WRITERS[name]([row(1, 0, "SERVER", "a", 0, 9, **more)]))
    assert list(log.calls.failed) == [failed]


@pytest.mark.parametrize(
    ("more", "share"),
    [
        ({"traceState": "ot=th:c;rv:123456789abcde"}, 0.25),
        ({"traceState": "vendor=1,ot=p:3;r:5"}, 0.125),
        ({"traceState": "ot=th:0"}, None),
        ({"traceState": "ot=p:63"}, None),
        ({"tags": {"SampleRate": "0"}}, None),
        ({"tags": {"sampler.type": "probabilistic", "sampler.param": "0.1"}}, 0.1),
        ({"tags": {"sampler.type": "const", "sampler.param": "1"}}, None),
        ({"tags": {"SampleRate": "20"}}, 0.05),
        ({"tags": {"sampling.priority": "0.5"}}, 0.5),
        ({"tags": {"sampling.priority": "1"}}, None),
        ({"tags": {"sampler.param": "nan"}}, None),
    ],
)
def test_a_sampled_trace_says_its_share(tmp_path: Path, more: Mapping[str, Any], share: float) -> None:
    log = logged(tmp_path, otlp([row(1, 0, "SERVER", "a", 0, 9, **more)]))
    assert log.sampled_share == pytest.approx(share)
    assert bool(log.cautions) == (share is not None)


def test_shares_are_averaged_by_the_requests_that_they_stand_for(tmp_path: Path) -> None:
    rows = [row(1, 0, "SERVER", "a", 0, 9, traceState="ot=p:2"), row(2, 0, "SERVER", "a", 5, 9)]
    assert logged(tmp_path, otlp(rows)).sampled_share == pytest.approx(2 / 5)  # four and one


def test_servers_and_threads(tmp_path: Path) -> None:
    batches = [
        otlp_batch([row(n, 0, "SERVER", "a", 10 * n, 10 * n + 9, tags={"thread.id": str(n % 2)})], instance)
        for n, instance in ((1, "i1"), (2, "i1"), (3, "i2"))
    ]
    log = logged(tmp_path, "\n".join(map(json.dumps, batches)))
    assert log.calls.server_names == {"i1": 0, "i2": 1}
    assert list(log.calls.server) == [0, 0, 1]
    assert log.processes == ("web i1 0", "web i1 1", "web i2 1")
    assert len(log.calls.lane) == 3


def test_the_thread_of_an_event_loop_is_no_lane(tmp_path: Path) -> None:
    rows = [row(n, 0, "SERVER", "a", n, n + 9, tags={"thread.id": "1"}) for n in (1, 2)]
    log = logged(tmp_path, otlp(rows))
    assert (log.processes, len(log.calls.lane)) == ((), 0)
    assert "thread.id does not tell the threads" in log.cautions[0]


def test_spans_without_a_duration_are_parents_but_no_calls(tmp_path: Path) -> None:
    rows = (
        row(1, 0, "SERVER", "a", 0, 100),
        row(2, 1, "CLIENT", "b", 0, None),
        row(3, 2, "SERVER", "c", 1, 5),
        row(4, 0, "SERVER", "d", 0, None, trace=2),
    )
    for text in (zipkin(rows), otlp(rows)):
        log = logged(tmp_path, text)
        assert (durations(log), log.steps) == ([100], [])
        assert log.left_out == {"without a duration": 2}


def test_a_span_that_is_reported_before_its_end(tmp_path: Path) -> None:
    begun, ended = row(1, 0, "SERVER", "a", 5, None), row(1, 0, "SERVER", "a", 5, 14, failed=True)
    for rows in ([begun, ended], [ended, begun]):
        log = logged(tmp_path, zipkin(rows))
        assert (durations(log), list(log.calls.failed)) == ([9], [1])


def test_a_long_line_after_a_short_one_of_metrics(tmp_path: Path) -> None:
    rows = [row(n, 0, "SERVER", "a", n, n + 9, trace=n % 200) for n in range(1, 500)]
    log = logged(tmp_path, '{"resourceMetrics":[]}\n' + otlp(rows) + "\nend\n\n")
    assert (len(log.calls), log.left_out) == (499, {"lines of metrics or logs": 1})
    assert [line.line for line in log.unreadable] == [3]


def test_a_circle_of_parents_ends(tmp_path: Path) -> None:
    rows = (
        row(1, 0, "SERVER", "a", 0, 9),
        row(2, 3, "CLIENT", "b", 1, 2),
        row(3, 2, "CLIENT", "c", 1, 2),
        row(4, 4, "SERVER", "d", 20, 22),
    )
    assert durations(logged(tmp_path, otlp(rows))) == [9, 2]


def test_the_last_line_is_cut(tmp_path: Path) -> None:
    text = otlp_lines(SHOP)
    log = logged(tmp_path, text[:-60])
    assert log.lines == 8
    assert log.unreadable_count == 1
    assert log.unreadable[0].line == 9
    assert log.unreadable[0].reason.startswith("the JSON ends early at character ")
    assert "export the file again" in log.cautions[0]


def test_foreign_lines_between(tmp_path: Path) -> None:
    lines = otlp_lines(SHOP).splitlines()
    lines[3:3] = ['{"resourceMetrics": []}', "collector started", "", '{"resourceLogs":[{}]}']
    log = logged(tmp_path, "\n".join(lines))
    assert durations(log) == [1000, 300]
    assert log.left_out == {"lines of metrics or logs": 2}
    assert [str(line) for line in log.unreadable] == ["0.txt:5: this is no JSON of traces"]


@pytest.mark.parametrize("name", ["zipkin", "zipkin-traces", "jaeger"])
def test_a_document_that_is_cut_is_read_up_to_there(tmp_path: Path, name: str) -> None:
    text = WRITERS[name]([*SHOP, row(21, 0, "SERVER", "late", 900, 999, trace=3)])
    log = logged(tmp_path, text[:-150])
    assert len(log.calls) == 2
    assert f"the JSON ends early at character {len(text) - 150:,}" in log.cautions[-1]


def test_a_document_that_is_cut_before_a_trace_is_complete(tmp_path: Path) -> None:
    with pytest.raises(
        LogError, match=r"0.txt:1: the JSON ends early at character 300, before .*\n  = export"
    ):
        logged(tmp_path, jaeger(SHOP)[:300])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (f'"{T + 1000}000"', '"0000000000"', "the span ends before it starts, or has no start"),
        (f'"{T}000"', '"-5"', "the span ends before it starts, or has no start"),
        (f'"{T + 1000}000"', "NaN", "'NaN' is no number"),
        (f'"{T + 1000}000"', '"1e30"', "the span ends before it starts, or has no start"),
        (f'"{1:016x}"', '"0000000000000000"', "the span has no trace id or no span id"),
        (f'"{1:016x}"', "null", "the span has no trace id or no span id"),
    ],
)
def test_a_span_that_cannot_be_read(tmp_path: Path, old: str, new: str, reason: str) -> None:
    text = otlp_lines([row(1, 0, "SERVER", "a", 0, 1000), row(9, 0, "SERVER", "a", 2000, 3000)])
    assert old in text
    log = logged(tmp_path, text.replace(old, new, 1))
    assert [str(line) for line in log.unreadable] == [f"0.txt:1: {reason}"]
    assert durations(log) == [1000]


REFUSED = {
    "a trace in the memory of Jaeger's page": (
        json.dumps({"data": {"traceID": "a1", "spans": [{"traceID": "a1", "spanID": "b"}] * 4}}),
        r"trace in the inner shape of Jaeger: it holds one trace \(4 spans\)",
    ),
    "one with nothing around it": (
        json.dumps({"spans": [{"relativeStartTime": 0, "traceID": "a1", "spanID": "b"}]}),
        r"trace in the inner shape of Jaeger: it holds one trace \(1 spans\)",
    ),
    "no traces": ('{"data": [], "total": 0, "errors": null}', "answer of Jaeger: it holds no traces"),
    "Zipkin v1": (
        json.dumps(
            [
                {
                    "traceId": "a1",
                    "id": "b",
                    "annotations": [{"value": "sr", "timestamp": T, "endpoint": {}}],
                    "binaryAnnotations": [],
                }
            ]
        ),
        "Zipkin trace file of the first format",
    ),
    "metrics": ('{"resourceMetrics":[{"resource":{}}]}', "OTLP file of metrics or logs: it holds no spans"),
    "no request": (otlp([row(1, 0, "SERVER", "a", 0, None)]), "none of 1 span is a request"),
    "nothing in it": ('{"resourceSpans": []}', "0.txt: there are no traces in it"),
    "deep": ('{"resourceSpans":[{"scopeSpans":' + "[" * 200_000, "is nested too deeply"),
    "a long number": ('{"resourceSpans":[{"scopeSpans":' + "9" * 5000 + "}]}", "a number too long"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    text, message = REFUSED[name]
    with pytest.raises(LogError, match=message) as raised:
        logged(tmp_path, text)
    assert "\n  = " in str(raised.value)


@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, [[]], [None], [{"spans": 3}], {"a": []}, True, 1e99, [[{"spans": [1]}]]]
)
@pytest.mark.parametrize("name", WRITERS)
def test_json_of_another_shape_does_not_stop_the_reader(tmp_path: Path, name: str, value: object) -> None:
    def mutants(node: Any) -> Any:
        """Each document with one node in it replaced."""
        keys = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            before = node[key]
            node[key] = value
            yield
            node[key] = before
            yield from mutants(before)

    document = json.loads(WRITERS[name.replace("-lines", "")](SHOP[4:7]))
    for _ in mutants(document):
        text = json.dumps(document)
        try:
            log = logged(tmp_path, text)
        except LogError:
            continue
        assert all(duration >= 0 for duration in durations(log))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_end_in_an_error_of_a_log_at_most(tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(WRITERS[data.draw(st.sampled_from(sorted(WRITERS)))](SHOP).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    path = tmp_path / "damaged"
    path.write_bytes(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    message = ""
    try:
        assert len(read_sources([Source(path)]).calls)
    except LogError as error:
        message = str(error)
    assert not message or "\n  = " in message


@pytest.mark.parametrize(
    "text",
    [
        '[{"traceId": 3}]',
        '{"data": [1, 2]}',
        '{"level":"info","logger":"http.log.access","ts":1,"duration":0.1,"msg":"resourceSpans"}',
        '[{"id": 3, "timestamp": 4}]',
        '{"msg": "done", "traceID": "a1", "spanID": "b2", "data": {"user": 3}}',
    ],
)
def test_other_json_is_not_taken_for_traces(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a"
    path.write_text(text)
    with pytest.raises(LogError, match="this is no log that is known here"):
        recognised(Source(path))

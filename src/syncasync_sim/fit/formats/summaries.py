"""Files of load tests that hold only summaries: each is refused by its name, with the numbers that it has."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from typing import Any

from syncasync_sim.errors import LogError, visible
from syncasync_sim.fit.formats.kinds import Refused
from syncasync_sim.fit.formats.program_records import is_json_with, json_document, squeezed
from syncasync_sim.fit.source import Source

Number = tuple[str, str]
"""A pattern in the text of a file, and the sentence with what it finds, as `{} requests`."""
SERVER_LOG = "the access log of the server with times in milliseconds"
NO_SINGLE = "it has no single requests, only their sums:"
_LONGEST = 40


def numbers_of(text: str, numbers: Sequence[Number]) -> str:
    """Return what a text says, as `561 requests, 13 failed`.

    Args:
        text: the text.
        numbers: the patterns, each with its words.
    """
    parts = []
    for pattern, words in numbers:
        if match := re.search(pattern, text, re.MULTILINE):
            parts.append(words.format(*map(_short, match.groups(""))))
    return ", ".join(parts) or "percentiles and means"


def _short(text: str) -> str:
    """A number with at most six digits, any other text as it is."""
    if re.fullmatch(r"\d{1,15}\.\d+", text):
        return f"{float(text):.6g}"
    return visible(text)[:_LONGEST]


def _by_text(name: str, title: str, start: str, numbers: Sequence[Number], cure: str) -> Refused:
    """A kind of text file.

    Args:
        name: its name.
        title: its name in a sentence.
        start: a pattern that only this kind has.
        numbers: what it holds.
        cure: what to give in its place.
    """
    pattern = re.compile(start, re.MULTILINE)
    return Refused(
        name,
        title,
        lambda source: bool(pattern.search(squeezed(source))),
        lambda source: f"{NO_SINGLE} {numbers_of(squeezed(source), numbers)}",
        cure,
    )


def _by_json(
    name: str,
    title: str,
    names: tuple[str, ...],
    numbers: Callable[[Any], Sequence[tuple[str, Any]]],
    cure: str,
) -> Refused:
    """A kind of JSON document.

    Args:
        name: its name.
        title: its name in a sentence.
        names: the names of fields that only this kind has.
        numbers: the words and the values that it holds.
        cure: what to give in its place.
    """
    return Refused(
        name,
        title,
        lambda source: is_json_with(source, *names),
        lambda source: f"{NO_SINGLE} {json_numbers(source, numbers)}",
        cure,
    )


def json_numbers(source: Source, numbers: Callable[[Any], Sequence[tuple[str, Any]]]) -> str:
    """Return what a JSON document says, as `561 requests, 13 failed`.

    Args:
        source: the file.
        numbers: the words and the values in the document.
    """
    try:
        pairs = numbers(json_document(source))
    except (LogError, TypeError, AttributeError, KeyError, ValueError, IndexError):
        return "a summary (which is damaged)"
    texts = [words.format(_short(str(value))) for words, value in pairs if value is not None]
    return ", ".join(texts) or "a summary"


def _k6_numbers(document: Any) -> list[tuple[str, Any]]:
    metrics = document["metrics"]
    requests, took = metrics.get("http_reqs", {}), metrics.get("http_req_duration", {})
    requests, took = requests.get("values", requests), took.get("values", took)
    return [
        ("{} requests", requests.get("count")),
        ("{} a second", requests.get("rate")),
        ("mean {} ms", took.get("avg")),
        ("95 % {} ms", took.get("p(95)")),
    ]


def _jmeter_numbers(document: Any) -> list[tuple[str, Any]]:
    total = document.get("Total") or next(iter(document.values()))
    return [
        ("{} requests", total.get("sampleCount")),
        ("{} failed", total.get("errorCount")),
        ("mean {} ms", total.get("meanResTime")),
        ("{} a second", total.get("throughput")),
    ]


def _vegeta_numbers(document: Any) -> list[tuple[str, Any]]:
    latencies = document["latencies"]
    return [
        ("{} requests", document.get("requests")),
        ("{} a second", document.get("rate")),
        ("mean {} ns", latencies.get("mean")),
        ("95 % {} ns", latencies.get("95th")),
    ]


def _oha_numbers(document: Any) -> list[tuple[str, Any]]:
    summary = document["summary"]
    return [
        ("{} a second", summary.get("requestsPerSec")),
        ("over {} s", summary.get("total")),
        ("mean {} s", summary.get("average")),
        ("success rate {}", summary.get("successRate")),
    ]


def _locust_row(source: Source) -> str:
    """What the last row of Locust's statistics says, which sums up all."""
    names: list[str] = []
    last: list[str] = []
    rows = csv.reader(line for _, line in source.lines())
    try:
        for row in rows:
            names = names or row
            last = row if row and len(row) == len(names) else last
    except (csv.Error, LogError):
        return "means and percentiles"
    fields = dict(zip(names, last, strict=False))
    words = (
        *(("{} requests", ("Total Request Count", "Request Count", "# requests")),),
        *(("{} failed", ("Total Failure Count", "Failure Count", "# failures")),),
        ("mean {} ms", ("Total Average Response Time", "Average Response Time", "Average response time")),
        ("{} users", ("User Count",)),
    )
    parts = [text.format(_short(fields[key])) for text, keys in words for key in keys if key in fields]
    return ", ".join(parts) or "kinds of failures with their counts"


def _locust(name: str, title: str, header: str) -> Refused:
    pattern = re.compile(header)
    return Refused(
        name,
        title,
        lambda source: bool(pattern.match(source.head.lstrip())),
        lambda source: f"{NO_SINGLE} {_locust_row(source)}",
        "let a listener of Locust's event 'request' write start_time, request_type and response_time "
        f"of each request, or give {SERVER_LOG}",
    )


_WRK = _by_text(
    "wrk-text",
    "text report of wrk",
    r"^Running \S+ test @ ",
    (
        (r"\b(\d{1,15}) requests in ([\d.]{1,15}\w+),", "{} requests in {}"),
        (r"threads and (\d+) connections", "{} connections"),
        (r"^ ?Latency ([\d.]+\w+)", "mean {}"),
        (r"Non-2xx or 3xx responses: (\d+)", "{} not 2xx or 3xx"),
    ),
    f"wrk writes no single requests: test with hey -o csv or k6 --out json, or give {SERVER_LOG}",
)
_AB = _by_text(
    "ab-text",
    "text report of ApacheBench",
    r"^This is ApacheBench|^Benchmarking .*\(be patient\)",
    (
        (r"^Complete requests: (\d+)", "{} requests"),
        (r"^Concurrency Level: (\d+)", "{} at once"),
        (r"^Time per request: ([\d.]+) \[ms\] \(mean\)", "mean {} ms"),
        (r"^ 95% (\d+)", "95 % {} ms"),
        (r"^Failed requests: (\d+)", "{} failed"),
        (r"^Non-2xx responses: (\d+)", "{} not 2xx"),
    ),
    f"ab writes starts in whole seconds only: test with hey -o csv, or give {SERVER_LOG}",
)
_AB_PERCENTILES = _by_text(
    "ab-percentiles",
    "table of percentiles of ApacheBench (ab -e)",
    r"\APercentage served,Time in ms",
    (
        (r"^50,([\d.]+)", "half in {} ms"),
        (r"^95,([\d.]+)", "95 % in {} ms"),
        (r"^100,([\d.]+)", "all in {} ms"),
    ),
    f"ab writes starts in whole seconds only: test with hey -o csv, or give {SERVER_LOG}",
)
_HEY = _by_text(
    "hey-text",
    "text report of hey or oha",
    r"^Summary: ?\n( Success rate:.*\n)? Total: [\d.]+ ?(secs|s|ms|sec)",
    (
        (r"^ Requests/sec: ([\d.]+)", "{} a second"),
        (r"^ Total: ([\d.]+ ?\w+)", "over {}"),
        (r"^ Average: ([\d.]+ ?\w+)", "mean {}"),
        (r"^ 95(?:\.00)?% in ([\d.]+ ?\w+)", "95 % {}"),
    ),
    "test again with hey -o csv, or oha --output-format csv",
)
_HEY_OLD = _by_text(
    "hey-durations",
    "CSV of an old hey",
    r"\Aresponse-time,(?!.*offset)",
    ((r"^([\d.]+),", "durations without their starts, the first {} s"),),
    "test again with a newer hey, which writes the offset of each request",
)
_K6 = _by_text(
    "k6-text",
    "end-of-test text of k6",
    r"^ ?(?:[✓✗] )?http_req_duration\.*: avg=",
    (
        (r"http_reqs\.*: (\d+)", "{} requests"),
        (r"http_req_duration\.*: avg=(\S+)", "mean {}"),
        (r"http_req_duration\.*:.*p\(95\)=(\S+)", "95 % {}"),
        (r"^ ?vus\.*: (\d+)", "{} users"),
    ),
    "test again with k6 run --out json=FILE",
)
_K6_JSON = _by_json(
    "k6-summary",
    "summary of k6 (JSON)",
    ("metrics", "http_req_duration"),
    _k6_numbers,
    "test again with k6 run --out json=FILE",
)
_JMETER_JSON = _by_json(
    "jmeter-statistics",
    "statistics of JMeter's dashboard (JSON)",
    ("sampleCount", "meanResTime"),
    _jmeter_numbers,
    "give the JTL file of the test (jmeter -l FILE)",
)
_JMETER_CSV = _by_text(
    "jmeter-aggregate",
    "aggregate report of JMeter",
    r"\A\"?(Label,# Samples,Average|sampler_label,(aggregate_report_)?count,average)",
    ((r"^\"?TOTAL\"?,(\d+),(\d+)", "{} requests, mean {} ms"),),
    "give the JTL file of the test (jmeter -l FILE)",
)
_JMETER_LOG = _by_text(
    "jmeter-log",
    "log or console of JMeter",
    r"summary [=+] \d+ in [\d.:]+s? =",
    (
        (r"summary = (\d+) in ([\d.:]+)", "{} requests in {}"),
        (r"summary =.* Avg: (\d+)", "mean {} ms"),
        (r"summary =.* Err: (\d+)", "{} failed"),
    ),
    "give the JTL file of the test (jmeter -l FILE)",
)
_TAURUS = _by_text(
    "taurus",
    "report of Taurus",
    r"\A\"?label\"?,\"?avg_ct\"?,|<FinalStatus>",
    (),
    "give the file of the load generator itself, as kpi.jtl",
)
_VEGETA = _by_text(
    "vegeta-text",
    "text report of vegeta",
    r"^Requests \[total, rate",
    (
        (r"^Requests \[[^\]]*\] (\d+)", "{} requests"),
        (r"^Requests \[[^\]]*\] \d+, ([\d.]+)", "{} a second"),
        (r"^Success \[ratio\] (\S+)", "success {}"),
    ),
    "give the results themselves: vegeta encode --to json results.bin",
)
_VEGETA_JSON = _by_json(
    "vegeta-report",
    "report of vegeta (JSON)",
    ("latencies", "bytes_in", "status_codes"),
    _vegeta_numbers,
    "give the results themselves: vegeta encode --to json results.bin",
)
_OHA = _by_json(
    "oha-summary",
    "report of oha (JSON)",
    ("summary", "requestsPerSec"),
    _oha_numbers,
    "test again with oha --output-format csv",
)
_LOCUST_TABLE = _by_text(
    "locust-table",
    "table of Locust's console",
    r"^ ?(Type )?Name # ?req(s|uests) # ?fails",
    ((r"^ ?Aggregated (\d+) (\d+)", "{} requests, {} failed"),),
    f"let a listener of Locust's event 'request' write each request, or give {SERVER_LOG}",
)

SUMMARIES: tuple[Refused, ...] = (
    *(_WRK, _AB, _AB_PERCENTILES, _HEY, _HEY_OLD, _OHA, _K6, _K6_JSON, _VEGETA, _VEGETA_JSON),
    *(_JMETER_JSON, _JMETER_CSV, _JMETER_LOG, _TAURUS),
    _locust("locust-history", "history of Locust's statistics (CSV)", r'"?Timestamp"?,"?User Count"?,'),
    _locust(
        "locust-stats",
        "statistics of Locust (CSV)",
        r'"?(Type|Method)"?,"?Name"?,"?(Request Count|# requests)"?,',
    ),
    _locust("locust-failures", "failures of Locust (CSV)", r'"?Method"?,"?Name"?,"?Error"?,'),
    _locust("locust-exceptions", "exceptions of Locust (CSV)", r'"?Count"?,"?Message"?,"?Traceback"?,'),
    _LOCUST_TABLE,
)
"""In the order in which they are tried."""

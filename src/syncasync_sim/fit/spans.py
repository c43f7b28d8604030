"""Spans in columns, as the readers of traces fill them: who is whose parent, whatever the format."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from syncasync_sim.fit.formats.tabular import failed_by_status

NO_KIND, INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(6)
"""The kinds of spans, with the numbers of OTLP."""
KINDS = ("no kind", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
NONE = -1
"""In a column of rows or times: there is none."""
TAGS = frozenset(
    (
        *("http.response.status_code", "http.status_code", "thread.id", "sampling.priority"),
        *("sampler.type", "sampler.param", "SampleRate", "messaging.operation.type"),
        *("messaging.operation", "messaging.operation.name", "messaging.destination.name"),
        *("messaging.destination", "kafka.topic", "peer.service", "server.address"),
        *(
            "server.port",
            "net.peer.name",
            "net.peer.port",
            "http.host",
            "error",
            "span.kind",
            "otel.status_code",
            "w3c.tracestate",
        ),
    )
)
"""The tags that are used; a reader need not keep others."""
_SEND = ("publish", "send", "create")
_RECEIVE = ("receive", "poll")
_OPERATIONS = "|".join((*_SEND, *_RECEIVE, "process", "deliver", "settle", "consume"))
_LAST = re.compile(rf"[\s/.:]+(?:{_OPERATIONS})$", re.IGNORECASE)
_FIRST = re.compile(rf"^(?:(?:{_OPERATIONS})\s+|(?:apply_async|run)/)", re.IGNORECASE)
_BARE = re.compile(rf"(?:{_OPERATIONS})?", re.IGNORECASE)
_METHOD = re.compile(r"(?:HTTP )?(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|HTTP)", re.IGNORECASE)
_THRESHOLD = re.compile(r"(?:^|,)\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;,\s]|$)")
_POWER = re.compile(r"(?:^|,)\s*ot=(?:[^,]*;)?p:(\d{1,2})(?:[;,\s]|$)")
_NEVER_SAMPLED = 63
"""The power with which a tracer says that it keeps no trace by chance."""
_LONGEST_NAME = 200
_TRACE_DIGITS, _SPAN_DIGITS = 32, 16
_LATEST_US = 2**61


@dataclass(slots=True)
class Span:
    """One span, as a reader hands it over."""

    trace: str
    id: str
    parent: str = ""
    """The id of its parent; empty if there is none."""
    name: str = ""
    kind: int = NO_KIND
    start_us: int = NONE
    end_us: int = NONE
    """NONE if the span has no duration."""
    service: str = ""
    instance: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False
    """Whether the format's own mark of an error is set."""
    links: Sequence[tuple[str, str]] = ()
    """The traces and ids of the spans that it is linked to."""
    trace_state: str = ""


def number_of_id(text: str, digits: int) -> int:
    """Return a number for the id of a trace or a span: of its hex digits, or of any other text.

    Hex is read in either case, and with or without zeros in front. Other ids are base64, as protobuf writes
    them, decimal, or made by hand; they need only differ.

    Args:
        text: the id; an empty one, and one of zeros only, is 0.
        digits: how many hex digits an id has at most: 16 of a span, 32 of a trace.
    """
    if len(text) <= digits and text.isalnum():
        try:
            return int(text, 16)
        except ValueError:
            pass
    if not text:
        return 0
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def step_name(span: Span) -> str:
    """Return the name of the step that a span is a call of.

    The sending and the processing of a message have one name: the word of the operation is cut off. A name
    that is nothing but a method of HTTP is completed by the host that is called.

    Args:
        span: the span.
    """
    name, tags = span.name.strip()[:_LONGEST_NAME], span.tags
    if span.kind in (PRODUCER, CONSUMER):
        short = _LAST.sub("", name)
        short = _FIRST.sub("", name) if short == name else short
        if not _BARE.fullmatch(short):
            return short
        topics = ("messaging.destination.name", "messaging.destination", "kafka.topic")
        return next((tags[key] for key in topics if tags.get(key)), name or "message")[:_LONGEST_NAME]
    if span.kind == CLIENT and _METHOD.fullmatch(name):
        hosts = ("peer.service", "server.address", "net.peer.name", "http.host")
        host = next((tags[key] for key in hosts if tags.get(key)), "")
        port = tags.get("server.port") or tags.get("net.peer.port") or ""
        if port and host and not tags.get("peer.service"):
            host = f"{host}:{port}"
        return f"{name} {host}".strip()[:_LONGEST_NAME]
    return name or "(no name)"


def share_sampled(span: Span) -> float | None:
    """Return the share of traces that the tracer kept, if this span says so; None if it does not."""
    share = None
    tags = span.tags
    if match := _THRESHOLD.search(span.trace_state):
        share = 1 - int(match[1].ljust(14, "0"), 16) / 2**56
    elif (match := _POWER.search(span.trace_state)) and int(match[1]) < _NEVER_SAMPLED:
        share = 2.0 ** -int(match[1])
    elif rate := _number(tags.get("SampleRate")):
        share = 1 / rate
    elif tags.get("sampler.type", "probabilistic") == "probabilistic" and "sampler.param" in tags:
        share = _number(tags["sampler.param"])
    elif "sampling.priority" in tags:
        share = _number(tags["sampling.priority"])
    return share if share is not None and 0 < share < 1 else None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def has_failed(span: Span) -> bool:
    """Whether a span failed: by its HTTP status if it has one (a 4xx is an answer), else by its own mark."""
    status = span.tags.get("http.response.status_code") or span.tags.get("http.status_code") or ""
    if status.isdecimal() and len(status) == 3 and status >= "400":
        return failed_by_status(status)
    return span.failed


def _messaging_kind(span: Span) -> int:
    """The kind of a span; a CLIENT that publishes a message is a PRODUCER."""
    operation = span.tags.get("messaging.operation.type") or span.tags.get("messaging.operation")
    return PRODUCER if span.kind == CLIENT and operation in _SEND else span.kind


def _receives(span: Span) -> bool:
    """Whether a CONSUMER span is the fetching of messages, not the work on one."""
    operation = span.tags.get("messaging.operation.type") or span.tags.get("messaging.operation")
    return (operation or span.name.strip().lower()).rpartition(" ")[2] in _RECEIVE


class Spans:
    """The spans of one or more files, a row for each, in the order in which they are read.

    A span and its parent may be in different lines and files, so nothing is known before all are read.
    """

    def __init__(self) -> None:
        self.trace, self.id, self.parent_id = array("L"), array("Q"), array("Q")
        self.start_us, self.end_us = array("q"), array("q")
        self.name, self.source, self.thread = array("l"), array("l"), array("l")
        self.kind, self.failed = bytearray(), bytearray()
        self.names: dict[str, int] = {}
        self.sources: dict[tuple[str, str], int] = {}
        self.threads: dict[str, int] = {"": 0}
        self.shares: dict[int, float] = {}
        self.links: dict[int, list[tuple[int, int]]] = {}
        self.receives: set[int] = set()
        self._traces: dict[int, int] = {}
        self._rows: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.id)

    def add(self, span: Span) -> bool:
        """Add a span; return False if its id was there before, as a file that is given twice has it.

        Args:
            span: the span.

        Raises:
            ValueError: it has no id, or ends before it starts; the message says so.
        """
        trace = number_of_id(span.trace, _TRACE_DIGITS)
        number, parent = (number_of_id(text, _SPAN_DIGITS) for text in (span.id, span.parent))
        if not trace or not number:
            raise ValueError("the span has no trace id or no span id")
        if span.end_us != NONE and not 0 < span.start_us <= span.end_us < _LATEST_US:
            raise ValueError("the span ends before it starts, or has no start")
        span.kind = _messaging_kind(span)
        trace = self._traces.setdefault(trace, len(self._traces))
        key = _key(trace, number, span.kind == SERVER)
        row = self._rows.setdefault(key, len(self))
        if row < len(self):
            return self._completed(span, row)
        self._append(span, row, trace, number, parent)
        return True

    def _completed(self, span: Span, row: int) -> bool:
        """Whether a span that was reported without its end is completed by a later report."""
        if self.end_us[row] != NONE or span.end_us == NONE:
            return False
        self.start_us[row], self.end_us[row] = span.start_us, span.end_us
        self.failed[row] |= has_failed(span)
        return True

    def _append(self, span: Span, row: int, trace: int, number: int, parent: int) -> None:
        self.trace.append(trace)
        self.id.append(number)
        self.parent_id.append(parent)
        self.start_us.append(max(span.start_us, NONE) if span.start_us < _LATEST_US else NONE)
        self.end_us.append(span.end_us)
        self.kind.append(span.kind)
        self.failed.append(has_failed(span))
        self.name.append(self.names.setdefault(step_name(span), len(self.names)))
        source = (span.service[:_LONGEST_NAME], span.instance[:_LONGEST_NAME])
        self.source.append(self.sources.setdefault(source, len(self.sources)))
        thread = span.tags.get("thread.id", "")[:_LONGEST_NAME]
        self.thread.append(self.threads.setdefault(thread, len(self.threads)))
        if (share := share_sampled(span)) is not None:
            self.shares[row] = share
        if span.kind == CONSUMER:
            if _receives(span):
                self.receives.add(row)
            if span.links:
                self.links[row] = list(_numbers(span.links, self._traces))

    def client_half(self, row: int) -> int:
        """Return the row of the CLIENT span that shares its id with a SERVER span, as in Zipkin; or NONE."""
        if self.kind[row] != SERVER:
            return NONE
        return self._rows.get(_key(self.trace[row], self.id[row], is_server=False), NONE)

    def parent(self, row: int) -> int:
        """Return the row of the parent of a span; NONE if it has none, or has it in another file.

        The parent of a CONSUMER is the PRODUCER to which it is linked, if there is one.
        """
        half = self.client_half(row)
        if half != NONE:
            return half
        for trace, number in self.links.get(row, ()):
            linked = self._row(trace, number)
            if linked != NONE and self.kind[linked] == PRODUCER:
                return linked
        parent = self._row(self.trace[row], self.parent_id[row])
        if parent == NONE and row in self.links:
            return next((r for link in self.links[row] if (r := self._row(*link)) != NONE), NONE)
        return NONE if parent == row else parent

    def _row(self, trace: int, number: int) -> int:
        """The row of a span by its id; of two halves that of the server."""
        row = self._rows.get(_key(trace, number, is_server=True), NONE) if number else NONE
        return row if row != NONE else self._rows.get(_key(trace, number, is_server=False), NONE)


def _key(trace: int, number: int, is_server: bool) -> int:
    return trace << 65 | number << 1 | is_server


def _numbers(links: Sequence[tuple[str, str]], traces: dict[int, int]) -> Iterator[tuple[int, int]]:
    """The numbers of linked spans."""
    for trace, span in links:
        number = number_of_id(trace, _TRACE_DIGITS)
        yield traces.setdefault(number, len(traces)), number_of_id(span, _SPAN_DIGITS)

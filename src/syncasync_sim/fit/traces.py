"""Requests, their steps and their background work, out of the spans of traces."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from syncasync_sim.errors import LogError, visible
from syncasync_sim.fit.log import Log, StepCalls
from syncasync_sim.fit.spans import CLIENT, CONSUMER, KINDS, NONE, PRODUCER, SERVER, Spans

_PARENT_ELSEWHERE = "spans of which the parent is not in the file"
_OVERLAPPING = 0.01
"""A thread of which more calls overlap than this share does not do one call at a time."""


def make_calls(log: Log) -> None:
    """Make the requests, the steps and the background work of all spans that were gathered.

    Args:
        log: holds the spans; takes the calls.

    Raises:
        LogError: there is no request among them.
    """
    spans = log.gathered
    if not isinstance(spans, Spans):
        return
    parents = array("l", map(spans.parent, range(len(spans))))
    requests = _requests(spans, parents, log)
    if not requests:
        raise LogError(
            f"{', '.join(log.names[:3])}: none of {_counted(len(spans), 'span')} is a request: "
            "there is no SERVER span, and no span without a parent, with a start and a duration\n"
            "  = export whole traces, with the spans of the web server"
        )
    _add_requests(spans, requests, log)
    owner = _owners(parents, requests)
    _Steps(spans, parents, requests, owner, log).add()
    _say_skew(spans, parents, log)


def _requests(spans: Spans, parents: array[int], log: Log) -> list[int]:
    """The rows of the spans that are requests, by their start.

    These are the SERVER spans that have no parent here (their callers may be traced elsewhere), or the roots
    where no SERVER span is such. Where most traces are in fragments, each fragment begins with one.
    """
    tops = [row for row, parent in enumerate(parents) if parent == NONE]
    orphans = [r for r in tops if spans.parent_id[r] and spans.kind[r] != SERVER]
    requests = [r for r in tops if spans.kind[r] == SERVER]
    with_server = bool(requests)
    if not with_server:
        roots = [r for r in tops if not spans.parent_id[r]]
        requests = [r for r in roots if spans.kind[r] != CONSUMER] or roots
    if sum(spans.kind[r] != CONSUMER for r in orphans) > len(requests) or not requests:
        requests = tops
        _say_fragments(len(orphans), len(tops), log)
    elif not with_server:
        kinds = Counter(KINDS[spans.kind[r]] for r in requests)
        callers = "; the time of a CLIENT has the network in it" if kinds[KINDS[CLIENT]] else ""
        log.cautions.append(
            f"no SERVER span begins a trace: the spans without a parent ({_listed(kinds)}) are taken as the "
            f"requests{callers}"
        )
    elif elsewhere := sum(1 for r in requests if spans.parent_id[r]):
        log.cautions.append(
            f"{elsewhere:,} of {len(requests):,} requests have their parent in another file (their callers "
            "are traced elsewhere): they are requests because they are SERVER spans"
        )
    _leave_out(spans, set(tops).difference(requests), log)
    for row in requests:
        if spans.end_us[row] == NONE:
            log.leave_out("without a duration")
    return sorted((r for r in requests if spans.end_us[r] != NONE), key=spans.start_us.__getitem__)


def _say_fragments(orphans: int, tops: int, log: Log) -> None:
    if orphans:
        log.cautions.append(
            f"the traces are in fragments: {orphans:,} of {tops:,} first spans have their parent in another "
            "file; each first span is taken as a request"
        )


def _leave_out(spans: Spans, rows: set[int], log: Log) -> None:
    """Count the first spans that are no requests; those of consumers are background work."""
    for row in rows:
        if spans.kind[row] != CONSUMER:
            orphan = spans.parent_id[row] != 0
            log.leave_out(_PARENT_ELSEWHERE if orphan else "traces that do not begin with a SERVER span")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _listed(counts: Counter[str], most: int = 3) -> str:
    """The most frequent ones with their numbers, as `GET /a 12, GET /b 3, 2 others`."""
    parts = [f"{visible(name)} {n:,}" for name, n in counts.most_common(most)]
    if len(counts) > most:
        parts.append(f"{len(counts) - most} others")
    return ", ".join(parts)


def _add_requests(spans: Spans, requests: Sequence[int], log: Log) -> None:
    """Fill the columns of the calls; a server, a thread and a share only where spans name them."""
    servers = _server_names(spans, requests)
    lanes = _lane_names(spans, requests, log)
    for row in requests:
        source = spans.source[row]
        log.calls.add(
            spans.start_us[row],
            spans.end_us[row],
            failed=bool(spans.failed[row]),
            server=servers[source] if len(servers) > 1 else None,
            lane=lanes.get((source, spans.thread[row])),
        )
    log.processes = tuple(sorted(set(lanes.values())))
    _note_share(spans, requests, log)
    if all(spans.kind[row] == CONSUMER for row in requests):
        log.noun, log.measures = "jobs", "work"
    names = list(spans.names)
    kinds = Counter(names[spans.name[row]] for row in requests)
    if len(kinds) > 1:
        log.cautions.append(f"{len(kinds)} kinds of {log.noun} are taken together: {_listed(kinds)}")


def _server_names(spans: Spans, requests: Sequence[int]) -> dict[int, str]:
    """The names of the servers of the requests: the instance, with the service where there are several."""
    sources = list(spans.sources)
    used = {row: sources[row] for row in sorted({spans.source[r] for r in requests})}
    several = len({service for service, _ in used.values()}) > 1
    names = {}
    for row, (service, instance) in used.items():
        names[row] = " ".join(filter(None, (service, instance))) if several else instance or service
    return names


def _lane_names(spans: Spans, requests: Sequence[int], log: Log) -> dict[tuple[int, int], str]:
    """The names of the threads, if spans name them and each does one request at a time."""
    until: dict[tuple[int, int], int] = {}
    overlaps = 0
    for row in requests:
        if spans.thread[row]:
            lane = (spans.source[row], spans.thread[row])
            overlaps += spans.start_us[row] < until.get(lane, 0)
            until[lane] = max(spans.end_us[row], until.get(lane, 0))
    if overlaps > _OVERLAPPING * len(requests):
        log.cautions.append(
            f"{_counted(overlaps, 'request')} began while the thread had another in hand: thread.id does not "
            "tell the threads (an event loop has one for all)"
        )
        return {}
    sources, threads = list(spans.sources), list(spans.threads)
    return {lane: " ".join(filter(None, (*sources[lane[0]], threads[lane[1]]))) for lane in until}


def _note_share(spans: Spans, requests: Sequence[int], log: Log) -> None:
    """A sampled trace stands for several; the share is that of all requests together."""
    if spans.shares:
        log.sampled_share = len(requests) / sum(1 / spans.shares.get(row, 1.0) for row in requests)
    if log.sampled_share is not None and log.sampled_share < 1:
        log.cautions.append(
            f"the tracer kept {log.sampled_share:.3g} of the traces only: there were more requests, and "
            "threads and work cannot be told from these"
        )


def _owners(parents: array[int], requests: Sequence[int]) -> array[int]:
    """For each span the row of its request among the calls; NONE where there is none."""
    unknown, owner = -2, array("l", [-2]) * len(parents)
    for position, row in enumerate(requests):
        owner[row] = position
    for first in range(len(parents)):
        row, path = first, []
        while row != NONE and owner[row] == unknown:
            owner[row] = NONE  # a circle of parents ends here
            path.append(row)
            row = parents[row]
        for passed in path:
            owner[passed] = NONE if row == NONE else owner[row]
    return owner


@dataclass(slots=True)
class _Oddities:
    """What the steps show besides their times."""

    repeated: Counter[str] = field(default_factory=Counter)
    """Calls of a step that were not the first in their request, and followed no failure."""
    extended: int = 0
    """Consumers that end before the work under them."""


@dataclass(slots=True)
class _Steps:
    """Makes the steps of all requests out of the spans under them."""

    spans: Spans
    parents: array[int]
    requests: Sequence[int]
    owner: array[int]
    log: Log
    odd: _Oddities = field(default_factory=_Oddities)
    end_us: dict[int, int] = field(default_factory=dict)
    """The end of the work under a consumer, where it is later than the consumer's own."""
    sent: dict[tuple[int, int], int] = field(default_factory=dict)
    """The row of the PRODUCER by its parent and its name."""

    def add(self) -> None:
        """Add all steps to the log, in the order of their usual begin."""
        groups = self._groups()
        steps = []
        for (name, kind), rows in groups.items():
            rows.sort(key=self.spans.start_us.__getitem__)
            steps.append((self._usual_begin(rows, kind), self._step(name, kind, rows)))
        steps.sort(key=lambda pair: pair[0])
        self.log.steps.extend(step for _, step in steps if len(step.calls))
        for name, count in self.odd.repeated.items():
            self.log.cautions.append(
                f"{_counted(count, 'call')} of {visible(name)} followed another in the same request without "
                "a failure: a loop, or calls at the same time"
            )
        if self.odd.extended:
            self.log.cautions.append(
                f"{_counted(self.odd.extended, 'consumer span')} ended before the work below: its end "
                "is taken"
            )
        self._say_overlaps(groups)

    def _groups(self) -> dict[tuple[str, int], list[int]]:
        """The rows of each step; a kind is CONSUMER, PRODUCER, or 0 for work in the request."""
        kind, name, parents = self.spans.kind, self.spans.name, self.parents
        taken, top = self._work_on_messages(), set(self.requests)
        names = list(self.spans.names)
        groups: dict[tuple[str, int], list[int]] = {}
        published: dict[str, str] = {}
        for row in range(len(self.spans)):
            if row in top or not (row in taken if kind[row] == CONSUMER else parents[row] in top):
                continue
            if self.spans.end_us[row] == NONE:
                self.log.leave_out("without a duration")
                continue
            role = kind[row] if kind[row] in (CONSUMER, PRODUCER) else 0
            groups.setdefault((names[name[row]], role), []).append(row)
            if role == CONSUMER and (producer := self._producer(row)) != NONE:
                published.setdefault(names[name[producer]], names[name[row]])
        return _renamed(groups, published)

    def _work_on_messages(self) -> set[int]:
        """The rows of the CONSUMER spans that are work; the fetching before it is left out."""
        kind, parents, receives = self.spans.kind, self.parents, self.spans.receives
        rows = [row for row in range(len(self.spans)) if kind[row] == CONSUMER]
        served = {parents[row] for row in rows if row not in receives} - {NONE}
        for row, parent in enumerate(parents):
            if kind[row] == PRODUCER:
                self.sent[parent, self.spans.name[row]] = row
            elif parent != NONE and kind[parent] == CONSUMER and kind[row] != CONSUMER:
                self.end_us[parent] = max(self.end_us.get(parent, NONE), self.spans.end_us[row])
        work = {r for r in rows if r not in receives or (r not in served and parents[r] not in served)}
        if len(work) < len(rows):
            self.log.left_out["fetching of messages"] += len(rows) - len(work)
        return work

    def _producer(self, row: int) -> int:
        """The row of the PRODUCER of the message that a consumer works on, or NONE."""
        kind, parent = self.spans.kind, self.parents[row]
        if parent != NONE and parent in self.spans.receives:
            parent = self.parents[parent]
        if parent == NONE or kind[parent] == PRODUCER:
            return parent
        return self.sent.get((parent, self.spans.name[row]), NONE)

    def _usual_begin(self, rows: Sequence[int], kind: int) -> tuple[bool, float]:
        """How long after its request a step begins (the median); background work comes last."""
        start_us, requests, owner = self.spans.start_us, self.requests, self.owner
        after = sorted(start_us[r] - start_us[requests[owner[r]]] for r in rows if owner[r] != NONE)
        return kind == CONSUMER, after[len(after) // 2] if after else float("inf")

    def _step(self, name: str, kind: int, rows: Sequence[int]) -> StepCalls:
        """The calls of one step, by their start."""
        spans = self.spans
        step = StepCalls(name, background=kind == CONSUMER, publishing=kind == PRODUCER)
        last: dict[int, int] = {}
        for row in rows:
            producer = self._producer(row) if kind == CONSUMER else NONE
            end_us = spans.end_us[row]
            if kind == CONSUMER and self.end_us.get(row, NONE) > end_us:
                end_us = self.end_us[row]
                self.odd.extended += 1
            ready_us = spans.end_us[producer] if producer != NONE else NONE
            step.calls.add(
                spans.start_us[row],
                end_us,
                failed=bool(spans.failed[row]),
                ready_us=ready_us if ready_us != NONE else None,
            )
            step.request.append(self.owner[row])
            self._count_attempt(name, row, producer if kind == CONSUMER else self.owner[row], last)
        step.calls.close()
        return step

    def _count_attempt(self, name: str, row: int, job: int, last: dict[int, int]) -> None:
        """A call after a failed one is a retry; after another it is a loop, or runs at the same time."""
        before = last.get(job, NONE) if job != NONE else NONE
        last[job] = row
        if before == NONE:
            return
        if self.spans.failed[before] and self.spans.end_us[before] <= self.spans.start_us[row]:
            self.log.retries += 1
        else:
            self.odd.repeated[name] += 1

    def _say_overlaps(self, groups: dict[tuple[str, int], list[int]]) -> None:
        """Say in how many requests steps run at the same time, or beyond the reply."""
        spans, until, overlapping, beyond = self.spans, dict[int, int](), set[int](), 0
        shorter = set()
        rows = sorted(_in_requests(groups), key=spans.start_us.__getitem__)
        for row in rows:
            request = self.owner[row]
            if spans.start_us[row] < until.get(request, 0):
                overlapping.add(request)
            until[request] = max(spans.end_us[row], until.get(request, 0))
            beyond += spans.kind[row] != PRODUCER and spans.end_us[row] > spans.end_us[self.requests[request]]
            if self._duration_us(row) > self._duration_us(self.requests[request]):
                shorter.add(request)
        if overlapping:
            self.log.cautions.append(
                f"steps run at the same time in {len(overlapping):,} of {len(self.requests):,} "
                f"{self.log.noun}"
            )
        if beyond:
            self.log.cautions.append(
                f"{_counted(beyond, 'step')} ended after the reply to the request: work goes on after it"
            )
        if shorter:
            self.log.cautions.append(
                f"{len(shorter):,} of {len(self.requests):,} {self.log.noun} are shorter than one of their "
                "steps: their first span is not all of the work"
            )

    def _duration_us(self, row: int) -> int:
        return self.spans.end_us[row] - self.spans.start_us[row]


def _in_requests(groups: dict[tuple[str, int], list[int]]) -> Iterator[int]:
    return (row for (_, kind), rows in groups.items() if kind != CONSUMER for row in rows)


def _renamed(
    groups: dict[tuple[str, int], list[int]], published: dict[str, str]
) -> dict[tuple[str, int], list[int]]:
    """The groups with the sending of a message under the name of the work on it."""
    renamed: dict[tuple[str, int], list[int]] = {}
    for (name, kind), rows in groups.items():
        to = published.get(name, name) if kind == PRODUCER else name
        renamed.setdefault((to, kind), []).extend(rows)
    return renamed


def _say_skew(spans: Spans, parents: array[int], log: Log) -> None:
    """Say which spans begin before their parents: the clocks of two services differ."""
    pairs: Counter[str] = Counter()
    sources = list(spans.sources)
    for row, parent in enumerate(parents):
        if parent == NONE or spans.end_us[parent] == NONE:
            continue
        # Where CLIENT and SERVER share an id, nothing below begins before the call was sent.
        half = spans.client_half(parent)
        floor = max(spans.start_us[parent], spans.start_us[half] if half != NONE else NONE)
        if NONE < spans.start_us[row] < floor:
            services = (sources[spans.source[parent]][0], sources[spans.source[row]][0])
            pairs[" and ".join(sorted({name or "(no service)" for name in services}))] += 1
    if pairs:
        log.cautions.append(
            f"{_counted(sum(pairs.values()), 'span')} began before the parent: the clocks differ "
            f"({_listed(pairs)})"
        )

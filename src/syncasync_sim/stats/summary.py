"""The numbers of one trace: exactly what a run's JSON holds for one design."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, fields, is_dataclass
from itertools import chain, compress
from typing import Any

from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats.percentiles import Stats
from syncasync_sim.stats.warm_up import end_of_warm_up, with_detected_warm_up
from syncasync_sim.trace import queries, worker_queries
from syncasync_sim.trace.columns import NEVER, counts, have_happened, seconds
from syncasync_sim.trace.records import MessageStatus, ResponseStatus, Trace, WorkStatus
from syncasync_sim.trace.series import (
    Series,
    busy_threads,
    busy_workers,
    held_copies,
    queue_depth,
    waiting_for_a_thread,
)


@dataclass(frozen=True, slots=True)
class ServerUse:
    """The web server: utilisation is busy time over (threads x observed time); None for unlimited threads."""

    threads: int | None
    utilisation: float | None
    peak_waiting: int
    peak_busy: int


@dataclass(frozen=True, slots=True)
class QueueUse:
    """The message queue; `max_wait_s` is the longest from being published to being taken first.

    `peak_held` is the most copies that workers held at once.
    """

    published: int
    delivered: int
    redelivered: int
    dead_lettered: int
    lost: int
    peak_held: int
    peak_depth: int
    peak_depth_at_s: float | None
    mean_depth: float | None
    empty_at_s: float | None
    max_wait_s: float | None


@dataclass(frozen=True, slots=True)
class WorkersUse:
    """The workers; `crashes` counts the whole run."""

    count: int
    utilisation: float | None
    crashes: int


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of one run of one design; None if a figure was not measured.

    `cut_at_s` is `stop_at` where something was unfinished then, else None. `returns` says after how long
    messages came back. `answered` and `done` are the times of each click, for shares within a time.
    """

    scenario: Scenario
    mode: Mode
    seed: int
    replication: int
    partial: bool
    requests: int
    customers: int
    customers_with_page: int
    responses: dict[str, int]
    work: dict[str, int]
    wait_s: Stats | None
    response_time_s: Stats | None
    error_time_s: Stats | None
    completion_time_s: Stats | None
    phantom_errors: int
    silent_failures: int
    effects: dict[str, int]
    duplicates: dict[str, int]
    service_time_s: float
    server: ServerUse
    queue: QueueUse | None
    workers: WorkersUse | None
    ended_at_s: float
    cut_at_s: float | None
    returns: worker_queries.Returns
    answered: queries.Within
    done: queries.Within

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain data, under the names of the JSON."""
        left_out = {
            "scenario",
            "mode",
            "seed",
            "replication",
            "partial",
            "cut_at_s",
            "returns",
            "answered",
            "done",
        }
        figures = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in left_out}
        # By hand: `dataclasses.asdict` copies every number, which is a tenth of the time of a small run.
        return {
            name: {part.name: getattr(value, part.name) for part in fields(value)}
            if is_dataclass(value)
            else value
            for name, value in figures.items()
        }


def summarise(trace: Trace) -> Summary:
    """Compute the figures of a trace.

    Customers who arrived during the warm-up are left out, with their messages. Readings over time
    (utilisation, peaks, mean depth) begin at the end of the warm-up. Crashes and the end of the run count the
    whole run.

    If the warm-up is still `auto`, as in a run made by `simulate`, it is found from this trace alone
    (MSER-5).

    Args:
        trace: the run.

    Raises:
        NotSettledError: `warm_up: auto` finds no end of the warm-up.
    """
    if trace.scenario.warm_up == "auto":
        trace = with_detected_warm_up(trace, end_of_warm_up([trace]))
    counted = queries.WarmUpFilter(trace)
    responses = counts(counted.column("response"), ResponseStatus)
    works = counts(counted.column("work"), WorkStatus)
    answered, done = queries.answered_within(trace, counted), queries.done_within(trace, counted)
    bad_us = {response: queries.waits_us(counted, response) for response in queries.ANSWERED_BADLY}
    effects, cut_at_us = queries.effect_times(trace, counted), queries.cut_at_us(trace)
    busy = busy_workers(trace).observed(*queries.window_us(trace)) if trace.mode == "async" else None
    return Summary(
        *(trace.scenario, trace.mode, trace.seed, trace.replication, trace.partial),
        requests=answered.clicks,
        customers=counted.number,
        customers_with_page=queries.customers_with_page(trace, counted),
        responses={str(kind): responses[kind] for kind in (*list(ResponseStatus)[1:], ResponseStatus.NONE)},
        work={str(kind): works[kind] for kind in (*list(WorkStatus)[1:], WorkStatus.UNFINISHED)},
        wait_s=Stats.of(chain(answered.times_us, *bad_us.values())),
        response_time_s=Stats.of_sorted(answered.times_us),
        error_time_s=Stats.of(bad_us[ResponseStatus.ERROR]),
        completion_time_s=Stats.of_sorted(done.times_us),
        phantom_errors=sum(queries.phantom_errors(trace, counted).values()),
        silent_failures=queries.silent_failures(trace, counted),
        effects={name: sum(times) for name, times in effects.items()},
        duplicates={name: sum(n - 1 for n in times if n > 1) for name, times in effects.items()},
        service_time_s=_service_time_us(trace, counted) / US_PER_S,
        server=_server(trace),
        queue=None if busy is None else _queue(trace, counted, busy),
        workers=None if busy is None else _workers(trace, busy),
        ended_at_s=trace.ended_at_us / US_PER_S,
        cut_at_s=None if cut_at_us is None else cut_at_us / US_PER_S,
        returns=worker_queries.returns(trace),
        answered=answered,
        done=done,
    )


def _service_time_us(trace: Trace, counted: queries.WarmUpFilter) -> int:
    """All time spent on attempts; one that was going on at the cut counts up to it."""
    started, ended = (trace.attempts.column(name) for name in ("started", "ended"))
    if not counted.everybody:
        counts = bytes(map(counted.requests.__getitem__, trace.attempts.column("request")))
        started, ended = (array("q", compress(times, counts)) for times in (started, ended))
    return sum(ended) - sum(started) + ended.count(NEVER) * (trace.observed_us - NEVER)


def _utilisation(busy: Series, number: int | None, window: tuple[int, int]) -> float | None:
    begin, end = window
    if not number or end <= begin:
        return None
    return busy.area(end) / (number * (end - begin))


def _server(trace: Trace) -> ServerUse:
    window = queries.window_us(trace)
    busy = busy_threads(trace).observed(*window)
    peak_busy, _ = busy.peak()
    peak_waiting, _ = waiting_for_a_thread(trace).observed(*window).peak()
    threads = trace.scenario.server.threads
    return ServerUse(threads, _utilisation(busy, threads, window), peak_waiting, peak_busy)


def _queue(trace: Trace, counted: queries.WarmUpFilter, busy: Series) -> QueueUse:
    begin, end = queries.window_us(trace)
    depth = queue_depth(trace).observed(begin, end)
    # A worker that holds one message works on it.
    held = busy if trace.scenario.queue.most_held == 1 else held_copies(trace).observed(begin, end)
    peak, peak_at = depth.peak()
    messages = trace.messages
    kept = bytes(map(counted.requests.__getitem__, messages.column("request")))
    fates = Counter(compress(messages.column("fate"), kept))
    published = messages.column("published")
    taken = sum(map(kept.__getitem__, trace.deliveries.column("message")))
    firsts = worker_queries.first_takings(trace)
    first = array("q", (at - published[message] for message, at in firsts if kept[message]))
    fell = depth.last_fall_to_zero()
    return QueueUse(
        published=sum(have_happened(compress(published, kept))),
        delivered=taken,
        redelivered=taken - len(first),
        dead_lettered=fates[MessageStatus.DEAD_LETTERED],
        lost=fates[MessageStatus.LOST],
        peak_held=held.peak()[0],
        peak_depth=peak,
        peak_depth_at_s=None if peak_at is None else peak_at / US_PER_S,
        mean_depth=depth.area(end) / (end - begin) if end > begin else None,
        empty_at_s=None if fell is None else fell / US_PER_S,
        max_wait_s=seconds(max(first, default=NEVER)),
    )


def _workers(trace: Trace, busy: Series) -> WorkersUse:
    count, window = trace.scenario.workers.count, queries.window_us(trace)
    return WorkersUse(count, _utilisation(busy, count, window), len(trace.crashes))

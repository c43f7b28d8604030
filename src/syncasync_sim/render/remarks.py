"""Remarks on a run beyond the figures: work begun too early, workers without a message, messages held."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncasync_sim.model.formats import format_count, format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.trace.records import Trace
from syncasync_sim.trace.worker_queries import begun_too_early, longest_in_hands_us, messages_taken, most_held


def remarks(traces: Mapping[Mode, Trace]) -> list[str]:
    """Return remarks on the asynchronous design, one sentence each; of several replications on the first."""
    trace = traces.get("async")
    return [] if trace is None else [*_too_early(trace), *_idle(trace), *_held(trace)]


def _too_early(trace: Trace) -> Iterator[str]:
    """Work that was begun before a later step of its request was over: it may not find what it needs."""
    steps = trace.scenario.steps
    for early in begun_too_early(trace):
        name, later = steps[early.step].name, steps[early.later].name
        yield (
            f"{name} began before the end of {later}, {_cases(early.times, early.messages)}: if {name} needs "
            f"the result of {later}, put {name} after {later}."
        )


def _cases(number: int, total: int) -> str:
    """`each time`, or `in 3 of 60 cases`."""
    return "each time" if number == total else f"in {format_count(number)} of {format_count(total)} cases"


def _idle(trace: Trace) -> Iterator[str]:
    """Workers that got nothing while another one held more than it could work on."""
    idle = [worker for worker, number in messages_taken(trace).items() if not number]
    held = most_held(trace)
    worker = max(held, key=lambda worker: held[worker], default=0)
    if not idle or held[worker] < 2:
        return
    count = trace.scenario.workers.count
    workers = f"Worker {idle[0]}" if len(idle) == 1 else f"{len(idle)} of {count} workers"
    yield (
        f"{workers} got no message, while worker {worker} held {format_count(held[worker])} at the same time "
        "(prefetch): no other worker can do these messages."
    )


def _held(trace: Trace) -> Iterator[str]:
    """Work that waited after the queue: the waits of the table end where a worker takes the message."""
    longest_us = longest_in_hands_us(trace)
    if longest_us:
        yield (
            f"A message waited up to {format_time(longest_us / US_PER_S)} at a worker that was busy with "
            "others (prefetch): the message was no longer in the queue, but its work still waited."
        )

"""When the requests were done with their messages, and when they had begun to publish them."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection
from itertools import compress, count

from syncasync_sim.trace.columns import NEVER, to_int64_array
from syncasync_sim.trace.records import Trace, is_worker


def handed_over_us(trace: Trace) -> array[int]:
    """Return when a request went on without each of its messages, in microseconds, by row of the message.

    Then the broker had it, or it was in the outbox, or the broker had refused it and that was ignored.
    """
    if trace.scenario.queue.has_outbox:
        messages = [(request, step) for request, step in trace.messages.columns("request", "step")]
        began = _done_before_us(trace, set(messages), [])
        return to_int64_array([began[message] for message in messages])
    done = trace.messages.column("published")[:]
    for message in compress(count(), map(NEVER.__eq__, done)):
        done[message] = trace.messages.column("gone")[message]
    return done


def publishing_began_us(trace: Trace, messages: Collection[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return when the publishing of messages began, in microseconds, by request and step.

    It began when a thread had begun the request, or had ended what came before.

    Args:
        trace: the run.
        messages: the rows of the requests, each with the index of the step.
    """
    done = zip(trace.messages.columns("request", "step"), handed_over_us(trace), strict=True)
    return _done_before_us(trace, set(messages), [(request, step, at) for (request, step), at in done])


def _done_before_us(
    trace: Trace, messages: set[tuple[int, int]], handed_over: list[tuple[int, int, int]]
) -> dict[tuple[int, int], int]:
    """When a request had done all before a step: its own attempts, and what it has *handed_over*."""
    began = trace.requests.column("began")
    attempts = trace.attempts.columns("request", "step", "by", "ended")
    done = [(request, step, ended) for request, step, by, ended in attempts if not is_worker(by)]
    steps_of = defaultdict(list)
    for request, step in messages:
        steps_of[request].append(step)
    latest = {(request, step): began[request] for request, step in messages}
    for request, step, at in [*done, *handed_over]:
        for later in steps_of.get(request, ()):
            if step < later:
                latest[request, later] = max(latest[request, later], at)
    return latest

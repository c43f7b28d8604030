"""Why a message was lost or refused: what every output that gives a reason asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from itertools import compress, count
from typing import TypeAlias

from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.windows import Windows, to_windows
from syncasync_sim.trace.columns import NEVER, marks
from syncasync_sim.trace.publishing import publishing_began_us
from syncasync_sim.trace.queries import WarmUpFilter
from syncasync_sim.trace.records import DeliveryOutcome, MessageStatus, ServerOutcome, Trace
from syncasync_sim.trace.series import waits_at_the_end


class LossCause(StrEnum):
    """Why the queue has a message no longer, or never had it; the value is how texts call it."""

    FULL_QUEUE = "full queue"
    OUTAGE = "broker outage"
    RESTART = "web server restart"
    LAST_DELIVERY = "last delivery, no dead-letter queue"
    EARLY_ACKNOWLEDGEMENT = "acknowledged before the work"
    STOP = "acknowledged before the work, and given back by a stopped worker"
    IGNORED_REFUSAL = "refused, and that was ignored"


Causes: TypeAlias = dict[int, LossCause]


def lost_messages(trace: Trace) -> Causes:
    """Return the cause of each loss, by the row of the message, those of the warm-up included.

    A message is lost while a worker holds it (its last delivery, or acknowledged before) or while it waits
    (the queue is full, or the broker goes down). What waits is put down to an outage if it was lost at the
    moment at which the outage began: then nothing stayed, full or not. The same holds for a restart of the
    web server with the queue in it, which also takes what workers hold. A stopped worker gives back what it
    has not begun, and a queue that has its acknowledgement does not take it. What was never published was
    refused, and its request ignored that.
    """
    fates = trace.messages.column("fate")
    if MessageStatus.LOST not in fates:
        return {}
    rows = enumerate(trace.messages.columns("published", "gone"))
    queue, waits = trace.scenario.queue, waits_at_the_end(trace)
    outages = set() if queue.durable else {begin for begin, end in to_windows(queue.outages) if begin != end}
    restarts = {to_us(r.at_s) for r in trace.scenario.server.restarts} if queue.in_process else set()
    ended_before = _ended_before_a_restart(trace) if restarts else set()
    held_by_worker = LossCause.EARLY_ACKNOWLEDGEMENT if queue.ack == "before" else LossCause.LAST_DELIVERY
    not_begun = _not_begun(trace) if queue.ack == "before" else ()
    return {
        message: LossCause.IGNORED_REFUSAL
        if published == NEVER
        else LossCause.RESTART
        if gone in restarts and (waits[message] or (message, gone) not in ended_before)
        else LossCause.STOP
        if message in not_begun
        else held_by_worker
        if not waits[message]
        else LossCause.OUTAGE
        if gone in outages
        else LossCause.FULL_QUEUE
        for message, (published, gone) in compress(rows, marks(fates, MessageStatus.LOST))
    }


def _not_begun(trace: Trace) -> set[int]:
    """The messages that a stopped worker has given back."""
    not_begun = marks(trace.deliveries.column("result"), DeliveryOutcome.NOT_BEGUN)
    return set(compress(trace.deliveries.column("message"), not_begun))


def _ended_before_a_restart(trace: Trace) -> set[tuple[int, int]]:
    """The (message, when) of each delivery that failed, or whose worker died of its own: faults come last."""
    deaths = set(trace.crashes.columns("worker", "at"))
    results = trace.deliveries.column("result")
    rows = trace.deliveries.columns("message", "worker", "ended", "result")
    return {
        (message, ended)
        for message, worker, ended, result in compress(
            rows, marks(results, DeliveryOutcome.FAILED, DeliveryOutcome.CRASHED)
        )
        if result == DeliveryOutcome.FAILED or (worker, ended) in deaths
    }


def refused_requests(trace: Trace) -> Causes:
    """Return why the message of each refused request was refused, by the row of the request.

    The requests of the warm-up are included. A broker that is down when the publishing begins refuses the
    message when the publishing ends, whatever happens in between.
    """
    ends, last = trace.requests.column("end"), len(trace.scenario.steps)
    refused = compress(count(), marks(ends, ServerOutcome.REFUSED))
    return _why_refused(trace, {(request, last): request for request in refused})


def ignored_refusals(trace: Trace) -> Causes:
    """Return why each message was refused whose request went on without it, by the row of the message.

    Those of the warm-up are included.
    """
    rows = enumerate(trace.messages.columns("request", "step", "published"))
    lost = compress(rows, marks(trace.messages.column("fate"), MessageStatus.LOST))
    return _why_refused(trace, {(request, step): n for n, (request, step, at) in lost if at == NEVER})


def _why_refused(trace: Trace, refused: Mapping[tuple[int, int], int]) -> Causes:
    """Why messages were refused, by the row that *refused* gives for their request and step."""
    outages = Windows(trace.scenario.queue.outages)
    if not outages:
        return dict.fromkeys(refused.values(), LossCause.FULL_QUEUE)
    began = publishing_began_us(trace, refused) if refused else {}
    return {
        row: LossCause.OUTAGE if began[message] in outages else LossCause.FULL_QUEUE
        for message, row in refused.items()
    }


def lost_by_cause(trace: Trace) -> Counter[LossCause]:
    """Return how many messages were lost by each cause, without those of the warm-up.

    Args:
        trace: the run.
    """
    counted, request_of = WarmUpFilter(trace).requests, trace.messages.column("request")
    lost = lost_messages(trace).items()
    return Counter(cause for message, cause in lost if counted[request_of[message]])


def refused_by_cause(trace: Trace) -> Counter[LossCause]:
    """Return how many messages of requests were refused for each reason, without those of the warm-up.

    What the relay of an outbox will try again is not among them.

    Args:
        trace: the run.
    """
    counted, request_of = WarmUpFilter(trace).requests, trace.messages.column("request")
    ignored = [(request_of[message], cause) for message, cause in ignored_refusals(trace).items()]
    return Counter(
        cause for request, cause in [*refused_requests(trace).items(), *ignored] if counted[request]
    )


def turned_away(trace: Trace) -> int:
    """Return how many messages a full queue refused or dropped, without those of the warm-up.

    Args:
        trace: the run.
    """
    full = LossCause.FULL_QUEUE
    return refused_by_cause(trace)[full] + lost_by_cause(trace)[full]

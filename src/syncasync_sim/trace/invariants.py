"""What a finished run's rows add up to: what became of each request, and that nobody is missing."""

from __future__ import annotations

from array import array
from collections.abc import Set as AbstractSet
from itertools import chain, compress, count

from syncasync_sim.errors import BooksError
from syncasync_sim.trace.columns import NEVER, Rows, counts, is_one_missing, marks
from syncasync_sim.trace.records import (
    Delivery,
    Message,
    MessageStatus,
    Request,
    ResponseStatus,
    ServerOutcome,
    WorkStatus,
)

_WORK_OF_END = bytearray([WorkStatus.FAILED]) * 256
_WORK_OF_END[ServerOutcome.OPEN], _WORK_OF_END[ServerOutcome.DONE] = (
    int(WorkStatus.UNFINISHED),
    int(WorkStatus.COMPLETED),
)
_NOT_COMPLETED = [int(work) for work in WorkStatus if work != WorkStatus.COMPLETED]
_WORK_OF_FATE = {
    int(MessageStatus.DEAD_LETTERED): int(WorkStatus.DEAD_LETTERED),
    int(MessageStatus.LOST): int(WorkStatus.LOST),
}


def mark_in_flight(messages: Rows[Message], deliveries: Rows[Delivery]) -> None:
    """Mark the messages in flight: taken, not returned since, and not gone.

    Args:
        messages: the messages of the run; their column `fate` is changed.
        deliveries: the deliveries of the run.
    """
    fates, waiting, in_flight = messages.column("fate"), MessageStatus.WAITING, MessageStatus.IN_FLIGHT
    if waiting in fates:
        never = map(NEVER.__eq__, deliveries.column("returned"))
        for message in compress(deliveries.column("message"), never):
            if fates[message] == waiting:
                fates[message] = in_flight


def finalise(requests: Rows[Request], messages: Rows[Message], failed: AbstractSet[int]) -> None:
    """Write into each request when it was completed and the final state of its work.

    A request is completed at the first success of its last-to-succeed step, whatever happens to its messages
    afterwards. Otherwise its work is failed, if something in the request failed for good or the request never
    began; else lost; else dead-lettered; else unfinished.

    Args:
        requests: the requests of the run; their columns `completed` and `work` are changed.
        messages: the messages of the run.
        failed: the rows of the requests that went on after a step had failed for good.
    """
    ends, began = requests.column("end"), requests.column("began")
    completed, work = requests.column("completed"), requests.column("work")
    completed[:] = requests.column("ended")
    work[:] = array(work.typecode, ends.tobytes().translate(_WORK_OF_END))
    for request in compress(count(), marks(work, *_NOT_COMPLETED)):
        completed[request] = NEVER
    never_began = compress(count(), map(NEVER.__eq__, began)) if is_one_missing(began) else ()
    for request in chain(failed, never_began):
        completed[request], work[request] = NEVER, WorkStatus.FAILED
    _finalise_messages(completed, work, messages)


def _finalise_messages(completed: array[int], work: array[int], messages: Rows[Message]) -> None:
    """Write into each request what its messages make of it, where nothing failed in the request."""
    request_of, first_done = messages.column("request"), messages.column("done")
    for request, done in zip(request_of, first_done, strict=True):
        if NEVER < completed[request] < done:
            completed[request] = done
    undone = compress(request_of, map(NEVER.__eq__, first_done)) if is_one_missing(first_done) else ()
    for request in undone:
        if work[request] == WorkStatus.COMPLETED:
            completed[request], work[request] = NEVER, WorkStatus.UNFINISHED
    bad = marks(messages.column("fate"), *_WORK_OF_FATE)
    for request, fate in compress(messages.columns("request", "fate"), bad):
        if work[request] not in (WorkStatus.FAILED, WorkStatus.COMPLETED):
            work[request] = max(work[request], _WORK_OF_FATE[fate])


def check_invariants(
    requests: Rows[Request],
    messages: Rows[Message],
    deliveries: Rows[Delivery],
    *,
    arrived: int,
    waiting: int,
    in_flight: int,
    cut: bool,
) -> None:
    """Check that every request has a response and that every message is accounted for.

    The counts were made by the server and the queue on their own during the run.

    Args:
        requests: the requests of the run.
        messages: the messages of the run.
        deliveries: the deliveries of the run.
        arrived: the number of requests that the server counted.
        waiting: the number of messages that the queue counted as waiting at the end.
        in_flight: the number of messages that the queue counted as in flight at the end.
        cut: whether the run was stopped early; only then may a request be without a response.

    Raises:
        BooksError: a count differs from the rows.
    """
    responses = counts(requests.column("response"), ResponseStatus)
    if not arrived == len(requests) == sum(responses.values()):
        raise BooksError(f"{arrived} requests arrived, {len(requests)} are in the rows")
    if not cut and responses[ResponseStatus.NONE]:
        raise BooksError(f"{responses[ResponseStatus.NONE]} requests were never answered")
    fates = counts(messages.column("fate"), MessageStatus)
    if (fates[MessageStatus.WAITING], fates[MessageStatus.IN_FLIGHT]) != (waiting, in_flight):
        raise BooksError(
            f"the queue holds {waiting} waiting and {in_flight} in flight, "
            f"the rows {fates[MessageStatus.WAITING]} and {fates[MessageStatus.IN_FLIGHT]}"
        )
    gone = len(messages) - messages.column("gone").count(NEVER)
    ended = fates[MessageStatus.ACKNOWLEDGED] + fates[MessageStatus.DEAD_LETTERED] + fates[MessageStatus.LOST]
    if gone != ended or len(messages) != ended + waiting + in_flight:
        raise BooksError(
            f"{len(messages)} messages published, {ended} ended, {waiting + in_flight} still there"
        )
    if not cut and is_one_missing(deliveries.column("ended")):
        raise BooksError("a worker never came to the end of a delivery")

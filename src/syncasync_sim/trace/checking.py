"""Whether rows that came from outside can be those of a run: every number within its bounds, every sum right.

A trace is made by the engine or by a run for real, and everything that reads one relies on it. A file may
have been cut, changed or made up: what is read from one goes through here before anybody sees it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress, count
from operator import lt
from typing import Any

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.trace import invariants
from syncasync_sim.trace.columns import NEVER, Rows
from syncasync_sim.trace.failed_steps import went_on_after_failure
from syncasync_sim.trace.records import (
    DeliveryOutcome,
    Message,
    MessageStatus,
    PauseReason,
    Request,
    ResponseStatus,
    ServerOutcome,
    Trace,
    WorkStatus,
)

LONGEST_US = 10**17
"""No run is longer than this (3,000 years)."""


class DamagedError(ValueError):
    """The rows cannot be those of a run; the message says which row and why."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What one column may hold: whole numbers from *low* to *high*, or NEVER where it *may_be_never*."""

    column: str
    low: int
    high: int
    may_be_never: bool = False

    def first_out_of_bounds(self, numbers: Sequence[int]) -> int | None:
        """The index of the first number that is out of bounds."""
        if not numbers or (self.low <= min(numbers) and max(numbers) <= self.high):
            return None  # nearly always: no need to look at each
        return next((index for index, number in enumerate(numbers) if not self._is_in(number)), None)

    def _is_in(self, number: int) -> bool:
        return self.low <= number <= self.high or (self.may_be_never and number == NEVER)


def check(trace: Trace) -> None:
    """Check that a trace can be that of a run of its scenario.

    Args:
        trace: the trace, as read from a file.

    Raises:
        DamagedError: a time, a reference or a count in it is impossible.
    """
    if not 0 <= trace.ended_at_us <= trace.observed_us <= LONGEST_US:
        raise DamagedError(
            f"it ended at {trace.ended_at_us} us and was observed until {trace.observed_us} us"
        )
    if trace.mode == "sync" and (len(trace.messages) or len(trace.deliveries)):
        raise DamagedError("the synchronous design has messages")
    for name, rows, bounds in _tables(trace):
        for bound in bounds:
            _check_column(name, bound, rows.column(bound.column))
    for name, rows, earlier, later in _orders(trace):
        _check_order(name, rows, earlier, later)
    _check_words(trace)
    _check_unpublished(trace)
    _check_outcomes(trace)


def _check_column(name: str, bounds: _Bounds, numbers: array[int]) -> None:
    index = bounds.first_out_of_bounds(numbers)
    if index is not None:
        allowed = f"{bounds.low} to {bounds.high}" if bounds.low <= bounds.high else "there are none"
        raise DamagedError(f"{name}, row {index}, {bounds.column}: {numbers[index]} ({allowed})")


def _tables(trace: Trace) -> Iterator[tuple[str, Rows[Any], list[_Bounds]]]:
    """Every table, and what its columns may hold."""
    scenario, over = trace.scenario, trace.observed_us
    requests, messages = len(trace.requests) - 1, len(trace.messages) - 1
    steps, workers = len(scenario.steps) - 1, scenario.workers.count
    threads = scenario.server.threads or max(1, len(trace.requests))
    tries = max(len(trace.attempts), len(trace.deliveries), 1)
    # The relay of an outbox may publish when all else was over, for workers that never take it.
    published = _Bounds("published", 0, LONGEST_US if scenario.queue.has_outbox else over)

    def at(column: str) -> _Bounds:
        return _Bounds(column, 0, over)

    def maybe(*columns: str) -> list[_Bounds]:
        return [_Bounds(column, 0, over, may_be_never=True) for column in columns]

    yield (
        "requests",
        trace.requests,
        [
            _Bounds("customer", 0, requests),
            _Bounds("click", 0, scenario.customer.resubmits),
            at("arrived"),
            *maybe("began", "ended", "replied", "completed"),
            _Bounds("thread", 1, threads, may_be_never=True),
            _Bounds("response", 0, len(ResponseStatus) - 1),
            *(_Bounds("end", 0, len(ServerOutcome) - 1), _Bounds("work", 0, len(WorkStatus) - 1)),
        ],
    )
    yield (
        "attempts",
        trace.attempts,
        [
            *(_Bounds("request", 0, requests), _Bounds("step", 0, steps), _Bounds("number", 1, tries)),
            *(_Bounds("by", -workers, threads), at("started"), *maybe("ended")),
            _Bounds("outcome", 0, len(AttemptOutcome) - 1),
        ],
    )
    yield (
        "messages",
        trace.messages,
        [
            *(_Bounds("request", 0, requests), _Bounds("step", 0, steps)),
            replace(published, may_be_never=scenario.queue.publish_failure != "error"),
            *(*maybe("done", "gone"), _Bounds("fate", 0, len(MessageStatus) - 1)),
        ],
    )
    yield (
        "deliveries",
        trace.deliveries,
        [
            *(_Bounds("message", 0, messages), _Bounds("number", 1, tries), _Bounds("worker", 1, workers)),
            # What was on its way when all was over still comes to its end.
            _Bounds("taken", 0, LONGEST_US),
            *(_Bounds(name, 0, LONGEST_US, may_be_never=True) for name in _OF_A_DELIVERY),
            _Bounds("result", 0, len(DeliveryOutcome) - 1),
        ],
    )
    # A worker may die, and be back, when nothing is left to do.
    back = _Bounds("back", 0, LONGEST_US, may_be_never=True)
    died = _Bounds("at", 0, LONGEST_US)
    yield "crashes", trace.crashes, [_Bounds("worker", 1, workers), died, back]
    outcome = _Bounds("outcome", 0, len(AttemptOutcome) - 1)
    attempt = _Bounds("attempt", 0, len(trace.attempts) - 1)
    yield "worked_on", trace.worked_on, [attempt, at("ended"), outcome]
    reason, until = _Bounds("reason", 0, len(PauseReason) - 1), replace(back, column="until")
    yield "pauses", trace.pauses, [_Bounds("worker", 1, workers), reason, died, until]


_OF_A_DELIVERY = ("in_hand", "ended", "returned", "visible")


def _orders(trace: Trace) -> Iterator[tuple[str, Rows[Any], str, str]]:
    """Moments that come one after the other, where the second came at all."""
    for later in ("began", "ended", "replied", "completed"):
        yield "requests", trace.requests, "arrived", later
    yield "attempts", trace.attempts, "started", "ended"
    yield "messages", trace.messages, "published", "gone"
    yield "deliveries", trace.deliveries, "taken", "in_hand"
    yield "deliveries", trace.deliveries, "taken", "ended"
    yield "crashes", trace.crashes, "at", "back"
    yield "pauses", trace.pauses, "at", "until"


def _check_order(name: str, rows: Rows[Any], earlier: str, later: str) -> None:
    before, after = rows.column(earlier), rows.column(later)
    for index in compress(count(), map(lt, after, before)):
        if after[index] != NEVER:
            raise DamagedError(
                f"{name}, row {index}: {later} ({after[index]}) comes before {earlier} ({before[index]})"
            )


def _check_words(trace: Trace) -> None:
    """An answer has its time, what is gone has its time, and a message belongs to a step on the queue."""
    for index, (replied, response) in enumerate(trace.requests.columns("replied", "response")):
        if (replied == NEVER) != (response == ResponseStatus.NONE):
            raise DamagedError(
                f"requests, row {index}: an answer without a time, or a time without an answer"
            )
    open_ = (int(MessageStatus.WAITING), int(MessageStatus.IN_FLIGHT))
    on_queue = [step.background for step in trace.scenario.steps]
    for index, (step, gone, fate) in enumerate(trace.messages.columns("step", "gone", "fate")):
        if (gone == NEVER) != (fate in open_):
            raise DamagedError(f"messages, row {index}: gone without a time, or a time without being gone")
        if not on_queue[step]:
            raise DamagedError(f"messages, row {index}: step {step} is not on the queue")
    if 0 in trace.attempts.column("by"):
        index = trace.attempts.column("by").index(0)
        raise DamagedError(f"attempts, row {index}, by: 0 is neither a thread nor a worker")
    clicks = list(trace.requests.columns("customer", "click"))
    if len(set(clicks)) != len(clicks):
        raise DamagedError("requests: the same click is there twice")
    firsts = {customer for customer, click in clicks if not click}
    if any(customer not in firsts for customer, _ in clicks):
        raise DamagedError("requests: a second click without a first")


def _check_unpublished(trace: Trace) -> None:
    """What the broker never had is in the outbox, or lost where its refusal was ignored; no worker got it."""
    fate_of_it = MessageStatus.WAITING if trace.scenario.queue.has_outbox else MessageStatus.LOST
    published = trace.messages.column("published")
    for index, (at, done, fate) in enumerate(trace.messages.columns("published", "done", "fate")):
        if at == NEVER and (done != NEVER or fate != fate_of_it):
            raise DamagedError(f"messages, row {index}: never published, but done, or not {fate_of_it}")
    for index, message in enumerate(trace.deliveries.column("message")):
        if published[message] == NEVER:
            raise DamagedError(f"deliveries, row {index}: message {message} was never published")


def _check_outcomes(trace: Trace) -> None:
    """What became of each request follows from its end and its messages: worked out again, it is the same."""
    requests: Rows[Request] = Rows(Request)
    requests.extend(*map(trace.requests.column, Request.COLUMNS))
    messages: Rows[Message] = trace.messages
    failed = went_on_after_failure(trace.scenario, trace.mode, trace.attempts)
    invariants.finalise(requests, messages, failed)
    for column in ("completed", "work"):
        written, derived = trace.requests.column(column), requests.column(column)
        if written != derived:
            index = next(i for i, pair in enumerate(zip(written, derived, strict=True)) if pair[0] != pair[1])
            raise DamagedError(
                f"requests, row {index}, {column}: {written[index]}, and by the rows {derived[index]}"
            )

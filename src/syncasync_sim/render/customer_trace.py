"""What happened to one customer: their rows of a trace, and the lanes a timeline draws of them.

Customers are counted from 1 wherever people read or write a number: customer 1 is the first to arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from syncasync_sim.errors import ScenarioError
from syncasync_sim.model.attempts import AttemptOutcome, DurationSampler
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.trace.columns import Rows, RowT
from syncasync_sim.trace.publishing import handed_over_us
from syncasync_sim.trace.queries import customers_came
from syncasync_sim.trace.records import (
    Attempt,
    Delivery,
    Message,
    MessageStatus,
    Request,
    ResponseStatus,
    ServerOutcome,
    Trace,
)
from syncasync_sim.trace.worker_queries import is_kept

ANSWERS = {
    ResponseStatus.OK: "page",
    ResponseStatus.ERROR: "error page",
    ResponseStatus.TIMED_OUT: "gave up",
    ResponseStatus.REJECTED: "rejected",
    ResponseStatus.NONE: "still waiting",
}
FATES = {
    MessageStatus.WAITING: "still queued",
    MessageStatus.IN_FLIGHT: "not done",
    MessageStatus.ACKNOWLEDGED: "done",
    MessageStatus.DEAD_LETTERED: "dead-lettered",
    MessageStatus.LOST: "lost",
}
MOST_CLICKS = 3
"""A timeline shows this many clicks of a customer; more would hide the first."""


@dataclass(frozen=True, slots=True)
class CustomerTrace:
    """All rows of one customer in one design; attempts and deliveries by what they belong to."""

    trace: Trace
    requests: list[Request]
    attempts: dict[int, list[Attempt]]
    messages: dict[int, list[Message]]
    deliveries: dict[int, list[Delivery]]
    handed_over_s: dict[int, float]
    """Per message, by its row: when the request went on without it."""

    def in_order(self, attempts: Iterable[Attempt], messages: Iterable[Message]) -> list[Attempt | Message]:
        """Return what a request did itself in order of time, and of the steps at one instant.

        Args:
            attempts: its own attempts.
            messages: its messages, which count when it went on without them.
        """

        def begin(row: Attempt | Message) -> tuple[float, int]:
            at_s = self.handed_over_s[row.index] if isinstance(row, Message) else row.started_s
            return at_s, row.step

        return sorted([*attempts, *messages], key=begin)


def customer_trace(trace: Trace, customer: int) -> CustomerTrace:
    """The rows of one customer.

    Args:
        trace: the run.
        customer: the number of the customer, from 1.

    Raises:
        ScenarioError: no customer of that number came.
    """
    customers = trace.requests.column("customer")
    there_are = customers_came(trace)
    if not 1 <= customer <= there_are:
        allowed = f"choose 1 to {there_are:,}" if there_are > 1 else "only customer 1 came"
        allowed = allowed if there_are else "nobody came"
        raise ScenarioError(f"there is no customer {customer:,}: {allowed}")
    wanted = [index for index, number in enumerate(customers) if number == customer - 1]
    messages = _by(trace.messages, "request", wanted)
    own = [message.index for listed in messages.values() for message in listed]
    handed_over = handed_over_us(trace)
    return CustomerTrace(
        trace,
        [trace.requests[index] for index in wanted],
        _by(trace.attempts, "request", wanted),
        messages,
        _by(trace.deliveries, "message", own),
        {index: handed_over[index] / US_PER_S for index in own},
    )


def _by(rows: Rows[RowT], column: str, wanted: Iterable[int]) -> dict[int, list[RowT]]:
    """The rows whose *column* is one of *wanted*, listed by it; only these are made into objects."""
    by_number: dict[int, list[RowT]] = {number: [] for number in wanted}
    for index, number in enumerate(rows.column(column)):
        if number in by_number:
            by_number[number].append(rows[index])
    return by_number


def has_message_s(rows: CustomerTrace, request: Request, message: Message) -> dict[int, float]:
    """Return when the worker would have the message, in seconds, by the number of the delivery.

    Deliveries that take no time are left out, as tries in place do. A worker that dies earlier, or a run that
    is cut earlier, does not have it. What a real queue takes is not known.

    Args:
        rows: the rows of the customer.
        request: the click.
        message: a message of that click.
    """
    trace, times = rows.trace, {}
    step = trace.scenario.steps[message.step].name
    draws = random_streams(trace.scenario, trace.seed, trace.replication)
    duration_us = DurationSampler(trace.scenario.queue.deliver, draws, "deliver", step)
    if trace.source != "simulated" or duration_us.constant == 0:
        return {}
    kept = False
    for row in rows.deliveries[message.index]:
        if not kept:
            taken_us = round(row.taken_s * US_PER_S)
            length_us = duration_us(request.customer, request.click, row.number)
            times[row.number] = (taken_us + length_us) / US_PER_S
        kept = is_kept(trace, row)
    return times


WAITING, PUBLISHING, DELIVERY = "waiting", "publishing", "delivery"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a lane: waiting, work that succeeded, that failed, or that was still going on.

    Publishing and delivery are work of the broker.
    """

    begin_s: float
    end_s: float
    kind: Literal["wait", "work", "failed", "open"]
    label: str

    @property
    def is_wait(self) -> bool:
        """Whether it is waiting; also one that was not over when the customer left."""
        return self.kind == "wait" or (self.kind == "open" and self.label == WAITING)


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of a timeline; times are seconds since the customer's first click."""

    mode: Mode
    name: str
    stretches: tuple[Stretch, ...]
    end_s: float
    ending: str
    is_customer: bool = False
    in_request: bool = False
    """Whether it is what a thread does, for the customer or after they have gone; not a message."""


def lanes_of(rows: CustomerTrace) -> list[Lane]:
    """Return the lanes of a timeline: the customer's waiting with its steps, then one lane per message."""
    start, mode = rows.requests[0].arrived_s, rows.trace.mode
    lanes: list[Lane] = []
    for request in rows.requests[:MOST_CLICKS]:
        lanes += [_shifted(lane, start) for lane in (*_request(rows, request), *_messages(rows, request))]
    hidden = len(rows.requests) - MOST_CLICKS
    if hidden > 0:
        lanes.append(Lane(mode, f"({hidden} more)", (), 0.0, ""))
    return lanes


def _shifted(lane: Lane, start: float) -> Lane:
    stretches = (Stretch(s.begin_s - start, s.end_s - start, s.kind, s.label) for s in lane.stretches)
    return replace(lane, stretches=tuple(stretches), end_s=lane.end_s - start)


def _request(rows: CustomerTrace, request: Request) -> Iterator[Lane]:
    """What the customer sees of a click; and the server, where it goes on after they have gone."""
    mode, over = rows.trace.mode, rows.trace.observed_us / US_PER_S
    replied = over if request.replied_s is None else request.replied_s
    ended = over if request.ended_s is None else request.ended_s
    work = [a for a in rows.attempts[request.index] if a.thread is not None]
    pieces = [*(_attempt(rows, a, over) for a in work), *_publishing(rows, request, work, over)]
    pieces.sort(key=lambda piece: (piece.begin_s, piece.end_s))
    all_of_it = _filled(pieces, request.arrived_s, ended)
    name = "customer" if not request.click else f"click {request.click + 1}"
    seen = tuple(
        Stretch(s.begin_s, min(s.end_s, replied), s.kind if s.end_s <= replied else "open", s.label)
        for s in all_of_it
        if s.begin_s < replied
    )
    answer = ANSWERS[request.response]
    yield Lane(mode, name, seen, replied, answer, is_customer=True, in_request=True)
    if ended > replied and work:
        yield Lane(mode, "server", tuple(all_of_it), ended, "too late", in_request=True)


def _publishing(
    rows: CustomerTrace, request: Request, work: Sequence[Attempt], over: float
) -> Iterator[Stretch]:
    """The publishing of each message, where it takes time: it begins where the step before has ended."""
    free, step, steps = request.began_s, 0, rows.trace.scenario.steps
    if rows.trace.source != "simulated" or free is None:
        return
    for row in rows.in_order(work, rows.messages[request.index]):
        if isinstance(row, Message):
            until = rows.handed_over_s[row.index]
            if until > free:
                yield Stretch(free, until, "failed" if row.published_s is None else "work", PUBLISHING)
            free, step = until, row.step + 1
        elif row.ended_s is None:
            return
        else:
            free, step = row.ended_s, row.step + (row.outcome is AttemptOutcome.OK)
    ended = over if request.ended_s is None else request.ended_s
    is_cut = (
        request.ended_s is None and step < len(steps) and rows.trace.scenario.background(steps[step], "async")
    )
    if ended > free and (is_cut or request.end is ServerOutcome.REFUSED):
        yield Stretch(free, ended, "open" if is_cut else "failed", PUBLISHING)


def _attempt(rows: CustomerTrace, attempt: Attempt, over: float) -> Stretch:
    kinds: dict[AttemptOutcome, Literal["work", "open"]] = {
        AttemptOutcome.OK: "work",
        AttemptOutcome.OPEN: "open",
    }
    step = rows.trace.scenario.steps[attempt.step].name
    label = step if attempt.worker is None else f"worker {attempt.worker}"
    end = over if attempt.ended_s is None else attempt.ended_s
    return Stretch(attempt.started_s, end, kinds.get(attempt.outcome, "failed"), label)


def _filled(work: Sequence[Stretch], begin: float, end: float) -> list[Stretch]:
    """*work* from *begin* to *end* with waiting in the gaps."""
    edges = [Stretch(begin, begin, "work", ""), *work, Stretch(end, end, "work", "")]
    filled: list[Stretch] = []
    for before, after in pairwise(edges):
        if after.begin_s > before.end_s:
            filled.append(Stretch(before.end_s, after.begin_s, "wait", WAITING))
        filled.append(after)
    return filled[:-1]


def _messages(rows: CustomerTrace, request: Request) -> Iterator[Lane]:
    """A lane per message: waiting in the queue, attempts, its end. A second one where two work at once."""
    over, steps = rows.trace.observed_us / US_PER_S, rows.trace.scenario.steps
    for message in rows.messages[request.index]:
        tried = {a.number: a for a in rows.attempts[request.index] if a.step == message.step and a.worker}
        has_it = has_message_s(rows, request, message)
        work: list[Stretch] = []
        besides: list[Stretch] = []
        for delivery in rows.deliveries[message.index]:
            attempt = tried.get(delivery.number)
            pieces = list(_delivery(delivery, has_it.get(delivery.number), over))
            if attempt is not None:
                pieces.append(_attempt(rows, attempt, over))
            elif delivery.ended_s is not None and not any(piece.kind == "failed" for piece in pieces):
                died = delivery.ended_s
                pieces.append(Stretch(died, died, "failed", f"worker {delivery.worker}"))
            is_beside = pieces and work and pieces[0].begin_s < work[-1].end_s
            (besides if is_beside else work).extend(pieces)
        end, name = message.done_s, steps[message.step].name
        ending = "done" if end is not None else _ending(message)
        end = end if end is not None else over if message.gone_s is None else message.gone_s
        upto = max(end, *(piece.end_s for piece in work)) if work else end
        stretches = _filled(work, rows.handed_over_s[message.index], upto)
        yield Lane(rows.trace.mode, name, tuple(stretches), end, ending)
        if besides:
            yield Lane(rows.trace.mode, "at the same time", tuple(besides), besides[-1].end_s, "done again")


def _ending(message: Message) -> str:
    """Where a message is at the end of the run that was not done."""
    is_written = message.published_s is None and message.fate is MessageStatus.WAITING
    return "in the outbox" if is_written else FATES[message.fate]


def _delivery(delivery: Delivery, has_it_s: float | None, over: float) -> Iterator[Stretch]:
    """A message on its way to its worker; the worker may die, or the run be cut, before it has it."""
    if has_it_s is None:
        return
    end = over if delivery.ended_s is None else delivery.ended_s
    late: Literal["failed", "open"] = "open" if delivery.ended_s is None else "failed"
    if min(end, has_it_s) > delivery.taken_s:
        yield Stretch(delivery.taken_s, min(end, has_it_s), late if has_it_s > end else "work", DELIVERY)

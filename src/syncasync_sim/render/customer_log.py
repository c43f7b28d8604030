"""The log of one customer in both designs: the events in order of time, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from syncasync_sim.model.attempts import AttemptOutcome, attempt_sampler
from syncasync_sim.model.customers import random_streams
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.request_parts import Step
from syncasync_sim.render.customer_trace import (
    CustomerTrace,
    customer_trace,
    has_message_s,
)
from syncasync_sim.render.style import LOOKS, plain, wrapped
from syncasync_sim.trace.losses import LossCause, lost_messages, refused_requests
from syncasync_sim.trace.queries import Effect, effects
from syncasync_sim.trace.records import (
    Attempt,
    Delivery,
    DeliveryOutcome,
    Message,
    MessageStatus,
    Request,
    ResponseStatus,
    ServerOutcome,
    Trace,
)
from syncasync_sim.trace.worker_queries import is_kept, taken_for_dead, went_down_with_server

Done = Mapping[int, Effect]
"""What has happened in the world, by the row of the attempt that did it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at seconds of the run's clock."""

    at_s: float
    text: str


def customer_log(traces: Mapping[Mode, Trace], customer: int) -> Group:
    """The log of one customer in every design that was run.

    Args:
        traces: the trace of each design.
        customer: the number of the customer, from 1 in order of arrival.

    Raises:
        ScenarioError: no customer of that number came; the error has the numbers that did.
    """
    rows_by_mode = {mode: customer_trace(traces[mode], customer) for mode in MODES if mode in traces}
    return Group(*(_DesignLog(mode, customer, events_of(rows)) for mode, rows in rows_by_mode.items()))


class _DesignLog:
    """One design's events, the times lined up, long lines wrapped beside them."""

    def __init__(self, mode: Mode, customer: int, events: list[Event]) -> None:
        self.mode, self.customer, self.events = mode, customer, events

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(f"{self.mode}, customer {self.customer:,}", LOOKS[self.mode].terminal)
        times = [plain(_time_text(event.at_s), options.ascii_only) for event in self.events]
        width = max(map(cell_len, times))
        for time, event in zip(times, self.events, strict=True):
            hanging = width + 4
            line = f"{time:>{width + 2}}  {plain(event.text, options.ascii_only)}"
            first, *rest = wrapped(f"{'.' * hanging}{event.text}", options.max_width, hanging=hanging)
            if first.startswith("." * hanging) and len(first) > hanging:
                yield Text(f"{time:>{width + 2}}  " + plain(first[hanging:], options.ascii_only))
                yield from (Text(plain(text, options.ascii_only)) for text in rest)
            else:  # too narrow for two columns
                yield Text(line)


def _time_text(at_s: float) -> str:
    """A time of the run's clock: hundredths of seconds however late, so that no two steps look like one."""
    return format_time(at_s) if at_s < 60 else f"{at_s:,.2f} s"


def events_of(rows: CustomerTrace) -> list[Event]:
    """Return the events of the customer; at one instant, causes come before their effects."""
    done = {effect.attempt: effect for effect in effects(rows.trace)}
    refused, lost = refused_requests(rows.trace), lost_messages(rows.trace)
    events: list[Event] = []
    for request in rows.requests:
        events += _click_events(rows, request, done, refused.get(request.index))
        events += _answer_events(rows, request)
        events += _abandoned_events(rows, request, done)
        for message in rows.messages[request.index]:
            events += _message_events(rows, request, message, done)
            events += _last_events(rows, message, lost.get(message.index))
    return sorted(events, key=lambda event: event.at_s)


def _click_events(
    rows: CustomerTrace, request: Request, done: Done, refused: LossCause | None
) -> Iterator[Event]:
    """The click, the wait for a thread, and the steps in the request."""
    yield Event(request.arrived_s, "arrives and clicks" if not request.click else "clicks again")
    free = request.began_s
    if free is not None and free > request.arrived_s:
        yield Event(free, f"waited {format_time(free - request.arrived_s)} for a thread")
    attempts = [attempt for attempt in rows.attempts[request.index] if attempt.thread is not None]
    for row in rows.in_order(attempts, rows.messages[request.index]):
        step = rows.trace.scenario.steps[row.step]
        if isinstance(row, Message):
            yield _handed_over(rows, row, step, free)
            free = rows.handed_over_s[row.index]
            continue
        may_wait = row.number > 1 or step.concurrency is not None  # else it is what a real service takes
        if free is not None and row.started_s > free and may_wait:
            why = "before trying again" if row.number > 1 else f"for a place at {step.name}"
            yield Event(row.started_s, f"waited {format_time(row.started_s - free)} {why}")
        free = row.ended_s
        if step.effect or row.outcome != AttemptOutcome.OK or row.ended_s != row.started_s:
            yield _attempt_event(rows, row, step, done)
    yield from _interruption(request)
    if refused is not None and request.ended_s is not None:
        after = _after_publishing(rows, free, request.ended_s)
        yield Event(request.ended_s, f"the queue refuses the message ({refused}){after}")
    if request.end is ServerOutcome.EXPIRED and request.ended_s is not None:
        yield Event(request.ended_s, "a thread is free, but the customer has given up: skipped")


_INTERRUPTIONS = {
    ServerOutcome.KILLED: "the server's time-out is over: the request is killed",
    ServerOutcome.CUT: "the web server goes down, and the request is lost",
    ServerOutcome.CLOSED: "the web server is down",
}


def _interruption(request: Request) -> Iterator[Event]:
    """What ended a request that did not end by itself."""
    if request.end in _INTERRUPTIONS and request.ended_s is not None:
        yield Event(request.ended_s, _INTERRUPTIONS[request.end])


def _handed_over(rows: CustomerTrace, message: Message, step: Step, since: float | None) -> Event:
    """The request is done with its message, whatever became of it."""
    at_s = rows.handed_over_s[message.index]
    if rows.trace.scenario.queue.has_outbox:
        return Event(at_s, f"written into the outbox: {step.name}")
    after = _after_publishing(rows, since, at_s)
    if message.published_s is None:
        return Event(at_s, f"the queue refuses the message, and the request goes on{after}: {step.name}")
    return Event(at_s, f"queued: {step.name}{after}")


def _after_publishing(rows: CustomerTrace, since: float | None, at_s: float) -> str:
    """How long the publishing took, where the scenario lets it take time."""
    if since is None or at_s <= since or rows.trace.source != "simulated":
        return ""
    return f", after {format_time(at_s - since)} of publishing"


def _attempt_event(rows: CustomerTrace, attempt: Attempt, step: Step, done: Done) -> Event:
    """How an attempt ended, told at its end."""
    if attempt.ended_s is None:
        return Event(rows.trace.observed_us / US_PER_S, f"{step.name}: still going on when the run was cut")
    took = format_time(attempt.ended_s - attempt.started_s)
    if attempt.outcome is AttemptOutcome.TIMED_OUT:
        return Event(attempt.ended_s, f"{step.name} cut off after {took} (time-out)")
    if attempt.outcome is AttemptOutcome.ANSWER_LOST:
        effect = _effect_text(step, done.get(attempt.index)) or ", though it was done"
        return Event(attempt.ended_s, f"{step.name} failed after {took} (only the answer was lost){effect}")
    if attempt.outcome is AttemptOutcome.FAILED:
        return Event(attempt.ended_s, f"{step.name} failed after {took}{_cause(rows, attempt, step)}")
    if attempt.outcome is AttemptOutcome.CRASHED:
        return Event(attempt.ended_s, f"{step.name} cut off after {took}")
    return Event(attempt.ended_s, f"{step.name} took {took}{_effect_text(step, done.get(attempt.index))}")


def _cause(rows: CustomerTrace, attempt: Attempt, step: Step) -> str:
    """Why it failed, unless that was left to chance."""
    trace = rows.trace
    if step.poison:
        draws = random_streams(trace.scenario, trace.seed, trace.replication)
        if attempt_sampler(step, draws).is_poison(trace.requests[attempt.request].customer):
            return " (poison)"
    outage = any(
        w.from_s <= attempt.started_s and (w.until_s is None or attempt.started_s < w.until_s)
        for w in step.outages
    )
    return " (outage)" if outage else ""


def _abandoned_events(rows: CustomerTrace, request: Request, done: Done) -> Iterator[Event]:
    """What services did for this click after its time-outs."""
    trace, own = rows.trace, {attempt.index: attempt for attempt in rows.attempts[request.index]}
    for call in trace.worked_on if len(trace.worked_on) else ():
        if (attempt := own.get(call.attempt)) is not None:
            step = trace.scenario.steps[attempt.step]
            failed = call.outcome is AttemptOutcome.FAILED
            result = ", without success" if failed else _effect_text(step, done.get(call.attempt))
            yield Event(call.ended_s, f"the service of {step.name} is done, for nobody{result}")


def _effect_text(step: Step, effect: Effect | None) -> str:
    """What has happened in the world by a success; said aloud when it had happened before."""
    if step.effect is None:
        return ""
    if effect is None:
        return f": nothing new ({step.effect} before)"
    if effect.ordinal == 1:
        return f": {step.effect}"
    return f": {step.effect} AGAIN ({effect.ordinal} times now)"


def _answer_events(rows: CustomerTrace, request: Request) -> Iterator[Event]:
    """What the customer sees, and what the server does after that."""
    if request.replied_s is None or request.response_time_s is None:
        yield Event(rows.trace.observed_us / US_PER_S, "still waiting when the run was cut")
        return
    after = f"after {format_time(request.response_time_s)}"
    seen = {
        ResponseStatus.OK: f"sees the page {after}",
        ResponseStatus.ERROR: f"sees an error page {after}",
        ResponseStatus.TIMED_OUT: f"gives up {after}",
        ResponseStatus.REJECTED: "is rejected: too many are waiting",
    }
    yield Event(request.replied_s, seen[request.response])
    late = request.ended_s is not None and request.ended_s > request.replied_s
    is_in_words = request.end is ServerOutcome.EXPIRED or request.end in _INTERRUPTIONS
    if late and request.ended_s is not None and not is_in_words:
        yield Event(request.ended_s, "the server is done with it, but nobody waits any more")


def _message_events(rows: CustomerTrace, request: Request, message: Message, done: Done) -> Iterator[Event]:
    """The message's way through the queue and the workers' hands."""
    step = rows.trace.scenario.steps[message.step]
    attempts = rows.attempts[message.request]
    tried = {a.number: a for a in attempts if a.step == message.step and a.worker is not None}
    since = message.published_s
    if since is None:
        return
    if rows.trace.scenario.queue.has_outbox:
        after = format_time(since - rows.handed_over_s[message.index])
        yield Event(since, f"queued: {step.name}, which was in the outbox for {after}")
    has_it, kept = has_message_s(rows, request, message), False
    for delivery in rows.deliveries[message.index]:
        yield from _taken_events(delivery, step, since, kept=kept)
        yield from _has_events(rows, delivery, step, has_it.get(delivery.number))
        yield from _pause_events(rows.trace, delivery)
        kept = is_kept(rows.trace, delivery)
        yield from _delivery_end_events(rows, delivery, tried.get(delivery.number), step, done)
        if delivery.visible_s is not None and not kept:
            yield _visible_again(rows.trace, delivery, step)
        since = delivery.taken_s if delivery.visible_s is None else delivery.visible_s


def _last_events(rows: CustomerTrace, message: Message, lost: LossCause | None) -> Iterator[Event]:
    """The end of a message that nobody acknowledged, and why it was lost."""
    step = rows.trace.scenario.steps[message.step]
    if message.fate is MessageStatus.DEAD_LETTERED and message.gone_s is not None:
        number = len(rows.deliveries[message.index])
        times = f"{number} {'delivery' if number == 1 else 'deliveries'}"
        yield Event(message.gone_s, f"{step.name} is dead-lettered after {times}")
    elif lost is not None and message.gone_s is not None:
        yield Event(message.gone_s, f"the message is lost ({lost}): {step.name}")
    elif message.fate is MessageStatus.WAITING:
        where = "queue" if message.published_s is not None else "outbox"
        yield Event(rows.trace.observed_us / US_PER_S, f"{step.name}: still in the {where} at the end")


def _taken_events(delivery: Delivery, step: Step, since: float, *, kept: bool) -> Iterator[Event]:
    """How it comes to a worker; *kept*: the worker has it still, after a failure."""
    worker, waited = f"worker {delivery.worker}", delivery.taken_s - since
    if kept:
        yield Event(delivery.taken_s, f"{worker}, who has kept it, tries {step.name} again")
        return
    after = f" after {format_time(waited)} in the queue" if waited > 0 else " at once"
    yield Event(delivery.taken_s, f"{worker} takes {step.name}{after}")
    if delivery.in_hand_s is not None and delivery.in_hand_s > delivery.taken_s:
        yield Event(delivery.in_hand_s, f"{worker} turns to {step.name}, which it has held all the time")


def _has_events(rows: CustomerTrace, delivery: Delivery, step: Step, at_s: float | None) -> Iterator[Event]:
    """When the worker has the message, where its delivery takes time, or that it has not when all is over."""
    over = rows.trace.observed_us / US_PER_S
    if at_s is None or at_s == delivery.taken_s:
        return
    if at_s <= (over if delivery.ended_s is None else delivery.ended_s):
        took = format_time(at_s - delivery.taken_s)
        yield Event(
            at_s, f"worker {delivery.worker} has the message of {step.name}, after {took} of delivery"
        )
    elif delivery.ended_s is None:
        yield Event(over, f"{step.name}: still in delivery when the run was cut")


def _visible_again(trace: Trace, delivery: Delivery, step: Step) -> Event:
    at_s, worker = delivery.visible_s, f"worker {delivery.worker}"
    assert at_s is not None
    slow = delivery.ended_s is None or at_s < delivery.ended_s
    why = ""
    if slow and delivery.index in taken_for_dead(trace):
        why = f": {worker}, which stands still, is taken for dead"
    elif slow and trace.scenario.queue.evicts:
        why = f": {worker} was too slow, and has left its group"
    elif slow:
        why = ": its visibility timeout is over"
    return Event(at_s, f"{step.name} is visible again{why}")


def _pause_events(trace: Trace, delivery: Delivery) -> Iterator[Event]:
    """That the worker stands still, or is stopped, while it holds the message."""
    over_s = trace.observed_us / US_PER_S if delivery.ended_s is None else delivery.ended_s
    workers, worker = trace.scenario.workers, delivery.worker
    for freeze in workers.freezes:
        if freeze.worker == worker and delivery.taken_s <= freeze.at_s < over_s:
            yield Event(freeze.at_s, f"worker {worker} stands still for {format_time(freeze.for_s)}")
    for stop in workers.stops:
        if stop.worker == worker and delivery.taken_s <= stop.at_s <= over_s:
            yield Event(stop.at_s, f"worker {worker} is to stop, and takes nothing more")


def _delivery_end_events(
    rows: CustomerTrace, delivery: Delivery, attempt: Attempt | None, step: Step, done: Done
) -> Iterator[Event]:
    """A message in one worker's hands, until it is out of them or visible to others again."""
    died = delivery.result is DeliveryOutcome.CRASHED and delivery.ended_s is not None
    if attempt is not None and attempt.outcome is not AttemptOutcome.CRASHED:
        yield _attempt_event(rows, attempt, step, done)
    if died and delivery.ended_s is not None:
        goes_down = went_down_with_server(rows.trace, delivery)
        dies = (
            f"the web server goes down, and worker {delivery.worker} with it"
            if goes_down
            else (f"worker {delivery.worker} dies")
        )
        yield Event(delivery.ended_s, f"{dies} {_held_text(rows, delivery, step)}")
    if delivery.result is DeliveryOutcome.NOT_BEGUN and delivery.ended_s is not None:
        yield Event(delivery.ended_s, f"worker {delivery.worker} gives {step.name} up, not begun")
    if delivery.result is DeliveryOutcome.IGNORED and delivery.ended_s is not None:
        yield Event(delivery.ended_s, f"worker {delivery.worker} acknowledges too late")


def _held_text(rows: CustomerTrace, delivery: Delivery, step: Step) -> str:
    """What a worker did when it died: it worked on this message, or it held it and worked on another."""
    if delivery.in_hand_s is not None:
        return f"while working on {step.name}"
    trace = rows.trace
    deliveries = (
        row
        for row in trace.deliveries
        if (row.worker, row.ended_s) == (delivery.worker, delivery.ended_s) and row.in_hand_s is not None
    )
    other = next(
        (trace.messages[row.message] for row in deliveries if row.result is DeliveryOutcome.CRASHED), None
    )
    if other is None:
        return f"while holding {step.name}, not begun"
    customer = trace.requests[other.request].customer + 1
    other_step = trace.scenario.steps[other.step].name
    return f"while working on {other_step} of customer {customer:,}; it held this message, not begun"

"""From the database of a run, and what the customers saw, to a Trace: the rows of a simulated one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.load_generator import SentRequest
from syncasync_sim.live.plan import Plan
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.queue_parts import Queue
from syncasync_sim.trace import invariants, queries
from syncasync_sim.trace.columns import NEVER, Rows
from syncasync_sim.trace.failed_steps import went_on_after_failure
from syncasync_sim.trace.records import (
    Attempt,
    Crash,
    Delivery,
    DeliveryOutcome,
    Message,
    MessageStatus,
    Pause,
    Request,
    ResponseStatus,
    ServerOutcome,
    Trace,
    WorkedOn,
    WorkStatus,
    is_worker,
)

Key = tuple[int, int]
"""A message is a step of a request."""


@dataclass(frozen=True, slots=True)
class CountedMessages:
    """What the database itself counts, by query: the effects in the world, and what is missing."""

    effects: Mapping[str, int]
    duplicates: Mapping[str, int]
    phantom_errors: int
    lost: int


def build_trace(
    plan: Plan,
    event_log: EventLog,
    clicks: Sequence[SentRequest],
    *,
    cut_at: int | None,
    partial: bool,
    dropped: bool,
) -> Trace:
    """Build the trace of a finished run.

    Args:
        plan: the plan of the run.
        event_log: its event log.
        clicks: the requests that were sent.
        cut_at: the time, in microseconds of the scenario, at which the run was stopped before its last event;
            None if it was not.
        partial: whether the user stopped the run.
        dropped: whether the broker has no message left, so that messages never delivered are lost.

    Raises:
        BooksError: the counts do not balance.
    """
    requests = _requests(event_log, clicks)
    dropped_at = None if not dropped else _last(event_log)
    messages, message_indexes = _messages(plan.scenario.queue, event_log, dropped_at)
    deliveries = _deliveries(event_log, message_indexes)
    attempts, worked_on = _attempts(event_log)
    crashes = _rows(Crash, event_log.rows("SELECT worker, at, back FROM crashes ORDER BY at, rowid"))
    invariants.mark_in_flight(messages, deliveries)
    failed = went_on_after_failure(plan.scenario, plan.mode, attempts)
    invariants.finalise(requests, messages, failed)
    fates = list(messages.column("fate"))
    invariants.check_invariants(
        *(requests, messages, deliveries),
        arrived=len(clicks),
        waiting=fates.count(MessageStatus.WAITING),
        in_flight=fates.count(MessageStatus.IN_FLIGHT),
        cut=cut_at is not None,
    )
    replied = requests.column("replied"), requests.column("ended")
    columns = (*replied, attempts.column("ended"), messages.column("gone"), worked_on.column("ended"))
    ended_at = max(0, *(max(column, default=0) for column in columns))
    return Trace(
        *(plan.scenario, plan.mode, plan.seed, plan.replication, "measured"),
        *(requests, attempts, messages, deliveries, crashes),
        ended_at_us=ended_at,
        observed_us=ended_at if cut_at is None else max(ended_at, cut_at),
        partial=partial,
        worked_on=worked_on,
        pauses=_rows(
            Pause, event_log.rows("SELECT worker, reason, at, until FROM pauses ORDER BY at, rowid")
        ),
    )


def _rows(kind: type[Any], values: Sequence[Sequence[int | None]]) -> Any:
    """Rows of *kind* with NEVER for what is None."""
    return Rows.of(kind, ([NEVER if number is None else number for number in numbers] for numbers in values))


def _last(event_log: EventLog) -> int:
    return event_log.number("SELECT coalesce(max(ended), 0) FROM served")


def _requests(event_log: EventLog, clicks: Sequence[SentRequest]) -> Rows[Request]:
    served = {
        row[0]: row[1:] for row in event_log.rows("SELECT request, began, thread, ended, end FROM served")
    }
    values = []
    for click in clicks:
        began, thread, ended, end = served.get(click.index, (None,) * 4)
        # The service's row may be later than the answer by what it takes to write it down.
        replied = None if click.replied is None else max(click.replied, click.due)
        if (
            ended is not None
            and replied is not None
            and click.response in (ResponseStatus.OK, ResponseStatus.ERROR)
        ):
            ended = min(ended, replied)
        head = (click.customer, click.number, click.due, began, thread, ended)
        values.append(
            (
                *head,
                replied,
                int(click.response),
                int(end or ServerOutcome.OPEN),
                None,
                int(WorkStatus.UNFINISHED),
            )
        )
    rows: Rows[Request] = _rows(Request, values)
    return rows


def _messages(
    queue: Queue, event_log: EventLog, dropped_at: int | None
) -> tuple[Rows[Message], dict[Key, int]]:
    """The messages in the order they were published, those never published last; and the row of each."""
    dead = {row[:2]: row[2] for row in event_log.rows("SELECT request, step, at FROM dead_letters")}
    taken: dict[Key, list[tuple[int, int, int | None, int | None]]] = defaultdict(list)
    for request, step, *rest in event_log.rows(
        "SELECT request, step, number, taken, ended, result FROM deliveries ORDER BY id"
    ):
        taken[request, step].append((rest[0], rest[1], rest[2], rest[3]))
    done = "SELECT request, step, by, ended FROM attempts WHERE outcome = ? ORDER BY ended DESC"
    done_at = {row[:2]: row[3] for row in event_log.rows(done, int(AttemptOutcome.OK)) if is_worker(row[2])}
    values = []
    for request, step, *asked in event_log.rows("SELECT request, step, published, fatal, lost FROM messages"):
        key, (published, fatal, lost) = (request, step), asked
        # A worker may have it before the publisher has the broker's word for it, or without that.
        times = [at for _, at, _, _ in taken[key]] + ([] if published is None else [published])
        if not times and queue.publish_failure == "error":
            continue  # it was cut off in its publishing
        gone, fate = _fate(taken[key], dead.get(key), fatal, dropped_at if times else None)
        if lost is not None and not taken[key]:
            gone, fate = lost, MessageStatus.LOST
        values.append((request, step, min(times, default=None), done_at.get(key), gone, int(fate)))
    values.sort(key=lambda row: (row[2] is None, row[2]))
    rows: Rows[Message] = _rows(Message, values)
    return rows, {(row[0], row[1]): index for index, row in enumerate(values)}


def _fate(
    deliveries: Sequence[tuple[int, int, int | None, int | None]],
    dead_at: int | None,
    fatal: int | None,
    dropped_at: int | None,
) -> tuple[int | None, MessageStatus]:
    """(when it was gone, how): acknowledged, dead-lettered, lost, or still there."""
    acks = [ended for _, _, ended, result in deliveries if result == DeliveryOutcome.ACKNOWLEDGED]
    if acks:
        return acks[0], MessageStatus.ACKNOWLEDGED
    if dead_at is not None:
        return dead_at, MessageStatus.DEAD_LETTERED
    for number, _, ended, result in deliveries:
        if (
            fatal is not None
            and number >= fatal
            and result in (DeliveryOutcome.FAILED, DeliveryOutcome.CRASHED)
        ):
            return ended, MessageStatus.LOST
    if not deliveries and dropped_at is not None:
        return dropped_at, MessageStatus.LOST
    return None, MessageStatus.WAITING


def _deliveries(event_log: EventLog, message_indexes: Mapping[Key, int]) -> Rows[Delivery]:
    """When a message could be taken again is not seen from outside: it is when it was, unless a retry
    delay says it."""
    sql = """SELECT request, step, number, worker, taken, in_hand, ended, visible, result,
        lead(taken) OVER (PARTITION BY request, step ORDER BY id) FROM deliveries ORDER BY taken, id"""
    values = []
    for request, step, number, worker, taken, in_hand, ended, visible, result, again in event_log.rows(sql):
        # A message without a row: its publisher was cut off before it had the broker's word.
        if (request, step) not in message_indexes:
            continue
        is_back = result == DeliveryOutcome.FAILED and visible is not None
        returned = None if again is None else (ended if is_back else again)
        seen = again if visible is None or again is None else min(visible, again)
        if returned is not None and again is not None:
            returned = min(returned, again)
        known = (message_indexes[request, step], number, worker, taken, in_hand, ended, returned)
        values.append((*known, seen, int(DeliveryOutcome.OPEN if result is None else result)))
    rows: Rows[Delivery] = _rows(Delivery, values)
    return rows


def _attempts(event_log: EventLog) -> tuple[Rows[Attempt], Rows[WorkedOn]]:
    """The attempts, and what the services did of those that their callers gave up."""
    sql = "SELECT request, step, number, by, started, ended, outcome FROM attempts ORDER BY started, id"
    values = [(*row[:6], int(row[6] or AttemptOutcome.OPEN)) for row in event_log.rows(sql)]
    rows: Rows[Attempt] = _rows(Attempt, values)
    index = {tuple(row[:4]): at for at, row in enumerate(values)}
    calls = """SELECT request, step, number, by, ended, outcome FROM abandoned
        WHERE ended IS NOT NULL ORDER BY id"""
    done = [(index[call[0:4]], *call[4:]) for call in event_log.rows(calls)]
    worked_on: Rows[WorkedOn] = _rows(WorkedOn, done)
    return rows, worked_on


def counted(plan: Plan, event_log: EventLog, trace: Trace) -> CountedMessages:
    """The counts of effects outside the trace: how often each happened, and to which customers wrongly.

    Customers of the warm-up are left out, as everywhere.

    Args:
        plan: the plan of the run.
        event_log: its event log.
        trace: its trace, which knows the customers of the warm-up.
    """
    counts = queries.WarmUpFilter(trace)
    responses = trace.requests.column("response")
    event_log.write(
        ("CREATE TEMP TABLE IF NOT EXISTS counts (customer INTEGER PRIMARY KEY)", ()),
        ("CREATE TEMP TABLE IF NOT EXISTS bad (request INTEGER PRIMARY KEY)", ()),
        ("CREATE TEMP TABLE IF NOT EXISTS doing (step INTEGER PRIMARY KEY)", ()),
        *(
            ("INSERT INTO doing VALUES (?)", (number,))
            for number, step in enumerate(plan.scenario.steps)
            if step.effect is not None
        ),
        *(
            ("INSERT INTO counts VALUES (?)", (customer,))
            for customer, is_counted in enumerate(counts.customers)
            if is_counted
        ),
        *(
            ("INSERT INTO bad VALUES (?)", (request,))
            for request, response in enumerate(responses)
            if response in queries.ANSWERED_BADLY and counts.requests[request]
        ),
    )
    times = """SELECT effect, sum(n), sum(n - 1) FROM (SELECT effect, count(*) AS n FROM effects
        WHERE customer IN (SELECT customer FROM counts) GROUP BY effect, customer) GROUP BY effect"""
    totals = {effect: (total, again) for effect, total, again in event_log.rows(times)}
    return CountedMessages(
        effects={name: totals.get(name, (0, 0))[0] for name in plan.scenario.effects},
        duplicates={name: totals.get(name, (0, 0))[1] for name in plan.scenario.effects},
        phantom_errors=event_log.number(PHANTOMS, int(AttemptOutcome.OK), int(AttemptOutcome.ANSWER_LOST)),
        lost=sum(fate == MessageStatus.LOST for fate in trace.messages.column("fate")),
    )


PHANTOMS = """SELECT count(DISTINCT request) FROM (
      SELECT request, step, outcome FROM attempts
      UNION ALL SELECT request, step, outcome FROM abandoned WHERE ended IS NOT NULL)
    WHERE outcome IN (?, ?) AND step IN (SELECT step FROM doing) AND request IN (SELECT request FROM bad)"""
"""Not from the effects: what an idempotent step did for this click may be there since an earlier one."""

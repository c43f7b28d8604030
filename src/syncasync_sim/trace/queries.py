"""What happened to whom: every question that more than one reader puts to a trace has its answer here.

A reader that looks at columns by itself decides again what counts, and some day decides otherwise than the
rest. So who counts, what has happened in the world, how long somebody waited and who held what are decided
here, and everybody else asks. Times are whole microseconds, as in the columns, in names that end in `_us`.

Questions about workers, and the messages that they get, are in `worker_queries`; why a message was lost or
refused is in `losses`.

Functions that leave out who came before the warm-up take `counted`, to find out only once who that is.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, compress, count
from operator import sub
from typing import NamedTuple

from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import NEVER, marks, to_int64_array
from syncasync_sim.trace.failed_steps import went_on_after_failure
from syncasync_sim.trace.records import MessageStatus, ResponseStatus, Trace, WorkStatus, is_worker

_HAS_EFFECT = frozenset((int(AttemptOutcome.OK), int(AttemptOutcome.ANSWER_LOST)))
"""The outcomes of an attempt, or of a service that works on, after which the effect has happened."""
_NOT_GONE = (MessageStatus.WAITING, MessageStatus.IN_FLIGHT)
ANSWERED_BADLY = (ResponseStatus.ERROR, ResponseStatus.TIMED_OUT, ResponseStatus.REJECTED)
"""What a customer sees who does not get the page and does not wait any more."""


# -- who counts -----------------------------------------------------------------------------------------


def window_us(trace: Trace) -> tuple[int, int]:
    """Return the (start, end) of readings over time, in microseconds.

    They begin at the end of the warm-up and end with the observed time.
    """
    return round(trace.scenario.warm_up_s * US_PER_S), trace.observed_us


def customers_came(trace: Trace) -> int:
    """Return the number of customers who clicked at least once, those of the warm-up included."""
    return max(trace.requests.column("customer"), default=-1) + 1


class WarmUpFilter:
    """The customers who count: those whose first click came at the end of the warm-up or later.

    In `customers` and in `requests`, 1 marks the customers who count and their clicks, 0 the others.
    """

    def __init__(self, trace: Trace) -> None:
        self._of = trace.requests
        self._columns: dict[str, array[int]] = {}
        self.customer_of = trace.requests.column("customer")
        warm_up_us, _ = window_us(trace)
        self.everybody = not warm_up_us
        self.customers = bytearray([self.everybody]) * customers_came(trace)
        self.requests = bytearray([self.everybody]) * len(trace.requests)
        if not self.everybody:
            for customer, number, at in trace.requests.columns("customer", "click", "arrived"):
                if not number and at >= warm_up_us:
                    self.customers[customer] = 1
            self.requests = bytearray(map(self.customers.__getitem__, self.customer_of))

    @property
    def number(self) -> int:
        """How many customers count."""
        return sum(self.customers)

    def column(self, name: str) -> array[int]:
        """One column of the requests that count; it is made once, and only where others do not count."""
        column = self._of.column(name)
        if self.everybody:
            return column
        if name not in self._columns:
            self._columns[name] = array(column.typecode, compress(column, self.requests))
        return self._columns[name]


def of_counted(trace: Trace, *names: str) -> Iterator[tuple[int, ...]]:
    """Yield these columns of the requests that count, row by row.

    Args:
        trace: the run.
        *names: the names of the columns.
    """
    return zip(*map(WarmUpFilter(trace).column, names), strict=True)


# -- what happened in the world -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect of a step in the world.

    `attempt` is the row of the attempt that caused it, `step` the index of its step in the scenario.
    `ordinal` counts how often `effect` has happened to this customer: from 2 on it is a duplicate. `customer`
    is counted from 0, as in the rows.
    """

    at_us: int
    customer: int
    step: int
    effect: str
    ordinal: int
    attempt: int


def _effect_counters(
    scenario: Scenario, customers: int
) -> tuple[dict[str, array[int]], list[_Success | None]]:
    """The rule of effects: how often each happened to each customer, and per step what adds one success.

    Each success of a step does what the step does, but for an idempotent step that has succeeded for this
    customer before: keyed by the step, not by the name of its effect, since a service knows only its own
    calls. None stands for a step without an effect.
    """
    times = {step.effect: array("l", [0]) * customers for step in scenario.steps if step.effect}
    return times, [
        None
        if step.effect is None
        else _count_once_per_customer(times[step.effect], bytearray(customers))
        if step.idempotent
        else _count_each_success(times[step.effect])
        for step in scenario.steps
    ]


_Success = Callable[[int], int]
"""Of a customer: how often the effect has happened to them by now, 0 if this success did nothing."""


def _count_each_success(count: array[int]) -> _Success:
    def happens(customer: int) -> int:
        count[customer] += 1
        return count[customer]

    return happens


def _count_once_per_customer(count: array[int], done: bytearray) -> _Success:
    def happens(customer: int) -> int:
        if done[customer]:
            return 0
        done[customer] = 1
        count[customer] += 1
        return count[customer]

    return happens


def effects(trace: Trace) -> list[Effect]:
    """Return every effect of the run in order of time, those of the warm-up included.

    Effects at the same instant are in the order of the clicks; within one click, the effects of the request
    come before those of the workers.
    """
    customer_of, steps = trace.requests.column("customer"), trace.scenario.steps
    _, happens = _effect_counters(trace.scenario, customers_came(trace))
    rows = trace.attempts.columns("ended", "request", "by", "step", "number", "outcome")
    successes = [
        (at, request, is_worker(by), step, number, attempt)
        for attempt, (at, request, by, step, number, outcome) in enumerate(rows)
        if outcome in _HAS_EFFECT and steps[step].effect
    ]
    if len(trace.worked_on):
        columns = [trace.attempts.column(name) for name in ("request", "by", "step", "number")]
        for attempt, at, outcome in trace.worked_on.columns("attempt", "ended", "outcome"):
            request, by, step, number = (column[attempt] for column in columns)
            if outcome in _HAS_EFFECT and steps[step].effect:
                successes.append((at, request, is_worker(by), step, number, attempt))
    successes.sort()
    happened: list[Effect] = []
    for at, request, _, step, _, attempt in successes:
        customer, effect = customer_of[request], steps[step].effect
        success = happens[step]
        ordinal = success(customer) if success else 0
        if ordinal and effect:
            happened.append(Effect(at, customer, step, effect, ordinal, attempt))
    return happened


def effect_times(trace: Trace, counted: WarmUpFilter | None = None) -> dict[str, array[int]]:
    """Return how often each effect happened to each customer, by the name of the effect.

    Args:
        trace: the run.
        counted: the filter of the warm-up, if it was made before.

    Returns:
        For each effect an array with one count per customer; 0 for customers of the warm-up.
    """
    warm_up_filter = counted or WarmUpFilter(trace)
    customer_of, counts = warm_up_filter.customer_of, warm_up_filter.requests
    times, happens = _effect_counters(trace.scenario, len(warm_up_filter.customers))
    for request, step in _successes(trace) if times else ():
        success = happens[step]
        if success and counts[request]:
            success(customer_of[request])
    return times


def _successes(trace: Trace) -> Iterator[tuple[int, ...]]:
    """The (request, step) of each attempt that did its work, and of each service that did it for nobody."""
    attempts, calls = trace.attempts, trace.worked_on
    request, step = attempts.column("request"), attempts.column("step")
    rows = zip(request, step, strict=True)
    done = compress(calls.column("attempt"), marks(calls.column("outcome"), *_HAS_EFFECT))
    return chain(
        compress(rows, marks(attempts.column("outcome"), *_HAS_EFFECT)),
        ((request[attempt], step[attempt]) for attempt in done),
    )


def phantom_errors(trace: Trace, counted: WarmUpFilter | None = None) -> dict[ResponseStatus, int]:
    """Return the number of failed clicks in which a step had its effect, by response.

    It had it if it succeeded, if only its answer was lost, or if its service worked on for nobody.

    Args:
        trace: the run.
        counted: the filter of the warm-up, if it was made before.
    """
    phantoms, response = _phantoms(trace, counted or WarmUpFilter(trace)), trace.requests.column("response")
    by_response = Counter(map(response.__getitem__, phantoms))
    return {response: by_response[response] for response in ANSWERED_BADLY}


def _phantoms(trace: Trace, counted: WarmUpFilter) -> set[int]:
    """The failed clicks in which a step had its effect, as the rows of the requests.

    The time of the effect does not matter, nor whether the step is idempotent: the work that this click
    started was done.
    """
    badly = compress(count(), marks(trace.requests.column("response"), *ANSWERED_BADLY))
    requests = {request for request in badly if counted.requests[request]}
    if not requests:
        return requests
    has_effect = [step.effect is not None for step in trace.scenario.steps]
    return {r for r, step in _successes(trace) if has_effect[step] and r in requests}


def silent_failures(trace: Trace, counted: WarmUpFilter | None = None) -> int:
    """Return the number of clicks that got the page although a step of the request had failed for good.

    Args:
        trace: the run.
        counted: the filter of the warm-up, if it was made before.
    """
    warm_up_filter, response = counted or WarmUpFilter(trace), trace.requests.column("response")
    failed = went_on_after_failure(trace.scenario, trace.mode, trace.attempts)
    return sum(response[row] == ResponseStatus.OK and warm_up_filter.requests[row] for row in failed)


class Harms(NamedTuple):
    """Harm to each customer, those of the warm-up left at 0.

    `too_often` is how often effects happened beyond the first time, `phantoms` the number of phantom errors.
    """

    too_often: array[int]
    phantoms: array[int]


def harms(trace: Trace, counted: WarmUpFilter | None = None) -> Harms:
    """Return what happened to each customer that should not have happened.

    Args:
        trace: the run.
        counted: the filter of the warm-up, if it was made before.
    """
    warm_up_filter = counted or WarmUpFilter(trace)
    nobody = array("l", [0]) * len(warm_up_filter.customers)
    result = Harms(nobody[:], nobody[:])
    for times in effect_times(trace, warm_up_filter).values():
        for customer in compress(count(), map((1).__lt__, times)):
            result.too_often[customer] += times[customer] - 1
    for request in _phantoms(trace, warm_up_filter):
        result.phantoms[warm_up_filter.customer_of[request]] += 1
    return result


# -- who got a page, and when ---------------------------------------------------------------------------


def customers_with_page(trace: Trace, counted: WarmUpFilter | None = None) -> int:
    """Return the number of customers, not clicks, who got a page at least once.

    Args:
        trace: the run.
        counted: the filter of the warm-up, if it was made before.
    """
    warm_up_filter = counted or WarmUpFilter(trace)
    page = marks(warm_up_filter.column("response"), ResponseStatus.OK)
    if not any(warm_up_filter.column("click")):
        return page.count(1)
    return len(set(compress(warm_up_filter.column("customer"), page)))


def waits_us(counted: WarmUpFilter, response: ResponseStatus) -> list[int]:
    """Return how long each click with this response waited for it, in microseconds.

    A rejection comes at once, after 0.

    Args:
        counted: the filter of the warm-up.
        response: the response.
    """
    chosen = marks(counted.column("response"), response)
    if response is ResponseStatus.REJECTED:
        return [0] * chosen.count(1)
    return _lengths(counted, "replied", chosen)


def _lengths(counted: WarmUpFilter, end: str, chosen: bytes) -> list[int]:
    """How long it was from the arrival to an end, of the clicks that are marked."""
    ends, arrived = (compress(counted.column(name), chosen) for name in (end, "arrived"))
    return list(map(sub, ends, arrived))


def was_cut(trace: Trace) -> bool:
    """Whether the run was ended while something was left to happen, so that more might have come."""
    return trace.partial or _stopped_at_us(trace) is not None


def cut_at_us(trace: Trace) -> int | None:
    """Return `stop_at` in microseconds if something was unfinished then; None if the run came to its end.

    A request that is not answered, work that is not done and a message that is not gone are unfinished.
    """
    stopped_us = _stopped_at_us(trace)
    if stopped_us is None:
        return None
    response, work = trace.requests.column("response"), trace.requests.column("work")
    is_open = ResponseStatus.NONE in response or WorkStatus.UNFINISHED in work
    left = any(fate in trace.messages.column("fate") for fate in _NOT_GONE)
    return stopped_us if is_open or left else None


def _stopped_at_us(trace: Trace) -> int | None:
    """`stop_at` in microseconds, if the run went on until then."""
    stop_at_s = trace.scenario.stop_at_s
    stop_at_us = None if stop_at_s is None else round(stop_at_s * US_PER_S)
    return stop_at_us if stop_at_us is not None and trace.observed_us >= stop_at_us else None


def answered_within(trace: Trace, counted: WarmUpFilter) -> Within:
    """The times of clicks until their page.

    Args:
        trace: the run.
        counted: the filter of the warm-up.
    """
    is_open = marks(counted.column("response"), ResponseStatus.NONE)
    return _within(trace, counted, waits_us(counted, ResponseStatus.OK), is_open)


def done_within(trace: Trace, counted: WarmUpFilter) -> Within:
    """The times of clicks until all their work was done.

    Args:
        trace: the run.
        counted: the filter of the warm-up.
    """
    work = counted.column("work")
    times = _lengths(counted, "completed", marks(work, WorkStatus.COMPLETED))
    return _within(trace, counted, times, marks(work, WorkStatus.UNFINISHED))


class Within(NamedTuple):
    """The times of the clicks that were finished, and how long the others have been open, by all clicks.

    Both are in microseconds, in ascending order.
    """

    clicks: int
    times_us: array[int]
    open_us: array[int]

    def share(self, limit_s: float) -> float | None:
        """Return the share of all clicks that were finished within a time limit.

        A click is left out if it was still open at the end of the run and its limit had not passed yet.

        Args:
            limit_s: the limit, in seconds after the click.

        Returns:
            The share from 0 to 1; None without clicks.
        """
        limit_us = round(limit_s * US_PER_S)
        considered = self.clicks - bisect_left(self.open_us, limit_us)
        return bisect_right(self.times_us, limit_us) / considered if considered else None


def _within(trace: Trace, counted: WarmUpFilter, times_us: list[int], is_open: bytes) -> Within:
    """The times of the clicks that got there; of the others those are marked that are open."""
    times_us.sort()
    arrived = compress(counted.column("arrived"), is_open if was_cut(trace) else b"")
    still = sorted(trace.observed_us - at for at in arrived)
    return Within(len(is_open), to_int64_array(times_us), to_int64_array(still))


@dataclass(frozen=True, slots=True)
class People:
    """The results of all customers, those of the warm-up included, one number each in order of arrival.

    `first_us` is the time of the first click, `clicks` the number of clicks, `with_page` the number of clicks
    that got the page, and `undone` the number of clicks with unfinished work. `over_us` is the time at which
    the last response and the last work were done; the end of the observed time if they were not.
    """

    first_us: array[int]
    clicks: array[int]
    with_page: array[int]
    undone: array[int]
    over_us: array[int]


def people(trace: Trace) -> People:
    """The final result of each customer's clicks."""
    nobody = array("q", [0]) * customers_came(trace)
    totals = People(array("q", [NEVER]) * len(nobody), nobody[:], nobody[:], nobody[:], nobody[:])
    names = ("customer", "arrived", "replied", "response", "completed")
    for customer, arrived, replied, response, completed in trace.requests.columns(*names):
        if not totals.clicks[customer]:
            totals.first_us[customer] = arrived
        totals.clicks[customer] += 1
        totals.with_page[customer] += response == ResponseStatus.OK
        totals.undone[customer] += completed == NEVER
        over = max(trace.observed_us if replied == NEVER else replied, completed)
        totals.over_us[customer] = max(over, totals.over_us[customer])
    return totals

"""A run without events: each queue follows from the one before.

Threads, and behind them workers, are then two first-come-first-served multi-server queues. A service begins
at the later of the arrival and the time at which a server gets free (J. Kiefer and J. Wolfowitz, On the
theory of queues with many servers, Trans. Amer. Math. Soc. 78, 1955), so a run is one pass over the customers
and one over the messages (`DeliveryPass`). It makes the same trace as the events would; `EVENT_RULES` says
which runs need them.

Only which server begins when is worked out customer by customer. All else is done a column at a time, for a
slice of customers: durations, ends, and rows; only those for whom a step fails are planned one by one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice, takewhile
from operator import add, eq

from syncasync_sim.engine.delivery_pass import DeliveryPass
from syncasync_sim.engine.multi_server_queue import ROUND, MultiServerQueue, moment
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.model.attempts import OK, DurationSampler, attempt_sampler
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, ServerOutcome, WorkStatus

SLICE = 20_000
"""Customers that go through the threads together, between two calls of `watch`."""
_STEP, _REQUEST = 8, 40  # bits for a step, and for a request above it, below the moment of publishing
_STEPS, _REQUESTS = (1 << _STEP) - 1, (1 << _REQUEST) - 1
_DONE, _FAILED = int(ServerOutcome.DONE), int(ServerOutcome.FAILED)
_REPLIED = int(ResponseStatus.OK)
_ERROR, _TIMED_OUT = int(ResponseStatus.ERROR), int(ResponseStatus.TIMED_OUT)
_UNFINISHED = int(WorkStatus.UNFINISHED)


class ThreadPlan:
    """What a thread does for one customer, by microseconds from its begin."""

    __slots__ = ("attempts", "end", "length", "published")

    def __init__(self) -> None:
        self.attempts: list[tuple[int, int, int, int, int]] = []
        """Per attempt: step, number, start, end, outcome."""
        self.published: list[tuple[int, int]] = []
        """Per message: step, and when it is published."""
        self.length = 0
        self.end = _DONE


@dataclass(slots=True)
class ServedCustomers:
    """A slice of customers who went through the threads: one number each, in order of arrival."""

    first: int
    """The number of the first of them; the others follow."""
    arrived: array[int]
    threads: array[int]
    began: array[int]
    rounds: Sequence[int]
    """The round of each begin, where there are services of no length."""
    ends: list[array[int]]
    """When each step ended, if it succeeded at once; the last column holds for everybody."""
    plans: Mapping[int, ThreadPlan]
    """By position in the slice: those for whom a step failed."""

    @property
    def customers(self) -> array[int]:
        """Their numbers."""
        return array("i", range(self.first, self.first + len(self.arrived)))

    def is_at_once(self, index: int, end: int) -> bool:
        """Whether what ends at a time ends in the instant in which the thread began it.

        Args:
            index: the position of the customer in the slice.
            end: the time, in microseconds.
        """
        return end == self.began[index]

    def moment(self, index: int, end: int) -> int:
        """Return the moment of what ends at a time: in the round after the begin, if at the same instant.

        Args:
            index: the position of the customer in the slice.
            end: the time, in microseconds.
        """
        if not self.is_at_once(index, end):
            return moment(end)
        return moment(end, self.rounds[index] + 1 if self.rounds else 1)


class FastPath:
    """One run: the customers through the threads, then their messages through the workers."""

    def __init__(
        self, scenario: Scenario, mode: Mode, draws: RandomStreams, recorder: Recorder, stop_at: float
    ) -> None:
        self._recorder, self._stop_at = recorder, stop_at
        queue, steps = scenario.queue, scenario.steps
        self._samplers = [attempt_sampler(step, draws) for step in steps]
        self._goes_on = [step.on_failure == "continue" for step in steps]
        self._publish = [DurationSampler(queue.publish, draws, "publish", step.name) for step in steps]
        deliver = [DurationSampler(queue.deliver, draws, "deliver", step.name) for step in steps]
        self._is_published = [scenario.background(step, mode) for step in steps]
        patience_s = scenario.customer.patience_s
        self._patience = None if patience_s is None else to_us(patience_s)
        self._threads = MultiServerQueue(scenario.server.threads)
        self._workers = DeliveryPass(scenario, self._samplers, deliver, recorder)
        self._published: list[int] = []
        self.arrived = self.last_arrival = 0
        self.has_rounds = False
        """Whether a request ends or publishes at the instant of its begin: in a round of its own there."""
        self._is_cut = False

    @property
    def waiting(self) -> int:
        """How many messages wait at the end."""
        return self._workers.waiting

    @property
    def in_flight(self) -> int:
        """How many messages are with a worker at the end."""
        return self._workers.in_flight

    @property
    def stop_at(self) -> float:
        """The time in microseconds up to which, and with which, everything happened."""
        return min(self._stop_at, self._workers.stop_at)

    @property
    def is_cut(self) -> bool:
        """Whether something was left to do at the end."""
        return self._is_cut or bool(self.waiting or self.in_flight)

    def run(self, arrivals: Iterator[int], watch: Callable[[int], bool]) -> bool:
        """Do the whole run, and return whether it was finished.

        Args:
            arrivals: the times of arrival, in microseconds, in ascending order.
            watch: called repeatedly with the number of customers who have come, and of deliveries;
                returns whether to go on.

        Raises:
            NeedsEventsError: something happens that only the events decide.
            RunTooLongError: the run does not come to an end.
        """
        is_finished = self.serve_all(arrivals, watch)
        return self._deliver_all(watch) and is_finished

    def serve_all(self, arrivals: Iterator[int], watch: Callable[[int], bool]) -> bool:
        """Let the customers come, in order of arrival, and return whether that was finished.

        If it was not, `stop_at` is when the last of them came.

        Args:
            arrivals: the times of arrival, in microseconds, in ascending order.
            watch: called repeatedly with the number of customers who have come; returns whether to go on.

        Raises:
            RunTooLongError: a step is tried without end.
        """
        while came := list(islice(arrivals, SLICE)):
            in_time = bisect_right(came, self._stop_at)
            is_cut = in_time < len(came)
            del came[in_time:]
            if came:
                self._serve(came)
            if is_cut:
                self._is_cut = True
                break
            if len(came) == SLICE and not watch(self.arrived):
                if rest := list(takewhile(self.last_arrival.__eq__, arrivals)):
                    self._serve(rest)
                self._stop_at = self.last_arrival
                return False
        return True

    def messages(self) -> Iterator[tuple[int, int, int]]:
        """Return when each message is published, in microseconds, its request and its step, in that order."""
        keys, shift = sorted(self._published), _STEP + _REQUEST + ROUND
        times, requests = [key >> shift for key in keys], [key >> _STEP & _REQUESTS for key in keys]
        return zip(times, requests, [key & _STEPS for key in keys], strict=True)

    def _deliver_all(self, watch: Callable[[int], bool]) -> bool:
        """Let the workers take the messages, in the order of their publishing; False if *watch* said no."""
        keys = self._published
        keys.sort()
        if self._stop_at != float("inf"):
            del keys[bisect_left(keys, moment(int(self._stop_at) + 1) << _STEP + _REQUEST) :]
        published = [step for step, is_published in enumerate(self._is_published) if is_published]
        if len(published) == 1:
            steps = array("h", published) * len(keys)
        else:
            steps = array("h", [key & _STEPS for key in keys])
        requests = array("i", [key >> _STEP & _REQUESTS for key in keys])
        for index, key in enumerate(keys):
            keys[index] = key >> _STEP + _REQUEST
        arrived = self.arrived
        return self._workers.run(
            requests, steps, keys, arrived, self._stop_at, lambda delivered: watch(arrived + delivered)
        )

    # -- the threads ------------------------------------------------------------------------------

    def _serve(self, came: Sequence[int]) -> None:
        """The next customers: through the threads, and written down."""
        customers = range(self.arrived, self.arrived + len(came))
        lengths, failed = self._lengths(customers)
        plans = {customer - customers.start: self._plan(customer) for customer in sorted(failed)}
        offsets = [lengths[0]]
        for more in lengths[1:]:
            offsets.append(array("q", list(map(add, offsets[-1], more))))
        for index, plan in plans.items():
            offsets[-1][index] = plan.length
        threads, began, ended, rounds = self._threads.serve(came, offsets[-1])
        self.has_rounds |= bool(rounds)
        ends = [*(array("q", list(map(add, began, offset))) for offset in offsets[:-1]), ended]
        served = ServedCustomers(customers.start, array("q", came), threads, began, rounds, ends, plans)
        self._write_attempts(served)
        self._collect_published(served)
        self._write_requests(served)
        self.arrived, self.last_arrival = customers.stop, came[-1]

    def _lengths(self, customers: range) -> tuple[list[array[int]], set[int]]:
        """How long each step takes in the request, if it succeeds at once; and for whom one does not."""
        lengths: list[array[int]] = []
        failed: set[int] = set()
        ways = zip(self._is_published, self._publish, self._samplers, strict=True)
        for published, publish, sampler in ways:
            if published:
                lengths.append(publish.of_first(customers))
            else:
                column, outcomes = sampler.of_first(customers)
                lengths.append(column)
                failed.update(outcomes)
        return lengths, failed

    def _plan(self, customer: int) -> ThreadPlan:
        """What a thread does for a customer for whom a step fails."""
        plan, step, number, at = ThreadPlan(), 0, 1, 0
        while step < len(self._samplers) and at <= self._stop_at:
            if self._is_published[step]:
                at += self._publish[step](customer, 0, 1)
                plan.published.append((step, at))
                step += 1
                continue
            length, outcome = self._samplers[step](customer, 0, number, at)
            plan.attempts.append((step, number, at, at + length, outcome))
            at += length
            if outcome == OK:
                delay = None
            else:
                delay = self._samplers[step].delay_in_request(customer, 0, number)
                if delay is None and not self._goes_on[step]:
                    plan.end = _FAILED
                    break
            step, number, at = (step + 1, 1, at) if delay is None else (step, number + 1, at + delay)
        plan.length = at
        return plan

    # -- what is written down ---------------------------------------------------------------------

    def _write_attempts(self, served: ServedCustomers) -> None:
        """The attempts of the threads: a column at a time, and one by one where a step failed."""
        whom, by, moments = served.customers, served.threads, [served.began, *served.ends]
        if served.plans:
            smooth = bytearray([1]) * len(whom)
            for index in served.plans:
                smooth[index] = 0
            whom, by, *moments = (
                array(column.typecode, compress(column, smooth)) for column in (whom, by, *moments)
            )
        steps = [step for step, published in enumerate(self._is_published) if not published]
        if steps:
            start, end = ([moments[step + later] for step in steps] for later in (0, 1))
            columns = ([whom] * len(steps), [by] * len(steps), start, end)
            whom, by, started, ended = map(_interleaved, columns)
            number = array("h", steps) * (len(whom) // len(steps))
            self._recorder.attempts.extend(whom, number, 1, by, started, ended, OK)
        for index, plan in served.plans.items():
            at, thread = served.began[index], served.threads[index]
            for step, attempt, start_us, end_us, outcome in plan.attempts:
                self._recorder.attempts.append(
                    served.first + index, step, attempt, thread, at + start_us, at + end_us, outcome
                )

    def _collect_published(self, served: ServedCustomers) -> None:
        """Remember the messages, by the moment at which each is published."""

        def at(index: int, when: int, step: int) -> int:
            self.has_rounds |= served.is_at_once(index, when)
            return (served.moment(index, when) << _REQUEST | served.first + index) << _STEP | step

        for step, published in enumerate(self._is_published):
            is_at_once = published and any(map(eq, served.ends[step], served.began))
            if published and (served.plans or is_at_once):
                whens = enumerate(served.ends[step])
                self._published += [
                    at(index, when, step) for index, when in whens if index not in served.plans
                ]
            elif published:
                shift = ROUND + _REQUEST + _STEP
                self._published += [
                    when << shift | customer << _STEP | step
                    for customer, when in enumerate(served.ends[step], served.first)
                ]
        for index, plan in served.plans.items():
            began = served.began[index]
            self._published += [at(index, began + after, step) for step, after in plan.published]

    def _write_requests(self, served: ServedCustomers) -> None:
        """What the server and the customers have to do with it at the end."""
        ended, customers = served.ends[-1], served.customers
        ends, responses = array("b", [_DONE]) * len(ended), array("b", [_REPLIED]) * len(ended)
        for index, plan in served.plans.items():
            if plan.end == _FAILED:
                ends[index], responses[index] = _FAILED, _ERROR
        replied = ended[:]
        if self._patience is not None:
            self._give_up(served, replied, responses)
        self._is_cut = self._is_cut or max(ended) > self._stop_at
        columns = (customers, 0, served.arrived, served.began, served.threads, ended, replied, responses)
        self._recorder.requests.extend(*columns, ends, NEVER, _UNFINISHED)

    def _give_up(self, served: ServedCustomers, replied: array[int], responses: array[int]) -> None:
        """Write the end of their patience where the request ends later."""
        assert self._patience is not None
        for index, (arrived, end) in enumerate(zip(served.arrived, served.ends[-1], strict=True)):
            gives_up = arrived + self._patience
            # What begins and ends at the very instant is too late: it begins after those who give up.
            if end > gives_up or (end == gives_up and served.is_at_once(index, end)):
                replied[index], responses[index] = gives_up, _TIMED_OUT


def _interleaved(columns: Sequence[array[int]]) -> array[int]:
    """The first number of each column, then the second of each, and so on."""
    if len(columns) == 1:
        return columns[0]
    block = array(columns[0].typecode, bytes(columns[0].itemsize * len(columns[0]) * len(columns)))
    for index, column in enumerate(columns):
        block[index :: len(columns)] = column
    return block

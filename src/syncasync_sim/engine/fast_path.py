"""A run without events: where nobody fails, leaves or comes back, each queue follows from the one before.

Threads, and behind them workers, are then two first-come-first-served multi-server queues. A service begins
at the later of the arrival and the time at which a server gets free (J. Kiefer and J. Wolfowitz, On the
theory of queues with many servers, Trans. Amer. Math. Soc. 78, 1955), so a run is one pass over the customers
and one over the messages. It makes the same trace as the events would; whatever is not so simple is left to
them.

Only which server begins when is worked out customer by customer. All else is done a column at a time, for a
slice of customers: durations, ends, and rows.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import add

from syncasync_sim.engine.multi_server_queue import AmbiguousTieError, MultiServerQueue
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.model.attempts import AttemptOutcome, AttemptSampler, DurationSampler
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.random_streams import RandomStreams
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.records import (
    NEVER,
    DeliveryOutcome,
    MessageStatus,
    ResponseStatus,
    ServerOutcome,
    WorkStatus,
    by_worker,
    to_int64_array,
)

SLICE = 20_000
"""Customers that go through a queue together, between two calls of `watch`."""
_STEP, _REQUEST = 8, 40  # bits for a step, and for a request above it, below the time of publishing
_STEPS, _REQUESTS = (1 << _STEP) - 1, (1 << _REQUEST) - 1
_OK, _DONE, _REPLIED = int(AttemptOutcome.OK), int(ServerOutcome.DONE), int(ResponseStatus.OK)
_UNFINISHED, _WAITING, _GONE = (
    int(WorkStatus.UNFINISHED),
    int(MessageStatus.WAITING),
    int(MessageStatus.ACKNOWLEDGED),
)
_OPEN, _ACKED = int(DeliveryOutcome.OPEN), int(DeliveryOutcome.ACKNOWLEDGED)


def is_applicable(scenario: Scenario, mode: Mode) -> bool:
    """Whether two multi-server queues describe all that can happen in this design of a scenario.

    Args:
        scenario: the scenario.
        mode: the design, `sync` or `async`.
    """
    server, queue, workers = scenario.server, scenario.queue, scenario.workers
    front = scenario.customer.patience_s is None and server.backlog is None and not server.interrupts
    front = front and not workers.crashes and not workers.may_pause
    front = front and not any(
        s.failure_rate or s.poison or s.outages or s.slowdowns or s.timeout_s or s.concurrency
        for s in scenario.steps
    )
    if not front or len(scenario.steps) >= 1 << _STEP:
        return False
    if mode == "sync" or not any(step.background for step in scenario.steps):
        return True
    calm = queue.capacity is None and not queue.outages and queue.visibility_timeout is None
    calm = calm and not queue.has_outbox
    # An idle worker with the lowest number takes next, unless there is a turn.
    in_turn = queue.deals_in_turn and workers.count > 1
    alike = queue.partitions is None and queue.prefetch == 1 and not in_turn
    calm = calm and (queue.max_in_flight is None or queue.max_in_flight >= workers.count)
    return calm and alike and bool(workers.count) and not workers.crash_rate


class FastPath:
    """One run: the customers through the threads, then their messages through the workers."""

    def __init__(
        self, scenario: Scenario, mode: Mode, draws: RandomStreams, recorder: Recorder, stop_at: float
    ) -> None:
        self._recorder, self._stop_at = recorder, stop_at
        queue, steps = scenario.queue, scenario.steps
        self._work = [AttemptSampler(step, draws).length for step in steps]
        self._publish = [DurationSampler(queue.publish, draws, "publish", step.name) for step in steps]
        self._deliver = [DurationSampler(queue.deliver, draws, "deliver", step.name) for step in steps]
        self._is_published = [scenario.background(step, mode) for step in steps]
        self._threads = MultiServerQueue(scenario.server.threads)
        self._workers = MultiServerQueue(scenario.workers.count)
        self._published: list[int] = []
        self.arrived = self.last_arrival = self.waiting = self.in_flight = 0
        self.is_cut = False

    def run(self, arrivals: Iterator[int], watch: Callable[[int], bool]) -> bool:
        """Do the whole run, and return whether it was finished.

        Args:
            arrivals: the times of arrival, in microseconds, in ascending order.
            watch: called repeatedly with the number of customers who have arrived; returns whether to go
                on.

        Raises:
            AmbiguousTieError: the order of two events at one instant needs the run by events.
        """
        return self._serve_all(arrivals, watch) and self._deliver_all(watch)

    # -- the threads ------------------------------------------------------------------------------

    def _serve_all(self, arrivals: Iterator[int], watch: Callable[[int], bool]) -> bool:
        """Let the customers come, in order of arrival; False if *watch* said no before the end."""
        while came := list(islice(arrivals, SLICE)):
            in_time = bisect_right(came, self._stop_at)
            if in_time:
                self._serve(came[:in_time])
            if in_time < len(came):
                self.is_cut = True
                break
            if len(came) == SLICE and not watch(self.arrived):
                return False
        return True

    def _serve(self, came: Sequence[int]) -> None:
        """The next customers: through the threads, and written down."""
        customers, stop_at = range(self.arrived, self.arrived + len(came)), self._stop_at
        ways = zip(self._is_published, self._publish, self._work, strict=True)
        lengths = [(publish if published else work).of_first(customers) for published, publish, work in ways]
        stays = list(map(sum, zip(*lengths, strict=True)))
        if any(self._is_published) and not all(stays):
            raise AmbiguousTieError
        customer_numbers = to_int64_array(customers)
        threads, began = self._threads.serve(came, stays)
        ended = self._work_through(customer_numbers, threads, began, lengths)
        never = array("q", [NEVER]) * (len(came) - bisect_right(began, stop_at))
        began[len(came) - len(never) :] = threads[len(came) - len(never) :] = never
        response: list[int] | int = _REPLIED
        end: list[int] | int = _DONE
        if max(ended) > stop_at:
            self.is_cut = True
            ended = to_int64_array([at if at <= stop_at else NEVER for at in ended])
            response, end = ([0 if at == NEVER else word for at in ended] for word in (_REPLIED, _DONE))
        self._recorder.requests.extend(
            customer_numbers, 0, came, began, threads, ended, ended, response, end, NEVER, _UNFINISHED
        )
        self.arrived, self.last_arrival = customers.stop, came[-1]

    def _work_through(
        self, customers: array[int], threads: array[int], began: array[int], lengths: Sequence[Sequence[int]]
    ) -> array[int]:
        """Write down what they do in their threads and put on the queue, step by step; when each ends."""
        at = began
        for step, published in enumerate(self._is_published):
            end = to_int64_array(list(map(add, at, lengths[step])))
            if published:
                keys = zip(end, customers, strict=True)
                self._published += [(when << _REQUEST | customer) << _STEP | step for when, customer in keys]
            else:
                self._recorder.attempts.extend(customers, step, 1, threads, at, end, _OK)
            at = end
        return at

    # -- the workers ------------------------------------------------------------------------------

    def _deliver_all(self, watch: Callable[[int], bool]) -> bool:
        """Let the workers take the messages, in the order of their publishing; False if *watch* said no."""
        keys = self._published
        keys.sort()
        del keys[bisect_right(keys, self._stop_at, key=_published_at) :]
        keys.reverse()  # so that those who are through can go from the end, to make room for their rows
        of_whom = [range(self.arrived if published else 0) for published in self._is_published]
        deliver, work = (
            [lengths.of_first(customers) for lengths, customers in zip(of_step, of_whom, strict=True)]
            for of_step in (self._deliver, self._work)
        )
        for first in range(0, len(keys), SLICE):
            some = keys[: -SLICE - 1 : -1]
            del keys[-SLICE:]
            steps, requests = [key & _STEPS for key in some], [key >> _STEP & _REQUESTS for key in some]
            delays, stays = (
                [of_step[step][request] for step, request in zip(steps, requests, strict=True)]
                for of_step in (deliver, work)
            )
            self._hand_out(first, requests, steps, list(map(_published_at, some)), delays, stays)
            if len(some) == SLICE and not watch(self.arrived):
                return False
        self.is_cut = self.is_cut or bool(self.waiting or self.in_flight)
        return True

    def _hand_out(
        self,
        first: int,
        requests: list[int],
        steps: list[int],
        published: list[int],
        delays: list[int],
        work: list[int],
    ) -> None:
        """The next messages, the *first* of them with that number: through the workers, and written down."""
        stop_at, recorder, stays = self._stop_at, self._recorder, list(map(add, delays, work))
        workers, taken = self._workers.serve(published, stays)
        started, ended = list(map(add, taken, delays)), list(map(add, taken, stays))
        done = to_int64_array([at if at <= stop_at else NEVER for at in ended])
        fates = [_WAITING if at == NEVER else _GONE for at in done]
        recorder.messages.extend(requests, steps, published, done, done, fates)
        out = bisect_right(taken, stop_at)  # so many come to a worker before the cut
        for column in (requests, steps, workers, taken, started, ended, done):
            del column[out:]
        self.waiting += len(published) - out
        self.in_flight += done.count(NEVER)
        results = [_OPEN if at == NEVER else _ACKED for at in done]
        messages, by = range(first, first + out), list(map(by_worker, workers))
        recorder.deliveries.extend(messages, 1, workers, taken, taken, done, NEVER, NEVER, results)
        recorder.attempts.extend(requests, steps, 1, by, started, ended, _OK)


def _published_at(key: int) -> int:
    """The time at which a message was published, from its key in the row of published messages."""
    return key >> _STEP + _REQUEST

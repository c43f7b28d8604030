"""The messages of a run without events: through the workers, in the order in which they are visible."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from operator import add

from syncasync_sim.engine.multi_server_queue import NUMBER, NUMBER_MASK, ROUND, moment
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.engine.run_limit import RunLimit
from syncasync_sim.model.attempts import OK, AttemptSampler, DurationSampler
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import DeliveryOutcome, MessageStatus, by_workers

SLICE = 20_000
"""Deliveries between two calls of `watch`."""
_NO_MOMENT = 1 << 200
"""Later than every moment: it ends each list, so that nobody has to ask whether one is empty."""
_WAITING, _ACKNOWLEDGED = int(MessageStatus.WAITING), int(MessageStatus.ACKNOWLEDGED)
_DEAD_LETTERED, _LOST = int(MessageStatus.DEAD_LETTERED), int(MessageStatus.LOST)
_RESULTS = bytes(
    int(DeliveryOutcome.ACKNOWLEDGED if outcome == OK else DeliveryOutcome.FAILED) for outcome in range(256)
)
"""The result of a delivery, by the outcome of its attempt."""
_TOO_SLOW = "a visibility timeout ends before the work on its message"


class NeedsEventsError(Exception):
    """Something happens in a run that only the events decide; the message says what."""


class DeliveryPass:
    """The messages of all requests, each taken by the free worker with the lowest number.

    Given when its worker takes it, a delivery is settled: when it ends, how, and when the message is visible
    again if it failed. So one loop over the deliveries, in the order in which they begin, is the whole run.
    """

    def __init__(
        self,
        scenario: Scenario,
        samplers: Sequence[AttemptSampler],
        deliver: Sequence[DurationSampler],
        recorder: Recorder,
    ) -> None:
        queue = scenario.queue
        self._samplers, self._deliver = samplers, deliver
        self._recorder = recorder
        self.stop_at = float("inf")
        """The time in microseconds up to which, and with which, everything happens."""
        self._limit = RunLimit(scenario)
        self._workers = scenario.workers.count
        self._most_deliveries = [scenario.most_deliveries(step) for step in scenario.steps]
        self._at_least_once = queue.ack == "after"
        self._fate_of_failed = _DEAD_LETTERED if self._at_least_once and queue.dead_letter else _LOST
        self._to_old_position = queue.redelivery == "original"
        timeout = None if scenario.workers.renew or not self._at_least_once else queue.visibility_timeout
        self._timeout = float("inf") if timeout is None else to_us(timeout.mean_s)
        self._has_windows = [bool(step.outages or step.slowdowns) for step in scenario.steps]
        self._requests: array[int] = array("i")
        self._steps: array[int] = array("h")
        self._returns = [_NO_MOMENT << NUMBER]  # a heap: when a message is visible again, then its row
        self._numbers: dict[int, int] = {}  # of the last delivery, by message, where it was not settled ahead
        self._settled: list[tuple[int, int, int]] = []  # message, when it was gone without success, its fate
        self._uncertain: list[tuple[int, int, int]] = []  # row in the slice, number, outcome
        self._returned: list[tuple[int, int, int]] = []  # row in the slice, when it returned, when visible
        self.waiting = self.in_flight = 0

    def run(
        self,
        requests: array[int],
        steps: array[int],
        published: list[int],
        customers: int,
        stop_at: float,
        watch: Callable[[int], bool],
    ) -> bool:
        """Deliver all messages, and return whether that was finished.

        If it was not, `stop_at` is the time up to which it was.

        Args:
            requests: the request of each message.
            steps: the step of each message.
            published: the moment at which each was published, in ascending order.
            customers: the number of the customers.
            stop_at: the time in microseconds up to which to deliver.
            watch: called repeatedly with the number of deliveries so far; returns whether to go on.

        Raises:
            NeedsEventsError: a visibility timeout ends before the work.
            RunTooLongError: the run does not come to an end.
        """
        self._requests, self._steps, self.stop_at = requests, steps, stop_at
        messages = self._recorder.messages
        messages.extend(requests, steps, [at >> ROUND for at in published], NEVER, NEVER, _WAITING)
        stays = self._by_message({step: self._stays(step, customers) for step in sorted(set(steps))})
        if max(stays, default=0) > self._timeout:
            raise NeedsEventsError(_TOO_SLOW)
        is_finished = self._deliver_all(published, stays, watch)
        self._settle()
        if not is_finished:
            self._recount()
        return is_finished

    def _stays(self, step: int, customers: int) -> array[int]:
        """How long each customer's message at a step takes its worker, if it succeeds at once.

        Otherwise, and where the start decides about it, the number is negative.
        """
        if self._has_windows[step]:
            return array("q", [NEVER]) * customers
        everybody = range(customers)
        lengths, outcomes = self._samplers[step].of_first(everybody)
        stays = array("q", map(add, self._deliver[step].of_first(everybody), lengths))
        for customer in outcomes:
            stays[customer] = NEVER
        return stays

    def _by_message(self, columns: dict[int, array[int]]) -> array[int]:
        """The numbers of the messages, from those of the customers at each step."""
        if len(columns) == 1:
            (column,) = columns.values()
            return array("q", map(column.__getitem__, self._requests))
        pairs = zip(self._steps, self._requests, strict=True)
        return array("q", [columns[step][request] for step, request in pairs])

    # -- the deliveries ---------------------------------------------------------------------------

    def _deliver_all(self, published: list[int], stays: array[int], watch: Callable[[int], bool]) -> bool:
        """One delivery after the other, in the order of their begins; False if *watch* said no."""
        last = _NO_MOMENT - 1 if self.stop_at == float("inf") else moment(int(self.stop_at) + 1) - 1
        done = self._recorder.messages.column("done")
        published.append(_NO_MOMENT)
        ready, returned, returns = deque[int](), list[int](), self._returns
        free, busy = list(range(1, self._workers + 1)), [_NO_MOMENT << NUMBER]
        rows: tuple[list[int], ...] = ([], [], [], [])
        messages = rows[0]
        add_message, add_worker, add_taken, add_ended = (column.append for column in rows)
        position = now = 0
        is_finished = True
        while True:
            at = now
            if not ready and not returned:
                at, back = published[position], returns[0] >> NUMBER
                at = at if at < back else back
            if not free and busy[0] >> NUMBER > at:
                at = busy[0] >> NUMBER
            if at > last:
                break
            now, after = at, at + 1 << NUMBER
            while busy[0] < after:
                heappush(free, heappop(busy) & NUMBER_MASK)
            if returns[0] < after:
                position = self._return_until(after, published, position, ready, returned)
            while published[position] <= at:
                ready.append(position)
                position += 1
            # What returns to its old position was taken before, so it is older than all that was not.
            message = heappop(returned) if returned else ready.popleft()
            worker, taken, stay = heappop(free), at >> ROUND, stays[message]
            if stay < 0:
                stay = self._deliver_uncertain(message, at, len(messages))
                ended = taken + stay
            else:
                done[message] = ended = taken + stay
            heappush(busy, (ended << ROUND if stay else at + 1) << NUMBER | worker)
            add_message(message)
            add_worker(worker)
            add_taken(taken)
            add_ended(ended)
            if len(messages) == SLICE and not watch(self._write(*rows)):
                is_finished, self.stop_at, last = False, taken, moment(taken + 1) - 1
        self._write(*rows)
        self.waiting = len(published) - 1 - position + len(ready) + len(returned) + len(returns) - 1
        return is_finished

    def _return_until(
        self, after: int, published: list[int], position: int, ready: deque[int], returned: list[int]
    ) -> int:
        """Let the messages be visible again whose time has come, each behind those that were before.

        Returns the position of the first message that was published later.
        """
        returns = self._returns
        while returns[0] < after:
            while published[position] <= returns[0] >> NUMBER:
                ready.append(position)
                position += 1
            message = heappop(returns) & NUMBER_MASK
            if self._to_old_position:
                heappush(returned, message)
            else:
                ready.append(message)
        return position

    def _deliver_uncertain(self, message: int, at: int, row: int) -> int:
        """A delivery that may fail, taken at a moment: how long it takes its worker.

        Args:
            message: the row of the message.
            at: the moment of the taking.
            row: the row of the delivery in its slice.

        Raises:
            NeedsEventsError: the visibility timeout ends before the work.
        """
        step, customer, taken = self._steps[message], self._requests[message], at >> ROUND
        self._numbers[message] = number = self._numbers.get(message, 0) + 1
        delay = self._deliver[step](customer, 0, number)
        length, outcome = self._samplers[step](customer, 0, number, taken + delay)
        stay = delay + length
        if stay > self._timeout:
            raise NeedsEventsError(_TOO_SLOW)
        self._uncertain.append((row, number, outcome))
        ended = taken + stay
        if outcome == OK:
            self._recorder.messages.column("done")[message] = ended
        elif not self._at_least_once or number == self._most_deliveries[step]:
            self._settled.append((message, ended, self._fate_of_failed))
        elif ended <= self.stop_at:
            delay = self._samplers[step].retry_delay(customer, 0, number)
            back = moment(ended + delay) if stay or delay else at + 1
            heappush(self._returns, back << NUMBER | message)
            self._returned.append((row, ended, ended + delay))
        return stay

    # -- what is written down ---------------------------------------------------------------------

    def _write(self, messages: list[int], workers: list[int], taken: list[int], ended: list[int]) -> int:
        """Write down the deliveries of a slice and their attempts, and forget them; how many there are."""
        recorder, first = self._recorder, len(self._recorder.deliveries)
        if not messages:
            return first
        numbers, outcomes = array("i", [1]) * len(messages), bytearray([OK]) * len(messages)
        for row, number, outcome in self._uncertain:
            numbers[row], outcomes[row] = number, outcome
        results = array("b", outcomes.translate(_RESULTS))
        began, until = array("q", taken), array("q", ended)
        self._write_attempts(messages, numbers, workers, began, until, outcomes)
        self.in_flight += sum(map(self.stop_at.__lt__, ended))
        recorder.deliveries.extend(messages, numbers, workers, began, began, until, NEVER, NEVER, results)
        returned, visible = (recorder.deliveries.column(name) for name in ("returned", "visible"))
        for row, at, again in self._returned:
            returned[first + row], visible[first + row] = at, again
        self._limit.check(first + len(messages), taken[-1])
        for rows in (messages, workers, taken, ended, self._uncertain, self._returned):
            rows.clear()
        return len(recorder.deliveries)

    def _write_attempts(
        self,
        messages: Sequence[int],
        numbers: Sequence[int],
        workers: Sequence[int],
        taken: array[int],
        ended: array[int],
        outcomes: bytearray,
    ) -> None:
        """The attempts of these deliveries: each begins when its message has come to the worker."""
        requests = array("i", map(self._requests.__getitem__, messages))
        steps = array("h", map(self._steps.__getitem__, messages))
        started = taken
        if any(self._deliver[step].constant != 0 for step in set(steps)):
            rows = zip(steps, requests, numbers, strict=True)
            delays = [self._deliver[step](customer, 0, number) for step, customer, number in rows]
            started = array("q", map(add, taken, delays))
        by = by_workers(workers)
        self._recorder.attempts.extend(requests, steps, numbers, by, started, ended, array("b", outcomes))

    def _settle(self) -> None:
        """Write down when each message was gone, and its fate."""
        done, gone, fates = (self._recorder.messages.column(name) for name in ("done", "gone", "fate"))
        gone[:] = done
        fates[:] = array("b", [_WAITING if at == NEVER else _ACKNOWLEDGED for at in done])
        for message, at, fate in self._settled:
            gone[message], fates[message] = at, fate

    def _recount(self) -> None:
        """Count once more what waits and what is in flight, at a time before the last delivery."""
        messages, deliveries = self._recorder.messages, self._recorder.deliveries
        at = int(self.stop_at)
        self.in_flight = sum(taken <= at < ended for taken, ended in deliveries.columns("taken", "ended"))
        self.waiting = bisect_right(messages.column("published"), at) - self.in_flight
        self.waiting -= sum(NEVER < gone <= at for gone in messages.column("gone"))

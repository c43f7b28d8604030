"""A run without a clock: where nobody fails, leaves or comes back, each station follows from the one before.

Threads, and behind them workers, are then two first-come-first-served stations. When a customer begins is the
later of their own arrival and the end of whoever frees a place (J. Kiefer and J. Wolfowitz, On the theory of
queues with many servers, Trans. Amer. Math. Soc. 78, 1955), so a run is one pass over the customers and one
over the messages. It makes the very trace that the clock would make; whatever is not so simple is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush

from syncasync_sim.engine.attempts import Attempts, Lengths
from syncasync_sim.engine.recorder import Recorder
from syncasync_sim.model.draws import Draws
from syncasync_sim.model.records import NEVER, End, Fate, Outcome, Response, Result, Work
from syncasync_sim.model.scenario import Mode, Scenario

SLICE = 20_000
"""Customers between two looks at whether somebody wants the run to stop."""
_NUMBER = 40  # bits for the number of a place, below the time at which it is free
_STEP, _REQUEST = 8, 40  # bits for a step, and for a request above it, below the time of publishing
_OK, _DONE, _REPLIED = int(Outcome.OK), int(End.DONE), int(Response.OK)
_UNFINISHED, _WAITING, _GONE = int(Work.UNFINISHED), int(Fate.WAITING), int(Fate.ACKNOWLEDGED)
_OPEN, _ACKED = int(Result.OPEN), int(Result.ACKNOWLEDGED)


class TakesNoTimeError(Exception):
    """Something takes no time at all: who is first at one instant is the clock's business."""


def are_enough(scenario: Scenario, mode: Mode) -> bool:
    """Whether two stations are all there is to *scenario* in this design."""
    server, queue, workers = scenario.server, scenario.queue, scenario.workers
    front = scenario.customer.patience_s is None and server.backlog is None and not workers.crashes
    front = front and not any(
        s.failure_rate or s.outages or s.slowdowns or s.timeout_s or s.concurrency for s in scenario.steps
    )
    if not front or len(scenario.steps) >= 1 << _STEP:
        return False
    if mode == "sync" or not any(step.background for step in scenario.steps):
        return True
    calm = queue.capacity is None and not queue.outages and queue.visibility_timeout is None
    alike = queue.partitions is None and queue.prefetch == 1
    return calm and alike and bool(workers.count) and not workers.crash_rate


class Places:
    """The threads or the workers: first come, first served, by the free one with the lowest number.

    A place that gets free at an instant is free for who comes at that instant.
    """

    __slots__ = ("_busy", "_free", "_last", "_most", "_used")

    def __init__(self, number: int | None) -> None:
        self._most = float("inf") if number is None else number
        self._used = 0  # places that have been taken at least once
        self._last = 0  # when one was last taken: nobody overtakes
        self._busy: list[int] = []  # a heap: when it is free, then its number
        self._free: list[int] = []  # a heap of numbers

    def take(self, at: int) -> tuple[int, int]:
        """(number of the place, when it is taken) for who comes at *at*, after everybody before."""
        busy, free = self._busy, self._free
        at = max(at, self._last)
        if not free and self._used == self._most and busy[0] >> _NUMBER > at:
            at = busy[0] >> _NUMBER
        while busy and busy[0] >> _NUMBER <= at:
            heappush(free, heappop(busy) & _MASK)
        self._last = at
        if free:
            return heappop(free), at
        self._used += 1
        return self._used, at

    def hold(self, number: int, until: int) -> None:
        """The place is taken until then."""
        heappush(self._busy, until << _NUMBER | number)


_MASK = (1 << _NUMBER) - 1


class Stations:
    """One run: the customers through the threads, then their messages through the workers."""

    def __init__(
        self, scenario: Scenario, mode: Mode, draws: Draws, recorder: Recorder, stop_at: float
    ) -> None:
        self._recorder, self._stop_at = recorder, stop_at
        self._lengths = [Attempts(step, draws).length for step in scenario.steps]
        self._is_published = [scenario.background(step, mode) for step in scenario.steps]
        publish = [Lengths(scenario.queue.publish, draws, "publish", step.name) for step in scenario.steps]
        self._in_thread = [
            publish[place] if published else self._lengths[place]
            for place, published in enumerate(self._is_published)
        ]
        self._steps: list[tuple[int, bool, Sequence[int]]] = []
        self._foreseen = 0  # customers whose lengths are in there
        self._deliver = [Lengths(scenario.queue.deliver, draws, "deliver", s.name) for s in scenario.steps]
        self._threads, self._workers = Places(scenario.server.threads), Places(scenario.workers.count)
        self._published: list[int] = []
        self.arrived = self.last_arrival = self.waiting = self.in_flight = 0
        self.is_cut = False

    def let_happen(self, arrivals: Iterator[tuple[int, int]], watch: Callable[[int], bool]) -> bool:
        """The whole run; False if *watch*, told now and then how many have arrived, said no.

        Raises TakesNoTimeError.
        """
        return self._serve(arrivals, watch) and self._deliver_all(watch)

    # -- the threads ------------------------------------------------------------------------------

    def _serve(self, arrivals: Iterator[tuple[int, int]], watch: Callable[[int], bool]) -> bool:
        """Let the customers come, in order of arrival; False if *watch* said no before the end."""
        add, pack = self._recorder.requests.data.frombytes, self._recorder.requests.packer()
        threads, stop_at = self._threads, self._stop_at
        for customer, at in arrivals:
            if at > stop_at:
                self.is_cut = True
                break
            number, began = threads.take(at)
            end = self._work(customer, number, began)
            if end == began:
                raise TakesNoTimeError
            threads.hold(number, end)
            if end <= stop_at:
                add(pack(customer, 0, at, began, number, end, end, _REPLIED, _DONE, NEVER, _UNFINISHED))
            else:
                began, number = (began, number) if began <= stop_at else (NEVER, NEVER)
                add(pack(customer, 0, at, began, number, NEVER, NEVER, 0, 0, NEVER, _UNFINISHED))
                self.is_cut = True
            self.arrived, self.last_arrival = customer + 1, at
            if not self.arrived % SLICE and not watch(self.arrived):
                return False
        return True

    def _work(self, customer: int, thread: int, at: int) -> int:
        """One request in its thread from *at* on; when it ends."""
        write_down, pack = self._recorder.add_attempt, self._recorder.pack_attempt
        if customer >= self._foreseen:
            self._foresee(2 * customer + 16)
        for step, published, lengths in self._steps:
            end = at + lengths[customer]
            if published:
                self._published.append((end << _REQUEST | customer) << _STEP | step)
            else:
                write_down(pack(customer, step, 1, thread, at, end, _OK))
            at = end
        return at

    def _foresee(self, customers: int) -> None:
        """Have the lengths of so many customers at hand."""
        self._foreseen = customers
        self._steps = [
            (step, self._is_published[step], lengths.of_first(customers))
            for step, lengths in enumerate(self._in_thread)
        ]

    # -- the workers ------------------------------------------------------------------------------

    def _deliver_all(self, watch: Callable[[int], bool]) -> bool:
        """Let the workers take the messages, in the order of their publishing; False if *watch* said no."""
        recorder, stop_at = self._recorder, self._stop_at
        add, pack = recorder.messages.data.frombytes, recorder.messages.packer()
        self._published.sort()
        for index, key in enumerate(self._published):
            step, request = key & (1 << _STEP) - 1, key >> _STEP & (1 << _REQUEST) - 1
            published = key >> _STEP + _REQUEST
            if published > stop_at:
                break
            number, taken = self._workers.take(published)
            start = taken + self._deliver[step](request, 0, 1)
            end = start + self._lengths[step](request, 0, 1)
            if end == taken:
                raise TakesNoTimeError
            self._workers.hold(number, end)
            if taken > stop_at:
                self.waiting += 1
            else:
                self._hand_over(index, request, step, number, taken, start, end)
            done, fate = (end, _GONE) if end <= stop_at else (NEVER, _WAITING)
            add(pack(request, step, published, done, done, fate))
            if not (index + 1) % SLICE and not watch(self.arrived):
                return False
        self.is_cut = self.is_cut or bool(self.waiting or self.in_flight)
        return True

    def _hand_over(
        self, message: int, request: int, step: int, worker: int, taken: int, start: int, end: int
    ) -> None:
        """A worker has a message from *taken* to *end*, or to where the run is cut."""
        recorder = self._recorder
        ended, result = (end, _ACKED) if end <= self._stop_at else (NEVER, _OPEN)
        self.in_flight += ended == NEVER
        recorder.delivered(message, worker, taken, ended, result)
        recorder.attempt(request, step, 1, -worker, start, end, _OK)

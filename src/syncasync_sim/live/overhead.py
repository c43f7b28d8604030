"""How far behind each request was because the machine, and not the scenario, took its time.

A thread of the service and a worker do one thing after another, so what waits for them is behind as well.
Times are the scenario's microseconds. A message that comes back, or waits for a partition whose owner has
died, is late by the broker's own rules, which is not counted here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from syncasync_sim.live.event_log import EventLog
from syncasync_sim.live.load_generator import SentRequest
from syncasync_sim.live.plan import Plan
from syncasync_sim.model.attempts import AttemptOutcome
from syncasync_sim.model.quantities import to_us
from syncasync_sim.trace.records import ServerOutcome, by_worker, is_worker


@dataclass(frozen=True, slots=True)
class RequestOverhead:
    """The overhead of a request by its cause, in microseconds of the scenario.

    A request is late at the service or its response at the customer (`http`); a step sleeps too long
    (`sleep`); publishing takes longer than the scenario says (`publish`); so does taking or settling a
    message (`take`).
    """

    http: int = 0
    sleep: int = 0
    publish: int = 0
    take: int = 0

    @property
    def total(self) -> int:
        return self.http + self.sleep + self.publish + self.take

    def __add__(self, more: RequestOverhead) -> RequestOverhead:
        sums = (self.http + more.http, self.sleep + more.sleep, self.publish + more.publish)
        return RequestOverhead(*sums, self.take + more.take)


NONE = RequestOverhead()
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step done once; `by` is a thread, or a worker with a minus."""

    number: int
    by: int
    started: int
    ended: int
    planned: int

    @property
    def overslept(self) -> int:
        return self.ended - self.started - self.planned


class Overhead:
    """`response`: of each request that was answered, by then. `done`: of each message whose work was done."""

    def __init__(self, plan: Plan, event_log: EventLog, clicks: Sequence[SentRequest], threads: int) -> None:
        self.response: dict[int, RequestOverhead] = {}
        self.done: dict[Key, RequestOverhead] = {}
        self._plan, self._event_log = plan, event_log
        queue, workers = plan.scenario.queue, plan.scenario.workers
        self._publish_us, self._deliver_us = to_us(queue.publish.mean_s), to_us(queue.deliver.mean_s)
        # There a message may wait for another of its partition while workers have nothing to do.
        self._may_wait = queue.partitions is not None and (
            queue.assignment == "locked" or workers.crash_rate > 0 or bool(workers.crashes)
        )
        self._attempts = self._all_attempts()
        self._served: dict[int, RequestOverhead] = {}
        self._serve(clicks, threads)
        self._work()

    def completion(self) -> dict[int, RequestOverhead]:
        """Return for each served request the overhead until all of its work was done."""
        last = dict(self._served)
        of_messages: dict[int, list[RequestOverhead]] = defaultdict(list)
        for (request, _), overhead in self.done.items():
            of_messages[request].append(overhead)
        return last | {
            request: max(overheads, key=lambda overhead: overhead.total)
            for request, overheads in of_messages.items()
        }

    def _all_attempts(self) -> dict[Key, list[Attempt]]:
        sql = """SELECT request, step, number, by, started, ended, planned FROM attempts
            WHERE outcome IN (?, ?, ?, ?) ORDER BY id"""
        attempts: dict[Key, list[Attempt]] = defaultdict(list)
        ended = AttemptOutcome.OK, AttemptOutcome.FAILED, AttemptOutcome.TIMED_OUT, AttemptOutcome.ANSWER_LOST
        for request, step, *rest in self._event_log.rows(sql, *map(int, ended)):
            attempts[request, step].append(Attempt(*rest))
        return attempts

    # -- the service ------------------------------------------------------------------------------

    def _serve(self, clicks: Sequence[SentRequest], threads: int) -> None:
        sql = """SELECT request, began, thread, ended, end FROM served
            WHERE began IS NOT NULL AND ended IS NOT NULL ORDER BY began"""
        rows = self._event_log.rows(sql)
        begins, ends = sorted(row[1] for row in rows), sorted(row[3] for row in rows)
        published = {} if self._plan.has_relay else self._published()
        free: dict[int, tuple[int, RequestOverhead]] = {}
        for request, began, thread, ended, end in rows:
            if end == ServerOutcome.CUT:
                continue
            due, replied = clicks[request].due, clicks[request].replied
            is_full = bisect_right(begins, due) - bisect_left(ends, due) >= threads
            freed_at, previous = free.get(thread, (due, NONE)) if is_full else (due, NONE)
            at_begin = (previous if freed_at > due else NONE) + RequestOverhead(
                http=began - max(due, freed_at)
            )
            overhead = at_begin + self._inside(request, ended - began, published.get(request, []))
            self._served[request], free[thread] = overhead, (ended, overhead)
            if replied is not None:
                self.response[request] = overhead + RequestOverhead(http=max(0, replied - ended))

    def _published(self) -> dict[int, list[int]]:
        """By request, how much longer than the scenario's mean each publishing took."""
        durations: dict[int, list[int]] = defaultdict(list)
        for request, took in self._event_log.rows(
            "SELECT request, published - asked FROM messages WHERE published IS NOT NULL"
        ):
            durations[request].append(took - self._publish_us)
        return durations

    def _inside(self, request: int, took: int, published: Sequence[int]) -> RequestOverhead:
        """From its thread's taking it to the page's being ready."""
        own = [
            attempt
            for step in range(len(self._plan.scenario.steps))
            for attempt in self._attempts.get((request, step), [])
            if not is_worker(attempt.by)
        ]
        overslept, publish = sum(attempt.overslept for attempt in own), sum(published)
        planned = sum(attempt.planned for attempt in own) + len(published) * self._publish_us
        is_plain = all(attempt.number == 1 for attempt in own)  # no delays between attempts
        between = took - planned - overslept - publish if is_plain else 0
        return RequestOverhead(http=max(0, between), sleep=overslept, publish=publish)

    # -- the workers ------------------------------------------------------------------------------

    def _work(self) -> None:
        published = {
            row[:2]: row[2]
            for row in self._event_log.rows(
                "SELECT request, step, published FROM messages WHERE published IS NOT NULL"
            )
        }
        backs = self._event_log.rows(
            """SELECT worker, back FROM crashes WHERE back IS NOT NULL
            UNION ALL SELECT worker, until FROM pauses WHERE until IS NOT NULL"""
        )
        sql = "SELECT request, step, number, worker, taken, ended FROM deliveries ORDER BY taken, id"
        free: dict[int, tuple[int, RequestOverhead]] = {}
        for request, step, number, worker, taken, ended in self._event_log.rows(sql):
            key, previous = (request, step), NONE
            matching = [
                a for a in self._attempts.get(key, []) if a.number == number and a.by == by_worker(worker)
            ]
            if not matching or ended is None or key not in published:
                continue
            [attempt] = matching
            freed_at, previous = free.get(worker, (0, NONE))
            freed_at = max(
                [freed_at, *(back for crashed, back in backs if crashed == worker and back <= taken)]
            )
            if number > 1:
                at_start = max(self.done.get(key, NONE), previous, key=lambda overhead: overhead.total)
            elif freed_at > published[key]:
                at_start = previous + self._taken(attempt.started - freed_at)
            else:
                at_start = self._served.get(request, NONE) + self._taken(attempt.started - published[key])
            self.done[key] = overhead = at_start + RequestOverhead(sleep=attempt.overslept)
            free[worker] = ended, overhead + RequestOverhead(take=ended - attempt.ended)

    def _taken(self, waited: int) -> RequestOverhead:
        return NONE if self._may_wait else RequestOverhead(take=max(0, waited - self._deliver_us))

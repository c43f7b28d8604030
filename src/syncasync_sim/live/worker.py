"""A worker, as a process of its own: takes messages, does the work, acknowledges, and sometimes dies.

On SIGTERM it stops: it takes nothing more, gives back what it only holds, ends what it has in hand, and goes.

Run as `python -m syncasync_sim.live.worker PLAN PARENT`. It says `loaded`, and on `NUMBER MOMENT` on its
standard input it joins at that moment as that worker and says `ready`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from syncasync_sim.live import process_start
from syncasync_sim.live.event_log import (
    BACK,
    IGNORED,
    PAUSED,
    RESUMED,
    RETAKEN,
    STARTED,
    TROUBLE,
    EventLog,
    Statement,
    abandoned,
    ended,
)
from syncasync_sim.live.payload import Payload
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.protocol import BrokerError, Consumer, Delivery
from syncasync_sim.model.attempts import OK, BernoulliSampler
from syncasync_sim.trace.records import DeliveryOutcome, PauseReason, by_worker

PATIENCE_S = 1.0
"""How long one look for a message lasts."""
LOOK_S = 0.02
"""How long it lasts where a worker may be asked to stop, and how often one at work looks whether it was."""


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery in the worker's hands, with its row in the event log and its number."""

    delivery: Delivery
    body: Payload
    row: int
    number: int
    at_once: int | None
    """When it was taken, if the worker had its hands free then."""


class Worker:
    """One worker between its birth and its death."""

    def __init__(self, plan: Plan, event_log: EventLog, number: int, consumer: Consumer) -> None:
        self.number, self._event_log, self._consumer, self._speed = number, event_log, consumer, plan.speed
        self._steps, self._attempts = plan.scenario.steps, plan.attempts()
        workers, draws = plan.scenario.workers, plan.draws()
        self._dies = [BernoulliSampler(workers.crash_rate, draws, "crash", step.name) for step in self._steps]
        self._point = workers.crash_point
        self._may_die_after_work = self._point == "after_work" or any(s.poison_kills for s in self._steps)
        self._acks_first = plan.scenario.queue.ack == "before"
        self._gives_back_failed = plan.scenario.queue.failure != "timeout"
        self._may_be_ignored = plan.scenario.queue.late_ack != "accepted"
        self._most = [plan.scenario.most_deliveries(step) for step in self._steps]
        # To give back what it holds it has to have taken it, also from a broker that does not push.
        self._holds_more = bool(workers.stops) and plan.scenario.queue.prefetch != 1
        self._may_stop, self._may_freeze = bool(workers.stops), bool(workers.freezes)
        self._is_stopping, self._takes = False, True
        self._held: deque[Held] = deque()
        self._free_since_us = 0
        self._clock: Clock | None = None

    @property
    def clock(self) -> Clock:
        """The run's clock; it has begun when the first message comes."""
        if self._clock is None:
            self._clock = Clock(self._event_log.rows("SELECT began_at FROM run")[0][0], self._speed)
        return self._clock

    def run(self) -> None:
        """Work on messages until the process is ended, or asked to stop."""
        patience_s = LOOK_S if self._may_stop else PATIENCE_S
        while self._held or not self._is_stopping:
            if not self._is_stopping:
                self._take(patience_s if not self._held else 0.0)
            self._give_back_if_stopping()
            if self._held:
                self._do(self._held[0])
                self._held.popleft()
                self._free_since_us = self.clock.now_us()

    def stop(self, *_: object) -> None:
        """Take nothing more, and end when nothing is in hand."""
        self._is_stopping = True

    def leave(self) -> None:
        """Write down that it has ended by itself, and say so to the broker."""
        now = self.clock.now_us()
        self._event_log.write(
            (RESUMED, (now, self.number)), (PAUSED, (self.number, int(PauseReason.STOPPED), now))
        )
        self._consumer.close()

    def _give_back_if_stopping(self) -> None:
        """Give back all but the first; of a queue that counts them as done, they are lost."""
        if self._is_stopping and self._takes:
            self._takes = False
            self._hold(self._consumer.stop_taking())
        while self._is_stopping and len(self._held) > 1:
            held = self._held.pop()
            now, most = self.clock.now_us(), self._most[held.body.step]
            not_begun = (now, now, int(DeliveryOutcome.NOT_BEGUN), held.row)
            end = ("UPDATE deliveries SET ended = ?, visible = ?, result = ? WHERE id = ?", not_begun)
            if self._acks_first:
                self._event_log.write(end, (IGNORED, (now, held.body.request, held.body.step)))
                continue
            if most is not None and held.number >= most:
                self._consumer.fail(held.delivery, 0.0, last=True)
            else:
                self._consumer.give_back(held.delivery)
            self._event_log.write(end)

    def _take(self, wait_s: float) -> None:
        self._hold(self._consumer.receive(wait_s))

    def _hold(self, deliveries: Sequence[Delivery]) -> None:
        """Write down what has come."""
        for delivery in deliveries:
            body = Payload.read(delivery.message.body)
            if body.is_warm_up:
                self._consumer.acknowledge(delivery)
                self._event_log.write(("INSERT INTO warmed VALUES (?)", (self.number,)))
                continue
            at = self.clock.us(delivery.taken_at)
            row, number = self._event_log.taken(body.request, body.step, self.number, at)
            if number > 1:
                self._event_log.write(*self._too_late(body))
            # A broker that pushes may have brought it while the worker was still at another one.
            at_once = None if self._held else max(at, self._free_since_us)
            self._held.append(Held(delivery, body, row, number, at_once))

    def _do(self, held: Held) -> None:
        """One attempt at the step, from taking it in hand to saying how it went."""
        body, number, event_log = held.body, held.number, self._event_log
        start = self.clock.now_us()
        in_hand = ("UPDATE deliveries SET in_hand = ? WHERE id = ?", (held.at_once or start, held.row))
        if self._point == "before_work" and self._dies_of(body, number):
            self._die(in_hand)
        length, outcome = self._attempts[body.step](body.customer, body.click, number, start)
        event_log.write(
            in_hand, (STARTED, (body.request, body.step, number, by_worker(self.number), start, length))
        )
        late, by = self._work(held, start, length), by_worker(self.number)
        end = self.clock.now_us()
        event_log.write(
            *ended(self._steps[body.step], body, number, by, end, outcome),
            *abandoned(self._attempts[body.step], body, number, by, start, outcome, late),
        )
        dies = self._may_die_after_work and self._dies_after_work(body, number)
        if not dies or self._acks_first:
            self._settle(held, outcome)
        if dies:
            self._die()

    def _work(self, held: Held, start: int, length: int) -> int:
        """Spend the length of an attempt; return by how much longer it took as the worker stood still.

        It is counted from the start in the event log, so that writing it down takes nothing from the work.
        """
        late = 0
        while (left_s := self.clock.moment(start + length + late) - time.monotonic()) > 0:
            self._consumer.work(held.delivery, min(left_s, LOOK_S) if self._may_stop else left_s)
            if self._holds_more and not self._is_stopping:
                self._take(0.0)
            self._give_back_if_stopping()
            if self._may_freeze:
                late = self._stood_still_us(start)
        if late:
            key = held.body.request, held.body.step, held.number, by_worker(self.number)
            longer = "UPDATE attempts SET planned = planned + ? WHERE request = ? AND step = ? AND number = ?"
            self._event_log.write((f"{longer} AND by = ?", (late, *key)))
        return late

    def _stood_still_us(self, since: int) -> int:
        """For how long this worker has stood still since a time."""
        sql = "SELECT coalesce(sum(until - at), 0) FROM pauses WHERE worker = ? AND reason = ? AND at >= ?"
        return self._event_log.number(sql, self.number, int(PauseReason.FROZEN), since)

    def _settle(self, held: Held, outcome: int) -> None:
        """Tell the broker how it went, and write down what it made of it."""
        body, visible = held.body, None
        if outcome == OK:
            accepted = self._consumer.acknowledge(held.delivery)
            result = DeliveryOutcome.ACKNOWLEDGED if accepted else DeliveryOutcome.IGNORED
        else:
            result = DeliveryOutcome.FAILED
            if not self._acks_first:
                most = self._most[body.step]
                delay = self._attempts[body.step].retry_delay(body.customer, body.click, held.number)
                last = most is not None and held.number >= most
                self._consumer.fail(held.delivery, self.clock.real_s(delay), last=last)
                # What only its visibility timeout brings back is seen to be back when it is taken again.
                visible = self.clock.now_us() + delay if self._gives_back_failed else None
        self._event_log.write(
            (
                "UPDATE deliveries SET ended = ?, visible = ?, result = ? WHERE id = ?",
                (self.clock.now_us(), visible, int(result), held.row),
            ),
            *self._too_late(body),
        )

    def _too_late(self, body: Payload) -> tuple[Statement, ...]:
        """Correct the acknowledgements that the broker has ignored, as it has given the message out again.

        With `until_retaken` it says that they succeeded, and keeps the message. Kafka may answer later.
        """
        return ((RETAKEN, (body.request, body.step)),) if self._may_be_ignored else ()

    def _dies_of(self, body: Payload, number: int) -> bool:
        return self._dies[body.step](body.customer, body.click, number)

    def _dies_after_work(self, body: Payload, number: int) -> bool:
        if self._steps[body.step].poison_kills and self._attempts[body.step].is_poison(body.customer):
            return True
        return self._point == "after_work" and self._dies_of(body, number)

    def _die(self, *before: Statement) -> None:
        """Die here; *before* is written down before that."""
        self._event_log.write(*before, self._crash())
        os.kill(os.getpid(), signal.SIGKILL)

    def _crash(self) -> Statement:
        """The row of its death, now."""
        return "INSERT INTO crashes (worker, at) VALUES (?, ?)", (self.number, self.clock.now_us())


def main() -> None:
    """Run one worker of a live run until the runner ends it."""
    plan = process_start.begin()
    event_log, broker = EventLog(plan.event_log), plan.broker()
    broker.observer().close()  # the client library is loaded before anybody waits for it
    process_start.tell("loaded")
    number, moment = sys.stdin.readline().split()
    time.sleep(max(0.0, float(moment) - time.monotonic()))
    try:
        consumer = broker.consumer(int(number))
        worker = Worker(plan, event_log, int(number), consumer)
        if float(moment):  # it is back from a crash or a stop
            back = worker.clock.now_us(), worker.number
            event_log.write((BACK, back), (RESUMED, back))
        signal.signal(signal.SIGTERM, worker.stop)
        process_start.tell("ready")
        worker.run()
        worker.leave()
    except BrokerError as error:
        event_log.write((TROUBLE, (str(error),)))
        sys.exit(1)


if __name__ == "__main__":
    with process_start.writing_down():
        main()

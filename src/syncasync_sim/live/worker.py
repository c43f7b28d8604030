"""A worker, as a process of its own: takes messages, does the work, acknowledges, and sometimes dies.

Run as `python -m syncasync_sim.live.worker PLAN PARENT`. It says `loaded`, and on `NUMBER MOMENT` on its
standard input it joins at that moment as that worker and says `ready`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass

from syncasync_sim.live import process_start
from syncasync_sim.live.event_log import RETAKEN, STARTED, TROUBLE, EventLog, Statement, ended
from syncasync_sim.live.payload import Payload
from syncasync_sim.live.plan import Clock, Plan
from syncasync_sim.live.protocol import BrokerError, Consumer, Delivery
from syncasync_sim.model.attempts import OK, BernoulliSampler
from syncasync_sim.trace.records import DeliveryOutcome, by_worker

PATIENCE_S = 1.0
"""How long one look for a message lasts."""


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
        self._may_be_ignored = plan.scenario.queue.late_ack != "accepted"
        self._most = [plan.scenario.most_deliveries(step) for step in self._steps]
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
        """Work on messages until the process is ended."""
        while True:
            self._take(PATIENCE_S if not self._held else 0.0)
            if self._held:
                self._do(self._held[0])
                self._held.popleft()
                self._free_since_us = self.clock.now_us()

    def _take(self, wait_s: float) -> None:
        for delivery in self._consumer.receive(wait_s):
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
        body, number, consumer, event_log = held.body, held.number, self._consumer, self._event_log
        start = self.clock.now_us()
        in_hand = ("UPDATE deliveries SET in_hand = ? WHERE id = ?", (held.at_once or start, held.row))
        if self._point == "before_work" and self._dies_of(body, number):
            self._die(in_hand)
        length, outcome = self._attempts[body.step](body.customer, body.click, number, start)
        event_log.write(
            in_hand, (STARTED, (body.request, body.step, number, by_worker(self.number), start, length))
        )
        # Counted from the start in the event log, so that writing it down takes nothing from the work.
        consumer.work(held.delivery, max(0.0, self.clock.moment(start + length) - time.monotonic()))
        end = self.clock.now_us()
        event_log.write(*ended(self._steps[body.step], body, number, by_worker(self.number), end, outcome))
        dies = self._may_die_after_work and self._dies_after_work(body, number)
        if not dies or self._acks_first:
            self._settle(held, outcome)
        if dies:
            self._die()

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
                visible = self.clock.now_us() + delay
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
        crash = "INSERT INTO crashes (worker, at) VALUES (?, ?)"
        self._event_log.write(*before, (crash, (self.number, self.clock.now_us())))
        os.kill(os.getpid(), signal.SIGKILL)


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
        if float(moment):  # it is back from a crash
            back = "UPDATE crashes SET back = ? WHERE worker = ? AND back IS NULL"
            event_log.write((back, (worker.clock.now_us(), worker.number)))
        process_start.tell("ready")
        worker.run()
    except BrokerError as error:
        event_log.write((TROUBLE, (str(error),)))
        sys.exit(1)


if __name__ == "__main__":
    with process_start.writing_down():
        main()

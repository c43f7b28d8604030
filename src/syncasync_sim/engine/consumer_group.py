"""The consumer group of a queue with owned partitions: its members, and the pause when they change."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from heapq import heappop, heappush

from syncasync_sim.engine.environment import (
    AFTER_LOWER_NUMBERS,
    FAULT_ENDS,
    MESSAGE_RETURNS,
    Environment,
    ProcessSteps,
)
from syncasync_sim.engine.messages import Delivery
from syncasync_sim.engine.partitions import NO_READER, PartitionAssignment
from syncasync_sim.engine.ready_queue import ConsumerCapacity
from syncasync_sim.model.quantities import to_us
from syncasync_sim.model.queue_parts import Queue


class ConsumerGroup:
    """The workers as the broker sees them; an undetected death leaves a member that reads nothing.

    A worker that restarts before its death was detected takes messages only after the detection; one that
    restarts later joins. Each join and each leave is a rebalance: the partitions are assigned again and all
    deliveries pause.
    """

    def __init__(
        self,
        queue: Queue,
        workers: int,
        assignment: PartitionAssignment,
        env: Environment,
    ) -> None:
        self._env = env
        self._assignment = assignment
        self._until_idle = queue.rebalance == "until_idle"
        self._pause = 0 if queue.rebalance == "until_idle" else to_us(queue.rebalance)
        self._workers = range(1, workers + 1)
        self._members = list(self._workers)  # in order of their numbers
        self._up = set(self._workers)
        self._times_begun = 1
        self._undetected_deaths: dict[int, int] = {}  # by worker
        self._paused_until = 0
        self._awaited: set[int] = set()  # those that worked when an `until_idle` pause began
        self._released: set[int] = set()  # deliveries that a worker holds which has left
        # Members in order of their first messages: a heap of (position, number). An entry that differs from
        # where the member stands is stale and skipped.
        self._line: list[tuple[int, int]] = []
        self._in_line_at: dict[int, int] = {}
        assignment.assign(self._members)

    def is_paused(self) -> bool:
        """Whether the group delivers nothing now, as during a rebalance."""
        return bool(self._awaited) or self._env.now_us < self._paused_until

    def worker_died(self, worker: int, detected_after: int | None) -> None:
        """Remove a worker that died, and start the detection of its death.

        Args:
            worker: the number of the worker.
            detected_after: the microseconds until the broker detects the death; None if it never does.
        """
        if worker not in self._up:
            return  # it had left before, and is no member that is missed
        self._up.discard(worker)
        self._awaited.discard(worker)
        self._undetected_deaths[worker] = self._undetected_deaths.get(worker, 0) + 1
        self._assignment.undetected_failures.add(worker)
        if detected_after is not None:
            self._env.start(self._detect_death(worker, self._env.now_us + detected_after))

    def worker_left(self, worker: int, held: Iterable[Delivery] = ()) -> None:
        """Let a worker leave that lives, without any detection; nobody waits for what it has.

        Args:
            worker: the number of the worker.
            held: the deliveries that it goes on holding.
        """
        for delivery in held:
            self._assignment.release(delivery)
            self._released.add(delivery.index)
        self._up.discard(worker)
        self._awaited.discard(worker)
        if not self._undetected_deaths.get(worker):
            self._rebalance(worker)

    def worker_joined(self, worker: int) -> None:
        """Let a worker join that is up again, unless the broker has not yet detected its death."""
        self._up.add(worker)
        if not self._undetected_deaths.get(worker):
            self._rebalance(worker)

    def work_ended(self, worker: int) -> None:
        """Note that a worker has finished the message that it worked on."""
        self._awaited.discard(worker)

    def begin_anew(self) -> None:
        """All workers are members as at the begin, and no pause and no undetected death is left."""
        self._times_begun += 1
        self._members, self._up = list(self._workers), set(self._workers)
        self._awaited.clear()
        self._paused_until = 0
        self._undetected_deaths.clear()
        self._assignment.undetected_failures.clear()
        self._assignment.assign(self._members)

    def announced_members(self) -> list[int]:
        """Return the members with a new first message in one of their partitions since the last call."""
        readers = self._assignment.announced_readers
        members = [reader for reader in readers if reader != NO_READER]
        readers.clear()
        return members

    def has_room(self, member: int) -> None:
        """Note that a member has a free slot again, though it has not ended anything."""
        self._assignment.has_room(member)

    def stand_in_line(self, member: int) -> None:
        """Put a member with room into the line, by its first message; without one it leaves."""
        at = self._assignment.first_position(member)
        if at is None:
            self._in_line_at.pop(member, None)
        elif self._in_line_at.get(member) != at:
            self._in_line_at[member] = at
            heappush(self._line, (at, member))

    def next_reader(self, consumers: ConsumerCapacity) -> int | None:
        """Return the first member in the line that has room and a message; None if there is none.

        Args:
            consumers: the free slots of the workers.
        """
        while self._line:
            at, member = self._line[0]
            is_stale = self._in_line_at.get(member) != at
            has_room = not is_stale and consumers.free_slots_of(member) > 0
            if has_room and self._assignment.first_position(member) == at:
                return member
            heappop(self._line)
            if not is_stale:
                del self._in_line_at[member]
            if has_room:
                self.stand_in_line(member)
        return None

    def release(self, delivery: Delivery) -> None:
        """Note that a worker no longer holds this copy; the partition's new owner may wait for it."""
        if delivery.index in self._released:
            self._released.discard(delivery.index)
        else:
            self._assignment.release(delivery)

    def _detect_death(self, worker: int, at: int) -> ProcessSteps:
        times_begun = self._times_begun
        yield self._env.until(at, MESSAGE_RETURNS + AFTER_LOWER_NUMBERS + worker)
        if times_begun != self._times_begun:
            return
        self._undetected_deaths[worker] -= 1
        if not self._undetected_deaths[worker]:
            self._assignment.undetected_failures.discard(worker)
            self._rebalance(worker)
        self._env.request_dispatch()

    def _rebalance(self, worker: int) -> None:
        """A member joins or leaves: the partitions are assigned again, and deliveries pause."""
        members, index = self._members, bisect_left(self._members, worker)
        was_member = index < len(members) and members[index] == worker
        if worker in self._up and not was_member:
            members.insert(index, worker)
        elif worker not in self._up and was_member:
            del members[index]
        self._assignment.assign(members)
        if self._until_idle:
            self._awaited |= self._assignment.holders()
        elif self._pause:
            self._paused_until = self._env.now_us + self._pause
            self._env.start(self._resume(self._paused_until))

    def _resume(self, at: int) -> ProcessSteps:
        yield self._env.until(at, FAULT_ENDS + AFTER_LOWER_NUMBERS)
        self._env.request_dispatch()

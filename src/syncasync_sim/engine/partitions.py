"""The ready queue of a broker with partitions: each partition is read in order, by its worker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from syncasync_sim.engine.messages import VISIBLE, Delivery, Message
from syncasync_sim.engine.ready_queue import ConsumerCapacity
from syncasync_sim.model.queue_parts import Queue

NO_READER = 0
"""Workers are numbered from 1."""
_BACK = 1 << 40
"""Positions at the back begin here, behind those by order of publishing."""


class Partitions:
    """Visible messages by partition, the first of which a worker takes among the partitions that it may read.

    The subclasses `MessageGroups` and `PartitionAssignment` decide who may read a partition, and when.
    """

    def __init__(self, queue: Queue) -> None:
        assert queue.partitions is not None
        self._number = queue.partitions
        self._to_old_position = queue.redelivery == "original"
        self._at_the_back = count(_BACK)
        self._partitions: dict[int, list[tuple[int, Message]]] = {}
        # Per reader, a heap of the first messages of what it may read: (position, partition). Deletion is
        # lazy: an entry that is no longer true is skipped.
        self._fronts: dict[int, list[tuple[int, int]]] = {}
        self.length = 0

    def _reader(self, partition: int) -> int:
        """The worker that reads the partition, or `NO_READER` where all do."""
        raise NotImplementedError

    def _is_open(self, partition: int) -> bool:
        """Whether its reader may take from it now."""
        raise NotImplementedError

    def _on_taken(self, message: Message, partition: int, worker: int) -> None:
        raise NotImplementedError

    def unlock(self, message: Message) -> None:
        """Note that a message is no longer in flight and no longer waits for a retry."""

    def _partition_of(self, customer: int) -> int:
        return customer if self._number == "customer" else customer % self._number

    # -- the order ---------------------------------------------------------------------------------

    def add(self, message: Message, *, returning: bool) -> None:
        """Make a message visible in its partition.

        Args:
            message: the message.
            returning: whether it was delivered before and comes back.
        """
        if returning:
            self.unlock(message)
        if not self._to_old_position:
            message.position = next(self._at_the_back)
        self.length += 1
        partition = self._partition_of(message.customer)
        heappush(self._partitions.setdefault(partition, []), (message.position, message))
        if self._front(partition) is message:
            self._announce(partition)

    def take(self, worker: int) -> Message | None:
        """Take out the first message that *worker* may have; None if there is none."""
        if self.first_position(worker) is None:
            return None
        _, partition = heappop(self._fronts[self._reader_for(worker)])
        _, message = heappop(self._partitions[partition])
        self.length -= 1
        self._on_taken(message, partition, worker)
        self._announce(partition)
        return message

    def first_position(self, worker: int) -> int | None:
        """Return the position of the first message that *worker* may have; None if there is none."""
        fronts = self._fronts.get(self._reader_for(worker), [])
        while fronts:
            position, partition = fronts[0]
            front = self._front(partition)
            if front is not None and front.position == position and self._may_take(worker, partition):
                return position
            heappop(fronts)  # the entry of an earlier first message, or of a partition lost since
        return None

    def _reader_for(self, worker: int) -> int:
        return worker

    def _may_take(self, worker: int, partition: int) -> bool:
        return self._reader(partition) == self._reader_for(worker) and self._is_open(partition)

    def _front(self, partition: int) -> Message | None:
        """The first visible message of a partition; those that are gone meanwhile are thrown away."""
        messages = self._partitions.get(partition)
        while messages and messages[0][1].state != VISIBLE:
            heappop(messages)
        return messages[0][1] if messages else None

    def _announce(self, partition: int) -> None:
        """Tell its reader about the first message of a partition, if it may be read."""
        front = self._front(partition)
        if front is not None and self._is_open(partition):
            reader = self._reader(partition)
            heappush(self._fronts.setdefault(reader, []), (front.position, partition))
            self._on_new_first(reader)

    def _on_new_first(self, reader: int) -> None:
        """A reader has a new first message in a partition."""

    def discard(self, message: Message) -> None:
        """Remove a visible message from the count; its heap entry is skipped later."""
        self.length -= 1
        self._announce(self._partition_of(message.customer))

    def messages(self) -> list[Message]:
        """Return every visible message, in order of position."""
        entries = (entry for messages in self._partitions.values() for entry in messages)
        return [message for _, message in sorted(entries, key=lambda e: e[0]) if message.state == VISIBLE]

    # -- what is left after a dispatch -----------------------------------------------------------------

    def left_after_dispatch(self, consumers: ConsumerCapacity, customer: int) -> tuple[int, bool]:
        """Compute the backlog after each free slot of a worker has taken a message that it may have.

        Args:
            consumers: the free slots of the workers.
            customer: the customer of one more message, which selects its partition.

        Returns:
            The number of messages left, and whether the message of *customer* would be left as well.
        """
        *others, new = self._are_left(consumers, [*(m.customer for m in self.messages()), customer])
        return sum(others), new

    def oldest_after_dispatch(self, consumers: ConsumerCapacity) -> Message | None:
        """The first message that would be left after a dispatch; nothing is taken out."""
        visible = self.messages()
        are_left = self._are_left(consumers, [message.customer for message in visible])
        return next((message for message, is_left in zip(visible, are_left, strict=True) if is_left), None)

    def _are_left(self, consumers: ConsumerCapacity, customers: list[int]) -> Iterator[bool]:
        """Per visible message, given by its customer: whether no worker takes it as things stand."""
        free_slots, free = consumers.free_slots_by_worker(), consumers.free_slots
        taken: set[int] = set()
        for customer in customers:
            partition = self._partition_of(customer)
            worker = self._worker_for(partition, free_slots, taken) if free > 0 else NO_READER
            if worker != NO_READER:
                free, free_slots[worker] = free - 1, free_slots[worker] - 1
                taken.add(partition)
            yield worker == NO_READER

    def _worker_for(self, partition: int, free_slots: dict[int, int], taken: set[int]) -> int:
        """Who would take the next message of *partition*; *taken*: the partitions of those before it."""
        raise NotImplementedError


class MessageGroups(Partitions):
    """Any worker takes the next message of any partition that has none in flight (SQS FIFO).

    One that waits for a retry delay counts as in flight: the broker hides both in the same way. What is
    acknowledged before the work is off the queue when it is taken, and locks nothing.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._locks_groups = queue.ack == "after"
        self._locked: set[int] = set()

    def _reader(self, partition: int) -> int:
        del partition
        return NO_READER

    def _reader_for(self, worker: int) -> int:
        del worker
        return NO_READER

    def _is_open(self, partition: int) -> bool:
        # Head-of-line blocking: a message in flight holds back all others of its group.
        return partition not in self._locked

    def _on_taken(self, message: Message, partition: int, worker: int) -> None:
        del message, worker
        if self._locks_groups:
            self._locked.add(partition)

    def unlock(self, message: Message) -> None:
        partition = self._partition_of(message.customer)
        self._locked.discard(partition)
        self._announce(partition)

    def _worker_for(self, partition: int, free_slots: dict[int, int], taken: set[int]) -> int:
        if (self._locks_groups and partition in taken) or not self._is_open(partition):
            return NO_READER
        return next((worker for worker, free in free_slots.items() if free > 0), NO_READER)


class PartitionAssignment(Partitions):
    """Each partition is read by one worker, a member of the group (Kafka).

    They are assigned in ranges, as by Kafka's RangeAssignor: the first members get one more where the
    division leaves a rest. A partition of which another living worker still holds a copy, begun or not,
    current or stale, is not read by its new owner until that is over.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._members: list[int] = []
        self.undetected_failures: set[int] = set()
        """Members that died and whose failure is not detected yet: nobody reads their partitions."""
        self._holders: dict[int, Counter[int]] = {}  # per partition: the copies that each worker holds
        self.announced_readers: set[int] = set()
        """Readers with a new first message in a partition since they were last asked."""

    def assign(self, members: list[int]) -> None:
        """Assign the partitions to these members, in order of their numbers."""
        self._members = members
        self._fronts.clear()
        for partition in self._partitions:
            self._announce(partition)

    def first_position(self, worker: int) -> int | None:
        return None if worker in self.undetected_failures else super().first_position(worker)

    def _on_new_first(self, reader: int) -> None:
        self.announced_readers.add(reader)

    def _reader(self, partition: int) -> int:
        members = self._members
        if not members:
            return NO_READER
        if self._number == "customer":
            return members[partition % len(members)]
        each, more = divmod(self._number, len(members))
        with_one_more = more * (each + 1)
        if partition < with_one_more:
            return members[partition // (each + 1)]
        return members[more + (partition - with_one_more) // each]

    def _is_open(self, partition: int) -> bool:
        owner = self._reader(partition)
        return all(holder == owner for holder in self._holders.get(partition, ()))

    def _on_taken(self, message: Message, partition: int, worker: int) -> None:
        del message
        self._holders.setdefault(partition, Counter())[worker] += 1

    def release(self, delivery: Delivery) -> None:
        """Note that the worker of a delivery no longer holds this copy."""
        partition = self._partition_of(delivery.message.customer)
        holders = self._holders[partition]
        holders[delivery.worker] -= 1
        if not holders[delivery.worker]:
            del holders[delivery.worker]
            self._announce(partition)

    def _worker_for(self, partition: int, free_slots: dict[int, int], taken: set[int]) -> int:
        del taken
        owner = self._reader(partition)
        may = (
            free_slots.get(owner, 0) > 0
            and owner not in self.undetected_failures
            and self._is_open(partition)
        )
        return owner if may else NO_READER


ASSIGNMENTS: dict[str, type[MessageGroups | PartitionAssignment]] = {
    "locked": MessageGroups,
    "owned": PartitionAssignment,
}

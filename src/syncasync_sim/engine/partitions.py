"""The ready queue of a broker with partitions: each partition is read in order, by its worker."""

from __future__ import annotations

from collections import Counter
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
        self._is_counted = queue.capacity is not None
        self._to_old_position = queue.redelivery == "original"
        self._at_the_back = count(_BACK)
        self._partitions: dict[int, list[tuple[int, Message]]] = {}
        # Per reader, a heap of the first messages of what it may read: (position, partition). Deletion is
        # lazy: an entry that is no longer true is skipped.
        self._fronts: dict[int, list[tuple[int, int]]] = {}
        # Only with a capacity. In order: a heap of positions; one without a message is skipped.
        self._in_order: list[int] = []
        self._at: dict[int, Message] = {}  # by position
        self._visible: Counter[int] = Counter()  # by partition, as the next
        self._takeable: dict[int, int] = {}  # how many could be taken if all workers had free slots
        self._takeable_by: Counter[int] = Counter()  # the same by reader
        self.length = 0

    def _reader(self, partition: int) -> int:
        """The worker that reads the partition, or `NO_READER` where all do."""
        raise NotImplementedError

    def _is_open(self, partition: int) -> bool:
        """Whether its reader may take from it now."""
        raise NotImplementedError

    def _on_taken(self, message: Message, partition: int, worker: int) -> None:
        raise NotImplementedError

    def _takeable_of(self, visible: int) -> int:
        """How many of the visible messages of an open partition its reader can take before it ends one."""
        return visible

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
        if self._is_counted:
            self._at[message.position] = message
            heappush(self._in_order, message.position)
            self._count(partition, 1)
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
        self._leave(message, partition)
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
        if messages:
            return messages[0][1]
        self._partitions.pop(partition, None)
        return None

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
        self._leave(message, self._partition_of(message.customer))

    def _leave(self, message: Message, partition: int) -> None:
        """A message is no longer visible; another may be the first of its partition."""
        if self._is_counted:
            del self._at[message.position]
            self._count(partition, -1)
        self._announce(partition)

    def messages(self) -> list[Message]:
        """Return every visible message, in order of position."""
        entries = (entry for messages in self._partitions.values() for entry in messages)
        return [message for _, message in sorted(entries, key=lambda e: e[0]) if message.state == VISIBLE]

    # -- what is left after a dispatch -----------------------------------------------------------------

    def _count(self, partition: int, more: int = 0) -> None:
        """Count what is visible in a partition, and what its reader can take of it.

        Called where either changes: a count at each publish would take longer the longer the queue is.
        """
        self._visible[partition] += more
        visible = self._visible[partition]
        if not visible:
            del self._visible[partition]
        now = self._takeable_of(visible) if self._is_open(partition) else 0
        before = self._takeable.pop(partition, 0)
        if now:
            self._takeable[partition] = now
        if now != before:
            self._takeable_by[self._reader(partition)] += now - before

    def left_after_dispatch(self, consumers: ConsumerCapacity, customer: int) -> tuple[int, bool]:
        """Compute the backlog after each free slot of a worker has taken a message that it may have.

        Args:
            consumers: the free slots of the workers.
            customer: the customer of one more message, which selects its partition.

        Returns:
            The number of messages left, and whether the message of *customer* would be left as well.
        """
        if consumers.free_slots <= 0:
            return self.length, True
        taken = min(consumers.free_slots, self._taken_by_all(consumers))
        is_taken = taken < consumers.free_slots and self._takes_one_more(
            consumers, self._partition_of(customer)
        )
        return self.length - taken, not is_taken

    def _taken_by_all(self, consumers: ConsumerCapacity) -> int:
        """How many messages the workers take as things stand, each as many as it has room for."""
        raise NotImplementedError

    def _takes_one_more(self, consumers: ConsumerCapacity, partition: int) -> bool:
        """Whether some worker has room for one more message at the end of *partition*, and may take it."""
        raise NotImplementedError

    def oldest_after_dispatch(self, consumers: ConsumerCapacity) -> Message | None:
        """The first message that would be left after a dispatch; nothing is taken out."""
        free, taken_by, taken = consumers.free_slots, Counter[int](), set[int]()
        passed: list[int] = []
        oldest = None
        while oldest is None and self._in_order:
            position = heappop(self._in_order)
            message = self._at.get(position)
            if message is None or (passed and position == passed[-1]):
                continue  # the entry of a message that is gone, or is back at its position
            passed.append(position)
            partition = self._partition_of(message.customer)
            reader = self._reader(partition)
            if len(passed) > free or not self._takes(consumers, partition, taken_by[reader], taken):
                oldest = message
            taken_by[reader] += 1
            taken.add(partition)
        for position in passed:
            heappush(self._in_order, position)
        return oldest

    def _takes(self, consumers: ConsumerCapacity, partition: int, by_reader: int, taken: set[int]) -> bool:
        """Whether the next message of *partition* is taken after all before it are.

        *by_reader*: how many of these its reader has; *taken*: their partitions.
        """
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
        if self._is_counted:
            self._count(partition)
        self._announce(partition)

    def _takeable_of(self, visible: int) -> int:
        return min(visible, 1) if self._locks_groups else visible

    def _taken_by_all(self, consumers: ConsumerCapacity) -> int:
        del consumers
        return self._takeable_by[NO_READER]

    def _takes_one_more(self, consumers: ConsumerCapacity, partition: int) -> bool:
        del consumers
        return self._is_open(partition) and not (self._locks_groups and self._visible[partition])

    def _takes(self, consumers: ConsumerCapacity, partition: int, by_reader: int, taken: set[int]) -> bool:
        del consumers, by_reader
        return self._is_open(partition) and not (self._locks_groups and partition in taken)


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
        self._with_room: set[int] = set()  # readers that may have both a message to take and a free slot

    def assign(self, members: list[int]) -> None:
        """Assign the partitions to these members, in order of their numbers."""
        self._members = members
        self._fronts.clear()
        self._takeable.clear()
        self._takeable_by.clear()
        for partition in list(self._partitions):
            if self._is_counted:
                self._count(partition)
            self._announce(partition)

    def has_room(self, reader: int) -> None:
        """Note that a reader may have a free slot that it did not have before."""
        if self._is_counted:
            self._with_room.add(reader)

    def holders(self) -> set[int]:
        """Return the workers that hold a message."""
        return {worker for holders in self._holders.values() for worker in holders}

    def first_position(self, worker: int) -> int | None:
        return None if worker in self.undetected_failures else super().first_position(worker)

    def _on_new_first(self, reader: int) -> None:
        self.announced_readers.add(reader)
        self.has_room(reader)

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
        self.has_room(delivery.worker)
        if not holders[delivery.worker]:
            del holders[delivery.worker]
            if not holders:
                del self._holders[partition]
            if self._is_counted:
                self._count(partition)
            self._announce(partition)

    def _taken_by_all(self, consumers: ConsumerCapacity) -> int:
        taken = 0
        for reader in list(self._with_room):
            free, takeable = consumers.free_slots_of(reader), self._takeable_by[reader]
            if not free or not takeable:
                self._with_room.discard(reader)
            elif reader not in self.undetected_failures:
                taken += min(free, takeable)
        return taken

    def _takes_one_more(self, consumers: ConsumerCapacity, partition: int) -> bool:
        return self._takes(consumers, partition, self._takeable_by[self._reader(partition)], set())

    def _takes(self, consumers: ConsumerCapacity, partition: int, by_reader: int, taken: set[int]) -> bool:
        del taken
        reader = self._reader(partition)
        may = reader != NO_READER and reader not in self.undetected_failures and self._is_open(partition)
        return may and consumers.free_slots_of(reader) > by_reader


ASSIGNMENTS: dict[str, type[MessageGroups | PartitionAssignment]] = {
    "locked": MessageGroups,
    "owned": PartitionAssignment,
}

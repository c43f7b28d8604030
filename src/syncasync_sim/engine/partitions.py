"""The line of a queue with partitions: each is read in order, by whoever may read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from syncasync_sim.engine.line import VISIBLE, Delivery, Message, Takers
from syncasync_sim.model.queue import Queue

NOBODY = 0
_BACK = 1 << 40
"""Places at the back of the line begin here, behind those by publish order."""


class Partitions:
    """Visible messages by partition. A worker takes the first one of all the partitions it may read.

    Who may read a partition, and when, is what `Locked` and `Owned` say.
    """

    def __init__(self, queue: Queue) -> None:
        assert queue.partitions is not None
        self._number = queue.partitions
        self._to_own_place = queue.redelivery == "original"
        self._at_the_back = count(_BACK)
        self._lines: dict[int, list[tuple[int, Message]]] = {}
        # Per reader, the fronts of what it may read: (place, partition). What is no longer so is passed over.
        self._fronts: dict[int, list[tuple[int, int]]] = {}
        self.length = 0

    def _reader(self, partition: int) -> int:
        """Whose list of fronts the partition stands in."""
        raise NotImplementedError

    def _is_open(self, partition: int) -> bool:
        """Whether its reader may take from it now."""
        raise NotImplementedError

    def _taken(self, message: Message, partition: int, worker: int) -> None:
        raise NotImplementedError

    def freed(self, message: Message) -> None:
        """It is no longer in flight, nor waiting for a retry delay."""

    def _of(self, customer: int) -> int:
        return customer if self._number == "customer" else customer % self._number

    # -- the line ---------------------------------------------------------------------------------

    def add(self, message: Message, *, returning: bool) -> None:
        if returning:
            self.freed(message)
        if not self._to_own_place:
            message.place = next(self._at_the_back)
        self.length += 1
        partition = self._of(message.customer)
        heappush(self._lines.setdefault(partition, []), (message.place, message))
        if self._front(partition) is message:
            self._offer(partition)

    def take(self, worker: int) -> Message | None:
        """Take out the first message that *worker* may have; None if there is none."""
        fronts = self._fronts.get(self._list_of(worker), [])
        while fronts:
            place, partition = heappop(fronts)
            front = self._front(partition)
            if front is None or front.place != place or not self._may_take(worker, partition):
                continue
            heappop(self._lines[partition])
            self.length -= 1
            self._taken(front, partition, worker)
            self._offer(partition)
            return front
        return None

    def _list_of(self, worker: int) -> int:
        return worker

    def _may_take(self, worker: int, partition: int) -> bool:
        return self._reader(partition) == self._list_of(worker) and self._is_open(partition)

    def _front(self, partition: int) -> Message | None:
        """The first visible message of a partition; those that are gone meanwhile are thrown away."""
        line = self._lines.get(partition)
        while line and line[0][1].state != VISIBLE:
            heappop(line)
        return line[0][1] if line else None

    def _offer(self, partition: int) -> None:
        """Let its reader know what stands at the front of a partition, if it may be read."""
        front = self._front(partition)
        if front is not None and self._is_open(partition):
            reader = self._reader(partition)
            heappush(self._fronts.setdefault(reader, []), (front.place, partition))
            self._stands_for(reader)

    def _stands_for(self, reader: int) -> None:
        """Something has come to the front for this reader."""

    def forget(self, message: Message) -> None:
        """One of the visible messages is gone."""
        self.length -= 1
        self._offer(self._of(message.customer))

    def all(self) -> list[Message]:
        """Every visible message, in order."""
        both = (entry for line in self._lines.values() for entry in line)
        return [message for _, message in sorted(both, key=lambda e: e[0]) if message.state == VISIBLE]

    # -- what goes on waiting ---------------------------------------------------------------------

    def beyond(self, takers: Takers, customer: int) -> tuple[int, bool]:
        """(how many go on waiting when free workers have taken theirs, whether a new one would as well)."""
        *others, new = self._stay(takers, [*(m.customer for m in self.all()), customer])
        return sum(others), new

    def oldest_beyond(self, takers: Takers) -> Message | None:
        """The front of what goes on waiting; all stay where they are."""
        visible = self.all()
        stays = self._stay(takers, [message.customer for message in visible])
        return next((message for message, waits in zip(visible, stays, strict=True) if waits), None)

    def _stay(self, takers: Takers, customers: list[int]) -> Iterator[bool]:
        """Per message in line, given by its customer: whether nobody takes it as things stand."""
        rooms = takers.rooms()
        taken: set[int] = set()
        for customer in customers:
            partition = self._of(customer)
            worker = self._worker_for(partition, rooms, taken)
            if worker != NOBODY:
                rooms[worker] -= 1
                taken.add(partition)
            yield worker == NOBODY

    def _worker_for(self, partition: int, rooms: dict[int, int], taken: set[int]) -> int:
        """Who would take the next message of *partition*, with those *taken* that others took just before."""
        raise NotImplementedError


class Locked(Partitions):
    """Any worker takes the next message of any partition that has none in flight (SQS FIFO).

    One that waits for a retry delay counts as in flight: the broker hides both in the same way. What is
    acknowledged before the work is off the queue when it is taken, and locks nothing.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._locks = queue.ack == "after"
        self._locked: set[int] = set()

    def _reader(self, partition: int) -> int:
        del partition
        return NOBODY

    def _list_of(self, worker: int) -> int:
        del worker
        return NOBODY

    def _is_open(self, partition: int) -> bool:
        return partition not in self._locked

    def _taken(self, message: Message, partition: int, worker: int) -> None:
        del message, worker
        if self._locks:
            self._locked.add(partition)

    def freed(self, message: Message) -> None:
        partition = self._of(message.customer)
        self._locked.discard(partition)
        self._offer(partition)

    def _worker_for(self, partition: int, rooms: dict[int, int], taken: set[int]) -> int:
        if (self._locks and partition in taken) or not self._is_open(partition):
            return NOBODY
        return next((worker for worker, room in rooms.items() if room > 0), NOBODY)


class Owned(Partitions):
    """Each partition is read by one worker, a member of the group (Kafka).

    They are dealt in ranges, as by Kafka's default assignor: the first members get one more where it does not
    come out even. A partition of which another living worker still holds a copy, begun or not, its own or
    stale, is not read by its new owner until that is over.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__(queue)
        self._members: list[int] = []
        self.silent: set[int] = set()
        """Members who died, and the broker does not know it yet: their partitions stand still."""
        self._holders: dict[int, Counter[int]] = {}  # per partition: the copies that each worker holds
        self.called: set[int] = set()
        """Readers for whom something has come to the front of a partition since they were last asked."""

    def deal(self, members: list[int]) -> None:
        """From now on the *members*, in order of their numbers, share the partitions."""
        self._members = members
        self._fronts.clear()
        for partition in self._lines:
            self._offer(partition)

    def take(self, worker: int) -> Message | None:
        return None if worker in self.silent else super().take(worker)

    def _stands_for(self, reader: int) -> None:
        self.called.add(reader)

    def _reader(self, partition: int) -> int:
        members = self._members
        if not members:
            return NOBODY
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

    def _taken(self, message: Message, partition: int, worker: int) -> None:
        del message
        self._holders.setdefault(partition, Counter())[worker] += 1

    def let_go(self, delivery: Delivery) -> None:
        """Its worker's hands are off this copy."""
        partition = self._of(delivery.message.customer)
        holders = self._holders[partition]
        holders[delivery.worker] -= 1
        if not holders[delivery.worker]:
            del holders[delivery.worker]
            self._offer(partition)

    def _worker_for(self, partition: int, rooms: dict[int, int], taken: set[int]) -> int:
        del taken
        owner = self._reader(partition)
        may = rooms.get(owner, 0) > 0 and owner not in self.silent and self._is_open(partition)
        return owner if may else NOBODY


ASSIGNMENTS: dict[str, type[Locked | Owned]] = {"locked": Locked, "owned": Owned}

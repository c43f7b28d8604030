"""The offsets up to which a member of a group of Kafka has done its work, on their way to the broker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from syncasync_sim.errors import masked
from syncasync_sim.live.adapter_base import client_library
from syncasync_sim.live.kafka_connection import EXTRA, KafkaConnection
from syncasync_sim.live.protocol import BrokerError

_AGAIN_AFTER_S = 0.1
"""Between two commits of the same offset."""


class Commits:
    """What is done and not yet committed, by partition.

    The answer may take long, and work goes on meanwhile. A broker answers the requests of a connection in
    their order. In the classic protocol the client joins a new assignment in the background, and that request
    is answered when every member has joined or the session of a dead one has run out. A commit waits behind
    it: it times out, or is refused as one of the assignment before. It is sent again, as long as the
    partition is this member's.
    """

    def __init__(self, broker: KafkaConnection) -> None:
        self._broker, self._kafka = broker, client_library("confluent_kafka", EXTRA)
        errors = self._kafka.KafkaError
        self._may_pass = (
            *(errors.ILLEGAL_GENERATION, errors.UNKNOWN_MEMBER_ID, errors.REBALANCE_IN_PROGRESS),
            *(errors.STALE_MEMBER_EPOCH, errors.FENCED_MEMBER_EPOCH, errors._STATE, errors._ASSIGNMENT_LOST),
            # A broker that is gone ends every client by itself (`KafkaConnection.settings`).
            *(errors._TIMED_OUT, errors._TRANSPORT, errors._WAIT_COORD),
        )
        self._next: dict[int, int] = {}
        """By partition, the offset of the first message that is not done."""
        self._leaving, self._refused = set[int](), set[int]()
        self._unanswered, self._not_before = 0, 0.0

    def __bool__(self) -> bool:
        return bool(self._next)

    def __contains__(self, partition: int) -> bool:
        return partition in self._next

    def is_refused(self, partition: int) -> bool:
        """Whether the partition has gone to another member before what was done last was committed."""
        return partition in self._refused

    def add(self, message: Any) -> None:
        """Take note that all up to a message is done."""
        self._refused.discard(message.partition())
        self._next[message.partition()] = message.offset() + 1

    def send(self, consumer: Any) -> None:
        """Commit what is done, unless a commit is on its way; `answered` gets the answer from a later poll.

        Args:
            consumer: the client of the member.
        """
        if not self._next or self._unanswered or time.monotonic() < self._not_before:
            return
        self._commit(consumer)

    def _commit(self, consumer: Any) -> None:
        self._unanswered += 1
        make = self._kafka.TopicPartition
        offsets = [make(self._broker.topic, number, offset) for number, offset in self._next.items()]
        try:
            consumer.commit(offsets=offsets, asynchronous=True)
        except self._kafka.KafkaException as error:
            self.answered(error.args[0], offsets)

    def answered(self, error: Any, partitions: Sequence[Any]) -> None:
        """The client library's callback for the end of a commit.

        Args:
            error: why it failed; None if it did not.
            partitions: the partitions, each with its offset and its own error.

        Raises:
            BrokerError: it failed for another reason than that the group is being rebalanced.
        """
        self._unanswered -= 1
        for done in partitions:
            is_lost = error is not None and not self._unanswered and done.partition in self._leaving
            if is_lost:
                self._refused.add(done.partition)
            if is_lost or (error is None and self._next.get(done.partition) == done.offset):
                self._next.pop(done.partition, None)
        if error is None:
            return
        self._not_before = time.monotonic() + _AGAIN_AFTER_S
        if error.code() not in self._may_pass:
            raise BrokerError(f"{masked(self._broker.url)}: a commit failed: {error.str()}")

    def leave(self, consumer: Any, partitions: set[int]) -> None:
        """Commit what is done of partitions that go to another member: the last moment for it.

        It goes to the broker before the client gives the partitions back.

        Args:
            consumer: the client of the member.
            partitions: the numbers of the partitions.
        """
        self._leaving |= partitions
        if partitions & set(self._next):
            self._commit(consumer)

    def come(self, partitions: set[int]) -> None:
        """Begin afresh with partitions that the group has given to this member.

        Args:
            partitions: the numbers of the partitions.
        """
        self._leaving -= partitions

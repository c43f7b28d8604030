"""What a live run asks of a broker: one small adapter per kind, and the records that pass between.

An adapter is a class that is made of a URL and of what is wanted (`Broker`). Each process of a run makes
its own: the runner creates the queue, watches the dead letters and removes everything; the threads of the
web service publish through a few `Publisher`s; each worker process holds one `Consumer`.

All times here are real seconds: those of the scenario divided by the speed of the run. What a moment is
stamped with is `time.monotonic()`, which all processes of one Linux machine share.

A broker that is down, refuses, or goes away raises BrokerError, in one line that names the URL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from syncasync_sim.errors import LiveError
from syncasync_sim.model.distributions import Distribution
from syncasync_sim.model.queue_parts import Queue


class BrokerError(LiveError):
    """The broker is down, does not let us in, or went away; the message is one line with its URL."""


class RefusedError(LiveError):
    """The broker has refused one message, because its queue is full. The run goes on."""


@dataclass(frozen=True, slots=True)
class Server:
    """What answered: its name and version as it calls itself, and whether it is the real thing.

    `note` is what has to be said beside it, for instance `emulator` or `mock, not Kafka`.
    """

    name: str
    version: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True)
class QueueRequirements:
    """What a run wants of the queue.

    `name` is made of letters, digits and hyphens, and new for every run: whatever the adapter creates is
    called that, or begins with it. `max_deliveries` is the greatest number of deliveries of a message,
    the smaller of the step's `retry.attempts` and the queue's own limit; None: no limit. `retry_delays_s`
    are the real delays that a run may ask of `fail`, before jitter; so one that the broker cannot keep is
    refused before anything starts. `has_host_crash`: a worker will be frozen, not killed.
    """

    name: str
    queue: Queue
    workers: int
    renew: bool
    speed: float
    max_deliveries: int | None
    retry_delays_s: tuple[float, ...]
    has_jitter: bool
    has_host_crash: bool

    def real_s(self, scenario_s: float) -> float:
        """Real seconds of so many seconds of the scenario."""
        return scenario_s / self.speed

    def span_s(self, distribution: Distribution) -> tuple[float, float]:
        """The shortest and the longest a duration of the scenario may be, in real seconds.

        As `span_s(queue.visibility_timeout)` for a preset's `uniform(30s, 30.6s)`: (6.0, 6.12) at speed 5.
        """
        return distribution.quantile_s(0.0) / self.speed, distribution.quantile_s(1 - 1e-9) / self.speed

    def to_data(self) -> dict[str, Any]:
        """Plain data, for the processes of the run."""
        plain = {name: getattr(self, name) for name in QueueRequirements.__slots__}
        # With the preset's own values written out: every process reads the same fields.
        return {**plain, "queue": self.queue.model_dump(mode="json", by_alias=True)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> QueueRequirements:
        """What `to_data` gave, read back."""
        queue, delays = Queue.model_validate(plain["queue"]), tuple(plain["retry_delays_s"])
        return cls(**{**plain, "queue": queue, "retry_delays_s": delays})


@dataclass(frozen=True, slots=True)
class Message:
    """One background step of one request. An adapter carries `body` as it is, and orders by `key`."""

    body: bytes
    key: int
    """The customer's number: partition `key mod N`, or a group of its own (`partitions: customer`)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in a worker's hands.

    `taken_at` is when it came to this process (`time.monotonic()`); `handle` is the adapter's own: a
    receipt, an entry's id, a delivery tag. `number` is the broker's count of deliveries, the first is 1;
    None where it does not count. The runner counts on its own, from its database.
    """

    message: Message
    taken_at: float
    handle: Any
    number: int | None = None


class Publisher(Protocol):
    """Puts messages on the queue. Made in one thread, used by others, by one at a time."""

    def publish(self, message: Message) -> None:
        """Return when the broker has confirmed the message; the time it takes is what is measured.

        Raises RefusedError where the queue is full, BrokerError where the broker is gone.
        """
        ...

    def close(self) -> None:
        """Leave. Never raises."""
        ...


class Consumer(Protocol):
    """A worker's hold on the queue. Used by one thread of one process, whose death closes it.

    It hides prefetch, polling, the claim loop and the group's membership. It never has more than
    `queue.prefetch` deliveries that are neither acknowledged nor failed.
    """

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        """What has come, in the order to be worked on: as soon as there is something, else after *wait_s*.

        With `queue.ack == "before"` the broker considers them done already.
        """
        ...

    def work(self, delivery: Delivery, seconds: float) -> None:
        """Pass *seconds* as work on *delivery*: sleep, while the connection is kept alive.

        With `wanted.renew` its visibility timeout is extended for as long; else it runs.
        """
        ...

    def acknowledge(self, delivery: Delivery) -> bool:
        """Settle it for good; False where the broker is known to have ignored it, as it came too late.

        With `queue.ack == "before"` there is nothing to do.
        """
        ...

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        """The work on it failed: do what `queue.failure` says.

        requeue: visible again after *delay_s*. timeout: visible again when its visibility timeout is over,
        so nothing need be said. in_place: `receive` gives it again after *delay_s*, to this worker and
        before any other of its partition. *last*: this was the last delivery that is allowed; then it goes
        to the dead letters or is dropped (`queue.dead_letter`), by the broker's own limit where it has
        one, else by this method. (With failure: timeout, when the visibility timeout is over.)
        """
        ...

    def close(self) -> None:
        """Leave cleanly, giving back what is held. Never raises. A crash never calls it."""
        ...


class Observer(Protocol):
    """What the runner asks of the broker while the run goes on, from one thread of its own."""

    def dead_letters(self) -> Sequence[Message]:
        """The messages that have come to the dead letters since this was last asked; does not wait."""
        ...

    def waiting(self) -> int | None:
        """How many messages wait to be delivered, by the broker's own count; None if it does not say."""
        ...

    def close(self) -> None:
        """Leave. Never raises."""
        ...


class Broker(Protocol):
    """One kind of broker: how to reach it, what it can do, and its three ends."""

    preset: ClassVar[str]
    """The name of its preset in the model, as `redis-streams`."""
    extra: ClassVar[str]
    """What has to be installed: the name of the package's extra, as `redis`; empty: nothing more."""

    def __init__(self, url: str, wanted: QueueRequirements) -> None:
        """Does not connect and imports no client library."""
        ...

    def unsupported(self) -> Sequence[str]:
        """What of `wanted` the broker cannot do for real, a sentence each with the reason and the cure,
        as `queue.visibility_timeout: 500ms at speed 5 is 0.1 s, and SQS takes whole seconds only; choose
        --speed 0.5`. Nothing is started then. Does not connect.
        """
        ...

    def create(self) -> Server:
        """Connect, create the queue and what belongs to it, with the real settings; say who answered.

        Raises BrokerError; ScenarioError for what only the server's version forbids.
        """
        ...

    def publisher(self) -> Publisher: ...

    def consumer(self, worker: int = 1) -> Consumer:
        """The hold of that worker, counted from 1; where partitions are owned they are dealt in that order.

        Ready to receive when this returns: a member of the group, with its partitions assigned.
        """
        ...

    def observer(self) -> Observer: ...

    def remove(self) -> None:
        """Remove whatever `create` made, also after a failure half-way; never raises."""
        ...


ADAPTERS: Mapping[str, tuple[str, str]] = {
    "sqlite": ("sqlite_queue", "SqliteQueue"),
    "redis": ("redis_adapter", "RedisStreams"),
    "amqp": ("rabbitmq_adapter", "RabbitMQ"),
    "sqs+http": ("sqs_adapter", "Sqs"),
    "sqs+https": ("sqs_adapter", "Sqs"),
    "kafka": ("kafka_adapter", "Kafka"),
}
"""By the scheme of a URL: the module beside this one, and the class in it."""

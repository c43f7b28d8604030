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
from typing import Any, ClassVar, Protocol, runtime_checkable

from syncasync_sim.errors import LiveError
from syncasync_sim.model.distributions import Distribution
from syncasync_sim.model.queue_parts import Queue

BEGINNING = "syncasync-"
"""With it begins the name of whatever a run makes; 12 hexadecimal digits follow."""


class BrokerError(LiveError):
    """The broker is down, does not let us in, or went away; the message is one line with its URL."""


class RefusedError(LiveError):
    """The broker has refused one message because its queue is full; the run goes on."""


@dataclass(frozen=True, slots=True)
class Server:
    """What answered: its name and version as it calls itself, and whether it is the real thing.

    `note` is what has to be said beside it, for instance `emulator` or `mock, not Kafka`. `differs` says what
    it is known to do otherwise than the real thing; empty: nothing.
    """

    name: str
    version: str
    note: str = ""
    differs: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True)
class QueueRequirements:
    """What a run wants of the queue.

    `name` is made of letters, digits and hyphens, and new for every run: whatever the adapter creates is
    called that, or begins with it. `max_deliveries` is the greatest number of deliveries of a message,
    the smaller of the step's `retry.attempts` and the queue's own limit; None: no limit. `retry_delays_s`
    are the real delays that a run may ask of `fail`, before jitter; so one that the broker cannot keep is
    refused before anything starts. `has_host_crash`: a worker will be frozen, not killed, or for longer than
    a time; `has_freezes`: it goes on afterwards. `has_stops`: a worker will give back what it only holds.
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
    has_freezes: bool = False
    has_stops: bool = False

    def real_s(self, scenario_s: float) -> float:
        """Return the real seconds of a time of the scenario."""
        return scenario_s / self.speed

    def span_s(self, distribution: Distribution) -> tuple[float, float]:
        """Return the shortest and the longest value of a duration of the scenario, in real seconds.

        An example: `span_s(queue.visibility_timeout)` of a preset's `uniform(30s, 30.6s)` is (6.0, 6.12) at
        speed 5.
        """
        return distribution.quantile_s(0.0) / self.speed, distribution.quantile_s(1 - 1e-9) / self.speed

    def to_data(self) -> dict[str, Any]:
        """Return the requirements as plain data, for the processes of the run."""
        plain = {name: getattr(self, name) for name in QueueRequirements.__slots__}
        # With the preset's own values written out: every process reads the same fields.
        return {**plain, "queue": self.queue.model_dump(mode="json", by_alias=True)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> QueueRequirements:
        """The requirements made from the plain data of `to_data`."""
        queue, delays = Queue.model_validate(plain["queue"]), tuple(plain["retry_delays_s"])
        return cls(**{**plain, "queue": queue, "retry_delays_s": delays})


@dataclass(frozen=True, slots=True)
class Message:
    """One background step of one request; an adapter carries `body` as it is, and orders by `key`."""

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
    """Publishes messages.

    It is made in one thread and used by others, one at a time.
    """

    def publish(self, message: Message) -> None:
        """Publish a message, and wait until the broker has confirmed it; this time is measured.

        Args:
            message: the message.

        Raises:
            RefusedError: the queue is full.
            BrokerError: the broker is gone.
        """
        ...

    def close(self) -> None:
        """Disconnect; this never raises."""
        ...


class Consumer(Protocol):
    """The connection of a worker to the queue.

    It is used by one thread of one process, whose death closes it. It hides prefetch, polling, the claim loop
    and the membership of the group. It never has more than `queue.prefetch` deliveries that are neither
    acknowledged nor failed.
    """

    def receive(self, wait_s: float) -> Sequence[Delivery]:
        """Return the messages that have come, in the order to work on them.

        It returns as soon as there is one, and otherwise after *wait_s* seconds. With `queue.ack == "before"`
        the broker considers them done already.
        """
        ...

    def work(self, delivery: Delivery, seconds: float) -> None:
        """Spend time as the work on a message, and keep the connection alive meanwhile.

        With `wanted.renew` the visibility timeout is renewed until the end of the work.

        Args:
            delivery: the delivery.
            seconds: the length of the work, in real seconds.
        """
        ...

    def acknowledge(self, delivery: Delivery) -> bool:
        """Acknowledge a delivery; False if the broker is known to have ignored it as too late.

        With `queue.ack == "before"` there is nothing to do.
        """
        ...

    def fail(self, delivery: Delivery, delay_s: float, *, last: bool) -> None:
        """Handle failed work as `queue.failure` says.

        With `requeue` the message is visible again after the delay. With `timeout` it is visible again when
        its visibility timeout ends, so nothing is sent. With `in_place` `receive` gives it again after the
        delay, to this worker and before any other message of its partition.

        Args:
            delivery: the delivery that failed.
            delay_s: the delay until the next delivery, in real seconds.
            last: whether this was the last delivery allowed. The message is then dead-lettered or dropped
                (`queue.dead_letter`), by the broker's own limit if it has one, otherwise by this method; with
                `timeout`, when the visibility timeout ends.
        """
        ...

    def stop_taking(self) -> Sequence[Delivery]:
        """Return the messages that have come already, and take no other from now on."""
        ...

    def give_back(self, delivery: Delivery) -> None:
        """Give back a message that was only held, with `queue.ack == "after"`: it is visible again at once.

        Args:
            delivery: the delivery, which counts.
        """
        ...

    def close(self) -> None:
        """Give back the messages that are held, and disconnect; this never raises.

        A crash never calls it.
        """
        ...


class Observer(Protocol):
    """What the runner asks of the broker while the run goes on, from one thread of its own."""

    def dead_letters(self) -> Sequence[Message]:
        """Return the messages dead-lettered since the last call; this does not wait."""
        ...

    def waiting(self) -> int | None:
        """Return the number of waiting messages by the broker's own count; None if it has no count."""
        ...

    def close(self) -> None:
        """Disconnect; this never raises."""
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
        """Return what the broker cannot do of `wanted`, a sentence each with the reason and the cure.

        An example: `queue.visibility_timeout: 500ms at speed 5 is 0.1 s, and SQS takes whole seconds only;
        choose --speed 0.5`. If there is one, nothing is started. This does not connect.
        """
        ...

    def create(self) -> Server:
        """Connect, create the queue with its real settings, and return the name of the server.

        Raises:
            BrokerError: the broker cannot be used.
            ScenarioError: the version of the server does not support the scenario.
        """
        ...

    def publisher(self) -> Publisher:
        """A new publisher, connected to the broker."""

    def consumer(self, worker: int = 1) -> Consumer:
        """A new consumer for a worker, connected to the broker.

        It is ready to receive: a member of the group, with its partitions assigned. Owned partitions are
        assigned in the order of the workers' numbers, from 1.
        """
        ...

    def observer(self) -> Observer:
        """A new observer, connected to the broker."""

    def remove(self) -> str:
        """Remove everything that `create` made, also after a partial failure; this never raises.

        Returns:
            What could not be removed, and why; empty if nothing is left.
        """
        ...


@runtime_checkable
class HasVersions(Protocol):
    """A broker with servers that have other values than the preset."""

    def server(self) -> Server:
        """Connect, and return the name and the version of the server.

        Raises:
            BrokerError: the broker cannot be used.
        """
        ...

    def differences(self, version: str) -> Mapping[str, str | int | bool]:
        """Return the fields of the queue that a server of this version has otherwise than the preset.

        A time that cannot be set on the broker is given in seconds of the scenario, at the speed of the run.

        Args:
            version: the version of the server.
        """
        ...


ADAPTERS: Mapping[str, tuple[str, str]] = {
    "sqlite": ("sqlite_queue", "SqliteQueue"),
    "redis": ("redis_adapter", "RedisStreams"),
    "rediss": ("redis_adapter", "RedisStreams"),
    "valkey": ("redis_adapter", "RedisStreams"),
    "valkeys": ("redis_adapter", "RedisStreams"),
    "amqp": ("rabbitmq_adapter", "RabbitMQ"),
    "amqps": ("rabbitmq_adapter", "RabbitMQ"),
    "sqs+http": ("sqs_adapter", "Sqs"),
    "sqs+https": ("sqs_adapter", "Sqs"),
    "kafka": ("kafka_adapter", "Kafka"),
    "kafka+ssl": ("kafka_adapter", "Kafka"),
    "in-process": ("in_process_queue", "InProcessQueue"),
}
"""By the scheme of a URL: the module beside this one, and the class in it."""
PASSWORD_VARIABLE = "SYNCASYNC_BROKER_PASSWORD"
"""The environment variable with the password alone, for a URL with a user and no password."""
CA_FILE = "ssl_ca_certs"
"""The option of a URL with the file of the authorities whose certificates are accepted."""
TAKE_CA_FILE = ("rediss", "valkeys", "amqps", "kafka+ssl")
"""The schemes with TLS that take it; an SQS has its own way, `AWS_CA_BUNDLE`."""

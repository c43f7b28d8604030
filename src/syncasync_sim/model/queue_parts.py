"""The parts of a scenario behind the request: the queue, and the workers that take from it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.distributions import Constant
from syncasync_sim.model.fields import (
    Duration,
    DurationOrNever,
    DurationOrUntilIdle,
    NaturalOrUnlimited,
    Partitions,
    Positive,
    PositiveOrUnlimited,
    Probability,
    RandomDuration,
    RandomTimeoutOrNone,
    RandomTimeoutOrSame,
    StrictModel,
    WorkerCount,
    cross_field_error,
)
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.request_parts import Window


class Queue(StrictModel):
    """The message queue between the web server and the workers, as its fields or as a broker's preset."""

    broker: Literal["ideal", "rabbitmq", "sqs", "sqs-fifo", "kafka", "redis-streams"] = "ideal"
    """A preset of the fields below; each may be overridden beside it."""
    publish: RandomDuration = Constant(0.0)
    """How long the publisher waits for the broker; the message is visible at the end of it."""
    deliver: RandomDuration = Constant(0.0)
    """From a worker's taking a message to its having it."""
    capacity: NaturalOrUnlimited = None
    """The greatest depth."""
    when_full: Literal["refuse", "drop_oldest"] = "refuse"
    """`refuse`: the publisher gets an error. `drop_oldest`: the message at the front is lost."""
    ack: Literal["after", "before"] = "after"
    """`after` the work: at-least-once. `before` it: at-most-once, a crash or a failure loses the message."""
    crash_detection: RandomTimeoutOrNone = Constant(0.0)
    """From a worker's death until its messages are visible again; `none`: the queue never notices."""
    host_crash_detection: RandomTimeoutOrSame = "as crash_detection"
    """The same when the whole host is gone or frozen (`kind: host`) and no connection is closed."""
    visibility_timeout: RandomTimeoutOrNone = None
    """From a worker's taking a message until it is visible again, if not acknowledged by then."""
    redelivery: Literal["original", "back"] = "original"
    """Where a returning message stands: at its place by publish order, or at the back of the queue."""
    failure: Literal["requeue", "timeout", "in_place"] = "requeue"
    """After a failed delivery: visible after the retry delay; or when the visibility timeout is over; or the
    worker keeps it and tries again after the retry delay, so that nothing overtakes."""
    max_deliveries: PositiveOrUnlimited = None
    """The broker's own limit of deliveries per message."""
    limit_counts: Literal["all", "failures"] = "all"
    """What `max_deliveries` counts. `failures`: not a delivery that its visibility timeout ended. (A step's
    `retry.attempts` counts all.)"""
    dead_letter: bool = True
    """After the last attempt: true, to the dead-letter queue; false, dropped."""
    prefetch: PositiveOrUnlimited = 1
    """Messages a worker holds; it works on them one at a time."""
    partitions: Partitions = None
    """`none`; N: messages of customer k go to partition k mod N; `customer`: one partition per customer."""
    assignment: Literal["owned", "locked"] = "owned"
    """`owned`: each partition is read by one worker. `locked`: by any, but one message at a time."""
    rebalance: DurationOrUntilIdle = 0.0
    """Pause of all deliveries when a worker joins or leaves (owned partitions); `until_idle`: until every
    worker has ended the message in its hands."""
    outages: tuple[Window, ...] = ()
    """Windows in which the broker is down."""
    durable: bool = True
    """false: the start of an outage loses what waits in the queue."""
    late_ack: Literal["accepted", "until_retaken", "ignored"] = "accepted"
    """What an acknowledgement does that comes after the visibility timeout."""

    @model_validator(mode="wrap")
    @classmethod
    def _preset(cls, data: Any, handler: ModelWrapValidatorHandler[Queue]) -> Queue:
        """The broker's values stand below what was written, and do not count as written."""
        if not isinstance(data, dict):
            return handler(data)
        name = data.get("broker")
        broker = BROKERS.get(name) if isinstance(name, str) else None
        preset: dict[str, object] = {**broker.values} if broker else {}
        # What a validator hands over counts as Python data, where strict pydantic wants a tuple.
        written = {key: tuple(v) if isinstance(v, list) else v for key, v in data.items()}
        queue = handler({**preset, **written})
        object.__setattr__(
            queue, "__pydantic_fields_set__", queue.model_fields_set - (preset.keys() - written)
        )
        return queue

    @model_validator(mode="after")
    def _check_visibility_timeout(self) -> Queue:
        if self.failure == "timeout" and self.visibility_timeout is None:
            own = "failure" in self.model_fields_set
            reason = "failure: timeout brings" if own else f"{self.broker} (failure: timeout) brings"
            raise cross_field_error(
                ("failure" if own else "visibility_timeout",),
                f"{reason} a message back when its visibility timeout is over, and none is set",
                cure="add for instance  visibility_timeout: 30s" + ("" if own else ", or  failure: requeue"),
            )
        return self

    @model_validator(mode="after")
    def _check_broker_limits(self) -> Queue:
        broker = BROKERS[self.broker]
        for field, setting in broker.settings.items():
            allowed, value = setting.allowed, getattr(self, field)
            if allowed is not None and not allowed.holds(value):
                given = self.model_dump(mode="json", by_alias=True)[field]
                given = format_time(value.value_s) if isinstance(value, Constant) else given
                raise cross_field_error(
                    (field,),
                    f"{broker.called} takes {allowed} ({setting.real_name}), not {given}",
                    cure=f"{allowed}, or  broker: ideal  for a queue without limits; see {setting.source}",
                )
        return self

    @property
    def most_held(self) -> int | None:
        """Messages a worker may hold: `prefetch`, or what the broker makes of `unlimited`; None: all."""
        setting = BROKERS[self.broker].settings.get("prefetch")
        allowed = None if setting is None else setting.allowed
        if self.prefetch is None and allowed is not None and allowed.absent == "the most":
            return int(allowed.most)
        return self.prefetch


class Crash(StrictModel):
    """One worker dying at one moment."""

    worker: Positive
    """Which one, counted from 1."""
    at_s: Duration = Field(alias="at")
    """When."""
    restart_after_s: DurationOrNever = Field(alias="restart_after")
    """How long until it is back; `never`: it stays away."""
    kind: Literal["process", "host"] = "process"
    """`process`: its connection is closed at once. `host`: the whole machine is gone or frozen."""


class Workers(StrictModel):
    """The processes that take messages from the queue and do the background steps."""

    count: WorkerCount = 1
    """How many there are."""
    crashes: tuple[Crash, ...] = ()
    """Crashes at given moments."""
    crash_rate: Probability = 0.0
    """The chance of each delivery that the worker dies of it when its turn comes."""
    crash_point: Literal["before_work", "after_work"] = "before_work"
    """`before_work`: when it would begin the message's work (not of what it only holds). `after_work`: done,
    not yet acknowledged."""
    restart_after_s: DurationOrNever = Field(default=0.0, alias="restart_after")
    """How long until a worker that died by `crash_rate` is back."""
    renew: bool = False
    """Whether a living worker keeps extending the visibility timeout of what it works on."""

    @model_validator(mode="after")
    def _check_crashed_workers(self) -> Workers:
        for index, crash in enumerate(self.crashes):
            if crash.worker > self.count:
                raise cross_field_error(
                    ("crashes", index, "worker"),
                    f"there is no worker {crash.worker}: workers.count is {self.count}",
                    cure="workers are counted from 1",
                )
        return self

"""The parts of a scenario behind the request: the queue, and the workers that take from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from syncasync_sim.model.brokers import ALIASES, BROKERS, IDEAL, preset_name
from syncasync_sim.model.distributions import Constant, Distribution
from syncasync_sim.model.fields import (
    Duration,
    DurationOrNever,
    DurationOrUnlimited,
    DurationOrUntilIdle,
    NaturalOrUnlimited,
    Partitions,
    Positive,
    PositiveDuration,
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

if TYPE_CHECKING:
    BrokerName = str  # a type checker does not look into BROKERS
else:
    BrokerName = Literal[(*BROKERS, *ALIASES)]


class Queue(StrictModel):
    """The message queue between the web server and the workers, as its fields or as a broker's preset."""

    broker: BrokerName = IDEAL
    """A preset for the fields below; a field beside `broker` overrides the preset."""
    publish: RandomDuration = Constant(0.0)
    """How long the publisher waits for the broker; the message is visible at the end of this time."""
    publish_failure: Literal["error", "ignore", "outbox"] = "error"
    """What a refused publish does. `error`: it ends the request with an error page. `ignore`: the request
    goes on, and the message is lost. `outbox`: the request writes its message into its database, which takes
    no time and never fails, and a relay publishes it from there."""
    outbox_every: PositiveDuration = 1.0
    """The time between two looks of the relay into the outbox."""
    deliver: RandomDuration = Constant(0.0)
    """The time from a worker's request for a message until the worker has the message."""
    capacity: NaturalOrUnlimited = None
    """The greatest possible depth."""
    when_full: Literal["refuse", "drop_oldest"] = "refuse"
    """`refuse`: the publisher gets an error. `drop_oldest`: the message at the front is lost."""
    ack: Literal["after", "before"] = "after"
    """When a worker acknowledges. `after` the work: at-least-once. `before` the work: at-most-once, and a
    crash or a failure loses the message."""
    crash_detection: RandomTimeoutOrNone = Constant(0.0)
    """The time from a worker's death until its messages are visible again; `none`: the queue never
    notices."""
    host_crash_detection: RandomTimeoutOrSame = "as crash_detection"
    """The same time if the whole host is down or frozen (`kind: host`) and no connection is closed."""
    visibility_timeout: RandomTimeoutOrNone = None
    """The time after which a message that a worker has taken is visible again, unless it is acknowledged."""
    redelivery: Literal["original", "back"] = "original"
    """The place of a returned message: its original place in the queue, or the back of the queue."""
    failure: Literal["requeue", "timeout", "in_place"] = "requeue"
    """After a failed delivery. `requeue`: the message is visible after the retry delay. `timeout`: it is
    visible when the visibility timeout is over. `in_place`: the worker keeps it and tries again after the
    retry delay, so no later message overtakes it."""
    max_deliveries: PositiveOrUnlimited = None
    """The broker's own limit of deliveries per message."""
    limit_counts: Literal["all", "failures"] = "all"
    """The deliveries that `max_deliveries` counts. `failures`: all but those that ended by the visibility
    timeout. (`retry.attempts` of a step always counts all deliveries.)"""
    dead_letter: bool = True
    """After the last attempt, `true` puts the message in the dead-letter queue, and `false` drops it."""
    prefetch: PositiveOrUnlimited = 1
    """The number of messages that a worker holds; the worker handles one at a time."""
    deal: Literal["least_held", "round_robin", "rotation", "greedy"] = "least_held"
    """The worker that gets the next message, among those with room. `least_held`: the one that holds the
    fewest, so idle workers come first. `round_robin`: the next one in turn, busy or not; the broker pushes.
    `rotation`: also in turn, but a worker that was full goes to the end of the turn when it has room again.
    `greedy`: the lowest-numbered one as long as it has room."""
    max_in_flight: PositiveOrUnlimited = None
    """The greatest number of messages in flight (taken, and not settled yet); at that number no message is
    taken."""
    partitions: Partitions = None
    """`none`; N: messages of customer k go to partition k mod N; `customer`: one partition per customer."""
    assignment: Literal["owned", "locked"] = "owned"
    """`owned`: one worker reads each partition. `locked`: any worker may read it, but one message at a
    time."""
    rebalance: DurationOrUntilIdle = 0.0
    """The pause of all deliveries when a worker joins or leaves (owned partitions); `until_idle`: until every
    worker has ended its current message."""
    on_overrun: Literal["reread", "evict"] = "reread"
    """The fate of a living worker whose visibility timeout is over (owned partitions). `reread`: the message
    is visible again in its partition. `evict`: the worker also leaves its group, and joins again later."""
    outages: tuple[Window, ...] = ()
    """Windows in which the broker is down."""
    durable: bool = True
    """Whether the queue keeps its messages in an outage; `false`: waiting messages are lost when it
    starts."""
    in_process: bool = False
    """Whether the queue and its workers live in the web server. A restart (`server.restarts`) loses all that
    waits and all that workers have in hand; the workers are back at its end."""
    late_ack: Literal["accepted", "until_retaken", "ignored"] = "accepted"
    """The effect of an acknowledgement that comes after the visibility timeout."""

    @model_validator(mode="wrap")
    @classmethod
    def _preset(cls, data: Any, handler: ModelWrapValidatorHandler[Queue]) -> Queue:
        """Add the broker's values for the fields that were not written; they do not count as written."""
        if not isinstance(data, dict):
            return handler(data)
        name = data.get("broker")
        if isinstance(name, str):
            name = preset_name(name)
            data = {**data, "broker": name}
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
    def _check_outbox(self) -> Queue:
        if self.in_process and self.has_outbox:
            raise cross_field_error(
                ("publish_failure",),
                "an outbox is for a broker that can be away, and this queue is in the web server itself",
                cure="leave out publish_failure, or set  in_process: false",
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

    @property
    def has_outbox(self) -> bool:
        """Whether requests write their messages into an outbox."""
        return self.publish_failure == "outbox"

    @property
    def publish_in_request(self) -> Distribution:
        """How long a request waits for the publishing of a message: with an outbox, no time."""
        return Constant(0.0) if self.has_outbox else self.publish

    @property
    def host_detection(self) -> Distribution | None:
        """The time until a host that is down or frozen is taken for dead; None: never."""
        detection = self.host_crash_detection
        return self.crash_detection if detection == "as crash_detection" else detection

    @property
    def evicts(self) -> bool:
        """Whether a worker that is too slow leaves its group."""
        has_group = self.partitions is not None and self.assignment == "owned" and self.ack == "after"
        return self.on_overrun == "evict" and has_group and self.visibility_timeout is not None

    @property
    def deals_in_turn(self) -> bool:
        """Whether each worker has its turn, busy or not."""
        return self.deal in {"round_robin", "rotation"}


class Crash(StrictModel):
    """The crash of one worker at a given time."""

    worker: Positive
    """The number of the worker, counted from 1."""
    at_s: Duration = Field(alias="at")
    """The time of the crash."""
    restart_after_s: DurationOrNever = Field(alias="restart_after")
    """The time until the worker is back; `never`: the worker does not come back."""
    kind: Literal["process", "host"] = "process"
    """`process`: the worker's connection is closed at once. `host`: the whole machine is down or frozen."""


class Stop(StrictModel):
    """The orderly stop of one worker at a given time, as in a deployment."""

    worker: Positive
    """The number of the worker, counted from 1."""
    at_s: Duration = Field(alias="at")
    """The time from which the worker takes nothing. It gives back at once what it has not begun."""
    grace_s: DurationOrUnlimited = Field(alias="grace")
    """The time it has to end the message that it works on; then it is killed. `unlimited`: as long as it
    needs."""
    restart_after_s: DurationOrNever = Field(alias="restart_after")
    """The time from its end until the worker is back; `never`: the worker does not come back."""


class Freeze(StrictModel):
    """The time in which one worker stands still, as in a long pause of its garbage collector."""

    worker: Positive
    """The number of the worker, counted from 1."""
    at_s: Duration = Field(alias="at")
    """The time at which the worker stands still."""
    for_s: Duration = Field(alias="for")
    """The time for which it does; the end of its work moves by as much."""


class Workers(StrictModel):
    """The processes that take messages from the queue and do the background steps."""

    count: WorkerCount = 1
    """The number of workers."""
    crashes: tuple[Crash, ...] = ()
    """Crashes at given times."""
    stops: tuple[Stop, ...] = ()
    """Orderly stops at given times: a worker may end the message that it works on."""
    freezes: tuple[Freeze, ...] = ()
    """Times in which a worker stands still, and then goes on."""
    crash_rate: Probability = 0.0
    """The probability that the worker dies when it handles a delivery."""
    crash_point: Literal["before_work", "after_work"] = "before_work"
    """When the worker dies. `before_work`: just before it begins the work of the message. `after_work`: when
    the work is done, but not yet acknowledged."""
    restart_after_s: DurationOrNever = Field(default=0.0, alias="restart_after")
    """The time until a worker that died by `crash_rate` is back."""
    renew: bool = False
    """Whether a worker keeps extending the visibility timeout of the message that it works on."""

    @model_validator(mode="after")
    def _check_named_workers(self) -> Workers:
        for key in ("crashes", "stops", "freezes"):
            for index, fault in enumerate(getattr(self, key)):
                if fault.worker > self.count:
                    raise cross_field_error(
                        (key, index, "worker"),
                        f"there is no worker {fault.worker}: workers.count is {self.count}",
                        cure="workers are counted from 1",
                    )
        return self

    @property
    def may_pause(self) -> bool:
        """Whether one of them takes nothing for a time, though it lives."""
        return bool(self.stops or self.freezes)

"""The parts of a scenario besides its traffic: customer, server, steps, queue, workers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from syncasync_sim.model.brokers import BROKERS
from syncasync_sim.model.distributions import Constant
from syncasync_sim.model.fields import (
    Duration,
    DurationOrForever,
    DurationOrNever,
    DurationOrNone,
    DurationOrOwn,
    Factor,
    Natural,
    NaturalOrUnlimited,
    Part,
    Positive,
    PositiveDurationOrNone,
    PositiveOrUnlimited,
    Probability,
    RandomDuration,
    RandomDurationOrNone,
    plain_text,
    wrong_at,
)


class Window(Part):
    """A stretch of time, half open: [from, from + for)."""

    from_s: Duration = Field(alias="from")
    """When it begins."""
    for_s: DurationOrForever = Field(alias="for")
    """How long it lasts: a duration, or `forever`."""

    @property
    def until_s(self) -> float | None:
        """When it is over; None for never."""
        return None if self.for_s is None else self.from_s + self.for_s


class Slowdown(Window):
    """A window in which every attempt that starts takes longer."""

    factor: Factor
    """An attempt that starts in the window takes this many times as long."""


class Customer(Part):
    """How long a customer waits, and what they do then."""

    patience_s: DurationOrNone = Field(default=None, alias="patience")
    """After waiting this long the customer sees a time-out page; `none`: waits for ever."""
    resubmits: Natural = 0
    """How often the same customer clicks again after anything but success."""
    resubmit_after_s: Duration = Field(default=0.0, alias="resubmit_after")
    """How long after the bad answer the customer clicks again."""


class Server(Part):
    """The web server: each thread holds one request from its beginning to its reply."""

    threads: PositiveOrUnlimited = None
    """Requests handled at once."""
    backlog: NaturalOrUnlimited = None
    """Requests that may wait for a thread; beyond it a request is rejected at once."""
    drop_expired: bool = False
    """Whether a request whose customer has given up is skipped when its turn comes."""


class Retry(Part):
    """How often a step is tried, and how long after a failure."""

    attempts: PositiveOrUnlimited = 5
    """Tries in all, the first included. For a message: deliveries, crashes included."""
    delay_s: Duration = Field(default=1.0, alias="delay")
    """How long after the first failure the second try comes."""
    factor: Factor = 2.0
    """Each further delay is this many times the one before."""
    max_delay_s: Duration = Field(default=60.0, alias="max_delay")
    """No delay is longer than this."""
    jitter: Literal["none", "full"] = "none"
    """`full`: each delay is multiplied by a random number between 0 and 1."""
    in_request: bool = False
    """Whether a step done in the request is retried too, while the customer waits."""


class Step(Part):
    """One thing the checkout does."""

    name: str
    """What it is called; unique."""
    duration: RandomDuration
    """How long an attempt takes: a duration or a distribution."""
    effect: str | None = None
    """What has happened in the world once it has succeeded, for instance `card charged`."""
    background: bool = False
    """Whether the asynchronous design puts a message on the queue instead of doing it in the request."""
    failure_rate: Probability = 0.0
    """The chance of each attempt to fail."""
    outages: tuple[Window, ...] = ()
    """Windows in which every attempt that starts fails."""
    slowdowns: tuple[Slowdown, ...] = ()
    """Windows in which every attempt that starts takes longer; where they overlap, the factors multiply."""
    fails_after_s: DurationOrOwn = Field(default=None, alias="fails_after")
    """How long a failing attempt takes; `duration`: as long as it would have taken anyway."""
    timeout_s: PositiveDurationOrNone = Field(default=None, alias="timeout")
    """An attempt that would take longer is cut there and has failed."""
    concurrency: PositiveOrUnlimited = None
    """Attempts the called service takes at once; others wait in line, holding their thread or worker."""
    idempotent: bool = False
    """Whether doing it again for the same customer has no second effect."""
    retry: Retry = Retry()
    """How often it is tried."""

    @field_validator("name", "effect")
    @classmethod
    def _plain_text(cls, text: str | None) -> str | None:
        return plain_text(text)


class Queue(Part):
    """The message queue between the web server and the workers, as its fields or as a broker's preset."""

    broker: Literal["ideal"] = "ideal"
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
    crash_detection: RandomDurationOrNone = Constant(0.0)
    """From a worker's death until its messages are visible again; `none`: the queue never notices."""
    visibility_timeout: RandomDurationOrNone = None
    """From a worker's taking a message until it is visible again, if not acknowledged by then."""
    redelivery: Literal["original", "back"] = "original"
    """Where a returning message stands: at its place by publish order, or at the back of the queue."""
    failure: Literal["requeue", "timeout"] = "requeue"
    """After a failed delivery: visible after the retry delay, or when the visibility timeout is over."""
    max_deliveries: PositiveOrUnlimited = None
    """The broker's own limit of deliveries per message."""
    dead_letter: bool = True
    """After the last attempt: true, to the dead-letter queue; false, dropped."""
    outages: tuple[Window, ...] = ()
    """Windows in which the broker is down."""
    durable: bool = True
    """false: the start of an outage loses what waits in the queue."""
    late_ack: Literal["accepted", "until_retaken", "ignored"] = "accepted"
    """What an acknowledgement does that comes after the visibility timeout."""

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        broker = data.get("broker")
        preset: Mapping[str, object] = BROKERS.get(broker, {}) if isinstance(broker, str) else {}
        # What a validator hands over counts as Python data, where strict pydantic wants a tuple.
        return {**preset, **{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}}

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Queue:
        if self.failure == "timeout" and self.visibility_timeout is None:
            raise wrong_at(
                ("failure",),
                "failure: timeout brings a message back when its visibility timeout is over, and none is set",
                cure="add for instance  visibility_timeout: 30s",
            )
        return self


class Crash(Part):
    """One worker dying at one moment."""

    worker: Positive
    """Which one, counted from 1."""
    at_s: Duration = Field(alias="at")
    """When."""
    restart_after_s: DurationOrNever = Field(alias="restart_after")
    """How long until it is back; `never`: it stays away."""


class Workers(Part):
    """The processes that take messages from the queue and do the background steps."""

    count: Natural = 1
    """How many there are."""
    crashes: tuple[Crash, ...] = ()
    """Crashes at given moments."""
    crash_rate: Probability = 0.0
    """The chance of each delivery that the worker dies of it."""
    crash_point: Literal["before_work", "after_work"] = "before_work"
    """`before_work`: right after it took the message. `after_work`: done, not yet acknowledged."""
    restart_after_s: DurationOrNever = Field(default=0.0, alias="restart_after")
    """How long until a worker that died by `crash_rate` is back."""

    @model_validator(mode="after")
    def _crashes_name_workers(self) -> Workers:
        for place, crash in enumerate(self.crashes):
            if crash.worker > self.count:
                raise wrong_at(
                    ("crashes", place, "worker"),
                    f"there is no worker {crash.worker}: workers.count is {self.count}",
                    cure="workers are counted from 1",
                )
        return self

"""The parts of a scenario in the request: customer, server, steps."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from syncasync_sim.model.fields import (
    Duration,
    DurationOrForever,
    DurationOrOwn,
    Factor,
    Natural,
    NaturalOrUnlimited,
    PositiveOrUnlimited,
    PositiveWaitOrNone,
    Probability,
    RandomDuration,
    StrictModel,
    Wait,
    WaitOrNone,
    check_short_text,
    cross_field_error,
)
from syncasync_sim.model.formats import format_time


class Window(StrictModel):
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


class Customer(StrictModel):
    """How long a customer waits, and what they do then."""

    patience_s: WaitOrNone = Field(default=None, alias="patience")
    """After waiting this long the customer sees a time-out page; `none`: waits for ever."""
    resubmits: Natural = 0
    """How often the same customer clicks again after anything but success."""
    resubmit_after_s: Wait = Field(default=0.0, alias="resubmit_after")
    """How long after the bad answer the customer clicks again."""


class Server(StrictModel):
    """The web server: each thread holds one request from its beginning to its reply."""

    threads: PositiveOrUnlimited = None
    """Requests handled at once."""
    backlog: NaturalOrUnlimited = None
    """Requests that may wait for a thread; beyond it a request is rejected at once."""
    drop_expired: bool = False
    """Whether a request whose customer has given up is skipped when its turn comes."""


class Retry(StrictModel):
    """How often a step is tried, and how long after a failure."""

    attempts: PositiveOrUnlimited = 5
    """Tries in all, the first included. For a message: deliveries, crashes included."""
    delay_s: Wait = Field(default=1.0, alias="delay")
    """How long after the first failure the second try comes."""
    factor: Factor = 2.0
    """Each further delay is this many times the one before."""
    max_delay_s: Wait = Field(default=60.0, alias="max_delay")
    """No delay is longer than this. Left out where `delay` is longer than 60 s: `delay`."""
    jitter: Literal["none", "full"] = "none"
    """`full`: each delay is multiplied by a random number between 0 and 1."""
    in_request: bool = False
    """Whether a step done in the request is retried too, while the customer waits."""

    @model_validator(mode="after")
    def _check_max_delay(self) -> Retry:
        if self.max_delay_s < self.delay_s:
            if "max_delay_s" in self.model_fields_set:
                first, most = map(format_time, (self.delay_s, self.max_delay_s))
                raise cross_field_error(
                    ("max_delay",),
                    f"no delay is longer than max_delay ({most}), and the first one is {first} (delay)",
                    cure=f"a max_delay of {first} or more, or a shorter delay",
                )
            object.__setattr__(self, "max_delay_s", self.delay_s)  # a default says nothing against delay
        return self


class Step(StrictModel):
    """One thing the checkout does."""

    name: str
    """What it is called; unique."""
    duration: RandomDuration
    """How long an attempt takes: a duration or a distribution."""
    effect: str | None = None
    """What has happened in the world once it has succeeded, for instance `card charged`."""
    background: bool = False
    """Whether the asynchronous design puts a message on the queue instead of doing it in the request."""
    needed_for_reply: bool | None = None
    """Whether the page needs what comes of it; left out: yes, unless it is a background step. It changes
    nothing in a run: only `advise` reads it."""
    failure_rate: Probability = 0.0
    """The chance of each attempt to fail."""
    outages: tuple[Window, ...] = ()
    """Windows in which every attempt that starts fails."""
    slowdowns: tuple[Slowdown, ...] = ()
    """Windows in which every attempt that starts takes longer; where they overlap, the factors multiply."""
    fails_after_s: DurationOrOwn = Field(default=None, alias="fails_after")
    """How long a failing attempt takes; `duration`: as long as it would have taken anyway."""
    timeout_s: PositiveWaitOrNone = Field(default=None, alias="timeout")
    """An attempt that would take longer is cut there and has failed."""
    concurrency: PositiveOrUnlimited = None
    """Attempts the called service takes at once; others wait in line, holding their thread or worker."""
    idempotent: bool = False
    """Whether doing it again for the same customer has no second effect."""
    retry: Retry = Retry()
    """How often it is tried."""

    @property
    def is_needed(self) -> bool:
        """Whether the page needs what comes of it, as said or by default."""
        return not self.background if self.needed_for_reply is None else self.needed_for_reply

    @field_validator("name", "effect")
    @classmethod
    def _check_short_text(cls, text: str | None) -> str | None:
        return check_short_text(text)

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
    """A window of time, half open: [from, from + for)."""

    from_s: Duration = Field(alias="from")
    """The time at which the window begins."""
    for_s: DurationOrForever = Field(alias="for")
    """How long the window lasts: a duration, or `forever`."""

    @property
    def until_s(self) -> float | None:
        """When it is over; None for never."""
        return None if self.for_s is None else self.from_s + self.for_s


class Slowdown(Window):
    """A window in which every attempt that starts takes longer."""

    factor: Factor
    """The duration of an attempt that starts in the window is multiplied by this factor."""


class Customer(StrictModel):
    """How long a customer waits, and what a customer does after that."""

    patience_s: WaitOrNone = Field(default=None, alias="patience")
    """After this wait the customer sees a time-out page; `none`: the customer waits for ever."""
    resubmits: Natural = 0
    """How often the same customer clicks again after an error, a rejection or a time-out."""
    resubmit_after_s: Wait = Field(default=0.0, alias="resubmit_after")
    """The time between such an answer and the next click."""


class Restart(StrictModel):
    """A restart of the web server, planned or not: it is down for a time."""

    at_s: Duration = Field(alias="at")
    """The time at which the web server goes down."""
    for_s: Duration = Field(alias="for")
    """How long it is down; after `0` it is open again at once, and has lost its requests all the same."""


class Server(StrictModel):
    """The web server: each thread holds one request from its beginning to its reply."""

    threads: PositiveOrUnlimited = None
    """The number of requests that are handled at the same time."""
    backlog: NaturalOrUnlimited = None
    """The number of requests that may wait for a thread; any further request is rejected at once."""
    drop_expired: bool = False
    """Whether a thread skips a request whose customer has given up."""
    timeout_s: PositiveWaitOrNone = Field(default=None, alias="timeout")
    """A request is killed this long after its thread began it: the customer gets an error page."""
    restarts: tuple[Restart, ...] = ()
    """Times at which the web server is down. It loses the requests that it has, and a customer who comes
    meanwhile gets an error page at once."""

    @property
    def interrupts(self) -> bool:
        """Whether it may end a request before the request ends by itself."""
        return self.timeout_s is not None or bool(self.restarts)


class Retry(StrictModel):
    """How often a step is tried, and the delays between the tries."""

    attempts: PositiveOrUnlimited = 5
    """The number of tries, including the first. For a message: the number of deliveries, including
    crashes."""
    delay_s: Wait = Field(default=1.0, alias="delay")
    """The delay between the first failure and the second try."""
    factor: Factor = 2.0
    """Each delay is the previous delay multiplied by this factor."""
    max_delay_s: Wait = Field(default=60.0, alias="max_delay")
    """The longest delay. If `delay` is longer than 60 s, the default is `delay`."""
    delays_s: tuple[Wait, ...] | None = Field(default=None, alias="delays")
    """The delays one by one, instead of `delay`, `factor` and `max_delay`: the first before the second try,
    and the last before every further one."""
    jitter: Literal["none", "full"] = "none"
    """`full`: each delay is multiplied by a random number between 0 and 1."""
    in_request: bool = False
    """Whether a step in the request is retried too, while the customer waits."""

    @property
    def longest_delay_s(self) -> float:
        """The longest delay that is possible, in seconds."""
        return self.max_delay_s if self.delays_s is None else max(self.delays_s)

    @model_validator(mode="after")
    def _check_delays(self) -> Retry:
        if self.delays_s is None:
            return self
        if not self.delays_s:
            raise cross_field_error(
                ("delays",), "there is no delay in it", cure="as in  delays: [15s, 1m, 5m], or leave it out"
            )
        for key, field in (("delay", "delay_s"), ("factor", "factor"), ("max_delay", "max_delay_s")):
            if field in self.model_fields_set:
                raise cross_field_error(
                    (key,), "the delays are given one by one (delays)", cure=f"leave out {key}, or delays"
                )
        return self

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
    """One step of the work for a customer."""

    name: str
    """The name of the step; unique in the scenario."""
    duration: RandomDuration
    """How long an attempt takes: a duration or a distribution."""
    effect: str | None = None
    """The effect of the step in the world when it succeeds, for instance `card charged`."""
    background: bool = False
    """Whether the asynchronous design puts a message for this step on the queue."""
    needed_for_reply: bool | None = None
    """Whether the page needs the result of the step. Default: yes, except for a background step. This key
    does not change a run: only `advise` reads it."""
    failure_rate: Probability = 0.0
    """The probability that an attempt fails."""
    lost_answers: Probability = 0.0
    """The part of the attempts that fail by `failure_rate` whose effect happens all the same: only the answer
    is lost."""
    poison: Probability = 0.0
    """The part of the customers for whom every attempt fails, in both designs and at every click."""
    poison_kills: bool = False
    """Whether a worker dies at the end of such an attempt."""
    outages: tuple[Window, ...] = ()
    """Windows in which every attempt that starts fails."""
    slowdowns: tuple[Slowdown, ...] = ()
    """Windows in which every attempt that starts takes longer; if windows overlap, their factors multiply."""
    fails_after_s: DurationOrOwn = Field(default=None, alias="fails_after")
    """How long a failing attempt takes; `duration`: as long as a successful attempt."""
    timeout_s: PositiveWaitOrNone = Field(default=None, alias="timeout")
    """An attempt that would take longer is stopped after this time and fails."""
    on_timeout: Literal["cancelled", "works_on"] = "cancelled"
    """What the called service does when its caller has given up. `works_on`: it goes on to the attempt's full
    length, and its effect happens then."""
    on_failure: Literal["error", "continue"] = "error"
    """What a request does when this step has failed for good: it ends with an error page, or it goes on with
    the next step."""
    concurrency: PositiveOrUnlimited = None
    """The number of attempts that the called service handles at the same time. Other attempts wait in line
    and keep their thread or worker busy."""
    idempotent: bool = False
    """Whether a repetition for the same customer has no second effect."""
    retry: Retry = Retry()
    """How often the step is tried, and with which delays."""

    @property
    def is_needed(self) -> bool:
        """Whether the page needs what comes of it, as said or by default."""
        return not self.background if self.needed_for_reply is None else self.needed_for_reply

    @field_validator("name", "effect")
    @classmethod
    def _check_short_text(cls, text: str | None) -> str | None:
        return check_short_text(text)

"""Who comes when."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from pydantic import Field, model_validator

from syncasync_sim.model import arrivals
from syncasync_sim.model.arrivals import Segment
from syncasync_sim.model.fields import (
    Duration,
    Positive,
    PositiveDuration,
    Rate,
    StrictModel,
    cross_field_error,
)


class Phase(StrictModel):
    """A part of the traffic, with a constant rate or a ramp between two rates."""

    rate_per_s: Rate | None = Field(default=None, alias="rate")
    """Customers per time, constant during the phase."""
    ramp_per_s: tuple[Rate, ...] | None = Field(default=None, alias="ramp")
    """Two rates: the rate at the beginning and the rate at the end of the phase."""
    for_s: PositiveDuration = Field(alias="for")
    """How long the phase lasts."""

    @model_validator(mode="after")
    def _check_rate_or_ramp(self) -> Phase:
        if (self.rate_per_s is None) == (self.ramp_per_s is None):
            raise cross_field_error(
                (), "a phase has either a rate or a ramp", cure="write rate: 3/s or ramp: [0/s, 4/s]"
            )
        if self.ramp_per_s is not None and len(self.ramp_per_s) != 2:
            raise cross_field_error(
                ("ramp",), "a ramp has two rates, the first and the last", cure="as in [0/s, 4/s]"
            )
        return self


class Traffic(StrictModel):
    """The arrivals: exactly one of requests, at, rate with for, or phases."""

    requests: Positive | None = None
    """The number of customers, who all arrive at time 0."""
    at_s: tuple[Duration, ...] | None = Field(default=None, alias="at")
    """The arrival times, one for each customer."""
    rate_per_s: Rate | None = Field(default=None, alias="rate")
    """Customers per time, together with `for`."""
    for_s: PositiveDuration | None = Field(default=None, alias="for")
    """How long customers arrive at `rate`."""
    phases: tuple[Phase, ...] | None = None
    """Parts of the traffic, one after the other."""
    arrivals: Literal["steady", "poisson"] = "steady"
    """`steady`: evenly spaced. `poisson`: independent of each other, like strangers."""

    @model_validator(mode="after")
    def _check_one_source(self) -> Traffic:
        given = [n for n in ("requests", "at", "rate", "phases") if getattr(self, _TRAFFIC[n]) is not None]
        if len(given) != 1:
            keys = f"both {' and '.join(given)}" if given else "none of them"
            raise cross_field_error(
                (),
                f"traffic takes exactly one of requests, at, rate or phases; here is {keys}",
                cure="" if given else "write for instance  requests: 10",
            )
        if (self.rate_per_s is None) != (self.for_s is None):
            raise cross_field_error((), "rate and for go together", cure="as in  rate: 3/s  with  for: 60s")
        if self.arrivals == "poisson" and given[0] in ("requests", "at"):
            raise cross_field_error(
                ("arrivals",), "arrivals: poisson goes with rate or phases only", cure="leave it out"
            )
        for key, listed in (("at", self.at_s), ("phases", self.phases)):
            if listed is not None and not listed:
                raise cross_field_error((key,), "the list is empty: nobody comes", cure="name at least one")
        return self

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The rate over time; empty where the arrival times are given one by one."""
        if self.rate_per_s is not None and self.for_s is not None:
            return (Segment(_exact(self.for_s), self.rate_per_s, self.rate_per_s),)
        return tuple(_segment(phase) for phase in self.phases or ())

    @property
    def expected_customers(self) -> float:
        """How many customers come (poisson: on average)."""
        if self.requests is not None:
            return self.requests
        return len(self.at_s) if self.at_s is not None else float(arrivals.cumulative(self.segments))


_TRAFFIC = {"requests": "requests", "at": "at_s", "rate": "rate_per_s", "phases": "phases"}


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1_000_000), 1_000_000)


def _segment(phase: Phase) -> Segment:
    first, last = phase.ramp_per_s or (phase.rate_per_s or Fraction(0),) * 2
    return Segment(_exact(phase.for_s), first, last)

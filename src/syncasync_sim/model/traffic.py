"""Who comes when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from syncasync_sim.model import arrivals
from syncasync_sim.model.arrivals import Segment
from syncasync_sim.model.fields import (
    ColumnName,
    Duration,
    FileName,
    Positive,
    PositiveDuration,
    Rate,
    Start,
    StrictModel,
    cross_field_error,
)
from syncasync_sim.model.measured import ColumnReference, MeasuredColumn, column_of
from syncasync_sim.model.quantities import QuantityError, to_us
from syncasync_sim.model.stamps import TimeUnit


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
    """The arrivals: exactly one of requests, at, rate with for, phases, or file."""

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

    file: FileName = None
    """A CSV file of measured arrival times, in order; its path is relative to the scenario file."""
    column: ColumnName = None
    """The column of `file` that has the arrival times; not needed if it has only one."""
    unit: TimeUnit = "s"
    """The unit of the numbers in `file`."""
    start: Start = None
    """The time in `file` that is time 0 of the run: a number or a date as there, or `first`, the first
    arrival. By default numbers count from 0, and dates from the first."""
    rows: Positive | None = None
    """How many customers of `file` come: those of its first rows. By default all of them."""
    paired: bool = False
    """Whether the k-th customer has the values of row k in each `empirical(file=...)`: of a step's duration,
    `queue.publish` and `queue.deliver`. They are those of the first attempt of the first click."""
    _measured: MeasuredColumn | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check_one_source(self) -> Traffic:
        given = [name for name, field in _SOURCES.items() if getattr(self, field) is not None]
        if len(given) != 1:
            keys = f"both {' and '.join(given)}" if given else "none of them"
            raise cross_field_error(
                (),
                f"traffic takes exactly one of requests, at, rate, phases or file; here is {keys}",
                cure="" if given else "write for instance  requests: 10",
            )
        if (self.rate_per_s is None) != (self.for_s is None):
            raise cross_field_error((), "rate and for go together", cure="as in  rate: 3/s  with  for: 60s")
        if self.arrivals == "poisson" and given[0] in ("requests", "at", "file"):
            raise cross_field_error(
                ("arrivals",), "arrivals: poisson goes with rate or phases only", cure="leave it out"
            )
        with_file = [key for key in _WITH_FILE if getattr(self, key) != type(self).model_fields[key].default]
        if with_file and self.file is None:
            raise cross_field_error(
                (with_file[0],), f"{with_file[0]} goes with file only", cure="leave it out, or name a file"
            )
        for key, listed in (("at", self.at_s), ("phases", self.phases)):
            if listed is not None and not listed:
                raise cross_field_error((key,), "the list is empty: nobody comes", cure="name at least one")
        return self

    @model_validator(mode="after")
    def _take_measured(self, info: ValidationInfo) -> Traffic:
        if self.file is None:
            return self
        reference = ColumnReference(self.file, self.column, self.unit, "arrivals", self.start)
        try:
            self._measured = column_of(reference, info.context)
        except QuantityError as error:
            raise cross_field_error(("file",), str(error), cure=error.cure) from None
        come = len(self._measured.values_us)
        if self.rows is not None and self.rows > come:
            raise cross_field_error(
                ("rows",), f"{self.file} has {come:,} rows, not {self.rows:,}", cure=f"write {come} or less"
            )
        return self

    @property
    def measured(self) -> MeasuredColumn | None:
        """The column of the file; None without a file."""
        return self._measured

    @property
    def times_us(self) -> Sequence[int] | None:
        """The arrival times in microseconds, ascending; None if they are not given one by one."""
        if self._measured is not None:
            values_us = self._measured.values_us
            return values_us if self.rows is None else values_us[: self.rows]
        return None if self.at_s is None else sorted(map(to_us, self.at_s))

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
        if self._measured is not None:
            return self.rows or len(self._measured.values_us)
        return len(self.at_s) if self.at_s is not None else float(arrivals.cumulative(self.segments))

    def expected_until(self, at_s: float | None) -> float:
        """Return how many customers come up to a time (poisson: on average).

        Args:
            at_s: the time, in seconds; None for all of them.
        """
        if at_s is None or self.requests is not None:
            return self.expected_customers
        if self.times_us is not None:
            return bisect_right(self.times_us, to_us(at_s))
        return float(arrivals.cumulative(arrivals.until(self.segments, _exact(at_s))))


_SOURCES = {"requests": "requests", "at": "at_s", "rate": "rate_per_s", "phases": "phases", "file": "file"}
_WITH_FILE = ("column", "unit", "start", "rows", "paired")


def _exact(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1_000_000), 1_000_000)


def _segment(phase: Phase) -> Segment:
    first, last = phase.ramp_per_s or (phase.rate_per_s or Fraction(0),) * 2
    return Segment(_exact(phase.for_s), first, last)

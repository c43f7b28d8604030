"""How many customers a picture takes, and what is left out of a scenario that has more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from syncasync_sim.command_line import command_line
from syncasync_sim.model.arrivals import Segment, cumulative
from syncasync_sim.model.formats import format_time
from syncasync_sim.model.modes import Mode
from syncasync_sim.model.quantities import US_PER_S, format_duration, format_rate
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.trace.queries import customers_came
from syncasync_sim.trace.records import Trace

MOST_CUSTOMERS = 500
"""More than this nobody can follow, and a browser no longer draws it smoothly."""


def cap_of(scenario: Scenario, most: int = MOST_CUSTOMERS) -> str | None:
    """The `path=value` that leaves the first customers of a scenario only; None if no more come.

    They arrive at the same times: the traffic only ends earlier, at a time of three digits. With random
    arrivals the number is the mean.

    Args:
        scenario: the scenario.
        most: the number of customers to leave.
    """
    traffic = scenario.traffic
    if traffic.expected_customers <= most:
        return None
    if traffic.requests is not None:
        return f"traffic.requests={most}"
    if traffic.file is not None:
        return f"traffic.rows={most}"
    if traffic.at_s is not None:
        return f"traffic.at=[{', '.join(map(format_duration, sorted(traffic.at_s)[:most]))}]"
    segments = _until(traffic.segments, most)
    if traffic.rate_per_s is not None:
        return f"traffic.for={_duration(segments[0].lasts_s)}"
    return f"traffic.phases={phases_text(segments)}"


def came(traces: Mapping[Mode, Trace]) -> int:
    """Return the number of customers in a picture of these runs."""
    return max(map(customers_came, traces.values()))


@dataclass(frozen=True, slots=True)
class FirstPart:
    """The first part of a run: *number* of *all* customers, the last of whom comes at *until_us*.

    *cap* is the `path=value` that gives it. *all* is a text, since of a run that was not made it may be an
    estimate.
    """

    number: int
    all: str
    until_us: int
    cap: str

    @classmethod
    def of_runs(cls, traces: Mapping[Mode, Trace], customers: str, cap: str) -> FirstPart:
        """Return the part that runs are; both designs have the same customers.

        Args:
            traces: the runs of the part.
            customers: the number of customers of the whole run, as a text.
            cap: the `path=value` that gives the part.
        """
        rows = next(iter(traces.values())).requests.columns("click", "arrived")
        return cls(came(traces), customers, max(at for click, at in rows if click == 0), cap)

    @property
    def customers(self) -> str:
        """`first 486 of 1,338 customers`."""
        return f"first {self.number:,} of {self.all} customers"

    @property
    def sentence(self) -> str:
        """What the picture and its figures are of, as a sentence without its full stop."""
        until = format_time(self.until_us / US_PER_S)
        return f"The picture and the figures are of the {self.customers}; nobody comes after {until}"

    @property
    def option(self) -> str:
        """The option of `run` that gives the same part, quoted for the shell."""
        return command_line(["--set", self.cap])


def expected(scenario: Scenario) -> str:
    """How many customers a scenario that was not run has: `1,800`, or `about 1,800` where chance decides."""
    customers = scenario.traffic.expected_customers
    certain = scenario.traffic.arrivals == "steady" and float(customers).is_integer()
    return f"{'' if certain else 'about '}{customers:,.0f}"


def limit_sentence(scenario: Scenario) -> str:
    """What a picture will leave out of a scenario, before it is run; empty if it shows all customers."""
    if cap_of(scenario) is None:
        return ""
    return f"The picture shows the first {MOST_CUSTOMERS:,} of {expected(scenario)} customers."


def phases_text(segments: Iterable[Segment]) -> str:
    """The phases of traffic as a scenario writes them, on one line."""
    return f"[{', '.join(map(_phase, segments))}]"


def _phase(segment: Segment) -> str:
    first, last = format_rate(segment.first), format_rate(segment.last)
    rate = f"rate: {first}" if first == last else f"ramp: [{first}, {last}]"
    return f"{{{rate}, for: {_duration(segment.lasts_s)}}}"


def _duration(seconds: Fraction) -> str:
    return format_duration(float(seconds))


def _until(segments: Iterable[Segment], most: int) -> list[Segment]:
    """The traffic up to where *most* customers have come."""
    kept: list[Segment] = []
    for segment in segments:
        left = most - cumulative(tuple(kept))
        if segment.customers >= left:
            return [*kept, _shortened(segment, left)]
        kept.append(segment)
    return kept


def _shortened(segment: Segment, customers: Fraction) -> Segment:
    """The beginning of a stretch, in which at most *customers* come."""
    if segment.first == segment.last:
        return _beginning(segment, _three_digits(customers / segment.first))
    low, high = Fraction(0), segment.lasts_s
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _beginning(segment, middle).customers <= customers else (low, middle)
    return _beginning(segment, _three_digits(low))


def _beginning(segment: Segment, lasts_s: Fraction) -> Segment:
    slope = (segment.last - segment.first) / segment.lasts_s
    return replace(segment, lasts_s=lasts_s, last=segment.first + slope * lasts_s)


def _three_digits(seconds: Fraction) -> Fraction:
    """Rounded down, so that it can be read; at least a microsecond."""
    unit = Fraction(1, US_PER_S)
    while seconds >= unit * 1000:
        unit *= 10
    return max(seconds // unit * unit, Fraction(1, US_PER_S))

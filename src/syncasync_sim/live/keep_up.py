"""Whether the machine kept up with the speed of a run: what its own delays made of the times measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from syncasync_sim.live.overhead import Overhead, RequestOverhead
from syncasync_sim.model.quantities import US_PER_S
from syncasync_sim.trace.columns import NEVER
from syncasync_sim.trace.records import ResponseStatus, Trace

SHARE = 0.05
"""The machine's own delays may make a percentile longer by this share."""
GRACE_S = 0.02
"""And so much more, in seconds of the scenario."""
PERCENTILES = (50, 95)
MARGIN = 0.7
"""Of the speed that would just do, this share is advised: no two runs have the same delays."""
CAUSES = (
    "requests and answers were late on their way",
    "sleeps lasted too long",
    "the broker was slow to take messages",
    "workers were slow to get and to settle messages",
)
"""What the parts of an overhead mean, in its order."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The machine's own part in what was measured, in seconds of the scenario.

    `delay_s` is by how much it made a percentile longer (the p50 or p95 until the answer, or until all work
    was done), and `allowed_s` by how much it might: of that one of them where it counts most. `cause` says
    what the greatest part of all delays was; `busy` is the share of the processors' time that was used, by
    the run and by all else.
    """

    speed: float
    delay_s: float
    allowed_s: float
    cause: str
    busy: float

    @property
    def keeps_up(self) -> bool:
        """Whether what was measured can be told from the machine's own delays."""
        return self.delay_s <= self.allowed_s

    @property
    def advised_speed(self) -> float:
        """A speed at which it would keep up, if its delays stay what they are: at most two digits."""
        speed = MARGIN * self.speed * self.allowed_s / max(self.delay_s, 1e-9)
        steps: int = 1 if speed >= 10 else 10 if speed >= 1 else 100
        return max(0.01, int(speed * steps) / steps)


class Processors:
    """How busy this computer's processors are, from its making on."""

    def __init__(self) -> None:
        self._before = _ticks()

    def busy(self) -> float:
        """Return the share of time that the processors were busy, from 0 to 1."""
        spent, idle = (now - before for now, before in zip(_ticks(), self._before, strict=True))
        return spent / max(1, spent + idle)


def _ticks() -> tuple[int, int]:
    """(used, idle) of all processors since the computer was started."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], ticks[3] + ticks[4]


def pace_of(speed: float, overhead: Overhead, trace: Trace, busy: float) -> Pace:
    """Judge whether the machine kept pace in a run.

    Args:
        speed: the speed of the run.
        overhead: the measured overhead of the run.
        trace: the trace of the run.
        busy: the share of time that the processors were busy, from 0 to 1.
    """
    delays = list(_delays(overhead, trace))
    delay_s, allowed_s, overheads = max(
        delays, key=lambda delay: delay[0] / delay[1], default=(0.0, GRACE_S, {})
    )
    parts = [sum(part) for part in zip(*map(astuple, overheads.values()), strict=True)] or [0]
    return Pace(speed, delay_s, allowed_s, CAUSES[parts.index(max(parts))], busy)


def _delays(overhead: Overhead, trace: Trace) -> Iterator[tuple[float, float, Mapping[int, RequestOverhead]]]:
    """Of each percentile of both clocks: seconds by which it is longer, and by which it might be; by what."""
    rows = list(enumerate(trace.requests.columns("arrived", "replied", "response", "completed")))
    answered = {at: row[1] - row[0] for at, row in rows if row[1] != NEVER and row[2] == ResponseStatus.OK}
    completed = {at: row[3] - row[0] for at, row in rows if row[3] != NEVER}
    for times, overheads in ((answered, overhead.response), (completed, overhead.completion())):
        without = [took - (overheads[at].total if at in overheads else 0) for at, took in times.items()]
        for percent in PERCENTILES if times else ():
            own, measured = _percentile(without, percent), _percentile([*times.values()], percent)
            yield (measured - own) / US_PER_S, SHARE * max(own, 0) / US_PER_S + GRACE_S, overheads


def _percentile(values: Sequence[int], percent: int) -> int:
    return sorted(values)[-(-len(values) * percent // 100) - 1]

"""The smallest value of one key with which a target is met, found by halving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from syncasync_sim.engine.run import Watch
from syncasync_sim.errors import NotSettledError
from syncasync_sim.experiment.designs import run_designs
from syncasync_sim.experiment.grid import Axis, Cell, Values, grid
from syncasync_sim.model.claims import COMPARISONS, Claim, Operand, parse_claim
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.ranges import Value
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.recognised import Theory, recognise

Verdict = Literal["found", "everywhere", "nowhere", "falling", "mixed"]
"""How the values that were tried fall out, from the smallest on.

found: they miss the target, and from one on they meet it. everywhere, nowhere: all alike. falling: they meet
it, and from one on they miss it. mixed: neither, so nothing can be said about values that were not tried.
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """One value that was tried: whether it meets the target, and what the figure was.

    *figure* is the mean over the replications, *interval* its 95 % interval; None: not measured, or one
    replication. *theory_s* is what queueing theory says of the figure, where it has a formula. One that does
    not settle, where `warm_up: auto` asks for it, misses every target.
    """

    value: Value
    meets: bool
    figure: float | None
    interval: tuple[float, float] | None
    theory_s: float | None
    settles: bool = True

    def is_sure(self, target: Claim) -> bool | None:
        """Whether the whole interval says the same; None where it cannot be told."""
        if self.interval is None or not isinstance(target.right, float):
            return None
        holds = COMPARISONS[target.comparison]
        return all(holds(end, target.right) == self.meets for end in self.interval)


@dataclass(frozen=True, slots=True)
class Sizing:
    """What came of the search: the values that were tried, in the order of the range.

    *theory* is the smallest value of the whole range that meets the target by theory, and its system; None
    without a formula. *stopped*: the search was ended before it was through.
    """

    scenario: Scenario
    target: Claim
    axis: Axis
    seed: int
    replications: int
    trials: tuple[Trial, ...]
    theory: tuple[Value, Theory] | None
    stopped: bool = False

    @property
    def verdict(self) -> Verdict:
        """How the values that were tried fall out."""
        met = [trial.meets for trial in self.trials]
        changes = sum(one != other for one, other in pairwise(met))
        if changes > 1:
            return "mixed"
        if changes:
            return "found" if met[-1] else "falling"
        return "everywhere" if met and met[0] else "nowhere"

    @property
    def answer(self) -> Trial | None:
        """The smallest value that was seen to meet the target; None if none did."""
        return next((trial for trial in self.trials if trial.meets), None)

    @property
    def below(self) -> Trial | None:
        """The value before the answer, if it was tried."""
        values, answer = self.axis.values, self.answer
        place = values.index(answer.value) if answer else 0
        before = values[place - 1] if place else None
        return next((trial for trial in self.trials if trial.value == before), None)

    @property
    def last_met(self) -> Trial | None:
        """The largest value that was seen to meet the target."""
        return next((trial for trial in reversed(self.trials) if trial.meets), None)


def size(
    scenario: Scenario,
    target: str,
    varied: Mapping[str, Values],
    *,
    seed: int | None = None,
    replications: int = 10,
    watch: Watch | None = None,
) -> Sizing:
    """The smallest value of the one *varied* key with which *target* holds: a claim as under `expect`.

    The target is about the mean over the replications; every value has the same customers and luck.
    Raises ValueError for several keys, PydanticCustomError for a target that cannot be read, and what `grid`
    and `run_designs` raise.
    """
    axes, cells = grid(scenario, varied)
    if len(axes) > 1:
        raise ValueError(f"one key is sized at a time, not {len(axes)}")
    claim = parse_claim(target, scenario.effects)
    seed = scenario.seed if seed is None else seed
    return search(scenario, claim, axes[0], cells, seed=seed, replications=replications, watch=watch)


def search(
    scenario: Scenario,
    target: Claim,
    axis: Axis,
    cells: Sequence[Cell],
    *,
    seed: int,
    replications: int,
    watch: Watch | None = None,
) -> Sizing:
    """The same for *cells* made before, one a value of *axis*."""
    tried: dict[int, Trial] = {}

    def meets(place: int) -> bool:
        if place not in tried:
            tried[place] = _try(cells[place], target, seed, replications, watch)
            come = round(cells[place].scenario.traffic.expected_customers)
            if watch is not None and not watch(come, come):  # a short run does not ask
                raise _StoppedError
        return tried[place].meets

    with suppress(_StoppedError):
        _halve(len(cells), meets)
    trials = tuple(tried[place] for place in sorted(tried))
    stopped = any(place not in tried for place in first_looks(len(cells))) or not _is_through(tried)
    return Sizing(scenario, target, axis, seed, replications, trials, _by_theory(target, cells), stopped)


def first_looks(n: int) -> list[int]:
    """The ends and three places between them: enough to notice a target that comes and goes."""
    return sorted({round((n - 1) * quarter / 4) for quarter in range(5)})


def _halve(n: int, meets: Callable[[int], bool]) -> None:
    """Look at some places, then halve the gap in which the first change lies until it has no inside."""
    looks = first_looks(n)
    seen = [meets(place) for place in looks]
    pairs = pairwise(zip(looks, seen, strict=True))
    low, high, before = next(((a, b, was) for (a, was), (b, is_) in pairs if was != is_), (0, 0, False))
    while high - low > 1:
        middle = (low + high) // 2
        if meets(middle) == before:
            low = middle
        else:
            high = middle


def _is_through(tried: Mapping[int, Trial]) -> bool:
    """Whether the first change lies between neighbours."""
    places = sorted(tried)
    changes = [b - a for a, b in pairwise(places) if tried[a].meets != tried[b].meets]
    return not changes or changes[0] == 1


class _StoppedError(Exception):
    """Somebody wants the search to stop."""


def _try(cell: Cell, target: Claim, seed: int, replications: int, watch: Watch | None) -> Trial:
    modes = [mode for mode in MODES if mode in target.modes]
    try:
        result, _ = run_designs(cell.scenario, seed=seed, modes=modes, replications=replications, watch=watch)
    except NotSettledError:
        return Trial(cell.values[0], False, None, None, None, settles=False)
    if result.partial or result.replications < replications:
        raise _StoppedError
    meets, value = target.check(result.figure)
    left = target.left
    bounds = (result.interval or {}).get(left.mode, {}).get(left.name)
    interval = None if bounds is None else (bounds["low"], bounds["high"])
    told = _theory(cell.scenario, left)
    return Trial(cell.values[0], meets, value, interval, told.value_s if told else None)


def _theory(scenario: Scenario, figure: Operand) -> Theory | None:
    told = (one for mode in MODES if mode == figure.mode for one in recognise(scenario, mode))
    return next((one for one in told if one.figure == figure.name), None)


def _by_theory(target: Claim, cells: Sequence[Cell]) -> tuple[Value, Theory] | None:
    """The first value with which theory's figure meets the target, and what theory says there."""
    if not isinstance(target.right, float):
        return None
    holds = COMPARISONS[target.comparison]
    told = ((cell.values[0], _theory(cell.scenario, target.left)) for cell in cells)
    right = target.right
    return next(((value, one) for value, one in told if one is not None and holds(one.value_s, right)), None)

"""The smallest value of one key with which a target is met, or the largest, found by halving."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

from syncasync_sim.engine.simulation import Watch
from syncasync_sim.errors import NotSettledError
from syncasync_sim.experiment.designs import run_designs
from syncasync_sim.experiment.grid import Axis, Cell, Values, grid
from syncasync_sim.model.claims import COMPARISONS, Claim, Operand, parse_claim
from syncasync_sim.model.figures import share_of
from syncasync_sim.model.modes import MODES
from syncasync_sim.model.ranges import Value
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.recognised import Theory, recognise
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.replications import bounds

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
    not settle, where `warm_up: auto` asks for it, misses every target; *unsettled* says why it does not.

    A time of those who got the page, or of the work that was completed, is the time of a *share* of all
    clicks (None: the target is about all of them). The target may hold (*holds*) for a share that is too
    small to call it met. `cut_at_s` is `stop_at` where something was unfinished then; a target about the end
    of such a run is missed, since its end is not known (*ends* is False).
    """

    value: Value
    meets: bool
    figure: float | None
    interval: tuple[float, float] | None
    theory_s: float | None
    unsettled: str = ""
    share: float | None = None
    holds: bool = False
    cut_at_s: float | None = None
    ends: bool = True

    @property
    def settles(self) -> bool:
        """Whether an end of the warm-up was found, or given."""
        return not self.unsettled

    def is_sure(self, target: Claim) -> bool | None:
        """Whether the whole interval agrees with the answer; None if it has no interval."""
        if self.interval is None or not isinstance(target.right, float):
            return None
        holds = COMPARISONS[target.comparison]
        return all(holds(end, target.right) == self.meets for end in self.interval)


@dataclass(frozen=True, slots=True)
class TheoryAnswer:
    """The value that theory answers with, what theory says there, and which end of those that meet it is."""

    value: Value
    theory: Theory
    end: Literal["smallest", "largest"]


@dataclass(frozen=True, slots=True)
class Sizing:
    """The result of a search: the values that were tried, in the order of the range.

    `theory` is the answer by theory among all values of the range; None without a formula, or where no value
    meets the target by it. `stopped` is set if the search was stopped before its end.
    """

    scenario: Scenario
    target: Claim
    axis: Axis
    seed: int
    replications: int
    trials: tuple[Trial, ...]
    theory: TheoryAnswer | None
    stopped: bool = False

    @property
    def verdict(self) -> Verdict:
        """How the values that were tried fall out."""
        return _verdict([trial.meets for trial in self.trials])

    @property
    def answer(self) -> Trial | None:
        """The smallest value that was seen to meet the target, the largest if it is falling; None if none."""
        met = [trial for trial in self.trials if trial.meets]
        return (met[-1] if self.verdict == "falling" else met[0]) if met else None

    @property
    def beyond(self) -> Trial | None:
        """The neighbour of the answer that misses the target, if it was tried: below, or above if falling."""
        values, answer = self.axis.values, self.answer
        if answer is None:
            return None
        index = values.index(answer.value) + (1 if self.verdict == "falling" else -1)
        return next((t for t in self.trials if index >= 0 and t.value == values[index]), None)


def _verdict(met: Sequence[bool]) -> Verdict:
    """How values fall out, from whether each meets the target."""
    changes = sum(meets != next_meets for meets, next_meets in pairwise(met))
    if changes > 1:
        return "mixed"
    if changes:
        return "found" if met[-1] else "falling"
    return "everywhere" if met and met[0] else "nowhere"


ENOUGH_SERVED = 0.95
"""A target about those who got the page (or whose work was done) is met only where they are this share."""


def size(
    scenario: Scenario,
    target: str,
    varied: Mapping[str, Values],
    *,
    seed: int | None = None,
    replications: int = 10,
    of_those_served: bool = False,
    watch: Watch | None = None,
) -> Sizing:
    """The smallest value of the one *varied* key with which *target* holds: a claim as under `expect`.

    If small values meet the target and large ones miss it, the answer is the largest that meets it. The
    target is about the mean over the replications; every value has the same customers and random numbers.

    Args:
        scenario: what is sized.
        target: the claim, as `async.completion_time_s.p95 < 10s` or `sync.answered_within(2s) >= 99%`.
        varied: the key and its values, as `{"workers.count": "1..50"}`.
        seed: the random seed; by default the scenario's own.
        replications: how often each value is tried.
        of_those_served: a time of those who got the page counts however few they are; otherwise a value
            meets the target only where at least 95 % of all clicks have such a time.
        watch: asked repeatedly whether to go on.

    Raises:
        ValueError: several keys are varied.
        ScenarioError: the target cannot be read (inside the package: PydanticCustomError).
        RunTooLongError: a run does not come to an end; and what `grid` raises.
    """
    axes, cells = grid(scenario, varied)
    if len(axes) > 1:
        raise ValueError(f"one key is sized at a time, not {len(axes)}")
    claim = parse_claim(target, scenario.effects)
    least = 0.0 if of_those_served else ENOUGH_SERVED
    return search(scenario, claim, axes[0], cells, TrialSettings(seed, replications, least), watch)


@dataclass(frozen=True, slots=True)
class TrialSettings:
    """The settings of every trial; `least_share` is the least share of all clicks that a target may speak of.

    `seed` is None for the scenario's own.
    """

    seed: int | None
    replications: int
    least_share: float = ENOUGH_SERVED


def search(
    scenario: Scenario,
    target: Claim,
    axis: Axis,
    cells: Sequence[Cell],
    settings: TrialSettings,
    watch: Watch | None = None,
) -> Sizing:
    """Find the smallest value with which the target holds, as `size` does, among cells made before.

    Args:
        scenario: the scenario to size.
        target: the claim that has to hold.
        axis: the varied key and its values.
        cells: one cell for each value of the axis, in order.
        settings: the seed, the replications and what else was asked for.
        watch: asked repeatedly whether to go on.
    """
    tried: dict[int, Trial] = {}

    def meets(index: int) -> bool:
        if index not in tried:
            tried[index] = _run_trial(cells[index], target, settings, watch)
            come = round(cells[index].scenario.traffic.expected_customers)
            if watch is not None and not watch(come, come):  # a short run does not ask
                raise _StoppedError
        return tried[index].meets

    with suppress(_StoppedError):
        _bisect(len(cells), meets)
    trials = tuple(tried[index] for index in sorted(tried))
    stopped = any(index not in tried for index in initial_probes(len(cells))) or not _is_search_complete(
        tried
    )
    by_theory = _by_theory(target, cells, _verdict([trial.meets for trial in trials]))
    seed = scenario.seed if settings.seed is None else settings.seed
    return Sizing(scenario, target, axis, seed, settings.replications, trials, by_theory, stopped)


def initial_probes(n: int) -> list[int]:
    """Return the indexes of the values to try first: both ends and three between them.

    Five are enough to notice a target that holds, fails and holds again along the axis.

    Args:
        n: the number of values.
    """
    return sorted({round((n - 1) * quarter / 4) for quarter in range(5)})


def _bisect(n: int, meets: Callable[[int], bool]) -> None:
    """Look at some places, then halve the gap in which the first change lies until it has no inside."""
    looks = initial_probes(n)
    seen = [meets(index) for index in looks]
    pairs = pairwise(zip(looks, seen, strict=True))
    low, high, before = next(((a, b, was) for (a, was), (b, is_) in pairs if was != is_), (0, 0, False))
    while high - low > 1:
        middle = (low + high) // 2
        if meets(middle) == before:
            low = middle
        else:
            high = middle


def _is_search_complete(tried: Mapping[int, Trial]) -> bool:
    """Whether the first change lies between neighbours."""
    indices = sorted(tried)
    changes = [b - a for a, b in pairwise(indices) if tried[a].meets != tried[b].meets]
    return not changes or changes[0] == 1


class _StoppedError(Exception):
    """Somebody wants the search to stop."""


def _run_trial(cell: Cell, target: Claim, settings: TrialSettings, watch: Watch | None) -> Trial:
    modes = [mode for mode in MODES if mode in target.modes]
    try:
        result, _ = run_designs(
            cell.scenario, seed=settings.seed, modes=modes, replications=settings.replications, watch=watch
        )
    except NotSettledError as error:
        return Trial(cell.values[0], False, None, None, None, unsettled=error.why)
    if result.partial:
        raise _StoppedError
    holds, value = target.check(result.figure)
    ends = not any(operand.name == "ended_at_s" and operand.mode in result.cut for operand in target.operands)
    left = target.left
    interval_bounds = bounds(result.each(left.mode, left.name)) if settings.replications > 1 else None
    interval = None if interval_bounds is None else (interval_bounds["low"], interval_bounds["high"])
    theory = _theory(cell.scenario, left)
    share = _share(result, target)
    meets = holds and ends and (share is None or share >= settings.least_share)
    theory_s = theory.value_s if theory else None
    cut = cell.scenario.stop_at_s if result.cut else None
    return Trial(
        *(cell.values[0], meets, value, interval, theory_s),
        share=share,
        holds=holds and ends,
        cut_at_s=cut,
        ends=ends,
    )


def _share(result: Comparison, target: Claim) -> float | None:
    """The share of all clicks that the target speaks of; None if it is about all of them."""
    shares = [
        share_of(operand.name.partition(".")[0], partial(result.figure, operand.mode)) or 0.0
        for operand in target.operands
        if operand.figure.of in ("responses.ok", "work.completed")
    ]
    return min(shares, default=None)


def _theory(scenario: Scenario, figure: Operand) -> Theory | None:
    results = (theory for mode in MODES if mode == figure.mode for theory in recognise(scenario, mode))
    return next((theory for theory in results if theory.figure == figure.name), None)


def _by_theory(target: Claim, cells: Sequence[Cell], measured: Verdict) -> TheoryAnswer | None:
    """The first value with which theory's figure meets the target; the last before it misses, if it falls.

    It falls if the trials do (*measured*), or where theory has values that meet the target before others.
    """
    if not isinstance(target.right, float):
        return None
    holds, right = COMPARISONS[target.comparison], target.right
    results = ((cell.values[0], _theory(cell.scenario, target.left)) for cell in cells)
    known = [(value, theory, holds(theory.value_s, right)) for value, theory in results if theory is not None]
    met = [meets for *_, meets in known]
    if True not in met:
        return None
    if "falling" in (measured, _verdict(met)):
        last = (met.index(False, met.index(True)) if False in met[met.index(True) :] else len(met)) - 1
        return TheoryAnswer(*known[last][:2], "largest")
    return TheoryAnswer(*known[met.index(True)][:2], "smallest")

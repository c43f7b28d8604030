"""Both designs side by side: the result of a run as people and programs read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from syncasync_sim.errors import UnknownFigureError
from syncasync_sim.model.claims import parse_claim
from syncasync_sim.model.figures import GROUPS, WITHIN, limit_of, read
from syncasync_sim.model.figures import figure as figure_named
from syncasync_sim.model.formats import Unit
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.theory.recognised import Theory, recognise
from syncasync_sim.stats.intervals import CONFIDENCE
from syncasync_sim.stats.replications import bounds, columns, difference, mean, means
from syncasync_sim.stats.rows import FigureRow
from syncasync_sim.stats.rows import rows as figure_rows
from syncasync_sim.stats.summary import Summary
from syncasync_sim.trace.queries import Within
from syncasync_sim.trace.records import data_frame
from syncasync_sim.trace.worker_queries import Returns

NO_RETURNS = Returns(0, 0)


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim of the scenario, whether it holds, and the value of its left side with its unit."""

    claim: str
    holds: bool
    value: float | None
    unit: Unit


@dataclass(frozen=True)
class Comparison:
    """The numbers of the designs that were run, and their paired difference.

    `modes` has, per design, the figures of the JSON (their means over the replications, where there are
    several). `interval` is None for one replication; else, per design and for `difference` (sync - async),
    the 95 % interval of every figure by its dotted name. `runs` has, per design, the figures of each
    replication in turn, `within` how long each click took until its page and until all its work was done.
    `partial`: somebody stopped it before all the replications that were `asked` for were run. `stopped`: the
    designs whose own run was stopped; the designs are then unequal, and no text compares them.
    `cut`: the designs in which something was unfinished at `stop_at`, in some replication. `returns`: the
    longest times after which messages came back in the asynchronous design, over all replications.
    """

    scenario: Scenario
    seed: int
    replications: int
    modes: dict[Mode, dict[str, Any]]
    interval: dict[str, Any] | None
    claims: tuple[CheckedClaim, ...]
    partial: bool
    runs: Mapping[Mode, Sequence[dict[str, Any]]]
    within: Mapping[Mode, Sequence[tuple[Within, Within]]] = field(default_factory=dict, compare=False)
    asked: int = 1
    cut: frozenset[Mode] = frozenset()
    stopped: frozenset[Mode] = frozenset()
    returns: Returns = NO_RETURNS

    def figure(self, mode: Mode, name: str) -> Any:
        """One figure of a design.

        Args:
            mode: `sync` or `async`.
            name: its dotted name, as `response_time_s.p95` or `answered_within(2s)`; or that of a figure with
                several parts, as `response_time_s`, for all of them.

        Returns:
            Its value, the mean over the replications; None where it was not measured, or the design not run.

        Raises:
            UnknownFigureError: there is no such design or figure.
        """
        limit = self._limit_of(mode, name)
        if limit is None:
            return read(self.modes.get(mode), name)
        shares = [share for share in self._shares(mode, limit) if share is not None]
        return mean(shares) if shares else None

    def each(self, mode: Mode, name: str) -> tuple[Any, ...]:
        """Return one figure of a design for each replication, in order.

        Args:
            mode: the design, `sync` or `async`.
            name: the dotted name of the figure, as in `figure`.

        Raises:
            UnknownFigureError: there is no such design or figure.
        """
        limit = self._limit_of(mode, name)
        if limit is not None:
            return tuple(self._shares(mode, limit))
        return tuple(read(run, name) for run in self.runs.get(mode, ()))

    def _limit_of(self, mode: str, name: str) -> tuple[str, float] | None:
        """The kind and the seconds of a share within a time. Raises UnknownFigureError."""
        if mode not in MODES:
            raise UnknownFigureError(f"there is no design '{mode}'", 0, MODES, given=mode)
        if name not in GROUPS:
            figure_named(name, self.scenario.effects)
        return limit_of(name)

    def _shares(self, mode: Mode, limit: tuple[str, float]) -> list[float | None]:
        kind, limit_s = limit
        index = list(WITHIN).index(kind)
        return [within[index].share(limit_s) for within in self.within.get(mode, ())]

    def theory(self, mode: Mode) -> tuple[Theory, ...]:
        """Return the results of queueing theory for one design; empty without a closed form."""
        return recognise(self.scenario, mode)

    def to_dict(self, version: str) -> dict[str, Any]:
        """Return the JSON of a run as plain data.

        Args:
            version: the version of the program that made it.
        """
        data: dict[str, Any] = {
            "schema": 1,
            "scenario": self.scenario.name,
            "seed": self.seed,
            "replications": self.replications,
            "version": version,
            "modes": {
                mode: {**figures, "theory": [asdict(theory) for theory in self.theory(mode)]}
                for mode, figures in self.modes.items()
            },
            "expect": [{"claim": c.claim, "holds": c.holds, "value": c.value} for c in self.claims],
        }
        if self.interval is not None:
            data["interval"] = self.interval
        if self.partial:
            data["partial"] = True
        return data

    def rows(self) -> list[FigureRow]:
        """Return the rows that every table of this result shows."""
        return list(self._rows)

    @cached_property
    def _rows(self) -> list[FigureRow]:
        """Made once: a picture asks for them five times."""
        return figure_rows(self)

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame.

        Raises:
            ImportError: pandas is not installed; the message says how to install it.
        """
        return data_frame([row.to_dict() for row in self.rows()])


def compare_summaries(*summaries: Summary, asked: int | None = None) -> Comparison:
    """Compare the summaries of one scenario: one design or both, one or more replications.

    With several replications every figure is the mean over them, and the difference is paired replication by
    replication.

    Args:
        *summaries: the summaries to compare, in any order.
        asked: the number of replications that there should be; None for as many as there are.

    Raises:
        ValueError: no summary is given, or the replications of the designs do not pair.
    """
    if not summaries:
        raise ValueError("nothing to compare: give at least one summary")
    first = summaries[0]
    by_mode = {mode: [s for s in summaries if s.mode == mode] for mode in MODES}
    runs = {mode: [s.to_dict() for s in listed] for mode, listed in by_mode.items() if listed}
    numbers = {mode: [s.replication for s in by_mode[mode]] for mode in runs}
    if len({tuple(listed) for listed in numbers.values()}) > 1:
        raise ValueError(f"the replications do not pair: {numbers}")
    replications = len(next(iter(numbers.values())))
    modes = {mode: listed[0] if replications == 1 else means(listed) for mode, listed in runs.items()}
    result = Comparison(
        scenario=first.scenario,
        seed=first.seed,
        replications=replications,
        modes=modes,
        interval=_intervals(runs) if replications > 1 else None,
        claims=(),
        partial=any(s.partial for s in summaries) or replications < (asked or 0),
        runs=runs,
        within={mode: [(s.answered, s.done) for s in by_mode[mode]] for mode in runs},
        asked=asked or replications,
        stopped=frozenset(s.mode for s in summaries if s.partial),
        cut=frozenset(s.mode for s in summaries if s.cut_at_s is not None),
        returns=Returns(*map(max, zip(*(s.returns for s in summaries), strict=True))),
    )
    return replace(result, claims=_checked_claims(result))


def _checked_claims(result: Comparison) -> tuple[CheckedClaim, ...]:
    """The scenario's claims about designs that were run; none compares designs of which one was stopped."""
    claims = (parse_claim(text, result.scenario.effects) for text in result.scenario.expect)
    run, most = set(result.modes), 1 if result.stopped else len(result.modes)
    checked = ((c, *c.check(result.figure)) for c in claims if c.modes <= run and len(c.modes) <= most)
    return tuple(CheckedClaim(c.text, holds, value, c.left.figure.unit) for c, holds, value in checked)


def _intervals(runs: Mapping[Mode, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    by_mode = {mode: columns(listed) for mode, listed in runs.items()}
    block: dict[str, Any] = {"confidence": CONFIDENCE}
    for mode, by_path in by_mode.items():
        block[mode] = {".".join(path): bounds(values) for path, values in by_path.items()}
    if len(by_mode) == len(MODES):
        sync, asynchronous = (by_mode[mode] for mode in MODES)
        block["difference"] = {
            ".".join(path): difference(sync[path], asynchronous[path])
            for path in sync
            if path in asynchronous
        }
    return block

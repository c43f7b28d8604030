"""Both designs side by side: the result of a run as people and programs read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from syncasync_sim.model.claims import parse_claim
from syncasync_sim.model.scenario import MODES, Mode, Scenario
from syncasync_sim.model.theory.recognised import Theory, recognise
from syncasync_sim.stats.html import to_html
from syncasync_sim.stats.intervals import CONFIDENCE
from syncasync_sim.stats.replications import bounds, columns, difference, means
from syncasync_sim.stats.rows import FigureRow
from syncasync_sim.stats.rows import rows as figure_rows
from syncasync_sim.stats.summary import Summary
from syncasync_sim.trace.records import data_frame


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim of the scenario, whether it holds, and the value of its left side."""

    claim: str
    holds: bool
    value: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The numbers of the designs that were run, and their paired difference.

    `modes` has, per design, the figures of the JSON (their means over the replications, where there are
    several). `interval` is None for one replication; else, per design and for `difference` (sync - async),
    the 95 % interval of every figure by its dotted name. `runs` has, per design, the figures of each
    replication in turn.
    """

    scenario: Scenario
    seed: int
    replications: int
    modes: dict[Mode, dict[str, Any]]
    interval: dict[str, Any] | None
    claims: tuple[CheckedClaim, ...]
    partial: bool
    runs: Mapping[Mode, Sequence[dict[str, Any]]]

    def figure(self, mode: Mode, name: str) -> Any:
        """One figure by its dotted name, as `figure("sync", "response_time_s.p95")`; None: not measured."""
        return _look_up(self.modes.get(mode), name)

    def each(self, mode: Mode, name: str) -> tuple[Any, ...]:
        """The same figure as `figure` gives, once for every replication."""
        return tuple(_look_up(run, name) for run in self.runs.get(mode, ()))

    def theory(self, mode: Mode) -> tuple[Theory, ...]:
        """What queueing theory says about the scenario in one design; empty without a closed form."""
        return recognise(self.scenario, mode)

    def to_dict(self, version: str) -> dict[str, Any]:
        """Plain data: the JSON of a run, made by this *version* of the program."""
        plain: dict[str, Any] = {
            "schema": 1,
            "scenario": self.scenario.name,
            "seed": self.seed,
            "replications": self.replications,
            "version": version,
            "modes": {
                mode: {**figures, "theory": [asdict(told) for told in self.theory(mode)]}
                for mode, figures in self.modes.items()
            },
            "expect": [{"claim": c.claim, "holds": c.holds, "value": c.value} for c in self.claims],
        }
        if self.interval is not None:
            plain["interval"] = self.interval
        if self.partial:
            plain["partial"] = True
        return plain

    def rows(self) -> list[FigureRow]:
        """The rows that every table of this result shows."""
        return figure_rows(self)

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame. Raises ImportError, with the cure, without pandas."""
        return data_frame([row.to_dict() for row in self.rows()])

    def _repr_html_(self) -> str:
        return to_html(self, self.rows())


def compare(*summaries: Summary) -> Comparison:
    """Put the summaries of one scenario side by side: one or both designs, one or more replications.

    With several replications every figure is the mean over them, and the difference is paired
    replication by replication. Raises ValueError for nothing, or for replications that do not pair.
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
    return Comparison(
        scenario=first.scenario,
        seed=first.seed,
        replications=replications,
        modes=modes,
        interval=_intervals(runs) if replications > 1 else None,
        claims=_checked(first.scenario, modes),
        partial=any(s.partial for s in summaries),
        runs=runs,
    )


def _look_up(figures: Any, name: str) -> Any:
    """A figure by its dotted name; None where nothing was measured."""
    for part in name.split(".", 2 if name.startswith("server") else 1):
        figures = None if figures is None else figures.get(part)
    return figures


def _checked(scenario: Scenario, modes: Mapping[Mode, dict[str, Any]]) -> tuple[CheckedClaim, ...]:
    """The scenario's claims about designs that were run."""
    claims = (parse_claim(text, scenario.effects) for text in scenario.expect)
    return tuple(CheckedClaim(c.text, *c.check(modes)) for c in claims if c.modes <= set(modes))


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

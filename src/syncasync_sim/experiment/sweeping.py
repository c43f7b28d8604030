"""One scenario over a grid of values, every cell in both designs, with common random numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from syncasync_sim._version import __version__
from syncasync_sim.errors import NotSettledError, UnknownFigureError
from syncasync_sim.experiment.designs import run_designs
from syncasync_sim.experiment.grid import Axis, Cell, Values, grid
from syncasync_sim.model.figures import SHARED, limit_of, names, share_of
from syncasync_sim.model.figures import figure as figure_named
from syncasync_sim.model.modes import MODES, Mode
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.stats import Comparison
from syncasync_sim.stats.replications import bounds as bounds_of
from syncasync_sim.trace.records import data_frame

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

Row = dict[str, str | int | float | None]
"""One design of one cell: what was run, the cell's values, the figures. None: not measured."""
Figures = dict[Mode, dict[str, int | float | None]]
"""Per design, its figures by their dotted names and, of several replications, their intervals."""
Watch = Callable[[int, int], bool]
"""Called repeatedly with (cells finished, cells to do); False stops the sweep there."""

POLL_S = 0.1
"""CellSettings often it is asked whether to go on while others do the work."""
_ABOUT = ("name", "title", "description", "seed", "expect")
"""Keys of a scenario that change no figure (the seed is compared separately)."""


@dataclass(slots=True)
class Sweep:
    """A grid of cells, and the rows of those that are finished.

    `finished` has, by the place of the cell in `cells`, one row a design. `figures` names figures that the
    table shows besides its own, as `answered_within(2s)`. The rows are the same for any
    executor and any order of the work.
    """

    scenario: Scenario
    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...]
    seed: int
    replications: int = 1
    finished: dict[int, list[Row]] = field(default_factory=dict)
    figures: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether some cells are not finished."""
        return len(self.finished) < len(self.cells)

    def run(self, executor: Executor | None = None, watch: Watch | None = None) -> Iterator[list[Row]]:
        """Run the cells that are not finished, and yield the rows of each as it is finished.

        Finished cells stay if this is stopped.

        Args:
            executor: runs the cells; without one they run here, one after the other.
            watch: asked repeatedly whether to go on.

        Returns:
            The rows of one cell, one per design, in the order in which the cells end.

        Raises:
            RunTooLongError: a run does not come to an end; and the errors of the executor.
        """
        todo = {index: cell for index, cell in enumerate(self.cells) if index not in self.finished}
        identity, columns = self.identity, self.columns
        settings = CellSettings(self.seed, self.replications, self.figures)
        for index, figures in run_cells(todo, settings, executor, watch):
            labels = {**identity, **self.values_of(self.cells[index])}
            rows = [{**numbers, **labels, "design": mode} for mode, numbers in figures.items()]
            self.finished[index] = [{column: row.get(column) for column in columns} for row in rows]
            yield self.finished[index]

    def rows(self) -> list[Row]:
        """Return one row per cell and design as plain data, in the order of the cells.

        All rows have the same columns.
        """
        return [row for index in sorted(self.finished) for row in self.finished[index]]

    @property
    def identity(self) -> Row:
        """What every row begins with: the scenario, a digest of its content, and how it was run."""
        return {
            **{"scenario": self.scenario.name, "digest": _digest(self.scenario), "version": __version__},
            **{"seed": self.seed, "replications": self.replications},
        }

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        labels = [*self.identity, *(axis.column for axis in self.axes), "design"]
        all_names = dict.fromkeys([*names(_effects(self.cells)), *self.figures])
        measured = [name for name in all_names if name not in labels]  # server.threads is both
        bounds = [f"{name}.{end}" for name in measured for end in ("low", "high")]
        columns = [column for name in measured for column in (name, *_share_beside(name))]
        return [*labels, *columns, *(bounds if self.replications > 1 else ())]

    def values_of(self, cell: Cell) -> Row:
        """The values of a cell by their columns."""
        return {axis.column: value.plain for axis, value in zip(self.axes, cell.values, strict=True)}

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame.

        Raises:
            ImportError: pandas is not installed; the message says how to install it.
        """
        return data_frame(self.rows(), self.columns)


def sweep(
    scenario: Scenario,
    varied: Mapping[str, Values],
    *,
    seed: int | None = None,
    replications: int = 1,
    figures: Sequence[str] = (),
    executor: Executor | None = None,
    watch: Watch | None = None,
) -> Sweep:
    """Run *scenario* for every combination of the *varied* values.

    Args:
        scenario: what is run.
        varied: the keys and their values, as `{"workers.count": "1..8"}`.
        seed: the random seed; by default the scenario's own.
        replications: how often each cell is run.
        figures: what the table shows besides, as `["answered_within(2s)"]`; a column of its own in the rows.
        executor: who does the cells: any of concurrent.futures, or that of a cluster; without one they are
            done here, one after the other. The rows are the same.
        watch: asked repeatedly whether to go on.

    Raises:
        UnknownFigureError: there is no such figure; and what `grid` and `Sweep.run` raise.
    """
    axes, cells = grid(scenario, varied)
    chosen_figures = checked_figures(figures, cells)
    chosen = scenario.seed if seed is None else seed
    result = Sweep(scenario, axes, cells, chosen, replications, figures=chosen_figures)
    for _ in result.run(executor, watch):
        pass
    return result


@dataclass(frozen=True, slots=True)
class CellSettings:
    """The settings of every cell, and the figures asked for in addition to the usual ones."""

    seed: int
    replications: int
    figures: tuple[str, ...] = ()


def run_cell(scenario: Scenario, settings: CellSettings, watch: Watch | None = None) -> Figures | None:
    """The figures of both designs of one cell; None if the run was stopped before its end.

    A design that does not settle, where `warm_up: auto` asks for it, has no figures.

    Args:
        scenario: the scenario of the cell.
        settings: the seed, the replications and the figures asked for.
        watch: asked repeatedly whether to go on.
    """
    figures: Figures = {mode: {} for mode in MODES}
    modes = list(MODES)
    while modes:
        try:
            comparison, _ = run_designs(
                scenario, seed=settings.seed, modes=modes, replications=settings.replications, watch=watch
            )
        except NotSettledError as error:
            modes.remove(error.mode)
            continue
        if comparison.partial:
            return None
        return figures | {mode: dict(_figures(comparison, mode, settings.figures)) for mode in modes}
    return figures


def run_cells(
    cells: Mapping[int, Cell],
    settings: CellSettings,
    executor: Executor | None = None,
    watch: Watch | None = None,
) -> Iterator[tuple[int, Figures]]:
    """Yield the figures of each cell as it is finished, with its key.

    Args:
        cells: the cells by their keys.
        settings: the seed, the replications and the figures asked for.
        executor: runs the cells; without one they run here, one after the other.
        watch: asked repeatedly whether to go on.
    """
    if executor is not None:
        yield from _run_elsewhere(cells, settings, executor, watch)
        return
    for done, (key, cell) in enumerate(cells.items()):

        def go_on(arrived: int, expected: int, done: int = done) -> bool:
            del arrived, expected
            return watch is None or watch(done, len(cells))

        if not go_on(0, 0):  # a short run does not ask
            return
        figures = run_cell(cell.scenario, settings, go_on)
        if figures is None:
            return
        yield key, figures


def _run_elsewhere(
    cells: Mapping[int, Cell], settings: CellSettings, executor: Executor, watch: Watch | None
) -> Iterator[tuple[int, Figures]]:
    """The same by *executor*, in the order in which the cells are finished."""
    arrived: SimpleQueue[Future[Figures | None]] = SimpleQueue()
    keys = {executor.submit(run_cell, cell.scenario, settings): key for key, cell in cells.items()}
    for future in keys:
        future.add_done_callback(arrived.put)
    done = 0
    try:
        while done < len(keys) and (watch is None or watch(done, len(keys))):
            try:
                future = arrived.get(timeout=POLL_S)
            except Empty:
                continue
            figures = future.result()
            assert figures is not None, "nobody stops a cell there"
            done += 1
            yield keys[future], figures
    finally:
        for future in keys:
            future.cancel()


# -- figures as columns -------------------------------------------------------------------------------


def checked_figures(wanted: Sequence[str], cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return the names of the wanted figures, each once.

    Args:
        wanted: the names given by the user.
        cells: the cells of the sweep, whose effects have figures of their own.

    Raises:
        UnknownFigureError: there is no such figure.
    """
    for name in wanted:
        mode, _, rest = name.partition(".")
        if mode in MODES:
            raise UnknownFigureError("a sweep has every figure of both designs", 0, (), f"write  {rest}")
        figure_named(name, _effects(cells))
    return tuple(dict.fromkeys(wanted))


def _effects(cells: Sequence[Cell]) -> list[str]:
    """Those of the steps in any of the cells."""
    return list(dict.fromkeys(effect for cell in cells for effect in cell.scenario.effects))


def _share_beside(name: str) -> Iterator[str]:
    """Behind how many have such a time: the column that says what share of all clicks they are."""
    times, _, part = name.rpartition(".")
    if part == "count" and times in SHARED:
        yield share_column(times)


def share_column(times: str) -> str:
    """The name of the column for the share of clicks with a kind of time: `response_time_s.share`."""
    return f"{times}.share"


def _figures(
    comparison: Comparison, mode: Mode, wanted: Sequence[str]
) -> Iterator[tuple[str, int | float | None]]:
    yield from ((share_column(times), share_of(times, partial(comparison.figure, mode))) for times in SHARED)
    for name in (name for name in wanted if limit_of(name)):
        interval = bounds_of(comparison.each(mode, name)) if comparison.replications > 1 else None
        yield from _with_bounds(name, comparison.figure(mode, name), interval)
    bounds = (comparison.interval or {}).get(mode, {})
    for name, value in comparison.modes[mode].items():
        flat = (
            {f"{name}.{part}": figure for part, figure in value.items()}
            if isinstance(value, dict)
            else {name: value}
        )
        for column, number in flat.items():
            yield from _with_bounds(column, number, bounds.get(column))


def _with_bounds(
    column: str, number: int | float | None, interval: Mapping[str, float] | None
) -> Iterator[tuple[str, int | float | None]]:
    yield column, number
    yield f"{column}.low", None if interval is None else interval["low"]
    yield f"{column}.high", None if interval is None else interval["high"]


def _digest(scenario: Scenario) -> str:
    """Twelve characters that stand for everything in the scenario that may change a figure."""
    data = scenario.to_data() | {
        ".".join(map(str, path)): column.digest for path, column in scenario.measured.items()
    }
    text = json.dumps({key: data[key] for key in sorted(data) if key not in _ABOUT}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]

"""`syncasync-sim sweep`: one scenario over a grid of values."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncasync_sim._version import __version__
from syncasync_sim.cli import charts, console, cost_guard, exit_codes
from syncasync_sim.cli.grids import load_cells
from syncasync_sim.cli.options import (
    FolderOption,
    ReplicationsOption,
    ScenarioArgument,
    SeedOption,
    SetOption,
    VaryOption,
    YesOption,
    whole_number,
)
from syncasync_sim.cli.printed import named
from syncasync_sim.cli.progress_bar import CellWatcher
from syncasync_sim.cli.signals import Stop, tidily

if TYPE_CHECKING:
    from syncasync_sim.experiment import Sweep
    from syncasync_sim.files.sweep_csv import SweepFile

HELP = """
\b
syncasync-sim sweep slow-email --vary workers.count=1..8
syncasync-sim sweep slow-email --vary traffic.rate=1/s..5/s:9 --jobs 2
syncasync-sim sweep slow-email --vary workers.count=1..8 --csv a.csv
syncasync-sim sweep slow-email --vary workers.count=1..8 --csv a.csv --resume

Run a scenario once for every combination of values, both designs on the same customers each time.

Values are 1..8 (every whole number), 1/s..5/s:9 (nine values, evenly spaced) or a list; several --vary
make a grid. Ctrl-C keeps what is finished, and --resume goes on with the CSV file of a sweep that did
not end.
"""


def sweep(
    scenario: ScenarioArgument,
    vary: VaryOption = None,
    figures: Annotated[
        list[str] | None,
        typer.Option(
            "--figure",
            metavar="NAME",
            help="Show this figure, too, such as answered_within(2s) or queue.max_wait_s.",
            show_default=False,
        ),
    ] = None,
    replications: ReplicationsOption = 1,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", parser=whole_number(1, 512), help="Number of processes.")
    ] = 1,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            help="A Dask scheduler; its workers run the sweep.",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write all figures, cell by cell.", show_default=False),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the sweep of this CSV file.")] = False,
    parquet: Annotated[
        Path | None,
        typer.Option(
            "--parquet",
            metavar="FILE",
            help="Write the same figures at the end, as Parquet.",
            show_default=False,
        ),
    ] = None,
    seed: SeedOption = None,
    sets: SetOption = None,
    output: FolderOption = None,
    no_charts: Annotated[bool, typer.Option("--no-charts", help="Draw no charts.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the rows as JSON, nothing else; charts only with -o.")
    ] = False,
    yes: YesOption = False,
) -> None:
    draw = (output is not None or not as_json) and not no_charts
    if dask is not None and jobs > 1:
        raise typer.BadParameter("--dask and --jobs exclude each other: the workers of the cluster do it.")
    _check_files(csv, parquet, output if draw else None, resume=resume)
    grid = _load(scenario, sets or (), vary or (), seed, replications)
    grid.figures = _figures_to_show(figures or (), grid)
    if dask is None:
        _look_ahead(grid, scenario, jobs, yes=yes)
    stopped, failure = _run(grid, jobs, dask, csv, resume=resume)
    folder = (output or charts.DEFAULT / grid.scenario.name) if draw and not grid.partial else None
    not_given = _hand_over(grid, parquet, folder, as_json=as_json)
    failure = failure or not_given
    if stopped or failure is not None:
        _tell_how_to_go_on(grid, csv)
    if failure is not None:
        raise failure
    if stopped:
        raise typer.Exit(exit_codes.INTERRUPTED)


def _hand_over(grid: Sweep, parquet: Path | None, folder: Path | None, *, as_json: bool) -> Exception | None:
    """Show the result, and write what else was asked for, each though another fails; the first failure.

    What was worked out is shown before anything that a disk may refuse.
    """
    failures: list[Exception] = []
    steps: tuple[Callable[[], None], ...] = (
        partial(_show, grid, as_json=as_json),
        partial(_write_parquet, grid, parquet),
        partial(_draw, grid, folder, tell=not as_json),
    )
    for give in steps:
        try:
            give()
        except Exception as error:
            failures.append(error)
    return failures[0] if failures else None


def _look_ahead(grid: Sweep, source: str, jobs: int, *, yes: bool) -> None:
    """Say how long it will be, if it is long; refuse what is very long, unless *yes*."""
    from syncasync_sim.engine.estimate import estimate
    from syncasync_sim.experiment.pilot import pilots
    from syncasync_sim.model.modes import MODES

    scenarios = [cell.scenario for cell in grid.cells]
    runs = [estimate(scenario, MODES, grid.replications + pilots(scenario)) for scenario in scenarios]
    shorter = ["fewer values (--vary)", "fewer customers (traffic)"]
    cost_guard.look_ahead(runs, source=source, shorter=shorter, jobs=jobs, cells=len(runs), yes=yes)


def _check_files(csv: Path | None, parquet: Path | None, output: Path | None, *, resume: bool) -> None:
    """Refuse, before the work, what could not be written after it, or would overwrite something."""
    if resume and csv is None:
        raise typer.BadParameter("--resume goes on with a CSV file: add --csv FILE.")
    if csv is not None and not resume and not _is_new(csv):
        raise typer.BadParameter(f"{csv} is there already: --resume goes on with it, or name another file.")
    if parquet is not None:
        from syncasync_sim.files.sweep_parquet import pyarrow

        try:
            pyarrow()
        except ImportError as error:
            raise typer.BadParameter(f"{error}.") from None
        if os.path.lexists(parquet):
            raise typer.BadParameter(f"{parquet} is there already: name another file.")
    from syncasync_sim.files.atomic_write import check_folder

    for folder in (path.parent for path in (csv, parquet) if path is not None):
        check_folder(folder)
    if output is not None:
        charts.check_can_draw(output)


def _is_new(csv: Path) -> bool:
    from syncasync_sim.files.sweep_csv import is_new

    return is_new(csv)


def _load(source: str, sets: Any, vary: Any, seed: int | None, replications: int) -> Sweep:
    """The sweep asked for, with nothing finished."""
    from syncasync_sim.experiment import Sweep

    if not vary:
        raise typer.BadParameter("nothing to vary: add for instance --vary workers.count=1..8")
    scenario, axes, cells = load_cells(source, sets, vary)
    return Sweep(scenario, axes, cells, scenario.seed if seed is None else seed, replications)


def _figures_to_show(wanted: Sequence[str], grid: Sweep) -> tuple[str, ...]:
    """The figures that are to be shown, or what is wrong with one."""
    from syncasync_sim.errors import UnknownFigureError
    from syncasync_sim.experiment.sweeping import checked_figures
    from syncasync_sim.files.diagnostics import Span, refusal
    from syncasync_sim.files.source_text import source_of

    names: list[str] = []
    for number, name in enumerate(wanted, start=1):
        source = source_of(name, "--figure", number)
        try:
            names += checked_figures([name], grid.cells)
        except UnknownFigureError as error:
            span = Span(source, 0, error.place, max(1, len(name) - error.place))
            raise refusal(span, error.what, error.near) from None
    return tuple(dict.fromkeys(names))


def _run(
    grid: Sweep, jobs: int, dask: str | None, csv: Path | None, *, resume: bool
) -> tuple[bool, Exception | None]:
    """Run the cells, each into the file as it is finished; whether it was stopped, or what failed."""
    from syncasync_sim.cli.executors import executor, explained

    failure: Exception | None = None
    with _file(grid, csv, resume=resume) as file, Stop() as stop, executor(jobs, dask) as others:
        try:
            with CellWatcher(stop, on_screen=True) as watch:
                for rows in grid.run(others, watch):
                    if file is not None:
                        file.add(rows)
        except Exception as error:  # whatever it is: what is finished is shown first
            failure = error if others is None else explained(error)
        try:
            if file is not None:
                file.put_in_order()
        except OSError as error:
            failure = failure or error
    return stop.requested and failure is None, failure


def _file(grid: Sweep, csv: Path | None, *, resume: bool) -> AbstractContextManager[SweepFile | None]:
    if csv is None:
        return nullcontext()
    from syncasync_sim.files.sweep_csv import SweepFile

    return SweepFile(csv, grid, resumes=resume)


def _show(grid: Sweep, *, as_json: bool) -> None:
    """The result, on standard output."""
    if as_json:
        print(console.json_text(_result(grid)), flush=True)
        return
    from rich.console import Console

    from syncasync_sim.render.sweep_table import sweep_page

    Console(highlight=False).print(sweep_page(grid))
    sys.stdout.flush()


def _result(grid: Sweep) -> dict[str, Any]:
    """Plain data: what was varied, and every row."""
    varied = [
        {"key": axis.key, "column": axis.column, "values": [value.written for value in axis.values]}
        for axis in grid.axes
    ]
    plain = {
        **{"schema": 1, "scenario": grid.scenario.name, "seed": grid.seed, "version": __version__},
        **{"replications": grid.replications, "vary": varied, "rows": grid.rows()},
    }
    return plain | ({"partial": True} if grid.partial else {})


def _write_parquet(grid: Sweep, path: Path | None) -> None:
    if path is None:
        return
    from syncasync_sim.files.sweep_parquet import write_parquet

    with tidily():
        write_parquet(grid, path)


def _draw(grid: Sweep, folder: Path | None, *, tell: bool) -> None:
    if folder is None:
        return
    if len(grid.axes) > 2:
        if tell:
            print("No chart: it would need more than two dimensions.", file=sys.stderr)
        return
    if not charts.can_draw(tell=tell):
        return
    drawn = charts.write_sweep_charts(grid, folder)
    if tell and drawn:
        charts.tell_charts(drawn, folder)


def _tell_how_to_go_on(grid: Sweep, csv: Path | None) -> None:
    for line in _how_to_go_on(grid, csv):
        print(line, file=sys.stderr)


def _how_to_go_on(grid: Sweep, csv: Path | None) -> Iterator[str]:
    if grid.partial:
        yield f"Stopped: {len(grid.finished):,} of {len(grid.cells):,} cells are finished."
    if csv is not None:
        yield f"The same command with --resume goes on with {named(csv)}."

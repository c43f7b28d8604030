"""Putting a run's charts where the user finds them."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING

import typer

from syncasync_sim.cli.printed import named
from syncasync_sim.cli.signals import tidily
from syncasync_sim.errors import NO_MATPLOTLIB

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from syncasync_sim import Comparison, Sweep, Trace
    from syncasync_sim.model.modes import Mode

DEFAULT = Path("output")


def check_can_draw(folder: Path) -> None:
    """Check that charts can be drawn into a folder; this needs matplotlib, too.

    Args:
        folder: the folder.

    Raises:
        BadParameter: matplotlib is not installed (an error of Typer).
        OSError: the charts could not be written.
    """
    if not can_draw():
        raise typer.BadParameter(f"{NO_MATPLOTLIB}.")
    from syncasync_sim.files.atomic_write import check_folder

    check_folder(folder, is_made=True)


def can_draw(*, tell: bool = False) -> bool:
    """Whether matplotlib is installed; with *tell* a message says so if it is not."""
    there = find_spec("matplotlib") is not None
    if tell and not there:
        print(f"No charts: {NO_MATPLOTLIB}", file=sys.stderr)
    return there


def write_charts(
    comparison: Comparison,
    traces: dict[Mode, Trace],
    folder: Path,
    more: Mapping[str, Figure] = MappingProxyType({}),
) -> list[Path]:
    """Draw all charts of a run into a folder, over those of an earlier run.

    All files are written, or none is touched.

    Args:
        comparison: the figures of the run.
        traces: the trace of each design.
        folder: the folder.
        more: further charts by their names.

    Returns:
        The files written.
    """
    prepare_matplotlib()
    from syncasync_sim.render.charts import CHARTS, FORMATS, draw_all, save
    from syncasync_sim.render.charts.live_chart import NAME

    def draw(draft: Path) -> list[Path]:
        others = [save(more[name], draft / f"{name}.{kind}") for name in more for kind in FORMATS]
        return draw_all(comparison, traces, draft) + others

    return _write(draw, (*CHARTS, NAME), folder)


def write_sweep_charts(sweep: Sweep, folder: Path) -> list[Path]:
    """Draw all charts of a sweep into a folder, over those of an earlier one.

    Args:
        sweep: the sweep.
        folder: the folder.

    Returns:
        The files written.
    """
    prepare_matplotlib()
    from syncasync_sim.render.charts import SWEEP_CHARTS, draw_sweep

    return _write(lambda draft: draw_sweep(sweep, draft), SWEEP_CHARTS, folder)


def write_figures(figures: Mapping[str, Callable[[], Figure]], folder: Path) -> list[Path]:
    """Draw charts into a folder, over those of the same names.

    Args:
        figures: what draws each chart, by the name of its files.
        folder: the folder.

    Returns:
        The files written.
    """
    prepare_matplotlib()
    from syncasync_sim.render.charts import FORMATS, save

    def draw(draft: Path) -> list[Path]:
        drawn = {name: figure() for name, figure in figures.items()}
        return [save(drawn[name], draft / f"{name}.{kind}") for name in drawn for kind in FORMATS]

    return _write(draw, figures, folder)


def prepare_matplotlib() -> None:
    """Import what is drawn with: it draws into files, prints no messages of its own, and is there quickly.

    The reader's own settings may name another backend. Numpy needs no threads for charts.
    """
    os.environ["MPLBACKEND"] = "agg"
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with _no_help_texts():
        import syncasync_sim.render.charts  # noqa: F401 - with it comes all of matplotlib


@contextlib.contextmanager
def _no_help_texts() -> Iterator[None]:
    """Import matplotlib's classes without their help texts: to make them takes longer than to draw."""
    from matplotlib import artist

    made = artist.kwdoc
    artist.kwdoc = lambda artist: ""  # noqa: ARG005 - its name is part of its type
    try:
        yield
    finally:
        artist.kwdoc = made


def _write(draw: Callable[[Path], list[Path]], charts: Iterable[str], folder: Path) -> list[Path]:
    from syncasync_sim.files.atomic_write import check_folder, folder_made, os_errors_naming
    from syncasync_sim.render.charts.canvas import MissingGlyphWarning

    check_folder(folder, is_made=True)
    with folder_made(folder, parents=True), tidily(), _draft(folder) as draft:
        with warnings.catch_warnings(record=True) as caught, os_errors_naming(folder):
            warnings.simplefilter("once", MissingGlyphWarning)
            drawn = draw(draft)
        new = {path.name: path for path in drawn}
        with _alone_in(folder):
            _put(new, _all_files(charts) - new.keys(), folder, draft)
    for message in {str(warning.message) for warning in caught if warning.category is MissingGlyphWarning}:
        print(message, file=sys.stderr)
    return [folder / name for name in new]


@contextlib.contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A folder inside *folder*, for a while."""
    from syncasync_sim.files.atomic_write import os_errors_naming

    with os_errors_naming(folder):
        draft = TemporaryDirectory(prefix=".draft-", dir=folder)
    with draft as name:
        yield Path(name)


def _all_files(charts: Iterable[str]) -> set[str]:
    from syncasync_sim.render.charts import FORMATS

    return {f"{chart}.{kind}" for chart in charts for kind in FORMATS}


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Nobody else puts charts into *folder* meanwhile, where the system can see to that."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network shares have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _put(new: Mapping[str, Path], others: set[str], folder: Path, draft: Path) -> None:
    """Put the *new* charts in the place of the old, and take away those that this run has none of: two runs
    in one folder would mislead. All of it, or nothing is changed."""
    from syncasync_sim.files.atomic_write import os_errors_naming

    for name in new:
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
    old = draft / "old"
    old.mkdir()
    target, put = folder, []
    try:
        for name in sorted(others | new.keys()):
            target = folder / name
            if os.path.lexists(target) and not target.is_dir():
                target.replace(old / name)
            if name in new:
                new[name].replace(target)
                put.append(target)
    except OSError as error:
        _put_back(put, folder, old)
        with os_errors_naming(target):
            raise error


def _put_back(put: Iterable[Path], folder: Path, old: Path) -> None:
    for chart in put:
        chart.unlink(missing_ok=True)
    for kept in old.iterdir():
        kept.replace(folder / kept.name)


def tell_charts(drawn: list[Path], folder: Path) -> None:
    """Print the folder of the charts on standard error; nothing where there was nothing to draw.

    Args:
        drawn: the files written.
        folder: the folder.
    """
    if not drawn:
        return
    kinds = " and ".join(sorted({path.suffix[1:].upper() for path in drawn}))
    print(f"\nCharts: {named(folder)}/ ({len(drawn)} files, {kinds})", file=sys.stderr)

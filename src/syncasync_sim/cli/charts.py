"""Putting a run's charts where the user finds them."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING

from syncasync_sim.cli.interrupts import tidily

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from syncasync_sim import Comparison, Sweep, Trace
    from syncasync_sim.model.modes import Mode

DEFAULT = Path("output")


def check_folder(folder: Path) -> None:
    """Raise the OSError that writing into *folder* would end in, as far as it shows before the work."""
    place = folder
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(place))
    if not os.access(place, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))


def write_charts(
    comparison: Comparison,
    traces: dict[Mode, Trace],
    folder: Path,
    more: Mapping[str, Figure] = MappingProxyType({}),
) -> list[Path]:
    """Draw all charts of a run, and *more* by their names, into *folder*, over those of an earlier one; all
    of them, or none is touched."""
    from syncasync_sim.render.charts import CHARTS, FORMATS, draw_all, save
    from syncasync_sim.render.charts.measured import NAME

    def draw(draft: Path) -> list[Path]:
        others = [save(more[name], draft / f"{name}.{kind}") for name in more for kind in FORMATS]
        return draw_all(comparison, traces, draft) + others

    return _write(draw, (*CHARTS, NAME), folder)


def write_sweep_charts(sweep: Sweep, folder: Path) -> list[Path]:
    """The same for the charts of a sweep."""
    from syncasync_sim.render.charts import SWEEP_CHARTS, draw_sweep

    return _write(lambda draft: draw_sweep(sweep, draft), SWEEP_CHARTS, folder)


def _write(draw: Callable[[Path], list[Path]], charts: Iterable[str], folder: Path) -> list[Path]:
    made = _make(folder)
    try:
        with tidily(), TemporaryDirectory(prefix=".draft-", dir=folder) as draft:
            drawn = draw(Path(draft))
            _remove_others(folder, charts, {path.name for path in drawn})
            return [path.replace(folder / path.name) for path in drawn]
    except BaseException:
        with contextlib.suppress(OSError):  # not empty: somebody else's
            for made_folder in made:
                made_folder.rmdir()
        raise


def _remove_others(folder: Path, charts: Iterable[str], kept: set[str]) -> None:
    """Remove the charts of an earlier run that this one has none of: two runs in one folder would mislead."""
    from syncasync_sim.render.charts import FORMATS

    for name in {f"{chart}.{kind}" for chart in charts for kind in FORMATS} - kept:
        (folder / name).unlink(missing_ok=True)


def tell_charts(drawn: list[Path], folder: Path) -> None:
    """Say where they are, on standard error."""
    kinds = " and ".join(sorted({path.suffix[1:].upper() for path in drawn}))
    print(f"\nCharts: {folder}/ ({len(drawn)} files, {kinds})", file=sys.stderr)


def _make(folder: Path) -> list[Path]:
    """Make the folder; the folders that were not there before, innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing

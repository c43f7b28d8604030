"""What was found in a log, written as a scenario with its data files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncasync_sim.files.atomic_write import write_all
from syncasync_sim.files.scenario_loader import load_scenario, slug
from syncasync_sim.fit.fitted import Fit
from syncasync_sim.fit.scenario_text import Written, written
from syncasync_sim.model.scenario import Scenario


def write_scenario(
    fit: Fit, path: str | Path, *, distribution: str | None = None, force: bool = False
) -> Scenario:
    """Write a fit as a scenario with its data files beside it, and load it.

    Args:
        fit: what was found in a log.
        path: the scenario file.
        distribution: the name of a distribution in place of the measured work, as `lognormal`, or `best`.
        force: whether files that exist may be replaced.

    Returns:
        The scenario.

    Raises:
        FileExistsError: a file exists, and *force* is not set.
        LogError: there is no such distribution, or the durations do not allow it.
        OSError: the disk refuses.
    """
    target = Path(path)
    _, contents = contents_of(fit, target, distribution)
    write_all({file: text.encode() for file, text in contents.items()}, replace=force)
    return load_scenario(target)


def contents_of(
    fit: Fit, target: Path, distribution: str | None = None
) -> tuple[Written, Mapping[Path, str]]:
    """Return the texts of a fit, and the text of each file by its path.

    Args:
        fit: what was found in a log.
        target: the scenario file; its data files are beside it.
        distribution: the name of a distribution in place of the measured durations, or `best`.

    Raises:
        LogError: there is no such distribution, or the durations do not allow it.
    """
    texts = written(fit, slug(target.stem), fit.log.names, distribution)
    return texts, {target: texts.scenario} | {target.parent / name: text for name, text in texts.data.items()}

"""Figures over several replications: their means, and the interval of a mean or of a paired difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import fsum
from typing import Any

from syncasync_sim.stats.intervals import t_interval

Path = tuple[str, ...]


def flat(figures: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every figure with its path; an absent group is left out.

    Args:
        figures: nested figures by their names.
        path: the path of *figures* itself, empty at the root.
    """
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, (*path, name))
        elif not (value is None and not path and name not in ("ended_at_s",)):
            yield (*path, name), value


def columns(runs: Sequence[Mapping[str, Any]]) -> dict[Path, list[float | None]]:
    """Return the values of every figure, one per replication; None if a replication did not measure it."""
    flattened = [dict(flat(run)) for run in runs]
    paths = dict.fromkeys(path for run in flattened for path in run)
    return {path: [run.get(path) for run in flattened] for path in paths}


def means(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of every figure over the replications that measured it, in the shape of one run."""
    result: dict[str, Any] = dict.fromkeys(runs[0])
    for path, values in columns(runs).items():
        measured = [value for value in values if value is not None]
        parent = result
        for part in path[:-1]:
            parent[part] = parent.get(part) or {}
            parent = parent[part]
        parent[path[-1]] = mean(measured) if measured else None
    for name, value in runs[0].items():
        if value == {}:
            result[name] = {}
    return result


def mean(values: Sequence[float]) -> float:
    """Return the mean of values, with an exact sum: the mean of equal numbers is that number."""
    return fsum(values) / len(values)


def bounds(values: Sequence[float | None]) -> dict[str, float] | None:
    """Return the 95 % interval of a mean by the keys `low` and `high`; None with fewer than two values."""
    interval = t_interval([value for value in values if value is not None])
    return None if interval is None else {"low": interval[0], "high": interval[1]}


def difference(left: Sequence[float | None], right: Sequence[float | None]) -> dict[str, float] | None:
    """Return the mean and interval of left - right, paired replication by replication.

    Replications share their random numbers (common random numbers), so pairing removes most of the variance.

    Args:
        left: the values of one side, None if not measured.
        right: the values of the other side, of the same length.

    Returns:
        The keys `mean`, `low` and `high`; None with fewer than two pairs.
    """
    pairs = [a - b for a, b in zip(left, right, strict=True) if a is not None and b is not None]
    spread = bounds(pairs)
    return None if spread is None else {"mean": mean(pairs), **spread}

"""Which keys the model knows, and where: read off its annotations, so that nothing is written twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic.fields import FieldInfo

from syncasync_sim.files.places import Path
from syncasync_sim.model.fields import Part
from syncasync_sim.model.scenario import Scenario

EXAMPLES: Mapping[str, str] = {
    "traffic": "traffic: {requests: 10}",
    "steps": "steps: [{name: work, duration: 200ms}]",
    "name": "name: send email",
    "duration": "duration: 200ms",
    "from": "from: 10s",
    "for": "for: 30s",
    "factor": "factor: 4",
    "worker": "worker: 1",
    "at": "at: 3s",
    "restart_after": "restart_after: 5s",
}
"""A line to add for each key that must be there."""


def part_in(annotation: Any) -> type[Part] | None:
    """The kind of mapping an annotation holds: itself, in a list, or optionally."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next((part for inner in get_args(annotation) if (part := part_in(inner))), None)


@cache
def keys_of(part: type[Part]) -> Mapping[str, FieldInfo]:
    """The keys of a mapping as a file writes them."""
    return {info.alias or name: info for name, info in part.model_fields.items()}


def part_at(path: Path) -> type[Part] | None:
    """The kind of mapping that stands at a path of a scenario; None where none does."""
    part: type[Part] | None = Scenario
    for key in path:
        if isinstance(key, str):
            info = keys_of(part).get(key) if part is not None else None
            part = part_in(info.annotation) if info is not None else None
    return part


def homes_of(key: str) -> list[str]:
    """The sections that know a key: `server`, `steps`, `steps.retry`; empty for the scenario itself."""
    return [where for where, part in _sections(Scenario, "") if key in keys_of(part)]


def _sections(part: type[Part], where: str) -> Iterator[tuple[str, type[Part]]]:
    yield where, part
    for key, info in keys_of(part).items():
        if inner := part_in(info.annotation):
            yield from _sections(inner, f"{where}.{key}".lstrip("."))

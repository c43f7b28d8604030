"""Which keys the model knows, and where: read off its annotations, so that nothing is written twice."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, get_args

from pydantic.fields import FieldInfo

from syncasync_sim.files.diagnostics import Path
from syncasync_sim.model.fields import StrictModel

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
    "grace": "grace: 30s",
    "title": "title: Not faster, just later",
    "scenario": "scenario: checkout",
    "question": "question: {text: How long does the customer wait?, options: [...]}",
    "options": "options: [{text: 1.05 s, correct: true}, ...]",
    "lesson": "lesson: the-spinner",
    "story": "story: A customer uploads a video.",
    "text": "text: one sentence",
    "rows": "rows: [{label: customer waits, figure: response_time_s.max}]",
    "label": "label: customer waits",
    "figure": "figure: response_time_s.max",
    "sum": "sum: 1.05 s page + 1.50 s email = 2.55 s",
    "why": "why: Why is the email no earlier?",
    "change": "change: {text: ..., set: {traffic.requests: 10}, sum: ..., claims: [...]}",
    "number": "number: 1.2s",
    "numbers": "numbers: [{number: 1.2s, values: [1.05s, 2.25s, 1.2s]}, ...]",
    "values": "values: [1.05s, 2.25s, 1.2s]",
    "path": "path: steps[send email].duration",
    "value": "value: 30s",
    "formula": "formula: 1.5 s / (1 - 0.95)",
    "claims": "claims: [sync.response_time_s.max == 2.55s]",
    "takeaway": "takeaway: Wait only for what the reply needs.",
}
"""A line to add for each key that must be there, in a scenario or a lesson."""


def part_in(annotation: Any) -> type[StrictModel] | None:
    """The type of mapping in an annotation: itself, in a list, or optional."""
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        return annotation
    return next((part for inner in get_args(annotation) if (part := part_in(inner))), None)


@cache
def keys_of(part: type[StrictModel]) -> Mapping[str, FieldInfo]:
    """Return the keys of a mapping, as a file writes them, with their fields."""
    return {info.alias or name: info for name, info in part.model_fields.items()}


@cache
def texts_of(part: type[StrictModel]) -> Mapping[str, str]:
    """Return what each key means, by the name of its field: the text below the field in the source.

    Pydantic would read the sources for it at every start, though only a schema shows it.
    """
    texts: dict[str, str] = {}
    for base in reversed(part.__mro__[: part.__mro__.index(StrictModel)]):
        (definition,) = ast.parse(inspect.getsource(base)).body
        for field, text in pairwise(definition.body if isinstance(definition, ast.ClassDef) else ()):
            match field, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                    texts[name] = inspect.cleandoc(words)
    return texts


def part_at(path: Path, root: type[StrictModel]) -> type[StrictModel] | None:
    """The type of mapping at a path; None if there is none.

    Args:
        path: the path.
        root: the type of mapping at the root.
    """
    part: type[StrictModel] | None = root
    for key in path:
        if isinstance(key, str):
            info = keys_of(part).get(key) if part is not None else None
            part = part_in(info.annotation) if info is not None else None
    return part


def sections_with_key(key: str, root: type[StrictModel]) -> list[str]:
    """Return the sections that have a key: `server`, `steps`, `steps.retry`; empty for the root itself.

    Args:
        key: the key.
        root: the type of mapping at the root.
    """
    return [where for where, part in _sections(root, "") if key in keys_of(part)]


def _sections(part: type[StrictModel], where: str) -> Iterator[tuple[str, type[StrictModel]]]:
    yield where, part
    for key, info in keys_of(part).items():
        if inner := part_in(info.annotation):
            yield from _sections(inner, f"{where}.{key}".lstrip("."))

"""The tables of keys in the references of scenarios and lessons: one row a field of a model."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from generate.pages import table
from syncasync_sim.files.model_keys import texts_of
from syncasync_sim.model import fields
from syncasync_sim.model.fields import FieldType, StrictModel
from syncasync_sim.model.lesson_file import Changes

KINDS = {
    fields.DURATION.read: "duration",
    fields.POSITIVE_DURATION.read: "duration above 0",
    fields.RANDOM_DURATION.read: "duration or distribution",
    fields.NATURAL.read: "whole number from 0",
    fields.POSITIVE.read: "whole number from 1",
    fields.WORKER_COUNT.read: f"whole number from 0 to {fields.MOST_WORKERS}",
    get_args(fields.Rate)[1].read: "rate",
    get_args(fields.Probability)[1].read: "probability",
    get_args(fields.Factor)[1].read: "number above 0",
    get_args(fields.FileName)[1].read: "text",
    get_args(fields.Start)[1].read: f"`{fields.FIRST}`, number or date",
    get_args(Changes)[1].read: "mapping of paths and values",
}


def kind_of(annotation: Any, metadata: list[Any]) -> str:
    """In words, what may stand there."""
    for kind in metadata:
        if isinstance(kind, FieldType):
            return KINDS[kind.read] + "".join(f", or `{word}`" for word, _ in kind.words)
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in inside)
    if origin in (Union, UnionType):
        return " or ".join(kind_of(part, []) for part in inside if part is not NoneType)
    if origin is tuple:
        return "list of " + kind_of(inside[0], [])
    if hasattr(annotation, "__metadata__"):
        return kind_of(annotation.__origin__, list(annotation.__metadata__))
    plain = {str: "text", bool: "`true` or `false`"}
    return plain.get(annotation) or f"[{annotation.__name__.lower()}](#{annotation.__name__.lower()})"


def kinds_in(annotation: Any, metadata: list[Any]) -> Iterator[FieldType]:
    """Every Kind in an annotation."""
    for found in metadata:
        if isinstance(found, FieldType):
            yield found
    for part in get_args(annotation):
        yield from kinds_in(part, list(getattr(part, "__metadata__", ())))


def default_of(field: FieldInfo) -> str:
    """As it would be written in a file."""
    value = field.default
    if value is PydanticUndefined:
        return "required" if field.is_required() else "-"
    if isinstance(value, StrictModel):
        return "all defaults"
    kind = next(kinds_in(field.annotation, list(field.metadata)), None)
    if value is None:
        absent = [word for word, meaning in kind.words if meaning is None] if kind is not None else []
        return f"`{absent[0]}`" if absent else "-"
    if isinstance(value, tuple):
        return "`[]`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    written = kind.write(value) if kind is not None else value
    return f"`{written:g}`" if isinstance(written, float) else f"`{written}`" if written != "" else "-"


def table_of(part: type[StrictModel]) -> str:
    """One row per key."""
    rows, texts = [], texts_of(part)
    for name, field in part.model_fields.items():
        assert name in texts, f"write a docstring below {part.__name__}.{name} in {part.__module__}"
        meaning = " ".join(texts[name].split())
        kind = kind_of(field.annotation, list(field.metadata))
        rows.append((f"`{field.alias or name}`", kind, default_of(field), meaning))
    return table(("key", "kind", "default", "meaning"), rows)


def parts_in(annotation: Any) -> Iterator[type[StrictModel]]:
    """Every Part in an annotation, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from parts_in(field.annotation)
    for inside in get_args(annotation):
        yield from parts_in(inside)

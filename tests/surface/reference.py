"""Reference pages: their tables are made from the models, so that no key goes untold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from syncasync_sim.model import fields
from syncasync_sim.model.fields import FieldType, StrictModel
from syncasync_sim.model.lesson_file import Changes

MARKED = re.compile(r"<!-- table: (?P<name>\w+) -->\n(?P<table>.*?)<!-- end -->\n", re.DOTALL)
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)

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
    rows = ["| key | kind | default | meaning |", "|---|---|---|---|"]
    for name, field in part.model_fields.items():
        assert field.description, f"{part.__name__}.{name} has no text"
        meaning = " ".join(field.description.split())
        kind = kind_of(field.annotation, list(field.metadata))
        rows.append(f"| `{field.alias or name}` | {kind} | {default_of(field)} | {meaning} |")
    return "\n".join(rows) + "\n"


def keys_in(data: Any) -> Iterator[str]:
    """Every key, however deep."""
    if isinstance(data, dict):
        yield from data
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from keys_in(value)


def parts_in(annotation: Any) -> Iterator[type[StrictModel]]:
    """Every Part in an annotation, however deep."""
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from parts_in(field.annotation)
    for inside in get_args(annotation):
        yield from parts_in(inside)


def sections(page: Path) -> dict[str, str]:
    """A page by the name of the table in it, from heading to heading."""
    found = {}
    for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
        for match in MARKED.finditer(section):
            found[match["name"]] = section
    return found


def keys_shown(section: str) -> set[str]:
    """The keys that the examples of a section hold."""
    return {key for block in BLOCK.findall(section) for key in keys_in(yaml.safe_load(block))}


def keys_of(part: type[StrictModel]) -> set[str]:
    """The keys of a part, as a file writes them."""
    return {field.alias or name for name, field in part.model_fields.items()}


def written_in(page: Path) -> dict[str, str]:
    """The tables of a page, by their names, in their order."""
    return {match["name"]: match["table"] for match in MARKED.finditer(page.read_text(encoding="utf-8"))}


def write_anew(page: Path, tables: Mapping[str, str]) -> None:
    """Replace every table in the page by the one made from the models."""
    marks = "<!-- table: {0} -->\n{1}<!-- end -->\n"
    text = page.read_text(encoding="utf-8")
    new = MARKED.sub(lambda match: marks.format(match["name"], tables[match["name"]]), text)
    page.write_text(new, encoding="utf-8")

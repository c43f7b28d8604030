"""docs/scenario-reference.md is right: its tables are made from the models, its examples are read by them.

After a change of the models, write the tables anew with `python tests/surface/test_reference.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import yaml
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from syncasync_sim.files import parse_scenario
from syncasync_sim.model import fields
from syncasync_sim.model.claims import COMPARISONS, FIGURES
from syncasync_sim.model.distributions import DISTRIBUTIONS
from syncasync_sim.model.fields import Kind, Part
from syncasync_sim.model.parts import Customer, Retry, Server, Slowdown, Step, Window
from syncasync_sim.model.quantities import UNIT_S
from syncasync_sim.model.queue import Crash, Queue, Workers
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.traffic import Phase, Traffic

PAGE = Path(__file__).parents[2] / "docs" / "scenario-reference.md"
PARTS: tuple[type[Part], ...] = (
    *(Scenario, Traffic, Phase, Customer, Server, Step, Retry, Window, Slowdown, Queue, Workers, Crash),
)
BASE = {"traffic": {"requests": 1}, "steps": [{"name": "work", "duration": "200ms", "effect": "work done"}]}
MARKED = re.compile(r"<!-- table: (?P<name>\w+) -->\n(?P<table>.*?)<!-- end -->\n", re.DOTALL)
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)

KINDS = {
    fields.DURATION.read: "duration",
    fields.POSITIVE_DURATION.read: "duration above 0",
    fields.RANDOM_DURATION.read: "duration or distribution",
    fields.NATURAL.read: "whole number from 0",
    fields.POSITIVE.read: "whole number from 1",
    get_args(fields.Rate)[1].read: "rate",
    get_args(fields.Probability)[1].read: "probability",
    get_args(fields.Factor)[1].read: "number above 0",
}
PLACES = {part: f"[{part.__name__.lower()}](#{part.__name__.lower()})" for part in PARTS}


def kind_of(annotation: Any, metadata: list[Any]) -> str:
    """In words, what may stand there."""
    for kind in metadata:
        if isinstance(kind, Kind):
            return KINDS[kind.read] + "".join(f", or `{word}`" for word, _ in kind.words)
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in inside)
    if origin in (Union, UnionType):
        return " or ".join(kind_of(part, []) for part in inside if part is not NoneType)
    if origin is tuple:
        return "list of " + kind_of(inside[0], [])
    if hasattr(annotation, "__metadata__"):
        return kind_of(None, list(annotation.__metadata__))
    plain = {str: "text", bool: "`true` or `false`"}
    return plain.get(annotation) or PLACES[annotation]


def kinds_in(annotation: Any, metadata: list[Any]) -> Iterator[Kind]:
    """Every Kind in an annotation."""
    for found in metadata:
        if isinstance(found, Kind):
            yield found
    for part in get_args(annotation):
        yield from kinds_in(part, list(getattr(part, "__metadata__", ())))


def default_of(field: FieldInfo) -> str:
    """As it would be written in a file."""
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if isinstance(value, Part):
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


def table_of(part: type[Part]) -> str:
    """One row per key."""
    rows = ["| key | kind | default | meaning |", "|---|---|---|---|"]
    for name, field in part.model_fields.items():
        assert field.description, f"{part.__name__}.{name} has no text"
        meaning = " ".join(field.description.split())
        kind = kind_of(field.annotation, list(field.metadata))
        rows.append(f"| `{field.alias or name}` | {kind} | {default_of(field)} | {meaning} |")
    return "\n".join(rows) + "\n"


def figures() -> str:
    """One row per figure that a claim may name."""
    rows = ["| figure | parts |", "|---|---|"]
    for name, parts in FIGURES.items():
        own = "the scenario's effects" if name in ("effects", "duplicates") else ", ".join(parts) or "-"
        rows.append(f"| `{name}` | {own} |")
    return "\n".join(rows) + "\n"


TABLES = {**{part.__name__: table_of(part) for part in PARTS}, "figures": figures()}


def sections() -> dict[str, str]:
    """The page by the name of the table in it, from heading to heading."""
    found = {}
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        for match in MARKED.finditer(section):
            found[match["name"]] = section
    return found


def keys_in(data: Any) -> Iterator[str]:
    """Every key, however deep."""
    if isinstance(data, dict):
        yield from data
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from keys_in(value)


def test_every_part_has_its_table_and_every_key_its_row() -> None:
    text = PAGE.read_text(encoding="utf-8")
    written = {match["name"]: match["table"] for match in MARKED.finditer(text)}
    assert list(written) == list(TABLES)
    assert written == TABLES, "write the tables anew: python tests/surface/test_reference.py"


def test_every_part_of_a_scenario_is_in_the_page() -> None:
    def parts_in(annotation: Any) -> Iterator[type[Part]]:
        if isinstance(annotation, type) and issubclass(annotation, Part):
            yield annotation
            for field in annotation.model_fields.values():
                yield from parts_in(field.annotation)
        for inside in get_args(annotation):
            yield from parts_in(inside)

    assert set(parts_in(Scenario)) == set(PARTS)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_examples_of_a_part_show_every_key(part: type[Part]) -> None:
    shown = {
        key for block in BLOCK.findall(sections()[part.__name__]) for key in keys_in(yaml.safe_load(block))
    }
    assert {field.alias or name for name, field in part.model_fields.items()} <= shown


@pytest.mark.parametrize("block", BLOCK.findall(PAGE.read_text(encoding="utf-8")))
def test_every_example_is_read(block: str) -> None:
    data = {**BASE, **yaml.safe_load(block)}
    assert parse_scenario(yaml.safe_dump(data, sort_keys=False)).steps


def test_every_unit_distribution_and_comparison_is_told() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for word in (*UNIT_S, *COMPARISONS):
        assert f"`{word}`" in text or word == "μs"
    for name, (parameters, _) in DISTRIBUTIONS.items():
        assert re.search(rf"`{name}\([^`]*\)`", text), name
        assert all(parameter in text for parameter in parameters)


def write_the_tables_anew() -> None:
    """Replace every table in the page by the one made from the models."""
    text = PAGE.read_text(encoding="utf-8")
    marks = "<!-- table: {0} -->\n{1}<!-- end -->\n"
    new = MARKED.sub(lambda match: marks.format(match["name"], TABLES[match["name"]]), text)
    PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    write_the_tables_anew()

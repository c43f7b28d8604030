"""What the tests of the reference pages share: their sections, and the keys that their examples show."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from generate.pages import marks_in
from syncasync_sim.model.fields import StrictModel

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def write_data(folder: Path) -> None:
    """Write the files of measured times that the examples name: docs/scenarios.md shows one of them."""
    page = Path(__file__).parents[2] / "docs" / "scenarios.md"
    (orders,) = re.findall(
        r"^```text\n(arrival,charge,email\n.*?)^```$",
        page.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    (folder / "orders.csv").write_text(orders, encoding="utf-8")
    (folder / "seconds.csv.gz").write_bytes(gzip.compress(b"20.5\n21\n"))


def keys_in(data: Any) -> Iterator[str]:
    """Every key, however deep."""
    if isinstance(data, dict):
        yield from data
    for value in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from keys_in(value)


def sections(page: Path) -> dict[str, str]:
    """A page by the name of the table in it, from heading to heading."""
    text = page.read_text(encoding="utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return {mark.removeprefix("table: "): part for part in parts for mark in marks_in(part)}


def keys_shown(section: str) -> set[str]:
    """The keys that the examples of a section hold."""
    return {key for block in BLOCK.findall(section) for key in keys_in(yaml.safe_load(block))}


def keys_of(part: type[StrictModel]) -> set[str]:
    """The keys of a part, as a file writes them."""
    return {field.alias or name for name, field in part.model_fields.items()}

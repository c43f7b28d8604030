"""docs/scenario-reference.md is right: its examples are read and complete. Its tables: test_generated.py."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from generate.keys import parts_in
from surface.reference import BLOCK, keys_of, keys_shown, sections, write_data
from syncasync_sim.files import parse_scenario
from syncasync_sim.model.claims import COMPARISONS
from syncasync_sim.model.fields import StrictModel
from syncasync_sim.model.quantities import UNIT_S
from syncasync_sim.model.scenario import Scenario

PAGE = Path(__file__).parents[2] / "docs" / "scenario-reference.md"
PARTS = tuple(dict.fromkeys(parts_in(Scenario)))
BASE = {"traffic": {"requests": 1}, "steps": [{"name": "work", "duration": "200ms", "effect": "work done"}]}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_examples_of_a_part_show_every_key(part: type[StrictModel]) -> None:
    lacks = keys_of(part) - keys_shown(sections(PAGE)[part.__name__])
    assert lacks == set(), f"write an example of each into docs/scenario-reference.md, under {part.__name__}"


@pytest.mark.parametrize("block", BLOCK.findall(PAGE.read_text(encoding="utf-8")))
def test_every_example_is_read(block: str, tmp_path: Path) -> None:
    write_data(tmp_path)
    data = {**BASE, **yaml.safe_load(block)}
    assert parse_scenario(yaml.safe_dump(data, sort_keys=False), str(tmp_path / "example")).steps


def test_every_unit_and_comparison_is_told() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for word in (*UNIT_S, *COMPARISONS):
        assert f"`{word}`" in text or word == "μs", f"docs/scenario-reference.md lacks `{word}`"

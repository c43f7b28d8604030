"""docs/scenario-reference.md is right: its tables are made from the models, its examples are read by them.

After a change of the models, write the tables anew with `python tests/surface/test_reference.py`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml

if __name__ == "__main__":  # run by its path: the tests' own folder is not known yet
    sys.path.insert(0, str(Path(__file__).parents[1]))

from surface.reference import BLOCK, keys_of, keys_shown, parts_in, sections, table_of, write_anew, written_in
from syncasync_sim.files import parse_scenario
from syncasync_sim.model.claims import COMPARISONS
from syncasync_sim.model.distributions import DISTRIBUTIONS
from syncasync_sim.model.fields import StrictModel
from syncasync_sim.model.figures import GROUPS, OF_EFFECTS, WITHIN, names
from syncasync_sim.model.quantities import UNIT_S
from syncasync_sim.model.queue_parts import Crash, Queue, Workers
from syncasync_sim.model.request_parts import Customer, Retry, Server, Slowdown, Step, Window
from syncasync_sim.model.scenario import Scenario
from syncasync_sim.model.traffic import Phase, Traffic

PAGE = Path(__file__).parents[2] / "docs" / "scenario-reference.md"
PARTS: tuple[type[StrictModel], ...] = (
    *(Scenario, Traffic, Phase, Customer, Server, Step, Retry, Window, Slowdown, Queue, Workers, Crash),
)
BASE = {"traffic": {"requests": 1}, "steps": [{"name": "work", "duration": "200ms", "effect": "work done"}]}


def figures() -> str:
    """One row per figure that a claim may name."""
    rows = ["| figure | parts |", "|---|---|"]
    for name in dict.fromkeys(name.partition(".")[0] for name in names([""])):
        own = "the scenario's effects" if name in OF_EFFECTS else ", ".join(GROUPS.get(name, ())) or "-"
        rows.append(f"| `{name}` | {own} |")
    rows += [f"| `{name}` | a duration, as `{name}(2s)` |" for name in WITHIN]
    return "\n".join(rows) + "\n"


TABLES = {**{part.__name__: table_of(part) for part in PARTS}, "figures": figures()}


def test_every_part_has_its_table_and_every_key_its_row() -> None:
    written = written_in(PAGE)
    assert list(written) == list(TABLES)
    assert written == TABLES, "write the tables anew: python tests/surface/test_reference.py"


def test_every_part_of_a_scenario_is_in_the_page() -> None:
    assert set(parts_in(Scenario)) == set(PARTS)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_the_examples_of_a_part_show_every_key(part: type[StrictModel]) -> None:
    assert keys_of(part) <= keys_shown(sections(PAGE)[part.__name__])


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


if __name__ == "__main__":
    write_anew(PAGE, TABLES)

"""A scenario written again with changes: it reads as the same scenario with the same changes."""

from __future__ import annotations

import pytest

from syncasync_sim.files import bundled, change_scenario, parse_scenario
from syncasync_sim.files.changed_text import changed_text

SETS = ("workers.count=30", "seed=7")


@pytest.mark.parametrize("name", bundled.names())
def test_a_changed_text_is_the_changed_scenario(name: str) -> None:
    text = bundled.read(name)
    changed = changed_text(text, f"{name}.yaml", SETS)
    assert parse_scenario(changed, name) == change_scenario(parse_scenario(text, name), SETS)
    assert f"# {name}.yaml with --set workers.count=30 --set seed=7\n" in changed
    assert "Look for" not in changed


def test_without_a_change_the_text_stays() -> None:
    assert changed_text(bundled.read("checkout"), "checkout.yaml", ()) == bundled.read("checkout")


def test_a_name_cannot_end_the_comment() -> None:
    changed = changed_text(bundled.read("checkout"), "a\nseed: 9 #", ("workers.count=2",))
    assert parse_scenario(changed, "a").seed == 1

"""What a plain scalar stands for, and that keys may come in any order."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import parse_scenario
from syncasync_sim.files.scenario_loader import slug
from syncasync_sim.files.strict_yaml import read_yaml
from syncasync_sim.model.scenario import Scenario

GOOD = (Path(__file__).parent / "good.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("010", 10),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("True", True),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ('"true"', "true"),
        ("|\n  a\n  b", "a\nb\n"),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    read = read_yaml(f"k: {text}\n", "x").data["k"]
    assert (read, type(read)) == (value, type(value))


def test_good_file_loads_and_comes_back() -> None:
    scenario = parse_scenario(GOOD, "good.yaml")
    assert scenario.to_data() != {}
    assert Scenario.model_validate(scenario.to_data()) == scenario
    assert parse_scenario(yaml.safe_dump(scenario.to_data()), "again.yaml") == scenario


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_and_mark_do_not_matter(ending: str) -> None:
    other = ("\ufeff" + GOOD.replace("\n", ending)).encode()
    assert parse_scenario(other) == parse_scenario(GOOD)


@settings(max_examples=20, deadline=2000)
@given(st.permutations(sorted(yaml.safe_load(GOOD))))
def test_order_of_keys_does_not_matter(keys: list[str]) -> None:
    data = yaml.safe_load(GOOD)
    text = yaml.safe_dump({key: data[key] for key in keys}, sort_keys=False)
    assert parse_scenario(text) == parse_scenario(GOOD)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("Über uns 2", "uber-uns-2"),
        ("my_shop.v2", "my_shop.v2"),
        ("-.-", "scenario"),
        ("漢字", "scenario"),
        ("CON", "my-con"),
        ("aux.v2", "my-aux.v2"),
    ],
)
def test_name_from_the_file(stem: str, name: str) -> None:
    assert slug(stem) == name
    unnamed = GOOD.replace("name: good\n", "")
    assert parse_scenario(unnamed, f"folder/{stem}.yaml").name == name


def test_problems_stand_in_the_order_of_the_file() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(
            GOOD.replace("seed: 7", "seed: x").replace("count: 2", "count: y").replace("for: 60s", "for: 60"),
            "a",
        )
    places = [line.split(" ")[0] for line in str(caught.value).splitlines() if line.startswith("a:")]
    assert places == ["a:7:7:", "a:10:8:", "a:40:10:"]


@pytest.mark.parametrize(
    ("old", "new", "cure"),
    [
        ("warm_up: 0", "warm_up: atuo", "or the word auto"),
        ("stop_at: 10m", "stop_at: soon", "or the word none"),
        ("warm_up: 0", "warm_up: 10x", "the units are us, ms, s, m (minutes), h and d"),
    ],
)
def test_a_word_that_may_stand_there_is_told(old: str, new: str, cure: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(GOOD.replace(old, new))
    assert str(caught.value).endswith(f"= {cure}")

"""Bundled scenarios, their schema, and what `load_scenario` takes for a name."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syncasync_sim.errors import ScenarioError
from syncasync_sim.files import bundled, load_scenario, parse_scenario, schema_text
from syncasync_sim.files.model_keys import EXAMPLES, keys_of, part_in
from syncasync_sim.files.schema import schema
from syncasync_sim.model.fields import StrictModel
from syncasync_sim.model.lesson_file import Lesson
from syncasync_sim.model.scenario import Scenario

MODELINE = "# yaml-language-server: $schema=./scenario.schema.json"
GOOD = Path(__file__).parent / "good.yaml"
TINY = "traffic: {requests: 1}\nsteps: [{name: work, duration: 1s}]\n"


def parts(part: type[StrictModel]) -> set[type[StrictModel]]:
    return {part}.union(*(parts(inner) for i in keys_of(part).values() if (inner := part_in(i.annotation))))


def test_there_are_some_and_the_schema_is_none_of_them() -> None:
    assert "checkout" in bundled.names()
    assert not any("schema" in name for name in bundled.names())


@pytest.mark.parametrize("name", bundled.names())
def test_each_is_good_and_comes_back(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert bundled.read(f"{name}.yaml").splitlines()[0] == MODELINE
    assert Scenario.model_validate(scenario.to_data()) == scenario


def test_a_path_that_exists_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = bundled.names()[0]
    Path(name).mkdir()
    assert load_scenario(name).name == name
    Path(name).rmdir()
    Path(name).write_text(TINY + "title: mine\n")
    assert load_scenario(name).title == "mine"


def test_an_unknown_name_gets_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        load_scenario("chekout")
    assert str(caught.value).endswith("  = did you mean 'checkout'?")
    with pytest.raises(ScenarioError) as caught:
        bundled.read("qqqqqq")
    assert str(caught.value) == (
        "qqqqqq: there is no bundled scenario of that name\n"
        "  = syncasync-sim scenarios list  shows the bundled ones"
    )
    with pytest.raises(ScenarioError, match="there is no such file, and no bundled scenario of that name"):
        load_scenario("qqqqqq")
    with pytest.raises(ScenarioError):
        bundled.read("../pyproject")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TINY.encode())))
    assert load_scenario("-", ["seed=5"]).seed == 5
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"steps")))
    with pytest.raises(ScenarioError, match=r"^stdin:1:1: "):
        load_scenario("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ScenarioError, match="no standard input"):
        load_scenario("-")


def test_copy_never_overwrites_and_obeys_the_umask(tmp_path: Path) -> None:
    name = bundled.names()[0]
    before = os.umask(0o027)
    try:
        made = bundled.copy(name, tmp_path)
    finally:
        os.umask(before)
    assert made == tmp_path / f"{name}.yaml"
    assert made.read_text(encoding="utf-8") == bundled.read(name)
    assert stat.S_IMODE(made.stat().st_mode) == 0o640
    made.write_text("mine")
    with pytest.raises(FileExistsError, match="exists already"):
        bundled.copy(name, tmp_path)
    assert made.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([made.name, bundled.SCHEMA])
    with pytest.raises(FileNotFoundError):
        bundled.copy(name, tmp_path / "missing")


def test_copy_where_links_are_not_possible(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse, raising=False)
    made = bundled.copy("checkout", tmp_path)
    assert made.read_text(encoding="utf-8") == bundled.read("checkout")
    with pytest.raises(FileExistsError):
        bundled.copy("checkout", tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_good_scenarios_satisfy_the_schema_and_bad_ones_do_not(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(schema_text(), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(tmp_path / "schema.json")]
    files = [str(bundled.path_of(name)) for name in bundled.names()]
    good = subprocess.run([*command, *files, str(GOOD)], capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout
    wrong = [
        GOOD.parent / "files" / f"{name}.yaml"
        for name in ("unknown-key", "missing-duration", "choice-misspelt")
    ]
    bad = subprocess.run([*command, *map(str, wrong)], capture_output=True, text=True, check=False)
    assert all(file.name in bad.stdout for file in wrong)


def test_every_default_in_the_schema_is_one_a_file_may_hold() -> None:
    made = schema()
    base = {"name": "x", "duration": "1s", "from": 0, "for": "1s", "at": 0, "worker": 1, "restart_after": 0}
    del made["properties"]["name"]["default"]
    data = {key: info["default"] for key, info in made["properties"].items() if "default" in info}
    data |= {"traffic": {"requests": 1}, "steps": [base | _defaults(made, "Step")]}
    data["steps"][0] = {k: v for k, v in data["steps"][0].items() if k in made["$defs"]["Step"]["properties"]}
    for key, name in (
        ("customer", "Customer"),
        ("server", "Server"),
        ("queue", "Queue"),
        ("workers", "Workers"),
    ):
        data[key] = _defaults(made, name)
    data["steps"][0]["retry"] = _defaults(made, "Retry")
    scenario = parse_scenario(json.dumps(data), "x.yaml")
    assert scenario == parse_scenario("traffic: {requests: 1}\nsteps: [{name: x, duration: 1s}]", "x.yaml")


def _defaults(made: dict[str, object], name: str) -> dict[str, object]:
    definitions = made["$defs"]
    assert isinstance(definitions, dict)
    return {k: info["default"] for k, info in definitions[name]["properties"].items() if "default" in info}


def test_every_required_key_has_an_example() -> None:
    every = (*parts(Scenario), *parts(Lesson))
    required = {key for part in every for key, info in keys_of(part).items() if info.is_required()}
    assert required == set(EXAMPLES)

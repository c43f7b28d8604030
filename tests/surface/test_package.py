"""What is told of the package where nothing runs it: classifiers, citation, changes, workflows."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from syncasync_sim import __version__

TOP = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))
PYTHONS = [
    found[1] for told in PROJECT["classifiers"] if (found := re.fullmatch(r".* :: Python :: (3\.\d+)", told))
]
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def read(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


def workflow(name: str) -> dict[str, Any]:
    loaded = yaml.safe_load(read(f".github/workflows/{name}.yml"))
    assert isinstance(loaded, dict)
    return loaded


def runs(jobs: dict[str, Any]) -> str:
    """All that the steps of the jobs run."""
    return "\n".join(step.get("run", "") for job in jobs.values() for step in job["steps"])


def test_every_classifier_is_one_that_pypi_knows() -> None:
    known = pytest.importorskip("trove_classifiers", reason="trove-classifiers is not installed").classifiers
    assert set(PROJECT["classifiers"]) <= known


def test_the_pythons_told_are_those_that_are_tested_from_the_oldest_on() -> None:
    matrix = workflow("test")["jobs"]["core"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]


def test_the_citation_is_of_this_version_and_licence() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    of_code, *of_texts = PROJECT["license"].split(" AND ")
    assert (citation["version"], citation["license"]) == (__version__, of_code)
    assert all(f"SPDX-License-Identifier: {name}\n" in read("LICENSE-texts") for name in of_texts)
    assert (citation["title"], citation["authors"]) == (PROJECT["name"], PROJECT["authors"])
    assert citation["cff-version"] == "1.2.0"


def test_the_changes_are_in_the_form_of_keep_a_changelog() -> None:
    first, *others = re.findall(r"^## (.*)$", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert first == "[Unreleased]"
    for heading in others:
        found = re.fullmatch(r"\[\d+\.\d+\.\d+\] - (.+)", heading)
        assert found is not None, heading
        assert date.fromisoformat(found[1])
    assert set(re.findall(r"^### (.*)$", read("CHANGELOG.md"), flags=re.MULTILINE)) <= KINDS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_runs_what_is_there(path: Path) -> None:
    loaded = workflow(path.stem)
    assert loaded["permissions"] == {"contents": "read"}
    targets = set(re.findall(r"^(\w+):", read("Makefile"), flags=re.MULTILINE))
    called = runs(loaded["jobs"])
    assert set(re.findall(r"\bmake (\w+)", called)) <= targets
    for named in re.findall(r"\b(?:tests|src)/[\w/.]+", called):
        assert (TOP / named).exists(), named


def test_only_the_last_job_may_publish_and_it_runs_nothing_of_ours() -> None:
    build, publish = (workflow("publish")["jobs"][name] for name in ("build", "publish"))
    assert "permissions" not in build
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["needs"] == "build"
    assert publish["environment"] == "pypi"
    assert not any("run" in step or "checkout" in step.get("uses", "") for step in publish["steps"])


def test_what_the_lowest_versions_are_tried_with_is_there() -> None:
    core = read("Makefile").replace("\\\n", " ").partition("CORE := ")[2].partition("\n")[0].split()
    assert len(core) > 3
    assert all((TOP / name).exists() for name in core)


def test_the_release_checklist_names_what_is_there() -> None:
    told = read("docs/releasing.md")
    targets = set(re.findall(r"^(\w+):", read("Makefile"), flags=re.MULTILINE))
    assert {"test", "docs", "lowest"} <= set(re.findall(r"`make (\w+)`", told)) <= targets
    for name in re.findall(r"`([\w./-]+\.(?:yml|toml|py|md|cff))`", told):
        assert (TOP / name).exists() or (TOP / ".github" / "workflows" / name).exists(), name

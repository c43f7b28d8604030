"""The pictures of the documents: they are there, small, say what they show, and show what a run says now."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from surface.processes import syncasync

TOP = Path(__file__).parents[2]
FOLDER = TOP / "docs" / "pictures"
NAMED = {
    alternative: (page.parent / path).relative_to(TOP).as_posix()
    for page in (TOP / "README.md", *sorted(TOP.glob("docs/*.md")))
    for alternative, path in re.findall(
        r"!\[([^\]]*)\]\(((?:docs/)?pictures/[^)\s]+)\)", page.read_text(encoding="utf-8")
    )
}
"""Where each picture is, by its alternative text."""
ANEW = "make it anew: make pictures"
LARGEST_BYTES = 150_000
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def maker() -> Any:
    """The script that makes the pictures."""
    spec = spec_from_file_location("make_pictures", FOLDER / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lines_of(picture: Path) -> list[str]:
    """The lines of text in a terminal's picture, without spaces and without empty ones."""
    lines: dict[float, list[tuple[float, str]]] = defaultdict(list)
    for text in ElementTree.parse(picture).iter(f"{SVG}text"):
        if (text.get("class") or "").startswith("run-r"):
            lines[float(text.attrib["y"])].append((float(text.attrib["x"]), text.text or ""))
    joined = ("".join(piece for _, piece in sorted(lines[y])) for y in sorted(lines))
    return [line for line in ("".join(text.split()) for text in joined) if line]


def test_the_documents_name_every_picture_and_no_other() -> None:
    there = {f"docs/pictures/{path.name}" for path in FOLDER.iterdir() if path.suffix in (".png", ".svg")}
    assert set(NAMED.values()) == there
    assert len(there) == 3


@pytest.mark.parametrize("path", sorted(set(NAMED.values())))
def test_it_is_small(path: str) -> None:
    assert (TOP / path).stat().st_size <= LARGEST_BYTES


@pytest.mark.parametrize("alternative", sorted(NAMED))
def test_who_cannot_see_it_is_told(alternative: str) -> None:
    assert len(alternative.split()) > 8


def test_the_terminal_shows_what_the_command_prints() -> None:
    printed = syncasync("run", "checkout", "--no-charts", COLUMNS="80").stdout
    expected = ["".join(line.split()) for line in printed.splitlines()]
    assert lines_of(FOLDER / "run-checkout.svg") == [line for line in expected if line], ANEW


def test_the_terminal_fetches_nothing() -> None:
    text = (FOLDER / "run-checkout.svg").read_text(encoding="utf-8")
    assert "url(http" not in text.replace('"', "")
    assert "<script" not in text


@pytest.mark.parametrize(
    ("picture", "scenario"), [("traffic-spike.png", "traffic-spike"), ("stage.png", "worker-crash")]
)
def test_a_picture_shows_the_run_made_now(maker: Any, picture: str, scenario: str) -> None:
    with Image.open(FOLDER / picture) as image:
        assert image.info["Description"] == maker.told_by(scenario), ANEW

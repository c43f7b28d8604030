"""The documentation site: what is generated for it is complete, and its check finds what is wrong.

`make docs` builds the whole site, strictly, and runs the check on it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import syncasync_sim
from docs_site import check, commands, galleries, places, python_names, repairs
from syncasync_sim.cli.app import app
from syncasync_sim.files import bundled
from syncasync_sim.files.lessons import lessons

TOP = Path(__file__).parents[2]
PAGES = [
    *(TOP / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted(TOP.glob("docs/*.md")),
]


def every_command(group: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """The commands with the words that call them."""
    below: dict[str, Any] = getattr(group, "commands", {})
    return [(path, group), *(found for name in below for found in every_command(below[name], (*path, name)))]


@pytest.mark.parametrize(("words", "command"), every_command(get_command(app)))
def test_the_command_reference_has_every_command_with_every_option(
    words: tuple[str, ...], command: Any
) -> None:
    title = " ".join(("## syncasync-sim", *words))
    [section] = [
        s for s in re.split(r"^(?=## )", commands.page(), flags=re.MULTILINE) if s[: s.find("\n")] == title
    ]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            assert f"| `{parameter.metavar.replace('|', chr(92) + '|')}` |" in section
        elif not parameter.hidden:
            assert re.search(rf"^\| `[^`]*{re.escape(parameter.opts[-1])}\b", section, flags=re.MULTILINE)


def test_the_python_reference_has_every_public_name_once() -> None:
    found = re.findall(r"^\.\. auto\w+:: syncasync_sim\.(\S+)$", python_names.page(), flags=re.MULTILINE)
    assert sorted(name.removeprefix("render.") for name in found) == syncasync_sim.__all__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_to_something_on_the_site(page: Path) -> None:
    assert places.with_links_of_the_site(page)


def test_a_link_is_turned_to_where_the_page_is_on_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "TOP", tmp_path)
    for folder in ("docs", "scenarios"):
        (tmp_path / folder).mkdir()
    (tmp_path / "scenarios" / "checkout.yaml").touch()
    (tmp_path / "Makefile").touch()
    page = tmp_path / "docs" / "a.md"
    page.write_text(
        "[x](../scenarios/checkout.yaml) [y](#y) [z](https://z.org)\n```md\n[c](../no)\n```\n[a](a.md#b)\n"
    )
    assert places.with_links_of_the_site(page) == (
        "[x](scenarios/checkout.md) [y](#y) [z](https://z.org)\n```md\n[c](../no)\n```\n[a](a.md#b)\n"
    )
    for wrong in ("../Makefile", "b.md"):
        page.write_text(f"[wrong]({wrong})")
        with pytest.raises(ValueError, match=rf"docs/a\.md: {wrong} leads to nothing that is on the site"):
            places.with_links_of_the_site(page)


def test_a_scenario_has_its_page_with_the_run_inside_and_the_result_shut() -> None:
    entry = galleries.scenario_entry("checkout")
    assert entry.title == "A checkout form"
    assert f'src="../replays/{galleries.file_of("scenarios", "checkout")}"' in entry.page
    assert "title: A checkout form" in entry.page
    shut = entry.page.partition(":::{dropdown} What came out")[2].partition("\n:::")[0]
    assert "1.05 s instead of 2.55 s" in shut
    assert "1.05 s instead" not in entry.page.replace(shut, "")
    assert entry.replay is not None
    assert "<title>A checkout form</title>" in entry.replay


def test_a_lesson_has_its_page_and_does_not_tell_the_answer() -> None:
    entry = galleries.lesson_entry("not-faster")
    assert entry.title == "Lesson 2: Not faster, just later"
    assert "2.55" not in entry.page + entry.blurb
    assert entry.replay is not None
    assert "syncasync-sim lesson 2" in entry.page


def test_the_galleries_have_a_card_and_a_page_for_each() -> None:
    entries = [galleries.Entry(name, f"Title of {name}", "", "", None) for name in ("one", "two")]
    index = galleries._index(galleries.SCENARIOS, entries)
    assert index.count(":::{grid-item-card}") == index.count(":link-type: doc") == 2
    assert index.endswith("one\ntwo\n```\n")
    assert galleries.makers()[galleries.SCENARIOS][1] == bundled.names()
    assert galleries.makers()[galleries.LESSONS][1] == tuple(file.lesson.name for file in lessons())


GOOD = '<p id="here"><a href="b.html#there">b</a> <a href="#here">a</a> <a href="https://elsewhere.org">c</a></p>'


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", []),
        ('<a href="c.html">', ["a.html: the link c.html leads nowhere"]),
        ('<a href="b.html#nowhere">', ["a.html: the link b.html#nowhere leads to no place on that page"]),
        ('<img src="c.png">', ["a.html: loads c.png, which is not there"]),
        (
            '<script src="https://elsewhere.org/x.js"></script>',
            ["a.html: loads https://elsewhere.org/x.js from elsewhere"],
        ),
        ('<link href="//elsewhere.org/x.css">', ["a.html: loads //elsewhere.org/x.css from elsewhere"]),
    ],
)
def test_the_check_finds_links_that_lead_nowhere(tmp_path: Path, wrong: str, told: list[str]) -> None:
    (tmp_path / "a.html").write_text(GOOD + wrong)
    (tmp_path / "b.html").write_text('<p id="there">')
    assert list(check.problems_of_links(tmp_path)) == told


def test_the_check_finds_a_font_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("@font-face { src: url('https://elsewhere.org/a.woff2') }")
    assert list(check.problems_of_links(tmp_path)) == [
        "a.css: loads https://elsewhere.org/a.woff2 from elsewhere"
    ]


def test_a_repair_that_is_not_needed_any_more_is_told(tmp_path: Path) -> None:
    (first, new), *others = repairs.REPAIRS
    (tmp_path / "a.html").write_text(first)
    assert repairs.repair(tmp_path) == sorted(old for old, _ in others)
    assert (tmp_path / "a.html").read_text() == new


def test_the_front_page_names_pages_that_are_there() -> None:
    front = (TOP / "tools" / "docs_site" / "index.md").read_text(encoding="utf-8")
    lists = "".join(re.findall(r"^```\{toctree\}\n(.*?)^```", front, flags=re.DOTALL | re.MULTILINE))
    named = set(re.findall(r"^(?:.*<)?([a-z/-]+)>?$", lists, flags=re.MULTILINE))
    there = {str(places.on_site(places.relative(page)).with_suffix("")) for page in PAGES}  # type: ignore[union-attr]
    assert named - there == {"commands", "python", "lessons/index", "scenarios/index"}


def test_the_site_is_opened_at_ten_pages() -> None:
    assert len(set(check.OPENED)) == 10

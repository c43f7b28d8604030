"""The documents are true: links lead somewhere, commands and options exist, examples give what they say."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

from generate.outputs import run
from surface.reference import write_data
from syncasync_sim.cli import exit_codes
from syncasync_sim.files import parse_scenario

TOP = Path(__file__).parents[2]
TOP_PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [*(TOP / name for name in TOP_PAGES), *sorted(TOP.glob("docs/*.md"))]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
CODE_KEY = re.compile(r"\| (?:`[^`]+`|\d+)")
"""The first cell of a row about an option, a key or an exit code."""
PROGRAM = "syncasync-sim"
SUBCOMMANDS = {
    "scenarios": ("list", "show", "copy"),
    "notebooks": ("list", "copy"),
    "lesson": ("list", "run", "handout", "key", "guide", "slides", "review", "test", "replay"),
}
WITHOUT_ONE = ("lesson",)
"""Here a subcommand may be left out."""


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.name


def anchors_of(text: str) -> set[str]:
    """The anchors a page's headings have on a website."""
    headings = re.findall(r"^#+ (.+)$", re.sub(BLOCK, "", text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def blocks(kind: str) -> list[tuple[str, str]]:
    return [(page.name, m["text"]) for page in PAGES for m in BLOCK.finditer(read(page)) if m["kind"] == kind]


def test_a_line_of_a_shell_block_is_one_command() -> None:
    """Text that is wrapped again must not join the lines of an example."""
    lines = [(page, line) for page, text in blocks("sh") for line in text.splitlines()]
    joined = [one for one in lines if re.search(rf"(#|{PROGRAM} \w).*{PROGRAM} \w", one[1].split(" | ")[0])]
    assert joined == []


def commands() -> list[tuple[str, ...]]:
    """Every call of the program in a document, as its words."""
    lines = [line for _, text in blocks("sh") for line in text.splitlines()]
    found = set()
    for line in [*lines, *(code for page in PAGES for code in INLINE.findall(read(page)))]:
        words = shlex.split(line.partition("#")[0]) if PROGRAM in line else []
        if words and words[0].endswith(PROGRAM) and len(words) > 1:
            found.add(tuple(words[1:]))
    return sorted(found)


@cache
def help_of(command: tuple[str, ...]) -> str:
    finished = run(*command, "--help")
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(read(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(read(target)), link


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_commands_and_their_options_exist(words: tuple[str, ...]) -> None:
    named = words[1:2] and words[1] in SUBCOMMANDS.get(words[0], ())
    command = () if words[0].startswith("-") else words[: 2 if named else 1]
    if words[0] in SUBCOMMANDS and words[0] not in WITHOUT_ONE:
        assert words[1] in SUBCOMMANDS[words[0]]
    text = help_of(command)
    for option in (word.partition("=")[0] for word in words[len(command) :] if re.match(r"--?[a-z]", word)):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), option


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_python_runs_and_prints_what_it_says(page: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", nobody)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, page, "exec"), {})
    told = re.findall(r"^\s*print\(.*\)  # (.+)$", text, flags=re.MULTILINE)
    assert printed.getvalue().splitlines() == told


def nobody(prompt: str) -> str:
    """Nobody answers a question."""
    raise EOFError


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_scenarios_in_the_documents_are_read(page: str, text: str, tmp_path: Path) -> None:
    write_data(tmp_path)
    if page not in ("scenario-reference.md", "lessons.md"):  # these have tests of their own
        assert parse_scenario(text, str(tmp_path / "example")).steps


def prose(page: Path) -> list[str]:
    """The lines of a page outside of code; each block of code is an empty line."""
    return re.sub(r"^ *```.*?^ *```$", "", read(page), flags=re.DOTALL | re.MULTILINE).splitlines()


def twice(things: Iterable[str]) -> list[str]:
    return [thing for thing, times in Counter(things).items() if times > 1]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_nothing_is_told_twice_as_after_a_careless_merge(page: Path) -> None:
    lines = prose(page)
    assert twice(line for line in lines if re.match(r"#+ ", line)) == [], "a heading"
    if page.name == "CHANGELOG.md":  # elsewhere two lists may tell of the same things
        assert twice(lead[0] for line in lines if (lead := re.match(r"- (.{8,60}?)[:,.] ", line))) == []
    sentences = [line for line in lines if len(line) > 60 and not line.startswith("|")]
    assert twice(sentences) == [], "a line"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_table_has_one_row_for_each_thing(page: Path) -> None:
    table: list[str] = []
    for line in [*prose(page), ""]:
        if line.startswith("|"):
            table.append(line)
            continue
        keys = [row.rsplit(" | ", 1)[0] for row in table[2:]]
        assert twice(key for key in keys if CODE_KEY.match(key)) == []
        table = []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_heading_stands_apart(page: Path) -> None:
    lines = read(page).splitlines()
    fenced = False
    for before, line in zip(["", *lines], lines, strict=False):
        fenced ^= line.startswith("```")
        assert fenced or not re.match(r"#+ ", line) or before == "", line


def test_the_options_that_a_section_tells_belong_to_its_command() -> None:
    for section in re.split(r"^## ", read(TOP / "docs" / "cli.md"), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        if not (called := re.match(r"[a-z]+(?: [a-z]+)?", name)) or name[0].isupper():
            continue
        for option in re.findall(r"^`(--[a-z-]+)`", text.partition("\n### ")[0], flags=re.MULTILINE):
            assert option in help_of(tuple(called[0].split())), f"{name}: {option}"


def test_every_exit_code_has_one_row() -> None:
    told = read(TOP / "docs" / "cli.md").partition("## Exit codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", told, re.MULTILINE)] == sorted(
        exit_codes.MEANING
    )


def test_the_readme_is_short() -> None:
    assert len(read(TOP / "README.md").splitlines()) <= 75, "what else a newcomer may want is in docs/"


def test_the_readme_links_to_every_page_but_those_of_the_house() -> None:
    linked = {link.partition("#")[0] for link in LINK.findall(read(TOP / "README.md"))}
    pages = {f"docs/{page.name}" for page in TOP.glob("docs/*.md")}
    assert pages - linked == {"docs/package-page.md", "docs/releasing.md"}


def test_the_list_of_scenarios_is_complete() -> None:
    page = read(TOP / "docs" / "scenarios.md")
    listed = re.findall(r"^\| \[([\w-]+)\]\(\.\./scenarios/\1\.yaml\)", page, flags=re.MULTILINE)
    lacks = {path.stem for path in TOP.glob("scenarios/*.yaml")} - set(listed)
    assert lacks == set(), (
        "write a row for each into docs/scenarios.md: | [NAME](../scenarios/NAME.yaml) | ... |"
    )
    assert len(listed) == 32, "write how many there are here, and into CHANGELOG.md (Thirty-two)"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read(TOP / "pyproject.toml"))["project"]
    names = {re.split(r"[><=~!]", dependency)[0].lower() for dependency in project["dependencies"]}
    section = read(TOP / "CONTRIBUTING.md").partition("## Dependencies at run time")[2].partition("\n## ")[0]
    rows = {row.lower() for row in re.findall(r"^\| (\w+) \|", section, flags=re.MULTILINE)}
    assert rows == names
    extras = {
        re.split(r"[><=~!]", one)[0] for more in project["optional-dependencies"].values() for one in more
    }
    assert all(f"`{extra}`" in section for extra in extras if not extra.startswith("syncasync-sim["))


def test_every_package_of_the_browser_edition_has_its_reason() -> None:
    asked = json.loads(read(TOP / "web" / "package.json"))
    section = read(TOP / "CONTRIBUTING.md").partition("## Dependencies of the browser edition")[2]
    rows = re.findall(r"^\| ([^|]+) \| \w", section.partition("\n## ")[0], flags=re.MULTILINE)
    reasons = [pattern for row in rows for pattern in row.split(", ")]  # as `@family/*`
    names = [*asked["dependencies"], *asked["devDependencies"]]
    assert [name for name in names if not any(fnmatch(name, reason) for reason in reasons)] == []


def test_the_glossary_begins_with_what_async_means_and_is_in_order() -> None:
    text = read(TOP / "docs" / "glossary.md")
    assert "does not wait for the work" in text.split("\n\n")[1]
    terms = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", text, flags=re.MULTILINE)[1:]
    assert terms == sorted(terms, key=str.lower)

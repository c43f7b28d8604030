"""Every text that a person reads, with its place: pages, help, lessons, strings of the source."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from typer.main import get_command

from syncasync_sim.cli.app import app

TOP = Path(__file__).parents[2]
PAGES = [
    *(TOP / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
    *sorted(TOP.glob("docs/*.md")),
]
SOURCE = TOP / "src" / "syncasync_sim"
CODE = re.compile(r"^ *```.*?^ *```$|<!--.*?-->", re.DOTALL | re.MULTILINE)
SCRIPT_STRING = re.compile(r'"([^"\n]*)"|`([^`]*)`')
FIELD = "0"
"""Stands for what a sentence of the program fills in."""


class Text(NamedTuple):
    where: str
    """The file and the line, or the command."""
    text: str


def all_texts() -> list[Text]:
    return [*of_pages(), *of_yaml(), *of_notebooks(), *of_help(), *of_source(), *of_scripts()]


def of_pages() -> Iterator[Text]:
    """A paragraph, an item of a list or a cell of a table is one text; code is left out."""
    for page in PAGES:
        text = CODE.sub(lambda code: "\n" * code.group().count("\n"), page.read_text(encoding="utf-8"))
        yield from (Text(f"{page.relative_to(TOP)}:{line}", part) for line, part in parts_of(text))


def parts_of(text: str) -> Iterator[tuple[int, str]]:
    """The paragraphs, items, headings and cells of Markdown, each with its first line."""
    begin, lines = 1, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if not line.strip() or re.match(r"\s*(?:[-*#|]|\d+\.) ?", line):
            yield from [(begin, " ".join(lines))] if lines else []
            begin, lines = number, []
        if line.startswith("|"):
            yield from ((number, cell.strip()) for cell in re.split(r"(?<!\\)\|", line))
        elif line.strip():
            lines.append(re.sub(r"^\s*(?:[-*#]+|\d+\.) ", "", line).strip())


def of_yaml() -> Iterator[Text]:
    for file in [*sorted(TOP.glob("lessons/*.yaml")), *sorted(TOP.glob("scenarios/*.yaml"))]:
        written = file.read_text(encoding="utf-8")
        where = str(file.relative_to(TOP))
        comment = " ".join(line[1:].strip() for line in written.splitlines() if re.match("#(?! yaml-)", line))
        yield from (Text(where, text) for text in [comment, *strings_in(yaml.safe_load(written))])


def strings_in(value: Any) -> Iterator[str]:
    """Every string in nested lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from strings_in(below)


def of_notebooks() -> Iterator[Text]:
    for file in sorted(TOP.glob("notebooks/*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                yield from (Text(file.name, part) for _, part in parts_of(source))
            else:
                strings = [
                    node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)
                ]
                yield from (Text(file.name, text) for text in strings_in(strings) if " " in text.strip())


def of_help() -> Iterator[Text]:
    def below(command: Any, name: str) -> Iterator[Text]:
        told = [
            command.help,
            command.short_help,
            command.epilog,
            *(getattr(p, "help", "") for p in command.params),
        ]
        for text in filter(None, told):
            for part in re.split(r"\n\s*\n", text):
                if not part.startswith("\b"):  # examples
                    yield Text(name, part)
        for sub, further in getattr(command, "commands", {}).items():
            yield from below(further, f"{name} {sub}")

    return below(get_command(app), "syncasync-sim")


def of_source() -> Iterator[Text]:
    """Docstrings, and the strings that have a space in them, with `FIELD` for what is filled in."""
    for file in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        inside = {
            id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in ast.walk(tree):
            if id(node) in inside or not isinstance(node, ast.JoinedStr | ast.Constant):
                continue
            text = text_of(node)
            if " " in text.strip():
                where = f"{file.relative_to(TOP)}:{node.lineno}"
                yield from (Text(where, part) for part in re.split(r"\n\s*\n", cleandoc(text)))


def text_of(node: ast.JoinedStr | ast.Constant) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(text_of(part) if isinstance(part, ast.Constant) else FIELD for part in node.values)


def of_scripts() -> Iterator[Text]:
    """The strings of the page that moves."""
    for file in sorted(SOURCE.rglob("*.js")):
        for string in SCRIPT_STRING.finditer(file.read_text(encoding="utf-8")):
            text = re.sub(r"\$\{[^}]*\}", FIELD, string[1] or string[2] or "")
            if " " in text.strip():
                yield Text(str(file.relative_to(TOP)), text)

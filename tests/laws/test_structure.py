"""The structure of the package: no circle of imports, no value that draws itself, clear names."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import syncasync_sim

PACKAGE = Path(syncasync_sim.__file__).parent
BELOW_RENDER = ("model", "trace", "engine", "live", "stats", "experiment", "advice")
CLEARLY_NAMED = (
    *("model", "trace", "engine", "stats", "experiment", "advice", "files", "fit"),
    *("render", "replay", "lessons", "cli"),
)
HIDE_THE_TYPE = {
    *("about", "asked", "behind", "book", "found", "one", "place", "places", "said", "shown", "told", "trap"),
    *("what", "who", "whole", "whose", "wrong"),
}
"""A variable or a function says what it is (index, path, text, rows); these words fit anything."""
PUBLIC = {
    ("compare_summaries", "asked"),
    ("Comparison", "asked"),
    ("Rule", "place"),
    ("place", "place"),
}
"""Names that people type: (the function or the class, the name). Advice on a step has a `place`."""


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name; a package is named by its `__init__`."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that a module imports, lazily and for types only included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module in known:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def test_no_module_imports_one_that_imports_it() -> None:
    known = modules()
    graph = {name: set(imported(path, known)) - {name} for name, path in known.items()}
    # The package's own names are imported when they are asked for: everybody may import the package.
    graph["syncasync_sim"] = set()
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def texts(path: Path) -> Iterator[str]:
    """The texts of a module that are no docstrings, and the names that it defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value
        elif isinstance(node, ast.FunctionDef):
            yield node.name


@pytest.mark.parametrize("package", BELOW_RENDER)
def test_values_do_not_draw_themselves(package: str) -> None:
    marks = ("<table", "<td", "<div", "</", "_repr_html_", "_repr_mimebundle_", "__rich")
    for path in (PACKAGE / package).rglob("*.py"):
        drawn = [text for text in texts(path) if any(mark in text for mark in marks)]
        assert not drawn, f"{path.relative_to(PACKAGE)} draws {drawn}: that belongs to render/"


def named(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Functions and classes with their parameters, variables and attributes: (the owner, the name).

    Names are without underscores at their ends.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.name.strip("_").lower()
            for inner in ast.iter_child_nodes(node) if isinstance(node, ast.ClassDef) else ast.walk(node):
                for name in stored(inner):
                    yield node.name, name.strip("_")


def stored(node: ast.AST) -> Iterator[str]:
    """The names that a node gives to something."""
    match node:
        case ast.arg(arg=name) | ast.alias(asname=str(name)):
            yield name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


@pytest.mark.parametrize("package", CLEARLY_NAMED)
def test_a_name_says_what_it_stands_for(package: str) -> None:
    for path in (PACKAGE / package).rglob("*.py"):
        pairs = set(named(ast.parse(path.read_text(encoding="utf-8")))) - PUBLIC
        hidden = sorted(pair for pair in pairs if pair[1] in HIDE_THE_TYPE)
        assert not hidden, f"{path.relative_to(PACKAGE)}: {hidden}: name what it is: index, path, text, rows"


@pytest.mark.parametrize(
    "value",
    [
        "compare(load_scenario('checkout'))",
        "run_designs(load_scenario('checkout'))[0]",
        "sweep(load_scenario('checkout'), {'workers.count': '1..2'})",
        "size(load_scenario('checkout'), 'async.requests == 1', {'workers.count': '1..2'})",
        "advise(load_scenario('checkout'))",
        "compare_summaries(summarise(simulate(load_scenario('checkout'), 'sync')))",
    ],
)
def test_a_notebook_shows_what_the_package_returns(value: str) -> None:
    # In a process of its own: nobody else has loaded render/ before.
    program = f"from syncasync_sim import *; print({value}._repr_html_())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "<table" in done.stdout, done.stderr

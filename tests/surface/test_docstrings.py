"""Docstrings have one form: a sentence, then what a function takes (Args), returns and raises."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

import syncasync_sim
from syncasync_sim.cli.app import app

PACKAGE = Path(syncasync_sim.__file__).parent
COLLECTIONS = (
    "tuple",
    "list",
    "dict",
    "set",
    "frozenset",
    "Sequence",
    "Mapping",
    "Iterable",
    "Iterator",
    "ndarray",
)
RETURNED = (*COLLECTIONS, "float", "int")
"""A function that returns one of these says what is in it, or in which unit it is."""
NO_FUNCTION = ("property", "cached_property", "setter", "overload", "field_validator", "model_validator")
MANAGERS = ("contextmanager", "asynccontextmanager")
PROGRAMMING_FAULTS = ("AssertionError", "NotImplementedError")
SECTION = re.compile(r"^(Args|Returns|Yields|Raises):\n((?: {4}.*(?:\n|$)|\n)*)", re.MULTILINE)
ENTRY = re.compile(r"^ {4}(\*{0,2}\w+)(?: \([^)]*\))?: \S", re.MULTILINE)
TWO_SENTENCES = re.compile(r"(?<!e\.g)[.!?] [A-Z]")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Documented(NamedTuple):
    """A public function or method, and the name under which a reader finds it."""

    name: str
    node: Function


def packages() -> list[str]:
    """The names of the packages and single modules directly below the root."""
    found = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")}
    return sorted(name for name in found if not name.startswith("_"))


def commands(program: typer.Typer) -> Iterator[Any]:
    """The functions that are commands: their text is the help of the command line."""
    yield from (command.callback for command in program.registered_commands)
    for group in program.registered_groups:
        if group.typer_instance is not None:
            yield from commands(group.typer_instance)


COMMANDS = {(one.__module__, one.__name__) for one in commands(app)}


def modules(package: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules of a package by their dotted names."""
    root = PACKAGE / package
    for path in sorted(root.rglob("*.py")) if root.is_dir() else [root.with_suffix(".py")]:
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def documented(package: str) -> Iterator[Documented]:
    """The public functions and methods of a package that need a docstring of their own."""
    for module, tree in modules(package):
        for node in public(tree.body):
            if isinstance(node, Function) and (module, node.name) not in COMMANDS:
                yield Documented(f"{module}.{node.name}", node)
            elif isinstance(node, ast.ClassDef):
                for method in public(node.body):
                    if isinstance(method, Function) and not overrides(module, node.name, method.name):
                        yield Documented(f"{module}.{node.name}.{method.name}", method)


def public(body: list[ast.stmt]) -> Iterator[Function | ast.ClassDef]:
    """The public definitions of a body that are no properties, overloads or validators."""
    for node in body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not set(map(last_name, node.decorator_list)) & set(NO_FUNCTION):
            yield node


def overrides(module: str, name: str, method: str) -> bool:
    """Whether a base class documents the method, or a protocol of the same package that the class has."""
    own = getattr(import_module(module), name)
    above = [*own.__mro__[1:], *(one for one in protocols(module.split(".")[1]) if implements(own, one))]
    return any(getattr(vars(one).get(method), "__doc__", None) for one in above)


@cache
def protocols(package: str) -> list[type]:
    """The protocols that a package defines."""
    return [
        getattr(import_module(module), node.name)
        for module, tree in modules(package)
        for node in tree.body
        if isinstance(node, ast.ClassDef) and "Protocol" in map(last_name, node.bases)
    ]


def implements(own: type, protocol: type) -> bool:
    """Whether a class has all public names of a protocol, and is not the protocol itself."""
    return own is not protocol and all(hasattr(own, name) for name in vars(protocol) if name[0] != "_")


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name, whether it is called, subscripted or neither."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    if isinstance(node, ast.BinOp):  # X | None
        return last_name(node.left)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def parameters(function: Function) -> list[str]:
    """The names of the parameters as the docstring writes them, without self and cls."""
    of = function.args
    names = [one.arg for one in (*of.posonlyargs, *of.args)]
    names += [f"*{of.vararg.arg}"] if of.vararg is not None else []
    names += [one.arg for one in of.kwonlyargs]
    names += [f"**{of.kwarg.arg}"] if of.kwarg is not None else []
    return [name for name in names if name not in ("self", "cls")]


def inside(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without the functions and classes defined in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function | ast.ClassDef | ast.Lambda):
            yield child
            yield from inside(child)


def raised(function: Function) -> set[str]:
    """The classes that the body raises by name."""
    names = {last_name(node.exc) for node in inside(function) if isinstance(node, ast.Raise) and node.exc}
    return {name for name in names if name[:1].isupper() and name not in PROGRAMMING_FAULTS}


def faults_of_first_line(text: str | None) -> Iterator[str]:
    """The fault of the first line of a docstring, if it has one."""
    first, _, rest = (text or "").partition("\n")
    if text is None:
        yield "has no docstring"
    elif not first.endswith(".") or TWO_SENTENCES.search(first) or rest[:1] not in ("", "\n"):
        yield "the first line is not one sentence that ends in a full stop"


def faults(function: Function) -> Iterator[str]:
    """What is missing or wrong in the docstring of a function."""
    text = ast.get_docstring(function)
    yield from faults_of_first_line(text)
    if text is None:
        return
    first = text.partition("\n")[0]
    found = {match[1]: match[2] for match in SECTION.finditer(text)}
    names = parameters(function)
    listed = ENTRY.findall(found.get("Args", ""))
    if listed != names and (len(names) > 1 or "Args" in found):
        yield f"Args lists {listed}, the signature {names}"
    tells = first.startswith(("Return ", "Yield ")) or {"Returns", "Yields"} & set(found)
    manager = set(map(last_name, function.decorator_list)) & set(MANAGERS)
    if function.returns is not None and last_name(function.returns) in RETURNED and not (tells or manager):
        yield "does not say what it returns"
    if missing := raised(function) - set(ENTRY.findall(found.get("Raises", ""))):
        yield f"Raises does not name {sorted(missing)}"


@pytest.mark.parametrize("package", packages())
def test_a_docstring_says_what_goes_in_what_comes_out_and_what_fails(package: str) -> None:
    found = [f"{one.name}: {fault}" for one in documented(package) for fault in faults(one.node)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("package", packages())
def test_a_class_says_what_it_is_in_one_sentence(package: str) -> None:
    found = [
        f"{module}.{node.name}: {fault}"
        for module, tree in modules(package)
        for node in public(tree.body)
        if isinstance(node, ast.ClassDef)
        for fault in faults_of_first_line(ast.get_docstring(node))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(): 'Wait for a reply.'", ""),
        ("def f(): 'Wait for a reply'", "full stop"),
        ("def f(): 'Wait. Then go.'", "one sentence"),
        ("def f(): pass", "no docstring"),
        ("def f(a, b): 'Add.'", "Args lists [], the signature ['a', 'b']"),
        ("def f(a, *b, c):\n '''Add.\n\n Args:\n     a: one.\n     *b: more.\n     c: last.\n '''", ""),
        ("def f(a): '''Add.\n\n Args:\n     b: one.\n '''", "Args lists ['b'], the signature ['a']"),
        ("def f() -> float: 'The mean.'", "returns"),
        ("def f() -> float | None: 'The mean.'", "returns"),
        ("def f() -> float: 'Return the mean in seconds.'", ""),
        ("def f() -> list[int]: '''Sort.\n\n Returns:\n     All in order.\n '''", ""),
        ("def f() -> str: 'The name.'", ""),
        ("def f(): 'Stop.'; raise ValueError('no')", "Raises does not name ['ValueError']"),
        ("def f():\n '''Stop.\n\n Raises:\n     ValueError: always.\n '''\n raise ValueError", ""),
        ("def f(): 'Stop.'; raise AssertionError", ""),
    ],
)
def test_the_form_is_checked(source: str, expected: str) -> None:
    function = ast.parse(source).body[0]
    assert isinstance(function, Function)
    found = list(faults(function))
    assert expected in "; ".join(found)
    assert bool(found) == bool(expected)


def test_names_are_read_as_inspect_reads_them() -> None:
    def example(self: int, first: int, /, second: int, *others: int, third: int, **more: int) -> None: ...

    node = ast.parse(inspect.cleandoc(inspect.getsource(example))).body[0]
    assert isinstance(node, Function)
    read = [str(one).partition(":")[0] for one in inspect.signature(example).parameters.values()]
    assert parameters(node) == read[1:]

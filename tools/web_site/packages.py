"""The files of Python, of its packages and of the program, as they lie in the worker's file system."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution, version
from pathlib import Path

import syncasync_sim.model.lesson_file
import syncasync_sim.replay.recording  # noqa: F401 - so that all models are known
from syncasync_sim.files.model_keys import texts_of
from syncasync_sim.model.fields import StrictModel
from web_site.places import PYODIDE, TOP, WEB, WHEELS

LIBRARY = "lib/python3.14/"
INSTALLED = f"{LIBRARY}site-packages/"
PURE = (
    *("pydantic", "annotated-types", "typing-inspection", "typing_extensions", "simpy", "PyYAML"),
    *("typer", "rich", "markdown-it-py", "mdurl", "Pygments", "shellingham", "annotated-doc"),
)
"""Taken from this Python's own packages; all but PyYAML, which has a pure part, are pure Python.

Without their metadata: simpy looks up its own version when it is imported, and reading it takes long.
"""
WITH_CODE = "pydantic_core"
"""The one package that is compiled, for WebAssembly."""
NOT_NEEDED = re.compile(
    r"(pydantic/(v1|mypy|_hypothesis_plugin|deprecated/tools)"
    r"|pygments/(lexers/(?!__init__|_mapping)|styles/(?!__init__|_mapping|default|monokai)"
    r"|formatters/(?!__init__|_mapping))"
    r"|annotated_types/test_cases|syncasync_sim/(live|notebooks)/)"
)
"""Parts of packages that nothing here imports."""
NOT_NEEDED_OF_PYTHON = re.compile(
    r"(unittest|doctest|pydoc|pydoc_data|pdb|idlelib|turtle|turtledemo|lib2to3|ensurepip|test|tkinter|venv|wsgiref"
    r"|xmlrpc|sqlite3|curses|dbm|mailbox|imaplib|poplib|smtplib|ftplib|nntplib|telnetlib|cgi|pickletools"
    r"|profile|cProfile|pstats|trace|tracemalloc|zipapp|msilib|distutils|this|antigravity|_pydatetime|_pyio"
    r"|_pydecimal|_pylong|_sysconfigdata_\w+|_aix_support|_osx_support|_apple_support|_ios_support"
    r"|_android_support|_pyrepl|cmd|optparse|plistlib|netrc|sched|pyclbr|symtable"
    r"|tabnanny|timeit|xml)(?=[/.])"
)
"""Modules of the standard library that a page cannot use, or that have a fast counterpart."""
_CODE = (".py", ".so")
_DATA = (".js", ".css", ".yaml", ".json", ".typed")


def files() -> dict[str, bytes]:
    """Every file of the worker, by its path: Python, its packages, the program and what the page calls."""
    made = {**dict(_standard_library()), **dict(_pure()), **dict(_compiled()), **dict(_program())}
    return dict(sorted(made.items()))


def _standard_library() -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(PYODIDE / "python_stdlib.zip") as archive:
        for name in archive.namelist():
            if name.endswith(".py") and not NOT_NEEDED_OF_PYTHON.match(name):
                yield LIBRARY + name, archive.read(name)


def _pure() -> Iterator[tuple[str, bytes]]:
    for name in PURE:
        for path in distribution(name).files or ():
            if path.suffix == ".py" and ".." not in path.parts and not NOT_NEEDED.match(path.as_posix()):
                yield INSTALLED + path.as_posix(), Path(str(path.locate())).read_bytes()


def _compiled() -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(_wheel()) as archive:
        for name in archive.namelist():
            if name.endswith(_CODE):
                yield INSTALLED + name, archive.read(name)


def _wheel() -> Path:
    """The wheel of pydantic_core for this Pyodide, downloaded if it is not there."""
    pattern = f"{WITH_CODE}-{version(WITH_CODE)}-*wasm32.whl"
    if there := [path for folder in WHEELS for path in folder.glob(pattern)]:
        return there[0]
    options = ("--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", "3.14")
    system = ("--abi", "cp314", "--platform", "pyemscripten_2026_0_wasm32", "--dest", str(WHEELS[-1]))
    wanted = f"{WITH_CODE}=={version(WITH_CODE)}"
    subprocess.run([sys.executable, "-m", "pip", "-q", "download", *options, *system, wanted], check=True)
    return next(WHEELS[-1].glob(pattern))


def _program() -> Iterator[tuple[str, bytes]]:
    """The program as its wheel has it: scenarios and lessons lie inside of it."""
    package = f"{INSTALLED}syncasync_sim/"
    folders: Mapping[str, Path] = {
        package: TOP / "src" / "syncasync_sim",
        f"{package}scenarios/": TOP / "scenarios",
        f"{package}lessons/files/": TOP / "lessons",
    }
    for inside, folder in folders.items():
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            whole = (inside + name).removeprefix(INSTALLED)
            if path.suffix in (*_CODE, *_DATA) and not NOT_NEEDED.match(whole):
                yield inside + name, path.read_bytes()
    yield f"{INSTALLED}engine.py", (WEB / "engine" / "engine.py").read_bytes()
    yield f"{INSTALLED}field_texts.py", _field_texts().encode()


_TEXTS_READ = """
import syncasync_sim.files.model_keys
syncasync_sim.files.model_keys.texts_of = lambda part: TEXTS[part.__qualname__]
"""


def _field_texts() -> str:
    """A module that gives the texts below the fields, which a schema would read from the sources."""
    todo, texts = StrictModel.__subclasses__(), {}
    while todo:
        model = todo.pop()
        todo += model.__subclasses__()
        texts[model.__qualname__] = dict(texts_of(model))
    return f"TEXTS = {dict(sorted(texts.items()))!r}\n{_TEXTS_READ}"

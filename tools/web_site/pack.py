"""One file with all that the worker's file system holds, compiled and compressed."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from web_site.packages import files
from web_site.places import BUILT, HERE, PYODIDE

STAMP = "compiled-by"


def pack() -> bytes:
    """The pack: the length of the index (4 bytes), the index (JSON: paths and sizes), the files; gzipped.

    The same sources give the same bytes.
    """
    made = _compiled(files())
    index = json.dumps([[f"/{name}", len(content)] for name, content in made.items()]).encode()
    return gzip.compress(b"".join([len(index).to_bytes(4, "little"), index, *made.values()]), 9, mtime=0)


def _compiled(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with the code that Python would make of each source, in the source's place."""
    tree = BUILT / "tree"
    modules = {tree / name: content for name, content in sources.items() if name.endswith(".py")}
    if not _is_of_this_pyodide(tree):
        shutil.rmtree(tree, ignore_errors=True)
    for path, content in modules.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.with_suffix(".pyc").unlink(missing_ok=True)
    if not all(path.with_suffix(".pyc").exists() for path in modules):
        subprocess.run(["node", str(HERE / "compile.mjs"), str(PYODIDE), str(tree)], check=True)
        (tree / STAMP).write_text(_stamp(), encoding="utf-8")
    made = {}
    for name, content in sources.items():
        made[f"{name}c" if name.endswith(".py") else name] = (
            (tree / f"{name}c").read_bytes() if name.endswith(".py") else content
        )
    return made


def _stamp() -> str:
    """What the code depends on besides the sources: who compiles it, and how."""
    return hashlib.sha256(
        (PYODIDE / "package.json").read_bytes() + (HERE / "compile.mjs").read_bytes()
    ).hexdigest()


def _is_of_this_pyodide(tree: Path) -> bool:
    stamp = tree / STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _stamp()

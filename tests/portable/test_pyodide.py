"""The core in WebAssembly: Pyodide in Node prints and writes what this Python does, byte for byte.

CONTRIBUTING.md says how to get it; `.ci/run` does.
"""

from __future__ import annotations

import json
import shutil
import site
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from surface.processes import environment
from syncasync_sim.files import bundled

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BUILT = ROOT / "build" / "pyodide"
HOME = BUILT / "node_modules" / "pyodide"
PROGRAM = HERE / "pyodide_program.py"


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    """What this Python gives."""
    return _json([sys.executable, str(PROGRAM)])


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Pyodide gives, with the pure Python packages that are installed here and its own pydantic_core."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    wheels = sorted((BUILT / "wheels").glob("pydantic_core-*wasm32.whl"))
    if not (HOME / "pyodide.mjs").is_file() or not wheels:
        pytest.skip("Pyodide is not in build/pyodide (CONTRIBUTING.md says how to get it)")
    core = tmp_path_factory.mktemp("core")
    zipfile.ZipFile(wheels[-1]).extractall(core)
    folders = (str(core), *site.getsitepackages())
    return _json(["node", str(HERE / "pyodide.mjs"), str(HOME), str(ROOT), str(PROGRAM), *folders])


def _json(command: list[str]) -> dict[str, Any]:
    # Into a file: what Pyodide prints into a pipe that is full is lost.
    with tempfile.TemporaryFile() as printed:
        done = subprocess.run(
            command, env=environment(), stdout=printed, stderr=subprocess.PIPE, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        printed.seek(0)
        result: dict[str, Any] = json.loads(printed.read())
    return result


@pytest.mark.parametrize("name", bundled.names())
def test_a_scenario_prints_the_same_bytes(name: str, here: dict[str, Any], there: dict[str, Any]) -> None:
    code, out, err = there["scenarios"][name]
    assert (code, err) == (0, "")
    assert '"async"' in out
    assert there["scenarios"][name] == here["scenarios"][name]


def test_other_commands_print_the_same(here: dict[str, Any], there: dict[str, Any]) -> None:
    for command, told in here["commands"].items():
        if "--jobs" not in command:
            assert told[0] == 0, (command, told)
            assert there["commands"][command] == told, command


def test_files_have_the_same_bytes(here: dict[str, Any], there: dict[str, Any]) -> None:
    assert sorted(here["files"]) == ["checkout.yaml", "run.html", "run.json", "sweep.csv"]
    assert there["files"] == here["files"]


def test_what_cannot_be_had_is_a_sentence(there: dict[str, Any]) -> None:
    [(code, _, told)] = [told for command, told in there["commands"].items() if "--jobs" in command]
    assert (code, told.splitlines()[-1]) == (
        1,
        "syncasync-sim: this Python cannot start other processes; leave out --jobs",
    )

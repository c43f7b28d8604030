"""The packages: the source package is whole, and the wheel made of it runs without the checkout."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from surface.processes import environment

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))
LESSONS = sorted(path.stem for path in (ROOT / "lessons").glob("*.yaml"))
FOLDERS = ("src", "scenarios", "lessons", "notebooks", "docs", "tests", "benchmarks", "tools")
FILES = (
    *("pyproject.toml", "README.md", "LICENSE", "LICENSE-texts", "CHANGELOG.md", "CONTRIBUTING.md"),
    *("Makefile", "constraints.txt", ".gitignore", "CITATION.cff", "SECURITY.md"),
)
MADE = shutil.ignore_patterns("__pycache__", ".venvs")
"""What running leaves behind is in no package."""
LINKED = re.compile(r"\]\(([^)]*)\)|(?:src|href)=[\"']?([^\"'\s>]+)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
"""Whatever a page of Markdown may lead to, or show."""
RUN_ALL = """
import json, sys
from syncasync_sim import run_designs, load_scenario
from syncasync_sim.files import bundled
missed = {}
for name in bundled.names():
    scenario = load_scenario(name)
    comparison, _ = run_designs(scenario, seed=scenario.seed)
    missed[name] = [claim.claim for claim in comparison.claims if not claim.holds]
print(json.dumps({"root": str(bundled.root()), "missed": missed}))
"""
RUN_LESSONS = """
import json
from syncasync_sim.files.lessons import lessons
from syncasync_sim.lessons.contradictions import is_right
from syncasync_sim.lessons.feedback import run_lesson
print(json.dumps({file.lesson.name: is_right(run_lesson(file)) for file in lessons()}))
"""


def python(*arguments: str, folder: Path, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(*arguments: str, folder: Path) -> None:
    python("-m", "pip", "--disable-pip-version-check", *arguments, folder=folder)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source package, built of a copy of what is in the repository."""
    folder = tmp_path_factory.mktemp("build")
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=MADE)
    python("-m", "hatchling", "build", "-t", "sdist", "-d", "dist", folder=folder)
    [made] = (folder / "dist").glob("*.tar.gz")
    return made


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    """The wheel, built of the source package."""
    folder = sdist.parents[1]
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", "dist", str(sdist), folder=folder)
    [made] = (folder / "dist").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed, far from the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--no-index", "--target", str(folder), str(wheel), folder=folder)
    return folder


def test_the_source_package_is_whole(sdist: Path) -> None:
    """All tests and what they need, every document, and nothing that is made by running."""
    with tarfile.open(sdist) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    folder = sdist.parents[1]
    wanted = {str(path.relative_to(folder)) for part in FOLDERS for path in (folder / part).rglob("*.*")}
    files = {name for name in wanted if (folder / name).is_file()}
    assert len(files) > 600
    assert files | set(FILES) <= inside
    assert inside - files - set(FILES) == {"PKG-INFO"}


def test_the_page_of_a_package_index_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel)
    [name] = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = packed.read(name).decode()
    page = (ROOT / "docs" / "package-page.md").read_text(encoding="utf-8")
    assert metadata.endswith(page)
    assert "Description-Content-Type: text/markdown" in metadata
    assert "docs/pictures/run-checkout.svg" in _links((ROOT / "README.md").read_text(encoding="utf-8")), (
        "relative ones are seen"
    )
    assert [link for link in _links(metadata) if not link.startswith("https://")] == []


def test_it_holds_the_scenarios_and_lessons_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    inside = {Path(name).stem for name in names if re.fullmatch(r"syncasync_sim/scenarios/.*\.yaml", name)}
    assert inside == set(NAMES)
    assert "syncasync_sim/scenarios/scenario.schema.json" in names
    assert "syncasync_sim/py.typed" in names
    taught = {
        Path(name).stem for name in names if re.fullmatch(r"syncasync_sim/lessons/files/[^/]*\.yaml", name)
    }
    assert taught == set(LESSONS)
    assert "syncasync_sim/lessons/files/lesson.schema.json" in names
    assert "syncasync_sim/lessons/files/concept-test/concept-test.yaml" in names
    assert not [name for name in names if not name.startswith(("syncasync_sim/", "syncasync_sim-0"))]


def test_every_bundled_scenario_runs_from_it(installed: Path, tmp_path: Path) -> None:
    result = json.loads(python("-c", RUN_ALL, folder=tmp_path, PYTHONPATH=str(installed)))
    assert result["root"] == str(installed / "syncasync_sim" / "scenarios")
    assert result["missed"] == {name: [] for name in NAMES}


def test_every_lesson_runs_from_it(installed: Path, tmp_path: Path) -> None:
    right = json.loads(python("-c", RUN_LESSONS, folder=tmp_path, PYTHONPATH=str(installed)))
    assert right == dict.fromkeys(LESSONS, True)


def test_the_command_works_from_it(installed: Path, tmp_path: Path) -> None:
    found = python("-m", "syncasync_sim", "scenarios", "list", folder=tmp_path, PYTHONPATH=str(installed))
    assert [line.split()[0] for line in found.splitlines()] == NAMES
    script = (installed / "bin" / "syncasync-sim").read_text(encoding="utf-8")
    assert "from syncasync_sim.__main__ import main" in script


def test_its_notebooks_are_copied_from_it(installed: Path, tmp_path: Path) -> None:
    told = python("-m", "syncasync_sim", "notebooks", "copy", folder=tmp_path, PYTHONPATH=str(installed))
    copied = {path.name: path.read_bytes() for path in (tmp_path / "notebooks").iterdir()}
    assert copied == {path.name: path.read_bytes() for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert told.splitlines() == [str(Path("notebooks") / name) for name in sorted(copied)]


def test_every_dependency_is_pinned_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [entry for group in project["dependency-groups"].values() for entry in group]
    extras = [entry for extra in project["project"]["optional-dependencies"].values() for entry in extra]
    wanted = [
        *project["project"]["dependencies"],
        *extras,
        *(entry for entry in groups if isinstance(entry, str)),
    ]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    pinned = [_normal(pin.partition("==")[0]) for pin in pins]
    assert len(pinned) == len(set(pinned))
    names = {_normal(re.split(r"[^\w.-]", entry)[0]) for entry in wanted}
    assert names - {"syncasync-sim"} <= set(pinned)  # one extra is made of the others


def test_the_oldest_pydantic_has_what_is_imported_of_it() -> None:
    """2.10.0 to 2.10.3 have no ModelWrapValidatorHandler to import, and no command would start."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [wanted] = [entry for entry in project["project"]["dependencies"] if entry.startswith("pydantic")]
    oldest = tuple(map(int, wanted.removeprefix("pydantic>=").split(".")))
    assert oldest >= (2, 10, 4)


def _links(page: str) -> list[str]:
    return ["".join(found) for found in LINKED.findall(page)]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
